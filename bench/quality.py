"""How good the texts and the stories are: ``make quality``, or ``python -m bench.quality --corpus ../shared/data``.

Everything runs through the command line's own commands (extract-many, lines, cluster), beside peers in the same run
where ``--peers`` asks for them. Prints tables, writes ``bench/results/quality.json``, and ends with 1 where a figure
is under its floor in ``bench/floors.toml``. ``--quick`` is what CI runs: texts of one set, and agency lines.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from bench.commands import Figures, Rows, extracted, read, run, written
from bench.cost import cost
from bench.desk import desk
from bench.extraction import exactly_right, four_gram_f1, read_set
from bench.groups import SEEDS, stories
from bench.peers import Extractor, PeerArticle, extractors
from pipeline.text.normalize import fold

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "quality.json"
FLOORS = HERE / "floors.toml"
SETS = ("fundus", "fundus_eval", "scrapinghub", "wcxb", "readability", "newspaper4k")


def main() -> int:
    """Measure what the corpus allows, print, write, and say whether the floors hold."""
    asked = arguments()
    if not (asked.corpus / "extraction").is_dir():
        print(f"no corpus at {asked.corpus}: give it with --corpus DIR; nothing was measured", file=sys.stderr)
        return 0 if asked.where_there else 1
    console = Console()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.parts:
            figures |= PARTS[name](asked, Path(folder), console)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return verdict(figures, tomllib.loads(FLOORS.read_text(encoding="utf-8")), console)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: make quality CORPUS=../shared/data")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="seeds of generated corpora")
    parser.add_argument("--stories", type=int, default=900, help="stories of each corpus; floors are for 900")
    parser.add_argument("--peers", action="store_true", help="other tools too; make peers installs them")
    parser.add_argument("--where-there", action="store_true", help="no corpus is no failure")
    parser.add_argument("--quick", action="store_true", help="--parts texts lines --sets fundus --where-there")
    asked = parser.parse_args()
    if asked.quick:
        asked.parts, asked.sets, asked.where_there = ["texts", "lines"], ["fundus"], True
    return asked


def verdict(figures: Figures, floors: dict[str, dict[str, float]], console: Console) -> int:
    """Compare with the floors; a figure that was not measured is not judged."""
    under = [f"{name}: {figures[name]:.4f}, at least {least}" for name, least in floors["least"].items()
             if name in figures and figures[name] < least]  # fmt: skip
    over = [f"{name}: {figures[name]:.4f}, at most {most}" for name, most in floors["most"].items()
            if name in figures and figures[name] > most]  # fmt: skip
    for failed in under + over:
        console.print(f"[red]out of bounds[/red] {failed}")
    console.print(f"{len(figures)} figures, {len(under + over)} out of bounds: {RESULTS}")
    return 1 if under or over else 0


# ---------------------------------------------------------------- texts


def texts(asked: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """4-gram F1, exact texts, titles, dates, true lines that are lost, and what was taken off that was text."""
    table = Table("Set", "Extractor", "Pages", *COLUMNS.values())
    figures: Figures = {}
    for name in asked.sets:
        pages = list(read_set(asked.corpus / "extraction" / name))
        truths = [row for row, _ in pages]
        everyone = {"copydesk": ours(asked.corpus / "extraction" / name, truths, folder)}
        for label, extract in peers_of(asked, console).items():
            everyone[label] = [as_record(extract(page, row.get("url") or "")) for row, page in pages]
        for label, found in everyone.items():
            scored, prefix = scores(truths, found), name if label == "copydesk" else f"{name}.{label}"
            figures |= {f"{prefix}.{figure}": value for figure, value in scored.items()}
            table.add_row(name, label, str(len(pages)), *(cell(scored, figure) for figure in COLUMNS))
    console.print(table)
    return figures


COLUMNS = {"f1": "4-gram F1", "exact": "Exact", "title": "Title", "date": "Date", "lost": "True lines lost",
           "removed_true": "True lines among removed"}  # fmt: skip


def peers_of(asked: argparse.Namespace, console: Console) -> dict[str, Extractor]:
    """The peers that were asked for and are installed; those that are not are told."""
    found = extractors() if asked.peers else {}
    for label in (label for label, extract in found.items() if extract is None):
        console.print(f"[red]{label} is not installed[/red]: make peers")
    return {label: extract for label, extract in found.items() if extract}


def as_record(found: PeerArticle) -> dict[str, Any]:
    """A peer's finding in the form of a record of ours."""
    published = {"value": found.date} if found.date else None
    return {"deck": "", "body": found.text.splitlines(), "title": found.title, "published": published, "spans": []}


def cell(scored: Figures, figure: str) -> str:
    """A figure, or nothing where the set has no such truth."""
    return f"{scored[figure]:.3f}" if figure in scored else ""


def ours(folder: Path, truths: Sequence[dict[str, Any]], scratch: Path) -> Rows:
    """The records of ``copydesk extract-many`` for a set."""
    rows = (
        {"id": row["id"], "url": row.get("url") or "", "outlet": source(row),
         "html_path": str((folder / "html" / f"{row['id']}.html.gz").resolve())}
        for row in truths
    )  # fmt: skip
    return extracted(rows, scratch)


def source(row: dict[str, Any]) -> str:
    """The outlet, as far as the truth names one."""
    return str(row.get("outlet") or urlsplit(str(row.get("url") or "")).hostname or row["id"])


def scores(truths: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> Figures:
    """The figures of one set; what a tool does not look for at all is not judged."""
    both = list(zip(truths, found, strict=True))
    bodies = [(str(row["body"]), text_of(record)) for row, record in both]
    figures = {"f1": four_gram_f1(bodies), "exact": mean([exactly_right(*pair) for pair in bodies])}
    titles = [fold(row["title"]) == fold(record["title"]) for row, record in both if row.get("title")]
    dates = [str(row["date"])[:10] == day(record) for row, record in both if row.get("date")]
    figures |= {"title": mean(titles)} if any(titles) else {}
    figures |= {"date": mean(dates)} if any(dates) else {}
    figures |= {"removed_true": removed_true(both)} if any(record["spans"] for record in found) else {}
    return figures | {"lost": lost(bodies)}


def lost(bodies: Sequence[tuple[str, str]]) -> float:
    """Share of the true lines that do not stand in the text."""
    folded = [([fold(line) for line in truth.splitlines()], fold(found)) for truth, found in bodies]
    return mean([line not in found for lines_, found in folded for line in lines_ if line])


def text_of(record: dict[str, Any]) -> str:
    """Deck, then the paragraphs."""
    return "\n".join([record["deck"], *record["body"]] if record["deck"] else record["body"])


def day(record: dict[str, Any]) -> str:
    """The day it was published, as its page writes it."""
    return str((record["published"] or {}).get("value", ""))[:10]


def mean(hits: Sequence[bool]) -> float:
    """Share of hits."""
    return sum(hits) / max(len(hits), 1)


def removed_true(both: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> float:
    """Share of the removed lines that stand in the true text, those aside that the truth itself calls something else:
    the deck, which is kept, and agency lines, which the sets leave in the body."""
    kinds = {"promo", "boilerplate", "teaser", "caption", "title"}
    hits = [
        fold(span["text"]) in {fold(line) for line in str(row["body"]).splitlines()}
        and fold(span["text"]) not in {fold(text) for text in (record["deck"], *record["body"])}
        for row, record in both
        for span in record["spans"]
        if span["kind"] in kinds and fold(span["text"])
    ]
    return mean(hits)


# ---------------------------------------------------------------- agency lines


def lines(asked: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Kind and agency of single lines, and spans in ordinary paragraphs."""
    wanted = read(asked.corpus / "wire" / "agency_lines.jsonl")
    rows = ({"id": str(n), "line": row["line"]} for n, row in enumerate(wanted))
    run("lines", str(written(folder / "lines.jsonl", rows)), "--out", str(folder / "spans.jsonl"))
    both = list(zip(wanted, (record["spans"] for record in read(folder / "spans.jsonl")), strict=True))
    kind = mean([any(span["kind"] == row["kind"] for span in spans) for row, spans in both])
    whole = mean([any(agrees(row, span) for span in spans) for row, spans in both])
    spans = false_spans(asked, folder)
    table = Table("Agency lines", "Kind", "Kind and agency", "Spans in 1,000 paragraphs")
    table.add_row(str(len(both)), f"{kind:.3f}", f"{whole:.3f}", f"{spans:.2f}")
    console.print(table)
    figures = {"lines.kind": kind, "lines.kind_agency": whole, "lines.false_per_1000": spans}
    return figures | taken_off(wanted, peers_of(asked, console), folder, console)


# An ordinary text, to put a line in front of or behind.
ORDINARY = (
    "The council of the harbour town decided on Tuesday to rebuild the old bridge over the western arm of the river.",
    "Work is to begin in spring and will last for two years, in which ferries carry everybody who wants to cross.",
    "Shopkeepers on both banks had asked for a date outside the summer months, when most of their customers come.",
    "The bridge was closed in March after engineers had found cracks in two of the seven pillars that carry it.",
)
AT_THE_END = ("credit", "endmark", "disclaimer")


def taken_off(wanted: Rows, peers: dict[str, Extractor], folder: Path, console: Console) -> Figures:
    """Share of agency lines of a paragraph's length that are no part of the text, when they stand at its ends."""
    lines_ = [row for row in wanted if row["kind"] in (*AT_THE_END, "byline")]
    pages = [page_with(row["line"], row["kind"]) for row in lines_]
    for n, page in enumerate(pages):
        (folder / f"line{n}.html").write_bytes(page)
    rows = (
        {"id": str(n), "url": "", "outlet": str(n), "html_path": str(folder / f"line{n}.html")}
        for n in range(len(pages))
    )
    texts_ = {"copydesk": [text_of(record) for record in extracted(rows, folder)]}
    texts_ |= {label: [extract(page, "").text for page in pages] for label, extract in peers.items()}
    shares = {
        label: mean([fold(row["line"]) not in fold(text) and fold(ORDINARY[1]) in fold(text)
                     for row, text in zip(lines_, found, strict=True)])
        for label, found in texts_.items()
    }  # fmt: skip
    table = Table("Extractor", f"Taken off, of {len(lines_)} agency lines in a text")
    for label, share in shares.items():
        table.add_row(label, f"{share:.3f}")
    console.print(table)
    return {"lines.taken_off" if label == "copydesk" else f"lines.{label}.taken_off": share
            for label, share in shares.items()}  # fmt: skip


def page_with(line: str, kind: str) -> bytes:
    """A plain page whose text carries the line."""
    paragraphs = (*ORDINARY, line) if kind in AT_THE_END else (line, *ORDINARY)
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    title = "Old bridge to be rebuilt"
    head = f"<head><meta charset='utf-8'><title>{title}</title></head>"
    return f"<html>{head}<body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def agrees(row: dict[str, Any], span: dict[str, Any]) -> bool:
    """Kind and, where the line itself names the agency in Latin letters, the agency."""
    named = re.split(r"[/ ]", row.get("agency") or "")[0]
    said = named and re.search(rf"\b{re.escape(named)}\b", row["line"])
    return span["kind"] == row["kind"] and (not said or fold(named) in fold(span["agency"] or ""))


def false_spans(asked: argparse.Namespace, folder: Path) -> float:
    """Spans in the middle paragraphs of true bodies, in a thousand."""
    bodies = [str(row["body"]).splitlines()[2:-2] for name in asked.sets
              for row, _ in read_set(asked.corpus / "extraction" / name)]  # fmt: skip
    paragraphs = [text for body in bodies for text in body if len(text) > 60]
    rows = ({"id": str(n), "line": text, "position": "middle"} for n, text in enumerate(paragraphs))
    run("lines", str(written(folder / "lines.jsonl", rows)), "--out", str(folder / "spans.jsonl"))
    return 1000 * mean([bool(record["spans"]) for record in read(folder / "spans.jsonl")])


PARTS = {"texts": texts, "lines": lines, "stories": stories, "newsstand": desk, "cost": cost}


if __name__ == "__main__":
    sys.exit(main())

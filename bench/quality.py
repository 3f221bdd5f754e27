"""Measure the quality of texts and stories: ``make quality``, or ``python -m bench.quality --corpus ../shared/data``.

All measurements run the command line's own commands (extract-many, lines, cluster), and with ``--peers`` other tools
in the same run. Prints tables, writes ``bench/results/quality.json``, and exits with 1 where a figure is out of its
bounds in ``bench/floors.toml``. ``--quick`` is what CI runs: texts of one set, and agency lines.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
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
from bench.labelled import labelled_pairs
from bench.left_out import left_out
from bench.left_out_wires import left_out_wires
from bench.peers import Extractor, PeerArticle, extractors
from bench.wires import wires
from pipeline.text.normalize import fold

AND = re.compile(r",\s*(?:and\s+)?|\s+(?:and|&)\s+")
# Kinds that a page with a whole text should never be given.
REFUSED = ("placeholder", "paywall")
# Columns of a table in a file or a log, where the width of a terminal cuts the names of figures.
LOG_WIDTH = 140
BENCH_FOLDER = Path(__file__).parent
RESULTS = BENCH_FOLDER / "results" / "quality.json"
FLOORS = BENCH_FOLDER / "floors.toml"
SETS = (
    "fundus", "fundus_2", "fundus_eval", "fundus_eval_2", "scrapinghub", "scrapinghub_2", "daniel", "wcxb",
    "wcxb_test_2", "readability", "newspaper4k",
)  # fmt: skip


def main() -> int:
    """Measure the chosen parts, print and write the figures. Return 1 where one is out of its bounds."""
    options = arguments()
    if not (options.corpus / "extraction").is_dir():
        print(f"no corpus at {options.corpus}: give it with --corpus DIR; nothing was measured", file=sys.stderr)
        return 0 if options.where_there else 1
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.parts:
            figures |= PARTS[name](options, Path(folder), console)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return verdict(figures, tomllib.loads(FLOORS.read_text(encoding="utf-8")), console)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: make quality CORPUS=../shared/data")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="seeds of generated corpora")
    parser.add_argument("--stories", type=int, default=900, help="stories of each corpus; floors are for 900")
    parser.add_argument("--peers", action="store_true", help="other tools too; make peers installs them")
    parser.add_argument("--labels", type=Path, help="answers of a desk's persons: copydesk labels export")
    parser.add_argument("--where-there", action="store_true", help="no corpus is no failure")
    parser.add_argument("--quick", action="store_true", help="--parts texts lines --sets fundus --where-there")
    options = parser.parse_args()
    if options.quick:
        options.parts, options.sets, options.where_there = ["texts", "lines"], ["fundus"], True
    return options


def verdict(figures: Figures, floors: dict[str, dict[str, float]], console: Console) -> int:
    """Compare the measured figures with their bounds. Return 1 where one is out of bounds."""
    under = [f"{name}: {figures[name]:.4f}, at least {least}" for name, least in floors["least"].items()
             if name in figures and figures[name] < least]  # fmt: skip
    over = [f"{name}: {figures[name]:.4f}, at most {most}" for name, most in floors["most"].items()
            if name in figures and figures[name] > most]  # fmt: skip
    for failed in under + over:
        console.print(f"[red]out of bounds[/red] {failed}")
    console.print(f"{len(figures)} figures, {len(under + over)} out of bounds: {RESULTS}")
    return 1 if under or over else 0


# ---------------------------------------------------------------- texts


def texts(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Measure 4-gram F1, exact texts, titles, dates, true lines lost, and true lines among those removed."""
    table = Table("Set", "Extractor", "Pages", *COLUMNS.values())
    figures: Figures = {}
    for name in options.sets:
        pages = list(read_set(options.corpus / "extraction" / name))
        truths = [row for row, _ in pages]
        records_by_tool = {"copydesk": ours(options.corpus / "extraction" / name, truths, folder)}
        for label, extract in peers_of(options, console).items():
            records_by_tool[label] = [as_record(extract(page, row.get("url") or "")) for row, page in pages]
        for label, records in records_by_tool.items():
            scored, prefix = scores(truths, records), name if label == "copydesk" else f"{name}.{label}"
            figures |= {f"{prefix}.{figure}": value for figure, value in scored.items()}
            table.add_row(name, label, str(len(pages)), *(cell(scored, figure) for figure in COLUMNS))
    console.print(table)
    return figures


COLUMNS = {"f1": "4-gram F1", "exact": "Exact", "title": "Title", "author": "Authors", "date": "Day",
           "date_wrong": "Wrong day", "lang": "Language", "refused": "Refused", "lost": "True lines lost",
           "removed_true": "True lines among removed"}  # fmt: skip


def peers_of(options: argparse.Namespace, console: Console) -> dict[str, Extractor]:
    """Return the peers, where options ask for them; print those that are not installed."""
    by_name = extractors() if options.peers else {}
    for label in (label for label, extract in by_name.items() if extract is None):
        console.print(f"[red]{label} is not installed[/red]: make peers")
    return {label: extract for label, extract in by_name.items() if extract}


def as_record(peer_article: PeerArticle) -> dict[str, Any]:
    """Return a peer's article in the form of our records."""
    published = {"value": peer_article.date} if peer_article.date else None
    return {
        "deck": "",
        "body": peer_article.text.splitlines(),
        "title": peer_article.title,
        "published": published,
        "spans": [],
    }


def cell(scored: Figures, figure: str) -> str:
    """Format a figure; '' where the set has no such truth."""
    return f"{scored[figure]:.3f}" if figure in scored else ""


def ours(
    folder: Path, truths: Sequence[dict[str, Any]], scratch: Path, settings: Mapping[str, str] | None = None
) -> Rows:
    """Return the records of ``copydesk extract-many`` for a set."""
    rows = (
        {"id": row["id"], "url": row.get("url") or "", "outlet": source(row),
         "html_path": str((folder / "html" / f"{row['id']}.html.gz").resolve())}
        for row in truths
    )  # fmt: skip
    return extracted(rows, scratch, settings)


def source(row: dict[str, Any]) -> str:
    """Return the outlet that the truth names, else the page's host, else the page's id."""
    return str(row.get("outlet") or urlsplit(str(row.get("url") or "")).hostname or row["id"])


def scores(truths: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]) -> Figures:
    """Return the figures of one set, without those of fields that the tool never finds."""
    pairs = list(zip(truths, records, strict=True))
    bodies = [(str(row["body"]), text_of(record)) for row, record in pairs]
    figures = {"f1": four_gram_f1(bodies), "exact": mean([exactly_right(*pair) for pair in bodies])}
    titles = [fold(row["title"]) == fold(record["title"]) for row, record in pairs if row.get("title")]
    dates = [str(row["date"])[:10] == day(record) for row, record in pairs if row.get("date")]
    figures |= {"title": mean(titles)} if any(titles) else {}
    figures |= {"date": mean(dates), "date_wrong": mean(wrong_days(pairs))} if any(dates) else {}
    figures |= declared_figures(pairs)
    figures |= {"removed_true": removed_true(pairs)} if any(record["spans"] for record in records) else {}
    return figures | {"lost": lost(bodies)}


def declared_figures(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> Figures:
    """Return the shares of pages with the right authors and language, and of whole texts that are taken for none."""
    authors = [
        people(row["author"]) == people(as_written(record.get("byline") or (), row["author"]))
        for row, record in pairs
        if row.get("author")
    ]
    languages = [row["lang"] == record.get("lang") for row, record in pairs if row.get("lang")]
    refused = [record.get("kind", "article") in REFUSED for _, record in pairs]
    figures = {"author": mean(authors)} if any(authors) else {}
    figures |= {"lang": mean(languages)} if any(languages) else {}
    return figures | ({"refused": mean(refused)} if any(record["spans"] for _, record in pairs) else {})


def as_written(names: Sequence[str], truth: Sequence[str] | str) -> Sequence[str] | str:
    """Return the names in the form of the truth: a string where it is one, so that "Ann Lee, MD" is parted in both."""
    return ", ".join(names) if isinstance(truth, str) else names


def people(names: Sequence[str] | str) -> frozenset[str]:
    """Return the names, folded; a string holds several apart by commas or "and"."""
    listed = AND.split(names) if isinstance(names, str) else names
    return frozenset(fold(name) for name in listed if fold(name))


def wrong_days(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[bool]:
    """Return for each page whose day is known whether it has another; one without a day has no wrong one."""
    return [day(record) not in ("", str(row["date"])[:10]) for row, record in pairs if row.get("date")]


def lost(bodies: Sequence[tuple[str, str]]) -> float:
    """Return the share of true lines that are not in the text."""
    folded = [([fold(line) for line in truth.splitlines()], fold(text)) for truth, text in bodies]
    return mean([line not in text for truth_lines, text in folded for line in truth_lines if line])


def text_of(record: dict[str, Any]) -> str:
    """Return the deck and the paragraphs, a line each."""
    return "\n".join([record["deck"], *record["body"]] if record["deck"] else record["body"])


def day(record: dict[str, Any]) -> str:
    """Return the day of publication (YYYY-MM-DD), as its page writes it; '' where there is none."""
    return str((record["published"] or {}).get("value", ""))[:10]


def mean(hits: Sequence[bool]) -> float:
    """Return the share of hits."""
    return sum(hits) / max(len(hits), 1)


def removed_true(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> float:
    """Return the share of removed lines that are in the true text. Lines that the record has in its
    deck or body too are no such lines, nor are agency lines, which the sets leave in the body."""
    kinds = {"promo", "boilerplate", "teaser", "caption", "title"}
    hits = [
        fold(span["text"]) in {fold(line) for line in str(row["body"]).splitlines()}
        and fold(span["text"]) not in {fold(text) for text in (record["deck"], *record["body"])}
        for row, record in pairs
        for span in record["spans"]
        if span["kind"] in kinds and fold(span["text"])
    ]
    return mean(hits)


# ---------------------------------------------------------------- agency lines


def lines(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Measure kind and agency of single lines, and spans in ordinary paragraphs."""
    wanted = read(options.corpus / "wire" / "agency_lines.jsonl")
    rows = ({"id": str(n), "line": row["line"]} for n, row in enumerate(wanted))
    run("lines", str(written(folder / "lines.jsonl", rows)), "--out", str(folder / "spans.jsonl"))
    pairs = list(zip(wanted, (record["spans"] for record in read(folder / "spans.jsonl")), strict=True))
    kind = mean([any(span["kind"] == row["kind"] for span in spans) for row, spans in pairs])
    kind_and_agency = mean([any(agrees(row, span) for span in spans) for row, spans in pairs])
    spans = false_spans(options, folder)
    table = Table("Agency lines", "Kind", "Kind and agency", "Spans in 1,000 paragraphs")
    table.add_row(str(len(pairs)), f"{kind:.3f}", f"{kind_and_agency:.3f}", f"{spans:.2f}")
    console.print(table)
    figures = {"lines.kind": kind, "lines.kind_agency": kind_and_agency, "lines.false_per_1000": spans}
    return figures | taken_off(wanted, peers_of(options, console), folder, console)


# An ordinary text, to put a line in front of or behind.
ORDINARY = (
    "The council of the harbour town decided on Tuesday to rebuild the old bridge over the western arm of the river.",
    "Work is to begin in spring and will last for two years, in which ferries carry everybody who wants to cross.",
    "Shopkeepers on both banks had asked for a date outside the summer months, when most of their customers come.",
    "The bridge was closed in March after engineers had found cracks in two of the seven pillars that carry it.",
)
AT_THE_END = ("credit", "endmark", "disclaimer")


def taken_off(wanted: Rows, peers: dict[str, Extractor], folder: Path, console: Console) -> Figures:
    """Measure the share of agency lines that are removed when they are the first or last paragraph of a text."""
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
        label: mean([fold(row["line"]) not in fold(body_text) and fold(ORDINARY[1]) in fold(body_text)
                     for row, body_text in zip(lines_, tool_texts, strict=True)])
        for label, tool_texts in texts_.items()
    }  # fmt: skip
    table = Table("Extractor", f"Taken off, of {len(lines_)} agency lines in a text")
    for label, share in shares.items():
        table.add_row(label, f"{share:.3f}")
    console.print(table)
    return {"lines.taken_off" if label == "copydesk" else f"lines.{label}.taken_off": share
            for label, share in shares.items()}  # fmt: skip


def page_with(line: str, kind: str) -> bytes:
    """Return a plain page whose text has the line at its beginning, or for some kinds at its end."""
    paragraphs = (*ORDINARY, line) if kind in AT_THE_END else (line, *ORDINARY)
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    title = "Old bridge to be rebuilt"
    head = f"<head><meta charset='utf-8'><title>{title}</title></head>"
    return f"<html>{head}<body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def agrees(row: dict[str, Any], span: dict[str, Any]) -> bool:
    """Return whether the span has the row's kind and, where the line names the agency in Latin letters, its agency."""
    agency_word = re.split(r"[/ ]", row.get("agency") or "")[0]
    is_named = agency_word and re.search(rf"\b{re.escape(agency_word)}\b", row["line"])
    return span["kind"] == row["kind"] and (not is_named or fold(agency_word) in fold(span["agency"] or ""))


def false_spans(options: argparse.Namespace, folder: Path) -> float:
    """Return the number of spans in 1,000 middle paragraphs of true bodies."""
    bodies = [str(row["body"]).splitlines()[2:-2] for name in options.sets
              for row, _ in read_set(options.corpus / "extraction" / name)]  # fmt: skip
    paragraphs = [text for body in bodies for text in body if len(text) > 60]
    rows = ({"id": str(n), "line": text, "position": "middle"} for n, text in enumerate(paragraphs))
    run("lines", str(written(folder / "lines.jsonl", rows)), "--out", str(folder / "spans.jsonl"))
    return 1000 * mean([bool(record["spans"]) for record in read(folder / "spans.jsonl")])


def unseen(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Measure the reader on collections that it did not learn from."""
    return left_out(options, folder, console, ours)


PARTS = {"texts": texts, "unseen": unseen, "lines": lines, "stories": stories, "wires": wires,
         "unseen_wires": left_out_wires, "newsstand": desk, "labels": labelled_pairs, "cost": cost}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

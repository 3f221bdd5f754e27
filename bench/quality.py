"""How good the text and the stories are: ``make quality``, or ``python -m bench.quality --corpus ../shared/data``.

Everything runs through the command line's own commands (extract-many, lines, cluster), beside peers in the same run
where ``--peers`` asks for them. Prints tables, writes ``bench/results/quality.json``, and ends with 1 where a figure
is under its floor in ``bench/floors.toml``.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from bench.extraction import exactly_right, four_gram_f1, read_set
from bench.peers import EXTRACTORS, GROUPERS
from bench.stories import candidate_recall, grouped, joined, oddities, same_pairs_in_any_order
from pipeline.match.evaluate import adjusted_rand, b_cubed, merged, pairs
from pipeline.text.normalize import fold

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "quality.json"
FLOORS = HERE / "floors.toml"
SETS = ("fundus", "fundus_eval", "scrapinghub", "wcxb", "readability", "newspaper4k")
SEEDS = (101, 102)
Figures = dict[str, float]


def main() -> int:
    """Measure what the corpus allows, print, write, and say whether the floors hold."""
    asked = arguments()
    if not (asked.corpus / "extraction").is_dir():
        print(f"no corpus at {asked.corpus}: give it with --corpus DIR; nothing was measured", file=sys.stderr)
        return 0 if asked.where_there else 1
    console = Console()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for part in (texts, lines, stories):
            figures |= part(asked, Path(folder), console)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return verdict(figures, tomllib.loads(FLOORS.read_text(encoding="utf-8")), console)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: make quality CORPUS=../shared/data")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="seeds of generated corpora")
    parser.add_argument("--peers", action="store_true", help="other tools too, as far as they are installed")
    parser.add_argument("--where-there", action="store_true", help="no corpus is no failure")
    return parser.parse_args()


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


def run(*command: str) -> None:
    """A command of ours in a process of its own, as a user would call it."""
    subprocess.run([sys.executable, "-m", "pipeline.cli", *command], check=True, stderr=subprocess.DEVNULL)


def written(path: Path, rows: Iterator[dict[str, Any]]) -> Path:
    """The rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(row) for row in path.read_text(encoding="utf-8").split("\n") if row]


# ---------------------------------------------------------------- texts


def texts(asked: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """4-gram F1, exact texts, titles, dates and what was taken off that was text, set by set."""
    table = Table("Set", "Extractor", "Pages", "4-gram F1", "Exact", "Title", "Date", "True lines among removed")
    figures: Figures = {}
    for name in asked.sets:
        pages = list(read_set(asked.corpus / "extraction" / name))
        truths = [row for row, _ in pages]
        found = ours(asked.corpus / "extraction" / name, truths, folder)
        scored = scores(truths, found)
        figures |= {f"{name}.{figure}": value for figure, value in scored.items()}
        table.add_row(name, "copydesk", str(len(pages)), *(cell(scored, figure) for figure in COLUMNS))
        for label, extractor in EXTRACTORS().items() if asked.peers else ():
            pairs_ = [(str(row["body"]), extractor(page, row.get("url") or "")) for row, page in pages]
            figures[f"{name}.{label}.f1"] = f1 = four_gram_f1(pairs_)
            exact = sum(exactly_right(*pair) for pair in pairs_) / len(pairs_)
            table.add_row("", label, "", f"{f1:.3f}", f"{exact:.2f}", "", "", "")
    console.print(table)
    return figures


COLUMNS = ("f1", "exact", "title", "date", "removed_true")


def cell(scored: Figures, figure: str) -> str:
    """A figure, or nothing where the set has no such truth."""
    return f"{scored[figure]:.3f}" if figure in scored else ""


def ours(folder: Path, truths: Sequence[dict[str, Any]], scratch: Path) -> list[dict[str, Any]]:
    """The records of ``copydesk extract-many`` for a set."""
    rows = (
        {"id": row["id"], "url": row.get("url") or "", "outlet": source(row),
         "html_path": str((folder / "html" / f"{row['id']}.html.gz").resolve())}
        for row in truths
    )  # fmt: skip
    run("extract-many", str(written(scratch / "pages.jsonl", rows)), "--out", str(scratch / "articles.jsonl"))
    return read(scratch / "articles.jsonl")


def source(row: dict[str, Any]) -> str:
    """The outlet, as far as the truth names one."""
    return str(row.get("outlet") or urlsplit(str(row.get("url") or "")).hostname or row["id"])


def scores(truths: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> Figures:
    """The figures of one set."""
    bodies = [(str(row["body"]), text_of(record)) for row, record in zip(truths, found, strict=True)]
    figures = {"f1": four_gram_f1(bodies), "exact": sum(exactly_right(*pair) for pair in bodies) / len(bodies)}
    both = list(zip(truths, found, strict=True))
    titles = [fold(row["title"]) == fold(record["title"]) for row, record in both if row.get("title")]
    dates = [str(row["date"])[:10] == day(record) for row, record in both if row.get("date")]
    figures |= {"title": mean(titles)} if titles else {}
    figures |= {"date": mean(dates)} if dates else {}
    return figures | {"removed_true": removed_true(both)}


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
    return {"lines.kind": kind, "lines.kind_agency": whole, "lines.false_per_1000": spans}


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


# ---------------------------------------------------------------- stories

CORPORA: dict[str, tuple[str, ...]] = {
    "cold": (),
    "reprints": ("--reprints", ".1"),
    "warm": ("--texts", ".5:1"),
}
MONTH = ("--texts", "0:.5", "--start", "2025-07-01")
ORDERS = 5


def stories(asked: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """B-cubed, pairs, ARI and merged bulletins on generated corpora: the mean over seeds."""
    table = Table("Corpus", "Grouper", "B-cubed P", "R", "F1", "Pairs F1", "ARI", "Bulletins merged")
    figures: Figures = {}
    wire = asked.corpus / "wire"
    for name, options in CORPORA.items():
        corpora = [corpus_of(wire, folder, name, seed, options) for seed in asked.seeds]
        groupers: dict[str, Callable[[Path], dict[str, str]]] = {"copydesk": clustered}
        for label, group in (groupers | (GROUPERS() if asked.peers else {})).items():
            scored = [grouping(corpus, group(corpus)) for corpus in corpora]
            means = {key: sum(one[key] for one in scored) / len(scored) for key in scored[0]} if scored else {}
            prefix = f"wiregen.{name}" if label == "copydesk" else f"wiregen.{name}.{label}"
            figures |= {f"{prefix}.{key}": value for key, value in means.items()}
            table.add_row(name, label, *(f"{value:.3f}" for value in means.values()))
    console.print(table)
    return figures | searching(folder / f"cold-{asked.seeds[0]}.jsonl", console)


def searching(corpus: Path, console: Console) -> Figures:
    """How well candidates are found, and whether the order inside an hour shows."""
    documents = read(corpus)
    recall, number = candidate_recall(documents)
    same = same_pairs_in_any_order(documents, ORDERS, grouped)
    joined_wrongly = len(oddities()) - len(set(grouped(oddities()).values()))
    table = Table("Candidate recall", "Candidates a document", f"Same pairs in {ORDERS} orders", "Odd texts joined")
    table.add_row(f"{recall:.4f}", f"{number:.1f}", f"{same:.4f}", str(joined_wrongly))
    console.print(table)
    return {"candidates.recall": recall, "candidates.number": number, "orders.same_pairs": same,
            "odd.joined": joined_wrongly}  # fmt: skip


def corpus_of(wire: Path, folder: Path, name: str, seed: int, options: Sequence[str]) -> Path:
    """A generated corpus; a warm one stands behind a month of other stories, of seeds a hundred later."""
    corpus = generated(wire, folder / f"{name}-{seed}.jsonl", seed, options)
    if name != "warm":
        return corpus
    month = generated(wire, folder / f"month-{seed}.jsonl", seed + 100, MONTH)
    return joined(month, corpus, folder / f"joined-{seed}.jsonl")


def generated(wire: Path, out: Path, seed: int, options: Sequence[str]) -> Path:
    """A corpus of 900 stories, about 4,500 documents."""
    texts_ = next(wire.glob("**/base_texts.json"))
    command = [sys.executable, str(wire / "wiregen.py"), "--seed", str(seed), "--stories", "900",
               "--corpus", str(texts_), *options, "--out", str(out)]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def clustered(corpus: Path) -> dict[str, str]:
    """Document -> story, by ``copydesk cluster``."""
    out = corpus.with_suffix(".stories")
    run("cluster", str(corpus), "--out", str(out))
    return {str(record["id"]): str(record["story"]) for record in read(out)}


def grouping(corpus: Path, found: dict[str, str]) -> Figures:
    """All figures of one grouping."""
    documents = [row for row in read(corpus) if not str(row["id"]).startswith("before-")]
    found = {str(row["id"]): found[str(row["id"])] for row in documents}
    truth = {str(row["id"]): str(row["cluster"]) for row in documents}
    templated = {str(row["id"]): row.get("kind") == "bulletin" for row in documents}
    score = b_cubed(truth, found)
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1, "pairs_f1": pairs(truth, found).f1,
            "ari": adjusted_rand(truth, found), "bulletins_merged": merged(truth, found, templated)}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

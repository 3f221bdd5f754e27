"""Extraction beside trafilatura's default on the same pages: ``python -m bench.extraction --corpus DIR --set fundus``.

4-gram F1 as the article-extraction-benchmark (scrapinghub) defines it: counts of 4-grams of word tokens, true
positives by multiset intersection, each page normalised to sum 1, precision and recall averaged over pages. Where words
are set without blanks (Chinese, Japanese, Thai) a character is a token.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.labels import words
from pipeline.errors import ExtractError
from pipeline.extract.article import extract_article
from pipeline.model import PageHints
from pipeline.text.grammar import load_grammar
from pipeline.text.normalize import fold

Extractor = Callable[[bytes, str], str]


def four_grams(text: str) -> Counter[tuple[str, ...]]:
    """Counts of the text's 4-grams; a shorter text counts as one."""
    tokens = words(text)
    return Counter(tuple(tokens[n : n + 4]) for n in range(max(1, len(tokens) - 3))) if tokens else Counter()


def page_scores(truth: str, extracted: str) -> tuple[float, float, float]:
    """True positives, false positives, false negatives of one page, summing to 1."""
    true_grams, extracted_grams = four_grams(truth), four_grams(extracted)
    shared = sum((true_grams & extracted_grams).values())
    only_extracted, only_true = sum(extracted_grams.values()) - shared, sum(true_grams.values()) - shared
    total = shared + only_extracted + only_true
    return (shared / total, only_extracted / total, only_true / total) if total else (0.0, 0.0, 0.0)


def four_gram_f1(pages: Sequence[tuple[str, str]]) -> float:
    """F1 of mean precision and mean recall over (truth, found) pages."""
    precisions, recalls = [], []
    for truth, extracted in pages:
        tp, fp, fn = page_scores(truth, extracted)
        precisions.append(tp / (tp + fp) if tp + fp else 0.0 if fn else 1.0)
        recalls.append(tp / (tp + fn) if tp + fn else 1.0)
    precision, recall = sum(precisions) / len(pages), sum(recalls) / len(pages)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def exactly_right(truth: str, extracted: str) -> bool:
    """Equal once everything but letters and digits is removed."""
    return fold(truth) == fold(extracted)


def read_set(folder: Path, most: int | None = None) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Each page's truth and bytes."""
    rows = (folder / "truth.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
    for row in map(json.loads, rows[:most]):
        yield row, gzip.decompress((folder / "html" / f"{row['id']}.html.gz").read_bytes())


def ours(page: bytes, url: str) -> str:
    """Deck, then the paragraphs of the body, a line each."""
    try:
        article = extract_article(page, url, PageHints(), load_grammar())
    except ExtractError:
        return ""
    return "\n".join([article.deck, *article.body] if article.deck else article.body)


def bare(page: bytes, _url: str) -> str:
    """trafilatura as it comes."""
    import trafilatura

    return trafilatura.extract(page, include_comments=False) or ""


def main() -> None:
    """Score both on each set and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of sets, each with truth.jsonl and html/")
    parser.add_argument("--set", dest="sets", nargs="+", default=["fundus"])
    parser.add_argument("--most", type=int, help="only the first pages of each set")
    options = parser.parse_args()
    table = Table("Set", "Extractor", "Pages", "4-gram F1", "Exactly right", "ms a page")
    for name in options.sets:
        pages = list(read_set(options.corpus / name, options.most))
        for label, extractor in (("trafilatura", bare), ("copydesk", ours)):
            table.add_row(name, label, *score(pages, extractor))
    Console().print(table)


def score(pages: Sequence[tuple[dict[str, Any], bytes]], extractor: Extractor) -> tuple[str, str, str, str]:
    """The cells of one row."""
    started = time.process_time()
    pairs = [(row["body"], extractor(page, row.get("url") or "")) for row, page in pages]
    spent = 1000 * (time.process_time() - started) / len(pages)
    right = sum(exactly_right(*pair) for pair in pairs) / len(pairs)
    return str(len(pages)), f"{four_gram_f1(pairs):.3f}", f"{right:.2f}", f"{spent:.0f}"


if __name__ == "__main__":
    main()

"""A world that goes on: made-up reports by the hour, carried by outlets that cut them and head them anew."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from bench.concurrency import Stand

# Entries that a feed lists, and hours within which the last outlet carries a report.
LISTED, LATEST = 40, 6.0
WORDS = tuple("".join(pair) for pair in product(("ba", "ko", "mi", "ra", "tel", "sun", "vor", "ne"), repeat=4))
# No report's own: what an outlet puts around each.
FRAME = "<nav><a href='/'>Start</a> <a href='/news'>News</a></nav>", "<footer><p>All rights reserved.</p></footer>"


@dataclass(frozen=True, slots=True)
class Carried:
    """One outlet's copy of a report: its number, the outlet, and the hour at which it stands in the feed."""

    report: int
    outlet: int
    hour: float

    @property
    def name(self) -> str:
        """What its page is called."""
        return f"{self.outlet}-{self.report}"


class Reports(Stand):
    """Outlets on loopback that publish so many reports an hour between them; ``hour`` says what time it is there."""

    def __init__(self, outlets: int, reports_an_hour: int) -> None:
        super().__init__(outlets, 0)
        self.reports_an_hour = reports_an_hour
        self.hour = 0.0

    @property
    def published(self) -> int:
        """Pages that have been listed by now."""
        return sum(1 for report in self._reports() for copy in self._copies(report) if copy.hour <= self.hour)

    def _reports(self) -> range:
        return range(int(self.hour * self.reports_an_hour) + 1)

    def _feed(self, outlet: str) -> bytes:
        lately = self._reports()[-LISTED * self.outlets :]
        copies = [copy for report in lately for copy in self._copies(report) if str(copy.outlet) == outlet]
        newest = sorted((copy for copy in copies if copy.hour <= self.hour), key=lambda copy: copy.hour)[-LISTED:]
        items = "".join(self._item(copy.name) for copy in reversed(newest))
        return f'<rss version="2.0"><channel><title>Outlet {outlet}</title>{items}</channel></rss>'.encode()

    def _copies(self, report: int) -> tuple[Carried, ...]:
        return copies_of(report, self.outlets, self.reports_an_hour)

    def body(self, path: str) -> bytes | None:
        """What stands at a path."""
        kind, _, name = path.strip("/").partition("/")
        return report_page(name) if kind == "page" else super().body(path)


@lru_cache(maxsize=20_000)
def copies_of(report: int, outlets: int, reports_an_hour: int) -> tuple[Carried, ...]:
    """Return who carries a report and when, drawn by its number: one outlet in half of the cases, else up to six."""
    chance = random.Random(report)
    began = report / reports_an_hour
    number = min(1 if chance.random() < 0.5 else chance.randint(2, 6), outlets)
    hours = [began, *(began + chance.uniform(0.1, LATEST) for _ in range(number - 1))]
    drawn = chance.sample(range(outlets), number)
    return tuple(Carried(report, outlet, hour) for outlet, hour in zip(drawn, hours, strict=True))


def report_page(name: str) -> bytes:
    """Return an outlet's page of a report: a headline of its own in a third of the cases, its last paragraphs cut."""
    outlet, _, report = name.partition("-")
    chance = random.Random(name)
    paragraphs = list(_paragraphs(int(report)))
    lead = paragraphs[: len(paragraphs) - chance.choice((0, 0, 0, 1, 2))]
    title = _sentence(chance if chance.random() < 1 / 3 else random.Random(int(report)), 8)
    article = f"<article><h1>{title}</h1>{''.join(f'<p>{text}</p>' for text in lead)}</article>"
    head = f"<head><title>{title} | Outlet {outlet}</title></head>"
    return f"<html>{head}<body>{FRAME[0]}{article}{FRAME[1]}</body></html>".encode()


def _paragraphs(report: int) -> Iterator[str]:
    chance = random.Random(f"text {report}")
    for _ in range(chance.randint(6, 12)):
        yield " ".join(_sentence(chance, chance.randint(9, 18)) for _ in range(3))


def _sentence(chance: random.Random, words: int) -> str:
    return f"{' '.join(chance.choices(WORDS, k=words))} {chance.randint(2, 999)}.".capitalize()

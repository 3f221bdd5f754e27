"""A desk that acts at random on the stories of a store: all that is written of them, by machine, policy and person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

from sqlalchemy import Column, ColumnElement, func, select

from pipeline.errors import NotStored, StoreError
from pipeline.match.plan import choose_version
from pipeline.model import LinkKind, Plan, PlannedLink, PlannedMerge, Relation, Tie, VersionKind
from pipeline.store import Store
from pipeline.store.schema.tables import copy
from pipeline.store.schema.tables import story as story_table
from tests.store.samples import NOW, article, chosen, fingerprint, planned, stored_articles

# Articles that are polled and recorded at once, which took longer than what is done with them.
STOCK = 20
MERGED = story_table.c.merged_into.is_not(None)


class Desk:
    """Acts on random stories of a store."""

    def __init__(self, store: Store, random: Random, article_count: int = 0) -> None:
        self._store, self._random, self._article_count = store, random, article_count
        self.now = NOW
        self._stock: list[int] = []

    def act(self) -> None:
        acts: list[Callable[[], object]] = [
            self.place, self.place, self._join, self._join, self._merge_in_a_batch, self._edit, self._clean,
            self._withdraw, self._choose, self.link, self._derive, self._blog, self._merge, self._merge,
            self._unmerge, self._split, self._remove, self._kill, self._restore, self._restore, self.erase,
            self._reserve, self._license, self._fail,
        ]  # fmt: skip
        self.now += timedelta(minutes=self._random.randint(-3, 9))
        with suppress(NotStored):
            self._random.choice(acts)()

    def _article(self) -> int:
        if not self._stock:
            self._stock = stored_articles(self._store, STOCK, start=self._article_count + 1)[::-1]
            self._article_count += STOCK
        return self._stock.pop()

    def _pick(self, key: Column[int], *conditions: ColumnElement[bool]) -> int | None:
        """Return a random key of a row that meets the conditions, without reading all of them."""
        with self._store.reading() as db:
            start = self._random.randint(1, db.scalar(select(func.max(key))) or 1)
            later = db.scalar(select(func.min(key)).where(key >= start, *conditions))
            return later or db.scalar(select(func.max(key)).where(key < start, *conditions))

    def _live(self) -> int:
        return self._pick(story_table.c.id, ~MERGED) or 1

    def _copied(self) -> int:
        return self._pick(copy.c.article_id) or 1

    def _text(self) -> tuple[str, ...]:
        return tuple(f"Paragraph {self._random.randint(0, 4)}." for _ in range(self._random.randint(1, 3)))

    def _apply(self, plan: Plan) -> None:
        self._store.stories.apply(plan, self.now)

    def place(self) -> None:
        number = self._article()
        self._apply(Plan((planned(number, -1, number),), (chosen(number, -1, self._text()),)))

    def _join(self) -> None:
        number, story_id = self._article(), self._live()
        self._apply(Plan((planned(number, story_id, number),)))
        self._choose(story_id)

    def _merge_in_a_batch(self) -> None:
        number, story_id = self._article(), self._live()
        merge = PlannedMerge(story_id, -1, "one text", number)
        self._apply(Plan((planned(number, -1, number),), (chosen(number, -1, self._text()),), merges=(merge,)))

    def _choose(self, story_id: int = 0) -> None:
        number = story_id or self._live()
        members, heads = self._store.index.members([number]), self._store.stories.heads([number])
        if members:
            self._apply(Plan(versions=(choose_version(number, members, heads[number]),)))

    def _edit(self) -> None:
        number = self._copied()
        edited = replace(article(number, self._text()), title=f"Title {self._random.randint(0, 9)}")
        place = {"relation": Relation.UPDATE.value, "reason": "edited"}
        self._store.articles.revise(number, edited, place, fingerprint(number), self.now)

    def _clean(self) -> None:
        number = self._copied()
        self._store.articles.replace_bodies({number: article(number, self._text())}, self.now)

    def _withdraw(self) -> None:
        story_id = self._live()
        members = self._store.index.members([story_id])
        if members:
            version = chosen(members[0].article_id, story_id)
            kind = self._random.choice([VersionKind.WITHDRAWAL, VersionKind.CORRECTION])
            self._apply(Plan(versions=(replace(version, choice=replace(version.choice, kind=kind)),)))

    def link(self) -> None:
        number, story_id = self._article(), self._live()
        link = PlannedLink(number, Tie(self._live(), LinkKind.FOLLOW_UP, 0.5, "has it"))
        self._apply(Plan((planned(number, story_id, number),), links=(link,)))

    def _derive(self) -> None:
        number, source = self._article(), self._live()
        place = replace(planned(number, -1, number), relation=Relation.DERIVED)
        link = PlannedLink(number, Tie(source, LinkKind.DERIVED, self._random.random(), "is made from it"))
        self._apply(Plan((place,), (chosen(number, -1, self._text()),), (link,)))

    def _blog(self) -> None:
        number = self._article()
        link = PlannedLink(number, Tie(self._live(), LinkKind.LIVE_BLOG, 0.3, "quotes it"))
        self._apply(Plan(links=(link,), passed=(number,)))

    def _merge(self) -> None:
        first, second = self._live(), self._live()
        if first != second:
            self._store.rulings.merge(first, second, self.now, choose_version)

    def _unmerge(self) -> None:
        if tombstone := self._pick(story_table.c.id, MERGED):
            self._store.rulings.unmerge(tombstone, self.now, choose_version)

    def _split(self) -> None:
        story_id = self._live()
        members = self._store.index.members([story_id])
        self._store.rulings.split(story_id, [member.article_id for member in members[1:2]], self.now, choose_version)

    def _remove(self) -> None:
        number = self._copied()
        self._store.articles.forget_text(number, self.now)
        withheld = replace(article(number, ()), withheld="noarchive")
        self._store.articles.revise(number, withheld, {}, fingerprint(number), self.now)

    def _kill(self) -> None:
        self._store.kills.withdraw(self._live(), self.now, "legal advice")

    def _restore(self) -> None:
        if story_id := self._pick(story_table.c.id, story_table.c.withdrawn, ~MERGED):
            self._store.kills.restore(story_id, self.now, "an error")

    def erase(self) -> None:
        self._store.kills.remove(self._live(), self.now, "court order")

    def _reserve(self) -> None:
        signals = ("tdm-reservation",) * self._random.randint(0, 1)
        self._store.articles.set_signals(self._copied(), signals, self.now)

    def _license(self) -> None:
        number = self._copied()
        licensed = replace(article(number, self._text()), licence=self._random.choice(["", "CC BY 4.0"]))
        self._store.articles.revise(number, licensed, {}, fingerprint(number), self.now)

    def _fail(self) -> None:
        """Let a plan fail at its last statement: nothing of it may be left."""
        number, nowhere = self._article(), 2**40
        link = PlannedLink(number, Tie(nowhere, LinkKind.FOLLOW_UP, 0.5, "a story that is not there"))
        with suppress(StoreError):
            self._apply(Plan((planned(number, -1, number),), (chosen(number, -1, self._text()),), (link,)))

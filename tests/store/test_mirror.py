"""A mirror that reads again each story that the log names has what the store has, whatever was done to the stories."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import select

from pipeline.errors import NotStored
from pipeline.match.plan import choose_version
from pipeline.model import ChangeKind, LinkKind, Plan, PlannedLink, PlannedMerge, Relation, Tie, VersionKind
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from pipeline.store.reads.provenance import provenance_of
from pipeline.store.schema.tables import copy
from pipeline.store.schema.tables import story as story_table
from tests.store.samples import NOW, article, chosen, fingerprint, planned, stored_articles

STEPS = 60


def view(store: Store, story_id: int) -> object:
    """All that readers see of a story but what is another's; of a tombstone, the story that it leads to."""
    head, versions, copies = views.one_story(store, story_id)
    if head.id != story_id:
        return head.id
    about = provenance_of(store, story_id)
    # A link's title and an origin's agency are the other story's.
    links = [replace(link, title="") if link.story_id else link for link in about.links]
    origins = [origin.story_id for origin in about.origins]
    return head, versions, copies, views.additions_of(store, story_id), about.attribution, sorted(origins), set(links)


class Mirror:
    """Stories as a job downstream has them, by the log alone."""

    def __init__(self) -> None:
        self.stories: dict[int, object] = {}
        self.cursor = 0

    def follow(self, store: Store) -> int:
        """Read what the log tells anew. Return how many lines there were."""
        rows = changes(store, self.cursor, 1000)
        for story_id in {row.story_id for row in rows}:
            self.stories[story_id] = view(store, story_id)
        self.cursor = rows[-1].seq if rows else self.cursor
        return len(rows)

    def resolved(self, story_id: int) -> object:
        while isinstance(self.stories[story_id], int):
            story_id = int(str(self.stories[story_id]))
        return self.stories[story_id]


class Desk:
    """Acts on random stories of a store."""

    def __init__(self, store: Store, random: Random, article_count: int = 0) -> None:
        self._store, self._random, self._article_count = store, random, article_count
        self._now = NOW

    def act(self) -> None:
        acts: list[Callable[[], object]] = [
            self.place, self.place, self._join, self._join, self._merge_in_a_batch, self._edit, self._clean,
            self._withdraw, self._choose, self._link, self._derive, self._blog, self._merge, self._merge,
            self._unmerge, self._split, self._remove,
        ]  # fmt: skip
        self._now += timedelta(minutes=self._random.randint(-3, 9))
        with suppress(NotStored):
            self._random.choice(acts)()

    def _article(self) -> int:
        self._article_count += 1
        return stored_articles(self._store, 1, start=self._article_count)[0]

    def _live(self) -> int:
        with self._store.reading() as db:
            ids = list(db.scalars(select(story_table.c.id).where(story_table.c.merged_into.is_(None))))
        return self._random.choice(ids or [1])

    def _copied(self) -> int:
        with self._store.reading() as db:
            return self._random.choice(list(db.scalars(select(copy.c.article_id))) or [1])

    def _text(self) -> tuple[str, ...]:
        return tuple(f"Paragraph {self._random.randint(0, 4)}." for _ in range(self._random.randint(1, 3)))

    def _apply(self, plan: Plan) -> None:
        self._store.stories.apply(plan, self._now)

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
        self._store.articles.revise(number, edited, place, fingerprint(number), self._now)

    def _clean(self) -> None:
        number = self._copied()
        self._store.articles.replace_bodies({number: article(number, self._text())}, self._now)

    def _withdraw(self) -> None:
        story_id = self._live()
        members = self._store.index.members([story_id])
        if members:
            version = chosen(members[0].article_id, story_id)
            kind = self._random.choice([VersionKind.WITHDRAWAL, VersionKind.CORRECTION])
            self._apply(Plan(versions=(replace(version, choice=replace(version.choice, kind=kind)),)))

    def _link(self) -> None:
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
            self._store.rulings.merge(first, second, self._now, choose_version)

    def _unmerge(self) -> None:
        with self._store.reading() as db:
            tombstones = list(db.scalars(select(story_table.c.id).where(story_table.c.merged_into.is_not(None))))
        if tombstones:
            self._store.rulings.unmerge(self._random.choice(tombstones), self._now, choose_version)

    def _split(self) -> None:
        story_id = self._live()
        members = self._store.index.members([story_id])
        self._store.rulings.split(story_id, [member.article_id for member in members[1:2]], self._now, choose_version)

    def _remove(self) -> None:
        number = self._copied()
        self._store.articles.forget_text(number, self._now)
        withheld = replace(article(number, ()), withheld="noarchive")
        self._store.articles.revise(number, withheld, {}, fingerprint(number), self._now)


@pytest.mark.parametrize("seed", range(4))
def test_a_mirror_has_what_the_store_has(store: Store, seed: int) -> None:
    mirror, desk = Mirror(), Desk(store, Random(seed))
    with store.lease.acquire():
        desk.place()
        for _ in range(STEPS):
            desk.act()
            mirror.follow(store)
            with store.reading() as db:
                ids = list(db.scalars(select(story_table.c.id)))
            for story_id in ids:
                truth = view(store, story_id)
                assert mirror.resolved(story_id) == (view(store, truth) if isinstance(truth, int) else truth)
    rows = changes(store, 0, 10_000)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    for story_id in {row.story_id for row in rows}:
        kinds = [row.kind for row in rows if row.story_id == story_id]
        assert kinds[0] is ChangeKind.STORY_CREATED
        after_merges = [later for kind, later in pairwise(kinds) if kind is ChangeKind.STORY_MERGED]
        assert set(after_merges) <= {ChangeKind.STORY_REVIVED}

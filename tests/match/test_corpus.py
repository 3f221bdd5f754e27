"""What ``copydesk cluster`` says of a corpus: the stories, relations, links and merges that the store would have."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipeline import steps
from pipeline.config import Config, MatchConfig
from pipeline.match import reading
from pipeline.match.corpus import DocumentIndex, cluster_documents
from pipeline.model import Article, Basis, FeedEntry, FeedSpec, Moment, Outcome, PageRecord, PollRecord, Precision
from pipeline.store.schema.tables import article, copy, link
from pipeline.text.grammar import load_grammar
from pipeline.text.marks import mark_of
from pipeline.text.signatures import PERMUTATIONS
from tests.match.test_copies import prose
from tests.match.test_match import NOW, story

Rows = dict[str, dict[str, Any]]


def doc(name: str, body: Sequence[str], hours: float = 0, title: str = "", **fields: str) -> dict[str, Any]:
    """A document of an outlet of its own, under a title of its own."""
    at = (NOW + timedelta(hours=hours)).isoformat()
    return {"id": name, "outlet": f"Outlet {name}", "published": at, "title": title or f"About {name}",
            "text": "\n\n".join(body), **fields}  # fmt: skip


def cluster_rows(*docs: dict[str, Any], **settings: Any) -> Rows:
    """The record of each document."""
    return {row["id"]: row for row in cluster_documents(docs, replace(MatchConfig(), **settings))}


def stories(rows: Rows) -> list[str]:
    return [row["story"] for row in rows.values()]


def ties(row: dict[str, Any]) -> set[tuple[str, str]]:
    """(story, kind) of each link of a record."""
    return {(link["story"], link["kind"]) for link in row.get("links", [])}


# In one plan, and in a plan for each document.
BATCHES = pytest.mark.parametrize("batch", [100, 1])


@BATCHES
def test_a_text_made_from_two_stories_is_derived_and_its_copies_are_its_own(batch: int) -> None:
    compound = (*story(1), *story(2))
    rows = cluster_rows(
        doc("a", story(1)), doc("b", story(2), 0.1), doc("c", compound, 2), doc("d", compound, 3), batch=batch
    )
    assert stories(rows) == ["a", "b", "c", "c"]
    assert [rows[name]["relation"] for name in "abc"] == ["origin", "origin", "derived"]
    assert not any("merged" in row for row in rows.values())
    assert ties(rows["c"]) == {("a", "derived"), ("b", "derived")}
    assert rows["c"]["reason"].startswith("made from 2 stories")
    assert set(rows["a"]) == {"id", "story", "relation", "score", "reason"}


@BATCHES
def test_a_follow_up_is_linked_to_its_parent(batch: int) -> None:
    later = (*story(2, 6), *story(1)[-2:])
    rows = cluster_rows(doc("a", story(1)), doc("b", story(1), 1), doc("c", later, 5), doc("d", later, 6), batch=batch)
    assert stories(rows) == ["a", "a", "c", "c"]
    assert [ties(row) for row in rows.values()] == [set(), set(), {("a", "follow-up")}, {("a", "follow-up")}]
    assert 0.2 < rows["c"]["links"][0]["score"] < 0.3


@BATCHES
def test_an_update_by_its_title_is_an_edition(batch: int) -> None:
    rows = cluster_rows(
        doc("a", story(1), title="Ferry lines close"),
        doc("b", story(1), 1, title="Ferry lines are closed"),
        doc("c", (*story(1), *story(2, 1)), 2, title="UPDATE 1-Ferry lines close"),
        doc("d", (*story(1), *story(2, 1)), 3, title="UPDATE 1-Ferry lines close"),
        batch=batch,
    )
    assert stories(rows) == ["a"] * 4
    assert [row.get("edition", 1) for row in rows.values()] == [1, 1, 2, 2]
    assert [row.get("mark") for row in rows.values()] == [None, None, "update", "update"]
    assert rows["c"]["relation"] == "update"


@BATCHES
def test_a_mark_in_the_text_counts_too(batch: int) -> None:
    corrected = ("(Corrects the figure in paragraph two)", *story(1))
    rows = cluster_rows(doc("a", story(1)), doc("b", corrected, 1), batch=batch)
    assert (stories(rows), rows["b"].get("mark"), rows["b"].get("edition")) == (["a", "a"], "correction", 2)


@BATCHES
def test_a_withdrawal_goes_to_the_story_whose_headline_it_names(batch: int) -> None:
    title = "Support for ruling party at nine-year low"
    notice = ("The agency takes the story back, and has no other to put in its place.",)
    rows = cluster_rows(
        doc("a", story(1), title=title),
        doc("b", story(2), 1),
        doc("c", notice, 3, title=f"STORY WITHDRAWN: {title}"),
        doc("d", notice, 4, title="STORY WITHDRAWN: Something that nobody filed"),
        batch=batch,
    )
    assert stories(rows)[:3] == ["a", "b", "a"]
    assert [rows["c"].get(name) for name in ("relation", "edition", "mark")] == ["update", 2, "withdrawal"]
    assert rows["d"]["story"] != "b"


@BATCHES
def test_a_digest_is_linked_to_what_it_quotes(batch: int) -> None:
    names = "abcd"
    digest = tuple(story(n)[0] for n in range(1, 5))
    parents = [doc(name, story(n), n / 10) for n, name in enumerate(names, 1)]
    rows = cluster_rows(*parents, doc("x", digest, 2), doc("y", digest, 3), batch=batch)
    assert stories(rows) == ["a", "b", "c", "d", "x", "x"]
    assert [rows[name]["relation"] for name in "xy"] == ["derived", "verbatim"]
    assert ties(rows["x"]) == {(name, "digest") for name in names}


def test_inputs_under_a_copy_make_it_no_other_text() -> None:
    """Outlets put the line under copies that go on with a related text too."""
    body = story(1)
    appended = (*body[:4], *story(2)[2:7], "(With AFP inputs)")
    rows = cluster_rows(doc("a", body), doc("b", story(2), 0.5), doc("c", body, 1), doc("d", appended, 2))
    assert (rows["d"]["story"], rows["d"]["relation"]) == ("a", "partial")


def test_inputs_from_an_agency_make_a_text_with_news_of_its_own_derived() -> None:
    mixed_text = (*story(3, 5), *story(1)[3:6], "(With AFP inputs)")
    sliver = (*story(4, 9), *story(1)[-1:], "(With AFP inputs)")
    rows = cluster_rows(doc("a", story(1)), doc("b", mixed_text, 1), doc("c", sliver, 2))
    assert [row["relation"] for row in rows.values()] == ["origin", "derived", "origin"]
    assert ties(rows["b"]) == {("a", "derived")}


# ---------------------------------------------------------------- merges

LONG_TEXT = prose(1)
# The end of it under a lead of its own is another text, until a copy holds them both.
SECOND = prose(2, 1) + LONG_TEXT[-5:]
COMPOUND = prose(2, 1) + LONG_TEXT


def merging(hours: float) -> Rows:
    """A copy that holds two stories, and another of the younger, so many hours apart."""
    bodies = {"a": LONG_TEXT, "b": SECOND, "c": COMPOUND, "d": SECOND}
    titles = {"b": "Harbour board meets again", "d": "Harbour board meets again"}
    return cluster_rows(
        *(doc(name, body, n * hours, title=titles.get(name, "Piers")) for n, (name, body) in enumerate(bodies.items()))
    )


def test_what_is_placed_together_is_told_with_the_storys_last_name() -> None:
    rows = merging(hours=10)
    assert stories(rows) == ["a"] * 4
    assert not any("merged" in row for row in rows.values())


def test_a_merge_after_the_telling_names_the_story_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 1)
    rows = merging(hours=10)
    assert stories(rows) == ["a", "b", "a", "a"]
    [merged] = rows["c"]["merged"]
    assert merged["story"] == "b"
    assert merged["reason"].startswith("article c holds 100% and 98% of the two texts")


# ---------------------------------------------------------------- the store has the same


class Corpus:
    """Texts of every kind, some minutes apart, in an order of chance. No outlet has more than three: what it repeats
    more often comes off in a corpus, and of pages by their template."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.docs: list[dict[str, Any]] = []
        self.news: list[tuple[str, tuple[str, ...]]] = []
        for _ in range(4):
            self.report()

    def fresh_text(self, paragraphs: int) -> tuple[str, ...]:
        return prose(self.chance.randrange(10**9), paragraphs)

    def add(self, body: Sequence[str], title: str, late: float = 0) -> None:
        n = len(self.docs)
        at = n / 7 + late + self.chance.random() / 10
        self.docs.append(doc(f"d{n}", body, at, title, outlet=f"Outlet {n % 45}"))

    def old(self) -> tuple[str, tuple[str, ...]]:
        return self.chance.choice(self.news[-8:])

    def distinct_texts(self, number: int) -> list[tuple[str, ...]]:
        return [text for _, text in self.chance.sample(self.news[-8:], number)]

    def report(self) -> None:
        self.news.append((f"Report number {len(self.docs)} from the council", self.fresh_text(8)))
        for word in ("", ", as filed", ", as told")[: self.chance.randrange(1, 4)]:
            self.add(self.news[-1][1], self.news[-1][0] + word)

    def copy(self) -> None:
        title, body = self.old()
        cut = self.chance.choice([body, body[:5], body[1:], body + self.fresh_text(2)])
        self.add(cut, f"{title}, said again {len(self.docs)}")

    def follow_up(self) -> None:
        self.news.append((f"What follows {len(self.docs)} of these", self.fresh_text(5) + self.old()[1][-3:]))
        self.add(self.news[-1][1], self.news[-1][0])

    def digest(self) -> None:
        self.add([text[0] for text in self.distinct_texts(4)], f"In brief {len(self.docs)}")

    def made_from_two(self) -> None:
        first, second = self.distinct_texts(2)
        self.add(first + second, f"Two things {len(self.docs)}")

    def marked(self) -> None:
        title, body = self.old()
        self.add(body[:-1] + self.fresh_text(1), self.chance.choice(["UPDATE 1-", "CORRECTED-"]) + title)

    def withdrawn(self) -> None:
        self.add(["It is taken back, whatever was said."], f"STORY WITHDRAWN: {self.old()[0]}")

    def reprint(self) -> None:
        title, body = self.old()
        self.add(body, f"{title}, once more {len(self.docs)}", late=self.chance.choice([60, 100]))

    def bulletin(self) -> None:
        points = [f"The index stood at {self.chance.randrange(900)} points on day {n} of the week." for n in range(4)]
        self.add([*points, *(f"Standing words of part {n} that never change." for n in range(4))],
                 f"The exchange {len(self.docs)}")  # fmt: skip

    def bridge(self) -> None:
        text, lead = self.fresh_text(8), self.fresh_text(1)
        for part, body in enumerate((text, lead + text[-5:], lead + text)):
            self.add(body, f"Part {part} of the account {len(self.docs)}")


KINDS = ("report", "copy", "copy", "follow_up", "digest", "made_from_two", "marked", "withdrawn", "reprint", "bulletin",
         "bridge")  # fmt: skip


def sample_documents(seed: int, number: int = 90) -> list[dict[str, Any]]:
    corpus = Corpus(seed)
    while len(corpus.docs) < number:
        getattr(corpus, corpus.chance.choice(KINDS))()
    return corpus.docs


def in_store(docs: Sequence[dict[str, Any]], config: Config) -> Rows:
    """The same of articles that wait in the store; stories by their first copy, as far as stories go."""
    now = max(datetime.fromisoformat(document["published"]) for document in docs) + timedelta(hours=1)
    timely = sorted(docs, key=lambda document: (document["published"], -len(document["text"]), document["id"]))
    with steps.open_for(config) as store:
        for number, outlet in enumerate(sorted({document["outlet"] for document in docs})):
            store.feeds.sync([FeedSpec(f"https://o{number}.example/feed", outlet)], now)
        feeds = {feed.spec.outlet: feed.id for feed in store.feeds.load(range(1, 60))}
        for document in timely:
            url = f"https://wire.example/{document['id']}"
            entry = FeedEntry(url, url, document["title"])
            [new] = store.feeds.record_poll(
                PollRecord(feeds[document["outlet"]], now, Outcome.OK, now, 900.0, entries=(entry,))
            ).new
            at = Moment(datetime.fromisoformat(document["published"]), Precision.MINUTE, Basis.FEED)
            article = Article(url, document["title"], tuple(document["text"].split("\n\n")), published=at,
                              mark=mark_of([document["title"]], [], load_grammar()))  # fmt: skip
            page = PageRecord(url, url, now, 200, "text/html", "utf-8", f"{len(document['id']):064}", 9)
            store.articles.record(new, page, article, now)
    steps.place_articles(config, now)
    return placed(config)


def placed(config: Config) -> Rows:
    with steps.open_for(config) as store, store.engine.connect() as db:
        rows = db.execute(select(copy, article.c.url).join(article, article.c.id == copy.c.article_id)).all()
        names = {row.article_id: row.url.rpartition("/")[2] for row in rows}
        linked = db.execute(select(link)).all()
    firsts = {row.story_id: names[row.article_id] for row in sorted(rows, key=lambda row: -row.article_id)}
    records: Rows = {}
    for row in sorted(rows, key=lambda row: row.article_id):
        records[names[row.article_id]] = {
            "story": firsts[row.story_id], "relation": row.relation, "edition": row.edition,
            "score": round(row.score, 4), "links": set(),
        }  # fmt: skip
    for row in linked:
        if row.story_id in firsts:
            records[names[row.article_id]]["links"].add((firsts[row.story_id], row.kind))
    return records


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_store_has_the_same_stories_and_relations(seed: int, tmp_path: Path) -> None:
    docs = sample_documents(seed)
    match = replace(MatchConfig(), batch=25, memory=1 << 18)
    config = Config(tmp_path, f"sqlite:///{tmp_path / 'store.db'}", str(tmp_path), match=match)
    rows = {row["id"]: row for row in cluster_documents(docs, match)}
    stored = in_store(docs, config)
    kinds = {row["relation"] for row in rows.values()}
    assert kinds >= {"origin", "verbatim", "trimmed", "extended", "derived", "update"}
    assert {kind for row in rows.values() for _, kind in ties(row)} >= {"follow-up", "digest", "derived"}
    for name, row in rows.items():
        mine = {"story": row["story"], "relation": row["relation"], "edition": row.get("edition", 1),
                "score": row["score"], "links": ties(row)}  # fmt: skip
        assert (name, mine) == (name, stored[name])


# ---------------------------------------------------------------- order and memory


def test_the_order_inside_an_hour_does_not_show() -> None:
    docs = [
        document | {"published": document["published"][:13] + document["published"][19:]}
        for document in sample_documents(4)
    ]
    hours = {
        at: [document for document in docs if document["published"] == at]
        for at in dict.fromkeys(d["published"] for d in docs)
    }
    first = cluster_rows(*docs, batch=25)
    chance = random.Random(1)
    second = cluster_rows(
        *(document for hour in hours.values() for document in chance.sample(hour, len(hour))), batch=25
    )
    assert second == first


def test_memory_is_bounded_by_number_where_time_stands_still() -> None:
    index = DocumentIndex(replace(MatchConfig(), memory=1 << 12), most=50)
    for n in range(40):
        index.place_all([doc(f"{n}.{m}", story(10 * n + m, 2)) for m in range(10)])
    stories = index._stories
    assert len(stories) <= 60
    assert len(index.names) == len(stories)
    assert len(index.story_names) <= 60
    assert sum(len(segment.keys) for segment in stories._segments) < 4 * 60 * PERMUTATIONS


def test_times_at_the_ends_of_the_calendar_are_no_error() -> None:
    times = ["0001-01-01T00:00:00Z", "no time", "9999-12-31T23:59:59+00:00"]
    compound = (*story(1), *story(2))
    docs = [doc(f"{n}{m}", body) | {"published": at} for n, at in enumerate(times)
            for m, body in enumerate((story(1), story(2), compound))]  # fmt: skip
    assert [row["id"] for row in cluster_rows(*docs).values()] == [document["id"] for document in docs]


def test_memory_is_bounded_by_time() -> None:
    index = DocumentIndex(replace(MatchConfig(), memory=1 << 12))
    for n in range(30):
        index.place_all([doc(f"{n}.{m}", story(10 * n + m, 2), n * 48) for m in range(3)])
    long = MatchConfig().reprint_hours + 2 * MatchConfig().window_hours
    assert len(index.names) == len(index._stories) == 3 * (long // 48 + 1)


def test_what_is_forgotten_is_no_candidate() -> None:
    index = DocumentIndex(MatchConfig(), most=2)
    first = index.place(doc("a", story(1)))
    index.place_all([doc("b", story(2), 1), doc("c", story(3), 1.1), doc("d", story(4), 1.2)])
    placement = index.place(doc("e", story(1), 2))
    assert (placement.story != first.story, list(placement.candidates)) == (True, [])

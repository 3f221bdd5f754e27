"""What stands between stories, in a real store: links, the machine's merges and their undo, attribution, origins."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from pipeline import steps
from pipeline.cli.main import app
from pipeline.config import Config, load
from pipeline.match.fingerprint import fingerprint_many
from pipeline.model import (
    Article,
    ChangeKind,
    Evidence,
    FeedEntry,
    FeedSpec,
    LinkKind,
    Outcome,
    PageKind,
    PageRecord,
    Plan,
    PlannedLink,
    PlannedMerge,
    PollRecord,
    Relation,
    Span,
    SpanKind,
    Tie,
)
from pipeline.steps.rulings import unmerge_story
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from pipeline.store.reads.provenance import provenance_of
from pipeline.store.schema.tables import ruling
from tests.match.test_match import story
from tests.store.samples import NOW, article, chosen, fingerprint, one_story, planned, stored_articles

WHOLE_TEXT = story(1, 10)


def follow_up(article_id: int, target: int, score: float = 0.4) -> PlannedLink:
    return PlannedLink(article_id, Tie(target, LinkKind.FOLLOW_UP, score, "40 of its 100 words"))


def kinds(store: Store) -> list[ChangeKind]:
    return [change.kind for change in changes(store, 0, 1000)]


def test_links_are_stored_once_told_once_and_seen_from_both_sides(store: Store) -> None:
    first, second, third = stored_articles(store, 3)
    with store.lease.acquire():
        store.stories.apply(one_story(first), NOW)
        later = Plan((planned(second, -1),), (chosen(second, -1, title="Later"),), (follow_up(second, 1),))
        logged = store.stories.apply(later, NOW)
        store.stories.apply(later, NOW)
        store.stories.apply(Plan((planned(third, 2),), links=(follow_up(third, 1, 0.6),)), NOW)
    assert [(change.story_id, *change.articles) for change in logged if change.kind is ChangeKind.STORY_LINKED] == [
        (1, second)
    ]
    assert kinds(store).count(ChangeKind.STORY_LINKED) == 1
    (out,) = provenance_of(store, 2).links
    assert (out.kind, out.outgoing, out.story_id, out.copies, out.score) == (LinkKind.FOLLOW_UP, True, 1, 2, 0.6)
    (back,) = provenance_of(store, 1).links
    assert (back.outgoing, back.story_id, back.title, back.article_id) == (False, 2, "Later", third)


def test_links_follow_merges_and_their_undo(store: Store) -> None:
    ids = stored_articles(store, 3)
    with store.lease.acquire():
        for article_id in ids:
            store.stories.apply(one_story(article_id, article_id), NOW)
        store.stories.apply(Plan(links=(follow_up(ids[2], 2),)), NOW)
        store.rulings.merge(1, 2, NOW)
        assert [link.story_id for link in provenance_of(store, 3).links] == [1]
        assert [link.story_id for link in provenance_of(store, 1).links] == [3]
        store.rulings.merge(1, 3, NOW)
        assert provenance_of(store, 1).links == ()
        store.rulings.unmerge(3, NOW)
        assert [link.story_id for link in provenance_of(store, 3).links] == [1]


def test_the_machine_merges_with_its_reason_and_a_person_takes_it_back_for_good(store: Store) -> None:
    ids = stored_articles(store, 3)
    with store.lease.acquire():
        for article_id in ids[:2]:
            store.stories.apply(one_story(article_id, article_id), NOW)
        plan = Plan(
            (planned(ids[2], 1),), (chosen(ids[2], 1, ("Whole.",)),), merges=(PlannedMerge(1, 2, "holds both"),)
        )
        store.stories.apply(plan, NOW)
        store.stories.apply(plan, NOW)
        assert views.story_of(store, 2).id == 1
        assert [len(copies) for copies in views.copies_of(store, [1]).values()] == [3]
        with store.reading() as db:
            rows = db.execute(select(ruling.c.kind, ruling.c.machine, ruling.c.reason)).all()
        assert [tuple(row) for row in rows] == [("merge", True, "holds both")]
        assert kinds(store).count(ChangeKind.STORY_MERGED) == 1
        assert store.index.separated_stories([1, 2]) == set()
        assert store.rulings.unmerge(2, NOW) == 1
        assert store.index.separated_stories([1, 2]) == {(1, 2)}
        assert store.index.separated_stories([1]) == set()


def test_what_a_person_split_is_kept_apart_wherever_it_went(store: Store) -> None:
    ids = stored_articles(store, 3)
    with store.lease.acquire():
        store.stories.apply(Plan((planned(ids[0], -1), planned(ids[1], -1)), (chosen(ids[0], -1),)), NOW)
        store.stories.apply(one_story(ids[2], 9), NOW)
        new_story = store.rulings.split(1, [ids[1]], NOW)
        assert store.index.separated_stories([1, 2, new_story]) == {(1, new_story)}
        store.rulings.merge(2, new_story, NOW)
        assert store.index.separated_stories([1, 2]) == {(1, 2)}
        store.rulings.merge(1, 2, NOW)
        assert store.index.separated_stories([1, 2]) == set()


def test_new_stories_of_a_plan_can_be_merged_and_linked(store: Store) -> None:
    first, second, third = stored_articles(store, 3)
    copies = (planned(first, -1), planned(second, -2), planned(third, -3))
    versions = (chosen(second, -2), chosen(first, -1), chosen(third, -3))
    plan = Plan(copies, versions, (follow_up(third, -2),), (PlannedMerge(-1, -2, "one text"),))
    with store.lease.acquire():
        store.stories.apply(plan, NOW)
    assert views.story_of(store, 2).id == 1
    assert [link.story_id for link in provenance_of(store, 3).links] == [1]


def test_origins_are_those_of_the_texts_that_a_story_is_made_from(store: Store) -> None:
    ids = stored_articles(store, 4)
    derived = [Tie(number, LinkKind.DERIVED, 0.4, "") for number in (1, 2)]
    with store.lease.acquire():
        for article_id in ids[:2]:
            store.stories.apply(one_story(article_id, article_id), NOW)
        copies = [planned(article_id, -1, article_id) for article_id in ids[2:]]
        copies = [
            type(copy)(**{f: getattr(copy, f) for f in copy.__slots__} | {"relation": Relation.DERIVED})
            for copy in copies
        ]
        store.stories.apply(
            Plan((copies[0],), (chosen(ids[2], -1),), tuple(PlannedLink(ids[2], tie) for tie in derived)), NOW
        )
        store.stories.apply(
            Plan((copies[1],), (chosen(ids[3], -1),), (PlannedLink(ids[3], Tie(3, LinkKind.DERIVED, 1, "")),)), NOW
        )
    assert [origin.story_id for origin in provenance_of(store, 4).origins] == [1, 2]
    assert [(origin.story_id, origin.agency) for origin in provenance_of(store, 1).origins] == [(1, "IANS")]


def test_a_copy_that_is_no_longer_derived_is_told_of_all_that_is_made_from_its_story(store: Store) -> None:
    ids = stored_articles(store, 3)
    with store.lease.acquire():
        store.stories.apply(one_story(ids[0], 1), NOW)
        for number in (1, 2):
            copy = replace(planned(ids[number], -1, ids[number]), relation=Relation.DERIVED)
            source = PlannedLink(ids[number], Tie(number, LinkKind.DERIVED, 0.4, ""))
            store.stories.apply(Plan((copy,), (chosen(ids[number], -1),), (source,)), NOW)
        assert [origin.story_id for origin in provenance_of(store, 3).origins] == [1]
        end = len(kinds(store))
        place = {"relation": Relation.UPDATE.value, "reason": "edited"}
        store.articles.revise(ids[1], article(ids[1]), place, fingerprint(ids[1]), NOW)
    assert [origin.story_id for origin in provenance_of(store, 3).origins] == [2]
    new_lines = [(change.kind, change.story_id) for change in changes(store, end, 1000)]
    assert new_lines == [(ChangeKind.COPY_CHANGED, 2), (ChangeKind.STORY_CHANGED, 3)]


# ---------------------------------------------------------------- the whole way, from articles


@pytest.fixture
def config(store_url: str, tmp_path: object) -> Config:
    return load(None, {"COPYDESK_STORE": store_url, "COPYDESK_HOME": str(tmp_path)})


def place_articles(config: Config, *articles: tuple[str, Article], hours: float = 0, agency: str = "") -> None:
    """Articles of outlets, each of a feed of its own, stored and clustered."""
    stored(config, *articles, hours=hours, agency=agency)
    steps.place_articles(config, NOW + timedelta(hours=hours))


def stored(config: Config, *articles: tuple[str, Article], hours: float = 0, agency: str = "") -> None:
    """The same, but waiting for their place."""
    at = NOW + timedelta(hours=hours)
    with steps.open_for(config) as store:
        for outlet, article in articles:
            feed = f"https://{outlet}.example/rss"
            listed = {row.spec.url: row.spec for row in views.feed_rows(store)}
            store.feeds.sync([*listed.values(), FeedSpec(feed, outlet, agency=agency)], at)
            (number,) = [row.id for row in views.feed_rows(store) if row.spec.url == feed]
            entries = (FeedEntry(article.url, article.url, article.title),)
            (entry_id,) = store.feeds.record_poll(PollRecord(number, at, Outcome.OK, at, 900.0, entries=entries)).new
            page = PageRecord(article.url, article.url, at, 200, "text/html", "utf-8", "0" * 64, 9)
            store.articles.record(entry_id, page, article, at)


def page_of(name: str, body: tuple[str, ...], *spans: Span, **fields: object) -> tuple[str, Article]:
    return name, Article(f"https://{name}.example/{len(body)}", "A title", body, spans, **fields)  # type: ignore[arg-type]


def credit(agency: str, kind: SpanKind = SpanKind.DATELINE) -> Span:
    return Span(kind, f"({agency})", "place, credit", 0, 0, False, (agency,))


def stories(config: Config) -> dict[int, int]:
    with steps.open_for(config) as store:
        return {head.id: head.copies for head in views.stories(store, 100)}


def test_from_articles_to_links_and_a_live_blog_that_joins_nothing(config: Config) -> None:
    first_text, second_text = story(1), story(2)
    place_articles(config, page_of("a", first_text), page_of("b", first_text), page_of("c", second_text))
    place_articles(config, page_of("d", (*story(3, 6), *first_text[-2:])), hours=3)
    blog = page_of("e", (*first_text[2:4], *second_text[1:3], *story(4, 3)), kind=PageKind.LIVE_BLOG)
    place_articles(config, blog, hours=4)
    assert stories(config) == {1: 2, 2: 1, 3: 1}
    with steps.open_for(config) as store:
        links = {(link.kind, link.outgoing, link.story_id, link.outlet) for link in provenance_of(store, 1).links}
        assert links == {(LinkKind.FOLLOW_UP, False, 3, "d"), (LinkKind.LIVE_BLOG, False, None, "e")}
        assert store.stories.waiting_count() == 0
    assert steps.place_articles(config, NOW + timedelta(hours=5)).counts["articles"] == 0


def test_a_late_copy_merges_two_stories_and_never_again_what_a_person_took_apart(config: Config) -> None:
    place_articles(config, page_of("a", WHOLE_TEXT[:8]))
    stored(config, page_of("b", WHOLE_TEXT[2:]), hours=1)
    with steps.open_for(config) as store, store.lease.acquire():
        (waiting,) = store.stories.waiting_articles(5)
        (fingerprint,) = fingerprint_many(["\n".join(WHOLE_TEXT[2:])])
        alone = replace(one_story(waiting.id), copies=(replace(planned(waiting.id, -1), fingerprint=fingerprint),))
        store.stories.apply(alone, NOW)
    assert stories(config) == {1: 1, 2: 1}
    place_articles(config, page_of("c", WHOLE_TEXT), hours=2)
    assert stories(config) == {1: 3}
    with steps.open_for(config) as store:
        head, versions, _ = views.one_story(store, 2)
        assert (head.id, versions[-1].body) == (1, WHOLE_TEXT)
        assert ChangeKind.STORY_MERGED in kinds(store)
        with store.reading() as db:
            assert "holds 100% and 100%" in str(db.scalar(select(ruling.c.reason)))
    unmerge_story(config, 2, NOW + timedelta(hours=3))
    place_articles(config, page_of("d", (*WHOLE_TEXT, "More.")), hours=4)
    assert set(stories(config)) == {1, 2}


def test_an_agency_is_told_with_its_evidence_and_its_own_page_is_canonical(config: Config) -> None:
    place_articles(
        config,
        page_of("a", WHOLE_TEXT, credit("PTI"), agency="PTI"),
        page_of("b", WHOLE_TEXT),
        page_of("c", WHOLE_TEXT, agency="ANI"),
    )
    with steps.open_for(config) as store:
        attribution = provenance_of(store, 1).attribution
        assert views.story_of(store, 1).agency == "PTI"
    assert attribution.agency == "PTI"
    claims = [(claim.agency, claim.copies, claim.outlets, claim.evidence) for claim in attribution.claims]
    assert claims == [("ANI", 1, 1, (Evidence.METADATA,)), ("PTI", 1, 1, (Evidence.DATELINE,))]
    place_articles(config, page_of("wire", WHOLE_TEXT[:9]), hours=1, agency="PTI")
    with steps.open_for(config) as store:
        _, versions, copies = views.one_story(store, 1)
        attribution = provenance_of(store, 1).attribution
    assert [copy.outlet for copy in copies if copy.canonical] == ["wire"]
    # Its own page lacks the end, which three outlets carry: the text stays whole, so no version is written.
    assert (len(versions), versions[-1].body, attribution.confidence > 0.7) == (1, WHOLE_TEXT, True)


def test_the_command_line_tells_attribution_origins_and_links(config: Config, tmp_path: Path) -> None:
    first_text, second_text = story(1), story(2)
    place_articles(
        config,
        page_of("a", first_text, credit("PTI")),
        page_of("b", first_text),
        page_of("c", second_text, credit("ANI")),
    )
    place_articles(config, page_of("d", (*first_text, *second_text)), hours=2)
    (tmp_path / "feeds.toml").write_text(f'home = "{tmp_path}"\nstore = "{config.store}"\n', encoding="utf-8")
    config_option = ["--feeds", str(tmp_path / "feeds.toml")]
    record = json.loads(CliRunner().invoke(app, ["story", "3", "--json", *config_option]).output)
    assert record["copies_list"][0]["relation"] == "derived"
    assert record["origins"]["count"] == 2
    assert record["origins"]["agencies"] == ["ANI", "PTI"]
    assert {(link["kind"], link["story"], link["outgoing"]) for link in record["links"]} == {
        ("derived", 1, True), ("derived", 2, True),
    }  # fmt: skip
    first = json.loads(CliRunner().invoke(app, ["story", "1", "--json", *config_option]).output)
    assert first["attribution"]["claims"] == [{"agency": "PTI", "copies": 1, "outlets": 1, "evidence": ["dateline"]}]
    assert (first["attribution"]["agency"], first["attribution"]["confidence"], first["origins"]["count"]) == (
        "PTI",
        0.9,
        1,
    )
    result = CliRunner().invoke(app, ["story", "1", *config_option])
    assert result.exit_code == 0, result.output

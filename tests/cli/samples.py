"""One of every record, with a text from outside in every field that may hold one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from pipeline import model as m
from pipeline import records
from pipeline.cli import kills, labels, story, tables
from pipeline.cli import pickup as pickups
from pipeline.model import LineVerdict, SnippetPart

NOW = datetime(2025, 8, 25, 12, tzinfo=UTC)
MOMENT = m.Moment(NOW, m.Precision.SECOND, m.Basis.FEED)
Rendering = object


def article(text: str) -> m.Article:
    return m.Article(
        url=text,
        title=text,
        body=(text, text),
        spans=(m.Span(m.SpanKind.CREDIT, text, text, 0),),
        byline=(text,),
        agency=text,
        dateline=m.Dateline(text, MOMENT, text),
        published=MOMENT,
        lang=text,
        picture=m.Picture(text, text),
    )


def head(text: str) -> m.Story:
    return m.Story(12, text, text, text, NOW, NOW, 3, 2, 2, m.VersionKind.UPDATE)


def version(text: str) -> m.Version:
    return m.Version(12, 1, m.VersionKind.ORIGINAL, 40, text, (text, text), text, NOW, (2,))


def copy(text: str) -> m.Copy:
    return m.Copy(40, 12, text, text, text, MOMENT, text, m.Relation.ORIGIN, 1, 1.0, text, True)


def link(text: str, story_id: int | None) -> m.Link:
    return m.Link(m.LinkKind.LIVE_BLOG, False, story_id, text, 0.5, text, 1, 40, text, text)


def provenance(text: str) -> m.Provenance:
    claims = (m.AgencyClaim(text, 1, 1, (m.Evidence.CREDIT,)),)
    origins = (m.Origin(12, text), m.Origin(13, text))
    return m.Provenance(m.Attribution(text, 0.9, text, claims), origins, (link(text, 13), link(text, None)))


def feed(text: str) -> m.FeedState:
    spec = m.FeedSpec(text, text)
    return m.FeedState(3, spec, m.Validators(), NOW, 900.0, last_outcome=m.Outcome.TIMEOUT, last_detail=text)


def subscription(text: str) -> m.Subscription:
    state = m.SubscriptionState.DENIED
    return m.Subscription("token", 3, text, text, "secret", state, "subscribe", NOW, NOW, NOW, text)


def parsed(text: str) -> m.ParsedFeed:
    return m.ParsedFeed(text, text, (m.FeedEntry(text, text, text, published=MOMENT, authors=(text,)),), (text,))


def fetched(text: str) -> m.FetchResult:
    return m.FetchResult(text, m.Outcome.BLOCKED, final_url=text, media_type=text, charset=text, detail=text)


def tally(text: str) -> tuple[m.Tally, dict[str, int], list[m.DayTally]]:
    day = date(2025, 8, 25)
    counts = ((day, "ok", 3),)
    return m.Tally(text, counts, 3, text), {text: 3}, [m.DayTally(day, 3, 0, (("ok", 3),))]


def report(text: str) -> m.StepReport:
    return m.StepReport("poll", 1, 1, {text: 1}, (text,) * 30)


def pickup(text: str) -> m.Pickup:
    place = (12, text, m.StoryStatus.LIVE, 40, text, text, MOMENT, 2.5, m.Relation.TRIMMED, True, 0.75, 3)
    return m.Pickup(*place, m.CreditState.OTHER_AGENCY, text)


def doubt(text: str) -> m.Doubt:
    return m.Doubt(40, None, text, text, text, m.PageKind.ARTICLE, 0.5)


def change(text: str) -> m.Change:
    place = (120, 119, NOW, m.ChangeKind.VERSION_ADDED, 12, None, (40,), 2, 3, m.StoryStatus.LIVE, "9f" * 32)
    return m.Change(*place, ("title",), m.Actor.MACHINE, text, "9b1e04d2c3a75f68", "3f9a1c20.120.9b1e04d2c3a75f68")


def whole_story(text: str) -> m.WholeStory:
    return m.WholeStory(head(text), [version(text)], [copy(text)], {40: (text,)}, provenance(text))


def whole_copy(text: str) -> m.WholeCopy:
    return m.WholeCopy(m.ArticleRecord(40, 30, text, False, NOW, article(text)), 3, 12, text, NOW)


def label(text: str) -> m.PairLabel:
    pair = (40, 41, 12, 0.6)
    return m.PairLabel(1, m.QuestionKind.JOINED, *pair, m.PairAnswer.SAME, text, NOW, None, None)


SPAN = m.Span(m.SpanKind.CREDIT, "(AFP)", "credit", 0, agencies=("AFP",))
FOUND_FEED = m.FoundFeed("https://o.example/f", "rss20", "F", 3, "a link of the page")
# Name of the section of docs/records.md -> a record of it.
RECORDS: dict[str, dict[str, Any]] = {
    "article": records.page_record("p1", article("x"), "an empty page"),
    "span": records.span_record(SPAN),
    "moment": records.moment_record(MOMENT) or {},
    "line": records.line_record(1, [SPAN]),
    "line span": records.line_record(1, [SPAN])["spans"][0],
    "story": records.whole_story_record(*whole_story("x")),
    "version": records.version_record(version("x")),
    "copy": records.copy_record(copy("x")),
    "attribution": records.attribution_record(provenance("x").attribution),
    "origins": records.origins_record(provenance("x").origins),
    "link": records.link_record(link("x", 13)),
    "change": records.change_record(change("x")),
    "reach": kills.reach_record(m.KillReach(12, "x", m.StoryStatus.LIVE, ("A",), 2, 1, 2, (13,), ())),
    "trace": records.trace_record(m.Trace("rows", 2, ("article.body of 3",))),
    "pickup": records.pickup_record(pickup("x")),
    "doubt": records.doubt_record(doubt("x")),
    "feed": records.feed_record(feed("x")),
    "feed as read": records.feed_reading_record("x", m.Outcome.OK, parsed("x")),
    "entry": records.entry_record(parsed("x").entries[0]),
    "found feed": records.found_feed_record(FOUND_FEED, True),
    "duplicate feeds": records.duplicate_feeds_record(m.DuplicateFeeds(1, 2, 0.9, "x"), {1: "a", 2: "b"}),
    "subscription": records.subscription_record(subscription("x")),
    "fetch": records.fetch_record(fetched("x")),
    "outcomes": {"host": "o.example"} | records.outcomes_record(*tally("x")),
    "report": records.report_record(report("x")),
    "question": labels.question_record(m.Question(m.QuestionKind.JOINED, 40, 41, 12, 12, 0.6, "x")),
    "label": labels.label_record(label("x"), whole_copy("x"), whole_copy("y")),
    "lock": records.lock_record(m.PlacingLock("placing", "host:1", NOW, 7), freed=False),
}

RENDERINGS: dict[str, Callable[[str], Rendering]] = {
    "tables.reports_table": lambda text: tables.reports_table([report(text)]),
    "tables.problem_lines": lambda text: list(tables.problem_lines([report(text)])),
    "tables.feeds_table": lambda text: tables.feeds_table([feed(text)]),
    "tables.subscriptions_table": lambda text: tables.subscriptions_table([subscription(text)]),
    "tables.stories_table": lambda text: tables.stories_table(
        [head(text)], {head(text).id: (SnippetPart(text, True),)}
    ),
    "tables.doubts_table": lambda text: tables.doubts_table([doubt(text)]),
    "pickup.pickup_tables": lambda text: list(pickups.pickup_tables([pickup(text)])),
    "tables.outcomes_table": lambda text: tables.outcomes_table([tally(text)], "feeds", 1),
    "tables.spans_table": lambda text: tables.spans_table(records.article_record(article(text))["spans"]),
    "tables.verdicts_table": lambda text: tables.verdicts_table(
        [records.verdict_record(LineVerdict(text, "p", 0.9, is_chosen=True))]
    ),
    "tables.article_lines": lambda text: list(tables.article_lines(records.article_record(article(text)))),
    "tables.fetch_line": lambda text: tables.fetch_line(records.fetch_record(fetched(text))),
    "tables.feed_reading_lines": lambda text: list(
        tables.feed_reading_lines(records.feed_reading_record(text, m.Outcome.OK, parsed(text)))
    ),
    "tables.found_feed_line": lambda text: tables.found_feed_line(m.FoundFeed(text, text, text, 1, text), True),
    "tables.lock_line": lambda text: tables.lock_line(m.PlacingLock(text, text, NOW, 7), freed=True),
    "story.story_lines": lambda text: list(story.story_lines(whole_story(text))),
    "story.copies_table": lambda text: story.copies_table([copy(text)]),
    "story.provenance_lines": lambda text: list(story.provenance_lines(provenance(text))),
}
# These hold numbers and our own words alone.
OWN_WORDS = ("tables.stored_line", "tables.changes_table")


def render(name: str, text: str) -> Rendering:
    return RENDERINGS[name](text)

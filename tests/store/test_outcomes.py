"""Every outcome has a name and a place: answers that look good and are not, and what is counted of all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from pipeline import steps
from pipeline.cli.main import app
from pipeline.config import Config, load
from pipeline.feeds.doubtful import (
    answer_doubt,
    empty_answer_doubt,
    hidden_entries_doubt,
    not_modified_contradiction,
    validators_for,
)
from pipeline.fetch.exchange import safe_headers
from pipeline.model import (
    Answers,
    Basis,
    ChildFeed,
    FeedEntry,
    FeedSpec,
    FeedState,
    FetchResult,
    Moment,
    Outcome,
    Pace,
    ParsedFeed,
    Precision,
    StepReport,
    Tally,
    Validators,
)
from pipeline.steps.maintain import apply_retention
from pipeline.store.exchanges import last_exchange
from pipeline.store.reads.tallies import history, tallies, totals

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
Answer = tuple[int, str, dict[str, str]]


@dataclass
class Site:
    """``answers`` by path, each given what was sent as If-None-Match."""

    port: int = 0
    answers: dict[str, Callable[[str], Answer]] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    served_site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            etag = self.headers.get("If-None-Match", "")
            served_site.sent.append((self.path, etag))
            status, body, headers = served_site.answers.get(self.path, lambda _: (404, "", {}))(etag)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    served_site.port = server.server_address[1]
    yield served_site
    server.shutdown()
    server.server_close()


@pytest.fixture
def config(site: Site, store_url: str, tmp_path: Path) -> Config:
    file = tmp_path / "feeds.toml"
    file.write_text(
        f'home = "{tmp_path}"\nstore = "{store_url}"\n[fetch]\nhost_gap = 0\nrobots = false\n'
        f'allow = ["127.0.0.1:{site.port}"]\n[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{site.port}/rss"\n'
    )
    return load(file, {})


def feed_of(*numbers: int, at: datetime = NOW) -> str:
    date = f"{at:%a, %d %b %Y %H:%M:%S} GMT"
    rows = "".join(
        f"<item><guid>{n}</guid><link>http://o.example/{n}</link><pubDate>{date}</pubDate></item>" for n in numbers
    )
    return f"<rss version='2.0'><channel><title>O</title>{rows}</channel></rss>"


def poll(config: Config, at: datetime) -> StepReport:
    """One poll, whatever the feed's own pace."""
    steps.due_feeds(config, at)
    return steps.poll_feeds(config, [1], at)


def state(config: Config) -> FeedState:
    with steps.open_for(config) as store:
        return store.feeds.load([1])[0]


def entries(config: Config) -> int:
    with steps.open_for(config) as store:
        return len(store.entries.due(NOW + timedelta(days=99)))


def test_a_feed_that_lost_its_entries_fails_for_a_week_and_is_then_believed(site: Site, config: Config) -> None:
    site.answers["/rss"] = lambda _: (200, feed_of(1, 2), {"ETag": '"full"'})
    assert poll(config, NOW).failed == 0
    site.answers["/rss"] = lambda _: (200, feed_of(), {"ETag": '"empty"'})
    for day in (1, 2, 7):
        assert poll(config, NOW + timedelta(days=day)).counts["emptied"] == 1
    assert (state(config).failures, state(config).last_detail) == (3, "no entry, 2 in the answer before")
    assert [etag for _, etag in site.sent[1:]] == ['"full"'] * 3
    assert poll(config, NOW + timedelta(days=8, hours=1)).counts["ok"] == 1
    assert state(config).answers.entries == 0
    assert poll(config, NOW + timedelta(days=9)).counts["ok"] == 1


def test_the_last_exchange_is_kept_without_what_lets_a_reader_in(site: Site, config: Config) -> None:
    secrets = {"Set-Cookie": "session=abc", "X-Auth-Token": "abc", "Link": "<http://o.example/rss?token=abc>"}
    site.answers["/rss"] = lambda _: (200, feed_of(1), {"ETag": '"one"', **secrets})
    assert poll(config, NOW).failed == 0
    site.answers["/rss"] = lambda _: (304, "", {"ETag": '"one"'})
    with steps.open_for(config) as store:
        first = last_exchange(store, 1)
        assert first is not None
        assert (first.status, first.size) == (200, len(feed_of(1)))
        assert first.at is not None
        assert first.at - NOW < timedelta(hours=1)
        assert {name.lower(): value for name, value in first.received}["etag"] == '"one"'
        assert "abc" not in str(first.received)
        assert dict(first.sent)["User-Agent"].startswith("copydesk")
        assert "If-None-Match" not in dict(first.sent)
    poll(config, NOW + timedelta(hours=1))
    with steps.open_for(config) as store:
        second = last_exchange(store, 1)
        assert second is not None
        assert (second.status, dict(second.sent)["If-None-Match"]) == (304, '"one"')
        assert last_exchange(store, 2) is None


def test_headers_are_bounded_and_of_one_line() -> None:
    headers = [("X-Long", "a" * 10_000), ("X-Lines", "a\r\nb\x00"), *[("X", "y")] * 500]
    lines = safe_headers(headers)
    assert len(lines) == 60
    assert (len(lines[0][1]), lines[1][1]) == (400, "a  b ")


def test_one_that_has_entries_again_is_well_at_once(site: Site, config: Config) -> None:
    for numbers, outcome in (((1,), "ok"), ((), "emptied"), ((1, 2), "ok")):
        site.answers["/rss"] = lambda _, numbers=numbers: (200, feed_of(*numbers), {})  # type: ignore[misc]
        assert poll(config, NOW).counts[outcome] == 1
    assert (state(config).failures, entries(config)) == (0, 2)


def test_a_304_that_names_another_tag_is_a_lie_and_the_next_poll_gets_the_feed(site: Site, config: Config) -> None:
    site.answers["/rss"] = lambda _: (200, feed_of(1), {"ETag": '"one"'})
    poll(config, NOW)
    site.answers["/rss"] = lambda etag: (
        (304, "", {"ETag": '"two"'}) if etag else (200, feed_of(1, 2), {"ETag": '"two"'})
    )
    assert poll(config, NOW + timedelta(hours=1)).counts["lying-304"] == 1
    assert poll(config, NOW + timedelta(hours=2)).counts == {"new": 1, "ok": 1}
    assert [etag for _, etag in site.sent] == ["", '"one"', ""]


def test_a_304_that_nobody_asked_for_is_one(site: Site, config: Config) -> None:
    site.answers["/rss"] = lambda _: (304, "", {})
    assert poll(config, NOW).counts["lying-304"] == 1


def test_after_a_fortnight_of_304_the_whole_feed_is_asked_for_once(site: Site, config: Config) -> None:
    site.answers["/rss"] = lambda etag: (304, "", {}) if etag else (200, feed_of(1), {"ETag": '"same"'})
    for day in (0, 7, 13, 15, 16, 22):
        poll(config, NOW + timedelta(days=day))
    assert [etag for _, etag in site.sent] == ["", '"same"', '"same"', "", '"same"', '"same"']
    assert state(config).last_outcome is Outcome.NOT_MODIFIED


def test_what_a_304_had_hidden_is_kept_and_its_server_not_believed_for_a_month(site: Site, config: Config) -> None:
    numbers = [1]
    site.answers["/rss"] = lambda etag: (
        (304, "", {}) if etag else (200, feed_of(*numbers, at=NOW + timedelta(days=2)), {"ETag": '"same"'})
    )
    poll(config, NOW)
    numbers.append(2)
    counts = [poll(config, NOW + timedelta(days=day)).counts for day in (7, 14.1, 15, 20, 46, 47)]
    assert counts[:2] == [{"new": 0, "not-modified": 1}, {"new": 1, "lying-304": 1}]
    assert [next(name for name in outcomes if name != "new") for outcomes in counts[2:]] == [
        "ok",
        "ok",
        "not-modified",
        "ok",
    ]
    assert entries(config) == 2


FEED = FeedState(1, FeedSpec("u", "O"), Validators('"a"'), NOW, 900.0)
ENTRY = FeedEntry("1", "http://o.example/1")
RSS = ParsedFeed("rss20", "O", ())


def dated(at: datetime, precision: Precision = Precision.SECOND) -> FeedEntry:
    return replace(ENTRY, published=Moment(at, precision, Basis.FEED))


@pytest.mark.parametrize(
    ("before", "parsed", "doubtful"),
    [
        (3, RSS, True),
        (0, RSS, False),
        (3, replace(RSS, entries=(ENTRY,)), False),
        (3, replace(RSS, children=(ChildFeed("http://o.example/s.xml"),)), False),
        (3, replace(RSS, format="newsml-g2"), False),
        (3, replace(RSS, format="ninjs2"), False),
    ],
)
def test_which_empty_answers_are_doubted(before: int, parsed: ParsedFeed, doubtful: bool) -> None:
    assert bool(empty_answer_doubt(replace(FEED, answers=Answers(before)), parsed, NOW)) is doubtful


def test_other_failures_do_not_shorten_the_week() -> None:
    long_ago = Pace(failing_since=NOW - timedelta(days=20))
    feed = replace(FEED, answers=Answers(3), pace=long_ago, last_outcome=Outcome.TIMEOUT)
    assert empty_answer_doubt(feed, RSS, NOW)
    assert not empty_answer_doubt(replace(feed, last_outcome=Outcome.EMPTIED), RSS, NOW)


MONDAY, TUESDAY = "Mon, 02 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("sent", "answered", "lies"),
    [
        (Validators('"a"'), Validators('"a"'), False),
        (Validators('W/"a"'), Validators('"a"'), False),
        (Validators('"a-gzip"'), Validators('"a"'), False),
        (Validators('"a"'), Validators('"a;br"'), False),
        (Validators('"a"'), Validators(), False),
        (Validators('"a"'), Validators('"b"'), True),
        (Validators('"a"', MONDAY), Validators('"a"', TUESDAY), False),
        (Validators("", MONDAY), Validators("", TUESDAY), True),
        (Validators("", MONDAY), Validators('"b"', MONDAY), False),
        (Validators("", TUESDAY), Validators("", MONDAY), False),
        (Validators("", "long ago"), Validators("", TUESDAY), False),
        (Validators("", MONDAY), Validators("", "now"), False),
    ],
)
def test_which_304_contradict_themselves(sent: Validators, answered: Validators, lies: bool) -> None:
    assert bool(not_modified_contradiction(sent, answered)) is lies


def test_a_304_is_tested_only_after_a_long_run_of_them() -> None:
    quiet = replace(FEED, last_outcome=Outcome.NOT_MODIFIED, answers=Answers(3, NOW - timedelta(days=15)))
    assert validators_for(quiet, NOW) == Validators()
    assert validators_for(replace(quiet, last_outcome=Outcome.OK), NOW) == FEED.validators
    assert validators_for(replace(quiet, answers=Answers(3, NOW - timedelta(days=13))), NOW) == FEED.validators
    assert validators_for(replace(quiet, answers=Answers(3)), NOW) == FEED.validators
    lied = Answers(3, NOW, lied_at=NOW - timedelta(days=29))
    assert validators_for(replace(FEED, answers=lied), NOW) == Validators()
    assert (
        validators_for(replace(FEED, answers=replace(lied, lied_at=NOW - timedelta(days=30))), NOW) == FEED.validators
    )


@pytest.mark.parametrize(
    ("entry", "new", "doubtful"),
    [
        (dated(NOW - timedelta(days=5)), 1, True),
        (dated(NOW - timedelta(days=5)), 0, False),
        (dated(NOW - timedelta(hours=2)), 1, False),
        (dated(NOW - timedelta(days=5), Precision.DAY), 1, False),
        (ENTRY, 1, False),
    ],
)
def test_what_a_304_had_hidden_is_older_than_it(entry: FeedEntry, new: int, doubtful: bool) -> None:
    answers = Answers(3, NOW - timedelta(days=15))
    quiet = replace(FEED, last_outcome=Outcome.NOT_MODIFIED, answers=answers, last_poll=NOW - timedelta(hours=1))
    assert bool(hidden_entries_doubt(quiet, replace(RSS, entries=(entry,)), new, NOW)) is doubtful


@pytest.mark.parametrize(
    ("outcome", "etag", "parsed", "new", "doubt"),
    [
        (Outcome.NOT_MODIFIED, '"b"', None, None, (Outcome.LYING_304, Validators())),
        (Outcome.NOT_MODIFIED, '"a"', None, None, None),
        (Outcome.SERVER_ERROR, '"b"', None, None, None),
        (Outcome.OK, '"b"', None, None, None),
        (Outcome.OK, '"b"', RSS, None, (Outcome.EMPTIED, None)),
        (Outcome.OK, '"b"', RSS, 0, None),
        (Outcome.OK, '"b"', replace(RSS, entries=(dated(NOW - timedelta(days=5)),)), None, None),
        (Outcome.OK, '"b"', replace(RSS, entries=(dated(NOW - timedelta(days=5)),)), 0, None),
        (
            Outcome.OK,
            '"b"',
            replace(RSS, entries=(dated(NOW - timedelta(days=5)),)),
            1,
            (Outcome.LYING_304, Validators()),
        ),
    ],
)
def test_a_doubtful_answer_has_its_outcome_and_validators(
    outcome: Outcome,
    etag: str,
    parsed: ParsedFeed | None,
    new: int | None,
    doubt: tuple[Outcome, Validators | None] | None,
) -> None:
    answers = Answers(3, NOW - timedelta(days=15))
    quiet = replace(FEED, last_outcome=Outcome.NOT_MODIFIED, answers=answers, last_poll=NOW - timedelta(hours=1))
    feed = replace(quiet, validators=Validators('"a"'))
    result = FetchResult("http://o.example/rss", outcome, validators=Validators(etag))
    judged = answer_doubt(feed, result, parsed, NOW, new)
    assert (judged and (judged.outcome, judged.validators)) == doubt
    assert judged is None or judged.reason


def test_polls_and_pages_are_counted_by_feed_host_and_day(site: Site, config: Config) -> None:
    host = f"127.0.0.1:{site.port}"
    page = "<html><head><title>T</title></head><body><article>" + "<p>A quay was closed on Monday.</p>" * 9
    rss = "<rss version='2.0'><channel><title>O</title>{}</channel></rss>"
    items = "".join(f"<item><guid>{n}</guid><link>http://{host}/{n}</link></item>" for n in ("page", "none", "busy"))
    site.answers["/rss"] = lambda _: (301, "", {"Location": "/new"})
    site.answers["/new"] = lambda etag: (304, "", {}) if etag else (200, rss.format(items), {"ETag": '"a"'})
    site.answers["/page"] = lambda _: (200, page, {"Content-Type": "text/html"})
    site.answers["/busy"] = lambda _: (503, "", {"Retry-After": "9000"})
    steps.run_once(config, NOW)
    assert poll(config, NOW + timedelta(hours=1)).counts["held"] == 1
    assert poll(config, NOW + timedelta(days=1)).counts["not-modified"] == 1
    with steps.open_for(config) as store:
        [feed], [host_tally] = tallies(store, NOW), tallies(store, NOW, hosts=True)
    first, second = NOW.date(), NOW.date() + timedelta(days=1)
    assert (feed.feed_id, feed.outlet, feed.name) == (1, "O", f"http://{host}/rss")
    assert set(feed.counts) == {
        (first, "ok", 1), (first, "moved", 1), (first, "held", 1),
        (second, "not-modified", 1), (second, "moved", 1),
    }  # fmt: skip
    counted = totals(host_tally)
    pages = {name: counted[name] for name in ("ok", "not-found", "server-error") if name in counted}
    assert (host_tally.name, sum(pages.values()) + counted.get("held", 0)) == (host, 5)
    assert pages["ok"] >= 1
    assert pages["server-error"] == 1
    days = history(feed, 3, second)
    assert [(day.good, day.bad) for day in days] == [(0, 0), (1, 0), (1, 0)]


def test_counts_are_kept_as_long_as_the_config_says(site: Site, config: Config) -> None:
    site.answers["/rss"] = lambda _: (500, "", {})
    for day in (0, 300):
        poll(config, NOW + timedelta(days=day))
    for later, days_counted in ((365, 2), (366, 1), (666, 0)):
        apply_retention(config, NOW + timedelta(days=later))
        with steps.open_for(config) as store:
            assert len(tallies(store, NOW)[0].counts) == days_counted


def test_looks_at_pages_again_are_counted(site: Site, config: Config) -> None:
    host = f"127.0.0.1:{site.port}"
    text = " ".join(f"The harbour authority closed quay number {n} on Monday." for n in range(20))
    page = f"<html><head><title>Quays are closed</title></head><body><article><p>{text}</p></article></body></html>"
    item = f"<item><guid>1</guid><link>http://{host}/page</link></item>"
    site.answers["/rss"] = lambda _: (200, f"<rss version='2.0'><channel><title>O</title>{item}</channel></rss>", {})
    tag = {"ETag": '"a"', "Content-Type": "text/html"}
    site.answers["/page"] = lambda etag: (304, "", {}) if etag else (200, page, tag)
    steps.run_once(config, NOW)
    steps.revisit_pages(config, NOW + timedelta(hours=2))
    site.answers["/page"] = lambda _: (403, "", {})
    steps.revisit_pages(config, NOW + timedelta(hours=7))
    with steps.open_for(config) as store:
        [tally] = tallies(store, NOW, hosts=True)
    assert totals(tally) == {"ok": 2, "blocked": 1, "not-modified": 1}


def test_the_command_tells_them(site: Site, config: Config, tmp_path: Path) -> None:
    site.answers["/rss"] = lambda _: (200, "<html><body>[bold]", {})
    poll(config, datetime.now(UTC))
    poll(config, datetime.now(UTC) - timedelta(days=2))
    command = ["outcomes", "--feeds", str(tmp_path / "feeds.toml")]
    [record] = map(json.loads, CliRunner().invoke(app, [*command, "--json"]).stdout.splitlines())
    assert (record["outlet"], record["outcomes"], len(record["days"])) == ("O", {"not-a-feed": 2}, 2)
    [record] = map(
        json.loads, CliRunner().invoke(app, [*command, "--hosts", "--days", "2", "--json"]).stdout.splitlines()
    )
    assert (record["host"], record["outcomes"]) == (f"127.0.0.1:{site.port}", {"not-a-feed": 1})
    result = CliRunner().invoke(app, command, env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert "not-a-feed 2" in result.stdout
    assert "....!.!" in result.stdout


def test_totals_start_with_the_most_frequent() -> None:
    day = NOW.date()
    assert list(totals(Tally("h", ((day, "gone", 1), (day, "ok", 9), (day - timedelta(1), "blocked", 3))))) == [
        "ok", "blocked", "gone",
    ]  # fmt: skip

"""tdmrep.json: asked for once a day in the manners of its host, matched as the report says, kept with each page."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import FetchConfig
from pipeline.model import FetchResult, HostSpec, Outcome, TdmFile
from pipeline.rights.tdm import (
    FREE,
    RESERVATION_NAMES,
    RESERVED,
    UNKNOWN,
    prevailing_reservations,
    reservation_name,
    tdm_declaration,
)
from pipeline.rights.tdmrep import MOST_RULES, OriginReservations, parse_tdm_file, tdm_file
from pipeline.store import Store
from tests.fetch.test_manners import fetch_all, gaps, run, store  # noqa: F401 - a fixture
from tests.simulator.web import Reply, SimulatedClient, Web

PAGE = Reply(200, b"<p>hello</p>", {"Content-Type": "text/html"})
FILE = "tdmrep.json"
ABSENT = Reply(404)
ALL = Reply(200, b'[{"location": "/", "tdm-reservation": 1}]', {"Content-Type": "application/json"})


def rules(*rows: dict[str, object]) -> OriginReservations:
    return parse_tdm_file(TdmFile(Outcome.OK, json.dumps(rows)))


@pytest.mark.parametrize(
    ("location", "path", "matches"),
    [
        ("/", "/any/page", True),
        ("/news/", "/news/1", True),
        ("/news/", "/News/1", False),
        ("/news/", "/old/news/1", False),
        ("/news$", "/news", True),
        ("/news$", "/news/1", False),
        ("/*/print$", "/2026/quay/print", True),
        ("/*/print$", "/2026/quay/print/2", False),
        ("/images/*.jpg", "/images/a/b.jpg?w=9", True),
        ("/foo-%24", "/foo-$", True),
        ("/caf\u00e9", "/caf%C3%A9", True),
        ("/caf%C3%A9", "/caf\u00e9", True),
        ("/%7Ejo", "/~jo", True),
        ("/a%2Fb", "/a/b", False),
        ("/my file", "/my%20file.html", True),
    ],
)
def test_locations_are_matched_as_robots_txt_is(location: str, path: str, matches: bool) -> None:
    reservations = rules({"location": location, "tdm-reservation": 1}).for_page(f"https://o.example{path}")
    assert reservations == ((f"{RESERVED} ({FILE})",) if matches else ())


def test_the_first_rule_that_matches_counts() -> None:
    tdm_rules = rules(
        {"location": "/open/", "tdm-reservation": 0},
        {"location": "/odd/", "tdm-reservation": 7},
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "https://o.example/p.json"},
    )
    assert tdm_rules.for_page("https://o.example/open/1") == (f"{FREE} ({FILE})",)
    assert tdm_rules.for_page("https://o.example/odd/1") == ()
    assert tdm_rules.for_page("https://o.example/1") == (f"{RESERVED} ({FILE})", "tdm-policy https://o.example/p.json")


@pytest.mark.parametrize(
    "row", [None, 3, "x", [], {}, {"location": 1}, {"location": " "}, {"tdm-reservation": 1}], ids=repr
)
def test_what_is_no_rule_is_left_out(row: object) -> None:
    tdm_rules = parse_tdm_file(TdmFile(Outcome.OK, json.dumps([row, {"location": "/", "tdm-reservation": 1}])))
    assert len(tdm_rules.for_page("https://o.example/1")) == 1


def test_a_file_of_thousands_of_rules_is_cut() -> None:
    assert len(rules(*({"location": f"/{n}", "tdm-reservation": 1} for n in range(5_000))).rules) == MOST_RULES


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_pattern_and_no_address_breaks_it(location: str, path: str) -> None:
    rules({"location": location, "tdm-reservation": 1}).for_page(f"https://o.example/{path}")


@pytest.mark.parametrize("text", ["[", "{'a': 1}", "[" * 100_000, '{"location": NaN,}'])
def test_a_file_that_is_no_json_is_unknown(text: str) -> None:
    assert parse_tdm_file(TdmFile(Outcome.OK, text)).for_page("https://o.example/1") == (f"{UNKNOWN} (malformed)",)


def answered(outcome: Outcome, body: bytes = b"") -> tuple[str, ...]:
    return parse_tdm_file(tdm_file(FetchResult("u", outcome, body=body))).for_page("https://o.example/1")


@pytest.mark.parametrize(
    ("result", "reservations"),
    [
        (answered(Outcome.OK, b"<!doctype html><p>Nothing here"), ()),
        (answered(Outcome.OK, b'\xef\xbb\xbf[{"location":"/","tdm-reservation":"1"}]'), (f"{RESERVED} ({FILE})",)),
        (answered(Outcome.OK, b'{"location":"/","tdm-reservation":1}'), (f"{RESERVED} ({FILE})",)),
        (answered(Outcome.EMPTY), ()),
        (answered(Outcome.NOT_FOUND), ()),
        (answered(Outcome.BLOCKED), ()),
        (answered(Outcome.GONE_410), ()),
        (answered(Outcome.RATE_LIMITED), (f"{UNKNOWN} (rate-limited)",)),
        (answered(Outcome.SERVER_ERROR), (f"{UNKNOWN} (server-error)",)),
        (answered(Outcome.TIMEOUT), (f"{UNKNOWN} (timeout)",)),
    ],
)
def test_none_and_unknown_are_told_apart(result: tuple[str, ...], reservations: tuple[str, ...]) -> None:
    assert result == reservations


META, HEAD = tdm_declaration(0, None), tdm_declaration(1, "https://o.example/p")


@pytest.mark.parametrize(
    ("sources", "prevails"),
    [
        ((META, HEAD, tdm_declaration(1, None, FILE)), META),
        (((), HEAD, tdm_declaration(0, None, FILE)), HEAD),
        ((("noai",), (), tdm_declaration(1, None, FILE)), ("noai", *tdm_declaration(1, None, FILE))),
        ((("noai", *META), ("noarchive", *HEAD), ()), ("noai", *META, "noarchive")),
        (((), (), (f"{UNKNOWN} (timeout)",)), (f"{UNKNOWN} (timeout)",)),
        (((), META, (f"{UNKNOWN} (timeout)",)), META),
    ],
)
def test_the_page_is_believed_before_its_head_and_that_before_the_file(
    sources: tuple[tuple[str, ...], ...], prevails: tuple[str, ...]
) -> None:
    assert prevailing_reservations(*sources) == prevails


SOURCES = st.lists(st.sampled_from(["noai", "noarchive", *META, *HEAD, f"{UNKNOWN} (timeout)"]), max_size=4)


@given(st.lists(SOURCES, max_size=4))
def test_of_all_declarations_one_sources_are_left_and_other_signals_stay(sources: list[list[str]]) -> None:
    reservations = prevailing_reservations(*sources)
    first = next(
        (source for source in sources if any(reservation_name(signal) in RESERVATION_NAMES for signal in source)), []
    )
    assert {signal for signal in reservations if reservation_name(signal) in RESERVATION_NAMES} == {
        signal for signal in first if reservation_name(signal) in RESERVATION_NAMES
    }
    assert {"noai", "noarchive"} & set(reservations) == {"noai", "noarchive"} & {
        signal for source in sources for signal in source
    }


def origin(file: Reply, robots: Reply = ABSENT) -> Web:
    def site(url: object, headers: dict[str, str]) -> Reply:
        name = str(url).rpartition("/")[2]
        if name == "hop":
            return Reply(302, b"", {"Location": "http://b.example/2"})
        return robots if name == "robots.txt" else file if name == FILE else PAGE

    return Web({"a.example": site, "b.example": site})


def test_it_is_asked_for_before_any_page_once_a_day_by_all_processes_and_within_the_gap(store: Store) -> None:  # noqa: F811
    web = origin(ALL)

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        results = [await client.get(f"http://a.example/{n}") for n, client in enumerate(clients)]
        await asyncio.sleep(86_500)
        return [*results, await clients[0].get("http://a.example/9")]

    results = run(web, work, config=FetchConfig(), stores=(store, store))
    assert {result.reserved for result in results} == {(f"{RESERVED} ({FILE})",)}
    paths = [request.url.rpartition("/")[2] for request in web.requests()]
    assert paths == ["robots.txt", FILE, "0", "1", "robots.txt", FILE, "9"]
    assert (min(gaps(web)), web.most_busy) == (5.0, 1)


def test_one_place_is_enough_and_each_hop_has_its_own_origins_word() -> None:
    web = origin(ALL)
    web.sites["a.example"] = origin(Reply(404)).sites["a.example"]
    [hop, page] = run(web, fetch_all("http://a.example/hop", "http://a.example/1"), config=FetchConfig(concurrency=1))
    assert (hop.final_url, hop.reserved, page.reserved) == ("http://b.example/2", (f"{RESERVED} ({FILE})",), ())


@pytest.mark.parametrize("status", [500, 503, 429, 0])
def test_what_cannot_be_had_holds_no_page_up_and_is_not_asked_for_again_that_day(store: Store, status: int) -> None:  # noqa: F811
    web = origin(Reply(status))

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        first = await clients[0].get("http://a.example/1")
        await asyncio.sleep(7200)
        return [first, await clients[1].get("http://a.example/2")]

    results = run(web, work, config=FetchConfig(), stores=(store, store))
    assert {result.outcome for result in results} == {Outcome.OK}
    assert {reservation_name(result.reserved[0]) for result in results} == {UNKNOWN}
    assert len(web.requests(FILE)) == 1


@pytest.mark.parametrize(
    ("config", "robots", "hosts"),
    [
        (FetchConfig(tdmrep=False), Reply(404), ()),
        (FetchConfig(robots=False), Reply(404), ()),
        (FetchConfig(), Reply(404), (HostSpec("a.example", robots=False),)),
        (FetchConfig(), Reply(200, b"User-agent: *\nDisallow: /.well-known/"), ()),
    ],
)
def test_where_it_is_off_or_forbidden_it_is_not_asked_for(
    config: FetchConfig, robots: Reply, hosts: tuple[HostSpec, ...]
) -> None:
    web = origin(ALL, robots)
    (result,) = run(web, fetch_all("http://a.example/1"), config=config, hosts=hosts)
    assert (result.outcome, result.reserved, web.requests(FILE)) == (Outcome.OK, (), [])


def test_an_origin_that_robots_txt_closes_is_asked_for_nothing_more() -> None:
    web = origin(ALL, Reply(200, b"User-agent: *\nDisallow: /"))
    (result,) = run(web, fetch_all("http://a.example/1"), config=FetchConfig())
    assert (result.outcome, len(web.requests())) == (Outcome.ROBOTS, 1)


def test_it_is_kept_in_the_store_between_runs(tmp_path: Path, store: Store) -> None:  # noqa: F811
    web = origin(ALL)
    for n in range(3):
        run(web, fetch_all(f"http://a.example/{n}"), config=FetchConfig(host_gap=0.0), stores=(store,))
    assert len(web.requests(FILE)) == 1
    [robots_file] = store.hosts.robots_files(["http://a.example"])
    assert robots_file
    assert robots_file.tdm == TdmFile(Outcome.OK, ALL.body.decode())

"""One request at a time, a gap after each, rest when asked for: in virtual time, between processes too."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import FetchConfig
from pipeline.fetch.manners import Manners
from pipeline.fetch.robots import MOST
from pipeline.model import FetchResult, HostSpec, Outcome
from pipeline.steps.hosts import StoreLedger
from pipeline.store import Store, open_store
from tests.simulator import virtual
from tests.simulator.web import Reply, SimulatedClient, Web, later

PAGE = Reply(200, b"<p>hello</p>", {"Content-Type": "text/html"}, seconds=1.0)
NO_ROBOTS = FetchConfig(robots=False)
Work = Callable[[list[SimulatedClient]], Awaitable[list[FetchResult]]]


def run(
    web: Web,
    work: Work,
    *,
    config: FetchConfig = NO_ROBOTS,
    hosts: tuple[HostSpec, ...] = (),
    stores: tuple[Store | None, ...] = (None,),
) -> list[FetchResult]:
    """``work`` on a client for each store: each is a process of its own."""

    async def all_of_it() -> list[FetchResult]:
        with ThreadPoolExecutor(1) as writer:
            ledgers = [StoreLedger(store, writer) if store else None for store in stores]
            clients = [SimulatedClient(web, config, Manners(config, hosts, virtual.now, ledger)) for ledger in ledgers]
            for client in clients:
                await client.__aenter__()
            return await work(clients)

    return virtual.virtually(all_of_it())


def fetch_all(*urls: str) -> Work:
    """All of these at once, from each process."""

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        return await asyncio.gather(*(client.get(url) for url in urls for client in clients))

    return work


def answering(**replies: Reply) -> Web:
    def site(url: object, headers: dict[str, str]) -> Reply:
        name = str(url).rpartition("/")[2].partition(".")[0]
        return replies.get(name, Reply(404) if name == "robots" else PAGE)

    return Web({"a.example": site, "b.example": site})


def gaps(web: Web, host: str = "a.example") -> list[float]:
    """From the end of each request to the start of the next."""
    requests = sorted(web.requests_by_host[host], key=lambda request: request.start)
    return [round(after.start - before.end, 3) for before, after in itertools.pairwise(requests)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'hosts.db'}")


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_gap_lies_between_an_end_and_the_next_start(store: Store, processes: int) -> None:
    web = answering()
    results = run(web, fetch_all(*(f"http://a.example/{n}" for n in range(4))), stores=(store,) * processes)
    assert {result.outcome for result in results} == {Outcome.OK}
    assert (web.most_busy, len(gaps(web))) == (1, 4 * processes - 1)
    assert min(gaps(web)) >= 5.0
    assert processes > 1 or max(gaps(web)) == 5.0


def test_https_is_the_same_host_and_another_name_another() -> None:
    web = answering()
    run(web, fetch_all("http://a.example/1", "https://a.example/2", "http://b.example/3"))
    assert gaps(web) == [5.0]
    assert web.requests_by_host["b.example"][0].start == 0.0


def test_a_host_has_the_gap_that_the_operator_gives_it(store: Store) -> None:
    web = answering()
    hosts = (HostSpec("a.example", gap=60.0),)
    run(
        web,
        fetch_all("http://a.example/1", "http://a.example/2", "http://b.example/1", "http://b.example/2"),
        hosts=hosts,
    )
    assert (gaps(web), gaps(web, "b.example")) == ([60.0], [5.0])


def test_a_later_process_keeps_the_gap_of_an_earlier_one(store: Store) -> None:
    web = answering()

    async def one_after_the_other(clients: list[SimulatedClient]) -> list[FetchResult]:
        return [await client.get("http://a.example/1") for client in clients]

    run(web, one_after_the_other, stores=(store, store))
    assert gaps(web) == [5.0]


def test_a_dead_process_holds_a_host_up_no_longer_than_its_request_could_have_taken(store: Store) -> None:
    web = answering()

    async def one_dies(clients: list[SimulatedClient]) -> list[FetchResult]:
        # Its turn is taken, and never given back.
        await clients[0]._manners.take_turn("a.example", virtual.now())
        return [await clients[1].get("http://a.example/2")]

    (result,) = run(web, one_dies, stores=(store, store))
    assert result.outcome is Outcome.OK
    assert 45.0 <= web.requests_by_host["a.example"][0].start <= 60.0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("gap", [0.0, 5.0])
def test_retry_after_holds_for_the_whole_host_and_every_process(
    store: Store, status: int, dated: bool, gap: float
) -> None:
    web, config = answering(), replace(NO_ROBOTS, host_gap=gap)

    def busy(url: object, headers: dict[str, str]) -> Reply:
        return Reply(status, b"", {"Retry-After": later(100) if dated else "100"}) if "/busy" in str(url) else PAGE

    web.sites["a.example"] = busy

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        (first,) = clients
        manners = Manners(config, (), virtual.now, first._manners.ledger)
        later_one = SimulatedClient(web, config, manners)
        refused = await first.get("http://a.example/busy")
        await later_one.__aenter__()
        return [refused, *await asyncio.gather(first.get("http://a.example/1"), later_one.get("http://a.example/2"))]

    results = run(web, work, config=config, stores=(store,))
    assert [result.outcome.value for result in results][1:] == ["ok", "ok"]
    assert gaps(web)[0] >= 99.0


def test_a_host_that_asks_for_hours_is_left_for_a_later_run() -> None:
    web = answering(busy=Reply(503, b"", {"Retry-After": "7200"}))

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        return [await clients[0].get(f"http://a.example/{name}") for name in ("busy", "1", "2")]

    results = run(web, work)
    assert [result.outcome for result in results] == [Outcome.SERVER_ERROR, Outcome.HOST_RESTING, Outcome.HOST_RESTING]
    assert results[1].retry_after == 7200.0
    assert len(web.requests()) == 1


def test_who_waits_for_a_slow_host_takes_no_place_from_others() -> None:
    web = answering()
    many = [f"http://a.example/{n}" for n in range(20)]
    run(web, fetch_all(*many, "http://b.example/1"), config=replace(NO_ROBOTS, concurrency=2))
    assert web.requests_by_host["b.example"][0].start == 0.0


def test_a_queue_that_would_last_too_long_is_left_for_a_later_run() -> None:
    web = answering()
    results = run(web, fetch_all(*(f"http://a.example/{n}" for n in range(80))))
    assert {result.outcome for result in results} == {Outcome.OK, Outcome.HOST_RESTING}
    assert web.requests()[-1].start <= 300.0


ROBOTS = b"User-agent: *\nCrawl-delay: 20\nDisallow: /private/"


@pytest.mark.parametrize("gap", [0.0, 5.0])
def test_crawl_delay_is_the_gap_of_the_host(store: Store, gap: float) -> None:
    web = answering(robots=Reply(200, ROBOTS))

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        first = await clients[0].get("http://a.example/1")
        return [first, *await fetch_all("http://a.example/2", "http://a.example/3")(clients)]

    run(web, work, config=FetchConfig(host_gap=gap), stores=(store, store))
    assert len(gaps(web)) == 6
    assert min(gaps(web)) >= 20.0
    assert len(web.requests("robots")) == 1


def test_robots_are_obeyed_on_every_hop_and_asked_once_a_day_by_all(store: Store) -> None:
    web = answering(robots=Reply(200, ROBOTS), hop=Reply(302, b"", {"Location": "http://b.example/private/1"}))

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        results = [await client.get("http://a.example/hop") for client in clients]
        results += [await clients[0].get("http://a.example/private/2")]
        await asyncio.sleep(86_500)
        return [*results, await clients[1].get("http://a.example/3")]

    results = run(web, work, config=FetchConfig(), stores=(store, store))
    assert [result.outcome for result in results] == [Outcome.ROBOTS] * 3 + [Outcome.OK]
    assert [request.url for request in web.requests("private")] == []
    assert len(web.requests("a.example/robots.txt")) == 2
    assert len(web.requests("b.example/robots.txt")) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_without_robots_txt_all_is_allowed(status: int) -> None:
    results = run(answering(robots=Reply(status)), fetch_all("http://a.example/1"), config=FetchConfig())
    assert results[0].outcome is Outcome.OK


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(429, Outcome.RATE_LIMITED), (500, Outcome.SERVER_ERROR), (503, Outcome.SERVER_ERROR), (0, Outcome.TIMEOUT)],
)
def test_robots_txt_that_cannot_be_had_forbids_all_and_is_asked_for_again_in_an_hour(
    store: Store, status: int, outcome: Outcome
) -> None:
    web = answering(robots=Reply(status))

    async def work(clients: list[SimulatedClient]) -> list[FetchResult]:
        results = [await client.get("http://a.example/1") for client in clients]
        await asyncio.sleep(3700)
        return [*results, await clients[0].get("http://a.example/1")]

    results = run(web, work, config=FetchConfig(), stores=(store, store))
    assert {result.outcome for result in results} == {outcome}
    assert all(result.retry_after is not None and "robots.txt" in result.detail for result in results)
    assert len(web.requests("robots")) == len(web.requests()) == 2


def test_robots_txt_is_looked_for_behind_five_redirects() -> None:
    def site(hops: int) -> Callable[[object, dict[str, str]], Reply]:
        def answer(url: object, headers: dict[str, str]) -> Reply:
            name = str(url).rpartition("/")[2]
            if name == "1":
                return PAGE
            at = 0 if name == "robots.txt" else int(name[1:])
            return (
                Reply(200, b"User-agent: *\nDisallow: /")
                if at == hops
                else Reply(301, b"", {"Location": f"/r{at + 1}"})
            )

        return answer

    config = FetchConfig(host_gap=0.0)
    outcomes = [
        run(Web({"a.example": site(hops)}), fetch_all("http://a.example/1"), config=config)[0].outcome
        for hops in (5, 6)
    ]
    assert outcomes == [Outcome.ROBOTS, Outcome.OK]


def test_the_first_500_kib_of_a_long_robots_txt_count() -> None:
    rules = b"User-agent: *\nDisallow: /early\n" + b"#" * (MOST - 80) + b"\nDisallow: /middle\n"
    web = answering(robots=Reply(200, rules + b"#" * MOST + b"\nDisallow: /late\n"))
    results = run(
        web, fetch_all(*(f"http://a.example/{name}" for name in ("early", "middle", "late"))), config=FetchConfig()
    )
    assert [result.outcome for result in results] == [Outcome.ROBOTS, Outcome.ROBOTS, Outcome.OK]


def test_a_host_that_lets_the_operator_off_is_not_asked_for_its_rules() -> None:
    web = answering(robots=Reply(200, b"User-agent: *\nDisallow: /"))
    hosts = (HostSpec("a.example", robots=False),)
    results = run(web, fetch_all("http://a.example/1", "http://b.example/1"), config=FetchConfig(), hosts=hosts)
    assert [result.outcome for result in results] == [Outcome.OK, Outcome.ROBOTS]

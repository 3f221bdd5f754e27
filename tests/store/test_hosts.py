"""Turns at hosts, between processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from pipeline.model import HostTurn, Outcome, RobotsFile
from pipeline.store import Store, open_store
from tests.store.samples import NOW

GAP = timedelta(seconds=5)
LEASE = timedelta(seconds=50)


def turn_request(owner: str, now: datetime = NOW, host: str = "a.example") -> tuple[HostTurn, datetime]:
    return HostTurn(host, owner, now + LEASE), now


def test_a_turn_is_given_to_one(store: Store) -> None:
    (mine,) = store.hosts.take_turns([turn_request("me")])
    (theirs,) = store.hosts.take_turns([turn_request("you")])
    assert (mine.owner, theirs.owner, theirs.free_at) == ("me", "me", NOW + LEASE)
    store.hosts.end_turns([HostTurn("a.example", "me", NOW + GAP)])
    assert store.hosts.take_turns([turn_request("you")])[0] == HostTurn("a.example", "", NOW + GAP)
    assert store.hosts.take_turns([turn_request("you", NOW + GAP)])[0].owner == "you"


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_changes_nothing(store: Store) -> None:
    store.hosts.take_turns([turn_request("dead")])
    assert store.hosts.take_turns([turn_request("you", NOW + LEASE)])[0].owner == "you"
    store.hosts.end_turns([HostTurn("a.example", "dead", NOW + GAP)])
    assert store.hosts.take_turns([turn_request("me", NOW + LEASE)])[0].owner == "you"


def test_rest_only_grows_longer(store: Store) -> None:
    day = NOW + timedelta(days=1)
    store.hosts.end_turns([HostTurn("a.example", "", day)])
    store.hosts.end_turns([HostTurn("a.example", "", NOW + GAP)])
    assert store.hosts.resting(NOW) == {"a.example": day}
    assert store.hosts.resting(day) == {}


def test_many_hosts_in_one_transaction(store: Store) -> None:
    hosts = [f"h{n}.example" for n in range(300)]
    turns = store.hosts.take_turns([turn_request("me", host=host) for host in hosts])
    assert [(turn.host, turn.owner) for turn in turns] == [(host, "me") for host in hosts]


def test_of_many_processes_one_gets_each_turn(store: Store, store_url: str) -> None:
    hosts = [f"h{n}.example" for n in range(20)]

    def process(name: str) -> list[HostTurn]:
        with open_store(store_url) as process_store:
            order = hosts if name < "p2" else hosts[::-1]
            return [
                turn
                for host in order
                for turn in process_store.hosts.take_turns([turn_request(name, host=host)])
                if turn.owner == name
            ]

    with ThreadPoolExecutor(4) as pool:
        won = [turn.host for turns in pool.map(process, ["p0", "p1", "p2", "p3"]) for turn in turns]
    assert sorted(won) == sorted(hosts)


def test_robots_txt_is_kept_in_place_of_the_one_before(store: Store) -> None:
    for text in ("User-agent: *", "Disallow: /x"):
        store.hosts.keep_robots_files([RobotsFile("https://a.example", Outcome.OK, "", text, NOW)])
    stored, missing = store.hosts.robots_files(["https://a.example", "https://b.example"])
    assert stored == RobotsFile("https://a.example", Outcome.OK, "", "Disallow: /x", NOW)
    assert missing is None

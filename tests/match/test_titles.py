"""The title of a story, where outlets add to the agency's or write their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match import titles
from pipeline.match.canonical import choose
from pipeline.match.titles import canonical_title
from pipeline.model import Member
from tests.match.test_match import member, story

PLAIN = "Harbour of Arvany closed after cracks are found"
DENSE = "港湾当局が北側の岸壁を閉鎖"


def copies(*headlines: str) -> list[Member]:
    """Return copies of one text, an outlet each."""
    return [replace(member(n, story(1)), title=title, outlet=f"Outlet {n}") for n, title in enumerate(headlines, 1)]


def title_of(*headlines: str) -> str:
    members = copies(*headlines)
    return canonical_title(members[0], members, "")


def test_what_an_outlet_adds_is_left_out_where_another_carries_the_title_alone() -> None:
    for addition in (": what we know", " - live", " | Video", " — police say"):
        assert title_of(PLAIN + addition, PLAIN) == PLAIN
    assert title_of(f"Breaking: {PLAIN}", PLAIN, "Quay shut") == PLAIN
    assert title_of(f"{DENSE}：これまでの情報", DENSE) == DENSE


def test_the_commonest_title_is_the_storys_and_equals_are_no_reason_to_change() -> None:
    assert title_of("Our quay is shut", PLAIN, PLAIN) == PLAIN
    assert title_of("Our quay is shut", PLAIN) == "Our quay is shut"
    assert title_of("Our quay is shut", "Our quay is shut", PLAIN, PLAIN) == "Our quay is shut"


def test_what_titles_with_other_additions_share_is_the_title() -> None:
    assert title_of(f"{PLAIN}: what we know", f"{PLAIN}, agency says") == PLAIN
    assert title_of(f"{PLAIN}: what we know", f"{PLAIN}: what we know", f"{PLAIN} - live updates") == PLAIN
    assert title_of(f"UPDATE 1-{PLAIN}: what we know", PLAIN) == PLAIN
    assert title_of(f"UPDATE 1-{PLAIN}", PLAIN, f"{PLAIN}, agency says") == PLAIN
    assert title_of(f"{DENSE}、市が発表", f"{DENSE}：これまでの情報") == DENSE


def test_what_all_copies_carry_stays() -> None:
    assert title_of(f"{PLAIN}: what we know", f"{PLAIN}: what we know") == f"{PLAIN}: what we know"
    assert title_of(f"{PLAIN}, 12 hurt", f"{PLAIN}, 12 hurt", "Quay shut") == f"{PLAIN}, 12 hurt"


def test_a_name_that_titles_begin_with_is_no_title() -> None:
    appointed = "Major General Ansel Rookwood, new Chief of Staff of the Army"
    assert title_of(appointed, appointed, "Major General Ansel Rookwood - new army head") == appointed


def test_one_outlets_two_copies_are_one_voice() -> None:
    first, second, third = copies("Our quay is shut", PLAIN, PLAIN)
    assert canonical_title(first, [first, second, replace(third, outlet=second.outlet)], "") == "Our quay is shut"


def test_an_outlets_name_is_no_part_of_a_title() -> None:
    assert title_of(f"{PLAIN} - Outlet 1") == PLAIN
    assert title_of(f"OUTLET 1 | {PLAIN}") == PLAIN
    assert title_of("Outlet 1") == "Outlet 1"
    assert title_of(f"{PLAIN} - Outlet 7") == f"{PLAIN} - Outlet 7"


def test_the_agencys_own_title_comes_first() -> None:
    members = copies("Our quay is shut", "Our quay is shut", PLAIN)
    members[2] = replace(members[2], feed_agency="AFP")
    assert canonical_title(members[0], members, "AFP") == PLAIN
    assert choose(members).title == PLAIN


def test_each_title_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By pairs the titles of a story of 500 copies took a second."""
    title_reads, read_parts = list[str](), titles._without_additions

    def count_read(title: str) -> list[str]:
        title_reads.append(title)
        return read_parts(title)

    monkeypatch.setattr(titles, "_without_additions", count_read)
    assert title_of(*(f"{PLAIN} - part {number}" for number in range(40)), PLAIN) == PLAIN
    assert len(title_reads) == 41


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6), st.randoms())
def test_the_order_of_the_copies_does_not_show(headlines: list[str], chance: object) -> None:
    members = copies(*headlines)
    title = canonical_title(members[0], members, "")
    chance.shuffle(shuffled_members := members[:])  # type: ignore[attr-defined]
    assert canonical_title(members[0], shuffled_members, "") == title

"""What became of an agency's stories, on both databases and from the command line."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from pyarrow import parquet as pq
from sqlalchemy import insert, update

from pipeline.csv_rows import csv_cell
from pipeline.errors import NotStored
from pipeline.export.pickup_sums import band_of, span_of
from pipeline.match.pickup import WordedText, credit_state, is_headline_changed, minutes_after
from pipeline.model import Basis, Claim, CreditState, Evidence, Moment, Pickup, Plan, Precision, Relation, StoryStatus
from pipeline.store import Store
from pipeline.store.reads import pickup as reading
from pipeline.store.reads.pickup import pickups, pickups_of_story
from pipeline.store.schema import tables
from tests.cli.process import copydesk
from tests.read.test_recipes import recipe
from tests.store.samples import NOW, chosen, planned, stored_articles

TEXT = (
    "The harbour authority closed the northern quay on Tuesday after inspectors saw cracks.",
    "Ships were sent to the southern basin, where crews worked through the night.",
)
WORDS = st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "Ölpreis", "खबर", "新", "闻"]), min_size=4, max_size=30)


def at(minutes: float, precision: Precision = Precision.SECOND) -> Moment:
    return Moment(NOW + timedelta(minutes=minutes), precision, Basis.JSON_LD)


# ---------------------------------------------------------------- decisions


@pytest.mark.parametrize(
    ("copied", "share", "added", "dropped"),
    [
        (TEXT, 1.0, 0, 0),
        ((" ".join(TEXT),), 1.0, 0, 0),  # paragraphs joined
        (TEXT[:1], 13 / 26, 0, 1),
        ((*TEXT, "Local ferries run as ever."), 1.0, 5, 0),
        (
            ("“THE harbour authority” closed the northern quay, on Tuesday, after inspectors saw cracks", TEXT[1]),
            1.0,
            0,
            0,
        ),
        (("Nothing of this was ever said there by anyone.",), 0.0, 9, 2),
        ((TEXT[0].replace("northern", "old"), TEXT[1]), 25 / 26, 1, 0),
    ],
)
def test_what_a_copy_has_of_a_text(copied: tuple[str, ...], share: float, added: int, dropped: int) -> None:
    wording = WordedText(TEXT).compare(copied)
    assert wording is not None
    assert wording == (pytest.approx(share), added, dropped)


def test_a_script_without_blanks_is_counted_by_its_characters() -> None:
    wording = WordedText(("港口管理局星期二关闭了北码头。",)).compare(
        ("港口管理局星期二关闭了北码头。本报记者现场报道",)
    )
    assert wording == (1.0, 8, 0)


def test_without_words_nothing_is_compared() -> None:
    pairs = ((TEXT, ()), ((), TEXT), (("…",), TEXT), (("…",), ("…",)), ((), ()))
    assert [WordedText(text).compare(printed) for text, printed in pairs] == [None] * 5


@given(WORDS, WORDS)
def test_what_is_printed_whole_is_kept_whole(text: list[str], extra: list[str]) -> None:
    original = " ".join(text)
    assert WordedText((original,)).compare((original,)) == (1.0, 0, 0)
    wording = WordedText((original,)).compare((" ".join(extra), original))
    assert wording is not None
    assert wording.share_kept == 1.0
    assert 0 <= wording.added <= len(extra)


def test_a_headline_is_changed_by_its_words_alone() -> None:
    assert is_headline_changed("Quay closed", "QUAY – closed!") is False
    assert is_headline_changed("Quay closed", "Closed quay") is True
    assert is_headline_changed("", "Quay closed") is is_headline_changed("Quay closed", "") is None


def test_minutes_are_told_where_the_time_is_known() -> None:
    zone = datetime.fromisoformat("2025-08-24T18:00:30+05:30")
    assert minutes_after(NOW, Moment(zone, Precision.MINUTE, Basis.META)) == 30.5
    assert minutes_after(NOW, at(5, Precision.DAY)) is None
    assert minutes_after(NOW, None) is minutes_after(None, at(5)) is None


@pytest.mark.parametrize(
    ("is_own_page", "credited", "claims", "state"),
    [
        (False, "IANS", (), CreditState.CREDITED),
        (False, "AFP+IANS", (), CreditState.CREDITED),
        (False, "AFP", (Claim("IANS", Evidence.ENDMARK),), CreditState.CREDITED),
        (False, "AFP", (), CreditState.OTHER_AGENCY),
        (False, "", (), CreditState.DROPPED),
        (True, "", (), CreditState.CREDITED),
    ],
)
def test_a_credit(is_own_page: bool, credited: str, claims: tuple[Claim, ...], state: CreditState) -> None:
    assert credit_state(("IANS",), is_own_page, credited, claims) is state
    assert credit_state(("PTI", "IANS"), is_own_page, credited, claims) is state
    assert credit_state((), is_own_page, credited, claims) is None


# ---------------------------------------------------------------- of a store


def place_copies(store: Store, copies: int) -> None:
    """One story with so many copies, ten minutes apart."""
    numbers = stored_articles(store, copies)
    plan = Plan(
        (
            planned(numbers[0], -1, 1),
            *(replace(planned(number, -1, 1), relation=Relation.TRIMMED) for number in numbers[1:]),
        ),
        (chosen(numbers[0], -1, TEXT, "Quay closed"),),
    )
    with store.lease.acquire():
        store.stories.apply(plan, NOW)
    for place, number in enumerate(numbers):
        edit(store, number, outlet=f"Outlet {place}", title="Quay closed", body=TEXT, published=at(10 * place))


def edit(store: Store, number: int, **values: object) -> None:
    published = values.get("published")
    if isinstance(published, Moment):
        columns = {"published_utc": published.value, "published_precision": published.precision.value}
        values = {**values, **columns, "published": published.value.isoformat()}
    with store.transaction() as db:
        db.execute(update(tables.article).where(tables.article.c.id == number).values(**values))


def rows_of(store: Store, *days: datetime | None) -> list[Pickup]:
    return list(pickups(store, "IANS", *days))


def test_each_copy_is_a_row(store: Store) -> None:
    place_copies(store, 5)
    edit(store, 2, title="Cracks close quay", body=TEXT[:1], agency="", claims=[])
    edit(store, 3, published=at(0, Precision.DAY), agency="AFP", claims=[])
    edit(store, 4, body=(), title="")
    edit(
        store, 5, published=None, body=(*TEXT, "Local ferries run as ever."), agency="AFP", claims=[["IANS", "endmark"]]
    )
    rows = rows_of(store)
    assert [(row.outlet, row.minutes, row.relation) for row in rows] == [
        ("Outlet 0", 0.0, Relation.ORIGIN), ("Outlet 1", 10.0, Relation.TRIMMED), ("Outlet 2", None, Relation.TRIMMED),
        ("Outlet 3", 30.0, Relation.TRIMMED), ("Outlet 4", None, Relation.TRIMMED),
    ]  # fmt: skip
    assert [(row.headline_changed, row.share_kept, row.words_added) for row in rows] == [
        (False, 1.0, 0), (True, 0.5, 0), (False, 1.0, 0), (None, None, None), (False, 1.0, 5),
    ]  # fmt: skip
    assert [row.credit.value for row in rows] == ["kept", "dropped", "other", "kept", "kept"]
    assert {(row.story_id, row.story_title, row.status) for row in rows} == {(1, "Quay closed", StoryStatus.LIVE)}


def test_copies_of_one_story_have_the_rows_of_its_agency(store: Store) -> None:
    place_copies(store, 5)
    edit(store, 2, title="Cracks close quay", agency="", claims=[])
    rows = pickups_of_story(store, 1)
    assert rows == rows_of(store)
    assert [row.title for row in rows[:2]] == ["Quay closed", "Cracks close quay"]
    assert [row.canonical for row in rows].count(True) == 1
    with pytest.raises(NotStored):
        pickups_of_story(store, 99)


def test_a_story_of_no_agency_has_no_credit_to_keep(store: Store) -> None:
    place_copies(store, 2)
    with store.transaction() as db:
        db.execute(update(tables.story).values(agency=""))
    assert {row.credit for row in pickups_of_story(store, 1)} == {None}


def test_corrections_and_kills_are_followed(store: Store) -> None:
    place_copies(store, 4)
    line = {"seq": 100, "tx": 100, "kind": "copy-changed", "story_id": 1}
    with store.transaction() as db:
        db.execute(update(tables.version).values(kind="correction", created_at=NOW))
        for number, (minutes, articles) in enumerate(((-5, [1, 2]), (30, [2]), (90, [2, 3]))):
            at = NOW + timedelta(minutes=minutes)
            db.execute(insert(tables.change).values(**line | {"seq": 100 + number}, at=at, articles=articles))
    assert [row.corrected_after for row in rows_of(store)] == [None, 30.0, 90.0, None]
    assert {row.still_up for row in rows_of(store)} == {None}
    with store.transaction() as db:
        killed = {"seq": 200, "kind": "story-withdrawn", "at": NOW + timedelta(hours=3), "articles": []}
        db.execute(insert(tables.change).values(**line | killed))
        db.execute(update(tables.story).values(withdrawn=True))
        for number, (hours, outcome) in enumerate(((4, "ok"), (4, "gone"), (2, "ok"), (4, "timeout")), 1):
            visit = {"revisited_at": NOW + timedelta(hours=hours), "revisit_outcome": outcome}
            db.execute(update(tables.entry).where(tables.entry.c.id == number).values(**visit))
    assert [row.still_up for row in rows_of(store)] == [True, False, None, None]


def test_stories_are_of_the_agency_and_the_days(store: Store) -> None:
    place_copies(store, 1)
    first = NOW - timedelta(hours=9)
    with store.transaction() as db:
        db.execute(update(tables.story).values(first_seen=first))
    assert len(rows_of(store, first)) == len(rows_of(store, None, first + timedelta(seconds=1))) == 1
    assert rows_of(store, first + timedelta(seconds=1)) == rows_of(store, None, first) == []
    assert list(pickups(store, "IAN")) == list(pickups(store, "%")) == []
    for name, number in (("AFP+IANS", 1), ("IANS Life+AFP", 0), ("IANSA", 0)):
        with store.transaction() as db:
            db.execute(update(tables.story).values(agency=name))
        assert len(rows_of(store)) == number, name


def test_of_a_removed_text_no_figure_is_told(store: Store) -> None:
    place_copies(store, 1)
    with store.transaction() as db:
        db.execute(update(tables.version).values(removed_at=NOW, body=(), title=""))
        db.execute(update(tables.story).values(removed_at=NOW))
    (row,) = rows_of(store)
    assert (row.status, row.headline_changed, row.share_kept, row.words_added) == (
        StoryStatus.REMOVED,
        None,
        None,
        None,
    )


def test_many_are_read_a_page_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    place_copies(store, 5)
    for number in range(5):
        (article_id,) = stored_articles(store, 1, 10 + number)
        with store.lease.acquire():
            store.stories.apply(Plan((planned(article_id, -1, 2),), (chosen(article_id, -1),)), NOW)
    all_rows = rows_of(store)
    monkeypatch.setattr(reading, "_STORIES", reading._STORIES.limit(2))
    monkeypatch.setattr(reading, "COPIES", 2)
    assert rows_of(store) == all_rows
    assert [row.story_id for row in all_rows] == [6, 5, 4, 3, 2, 1, 1, 1, 1, 1]


def test_the_command_prints_rows_and_sums(store: Store, store_url: str, tmp_path: Path) -> None:
    place_copies(store, 3)
    edit(store, 2, outlet="=Outlet", agency="AFP", claims=[])
    words, env = (
        ("pickup", "--agency", "IANS", "--since", "2025-08-24"),
        {"COPYDESK_STORE": store_url, "COLUMNS": "200"},
    )
    printed = copydesk(*words, "--json", home=tmp_path, **env)
    records = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [(row["outlet"], row["minutes"], row["credit"]) for row in records] == [
        ("Outlet 0", 0.0, "kept"), ("=Outlet", 10.0, "other"), ("Outlet 2", 20.0, "kept"),
    ]  # fmt: skip
    table = copydesk(*words, "--csv", home=tmp_path, **env).stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert rows == [{name: csv_cell(value) for name, value in record.items()} for record in records]
    assert copydesk("story", "1", "--csv", home=tmp_path, **env).stdout == table
    output = copydesk(*words, home=tmp_path, **env).stdout
    assert [title in output for title in ("3 copies", "By outlet", "By story", "credits AFP")] == [True] * 4
    sums = next(line for line in output.partition("By story")[2].splitlines() if "Quay closed" in line)
    cells = [cell.strip() for cell in sums.strip("│").split("│")]
    assert cells == ["1 Quay closed", "3", "10", "100%", "0", "0%", "66%"]
    before = copydesk("pickup", "--agency", "IANS", "--until", "2025-08-23", "--json", home=tmp_path, **env)
    last_day = copydesk("pickup", "--agency", "IANS", "--until", "9999-12-31", "--json", home=tmp_path, **env)
    assert (before.returncode, before.stdout, len(last_day.stdout.splitlines())) == (0, "", 3)


def test_rows_and_sums_are_written_to_files(store: Store, store_url: str, tmp_path: Path) -> None:
    place_copies(store, 3)
    edit(store, 2, outlet="<script>", agency="AFP", claims=[], published=at(0, Precision.DAY))
    words, env = ("pickup", "--agency", "IANS"), {"COPYDESK_STORE": store_url}
    for form, name in (("--html", "pickup.html"), ("--parquet", "pickup.parquet")):
        result = copydesk(*words, form, name, home=tmp_path, **env)
        assert (result.returncode, result.stdout, result.stderr.startswith(f"{name}: ")) == (0, "", True)
    printed = copydesk(*words, "--json", home=tmp_path, **env)
    rows = pq.read_table(tmp_path / "pickup.parquet").to_pylist()
    assert rows == [json.loads(line) for line in printed.stdout.splitlines()]
    page = html.fromstring((tmp_path / "pickup.html").read_bytes())
    assert not page.xpath("//script | //link | //img | //iframe | //@src | //@href")
    sums = {
        row[0].text_content(): [cell.text_content() for cell in row[1:]] for row in page.xpath("(//table)[1]/tbody/tr")
    }
    assert sums["<script>"] == ["1", "-", "100%", "0", "0%", "0%"]
    assert page.xpath("//svg[@aria-label='How soon']//title/text()") == ["15 min: 1", "1 h: 1", "not known: 1"]
    assert "<script>, credit other: 1: 1" in page.xpath("//svg[@aria-label='Outlets']//title/text()")
    refused = copydesk(*words, "--json", "--html", "x.html", home=tmp_path, **env)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert not (tmp_path / "x.html").exists()


def test_an_hour_and_a_share_are_in_one_band() -> None:
    assert [span_of(minutes) for minutes in (None, 0.0, 15.0, 15.1, 1440.0, 1441.0)] == [
        "not known", "15 min", "15 min", "1 h", "24 h", "later",
    ]  # fmt: skip
    assert [band_of(share) for share in (None, 1.0, 0.95, 0.94, 0.0)] == [
        "not known", "95 to 100 %", "95 to 100 %", "75 to 95 %", "below 25 %",
    ]  # fmt: skip


def test_the_recipe_adds_up_what_is_printed(
    store: Store, store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place_copies(store, 3)
    for number in (2, 3):
        edit(store, number, outlet="Late", agency="", claims=[])
    printed = copydesk("pickup", "--agency", "IANS", "--csv", home=tmp_path, COPYDESK_STORE=store_url)
    (tmp_path / "pickup.csv").write_text(printed.stdout, encoding="utf-8", newline="")
    exec(recipe("Pick-up"), {"FILE": tmp_path / "pickup.csv"})
    assert capsys.readouterr().out.splitlines() == ["Late 2 15.0 0", "Outlet 0 1 0.0 1"]


def test_an_agency_is_named(tmp_path: Path) -> None:
    result = copydesk("pickup", "--agency", "", home=tmp_path)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)

"""Texts that a policy withholds leave no word behind, and their copies are still found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import steps
from pipeline.config import RightsConfig, load
from pipeline.rights.policy import storage_policy
from pipeline.rights.reservations import SIGNALS, header_reservations
from pipeline.store.reads import views
from pipeline.store.schema.tables import metadata
from tests.store.test_revisits import NOW, STORY, Site, page, revisit, site  # noqa: F401 - a fixture

WORD = "lighthouse"


def test_a_withheld_text_stands_nowhere_and_is_matched(site: Site, store_url: str, tmp_path: Path) -> None:  # noqa: F811
    assert site.pages["/quay"]
    site.pages["/quay"] = site.pages["/quay"].replace("<head>", "<head><meta name='robots' content='noarchive'>")
    site.pages["/other"] = page(*STORY)
    site.pages["/rss2"] = (site.pages["/rss"] or "").replace("/quay", "/other")
    host = f"http://127.0.0.1:{site.port}"
    file = tmp_path / "feeds.toml"
    file.write_text(
        f'home = "{tmp_path}"\nstore = "{store_url}"\n[rights]\nwithhold = ["noarchive"]\n[fetch]\nhost_gap = 0\n'
        f'robots = false\nallow = ["127.0.0.1:{site.port}"]\n[[feed]]\noutlet = "O"\nurl = "{host}/rss"\n'
    )
    steps.run_once(load(file, {}), NOW)
    with steps.open_for(load(file, {})) as store, store.reading() as db:
        rows = [repr(row) for table in metadata.sorted_tables for row in db.execute(table.select())]
        assert not [row for row in rows if WORD in row]
        [record] = store.articles.recent("O", NOW.replace(year=NOW.year - 1), 9)
        assert (record.article.withheld, record.article.body) == ("noarchive", ())
    archived = [file_path for file_path in (tmp_path / "archive").rglob("*") if file_path.is_file()]
    assert archived == []
    file.write_text(file.read_text() + f'[[feed]]\noutlet = "P"\nurl = "{host}/rss2"\n')
    steps.run_once(load(file, {}), NOW)
    with steps.open_for(load(file, {})) as store:
        [story] = views.stories(store, 9)
        assert story.copies == 2
        assert views.versions_of(store, [story.id])[story.id].body == STORY
    site.pages["/quay"], site.etags["/quay"] = (site.pages["/quay"] or "").replace("noon", "dusk"), '"2"'
    assert revisit(load(file, {}), 1.1).counts["edited"] == 1


@pytest.mark.parametrize(
    ("full_text", "withhold", "stored"),
    [(False, "tdm-reservation", False), (True, "tdm-reservation", False), (False, "noai", True), (True, "noai", True)],
)
def test_what_an_origins_file_reserves_is_stored_with_each_page_and_decides(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
    full_text: bool,
    withhold: str,
    stored: bool,
) -> None:
    site.pages["/.well-known/tdmrep.json"] = '[{"location": "/quay", "tdm-reservation": 1}]'
    text = "".join(f"&lt;p&gt;{paragraph}&lt;/p&gt;" for paragraph in STORY)
    site.pages["/rss"] = (site.pages["/rss"] or "").replace(
        "</item>", f"<content:encoded>{text}</content:encoded></item>"
    )
    site.pages["/rss"] = site.pages["/rss"].replace(
        "<rss", "<rss xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    )
    file = tmp_path / "feeds.toml"
    file.write_text(
        f'home = "{tmp_path}"\nstore = "{store_url}"\n[rights]\nwithhold = ["{withhold}"]\n[fetch]\nhost_gap = 0\n'
        f'allow = ["127.0.0.1:{site.port}"]\n[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{site.port}/rss"\n'
        f"full_text = {str(full_text).lower()}\n"
    )
    steps.run_once(load(file, {}), NOW)
    with steps.open_for(load(file, {})) as store:
        [record] = store.articles.recent("O", NOW.replace(year=NOW.year - 1), 9)
    reserved = "tdm-reservation (tdmrep.json)"
    assert record.article.signals == (reserved,)
    assert (record.article.withheld, bool(record.article.body)) == ("" if stored else reserved, stored)
    paths = [path for path, _ in site.requests]
    assert paths[:2] == ["/robots.txt", "/.well-known/tdmrep.json"]
    assert ("/quay" in paths) is not full_text


@pytest.mark.parametrize(
    ("headers", "signals"),
    [
        ([("X-Robots-Tag", "noarchive, noai")], ("noarchive", "noai")),
        ([("x-robots-tag", "googlebot: noarchive")], ("noarchive",)),
        ([("x-robots-tag", "otherbot: noarchive")], ()),
        ([("x-robots-tag", "max-snippet:-1, noarchive")], ("noarchive",)),
        ([("TDM-Reservation", "1"), ("tdm-policy", "https://o.example/p")],
         ("tdm-reservation", "tdm-policy https://o.example/p")),
        ([("TDM-Reservation", "0")], ("tdm-reservation=0",)),
        ([("TDM-Reservation", "2")], ()),
    ],
)  # fmt: skip
def test_reservations_in_headers(headers: list[tuple[str, str]], signals: tuple[str, ...]) -> None:
    assert header_reservations(headers) == signals


@given(st.lists(st.sampled_from(SIGNALS)), st.lists(st.sampled_from(SIGNALS)), st.sampled_from(["", "CC BY", "All"]))
def test_policy_withholds_what_is_named_unless_a_licence_permits_it(
    signals: list[str], withheld: list[str], licence: str
) -> None:
    policy = storage_policy(signals, licence, RightsConfig(tuple(withheld), ("cc by",)))
    assert policy.text is (not set(signals) & set(withheld) or licence == "CC BY")
    assert policy.reason

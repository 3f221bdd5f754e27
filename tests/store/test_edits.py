"""Edits that come without a page, marks that change alone, and texts that are reserved after they were stored."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.config import Config, load
from pipeline.model import Article, ChangeKind, VersionKind
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from pipeline.store.reads.tallies import tallies, totals
from pipeline.store.schema.tables import metadata
from tests.store.test_revisits import NOW, STORY, Site, page, revisit, site, story  # noqa: F401 - a fixture

TITLE = "Cracks close the northern quay"
EDITED = (*STORY[:2], STORY[2].replace("four million", "nine million"), STORY[3])
WORD = "lighthouse"


def configured(site: Site, store_url: str, folder: Path, *, rights: str = "", robots: bool = False) -> Config:  # noqa: F811
    file = folder / "feeds.toml"
    file.write_text(
        f'home = "{folder}"\nstore = "{store_url}"\n{rights}\n[fetch]\nhost_gap = 0\nrobots = {str(robots).lower()}\n'
        f'allow = ["127.0.0.1:{site.port}"]\n[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{site.port}/rss"\n'
        f"full_text = {str('encoded' in (site.pages['/rss'] or '')).lower()}\n"
    )
    return load(file, {})


def full_text(site: Site, text: tuple[str, ...], title: str = TITLE) -> None:  # noqa: F811
    body = "".join(f"&lt;p&gt;{paragraph}&lt;/p&gt;" for paragraph in text)
    site.pages["/rss"] = (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>O</title>"
        f"<item><guid>1</guid><title>{title}</title><link>http://127.0.0.1:{site.port}/quay</link>"
        f"<content:encoded>{body}</content:encoded></item></channel></rss>"
    )


def stored(config: Config) -> Article:
    with steps.open_for(config) as store:
        [record] = store.articles.recent("O", NOW - timedelta(days=2), 9)
        return record.article


def kinds(config: Config) -> list[VersionKind]:
    return [version.kind for version in story(config)[1]]


def test_an_edit_of_a_text_that_the_feed_carries_is_a_version_and_asks_nobody(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
) -> None:
    full_text(site, STORY)
    config = configured(site, store_url, tmp_path)
    steps.run_once(config, NOW)
    assert stored(config).body == STORY
    full_text(site, EDITED)
    site.requests.clear()
    steps.run_once(config, NOW + timedelta(minutes=40))
    assert [path for path, _ in site.requests] == ["/rss"]
    assert stored(config).body == EDITED
    assert [version.body for version in story(config)[1]] == [STORY, EDITED]
    for hours in (2, 7, 25):
        assert revisit(config, hours).counts == {}
    with steps.open_for(config) as store:
        [tally] = tallies(store, NOW, hosts=True)
        assert totals(tally) == {"ok": 2}
        assert views.table_counts(store)["page"] == 2


def test_a_withdrawal_of_a_text_that_the_feed_carries_is_told_as_such(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
) -> None:
    full_text(site, STORY)
    config = configured(site, store_url, tmp_path)
    steps.run_once(config, NOW)
    full_text(site, STORY, title=f"WITHDRAWN: {TITLE}")
    steps.run_once(config, NOW + timedelta(minutes=40))
    assert kinds(config) == [VersionKind.ORIGINAL, VersionKind.WITHDRAWAL]
    assert story(config)[0].withdrawn


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        (f"CORRECTED: {TITLE}", STORY, VersionKind.CORRECTION),
        (f"WITHDRAWN: {TITLE}", STORY, VersionKind.WITHDRAWAL),
        (f"UPDATE 1-{TITLE}", STORY, VersionKind.UPDATE),
        (TITLE, ("(This version corrects the cost in the third paragraph)", *STORY), VersionKind.CORRECTION),
    ],
)
def test_a_mark_alone_makes_a_version(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
    title: str,
    text: tuple[str, ...],
    kind: VersionKind,
) -> None:
    config = configured(site, store_url, tmp_path)
    steps.run_once(config, NOW)
    site.pages["/quay"], site.etags["/quay"] = page(*text, title=title), '"2"'
    assert revisit(config, 1.1).counts == {kind.value: 1}
    assert kinds(config) == [VersionKind.ORIGINAL, kind]
    assert stored(config).mark is kind
    site.pages["/quay"], site.etags["/quay"] = page(*text, title=title, nonce="3"), '"3"'
    assert revisit(config, 6.1).counts == {"same-text": 1}


RESERVE = '[{"location": "/", "tdm-reservation": 1}]'
META = "<head><meta name='tdm-reservation' content='1'>"


def everything(config: Config) -> str:
    """All that the store holds, as text."""
    with steps.open_for(config) as store, store.reading() as db:
        return "".join(repr(row) for table in metadata.sorted_tables for row in db.execute(table.select()))


@pytest.mark.parametrize("place", ["page", "file"])
def test_a_text_that_is_reserved_later_is_kept_as_it_was_and_nothing_new(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
    place: str,
) -> None:
    config = configured(site, store_url, tmp_path, rights='[rights]\nwithhold = ["tdm-reservation"]', robots=True)
    steps.run_once(config, NOW)
    later = timedelta(hours=24.1)
    if place == "file":
        site.pages["/.well-known/tdmrep.json"] = RESERVE
    else:
        site.pages["/quay"] = page(*EDITED).replace("<head>", META)
        site.etags["/quay"] = '"2"'
    report = steps.revisit_pages(config, NOW + later)
    assert report.counts == {"reserved": 1}
    assert (stored(config).body, stored(config).withheld) == (STORY, "")
    assert stored(config).signals == ("tdm-reservation" + (" (tdmrep.json)" if place == "file" else ""),)
    assert "nine million" not in everything(config)
    assert kinds(config) == [VersionKind.ORIGINAL]


@pytest.mark.parametrize("place", ["page", "file"])
def test_or_removed_where_the_policy_says_so(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
    place: str,
) -> None:
    rights = '[rights]\nwithhold = ["tdm-reservation"]\nlater = "remove"'
    config = configured(site, store_url, tmp_path, rights=rights, robots=True)
    steps.run_once(config, NOW)
    assert WORD in everything(config)
    if place == "file":
        site.pages["/.well-known/tdmrep.json"] = RESERVE
    else:
        site.pages["/quay"], site.etags["/quay"] = page(*STORY).replace("<head>", META), '"2"'
    assert steps.revisit_pages(config, NOW + timedelta(hours=24.1)).counts == {"reserved": 1}
    assert WORD not in everything(config)
    assert stored(config).withheld.startswith("tdm-reservation")
    assert story(config)[0].copies == 1
    with steps.open_for(config) as store:
        log = [(change.kind, change.version) for change in changes(store, 0, 99)]
    assert (ChangeKind.TEXT_REMOVED, 1) in log


def test_what_is_reserved_is_noted_where_no_policy_names_it(
    site: Site,  # noqa: F811
    store_url: str,
    tmp_path: Path,
) -> None:
    config = configured(site, store_url, tmp_path, robots=True)
    steps.run_once(config, NOW)
    site.pages["/.well-known/tdmrep.json"] = RESERVE
    assert steps.revisit_pages(config, NOW + timedelta(hours=24.1)).counts == {"unchanged": 1}
    assert stored(config).signals == ("tdm-reservation (tdmrep.json)",)
    assert kinds(config) == [VersionKind.ORIGINAL]
    with steps.open_for(config) as store:
        assert [line.kind for line in changes(store, 0, 99)].count(ChangeKind.RIGHTS_CHANGED) == 1

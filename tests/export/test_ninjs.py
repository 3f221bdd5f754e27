"""ninjs items: names and values as the standard has them, taken back by the reader of feeds, kills with them."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import text

from pipeline import read
from pipeline.export.ninjs import export_ninjs, item_of
from pipeline.feeds import parse_feed
from pipeline.model import ParsedFeed
from pipeline.store import Store
from tests.export.test_files import fill
from tests.read.test_reader import SECRET, merge, place_stories
from tests.store.samples import NOW

# The IPTC's schema (ninjs-schema_3.1.json), where a copy of it is at hand.
SCHEMA = os.environ.get("COPYDESK_NINJS_SCHEMA", "")
# The names that ninjs 3.1 has for what is written here; an object has no others.
NAMES = {
    "standard", "uri", "type", "representationType", "version", "pubStatus", "firstCreated", "versionCreated",
    "contentCreated", "language", "title", "headlines", "descriptions", "bodies", "by", "located", "edNote",
    "infoSources", "copyrightHolder", "usageTerms", "associations",
}  # fmt: skip
PARTS = {
    "headlines": {"role", "contentType", "value"},
    "descriptions": {"role", "contentType", "value"},
    "bodies": {"role", "contentType", "charCount", "wordCount", "value"},
    "infoSources": {"name", "role", "uri", "literal", "contactInfo"},
    "associations": (NAMES - {"standard"}) | {"name", "rel"},
}
TIMES = ("firstCreated", "versionCreated", "contentCreated")


def items_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "items.jsonl").read_bytes().splitlines()]


def parse(folder: Path) -> ParsedFeed:
    return parse_feed((folder / "items.jsonl").read_bytes(), url="file:///wire", now=NOW + timedelta(days=365))


def check(item: dict[str, Any]) -> None:
    """Check an item by what the schema says of the properties that are written here."""
    assert item.keys() <= NAMES
    assert item["pubStatus"] in ("usable", "withheld", "canceled")
    assert (item["type"], item["representationType"] in ("full", "partial")) == ("text", True)
    assert item["standard"].keys() == {"name", "version", "schema"}
    for name in TIMES:
        assert datetime.fromisoformat(item.get(name, "2025-01-01T00:00:00Z")).tzinfo
    for name, names in PARTS.items():
        for part in item.get(name, ()):
            assert part.keys() <= names
            assert name not in ("headlines", "descriptions", "bodies") or isinstance(part["value"], str)
            assert name != "associations" or {"name", "uri"} <= part.keys()
    texts = ("uri", "version", "language", "title", "by", "located", "edNote", "copyrightHolder", "usageTerms")
    assert all(isinstance(item.get(name, ""), str) for name in texts)


def test_items_have_the_standards_names(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 11)
    export_ninjs(reader, str(tmp_path))
    items = items_of(tmp_path)
    assert {item["pubStatus"] for item in items} >= {"usable", "canceled"}
    for item in items:
        check(item)


@pytest.mark.skipif(not SCHEMA, reason="COPYDESK_NINJS_SCHEMA names no copy of the IPTC's schema")
def test_items_are_valid_by_the_schema(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 12)
    export_ninjs(reader, str(tmp_path))
    schema = json.loads(Path(SCHEMA).read_bytes())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for item in items_of(tmp_path):
        validator.validate(item)


def test_the_reader_of_feeds_takes_them_back(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 2, "Ships & boats left <the> quay.", "Second paragraph.")
    export_ninjs(reader, str(tmp_path))
    feed = parse(tmp_path)
    assert (feed.format, feed.problems) == ("ninjs", ())
    for number, entry in enumerate(feed.entries, 1):
        state = reader.story(number)
        assert entry.delivered is not None
        assert (entry.title, entry.lang, entry.delivered.guid) == (f"Title {number}", "en", state.head.uri)
        assert (entry.delivered.agency, entry.delivered.withdrawn, entry.delivered.place) == ("IANS", False, "Tokyo")
        assert entry.content == "<p>Ships &amp; boats left &lt;the&gt; quay.</p>\n<p>Second paragraph.</p>"
        assert entry.published is not None
        assert entry.published.value == state.versions[0].created
    (item, _) = items_of(tmp_path)
    assert [(copy["uri"], copy["rel"]) for copy in item["associations"]] == [
        ("https://outlet.example/story/1", "origin")
    ]


def test_what_is_killed_or_merged_withdraws(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 4, SECRET)
    merge(store, 2, 1)
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true WHERE id = 3"))
        db.execute(text("UPDATE version SET removed_at = created_at WHERE story_id = 4"))
    export_ninjs(reader, str(tmp_path))
    by_uri = {item["uri"].rpartition("#")[2]: item for item in items_of(tmp_path)}
    assert {number: item["pubStatus"] for number, item in by_uri.items()} == {
        "1": "canceled", "2": "usable", "3": "canceled", "4": "withheld",
    }  # fmt: skip
    (association,) = by_uri["1"]["associations"]
    assert (association["rel"], association["uri"]) == ("successor", by_uri["2"]["uri"])
    assert SECRET not in json.dumps([by_uri["3"], by_uri["4"]])
    delivered = {
        entry.delivered.guid: entry.delivered.withdrawn for entry in parse(tmp_path).entries if entry.delivered
    }
    assert [delivered[by_uri[number]["uri"]] for number in "1234"] == [True, False, True, True]


def test_a_bare_day_is_no_time(store: Store, reader: read.Reader) -> None:
    place_stories(store, 1)
    assert item_of(reader.story(1))["contentCreated"] == "2025-08-24T03:05:02Z"
    with store.engine.begin() as db:
        db.execute(text("UPDATE article SET published_precision = 'day'"))
    assert "contentCreated" not in item_of(reader.story(1))

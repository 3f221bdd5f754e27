"""Exports that die at any point and run again, over what others left in the folder."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

import fsspec
import pytest
from sqlalchemy import select, update

from pipeline import read
from pipeline.errors import UsageError
from pipeline.export.files import CountedFile, Export, Folder, Heading
from pipeline.store import Store
from pipeline.store.schema.tables import story
from tests.cli.process import ROOT
from tests.export.formats import EXPORTS, files_of
from tests.store.desk import Desk
from tests.store.samples import NOW

# How often an export of each format is killed, on each database.
KILLS = int(os.environ.get("COPYDESK_EXPORT_KILLS", "3"))


def fill(store: Store, seed: int, acts: int = 40) -> None:
    """Stories as a busy desk leaves them, first seen over some days."""
    random = Random(seed)
    desk = Desk(store, random)
    with store.lease.acquire():
        desk.place()
        for _ in range(acts):
            desk.act()
    with store.engine.begin() as db:
        for number in db.scalars(select(story.c.id)).all():
            first_seen = NOW + timedelta(hours=random.randint(0, 72))
            db.execute(update(story).where(story.c.id == number).values(first_seen=first_seen))


@pytest.mark.parametrize("form", EXPORTS)
def test_an_export_killed_at_random_and_run_again_is_the_same_bytes(
    store: Store, store_url: str, tmp_path: Path, form: str
) -> None:
    fill(store, 1)
    command = [sys.executable, "-m", "tests.export.killed_export", form, store_url, str(tmp_path), str(KILLS), "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= KILLS


@pytest.mark.parametrize("form", EXPORTS)
def test_the_manifest_has_each_file_as_it_is(store: Store, reader: read.Reader, tmp_path: Path, form: str) -> None:
    fill(store, 2)
    EXPORTS[form](reader, str(tmp_path / "out"), "")
    files = files_of(tmp_path / "out")
    manifest = json.loads(files.pop("manifest.json"))
    assert "_started.json" not in files
    assert {row["name"] for row in manifest["files"]} == files.keys() >= {"kills.jsonl"}
    for row in manifest["files"]:
        content = files[row["name"]]
        assert (row["sha256"], row["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    info = reader.info()
    assert (manifest["store"], manifest["cursor"], manifest["epoch"]) == (
        info.store, info.cursor, info.cursor.partition(".")[0],
    )  # fmt: skip
    assert (manifest["format"], manifest["since"]) == (form, "")


def test_a_later_export_leaves_nothing_of_the_one_before(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 3)
    out = str(tmp_path / "out")
    first = EXPORTS["parquet"](reader, out, "")
    (tmp_path / "out" / "mine.txt").write_text("of the user")
    EXPORTS["parquet"](reader, out, first.cursor)
    assert {name for name in files_of(tmp_path / "out") if "/" in name or name == "mine.txt"} == {"mine.txt"}


def test_an_address_of_another_file_system(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 4)
    for form, export in EXPORTS.items():
        export(reader, f"memory://{tmp_path.name}/{form}", "")
        export(reader, str(tmp_path / form), "")
        files = fsspec.filesystem("memory")
        stored = {name: files.cat_file(name) for name in files.find(f"/{tmp_path.name}/{form}")}
        assert {name.partition(f"/{form}/")[2]: content for name, content in stored.items()} == files_of(
            tmp_path / form
        )
    with pytest.raises(UsageError):
        Folder("nosuchscheme://x")


HEADING = Heading("jsonl", "store", "0030", "epoch", "", "epoch.1.tag")


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"[]", b"{", b"\xff", b'{"files": 7}', b'{"files": [7, {}], "stale": "x"}',
        b'{"files": [{"name": "../other.txt"}], "stale": ["../other.txt", "/other.txt", "a/../../other.txt", null]}',
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_removes_nothing_outside(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "other.txt").write_text("another's")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_bytes(manifest)
    export = Export(Folder(str(tmp_path / "out")), HEADING)
    export.write_lines("stories.jsonl", [b"{}"])
    export.finish()
    assert files_of(tmp_path).keys() == {"other.txt", "out/manifest.json", "out/stories.jsonl"}


def test_a_file_that_was_cut_short_is_written_again(tmp_path: Path) -> None:
    for _ in range(2):
        export = Export(Folder(str(tmp_path)), HEADING)
        export.write_lines("stories.jsonl", [b'{"story": 1}'])
        export.finish()
        assert (tmp_path / "stories.jsonl").read_bytes() == b'{"story": 1}\n'
        (tmp_path / "stories.jsonl").write_bytes(b"{")


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))

    def fails(file: CountedFile) -> int:
        file.write(b"half")
        raise OSError("no space")

    export = Export(folder, HEADING)
    with pytest.raises(OSError, match="no space"):
        export.write({"stories.jsonl": fails})
    assert not (tmp_path / "stories.jsonl").exists()
    assert not (tmp_path / "manifest.json").exists()

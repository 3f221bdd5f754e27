"""How two versions of a story differ, whatever reader gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import NotStored
from pipeline.read.reader import StoryReader
from pipeline.read.records import VersionText
from pipeline.read.word_diff import Piece, text_diff


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """Title and paragraphs of the version ``new`` in pieces, with what the version ``old`` had beside; null: none
    before."""

    story: int
    old: int | None
    new: int
    paragraphs: list[list[Piece]]


def compare_versions(reader: StoryReader, story_id: int, old: int | None, new: int | None) -> VersionDiff:
    """Return how two versions differ: without ``new`` the one in force, without ``old`` the one before it. Raises
    what :meth:`StoryReader.text` does, and NotStored where the text of ``old`` may not be read."""
    later = reader.text(story_id, new)
    earlier = _earlier_version(reader.versions(story_id), later.version, old)
    paragraphs = text_diff(_lines(later), _lines(earlier) if earlier else None)
    return VersionDiff(story_id, earlier.version if earlier else None, later.version, paragraphs)


def _earlier_version(versions: Sequence[VersionText], later: int, number: int | None) -> VersionText | None:
    readable = [version for version in versions if version.body is not None]
    if number is None:
        return next((version for version in reversed(readable) if version.version < later), None)
    chosen = next((version for version in readable if version.version == number), None)
    if chosen is None:
        raise NotStored("no such version, or its text is not to be used", concerns=f"version {number}")
    return chosen


def _lines(version: VersionText) -> tuple[str, ...]:
    return (version.title or "", *(version.body or ()))

"""Cursors of the change log, and the tags that tell one log from another. Pure.

A cursor is ``epoch.seq.tag``: which log, how far, and the tag of that line. Tags are chained: that of a line depends on
all lines before it. A store that was restored from a backup and went on has other tags than the one that was lost.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.errors import CursorAhead, CursorForeign, CursorGone

# The tag before the first line.
NO_TAG = "0" * 16
_FORM = re.compile(r"([0-9a-f]{8,16})\.([0-9]{1,18})\.([0-9a-f]{16})", re.ASCII)
_BARE = re.compile(r"[0-9]{1,18}", re.ASCII)
START_AGAIN = "read all stories again, then follow the log from its end: copydesk changes --end"


class LogState(NamedTuple):
    """Whose log it is, where it ends, and the line up to which it was compacted, each with its tag."""

    store: str
    epoch: str
    head: int
    head_tag: str
    floor: int
    floor_tag: str

    @property
    def end(self) -> str:
        """Return the cursor of the last line."""
        return format_cursor(self.epoch, self.head, self.head_tag)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a log. A bare number, as earlier versions printed it, has neither epoch nor tag."""

    seq: int
    epoch: str = ""
    tag: str = ""


def format_cursor(epoch: str, seq: int, tag: str) -> str:
    """Return the cursor behind the line ``seq``."""
    return f"{epoch}.{seq}.{tag}"


def parse_cursor(text: str | int) -> Cursor:
    """Return the cursor that a text stands for; '' and '0' are the beginning. Raises CursorForeign where it is none."""
    if match := _FORM.fullmatch(str(text)):
        return Cursor(int(match[2]), match[1], match[3])
    if text == "" or _BARE.fullmatch(str(text)):
        return Cursor(int(text or 0))
    raise CursorForeign(
        "this is no cursor", concerns=repr(str(text)[:60]), todo=f"pass one as printed, or {START_AGAIN}"
    )


def check_cursor(cursor: Cursor, state: LogState, tag: str | None) -> None:
    """Check that the log can be read on from the cursor; ``tag`` is that of its line in the log, None where it is gone.

    Raises CursorForeign, CursorAhead or CursorGone, each of which says what to do.
    """
    concerns = f"cursor {format_cursor(cursor.epoch, cursor.seq, cursor.tag) if cursor.epoch else cursor.seq}"
    if cursor.epoch and cursor.epoch != state.epoch:
        raise CursorForeign("it is of another store's log", concerns=concerns, todo=START_AGAIN)
    if cursor.seq > state.head:
        problem = f"the change log ends at {state.head}: it is of another store, or of one restored from a backup"
        raise CursorAhead(problem, concerns=concerns, todo=START_AGAIN)
    if cursor.seq < state.floor:
        raise CursorGone(f"the change log begins after {state.floor} now", concerns=concerns, todo=START_AGAIN)
    if cursor.tag and cursor.tag != tag:
        problem = "the log has another line there: the store was restored from a backup, and went on"
        raise CursorForeign(problem, concerns=concerns, todo=START_AGAIN)


def chain_tag(previous: str, line: Sequence[object]) -> str:
    """Return a line's tag: the first 8 bytes, in hex, of the SHA-256 of the tag before it and the line's fields as a
    JSON list in UTF-8 without blanks."""
    fields = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return hashlib.sha256(bytes.fromhex(previous) + fields).hexdigest()[:16]

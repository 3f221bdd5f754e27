"""Files of JSON lines: read with a clear error for each bad line, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import UsageError

Record = dict[str, Any]


def read_jsonl(path: Path, required: tuple[str, ...]) -> Iterator[Record]:
    """Yield the file's records. Raises UsageError, with file and line, for what is no record with these fields."""
    for place, text in _numbered_lines(path):
        record = _parse(text, place)
        missing = [name for name in required if name not in record]
        if missing:
            raise UsageError(
                f"lacks {', '.join(missing)}", concerns=place, todo=f"each record has {', '.join(required)}"
            )
        yield record


def read_documents(path: Path) -> Iterator[Record]:
    """Yield the documents that ``copydesk cluster`` places: ``id, outlet, published, title, text``.

    Takes records of ``copydesk extract-many`` too. Raises UsageError, with file and line, for a document without an id,
    with the id of another one, with a time that is none, or without a text.
    """
    hashes: set[int] = set()  # 32 bytes a document, where the ids themselves may be addresses
    for place, text in _numbered_lines(path):
        document = document_of(_parse(text, place), place)
        if (key := hash(str(document["id"]))) in hashes:
            todo = "give each document an id of its own; nothing was written"
            raise UsageError(f"the id {document['id']} stands twice", concerns=place, todo=todo)
        hashes.add(key)
        yield document


def write_jsonl(path: Path, records: Iterable[Mapping[str, Any]], distinct: str) -> int:
    """Write all records, or nothing; return how many distinct values ``distinct`` had."""
    values = set()
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as lines:
            for record in records:
                values.add(record[distinct])
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return len(values)


def count_lines(path: Path) -> int:
    """Return how many lines hold something."""
    with path.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, text in enumerate(lines, 1):
                if text.strip():
                    yield f"{path}:{number}", text
    except UnicodeDecodeError:
        raise UsageError("not UTF-8 text", concerns=f"{path}:{number + 1}", todo="one JSON record a line") from None


def _parse(text: str, place: str) -> Record:
    try:
        record = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        reason = getattr(error, "msg", "nested too deep")
        raise UsageError(f"not JSON: {reason}", concerns=place, todo="one JSON record a line") from None
    if not isinstance(record, dict):
        raise UsageError("no JSON record", concerns=place, todo='each line is {"id": ...}')
    return record


def document_of(record: Record, place: str) -> Record:
    """Return a record as a document: it may be one of ``copydesk extract-many``. Raises UsageError, naming ``place``,
    where it lacks something or has a time that is none."""
    document = _extracted_document(record) if isinstance(record.get("body"), list) and "text" not in record else record
    required = ("id", "outlet", "published", "title", "text")
    missing = [name for name in required if name not in document]
    if missing:
        raise UsageError(f"lacks {', '.join(missing)}", concerns=place, todo=f"each record has {', '.join(required)}")
    fault = _document_fault(document)
    if fault:
        raise UsageError(fault, concerns=place, todo="correct that line; nothing was written")
    return document


def _extracted_document(record: Record) -> Record:
    """A record of ``copydesk extract-many`` as a document: the host stands for the outlet."""
    published = record.get("published")
    return {
        "id": record.get("id"),
        "outlet": record.get("outlet") or urlsplit(str(record.get("url", ""))).hostname or "",
        "published": published.get("value") if isinstance(published, dict) else published,
        "title": record.get("title") or "",
        "text": "\n".join(map(str, record["body"])) or record.get("deck") or "",
    }


def _document_fault(document: Record) -> str:
    identity, published = document["id"], document["published"]
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        return "the id is no text and no number"
    for name in ("text", "title", "outlet"):
        if not isinstance(document[name], str):
            return f"{name} is {json.dumps(document[name])[:40]}, not a text"
    if published not in (None, "") and not _is_time(published):
        return f"published is {json.dumps(published)[:60]}, not a time as ISO 8601 has it"
    return ""


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False

"""The index of stories' words: title and text of the version in force, to find stories by what they say.

SQLite has it as an FTS5 table (sqlite.org/fts5.html), PostgreSQL as a column of ``tsvector`` with a GIN index. What is
a word, and which spellings are one word, is said here and not by the databases (:func:`pipeline.text.shingles.tokens`):
both find the same stories in every script; those written without blanks have a word a character, and are found by runs
of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, text

from pipeline.text.shingles import tokens

# Words of a story that are found, and of a search.
MOST_WORDS = 16_000
MOST_PHRASES = 20
# PostgreSQL bounds a lexeme at 2,046 bytes.
LONGEST_WORD = 400

_DELETE = {
    "sqlite": text("DELETE FROM story_words WHERE rowid = :story"),
    "postgresql": text("DELETE FROM story_words WHERE story_id = :story"),
}
_INSERT = {
    "sqlite": text("INSERT INTO story_words (rowid, words) VALUES (:story, :words)"),
    "postgresql": text("INSERT INTO story_words (story_id, words) VALUES (:story, CAST(:words AS tsvector))"),
}
_MATCH = {
    "sqlite": "story.id IN (SELECT rowid FROM story_words WHERE story_words MATCH :words)",
    "postgresql": "story.id IN (SELECT story_id FROM story_words WHERE words @@ CAST(:words AS tsquery))",
}
# A search's quoted phrases, and its other words.
_PHRASE = re.compile(r'["“”„«「]([^"“”»」]*)["“”»」]|(\S+)')


def index_words(db: Connection, texts: Iterable[tuple[int, str, Sequence[str]]]) -> None:
    """Index (story, title, paragraphs), each in place of what was indexed of the story before."""
    dialect = db.dialect.name
    rows = [
        {"story": number, "words": _document(dialect, _words_of("\n".join((title, *body))))}
        for number, title, body in texts
    ]
    if rows:
        db.execute(_DELETE[dialect], [{"story": row["story"]} for row in rows])
        db.execute(_INSERT[dialect], rows)


def forget_words(db: Connection, story_ids: Iterable[int]) -> None:
    """Take stories out of the index, so that nothing of their texts is left in it once the database is vacuumed."""
    rows = [{"story": number} for number in story_ids]
    if not rows:
        return
    db.execute(_DELETE[db.dialect.name], rows)
    if db.dialect.name == "sqlite":
        # FTS5 only marks words as deleted until it merges its segments.
        db.exec_driver_sql("INSERT INTO story_words (story_words) VALUES ('optimize')")


def has_words(dialect: str, search: str) -> ColumnElement[bool] | None:
    """Return the condition that a story has all words of the ``search``, phrases in quotes as they stand; None where
    it has no word."""
    quoted = (phrase or word for phrase, word in _PHRASE.findall(search))
    phrases = [phrase for phrase in map(_words_of, islice(quoted, MOST_PHRASES)) if phrase]
    if not phrases:
        return None
    query = _fts5_query(phrases) if dialect == "sqlite" else _tsquery(phrases)
    condition: ColumnElement[bool] = text(_MATCH[dialect]).bindparams(words=query)  # type: ignore[assignment]
    return condition


def _words_of(plain: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in islice(tokens(plain), MOST_WORDS)]


def _document(dialect: str, words: Sequence[str]) -> str:
    if dialect == "sqlite":
        return " ".join(words)
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words, 1))


def _fts5_query(phrases: Sequence[Sequence[str]]) -> str:
    # Words are letters, marks and digits alone, so that none ends the quotes.
    return " AND ".join(f'"{" ".join(phrase)}"' for phrase in phrases)


def _tsquery(phrases: Sequence[Sequence[str]]) -> str:
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)

"""The index of stories' words: title and text of the version in force, to find stories by what they say.

SQLite has it as an FTS5 table (sqlite.org/fts5.html), PostgreSQL as a column of ``tsvector`` with a GIN index. What is
a word, and which spellings are one word, is said here and not by the databases (:func:`pipeline.text.shingles.tokens`):
both find the same stories in every script; those written without blanks have a word a character, and are found by runs
of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    TextualSelect,
    column,
    func,
    literal,
    select,
    text,
)

from pipeline.store.schema.tables import story
from pipeline.text.searches import asked_phrases, compared_words

# Words of a story that are found.
MOST_WORDS = 16_000
# Stories of a rare search: so many are found and sorted in 60 ms.
MOST_RARE = 5000

_DELETE = {
    "sqlite": text("DELETE FROM story_words WHERE rowid = :story"),
    "postgresql": text("DELETE FROM story_words WHERE story_id = :story"),
}
_INSERT = {
    "sqlite": text("INSERT INTO story_words (rowid, words) VALUES (:story, :words)"),
    "postgresql": text("INSERT INTO story_words (story_id, words) VALUES (:story, CAST(:words AS tsvector))"),
}
_MATCH = {
    "sqlite": "SELECT rowid AS story FROM story_words WHERE story_words MATCH :words",
    "postgresql": "SELECT story_id AS story FROM story_words WHERE words @@ CAST(:words AS tsquery)",
}
# Each optimize of FTS5 adds a level to its index; above 2,000 SQLite 3.40 calls the database malformed, and writes no
# more. To build the index anew takes as long as to index all texts, and leaves one level.
MOST_LEVELS = 500
_NEWER_FORM = b"\xff\x00\x00\x01"


def index_words(db: Connection, texts: Iterable[tuple[int, str, Sequence[str]]]) -> None:
    """Index (story, title, paragraphs), each in place of what was indexed of the story before."""
    dialect = db.dialect.name
    rows = [
        {"story": number, "words": _document(dialect, compared_words("\n".join((title, *body)), MOST_WORDS))}
        for number, title, body in texts
    ]
    if rows:
        db.execute(_DELETE[dialect], [{"story": row["story"]} for row in rows])
        db.execute(_INSERT[dialect], rows)


def forget_words(db: Connection, story_ids: Iterable[int]) -> None:
    """Take stories out of the index: they are found no more. :func:`erase_forgotten` takes their words out of its
    bytes."""
    if rows := [{"story": number} for number in story_ids]:
        db.execute(_DELETE[db.dialect.name], rows)


def erase_forgotten(db: Connection) -> None:
    """Take the words of forgotten stories out of SQLite's index, where FTS5 only marks them as deleted, so that nothing
    of them is left once the database is vacuumed. PostgreSQL does so by itself."""
    if db.dialect.name == "sqlite":
        command = "rebuild" if index_levels(db) > MOST_LEVELS else "optimize"
        db.execute(text("INSERT INTO story_words (story_words) VALUES (:command)"), {"command": command})


def index_levels(db: Connection) -> int:
    """Return how many levels SQLite's index has: the first number of its structure record, a varint behind a cookie of
    four bytes, and a mark in newer versions ("The FTS5 %_data table", fts5_index.c)."""
    record = bytes(db.scalar(text("SELECT block FROM story_words_data WHERE id = 10")) or b"")[4:]
    levels = 0
    for byte in record.removeprefix(_NEWER_FORM):
        levels = levels << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return levels


def has_words(db: Connection, search: str, number: ColumnElement[int] = story.c.id) -> ColumnElement[bool] | None:
    """Return the condition that the story of this ``number`` has all words of the ``search``, phrases in quotes as they
    stand; None where it has no word."""
    phrases, dialect = asked_phrases(search), db.dialect.name
    if not phrases:
        return None
    query = _fts5_query(phrases) if dialect == "sqlite" else _tsquery(phrases)
    matches = text(_MATCH[dialect]).bindparams(words=query).columns(column("story", Integer))
    few = _rare_matches(db, matches) if dialect == "postgresql" else None
    return number.in_(matches) if few is None else number == func.any(literal(few, ARRAY(BigInteger)))


def _rare_matches(db: Connection, matches: TextualSelect) -> list[int] | None:
    """Return the stories of a search that finds at most MOST_RARE; None where it finds more.

    PostgreSQL knows how frequent the most frequent words are alone. Any other search it takes for one that finds
    thousands, and looks for the first page of them in all stories, the newest first: five seconds of a quarter million
    where there are none. By the index of words it is asked for them first, which it avoids by itself where it believes
    a search to be a frequent one.
    """
    db.execute(select(func.set_config("enable_seqscan", "off", True)))
    stories = list(db.scalars(select(matches.subquery().c.story).limit(MOST_RARE + 1)))
    db.execute(select(func.set_config("enable_seqscan", "on", True)))
    return stories if len(stories) <= MOST_RARE else None


def says_words(search: str, title: str, paragraphs: Sequence[str]) -> bool:
    """Return whether a text has all words of the ``search``, as the index would say of it."""
    words = f" {' '.join(compared_words(chr(10).join((title, *paragraphs)), MOST_WORDS))} "
    return all(f" {' '.join(phrase)} " in words for phrase in asked_phrases(search))


def _document(dialect: str, words: Sequence[str]) -> str:
    if dialect == "sqlite":
        return " ".join(words)
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words, 1))


def _fts5_query(phrases: Sequence[Sequence[str]]) -> str:
    # Words are letters, marks and digits alone, so that none ends the quotes.
    return " AND ".join(f'"{" ".join(phrase)}"' for phrase in phrases)


def _tsquery(phrases: Sequence[Sequence[str]]) -> str:
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)

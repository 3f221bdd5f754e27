"""Every path that gives texts to readers, looked through for one that was removed: ``copydesk remove --prove``.

:func:`pipeline.steps.kills.find_traces` looks at what is stored. Here is what is given: SQL views, the client, exports,
pages with API and feeds, and the commands. Each is asked for this story, and for all that changed with its removal.
"""

from __future__ import annotations

import gzip
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from pipeline import read
from pipeline.config import Config
from pipeline.errors import CopydeskError, UsageError
from pipeline.export.feeds import export_feeds
from pipeline.export.forms import FORMS, exporter
from pipeline.export.jsonl import json_line
from pipeline.export.warc import export_warc
from pipeline.model import Trace
from pipeline.read import Reader, StoryFilter
from pipeline.steps.kills import long_texts, shows_text
from pipeline.store import Store, read_store
from pipeline.store.schema.sql_views import view_tables

# Words of the text that a search is asked for, and rows of a view that are looked at at once.
SEARCHED, ROWS = 4, 1000
# What is asked for, and how to get its answer.
Ask = tuple[str, Callable[[], str]]


class Proof:
    """Looks for ``texts`` wherever a story is given; ``before`` is the log's end before the removal."""

    def __init__(self, config: Config, feeds: Path | None, story_id: int, before: str, texts: Sequence[str]) -> None:
        self._config, self._feeds, self._story, self._before = config, feeds, story_id, before
        self._texts = long_texts(texts)
        self._searched = " ".join(self._texts[0].split()[:SEARCHED]) if self._texts else "nothing"
        copies, self._agency = story_rows(config, story_id)
        self._articles = [str(copy.article) for copy in copies] or ["1"]
        self._outlets, self._urls = [copy.outlet for copy in copies], [copy.url for copy in copies]

    def traces(self) -> Iterator[Trace]:
        """Yield each path with its name again as its place where it gives one of the texts. A path whose library is
        not installed is named so, with no text looked for."""
        for paths in (self._views, self._client, self._exports, self._pages, self._commands):
            try:
                yield from (self._trace(name, give) for name, give in paths())
            except ImportError as error:
                yield Trace(f"{paths.__name__.strip('_')}: {error.name} is not installed", 0, ())

    def _trace(self, name: str, give: Callable[[], str]) -> Trace:
        return Trace(name, len(self._texts), (name,) if shows_text(answer_of(give), self._texts) else ())

    def _views(self) -> Iterator[Ask]:
        with read_store(self._config.store) as store:
            for name in view_tables(store.engine.dialect.name):
                yield f"view {name}", lambda name=name: self._rows_with(store, name)  # type: ignore[misc]

    def _rows_with(self, store: Store, view: str) -> str:
        """Return the rows of a view that show a text."""
        query = select(view_tables(store.engine.dialect.name)[view])
        with store.reading() as db:
            result = db.execute(query, execution_options={"yield_per": ROWS})
            rows = ("\n".join(map(str, row)) for row in result)
            return "\n".join(row for row in rows if shows_text(row, self._texts))

    def _client(self) -> Iterator[Ask]:
        with read.open(self._config.store) as reader:
            yield from story_calls("client", reader, self._story)
            with suppress(CopydeskError):
                yield from story_calls("client's past", reader.at(self._before), self._story)
            yield "client changes", lambda: text_of(reader.changes(self._before, state="full"))
            yield "client find", lambda: text_of(reader.find(self._urls))
            yield "client snapshot", lambda: self._snapshot(reader)

    def _snapshot(self, reader: Reader) -> str:
        with reader.snapshot(self._before) as snapshot:
            return "\n".join(map(text_of, [*snapshot.states, *snapshot.kills]))

    def _exports(self) -> Iterator[Ask]:
        with read.open(self._config.store) as reader:
            for form in FORMS:
                with suppress(UsageError):
                    write = exporter(form)
                    yield (
                        f"export {form}",
                        lambda write=write: exported(  # type: ignore[misc]
                            lambda out: write(reader, out, self._before)
                        ),
                    )
            yield "export feeds", lambda: exported(lambda out: export_feeds(reader, out, words=[self._searched]))
            archive, stories = self._config.archive, [self._story]
            yield "export warc", lambda: exported(lambda out: export_warc(reader, archive, out, stories))

    def _pages(self) -> Iterator[Ask]:
        addresses, app = (importlib.import_module(f"pipeline.web.{name}") for name in ("addresses", "app"))
        with read_store(self._config.store) as store:
            site = app.create_app(lambda: store, lambda: None, open_config=lambda: self._config)
            routes = addresses.readable_addresses(site.routes, self._values(), self._queries())
            for address in dict.fromkeys([*routes, *self._searches()]):
                yield f"GET {address}", lambda address=address: addresses.get_text(site, address)  # type: ignore[misc]

    def _values(self) -> dict[str, str]:
        values = {"story_id": str(self._story), "article_id": self._articles[0], "name": next(iter(self._outlets), "")}
        return values | {"first": self._articles[0], "second": self._articles[-1], "agency": self._agency}

    def _queries(self) -> dict[str, str]:
        after = {"changes": "state=full&after=", "snapshot": "since="}
        return {f"/api/v1/{name}": query + self._before for name, query in after.items()}

    def _searches(self) -> list[str]:
        from pipeline.web.pages.stories import Form

        words = self._searched.replace(" ", "%20").replace("&", "%26").replace("#", "%23")
        return [f"/stories?q={words}&form={form.value}" for form in Form]

    def _commands(self) -> Iterator[Ask]:
        story, form = str(self._story), ("--json", "--csv")
        commands = [("story", story), ("story", story, "--json"), ("doubts", "--json")]
        commands += [("stories",), *(("stories", option) for option in form)]
        commands += [("changes", "--after", self._before, option) for option in form]
        commands += [("find", *self._urls, "--json")]
        commands += [("pickup", "--agency", self._agency, option) for option in form]
        for words in commands:
            yield f"copydesk {' '.join(words)}", lambda words=words: self._printed(words)  # type: ignore[misc]

    def _printed(self, words: Sequence[str]) -> str:
        config_option = ["--feeds", str(self._feeds)] if self._feeds else []
        command = [sys.executable, "-m", "pipeline.cli.main", *words, *config_option]
        return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace").stdout


def story_rows(config: Config, story_id: int) -> tuple[Sequence[Any], str]:
    """Return the copies of a story, of which a removed one still has the addresses, and its agency."""
    with read_store(config.store) as store, store.reading() as db:
        views = view_tables(db.dialect.name)
        copies = db.execute(select(views["copy"]).where(views["copy"].c.story == story_id)).all()
        return copies, db.scalar(select(views["story"].c.agency).where(views["story"].c.story == story_id)) or "AFP"


def story_calls(name: str, reader: read.StoryReader, story_id: int) -> Iterator[Ask]:
    """Yield what a reader gives of a story, and the first page of all."""
    calls = (reader.story, reader.text, reader.versions, reader.copies)
    for call in calls:
        yield f"{name} {call.__name__}", lambda call=call: text_of(call(story_id))  # type: ignore[misc]
    yield f"{name} stories", lambda: text_of(reader.stories(StoryFilter(status=None)))


def answer_of(give: Callable[[], str]) -> str:
    """Return what a path gives; an error, as of a story that is removed, is an answer too."""
    try:
        return give()
    except CopydeskError as error:
        return str(error)


def text_of(record: Any) -> str:
    """Return a record as JSON."""
    return json_line(record).decode("utf-8", "replace")


def exported(write: Callable[[str], object]) -> str:
    """Return what the files of an export hold."""
    with TemporaryDirectory() as folder:
        write(folder)
        return "\n".join(file_text(file) for file in sorted(Path(folder).rglob("*")) if file.is_file())


def file_text(file: Path) -> str:
    """Return what a file holds, unpacked."""
    if file.suffix == ".parquet":
        from pyarrow import parquet

        return str(parquet.read_table(file).to_pylist())
    content = file.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8", "replace")

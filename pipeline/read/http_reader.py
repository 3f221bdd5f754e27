"""A reader of the JSON API (docs/downstream.md): what a reader of the database gives, with the same errors."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3

from pipeline.errors import CopydeskError, NotStored, SchemaUnknown, StoreError, UsageError
from pipeline.model import Change, ChangeKind, Snippet
from pipeline.read.problem_codes import error_of
from pipeline.read.reader import PAGE, Order, Reader, State, StoryReader, aware_moment
from pipeline.read.records import (
    ChangePage,
    CopyPlace,
    Kill,
    PagePlace,
    Snapshot,
    StoreInfo,
    StoryFilter,
    StoryHead,
    StoryPage,
    StoryState,
    VersionText,
)

T = TypeVar("T")
# Rows that one request asks for at most.
MOST = 1000
# Seconds that the API waits for a line at most.
LONGEST_WAIT = 60
# Seconds until a connection stands, and between two pieces of an answer.
TIMEOUT = urllib3.Timeout(connect=10, read=300)
# Requests that only read may be sent again where a connection broke.
RETRIES = urllib3.Retry(total=2, redirect=0, status=0, raise_on_redirect=False, raise_on_status=False)
CHUNK = 1 << 16
# Fields of a line of the log whose public names are others.
CHANGE_NAMES = {"story": "story_id", "other": "other_id", "by": "actor"}
Parameters = Sequence[tuple[str, str]]


class _Api:
    """The requests. Raises the error that a problem names; StoreError where nothing answers."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        if not parts.hostname:
            raise UsageError("this names no host", concerns=repr(address[:100]), todo="https://host/copydesk/api/v1")
        # Without a login that the address may hold: it is shown in errors.
        host = parts.netloc.rpartition("@")[2]
        self.address = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self.pool = urllib3.PoolManager(
            headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=TIMEOUT, retries=RETRIES, maxsize=8
        )

    def get(self, path: str, kind: type[T], parameters: Parameters = ()) -> T:
        with self.opened("GET", path, parameters) as response:
            return self._decoded(response.data, kind)

    def post(self, path: str, kind: type[T], record: object) -> T:
        with self.opened("POST", path, body=json.dumps(record).encode()) as response:
            return self._decoded(response.data, kind)

    @contextmanager
    def opened(
        self, method: str, path: str, parameters: Parameters = (), body: bytes | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Yield the answer, before its body is read."""
        url = f"{self.address}{path}"
        query = f"?{urlencode(parameters)}" if parameters else ""
        headers = {**self.pool.headers, "Content-Type": "application/json"}
        try:
            response = self.pool.request(
                method, url + query, body, headers=headers, redirect=False, preload_content=False
            )
            try:
                if response.status != 200:
                    raise _problem(response.data, response.status, url)
                yield response
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            todo = "check the address, and whether the server runs; then try again"
            raise StoreError(str(error).partition("(Caused")[0].strip(), concerns=url, todo=todo) from error

    def lines(self, path: str, parameters: Parameters) -> Generator[dict[str, Any], None, None]:
        """Yield the lines of NDJSON. Raises StoreError where the end is missing."""
        with self.opened("GET", path, parameters) as response:
            rest = b""
            for chunk in response.stream(CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    record = self._decoded(line, dict[str, Any])
                    if record.get("end"):
                        return
                    yield record
        raise StoreError("the answer was cut off", concerns=self.address + path, todo="try again")

    def _decoded(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.MsgspecError as error:
            todo = "use a reader of the server's version"
            raise SchemaUnknown(f"answers in another form: {error}", concerns=self.address, todo=todo) from error


def _problem(body: bytes, status: int, url: str) -> CopydeskError:
    """Return the error that a problem names (RFC 9457)."""
    try:
        problem = json.loads(body)
        detail, code = str(problem["detail"]), str(problem["code"])
    except (ValueError, KeyError, TypeError):
        return StoreError(f"answers {status}, and no problem", concerns=url, todo="is this the address of the API?")
    if status in (401, 403):
        return UsageError(detail, concerns=url, todo="pass a token that is let in")
    if status == 404 and not problem["concerns"] and code == "not-found":
        return NotStored(detail, concerns=url)
    return error_of(code, detail, str(problem["concerns"]), str(problem["todo"]), int(problem.get("to") or 0))


class _HttpStories(StoryReader):
    """Stories of an API, as they are (``at`` empty) or were."""

    def __init__(self, api: _Api, at: str = "") -> None:
        self._api, self._at = api, [("at", at)] if at else []

    def stories(
        self, filters: StoryFilter | None = None, *, order: Order = "first_seen", after: str = "", limit: int = PAGE
    ) -> StoryPage:
        """See :meth:`StoryReader.stories`."""
        heads, end = list[StoryHead](), after or None
        snippets = dict[int, Snippet]()
        fixed = [*_filter_parameters(filters or StoryFilter()), ("order", order), *self._at]
        while True:
            place = [("after", end)] if end else []
            rows = [("limit", str(min(limit - len(heads), MOST)))]
            page = self._api.get("/stories", StoryPage, [*fixed, *place, *rows])
            heads += page.stories
            snippets |= page.snippets
            end = page.after
            if end is None or len(heads) >= limit:
                return StoryPage(tuple(heads), end, snippets)

    def story(self, story_id: int) -> StoryState:
        """See :meth:`StoryReader.story`."""
        return self._api.get(f"/stories/{story_id}", StoryState, self._at)

    def versions(self, story_id: int) -> tuple[VersionText, ...]:
        """See :meth:`StoryReader.versions`."""
        return tuple(self._api.get(f"/stories/{story_id}/versions", list[VersionText], self._at))

    def copies(self, story_id: int) -> tuple[CopyPlace, ...]:
        """See :meth:`StoryReader.copies`."""
        return tuple(self._api.get(f"/stories/{story_id}/copies", list[CopyPlace], self._at))


class HttpReader(_HttpStories, Reader):
    """The API of a store. A page of changes has at most 1,000 lines, and the rest of a commit."""

    def __init__(self, address: str, token: str = "") -> None:
        super().__init__(_Api(address, token))

    def close(self) -> None:
        """Close all connections."""
        self._api.pool.clear()

    def info(self) -> StoreInfo:
        """See :meth:`Reader.info`."""
        return self._api.get("/info", StoreInfo)

    def at(self, moment: datetime | str) -> StoryReader:
        """See :meth:`Reader.at`."""
        text = moment if isinstance(moment, str) else aware_moment(moment).isoformat()
        # An empty cursor is the log's beginning, and no parameter would be the present.
        # A moment is asked for once: what is committed later may bear it too.
        return _HttpStories(self._api, self._api.get("/info", StoreInfo, [("at", text or "0")]).cursor)

    @contextmanager
    def snapshot(self, since: str = "") -> Iterator[Snapshot]:
        """See :meth:`Reader.snapshot`."""
        lines = self._api.lines("/snapshot", [("since", since)] if since else [])
        info = msgspec.convert(next(lines)["info"], StoreInfo)
        kills, first = list[Kill](), dict[str, Any]()
        for first in lines:
            if "kill" not in first:
                break
            kills.append(msgspec.convert(first["kill"], Kill))
        try:
            yield Snapshot(info, _states([first], lines), iter(kills))
        finally:
            lines.close()

    def find(self, urls: Sequence[str]) -> tuple[PagePlace, ...]:
        """See :meth:`Reader.find`."""
        distinct = list(dict.fromkeys(urls))
        parts = [distinct[start : start + MOST] for start in range(0, len(distinct), MOST)]
        return tuple(place for part in parts for place in self._api.post("/find", list[PagePlace], {"urls": part}))

    def _change_page(self, after: str, kinds: Set[ChangeKind], limit: int, state: State, wait: float) -> ChangePage:
        place = [("after", after)] if after else []
        wanted = [("kind", kind.value) for kind in sorted(kinds)]
        seconds = min(max(wait, 0), LONGEST_WAIT)
        rows = [("limit", str(min(limit, MOST))), ("state", state), ("wait", str(seconds))]
        answer = self._api.get("/changes", _ChangeAnswer, [*place, *wanted, *rows])
        return ChangePage(tuple(map(_change, answer.lines)), answer.cursor, answer.states)


@dataclass(frozen=True, slots=True)
class _ChangeAnswer:
    """A page of the log as the API gives it."""

    lines: list[dict[str, Any]]
    cursor: str
    states: dict[int, StoryState]


def _change(record: dict[str, Any]) -> Change:
    return msgspec.convert({CHANGE_NAMES.get(name, name): value for name, value in record.items()}, Change)


def _states(first: Sequence[dict[str, Any]], lines: Iterator[dict[str, Any]]) -> Iterator[StoryState]:
    for records in (first, lines):
        for record in records:
            if "story" in record:
                yield msgspec.convert(record["story"], StoryState)


def _filter_parameters(filters: StoryFilter) -> Iterator[tuple[str, str]]:
    """Yield a filter as parameters; what is not asked for is left out."""
    for name in ("since", "until"):
        if (moment := getattr(filters, name)) is not None:
            yield name, aware_moment(moment).isoformat()
    for name in ("agency", "lang", "outlet", "section", "words"):
        if (text := getattr(filters, name)) is not None:
            yield name, text
    yield "status", filters.status.value if filters.status else "any"

"""What is the API's alone: who is let in, what answers otherwise, a snapshot that is cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import read
from pipeline.errors import StoreError, UsageError
from pipeline.export.jsonl import export_jsonl
from pipeline.read.problem_codes import ERRORS, code_of, error_of
from pipeline.store import Store
from pipeline.web.app import create_app
from tests.read.conftest import TOKEN, guard
from tests.read.test_reader import merge, place_stories
from tests.serving import serving
from tests.store.samples import NOW
from tests.web.api_server import running


def test_a_snapshot_is_the_same_by_every_way(store: Store, store_url: str, reader: read.Reader) -> None:
    place_stories(store, 3)
    since = reader.info().cursor
    merge(store, 1, 2)
    with store.lease.acquire():
        store.kills.withdraw(3, NOW, "a reason")
    with read.open(store_url) as direct:
        for cursor in ("", since):
            with direct.snapshot(cursor) as expected, reader.snapshot(cursor) as view:
                assert (view.info, list(view.states)) == (expected.info, list(expected.states))
                assert list(view.kills) == list(expected.kills)


def test_an_export_over_http_has_the_bytes_of_one_of_the_database(
    store: Store, store_url: str, reader: read.Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place_stories(store, 2)
    folder = tmp_path_factory.mktemp("exports")
    with read.open(store_url) as direct:
        manifest = export_jsonl(direct, str(folder / "direct"))
    assert export_jsonl(reader, str(folder / "http")) == manifest


def test_who_is_not_let_in_is_told(store: Store) -> None:
    with running(create_app(lambda: store, guard)) as address:
        for token in ("", "wrong"):
            with pytest.raises(UsageError, match="Not authenticated"):
                read.open(f"{address}/api/v1", token=token)
        with read.open(f"{address}/api/v1/", token=TOKEN) as reader:
            assert reader.info().schema
            with pytest.raises(UsageError, match="no SQL views"), reader.snapshot() as view:
                view.rows.story_days()


BODIES = {
    "/text/info": b"a page",
    "/form/info": b'{"store": 1}',
    "/cut/info": b'{"store": "s", "schema": "0", "cursor": "c", "floor": 0}',
    "/cut/snapshot": b'{"info": {"store": "s", "schema": "0", "cursor": "c", "floor": 0}}\n',
}


def test_what_is_no_api_is_told() -> None:
    with serving(BODIES) as port:
        address = f"http://127.0.0.1:{port}"
        for path in ("text", "form"):
            with pytest.raises(read.SchemaUnknown, match="another form"):
                read.open(f"{address}/{path}")
        with pytest.raises(StoreError, match="answers 404, and no problem"):
            read.open(f"{address}/none")
        with (
            read.open(f"{address}/cut") as reader,
            pytest.raises(StoreError, match="cut off"),
            reader.snapshot() as view,
        ):
            list(view.states)
    with pytest.raises(StoreError, match="whether the server runs"):
        read.open(address)


def test_an_address_shows_no_password() -> None:
    with pytest.raises(StoreError) as failure:
        read.open("http://name:secret@127.0.0.1:1/api/v1", token="also secret")
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("code", ERRORS)
def test_every_code_is_its_error_again(code: str) -> None:
    error = error_of(code, "a problem", "a thing", "a remedy", 7)
    assert (code_of(error), error.message, error.concerns, error.todo) == (code, "a problem", "a thing", "a remedy")


@given(st.text())
def test_a_code_of_a_later_version_is_an_error_of_the_store(code: str) -> None:
    assert isinstance(error_of(code, "a problem", "", ""), Exception)
    assert code in ERRORS or type(error_of(code, "a problem", "", "")) is StoreError

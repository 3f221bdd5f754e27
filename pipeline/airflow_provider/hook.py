"""The connection of a DAG to a store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from pipeline.model import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk import Connection

    from pipeline.read import ChangePage, Reader


class CopydeskHook(BaseHook):
    """Opens the store that an Airflow connection names, to be read.

    The connection's host is the store's address without its password: ``sqlite:///file``,
    ``postgresql+psycopg://user@host/database``; its password is the database's. Where Airflow has no connection of this
    id, the store is that of the config that ``COPYDESK_FEEDS`` names.
    """

    conn_name_attr = "conn_id"
    default_conn_name = "copydesk_default"
    conn_type = "copydesk"
    hook_name = "Copydesk"

    def __init__(self, conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def get_conn(self) -> Reader:
        """Return a reader of the store; close it. Raises StoreMissing, SchemaUnknown, StoreError."""
        from pipeline import read

        return read.open(self.source())

    def changes(self, after: str, kinds: Iterable[str], limit: int) -> ChangePage:
        """Return a page of the change log, as :meth:`Reader.changes`; ``kinds`` by their names. Raises as that does."""
        with self.get_conn() as reader:
            return reader.changes(after, kinds=map(ChangeKind, kinds), limit=limit)

    def source(self) -> str:
        """Return the store's address, password included."""
        try:
            return address_of(self.get_connection(self.conn_id))
        except AirflowNotFoundException:
            return configured_store()

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the store can be read, and what is in it or the reason, for Airflow's button."""
        from pipeline.errors import CopydeskError

        try:
            with self.get_conn() as reader:
                return True, f"the change log ends at {reader.info().cursor}"
        except CopydeskError as error:
            return False, str(error)

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return which fields of Airflow's form for connections are asked for, and under which name."""
        return {
            "hidden_fields": ["schema", "login", "port", "extra"],
            "relabeling": {"host": "Address of the store", "password": "Password of the database"},
            "placeholders": {"host": "postgresql+psycopg://reader@db.example/copydesk"},
        }


def address_of(connection: Connection) -> str:
    """Return the store's address that a connection names, with its password."""
    address = connection.host or configured_store()
    if not connection.password:
        return address
    from sqlalchemy import make_url

    return make_url(address).set(password=connection.password).render_as_string(hide_password=False)


def configured_store() -> str:
    """Return the address of the store of the config that ``COPYDESK_FEEDS`` names."""
    from pipeline.config import load

    return load(None, os.environ).store

"""An export as a task."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from pipeline.airflow_provider.hook import CopydeskHook


class CopydeskExportOperator(BaseOperator):
    """Writes an export as ``copydesk export`` does, and returns the cursor behind it.

    ``form``: jsonl, ninjs or parquet. ``out``: a folder or an fsspec address. ``since``: a cursor, behind which a story
    must have changed; '' exports all. All three are templates.
    """

    template_fields = ("form", "out", "since")

    def __init__(
        self, *, form: str, out: str, since: str = "", conn_id: str = CopydeskHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.form, self.out, self.since, self.conn_id = form, out, since, conn_id

    def execute(self, context: Any) -> str:
        """Return the manifest's cursor. Raises StoreError, and UsageError for a form that there is not."""
        from pipeline.export.forms import exporter

        write = exporter(self.form)
        with CopydeskHook(self.conn_id).get_conn() as reader:
            return write(reader, self.out, self.since).cursor

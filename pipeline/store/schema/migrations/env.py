"""Alembic's entry: run on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

from pipeline.store.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()

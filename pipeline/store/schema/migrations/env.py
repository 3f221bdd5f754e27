"""Alembic's entry: run on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

from pipeline.store.schema.sql_views import create_views, drop_views
from pipeline.store.schema.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
drop_views(connection)
context.run_migrations()
if context.get_context().get_current_revision() == context.get_head_revision():
    create_views(connection)

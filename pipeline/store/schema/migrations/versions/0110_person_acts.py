"""an index of what persons did: of a million lines of the change log a few are theirs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0085"
branch_labels = None
depends_on = None

BY_PERSON = sa.text("actor = 'person'")


def upgrade() -> None:
    op.create_index("ix_change_person", "change", ["tx"], sqlite_where=BY_PERSON, postgresql_where=BY_PERSON)


def downgrade() -> None:
    op.drop_index("ix_change_person", "change")

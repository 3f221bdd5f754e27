"""views give no headline of a story that is withdrawn, removed or merged; env.py makes them after every migration"""

from __future__ import annotations

revision = "0040"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change no table."""


def downgrade() -> None:
    """Change no table."""

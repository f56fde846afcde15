"""Tags of jobs."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE jobs_he ADD tags text[] NOT NULL DEFAULT '{}'")

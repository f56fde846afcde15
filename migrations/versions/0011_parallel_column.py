"""The column by which two connections share the rows of a job's query."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE jobs_he ADD parallel_column text")

"""How many rows a table of a run is expected to have, so that its page can say how far it is."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE run_tables ADD rows_expected bigint")

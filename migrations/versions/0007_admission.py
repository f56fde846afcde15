"""Which runs wait to be let in, and whose slot on a connection counts: found without a search."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEX = """
CREATE INDEX ix_runs_waiting ON runs (run_id) WHERE state = 'queued' AND queue_entry_id IS NULL;
CREATE INDEX ix_runs_active ON runs (job_id) WHERE state IN ('queued','running');
"""


def upgrade() -> None:
    op.execute(INDEX)

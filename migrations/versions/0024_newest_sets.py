"""The newest run of a parameter set, without a look at all runs of its job."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_run_sets_dataset_id", "run_sets", ["dataset_id", "run_id"])

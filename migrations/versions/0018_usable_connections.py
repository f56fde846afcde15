"""Which roles and users may use a connection; those that are there stay everybody's."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE connections"
        ' ADD usable_roles jsonb NOT NULL DEFAULT \'["normal", "moderator"]\'::jsonb,'
        " ADD usable_users jsonb NOT NULL DEFAULT '[]'::jsonb"
    )

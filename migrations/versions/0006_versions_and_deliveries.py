"""Who restored or threw away a version; the newest versions of a dataset found at once."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

VERSIONS = """
ALTER TABLE dataset_versions
    ADD restored_at  timestamptz,
    ADD restored_by  text,
    ADD discarded_at timestamptz,
    ADD discarded_by text;
CREATE INDEX ix_dataset_versions_newest
    ON dataset_versions (dataset_id, data_as_of DESC, version_id DESC);
CREATE INDEX ix_dataset_versions_kept ON dataset_versions (dataset_id) WHERE removed_at IS NULL;
DROP INDEX ix_dataset_versions_dataset_id;
"""


def upgrade() -> None:
    op.execute(VERSIONS)

"""What keys may read and who did: scopes of keys, readers of datasets, when data are expected."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE api_keys
    ADD dataset_patterns jsonb NOT NULL DEFAULT '["**"]',
    ADD actions          jsonb NOT NULL DEFAULT '["read", "sql", "status", "metrics"]',
    ADD networks         jsonb NOT NULL DEFAULT '[]',
    ADD rate_per_minute  integer,
    ADD last_address     text,
    ADD last_user_agent  text;
ALTER TABLE datasets ADD expected_by time;
CREATE TABLE dataset_readers (
    dataset_key   text NOT NULL,
    kind          text NOT NULL CONSTRAINT ck_dataset_readers_kind
                  CHECK (kind IN ('user','key','file_key')),
    reader        text NOT NULL,
    tool          text NOT NULL,
    reads         bigint NOT NULL,
    bytes_sent    bigint NOT NULL,
    first_read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_read_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_dataset_readers PRIMARY KEY (dataset_key, kind, reader, tool)
);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)

"""Which columns of a dataset are read and by whom, and since when reads are recorded."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE dataset_column_reads ("
        " dataset_key text NOT NULL,"
        " kind text NOT NULL CONSTRAINT ck_dataset_column_reads_kind"
        "  CHECK (kind IN ('user','key','file_key')),"
        " reader text NOT NULL,"
        " tool text NOT NULL,"
        " column_name text NOT NULL,"
        " last_read_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
        " CONSTRAINT pk_dataset_column_reads"
        "  PRIMARY KEY (dataset_key, kind, reader, tool, column_name))"
    )
    op.execute(
        "CREATE TABLE recordings ("
        " subject text NOT NULL CONSTRAINT pk_recordings PRIMARY KEY,"
        " since timestamptz NOT NULL DEFAULT clock_timestamp())"
    )
    # When the first read was noted is the earliest moment that is certain.
    op.execute(
        "INSERT INTO recordings (subject, since)"
        " SELECT 'reads', coalesce(min(first_read_at), clock_timestamp()) FROM dataset_readers"
    )

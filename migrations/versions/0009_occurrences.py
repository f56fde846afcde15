"""Since when a plan holds, the last maintenance, and records of many occurrences at once."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE jobs_he ADD schedule_since timestamptz NOT NULL DEFAULT clock_timestamp();
UPDATE jobs_he SET schedule_since = updated_at;
ALTER TABLE maintenance
    ADD last_paused_at  timestamptz,
    ADD last_resumed_at timestamptz;
CREATE TABLE occurrence_spans (
    span_id      bigserial CONSTRAINT pk_occurrence_spans PRIMARY KEY,
    job_id       integer NOT NULL CONSTRAINT fk_occurrence_spans_job_id
                 REFERENCES jobs_he (job_id) ON DELETE CASCADE,
    first_due_at timestamptz NOT NULL,
    last_due_at  timestamptz NOT NULL,
    occurrences  integer NOT NULL,
    reason       text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_occurrence_spans_job_id ON occurrence_spans (job_id);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)

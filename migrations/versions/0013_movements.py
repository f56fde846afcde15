"""Jobs that move tables: transfer and synchronisation, with their progress by table."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE connections ADD is_writable boolean NOT NULL DEFAULT false;
ALTER TABLE jobs_he
    ADD job_kind text NOT NULL DEFAULT 'export',
    ADD target_connection_id integer CONSTRAINT fk_jobs_he_target_connection_id
        REFERENCES connections (connection_id),
    ADD movement jsonb,
    ADD CONSTRAINT ck_jobs_he_job_kind CHECK (job_kind IN ('export','transfer','sync'));
CREATE TABLE run_tables (
    run_id          bigint NOT NULL CONSTRAINT fk_run_tables_run_id
                    REFERENCES runs (run_id) ON DELETE CASCADE,
    position        integer NOT NULL,
    source          text NOT NULL,
    target          text NOT NULL,
    state           text NOT NULL,
    attempt         integer NOT NULL DEFAULT 0,
    target_xid      bigint,
    rows            bigint,
    size_bytes      bigint,
    inserted        bigint,
    updated         bigint,
    deleted         bigint,
    skipped         bigint,
    duration_ms     bigint,
    checks          jsonb,
    notes           jsonb,
    error_code      text,
    error_message   text,
    started_at      timestamptz,
    finished_at     timestamptz,
    CONSTRAINT pk_run_tables PRIMARY KEY (run_id, position),
    CONSTRAINT ck_run_tables_state
        CHECK (state IN ('waiting','running','committing','done','failed'))
);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)

"""Schedules by cron and interval, policies, windows, gates, dependencies and backfills."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JOBS = """
ALTER TABLE jobs_he
    ADD cron_text             text,
    ADD every_minutes         integer,
    ADD starts_on             date,
    ADD ends_on               date,
    ADD paused_at             timestamptz,
    ADD paused_by             text,
    ADD missed_policy         text NOT NULL DEFAULT 'last'
        CONSTRAINT ck_jobs_he_missed_policy CHECK (missed_policy IN ('none','last','all')),
    ADD missed_cap            integer NOT NULL DEFAULT 24,
    ADD missed_within_min     integer,
    ADD overlap_policy        text NOT NULL DEFAULT 'skip'
        CONSTRAINT ck_jobs_he_overlap_policy CHECK (overlap_policy IN ('skip','queue','allow')),
    ADD priority              integer NOT NULL DEFAULT 0,
    ADD retry_limit           integer,
    ADD no_progress_limit_s   integer,
    ADD last_data_date        date,
    ADD gate_check_every_min  integer,
    ADD gate_deadline_min     integer,
    ADD gate_on_deadline      text NOT NULL DEFAULT 'fail'
        CONSTRAINT ck_jobs_he_gate_on_deadline CHECK (gate_on_deadline IN ('fail','run'));
CREATE TABLE job_dependencies (
    job_id       integer NOT NULL CONSTRAINT fk_job_dependencies_job_id
                 REFERENCES jobs_he (job_id) ON DELETE CASCADE,
    after_job_id integer NOT NULL CONSTRAINT fk_job_dependencies_after_job_id
                 REFERENCES jobs_he (job_id) ON DELETE CASCADE,
    condition    text NOT NULL,
    CONSTRAINT pk_job_dependencies PRIMARY KEY (job_id, after_job_id),
    CONSTRAINT ck_job_dependencies_condition
        CHECK (condition IN ('success','failure','completion'))
);
CREATE INDEX ix_job_dependencies_after_job_id ON job_dependencies (after_job_id);
"""

SCHEDULER = """
CREATE TABLE maintenance (
    only_row  boolean NOT NULL DEFAULT true CONSTRAINT pk_maintenance PRIMARY KEY,
    paused_at timestamptz,
    paused_by text,
    note      text,
    CONSTRAINT ck_maintenance_only_row CHECK (only_row)
);
INSERT INTO maintenance DEFAULT VALUES;
ALTER TABLE connections
    ADD max_runs    integer,
    ADD quiet_start time,
    ADD quiet_end   time;
"""

RUNS = """
CREATE TABLE backfills (
    backfill_id  bigserial CONSTRAINT pk_backfills PRIMARY KEY,
    job_id       integer CONSTRAINT fk_backfills_job_id
                 REFERENCES jobs_he (job_id) ON DELETE SET NULL,
    job_name     text NOT NULL,
    first_date   date NOT NULL,
    last_date    date NOT NULL,
    step         text NOT NULL CONSTRAINT ck_backfills_step CHECK (step IN ('day','month','whole')),
    created_by   text,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    cancelled_at timestamptz,
    cancelled_by text
);
CREATE INDEX ix_backfills_job_id ON backfills (job_id);
ALTER TABLE runs
    ADD priority         integer NOT NULL DEFAULT 0,
    ADD is_exclusive     boolean NOT NULL DEFAULT true,
    ADD not_before       timestamptz,
    ADD waiting_for      text,
    ADD phase            text,
    ADD binds            jsonb,
    ADD window_start     date,
    ADD window_end       date,
    ADD gate_units       jsonb,
    ADD gate_deadline_at timestamptz,
    ADD backfill_id      bigint CONSTRAINT fk_runs_backfill_id
        REFERENCES backfills (backfill_id) ON DELETE SET NULL,
    ADD caused_by_run_id bigint CONSTRAINT fk_runs_caused_by_run_id
        REFERENCES runs (run_id) ON DELETE SET NULL;
DROP INDEX uq_runs_running;
CREATE UNIQUE INDEX uq_runs_running ON runs (job_id) WHERE state = 'running' AND is_exclusive;
CREATE INDEX ix_runs_backfill_id ON runs (backfill_id) WHERE backfill_id IS NOT NULL;
CREATE UNIQUE INDEX uq_runs_caused ON runs (job_id, caused_by_run_id)
    WHERE caused_by_run_id IS NOT NULL;
ALTER TABLE run_attempts
    ADD error_class text,
    ADD retry_at    timestamptz;
"""


def upgrade() -> None:
    op.execute(JOBS)
    op.execute(SCHEDULER)
    op.execute(RUNS)

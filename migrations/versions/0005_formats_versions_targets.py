"""Formats and dialects of jobs, held versions, and delivery of versions to other places."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JOBS = """
ALTER TABLE jobs_he
    ADD file_format        text NOT NULL DEFAULT 'csv',
    ADD compression        text NOT NULL DEFAULT 'none',
    ADD dialect            jsonb,
    ADD split              jsonb,
    ADD key_columns        jsonb,
    ADD guards             jsonb,
    ADD versions_kept      integer,
    ADD versions_kept_days integer;
ALTER TABLE dataset_versions
    ADD files       jsonb,
    ADD held_at     timestamptz,
    ADD findings    jsonb,
    ADD released_at timestamptz,
    ADD released_by text;
"""

DELIVERY = """
CREATE TABLE targets (
    target_id        serial CONSTRAINT pk_targets PRIMARY KEY,
    name             text NOT NULL CONSTRAINT uq_targets_name UNIQUE,
    kind             text NOT NULL,
    options          jsonb NOT NULL DEFAULT '{}'::jsonb,
    secret_encrypted text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE job_targets (
    job_id    integer NOT NULL CONSTRAINT fk_job_targets_job_id
              REFERENCES jobs_he (job_id) ON DELETE CASCADE,
    target_id integer NOT NULL CONSTRAINT fk_job_targets_target_id
              REFERENCES targets (target_id),
    path      text NOT NULL,
    CONSTRAINT pk_job_targets PRIMARY KEY (job_id, target_id)
);
CREATE TABLE deliveries (
    delivery_id   bigserial CONSTRAINT pk_deliveries PRIMARY KEY,
    version_id    bigint NOT NULL CONSTRAINT fk_deliveries_version_id
                  REFERENCES dataset_versions (version_id) ON DELETE CASCADE,
    target_id     integer CONSTRAINT fk_deliveries_target_id
                  REFERENCES targets (target_id) ON DELETE SET NULL,
    run_id        bigint CONSTRAINT fk_deliveries_run_id
                  REFERENCES runs (run_id) ON DELETE SET NULL,
    target_name   text NOT NULL,
    path          text NOT NULL,
    state         text NOT NULL CONSTRAINT ck_deliveries_state
                  CHECK (state IN ('waiting','delivering','delivered','failed','superseded')),
    attempt       integer NOT NULL DEFAULT 0,
    error_code    text,
    error_message text,
    next_try_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at    timestamptz,
    finished_at   timestamptz,
    size_bytes    bigint,
    sha256        text,
    CONSTRAINT uq_deliveries_version_id UNIQUE (version_id, target_id)
);
CREATE INDEX ix_deliveries_run_id ON deliveries (run_id);
CREATE INDEX ix_deliveries_open ON deliveries (next_try_at) WHERE state IN ('waiting','delivering');
"""


def upgrade() -> None:
    op.execute(JOBS)
    op.execute(DELIVERY)

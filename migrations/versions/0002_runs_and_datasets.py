"""Connections, runs, datasets, versions, keys, workers; what jobs, users and logs gain."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW_TABLES = """
CREATE TABLE connections (
    connection_id      serial CONSTRAINT pk_connections PRIMARY KEY,
    name               text NOT NULL CONSTRAINT uq_connections_name UNIQUE,
    kind               text NOT NULL,
    host               text,
    port               integer,
    database           text,
    dsn                text,
    username           text NOT NULL,
    password_encrypted text,
    options            jsonb NOT NULL DEFAULT '{}'::jsonb,
    created_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE workers (
    worker_id    bigserial CONSTRAINT pk_workers PRIMARY KEY,
    name         text NOT NULL,
    host         text NOT NULL,
    pid          integer NOT NULL,
    is_scheduler boolean NOT NULL,
    concurrency  integer NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at timestamptz,
    stopped_at   timestamptz
);
CREATE TABLE datasets (
    dataset_id         serial CONSTRAINT pk_datasets PRIMARY KEY,
    name               text NOT NULL CONSTRAINT uq_datasets_name UNIQUE,
    name_key           text NOT NULL CONSTRAINT uq_datasets_name_key UNIQUE,
    job_id             integer CONSTRAINT fk_datasets_job_id
                       REFERENCES jobs_he (job_id) ON DELETE SET NULL,
    current_version_id bigint,
    created_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_datasets_job_id ON datasets (job_id);
CREATE TABLE runs (
    run_id              bigserial CONSTRAINT pk_runs PRIMARY KEY,
    job_id              integer CONSTRAINT fk_runs_job_id
                        REFERENCES jobs_he (job_id) ON DELETE SET NULL,
    job_name            text NOT NULL,
    due_at              timestamptz,
    trigger             text NOT NULL,
    attempt             integer NOT NULL DEFAULT 1,
    state               text NOT NULL CONSTRAINT ck_runs_state CHECK (state IN
        ('queued','running','succeeded','failed','cancelled','interrupted')),
    reason              text,
    error_code          text,
    error_message       text,
    requested_by        text,
    cancel_requested_by text,
    queue_entry_id      bigint,
    worker_id           bigint CONSTRAINT fk_runs_worker_id
                        REFERENCES workers (worker_id) ON DELETE SET NULL,
    queued_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    retry_at            timestamptz,
    started_at          timestamptz,
    finished_at         timestamptz,
    progress_at         timestamptz,
    rows                bigint,
    size_bytes          bigint,
    executed_sql        text,
    warning             text,
    version_id          bigint
);
CREATE UNIQUE INDEX uq_runs_occurrence ON runs (job_id, due_at) WHERE trigger = 'schedule';
CREATE UNIQUE INDEX uq_runs_running ON runs (job_id) WHERE state = 'running';
CREATE INDEX ix_runs_job ON runs (job_id, run_id DESC);
CREATE INDEX ix_runs_open ON runs (state) WHERE state IN ('queued','running','interrupted');
CREATE INDEX ix_runs_due ON runs ((coalesce(due_at, queued_at)) DESC);
CREATE TABLE run_attempts (
    run_id        bigint NOT NULL CONSTRAINT fk_run_attempts_run_id
                  REFERENCES runs (run_id) ON DELETE CASCADE,
    attempt       integer NOT NULL,
    worker_name   text NOT NULL,
    state         text NOT NULL,
    reason        text,
    error_code    text,
    error_message text,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    CONSTRAINT pk_run_attempts PRIMARY KEY (run_id, attempt)
);
CREATE TABLE dataset_versions (
    version_id   bigserial CONSTRAINT pk_dataset_versions PRIMARY KEY,
    dataset_id   integer NOT NULL CONSTRAINT fk_dataset_versions_dataset_id
                 REFERENCES datasets (dataset_id) ON DELETE CASCADE,
    run_id       bigint CONSTRAINT fk_dataset_versions_run_id
                 REFERENCES runs (run_id) ON DELETE SET NULL,
    attempt      integer NOT NULL,
    file_name    text NOT NULL,
    target_path  text NOT NULL,
    size_bytes   bigint NOT NULL,
    rows         bigint NOT NULL,
    sha256       text NOT NULL,
    columns      jsonb NOT NULL,
    form         jsonb NOT NULL,
    data_as_of   timestamptz NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at   timestamptz,
    CONSTRAINT uq_dataset_versions_run_id UNIQUE (run_id, attempt)
);
CREATE INDEX ix_dataset_versions_dataset_id ON dataset_versions (dataset_id);
ALTER TABLE datasets ADD CONSTRAINT fk_datasets_current_version_id
    FOREIGN KEY (current_version_id) REFERENCES dataset_versions (version_id) ON DELETE SET NULL;
ALTER TABLE runs ADD CONSTRAINT fk_runs_version_id
    FOREIGN KEY (version_id) REFERENCES dataset_versions (version_id) ON DELETE SET NULL;
CREATE TABLE api_keys (
    api_key_id   serial CONSTRAINT pk_api_keys PRIMARY KEY,
    name         text NOT NULL,
    prefix       text NOT NULL CONSTRAINT uq_api_keys_prefix UNIQUE,
    secret_hash  bytea NOT NULL,
    created_by   text,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
"""

NEW_COLUMNS = """
ALTER TABLE users
    ADD must_change_password boolean NOT NULL DEFAULT false,
    ADD session_version      integer NOT NULL DEFAULT 1;
ALTER TABLE jobs_he
    ADD connection_id integer CONSTRAINT fk_jobs_he_connection_id
        REFERENCES connections (connection_id),
    ADD time_zone     text,
    ADD time_limit_s  integer,
    ADD revision      integer NOT NULL DEFAULT 1,
    ADD planned_until timestamptz,
    ADD next_due_at   timestamptz,
    ADD created_by_id integer CONSTRAINT fk_jobs_he_created_by_id
        REFERENCES users (user_id) ON DELETE SET NULL,
    ADD created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD updated_at    timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX ix_jobs_he_due ON jobs_he (next_due_at) WHERE job_status = 'Y';
CREATE INDEX ix_jobs_de_job_id ON jobs_de (job_id);
ALTER TABLE logs ADD run_id bigint;
CREATE INDEX ix_logs_job ON logs (job_id, log_id DESC);
CREATE INDEX ix_logs_run ON logs (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX ix_logs_timestamp ON logs (timestamp);
"""


def upgrade() -> None:
    op.execute(NEW_TABLES)
    op.execute(NEW_COLUMNS)

"""Parameter sets: one job, a file for each set of values, and how far each set of a run is."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE jobs_he ADD parameter_sets jsonb;
ALTER TABLE runs ADD chosen_sets jsonb;
ALTER TABLE datasets ADD set_label text;
ALTER TABLE dataset_versions
    DROP CONSTRAINT uq_dataset_versions_run_id,
    ADD CONSTRAINT uq_dataset_versions_run_id UNIQUE (run_id, attempt, dataset_id);
CREATE TABLE run_sets (
    run_id          bigint NOT NULL CONSTRAINT fk_run_sets_run_id
                    REFERENCES runs (run_id) ON DELETE CASCADE,
    position        integer NOT NULL,
    label           text NOT NULL,
    binds           jsonb NOT NULL,
    dataset_id      integer CONSTRAINT fk_run_sets_dataset_id
                    REFERENCES datasets (dataset_id) ON DELETE SET NULL,
    target_path     text NOT NULL,
    state           text NOT NULL,
    attempt         integer NOT NULL DEFAULT 0,
    rows            bigint,
    size_bytes      bigint,
    version_id      bigint CONSTRAINT fk_run_sets_version_id
                    REFERENCES dataset_versions (version_id) ON DELETE SET NULL,
    error_code      text,
    error_message   text,
    error_class     text,
    warning         text,
    started_at      timestamptz,
    finished_at     timestamptz,
    CONSTRAINT pk_run_sets PRIMARY KEY (run_id, position),
    CONSTRAINT ck_run_sets_state CHECK (state IN ('waiting','running','done','held','failed'))
);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)

"""The existing system's five tables: made when missing, adopted and mended when there.

Two kinds of database are adopted: made by the existing system's SQL script, or by SQLAlchemy's
create_all() (short password_hash, integer job_status, no logs table). Rows are kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CREATE = """
CREATE TABLE IF NOT EXISTS parameters (
    parameter_id   serial PRIMARY KEY,
    parameter_name text NOT NULL,
    sql_script     text
);
CREATE TABLE IF NOT EXISTS jobs_he (
    job_id           serial PRIMARY KEY,
    job_name         text NOT NULL,
    job_status       char(1) NOT NULL,
    export_type      text NOT NULL,
    export_path      text NOT NULL,
    export_name      text NOT NULL,
    days_offset      integer,
    check_parameter  char(1) NOT NULL,
    parameter_id     integer,
    data_primary_key text,
    sql_script       text
);
CREATE TABLE IF NOT EXISTS jobs_de (
    schedule_id serial PRIMARY KEY,
    job_id      integer NOT NULL,
    job_minute  text NOT NULL,
    job_hour    text NOT NULL,
    job_day     text NOT NULL
);
CREATE TABLE IF NOT EXISTS users (
    user_id       serial PRIMARY KEY,
    username      text,
    password_hash text,
    role          text
);
CREATE TABLE IF NOT EXISTS logs (
    log_id      serial PRIMARY KEY,
    timestamp   timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    log_level   text,
    logger_name text,
    job_id      integer,
    user_name   text,
    log_text    text NOT NULL,
    duration_ms integer
);
"""

TEXT_COLUMNS = {
    "parameters": ("parameter_name", "sql_script"),
    "jobs_he": (
        "job_name",
        "export_type",
        "export_path",
        "export_name",
        "data_primary_key",
        "sql_script",
    ),
    "jobs_de": ("job_minute", "job_hour", "job_day"),
    "users": ("username", "password_hash", "role"),
    "logs": ("log_level", "logger_name", "user_name", "log_text"),
}

FLAGS = {"job_status": "N", "check_parameter": "N"}

# Columns that may be empty in a database made by create_all(), and what stands in for nothing.
REQUIRED = {
    "parameters": {"parameter_name": "'Parameter ' || parameter_id"},
    "jobs_he": {
        "job_name": "'Job ' || job_id",
        "export_type": "'Único'",
        "export_path": "''",
        "export_name": "''",
    },
    "logs": {
        "timestamp": "coalesce((SELECT max(p.timestamp) FROM logs p WHERE p.log_id < logs.log_id),"
        " clock_timestamp())",
        "log_text": "''",
    },
}


def upgrade() -> None:
    op.execute(CREATE)
    _drop_constraints()
    _make_text()
    _mend_flags()
    _mend_users()
    _mend_logs()
    _mend_rows()
    _fill_required()
    _add_constraints()


def _drop_constraints() -> None:
    """Checks and foreign keys are made again under our names, whoever made them before."""
    inspector = sa.inspect(op.get_bind())
    for table in ("jobs_he", "jobs_de", "users", "logs"):
        for check in inspector.get_check_constraints(table):
            op.drop_constraint(check["name"], table)
        for key in inspector.get_foreign_keys(table):
            if key["name"]:
                op.drop_constraint(key["name"], table)
    for unique in inspector.get_unique_constraints("users"):
        if unique["name"]:
            op.drop_constraint(unique["name"], "users")


def _make_text() -> None:
    for table, columns in TEXT_COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE text")


def _mend_flags() -> None:
    """Integer or boolean flags become Y and N; anything unknown becomes N, which does nothing."""
    for column, otherwise in FLAGS.items():
        op.execute(f"ALTER TABLE jobs_he ALTER COLUMN {column} DROP DEFAULT")
        op.execute(
            f"ALTER TABLE jobs_he ALTER COLUMN {column} TYPE char(1) USING "
            f"CASE WHEN lower({column}::text) IN ('y', '1', 'true', 't', 's') THEN 'Y' "
            f"ELSE '{otherwise}' END"
        )
        op.execute(f"ALTER TABLE jobs_he ALTER COLUMN {column} SET NOT NULL")


def _mend_users() -> None:
    """Names become unique (later twins get their id behind the name), roles known."""
    op.execute("DELETE FROM users WHERE username IS NULL OR password_hash IS NULL")
    op.execute(
        "UPDATE users u SET username = username || ' (' || user_id || ')' WHERE EXISTS "
        "(SELECT 1 FROM users v WHERE v.username = u.username AND v.user_id < u.user_id)"
    )
    op.execute(
        "UPDATE users SET role = 'normal' "
        "WHERE role IS NULL OR role NOT IN ('root', 'moderator', 'normal')"
    )
    for column in ("username", "password_hash", "role"):
        op.execute(f"ALTER TABLE users ALTER COLUMN {column} SET NOT NULL")


def _mend_logs() -> None:
    """Wall-clock timestamps of the existing system become instants in the session's time zone."""
    op.execute("ALTER TABLE logs ALTER COLUMN log_id TYPE bigint")
    op.execute("ALTER SEQUENCE IF EXISTS logs_log_id_seq AS bigint")
    op.execute("ALTER TABLE logs ALTER COLUMN timestamp DROP DEFAULT")
    op.execute("ALTER TABLE logs ALTER COLUMN timestamp TYPE timestamptz")
    op.execute("ALTER TABLE logs ALTER COLUMN timestamp SET DEFAULT clock_timestamp()")


def _mend_rows() -> None:
    """Rows that say nothing: slots without a time or a job go, dangling parameters are cleared."""
    op.execute(
        "DELETE FROM jobs_de WHERE job_id IS NULL OR job_day IS NULL OR job_hour IS NULL "
        "OR job_minute IS NULL"
    )
    op.execute(
        "DELETE FROM jobs_de d WHERE NOT EXISTS (SELECT 1 FROM jobs_he j WHERE j.job_id = d.job_id)"
    )
    op.execute(
        "UPDATE jobs_he SET parameter_id = NULL WHERE parameter_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM parameters p WHERE p.parameter_id = jobs_he.parameter_id)"
    )


def _fill_required() -> None:
    """A job that lacks its target cannot run and becomes inactive."""
    op.execute(
        "UPDATE jobs_he SET job_status = 'N' WHERE export_path IS NULL OR export_name IS NULL"
    )
    for table, columns in REQUIRED.items():
        for column, stand_in in columns.items():
            op.execute(f"UPDATE {table} SET {column} = {stand_in} WHERE {column} IS NULL")
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
    for column in ("job_id", "job_day", "job_hour", "job_minute"):
        op.execute(f"ALTER TABLE jobs_de ALTER COLUMN {column} SET NOT NULL")


def _add_constraints() -> None:
    op.create_check_constraint(op.f("ck_jobs_he_job_status"), "jobs_he", "job_status IN ('Y','N')")
    op.create_check_constraint(
        op.f("ck_jobs_he_check_parameter"), "jobs_he", "check_parameter IN ('Y','N')"
    )
    op.create_check_constraint(
        op.f("ck_users_role"), "users", "role IN ('root','moderator','normal')"
    )
    op.create_unique_constraint(op.f("uq_users_username"), "users", ["username"])
    op.create_foreign_key(
        op.f("fk_jobs_he_parameter_id"), "jobs_he", "parameters", ["parameter_id"], ["parameter_id"]
    )
    op.create_foreign_key(
        op.f("fk_jobs_de_job_id"), "jobs_de", "jobs_he", ["job_id"], ["job_id"], ondelete="CASCADE"
    )

"""Calendars of business days, and what jobs say of days that are none."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE calendars (
    calendar_id   serial CONSTRAINT pk_calendars PRIMARY KEY,
    name          text NOT NULL CONSTRAINT uq_calendars_name UNIQUE,
    country       text CONSTRAINT ck_calendars_country CHECK (country IN ('BR')),
    subdivision   text,
    optional_days text NOT NULL DEFAULT 'none' CONSTRAINT ck_calendars_optional_days
                  CHECK (optional_days IN ('none','bank','all')),
    weekend       jsonb NOT NULL DEFAULT '["Sáb", "Dom"]'::jsonb,
    days          jsonb NOT NULL DEFAULT '[]'::jsonb,
    revision      integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO calendars (name, country) VALUES ('Brasil (feriados nacionais)', 'BR');
ALTER TABLE jobs_he
    ADD business_days jsonb,
    ADD calendar_id integer CONSTRAINT fk_jobs_he_calendar_id REFERENCES calendars (calendar_id),
    ADD off_day_policy text NOT NULL DEFAULT 'run' CONSTRAINT ck_jobs_he_off_day_policy
        CHECK (off_day_policy IN ('run','skip','next_business_day','previous_business_day'));
CREATE INDEX ix_jobs_he_calendar_id ON jobs_he (calendar_id);
ALTER TABLE runs ADD holiday text;
"""
BY_SOMEBODY = (
    "coalesce(current_setting('automacaosql.acting', true), '') <> ''"
    " OR coalesce(current_setting('application_name', true), '') <> 'automacaosql'"
)


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(
        "CREATE TRIGGER audit_change AFTER INSERT OR UPDATE OR DELETE ON calendars"
        f" FOR EACH ROW WHEN ({BY_SOMEBODY})"
        " EXECUTE FUNCTION audit_change('calendar_id', 'name', 'revision,updated_at')"
    )

"""Sessions and failed logins as rows, the audit trail with its triggers, versions of jobs."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE sessions (
    session_id   serial CONSTRAINT pk_sessions PRIMARY KEY,
    token_hash   bytea NOT NULL CONSTRAINT uq_sessions_token_hash UNIQUE,
    user_id      integer NOT NULL CONSTRAINT fk_sessions_user_id
                 REFERENCES users (user_id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    address      text NOT NULL,
    user_agent   text
);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
ALTER TABLE users DROP session_version;
CREATE TABLE login_failures (
    subject  bytea CONSTRAINT pk_login_failures PRIMARY KEY,
    failures integer NOT NULL,
    first_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE audit (
    audit_id    bigserial CONSTRAINT pk_audit PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL,
    address     text,
    request_id  text,
    action      text NOT NULL CONSTRAINT ck_audit_action
                CHECK (action IN ('created','changed','deleted')),
    entity      text NOT NULL,
    entity_id   text NOT NULL,
    entity_name text,
    before      jsonb,
    after       jsonb
);
CREATE INDEX ix_audit_happened_at ON audit (happened_at);
CREATE INDEX ix_audit_entity ON audit (entity, entity_id);
CREATE TABLE job_versions (
    job_id     integer NOT NULL,
    revision   integer NOT NULL,
    saved_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    saved_by   text,
    definition jsonb NOT NULL,
    CONSTRAINT pk_job_versions PRIMARY KEY (job_id, revision)
);
CREATE TABLE job_proposals (
    proposal_id   serial CONSTRAINT pk_job_proposals PRIMARY KEY,
    job_id        integer NOT NULL CONSTRAINT fk_job_proposals_job_id
                  REFERENCES jobs_he (job_id) ON DELETE CASCADE,
    base_revision integer NOT NULL,
    changes       jsonb NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_job_proposals_state
                  CHECK (state IN ('waiting','approved','refused')),
    note          text,
    proposed_by   text NOT NULL,
    proposed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by    text,
    decided_at    timestamptz,
    decision_note text
);
CREATE INDEX ix_job_proposals_job_id ON job_proposals (job_id);
"""

# A change is recorded when somebody is said to act in the transaction, or when it is made past
# the product, by the name of the database user. What the product does by itself is no change of
# anybody: it has its own records. Arguments: column of the number, of the name, and columns that
# the product keeps for itself.
FUNCTIONS = """
CREATE FUNCTION audit_shown(shown jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE
        WHEN key ~ '(_hash|_encrypted)$' AND value <> 'null'::jsonb THEN '"***"'::jsonb
        ELSE value END), '{}'::jsonb)
    FROM jsonb_each(shown)
$$;
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    acting jsonb := nullif(current_setting('automacaosql.acting', true), '')::jsonb;
    own    text[] := string_to_array(TG_ARGV[2], ',');
    old_row jsonb;
    new_row jsonb;
    whole   jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN old_row := to_jsonb(OLD) - own; END IF;
    IF TG_OP <> 'DELETE' THEN new_row := to_jsonb(NEW) - own; END IF;
    whole := coalesce(new_row, old_row);
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value)
        INTO old_row, new_row
        FROM jsonb_each(old_row) o JOIN jsonb_each(new_row) n USING (key)
        WHERE o.value IS DISTINCT FROM n.value;
        IF old_row IS NULL THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO audit (actor, address, request_id, action, entity, entity_id, entity_name,
                       before, after)
    VALUES (coalesce(acting->>'actor', 'database:' || session_user), acting->>'address',
            acting->>'request_id',
            CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed'
                       ELSE 'deleted' END,
            TG_TABLE_NAME, coalesce(whole->>TG_ARGV[0], ''), whole->>TG_ARGV[1],
            CASE WHEN old_row IS NOT NULL THEN audit_shown(old_row) END,
            CASE WHEN new_row IS NOT NULL THEN audit_shown(new_row) END);
    RETURN NULL;
END
$$;
CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();
"""

AUDITED = {
    "users": ("user_id", "username", ""),
    "api_keys": ("api_key_id", "name", "last_used_at,last_address,last_user_agent"),
    "connections": ("connection_id", "name", "updated_at"),
    "parameters": ("parameter_id", "parameter_name", ""),
    "targets": ("target_id", "name", "updated_at"),
    "jobs_he": ("job_id", "job_name", "planned_until,next_due_at,schedule_since,updated_at"),
    "job_targets": ("job_id", "path", ""),
    "job_dependencies": ("job_id", "condition", ""),
    "job_proposals": ("proposal_id", "note", ""),
    "maintenance": ("only_row", "note", ""),
    "backfills": ("backfill_id", "job_name", ""),
    "datasets": ("dataset_id", "name", ""),
    "dataset_versions": ("version_id", "target_path", ""),
    "deliveries": ("delivery_id", "path", ""),
    "channels": ("channel_id", "name", "updated_at"),
    "notification_rules": ("rule_id", "topics", "updated_at"),
}
BY_SOMEBODY = (
    "coalesce(current_setting('automacaosql.acting', true), '') <> ''"
    " OR coalesce(current_setting('application_name', true), '') <> 'automacaosql'"
)
CANCELLED = "NEW.cancel_requested_by IS DISTINCT FROM OLD.cancel_requested_by"


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    for table, (number, name, own) in AUDITED.items():
        op.execute(
            f"CREATE TRIGGER audit_change AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW WHEN ({BY_SOMEBODY})"
            f" EXECUTE FUNCTION audit_change('{number}', '{name}', '{own}')"
        )
    # A run asked for or cancelled by hand; a backfill's runs are told by its own row.
    for event, when in (
        ("INSERT", "NEW.trigger = 'manual'"),
        (
            "UPDATE OF cancel_requested_by",
            f"{CANCELLED} AND NEW.backfill_id IS NULL",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{event[:6].lower()} AFTER {event} ON runs"
            f" FOR EACH ROW WHEN (({BY_SOMEBODY}) AND {when})"
            " EXECUTE FUNCTION audit_change('run_id', 'job_name', '')"
        )

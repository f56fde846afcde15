"""Channels, rules, events and the notifications made of them."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RULES = """
CREATE TABLE channels (
    channel_id       serial CONSTRAINT pk_channels PRIMARY KEY,
    name             text NOT NULL CONSTRAINT uq_channels_name UNIQUE,
    kind             text NOT NULL,
    language         text NOT NULL,
    options          jsonb NOT NULL DEFAULT '{}'::jsonb,
    secret_encrypted text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE notification_rules (
    rule_id          serial CONSTRAINT pk_notification_rules PRIMARY KEY,
    job_id           integer CONSTRAINT fk_notification_rules_job_id
                     REFERENCES jobs_he (job_id) ON DELETE CASCADE,
    connection_id    integer CONSTRAINT fk_notification_rules_connection_id
                     REFERENCES connections (connection_id) ON DELETE CASCADE,
    channel_id       integer NOT NULL CONSTRAINT fk_notification_rules_channel_id
                     REFERENCES channels (channel_id),
    topics           jsonb NOT NULL,
    recipients       jsonb NOT NULL DEFAULT '[]'::jsonb,
    only_changes     boolean NOT NULL DEFAULT false,
    digest_every_min integer,
    digest_at        time,
    quiet_start      time,
    quiet_end        time,
    failures_pass    boolean NOT NULL DEFAULT true,
    muted_until      timestamptz,
    attach_dataset   boolean NOT NULL DEFAULT false,
    attach_limit_mb  integer NOT NULL DEFAULT 10,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_notification_rules_job_id ON notification_rules (job_id);
"""

QUEUE = """
CREATE TABLE notification_events (
    event_id    bigserial CONSTRAINT pk_notification_events PRIMARY KEY,
    kind        text NOT NULL,
    run_id      bigint CONSTRAINT fk_notification_events_run_id
                REFERENCES runs (run_id) ON DELETE CASCADE,
    delivery_id bigint CONSTRAINT fk_notification_events_delivery_id
                REFERENCES deliveries (delivery_id) ON DELETE CASCADE,
    job_id      integer,
    detail      jsonb,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_at  timestamptz
);
CREATE UNIQUE INDEX uq_notification_events_run ON notification_events (kind, run_id)
    WHERE kind IN ('run_ended','late');
CREATE INDEX ix_notification_events_open ON notification_events (event_id)
    WHERE handled_at IS NULL;
CREATE TABLE notifications (
    notification_id bigserial CONSTRAINT pk_notifications PRIMARY KEY,
    key             text NOT NULL DEFAULT gen_random_uuid()::text,
    channel_id      integer CONSTRAINT fk_notifications_channel_id
                    REFERENCES channels (channel_id) ON DELETE SET NULL,
    channel_name    text NOT NULL,
    rule_id         integer CONSTRAINT fk_notifications_rule_id
                    REFERENCES notification_rules (rule_id) ON DELETE SET NULL,
    recipients      jsonb NOT NULL,
    group_at        timestamptz,
    state           text NOT NULL CONSTRAINT ck_notifications_state
                    CHECK (state IN ('waiting','sending','sent','failed','muted')),
    attempt         integer NOT NULL DEFAULT 0,
    subject         text,
    error_code      text,
    error_message   text,
    next_try_at     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at      timestamptz,
    finished_at     timestamptz,
    CONSTRAINT uq_notifications_rule_id UNIQUE (rule_id, group_at)
);
CREATE INDEX ix_notifications_open ON notifications (next_try_at)
    WHERE state IN ('waiting','sending');
CREATE INDEX ix_notifications_failed ON notifications (finished_at) WHERE state = 'failed';
CREATE TABLE notification_items (
    item_id         bigserial CONSTRAINT pk_notification_items PRIMARY KEY,
    notification_id bigint NOT NULL CONSTRAINT fk_notification_items_notification_id
                    REFERENCES notifications (notification_id) ON DELETE CASCADE,
    topic           text NOT NULL,
    job_id          integer CONSTRAINT fk_notification_items_job_id
                    REFERENCES jobs_he (job_id) ON DELETE SET NULL,
    job_name        text NOT NULL,
    run_id          bigint CONSTRAINT fk_notification_items_run_id
                    REFERENCES runs (run_id) ON DELETE SET NULL,
    delivery_id     bigint CONSTRAINT fk_notification_items_delivery_id
                    REFERENCES deliveries (delivery_id) ON DELETE SET NULL,
    detail          jsonb,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_notification_items_notification_id ON notification_items (notification_id);
CREATE INDEX ix_notification_items_run_id ON notification_items (run_id);
"""


def upgrade() -> None:
    op.execute(RULES)
    op.execute(QUEUE)

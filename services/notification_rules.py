"""Rules: which topics of which jobs go to which channel, to whom and when."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import TypedDict, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from auxiliares import AutomacaoError, FieldError
from models import Channel, Connection, Job, NotificationRule
from services.channel_rules import checked_recipients
from vocabulary import ChannelKind, Topic

log = logging.getLogger(__name__)

MAX_DIGEST_MIN = 7 * 24 * 60
MAX_ATTACH_MB = 25


class RuleNotFound(AutomacaoError):
    """No rule has this number."""

    code = "notification_rule_not_found"
    status = 404


class RuleInvalid(AutomacaoError):
    """A field of the rule cannot be; `errors` names it."""

    code = "notification_rule_invalid"
    status = 422


class RuleFields(TypedDict, total=False):
    """What a caller may set; absent means unchanged, or the default of a new rule."""

    job_id: int | None
    connection_id: int | None
    channel_id: int
    topics: list[str]
    recipients: list[str]
    only_changes: bool
    digest_every_min: int | None
    digest_at: time | None
    quiet_start: time | None
    quiet_end: time | None
    failures_pass: bool
    muted_until: datetime | None
    attach_dataset: bool
    attach_limit_mb: int


def list_rules(session: Session, *, job_id: int | None = None) -> Sequence[NotificationRule]:
    """All rules with their channels, those for several jobs first; or those of one job alone."""
    query = select(NotificationRule).options(selectinload(NotificationRule.channel))
    if job_id is not None:
        query = query.where(NotificationRule.job_id == job_id)
    return session.scalars(
        query.order_by(NotificationRule.job_id.asc().nulls_first(), NotificationRule.rule_id)
    ).all()


def get_rule(session: Session, rule_id: int) -> NotificationRule:
    """With its channel. Raises RuleNotFound."""
    rule = session.scalars(
        select(NotificationRule)
        .where(NotificationRule.rule_id == rule_id)
        .options(selectinload(NotificationRule.channel))
        .execution_options(populate_existing=True)
    ).first()
    if rule is None:
        raise RuleNotFound(f"There is no notification rule with the number {rule_id}.")
    return rule


def create_rule(session: Session, fields: RuleFields) -> NotificationRule:
    """Raises RuleInvalid or ChannelInvalid."""
    rule = NotificationRule(
        recipients=[], only_changes=False, failures_pass=True, attach_dataset=False,
        attach_limit_mb=10,
    )  # fmt: skip
    _assign(rule, fields)
    _check(session, rule)
    session.add(rule)
    session.flush()
    log.info("notification_rule_created", extra={"rule_id": rule.rule_id})
    return get_rule(session, rule.rule_id)


def update_rule(session: Session, rule_id: int, fields: RuleFields) -> NotificationRule:
    """Store what is given. Raises RuleNotFound, RuleInvalid or ChannelInvalid."""
    rule = get_rule(session, rule_id)
    with session.no_autoflush:
        _assign(rule, fields)
        _check(session, rule)
    rule.updated_at = func.clock_timestamp()
    session.flush()
    log.info("notification_rule_updated", extra={"rule_id": rule_id})
    return get_rule(session, rule_id)


def delete_rule(session: Session, rule_id: int) -> None:
    """What is already on its way is sent all the same. Raises RuleNotFound."""
    session.delete(get_rule(session, rule_id))
    session.flush()
    log.info("notification_rule_deleted", extra={"rule_id": rule_id})


def _assign(rule: NotificationRule, fields: RuleFields) -> None:
    for name, value in cast("Mapping[str, object]", fields).items():
        setattr(rule, name, value)


def _check(session: Session, rule: NotificationRule) -> None:
    channel = session.get(Channel, rule.channel_id)
    if channel is None:
        raise _refusal("channel_id", f"names no channel ({rule.channel_id})")
    _check_scope(session, rule)
    unknown = [topic for topic in rule.topics if topic not in tuple(Topic)]
    if unknown or not rule.topics:
        raise _refusal("topics", f"must name some of: {', '.join(Topic)}")
    rule.topics = [topic for topic in Topic if topic in rule.topics]
    rule.recipients = checked_recipients(channel.kind, rule.recipients, field="recipients")
    needs_somebody = channel.kind in (ChannelKind.EMAIL, ChannelKind.TELEGRAM)
    if needs_somebody and not rule.recipients and not channel.options.get("recipients"):
        raise _refusal("recipients", "must name somebody: the channel has no recipients of its own")
    _check_times(rule)
    if not 1 <= rule.attach_limit_mb <= MAX_ATTACH_MB:
        raise _refusal("attach_limit_mb", f"must be a number from 1 to {MAX_ATTACH_MB}")
    if rule.attach_dataset and channel.kind != ChannelKind.EMAIL:
        raise _refusal("attach_dataset", "goes with mail only; other channels get a link")


def _check_scope(session: Session, rule: NotificationRule) -> None:
    if rule.job_id is not None and rule.connection_id is not None:
        raise _refusal("connection_id", "must be empty in a rule of one job")
    if rule.job_id is not None and session.get(Job, rule.job_id) is None:
        raise _refusal("job_id", f"names no job ({rule.job_id})")
    if rule.connection_id is not None and session.get(Connection, rule.connection_id) is None:
        raise _refusal("connection_id", f"names no connection ({rule.connection_id})")


def _check_times(rule: NotificationRule) -> None:
    every = rule.digest_every_min
    if every is not None and not 1 <= every <= MAX_DIGEST_MIN:
        raise _refusal("digest_every_min", f"must be a number from 1 to {MAX_DIGEST_MIN}")
    if every is not None and rule.digest_at is not None:
        raise _refusal("digest_at", "and digest_every_min exclude each other")
    if (rule.quiet_start is None) != (rule.quiet_end is None):
        missing = "quiet_start" if rule.quiet_start is None else "quiet_end"
        raise _refusal(missing, "is missing: quiet hours need both a start and an end")
    if rule.quiet_start is not None and rule.quiet_start == rule.quiet_end:
        raise _refusal("quiet_end", "must differ from quiet_start")


def _refusal(field: str, rule: str) -> RuleInvalid:
    message = f"{field} {rule}."
    return RuleInvalid(
        message, errors=[FieldError(field=field, code=RuleInvalid.code, message=message)]
    )

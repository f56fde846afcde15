"""Turns what happened into notifications by the rules, shortly afterwards and exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import Job, Notification, NotificationEvent, NotificationItem, NotificationRule, Run
from services.clock import database_now
from services.notification_rules import list_rules
from services.notification_times import Timing, send_at
from vocabulary import EventKind, NotificationState, Reason, RunState, Topic

# One daemon at a time turns events into notifications, so that groups are made in order.
LOCK_KEY = 7_426_091_517
EVENTS_AT_ONCE = 200
ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.INTERRUPTED)
BAD = frozenset({RunState.FAILED, RunState.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with what rules ask of it; `topics[0]` says it best, a rule may name any."""

    event: NotificationEvent
    job: Job | None
    job_name: str
    topics: Sequence[Topic]
    failed_before: bool


def fan_out(session: Session, *, zone: str) -> int:
    """Handle up to 200 events in the caller's transaction; how many. 0: none, or others do it."""
    is_open = NotificationEvent.handled_at.is_(None)
    if not session.scalar(select(NotificationEvent.event_id).where(is_open).limit(1)):
        return 0
    if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK_KEY))):
        return 0
    events = session.scalars(
        select(NotificationEvent)
        .where(is_open)
        .order_by(NotificationEvent.event_id)
        .limit(EVENTS_AT_ONCE)
    ).all()
    rules = list_rules(session)
    now = database_now(session)
    for event in events:
        happening = _happening(session, event)
        if happening is not None:
            for rule in chosen_rules(rules, happening):
                _notify(session, rule, happening, now, ZoneInfo(zone))
        event.handled_at = now
    session.flush()
    return len(events)


def _happening(session: Session, event: NotificationEvent) -> Happening | None:
    run = session.get(Run, event.run_id) if event.run_id is not None else None
    job_id = run.job_id if run is not None else event.job_id
    job = session.get(Job, job_id) if job_id is not None else None
    if run is None and job is None:
        return None
    name = run.job_name if run is not None else (job.job_name if job else "")
    if event.kind == EventKind.DELIVERY_FAILED:
        return Happening(event, job, name, [Topic.DELIVERY_FAILED], failed_before=False)
    if event.kind != EventKind.RUN_ENDED or run is None:
        return Happening(event, job, name, [Topic.LATE], failed_before=False)
    failed_before = _failed_before(session, run)
    return Happening(event, job, name, topics_of(run, failed_before=failed_before), failed_before)


def topics_of(run: Run, *, failed_before: bool) -> list[Topic]:
    """What the end of a run is about, the best word first."""
    if run.state == RunState.SUCCEEDED:
        return [Topic.RECOVERY, Topic.SUCCESS] if failed_before else [Topic.SUCCESS]
    return [Topic.GUARD, Topic.FAILURE] if run.reason == Reason.GUARD else [Topic.FAILURE]


def _failed_before(session: Session, run: Run) -> bool:
    """Whether the job's run that ended before this one failed; those of a backfill do not count."""
    before = session.scalar(
        select(Run.state)
        .where(
            Run.job_id == run.job_id,
            Run.run_id < run.run_id,
            Run.backfill_id.is_(None),
            Run.state.in_(ENDED),
            Run.retry_at.is_(None),
            Run.finished_at < run.finished_at,
        )
        .order_by(Run.run_id.desc())
        .limit(1)
    )
    return before in BAD


def chosen_rules(rules: Sequence[NotificationRule], happening: Happening) -> list[NotificationRule]:
    """Rules that want it. Of several that would tell the same people the narrowest speaks."""
    found: dict[tuple[int, tuple[str, ...]], NotificationRule] = {}
    for rule in sorted(rules, key=_breadth):
        if _wants(rule, happening):
            found.setdefault((rule.channel_id, tuple(sorted(recipients_of(rule)))), rule)
    return sorted(found.values(), key=lambda rule: rule.rule_id)


def _breadth(rule: NotificationRule) -> tuple[int, int]:
    narrow = 0 if rule.job_id is not None else 1 if rule.connection_id is not None else 2
    return narrow, rule.rule_id


def _wants(rule: NotificationRule, happening: Happening) -> bool:
    job, topics = happening.job, happening.topics
    if rule.job_id is not None and (job is None or job.job_id != rule.job_id):
        return False
    if rule.connection_id is not None and (job is None or job.connection_id != rule.connection_id):
        return False
    if not set(rule.topics) & set(topics):
        return False
    is_again = happening.failed_before and topics[0] in (Topic.FAILURE, Topic.GUARD)
    return not (rule.only_changes and is_again)


def recipients_of(rule: NotificationRule) -> list[str]:
    return list(rule.recipients or rule.channel.options.get("recipients", []))


def _notify(
    session: Session, rule: NotificationRule, happening: Happening, now: datetime, zone: ZoneInfo
) -> None:
    topic = happening.topics[0]
    notification_id = _group_of(session, rule, topic, now, zone)
    event = happening.event
    session.add(
        NotificationItem(
            notification_id=notification_id,
            topic=topic,
            job_id=happening.job.job_id if happening.job else None,
            job_name=happening.job_name,
            run_id=event.run_id,
            delivery_id=event.delivery_id,
            detail=event.detail,
            created_at=event.created_at,
        )
    )
    session.flush()


def _group_of(
    session: Session, rule: NotificationRule, topic: Topic, now: datetime, zone: ZoneInfo
) -> int:
    """The notification that takes the event: a new one, or the one gathered for its moment."""
    values: dict[str, Any] = {
        "channel_id": rule.channel_id,
        "channel_name": rule.channel.name,
        "rule_id": rule.rule_id,
        "recipients": recipients_of(rule),
        "state": NotificationState.WAITING,
        "next_try_at": now,
    }
    if rule.muted_until is not None and now < rule.muted_until:
        muted = {"state": NotificationState.MUTED, "next_try_at": None, "finished_at": now}
        return _inserted(session, values | muted)
    moment = send_at(timing_of(rule), topic, now, zone)
    if moment is None:
        return _inserted(session, values)
    return _inserted(session, values | {"group_at": moment, "next_try_at": moment})


def _inserted(session: Session, values: Mapping[str, Any]) -> int:
    """A group of a moment still to come waits: nobody has claimed it."""
    statement = insert(Notification).values(**values)
    number: int | None = session.scalar(
        statement.on_conflict_do_update(
            index_elements=[Notification.rule_id, Notification.group_at],
            set_={"recipients": statement.excluded.recipients},
        ).returning(Notification.notification_id)
    )
    assert number is not None
    return number


def timing_of(rule: NotificationRule) -> Timing:
    return Timing(
        digest_every_min=rule.digest_every_min,
        digest_at=rule.digest_at,
        quiet_start=rule.quiet_start,
        quiet_end=rule.quiet_end,
        failures_pass=rule.failures_pass,
    )

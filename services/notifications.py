"""Notifications on their way: claimed, ended, sent again, listed, forgotten.

Like a delivery one is claimed for a time, and whoever ends it names the claim he has, so that a
daemon that was frozen changes nothing. A daemon that dies between sending and noting it leaves the
claim to run out, and the message is sent again: at least once, under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, delete, func, select, update
from sqlalchemy.orm import Session, aliased, selectinload

from auxiliares import AutomacaoError
from messaging.base import SendFault
from models import Channel, Notification, NotificationEvent, NotificationItem
from vocabulary import NotificationState

# A daemon that lives renews its claims; without that the message is somebody else's.
LEASE = timedelta(seconds=30)
# Pauses after transient faults; a notification that has failed once more is given up.
BACK_OFF_S = (10, 60, 300, 900, 1800, 3600, 7200)
OPEN_STATES = (NotificationState.WAITING, NotificationState.SENDING)
FAILED_SINCE = timedelta(days=7)
FAILED_SHOWN = 20
EVENTS_KEPT = timedelta(days=7)


class NotificationNotFound(AutomacaoError):
    """No notification has this number."""

    code = "notification_not_found"
    status = 404


class NotificationUnderWay(AutomacaoError):
    """It is being sent at this moment, or its channel is gone."""

    code = "notification_under_way"
    status = 409


@dataclass(frozen=True, slots=True)
class NotificationKey:
    """One claim of one notification; what every fence compares."""

    notification_id: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedNotification:
    """A notification to send now, with its items; `channel` is None when it was deleted."""

    key: NotificationKey
    notification: Notification
    channel: Channel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFilter:
    """What to list; None means no restriction."""

    state: str | None = None
    channel_id: int | None = None
    job_id: int | None = None
    run_id: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        about = select(NotificationItem.notification_id)
        chosen: list[ColumnElement[bool] | None] = [
            Notification.state == self.state if self.state else None,
            Notification.channel_id == self.channel_id if self.channel_id is not None else None,
            Notification.notification_id.in_(about.where(NotificationItem.job_id == self.job_id))
            if self.job_id is not None
            else None,
            Notification.notification_id.in_(about.where(NotificationItem.run_id == self.run_id))
            if self.run_id is not None
            else None,
        ]
        return [condition for condition in chosen if condition is not None]


def claim(session: Session, *, lease: timedelta = LEASE) -> ClaimedNotification | None:
    """The next notification whose time has come, given to the caller for so long; None: none is.

    A channel sends one at a time, so that one that hangs holds up nobody else's.
    """
    now, other = func.clock_timestamp(), aliased(Notification)
    is_sending = (
        select(other.notification_id)
        .where(
            other.channel_id == Notification.channel_id,
            other.notification_id != Notification.notification_id,
            other.state == NotificationState.SENDING,
            other.next_try_at > now,
        )
        .exists()
    )
    notification = session.scalars(
        select(Notification)
        .where(Notification.state.in_(OPEN_STATES), Notification.next_try_at <= now, ~is_sending)
        .order_by(Notification.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .options(selectinload(Notification.items))
    ).first()
    if notification is None:
        return None
    notification.state = NotificationState.SENDING
    notification.attempt += 1
    moment = session.scalar(select(now))
    assert moment is not None
    notification.started_at, notification.next_try_at = moment, moment + lease
    session.flush()
    channel_id = notification.channel_id
    return ClaimedNotification(
        key=NotificationKey(notification.notification_id, moment),
        notification=notification,
        channel=session.get(Channel, channel_id) if channel_id is not None else None,
    )


def _fenced(key: NotificationKey) -> Update:
    return update(Notification).where(
        Notification.notification_id == key.notification_id,
        Notification.started_at == key.started_at,
        Notification.state == NotificationState.SENDING,
    )


def extend(session: Session, key: NotificationKey, lease: timedelta, subject: str) -> bool:
    """Keep the claim for so long from now on, and note what is sent. False: no longer ours."""
    extended = session.execute(
        _fenced(key)
        .values(next_try_at=func.clock_timestamp() + lease, subject=subject)
        .returning(Notification.notification_id)
    ).first()
    return extended is not None


def renew(session: Session, keys: Sequence[NotificationKey], *, lease: timedelta = LEASE) -> None:
    """Keep these claims for so long from now on; those that are somebody else's stay so."""
    for key in sorted(keys, key=lambda each: each.notification_id):
        session.execute(_fenced(key).values(next_try_at=func.clock_timestamp() + lease))


def succeed(session: Session, key: NotificationKey, problem: SendFault | None = None) -> bool:
    """The server has taken it; `problem` where it has for some of the recipients only.

    False: the claim had run out, and somebody else sends it too.
    """
    return _end(
        session,
        key,
        state=NotificationState.SENT,
        error_code=problem.code if problem else None,
        error_message=problem.message if problem else None,
    )


def fail(
    session: Session,
    claimed: ClaimedNotification,
    problem: AutomacaoError,
    *,
    left: Sequence[str] | None = None,
) -> bool:
    """Try again after a pause, or give up; `left` are those who have not got it, where others have.

    True when it will be tried again.
    """
    tried = claimed.notification.attempt
    is_transient = isinstance(problem, SendFault) and problem.is_transient
    again = is_transient and tried <= len(BACK_OFF_S)
    pause_s: float = BACK_OFF_S[min(tried, len(BACK_OFF_S)) - 1]
    if isinstance(problem, SendFault):
        pause_s = max(pause_s, problem.retry_after_s)
    values: dict[str, object] = {} if left is None else {"recipients": list(left)}
    if again:
        values["next_try_at"] = func.clock_timestamp() + timedelta(seconds=pause_s)
    _end(
        session,
        claimed.key,
        state=NotificationState.WAITING if again else NotificationState.FAILED,
        error_code=problem.code,
        error_message=problem.message,
        **values,
    )
    return again


def _end(session: Session, key: NotificationKey, **values: object) -> bool:
    is_final = values["state"] != NotificationState.WAITING
    values.setdefault("next_try_at", None)
    ended = session.execute(
        _fenced(key)
        .values(finished_at=func.clock_timestamp() if is_final else None, **values)
        .returning(Notification.notification_id)
    ).first()
    return ended is not None


def get_notification(session: Session, notification_id: int, *, lock: bool = False) -> Notification:
    """With its items. Raises NotificationNotFound."""
    query = (
        select(Notification)
        .where(Notification.notification_id == notification_id)
        .options(selectinload(Notification.items))
    )
    found = session.scalars(query.with_for_update() if lock else query).first()
    if found is None:
        raise NotificationNotFound(f"There is no notification with the number {notification_id}.")
    return found


def send_again(session: Session, notification_id: int) -> Notification:
    """Send it now, whatever became of it. One that was sent goes out under a new key.

    Raises NotificationNotFound or NotificationUnderWay.
    """
    found = get_notification(session, notification_id, lock=True)
    if found.state == NotificationState.SENDING or found.channel_id is None:
        raise NotificationUnderWay(
            "It is being sent at this moment; wait for the outcome."
            if found.channel_id is not None
            else "The channel of this notification was deleted; it cannot be sent any more."
        )
    if found.state == NotificationState.SENT:
        found.key = func.gen_random_uuid().cast(Notification.key.type)
    found.state, found.attempt, found.finished_at = NotificationState.WAITING, 0, None
    # What is gathered for a moment to come begins a new one.
    found.next_try_at, found.group_at = func.clock_timestamp(), None
    session.flush()
    session.refresh(found)
    return get_notification(session, notification_id)


def give_up_channel(session: Session, channel: Channel) -> None:
    """End what is still on its way to a channel that is being deleted."""
    session.execute(
        update(Notification)
        .where(Notification.channel_id == channel.channel_id, Notification.state.in_(OPEN_STATES))
        .values(
            state=NotificationState.FAILED,
            error_code="channel_not_found",
            error_message="The channel was deleted.",
            next_try_at=None,
            finished_at=func.clock_timestamp(),
        )
    )


def list_notifications(
    session: Session, chosen: NotificationFilter, *, page: int, size: int
) -> tuple[Sequence[Notification], int]:
    """One page with items, the newest first, and how many there are in all."""
    conditions = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(Notification).where(*conditions)) or 0
    found = session.scalars(
        select(Notification)
        .where(*conditions)
        .order_by(Notification.notification_id.desc())
        .offset((page - 1) * size)
        .limit(size)
        .options(selectinload(Notification.items))
    ).all()
    return found, total


def failed_lately(session: Session) -> Sequence[Notification]:
    """With items: those given up within a week, the newest first, for whoever looks after them."""
    return session.scalars(
        select(Notification)
        .where(
            Notification.state == NotificationState.FAILED,
            Notification.finished_at > func.clock_timestamp() - FAILED_SINCE,
        )
        .order_by(Notification.finished_at.desc())
        .limit(FAILED_SHOWN)
        .options(selectinload(Notification.items))
    ).all()


def forget_old(session: Session, *, keep: timedelta) -> None:
    """Delete what ended longer ago, and events that were turned into notifications."""
    now = func.clock_timestamp()
    session.execute(
        delete(Notification).where(
            Notification.finished_at < now - keep,
            Notification.state.not_in(OPEN_STATES),
        )
    )
    session.execute(
        delete(NotificationEvent).where(NotificationEvent.handled_at < now - EVENTS_KEPT)
    )

"""The thread that tells people: makes notifications of what happened and sends them.

Each is sent in a thread of its own, one at a time for each channel, with no transaction open: a
server that is slow or silent holds up nothing but its own channel.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from auxiliares import AutomacaoError, Settings
from failpoints import failpoint
from logging_config import log_context
from messaging.base import ChannelBusy, RecipientsRefused
from messaging.facts import Attachment, Letter
from messaging.mail import Delivered
from messaging.writing import subject
from metadb.engine import MetadataUnavailable, unit_of_work
from models import Channel
from services import channels, notification_events, notification_fanout, notifications
from services.channels import ChannelNotFound
from services.clock import database_now
from services.notification_letters import Enclosure, prepare_letter
from services.notifications import ClaimedNotification, NotificationKey
from services.sending import Way

log = logging.getLogger(__name__)

AT_ONCE = 8
POLL_S = 1.0
LATE_EVERY_S = 15.0
COMPLAIN_EVERY = 30
STOP_GRACE_S = 5.0
RENEW_EVERY_S = 5.0
UNEXPECTED = "The notification failed by a fault of the program itself; the log has the details."

OpenChannel = Callable[[Channel, Settings], Way]


class Notifier(threading.Thread):
    """Watches for what happened until it is stopped."""

    def __init__(self, settings: Settings, *, open_channel: OpenChannel = channels.opened) -> None:
        super().__init__(name="notifier", daemon=True)
        self._settings = settings
        self._open_channel = open_channel
        self._stopping = threading.Event()
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._sending: dict[threading.Thread, NotificationKey] = {}
        self._renewed_at = time.monotonic()
        self._failures = 0
        self._late_looked_at = 0.0

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                is_busy = self._do_next()
                self._failures = 0
            except (MetadataUnavailable, SQLAlchemyError) as exc:
                is_busy = False
                if self._failures % COMPLAIN_EVERY == 0:
                    log.warning("notifications_unavailable", extra={"problem": str(exc).strip()})
                self._failures += 1
            if not is_busy:
                self._stopping.wait(POLL_S)
        self._let_end()

    def ask_to_stop(self) -> None:
        """Begin nothing new; what is being sent has a few seconds to end."""
        self._stopping.set()

    def _let_end(self) -> None:
        until = time.monotonic() + STOP_GRACE_S
        for sender in list(self._sending):
            sender.join(max(0.0, until - time.monotonic()))

    def _renew(self) -> None:
        """Keep the claims of what is being sent: a daemon that dies loses them soon."""
        if time.monotonic() - self._renewed_at < RENEW_EVERY_S:
            return
        self._renewed_at = time.monotonic()
        keys = list(self._sending.copy().values())
        if keys:
            with unit_of_work() as session:
                notifications.renew(session, keys)

    def _do_next(self) -> bool:
        self._renew()
        if time.monotonic() - self._late_looked_at >= LATE_EVERY_S:
            self._late_looked_at = time.monotonic()
            late_after = timedelta(minutes=self._settings.scheduler.late_after_min)
            with unit_of_work() as session:
                notification_events.record_late(session, late_after=late_after)
        handled = self.fan_out()
        return self._begin_next() or handled > 0

    def fan_out(self) -> int:
        """Make notifications of what happened; how many events were handled."""
        with unit_of_work() as session:
            return notification_fanout.fan_out(session, zone=self._settings.scheduler.time_zone)

    def _begin_next(self) -> bool:
        """Send the next one in a thread of its own; False: none, or too many are under way."""
        if not self._free.acquire(blocking=False):
            return False
        claimed = None
        try:
            claimed = self._claim()
        finally:
            if claimed is None:
                self._free.release()
        if claimed is None:
            return False
        sender = threading.Thread(
            target=self._send_and_release, args=(claimed,), name="notification", daemon=True
        )
        self._sending[sender] = claimed.key
        sender.start()
        return True

    def _send_and_release(self, claimed: ClaimedNotification) -> None:
        try:
            self._send(claimed)
        except (MetadataUnavailable, SQLAlchemyError) as exc:
            # The claim runs out and it is sent again: at least once.
            log.warning("notification_not_noted", extra={"problem": str(exc).strip()})
        finally:
            self._sending.pop(threading.current_thread(), None)
            self._free.release()

    def send_next(self) -> bool:
        """Send one notification whose time has come, in this thread; False: there is none."""
        claimed = self._claim()
        if claimed is None:
            return False
        self._send(claimed)
        return True

    def _claim(self) -> ClaimedNotification | None:
        with unit_of_work() as session:
            return notifications.claim(session)

    def _send(self, claimed: ClaimedNotification) -> None:
        with log_context(run_id=_run_of(claimed)):
            try:
                delivered = self._carry_out(claimed)
            except AutomacaoError as exc:
                self._fail(claimed, exc)
            except Exception:  # the edge of a notification: any fault ends it, never the daemon
                log.exception("notification_crashed", extra=_facts(claimed))
                self._fail(claimed, AutomacaoError(UNEXPECTED))
            else:
                failpoint("after_notification")
                self._note(claimed, delivered)

    def _carry_out(self, claimed: ClaimedNotification) -> Delivered:
        if claimed.channel is None:
            raise ChannelNotFound("The channel was deleted.")
        way = self._open_channel(claimed.channel, self._settings)
        with unit_of_work() as session:
            prepared = prepare_letter(session, claimed, self._settings)
            at = database_now(session)
        letter = _enclosed(prepared.letter, prepared.enclosure)
        with unit_of_work() as session:
            is_ours = notifications.extend(
                session, claimed.key, notifications.LEASE, subject(letter)
            )
        if not is_ours:
            raise ChannelBusy("The claim ran out before anything was sent.")
        return way.send(letter, claimed.notification.recipients, at=at)

    def _note(self, claimed: ClaimedNotification, delivered: Delivered) -> None:
        if delivered.later:
            left = ", ".join(delivered.later)
            problem = ChannelBusy(f"The server takes these recipients later: {left}.")
            self._fail(claimed, problem, left=delivered.later)
            return
        refused = "; ".join(f"{who}: {said}" for who, said in delivered.refused.items())
        fault = RecipientsRefused(f"Not taken for all: {refused}.") if refused else None
        with unit_of_work() as session:
            is_ours = notifications.succeed(session, claimed.key, fault)
        facts = _facts(claimed) | ({"problem": fault.message} if fault else {})
        is_whole = is_ours and fault is None
        event = "notification_sent" if is_ours else "notification_sent_twice"
        log.log(logging.INFO if is_whole else logging.WARNING, event, extra=facts)

    def _fail(
        self,
        claimed: ClaimedNotification,
        problem: AutomacaoError,
        *,
        left: list[str] | None = None,
    ) -> None:
        with unit_of_work() as session:
            again = notifications.fail(session, claimed, problem, left=left)
        facts = {**_facts(claimed), "code": problem.code, "problem": problem.message}
        level = logging.WARNING if again else logging.ERROR
        log.log(level, "notification_delayed" if again else "notification_failed", extra=facts)


def _enclosed(letter: Letter, enclosure: Enclosure | None) -> Letter:
    """With the file, unless it was removed meanwhile."""
    if enclosure is None:
        return letter
    try:
        content = enclosure.path.read_bytes()
    except FileNotFoundError:
        return letter
    return replace(letter, attachment=Attachment(enclosure.name, content))


def _run_of(claimed: ClaimedNotification) -> int | None:
    items = claimed.notification.items
    return items[0].run_id if len(items) == 1 else None


def _facts(claimed: ClaimedNotification) -> dict[str, object]:
    return {
        "notification_id": claimed.key.notification_id,
        "channel": claimed.notification.channel_name,
        "attempt": claimed.notification.attempt,
        "events": len(claimed.notification.items),
    }

"""Rules tell people of runs: who, of what, when, and never twice on purpose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import selectinload

from auxiliares import Settings
from execution.notify import Notifier
from metadb.engine import DatabaseAddress, unit_of_work
from models import Delivery, Job, Notification, NotificationEvent, Run, RunTable
from services import (
    channels,
    deliveries,
    notification_events,
    notification_rules,
    notifications,
    targets,
)
from services.clock import database_now
from services.notification_events import TOLD_REASONS
from services.notifications import BACK_OFF_S
from services.sending import EVERYBODY
from tests.mail_server import MailServer, SilentServer
from tests.publisher import Publisher
from tests.waiting import wait_for
from vocabulary import Reason

GOOD = "select g as id from generate_series(1, 3) g"
BAD = "select 1 / 0 as id"


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def notifier(settings: Settings) -> Notifier:
    return Notifier(settings)


def new_channel(settings: Settings, options: dict[str, Any], name: str = "E-mail") -> int:
    with unit_of_work() as session:
        channel = channels.create_channel(
            session,
            {"name": name, "kind": "email", "language": "pt-BR", "options": options},
            settings=settings,
        )
        return channel.channel_id


@pytest.fixture
def channel_id(publisher: Publisher, settings: Settings, mail_server: MailServer) -> int:
    return new_channel(settings, mail_server.options())


def new_rule(channel_id: int, topics: list[str], **fields: Any) -> int:
    with unit_of_work() as session:
        rule = notification_rules.create_rule(
            session,
            {"channel_id": channel_id, "topics": topics, **fields},  # type: ignore[typeddict-item]
        )
        return rule.rule_id


def all_notifications() -> list[Notification]:
    with unit_of_work() as session:
        return list(
            session.scalars(
                select(Notification)
                .order_by(Notification.notification_id)
                .options(selectinload(Notification.items))
            )
        )


def only_notification() -> Notification:
    (notification,) = all_notifications()
    return notification


def be_due() -> None:
    """As if every pause had passed and every claim had run out."""
    with unit_of_work() as session:
        session.execute(
            update(Notification)
            .where(Notification.next_try_at.is_not(None))
            .values(next_try_at=Notification.next_try_at - timedelta(days=8))
        )


def tell(notifier: Notifier) -> None:
    """Handle every event and send what is due."""
    while notifier.fan_out():
        pass
    while notifier.send_next():
        pass


def topics() -> list[list[str]]:
    return [[item.topic for item in found.items] for found in all_notifications()]


def test_failure_recovery_and_success_are_told_to_who_wants_them(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    new_rule(channel_id, ["failure", "recovery"], job_id=publisher.job_id)
    publisher.run(GOOD)
    tell(notifier)
    assert all_notifications() == []
    publisher.run(BAD)
    publisher.run(BAD)
    publisher.run(GOOD)
    publisher.run(GOOD)
    tell(notifier)
    # It should tell of the recovery once, after the failures alone
    assert topics() == [["failure"], ["failure"], ["recovery"]]
    assert {found.state for found in all_notifications()} == {"sent"}
    assert [mail["Subject"] for mail in mail_server.mails] == [
        "[AutomacaoSQL] Falhou: Vendas",
        "[AutomacaoSQL] Falhou: Vendas",
        "[AutomacaoSQL] Voltou a funcionar: Vendas",
    ]
    body = mail_server.mails[0].get_body(("plain",))
    assert body is not None
    assert "division by zero" in body.get_content()


def test_only_the_first_failure_of_a_row_where_asked(
    publisher: Publisher, notifier: Notifier, channel_id: int
) -> None:
    new_rule(channel_id, ["failure", "success"], only_changes=True)
    for sql in (BAD, BAD, GOOD, BAD):
        publisher.run(sql)
    tell(notifier)
    assert topics() == [["failure"], ["recovery"], ["failure"]]


def test_guard_is_told_as_such_also_to_who_asks_for_failures(
    publisher: Publisher, notifier: Notifier, channel_id: int
) -> None:
    new_rule(channel_id, ["failure"])
    publisher.change(guards={"min_rows": 10})
    publisher.run(GOOD)
    tell(notifier)
    assert topics() == [["guard"]]


def test_narrowest_rule_speaks_where_several_would_tell_the_same_people(
    publisher: Publisher, notifier: Notifier, channel_id: int
) -> None:
    new_rule(channel_id, ["failure"])
    narrow = new_rule(channel_id, ["failure"], job_id=publisher.job_id)
    new_rule(channel_id, ["failure"], recipients=["bia@empresa.example"])
    new_rule(channel_id, ["failure"], connection_id=_connection_of(publisher))
    publisher.run(BAD)
    tell(notifier)
    found = {(note.rule_id, tuple(note.recipients)) for note in all_notifications()}
    assert len(found) == 2
    assert (narrow, ("ana@empresa.example",)) in found
    assert ("bia@empresa.example",) in {recipients for _, recipients in found}


def _connection_of(publisher: Publisher) -> int:
    with unit_of_work() as session:
        number = session.get_one(Job, publisher.job_id).connection_id
    assert number is not None
    return number


def test_without_rules_nothing_is_written(publisher: Publisher, notifier: Notifier) -> None:
    publisher.run(BAD)
    with unit_of_work() as session:
        assert session.scalars(select(NotificationEvent)).all() == []


def test_event_is_written_with_the_end_of_the_run_or_not_at_all(
    publisher: Publisher, channel_id: int
) -> None:
    new_rule(channel_id, ["failure"])
    run = publisher.run(BAD)
    with unit_of_work() as session:
        (event,) = session.scalars(select(NotificationEvent)).all()
        assert (event.kind, event.run_id) == ("run_ended", run.run_id)
        # Asked twice it stays one
        notification_events.run_ended(session, run.run_id)
    with unit_of_work() as session:
        assert len(session.scalars(select(NotificationEvent)).all()) == 1
    with pytest.raises(RuntimeError), unit_of_work() as session:
        session.execute(text("delete from notification_events"))
        notification_events.run_ended(session, run.run_id)
        raise RuntimeError
    with unit_of_work() as session:
        assert session.scalars(select(NotificationEvent.event_id)).all() == [event.event_id]


def test_late_is_told_once_and_not_while_something_is_meant_to_wait(
    publisher: Publisher, notifier: Notifier, channel_id: int
) -> None:
    new_rule(channel_id, ["late"])
    due = datetime.now(UTC) - timedelta(hours=1)
    with unit_of_work() as session:
        for n, waiting_for in enumerate((None, "connection_limit", "gate", "maintenance")):
            session.add(
                Run(
                    job_id=publisher.job_id,
                    job_name="Vendas",
                    trigger="schedule",
                    due_at=due + timedelta(minutes=n),
                    state="queued",
                    waiting_for=waiting_for,
                )
            )
    for _ in range(2):
        with unit_of_work() as session:
            notification_events.record_late(session, late_after=timedelta(minutes=10))
        tell(notifier)
    assert topics() == [["late"], ["late"]]


def test_occurrences_left_out_are_told_together_with_the_reason(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    new_rule(channel_id, ["late"])
    last = datetime(2026, 11, 26, 11, tzinfo=UTC)
    with unit_of_work() as session:
        for reason in Reason:
            notification_events.not_run(
                session,
                publisher.job_id,
                reason,
                first=last - timedelta(hours=5),
                last=last,
                count=6,
            )
    tell(notifier)
    assert len(mail_server.mails) == len(TOLD_REASONS)
    body = mail_server.mails[0].get_body(("plain",))
    assert body is not None
    told = body.get_content()
    assert "6, de 26/11/2026 03:00:00 (America/Sao_Paulo, -03:00)" in told


def test_failed_delivery_is_told(
    publisher: Publisher, notifier: Notifier, channel_id: int, settings: Settings
) -> None:
    new_rule(channel_id, ["delivery_failed"])
    publisher.deliver_to("parceiro")
    run = publisher.run(GOOD)
    with unit_of_work() as session:
        claimed = deliveries.claim(session)
        assert claimed is not None
        deliveries.fail(session, claimed, targets.TargetNotFound("gone"), is_transient=False)
    tell(notifier)
    assert topics() == [["delivery_failed"]]
    (item,) = only_notification().items
    with unit_of_work() as session:
        assert session.scalars(select(Delivery.delivery_id)).all() == [item.delivery_id]
    assert item.run_id == run.run_id


def test_digest_gathers_events_until_its_moment(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    # A week, so that no moment comes while the test runs but at its beginning
    new_rule(channel_id, ["failure", "success"], digest_every_min=7 * 24 * 60)
    for sql in (BAD, GOOD, BAD):
        publisher.run(sql)
        tell(notifier)
    assert mail_server.mails == []
    assert topics() == [["failure", "recovery", "failure"]]
    be_due()
    tell(notifier)
    (mail,) = mail_server.mails
    assert mail["Subject"] == "[AutomacaoSQL] 3 eventos: Falhou 2, Voltou a funcionar 1"
    assert only_notification().state == "sent"
    # What comes afterwards begins a new one
    publisher.run(GOOD)
    with unit_of_work() as session:
        session.execute(update(Notification).values(group_at=None))
    tell(notifier)
    assert topics()[1] == ["recovery"]


def test_muted_rule_sends_nothing_and_shows_what_it_kept(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    rule_id = new_rule(channel_id, ["failure"], muted_until=datetime.now(UTC) + timedelta(hours=1))
    publisher.run(BAD)
    tell(notifier)
    assert (only_notification().state, mail_server.mails) == ("muted", [])
    with unit_of_work() as session:
        past = datetime.now(UTC) - timedelta(hours=1)
        notification_rules.update_rule(session, rule_id, {"muted_until": past})
    publisher.run(BAD)
    tell(notifier)
    assert len(mail_server.mails) == 1


def test_refusals_for_now_are_tried_again_with_growing_pauses_and_an_end(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    mail_server.data = ["451 4.7.1 Greylisted"] * 20
    new_rule(channel_id, ["failure"])
    publisher.run(BAD)
    tell(notifier)
    pauses = []
    while only_notification().state == "waiting":
        after = only_notification()
        assert after.next_try_at is not None
        assert after.started_at is not None
        pauses.append((after.next_try_at - after.started_at).total_seconds())
        be_due()
        assert notifier.send_next()
    assert [int(pause) // wanted for pause, wanted in zip(pauses, BACK_OFF_S, strict=True)] == (
        [1] * len(BACK_OFF_S)
    )
    given_up = only_notification()
    assert (given_up.state, given_up.error_code) == ("failed", "channel_busy")
    assert "Greylisted" in (given_up.error_message or "")
    # By hand it goes at once, under the same key
    mail_server.data.clear()
    with unit_of_work() as session:
        notifications.send_again(session, given_up.notification_id)
    assert notifier.send_next()
    assert only_notification().state == "sent"
    assert mail_server.mails[0]["Message-ID"] == f"<{given_up.key}@empresa.example>"


def test_only_those_who_have_not_got_it_are_tried_again(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    mail_server.rcpt = {"bia@empresa.example": "450 4.2.0 Mailbox busy"}
    people = ["ana@empresa.example", "bia@empresa.example"]
    new_rule(channel_id, ["failure"], recipients=people)
    publisher.run(BAD)
    tell(notifier)
    assert only_notification().recipients == ["bia@empresa.example"]
    mail_server.rcpt.clear()
    be_due()
    tell(notifier)
    assert [who for _, who in mail_server.envelopes] == [people[:1], people[1:]]
    assert only_notification().state == "sent"


def test_recipient_that_is_refused_for_good_is_seen_on_what_was_sent(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    mail_server.rcpt = {"bia@empresa.example": "550 5.1.1 No such user"}
    new_rule(channel_id, ["failure"], recipients=["ana@empresa.example", "bia@empresa.example"])
    publisher.run(BAD)
    tell(notifier)
    sent = only_notification()
    assert (sent.state, sent.error_code) == ("sent", "recipients_refused")
    assert "No such user" in (sent.error_message or "")


def test_daemon_that_dies_after_sending_sends_again_under_the_same_key(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    new_rule(channel_id, ["failure"])
    publisher.run(BAD)
    notifier.fan_out()
    with unit_of_work() as session:
        assert notifications.claim(session) is not None  # whoever claimed it is dead
    # It should be nobody else's before the claim has run out
    assert not notifier.send_next()
    be_due()
    assert notifier.send_next()
    assert only_notification().attempt == 2
    assert mail_server.mails[0]["Message-ID"] == f"<{only_notification().key}@empresa.example>"


def test_late_sender_changes_nothing_of_the_one_who_took_over(
    publisher: Publisher, notifier: Notifier, channel_id: int
) -> None:
    new_rule(channel_id, ["failure"])
    publisher.run(BAD)
    notifier.fan_out()
    with unit_of_work() as session:
        frozen = notifications.claim(session)
    assert frozen is not None
    be_due()
    assert notifier.send_next()
    with unit_of_work() as session:
        assert not notifications.succeed(session, frozen.key)
        notifications.fail(session, frozen, channels.ChannelNotFound("late"))
    assert (only_notification().state, only_notification().attempt) == ("sent", 2)


def test_two_daemons_send_each_once(
    publisher: Publisher, settings: Settings, channel_id: int, mail_server: MailServer
) -> None:
    new_rule(channel_id, ["failure"])
    for _ in range(4):
        publisher.run(BAD)
    daemons = [Notifier(settings), Notifier(settings)]
    for daemon in daemons:
        daemon.start()
    wait_for(
        lambda: [found.state for found in all_notifications()] == ["sent"] * 4,
        timeout_s=60,
        what="every notification to be sent",
    )
    for daemon in daemons:
        daemon.ask_to_stop()
        daemon.join(30)
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == len(mail_server.mails) == 4


def test_silent_server_holds_up_no_other_channel(
    publisher: Publisher, settings: Settings, channel_id: int, mail_server: MailServer
) -> None:
    with SilentServer() as silent:
        dead = new_channel(settings, mail_server.options(port=silent.port), "Mudo")
        for _ in range(2):
            new_rule(dead, ["failure"])
        new_rule(dead, ["failure"], recipients=["bia@empresa.example"])
        new_rule(channel_id, ["failure"])
        publisher.run(BAD)
        publisher.run(BAD)
        daemon = Notifier(settings)
        daemon.start()
        wait_for(lambda: len(mail_server.mails) == 2, timeout_s=60, what="the other channel")
        states = [found.state for found in all_notifications() if found.channel_name == "Mudo"]
        # The dead channel is asked once at a time, however much waits for it
        assert states.count("sending") == 1
        assert "sent" not in states
        daemon.ask_to_stop()
    daemon.join(30)
    assert not daemon.is_alive()


def test_claim_is_renewed_while_its_daemon_lives_and_soon_over_when_it_does_not(
    publisher: Publisher,
    settings: Settings,
    channel_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("execution.notify.RENEW_EVERY_S", 0.05)
    new_rule(channel_id, ["failure"])
    publisher.run(BAD)
    may_end = threading.Event()

    class Slow:
        def send(self, *_: object, **__: object) -> Any:
            may_end.wait(120)
            return EVERYBODY

    def claimed_until() -> datetime | None:
        return next((f.next_try_at for f in all_notifications() if f.state == "sending"), None)

    daemon = Notifier(settings, open_channel=lambda _channel, _settings: Slow())
    daemon.start()
    try:
        first = wait_for(claimed_until, timeout_s=60, what="a message on its way")

        def renewed() -> datetime | None:
            until = claimed_until()
            return until if until is not None and until > first else None

        later = wait_for(renewed, timeout_s=60, what="a claim that was renewed")
        # It should not hold for longer than half a minute without that
        with unit_of_work() as session:
            assert later - database_now(session) <= timedelta(seconds=30)
    finally:
        may_end.set()
        daemon.ask_to_stop()
        daemon.join(60)
    assert (only_notification().state, only_notification().attempt) == ("sent", 1)


def test_nothing_is_open_in_the_metadata_database_while_sending(
    publisher: Publisher, settings: Settings, channel_id: int
) -> None:
    new_rule(channel_id, ["failure"])
    publisher.run(BAD)
    seen: list[int] = []

    class Watching:
        def send(self, *_: object, **__: object) -> Any:
            with unit_of_work() as session:
                open_ones = session.scalar(
                    text(
                        "select count(*) from pg_stat_activity where datname = current_database()"
                        " and xact_start is not null and pid <> pg_backend_pid()"
                        " and backend_type = 'client backend'"
                    )
                )
            seen.append(int(open_ones or 0))
            return EVERYBODY

    daemon = Notifier(settings, open_channel=lambda _channel, _settings: Watching())
    daemon.fan_out()
    assert daemon.send_next()
    assert seen == [0]


def test_figures_of_each_table_are_told(
    publisher: Publisher, notifier: Notifier, channel_id: int, mail_server: MailServer
) -> None:
    new_rule(channel_id, ["failure"])
    run = publisher.run(BAD)
    with unit_of_work() as session:
        for place, (name, rows, problem) in enumerate(
            [("vendas.lojas", 12_345, None), ("vendas.itens", None, "no room")]
        ):
            session.add(
                RunTable(
                    run_id=run.run_id,
                    position=place,
                    source=f"origem.{place}",
                    target=name,
                    state="failed" if problem else "done",
                    rows=rows,
                    duration_ms=1500,
                    error_message=problem,
                )
            )
    tell(notifier)
    body = mail_server.mails[0].get_body(("plain",))
    assert body is not None
    told = body.get_content()
    assert "vendas.lojas | 12.345 | 1,5 s | \r\n" in told
    assert "vendas.itens |  | 1,5 s | no room" in told

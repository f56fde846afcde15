"""Channels over the API against real servers: mail with TLS and logins, web receivers, chats."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auxiliares import Settings
from execution.notify import Notifier
from messaging.base import ChannelAddressRefused, ChannelUnreachable, resolved
from messaging.facts import Letter
from metadb.engine import DatabaseAddress, unit_of_work
from models import Channel
from services import channels
from services.secret_rotation import reseal
from services.sending import Limits, MailWay, WebWay
from tests.integration.conftest import Cast
from tests.mail_server import CA_PEM, PASSWORD, USERNAME, MailServer, SilentServer
from tests.publisher import Publisher
from tests.web_receiver import WebReceiver

SIGNING = "um-segredo-que-assina-mensagens"
TOKEN = "123456:abcdefghijklmnop"
TRIAL = Letter(key="k", language="en", zone=ZoneInfo("UTC"), items=(), is_test=True)


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Receivers on this machine may be called."""
    monkeypatch.setenv("ASQL_SECURITY__OUTGOING_HOSTS", '["127.0.0.0/8"]')
    monkeypatch.setenv("ASQL_BACKEND__PUBLIC_URL", "https://dados.example/")
    return Settings(
        backend={"secret_key": settings.backend.secret_key},  # type: ignore[arg-type]
        data_api=settings.data_api,
    )


@pytest.fixture
def receiver() -> Iterator[WebReceiver]:
    with WebReceiver() as server:
        yield server


def create(cast: Cast, kind: str, options: dict[str, Any], secret: str | None = None) -> int:
    body = {"name": f"Canal {kind}", "kind": kind, "options": options, "secret": secret}
    response = cast.moderator.post("/api/channels", body)
    assert response.status_code == 201, response.text
    return int(response.json["channel_id"])


def try_out(cast: Cast, channel_id: int, **body: Any) -> Any:
    response = cast.moderator.post(f"/api/channels/{channel_id}/test", body)
    return response.json | {"status": response.status_code}


# The stand-in warns of what some real servers do: a login without STARTTLS.
@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_mail_goes_with_login_over_each_security(cast: Cast, security: str) -> None:
    with MailServer(security=security, needs_login=True) as server:
        options = server.options(security=security, username=USERNAME, ca_pem=CA_PEM)
        channel_id = create(cast, "email", options, PASSWORD)
        answer = try_out(cast, channel_id, recipients=["bia@empresa.example"])
        assert answer["ok"], answer
        (mail,) = server.mails
        assert mail["To"] == "bia@empresa.example"
        assert mail["Subject"] == "[AutomacaoSQL] Teste"
        # A wrong password is told as such
        cast.moderator.put(f"/api/channels/{channel_id}", {"secret": "outra-senha"})
        assert try_out(cast, channel_id)["code"] == "channel_login_failed"
        assert len(server.mails) == 1


def test_certificate_of_somebody_unknown_gets_no_login(cast: Cast) -> None:
    with MailServer(security="starttls", needs_login=True) as server:
        channel_id = create(
            cast, "email", server.options(security="starttls", username=USERNAME), PASSWORD
        )
        answer = try_out(cast, channel_id)
        assert answer["code"] == "channel_refused"
        assert "certificate" in answer["detail"].casefold()
        assert server.logins == []


def test_server_without_starttls_gets_no_login_in_the_clear(cast: Cast) -> None:
    with MailServer() as server:
        options = server.options(security="starttls", username=USERNAME)
        answer = try_out(cast, create(cast, "email", options, PASSWORD))
        assert (answer["code"], server.mails) == ("channel_refused", [])


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("451 4.3.0 Try later", "channel_busy"),
        ("554 5.7.1 Spam", "channel_refused"),
    ],
)
def test_words_of_the_mail_server_are_the_answer(cast: Cast, reply: str, code: str) -> None:
    with MailServer() as server:
        server.data = [reply]
        answer = try_out(cast, create(cast, "email", server.options()))
        assert (answer["status"], answer["code"]) == (502, code)
        assert reply[4:] in answer["detail"]


def test_refused_recipients_are_named(cast: Cast) -> None:
    with MailServer() as server:
        server.rcpt = {"bia@empresa.example": "550 5.1.1 No such user"}
        channel_id = create(cast, "email", server.options())
        answer = try_out(cast, channel_id, recipients=["bia@empresa.example"])
        assert answer["code"] == "recipients_refused"
        both = try_out(cast, channel_id, recipients=["ana@empresa.example", "bia@empresa.example"])
        assert both["ok"] is False
        assert list(both["refused"]) == ["bia@empresa.example"]
        assert len(server.mails) == 1


@pytest.mark.parametrize("drips", [False, True])
def test_server_that_says_nothing_or_little_is_left_in_time(drips: bool) -> None:
    with SilentServer(drips=drips) as server:
        with MailServer() as other:
            options = other.options(port=server.port, username="", sender_name="A", ca_pem="")
        # With drips no step is ever long; the limit for the whole ends it
        limits = Limits(60.0, 0.5) if drips else Limits(0.3, 60.0)
        with pytest.raises(ChannelUnreachable, match="in time"):
            MailWay(options, "").send(
                TRIAL, ["ana@empresa.example"], at=datetime.now(UTC), limits=limits
            )


def test_webhook_is_signed_as_documented(cast: Cast, receiver: WebReceiver) -> None:
    channel_id = create(cast, "webhook", {"url": f"{receiver.url}/aviso?x=1"}, SIGNING)
    assert try_out(cast, channel_id)["ok"]
    (posted,) = receiver.posted
    assert posted.path == "/aviso?x=1"
    assert is_genuine(posted.headers, posted.body, SIGNING)
    assert not is_genuine(posted.headers, posted.body + b" ", SIGNING)
    assert not is_genuine(posted.headers | {"webhook-timestamp": "1"}, posted.body, SIGNING)
    assert posted.json["is_test"] is True


def is_genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """The receiver's side, as the how-to shows it."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(made).decode()
    return hmac.compare_digest(wanted, headers["webhook-signature"])


def test_receiver_that_says_nothing_is_left_in_time() -> None:
    with SilentServer() as server:
        url = f"http://127.0.0.1:{server.port}/"
        way = WebWay("webhook", {"url": url}, SIGNING, ["127.0.0.1"])
        with pytest.raises(ChannelUnreachable):
            way.send(TRIAL, [], at=datetime.now(UTC), limits=Limits(0.3, 0.3))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((302, {"Location": "http://127.0.0.1:9/"}, ""), "channel_refused"),
        ((500, {}, "broken"), "channel_busy"),
        ((404, {}, "no such hook"), "channel_refused"),
        ((403, {}, "invalid_token"), "channel_login_failed"),
        ((429, {"Retry-After": "30"}, ""), "channel_busy"),
    ],
)
def test_answers_of_a_receiver_are_told(
    cast: Cast, receiver: WebReceiver, answer: tuple[int, dict[str, str], str], code: str
) -> None:
    receiver.answers = [answer]
    channel_id = create(cast, "webhook", {"url": receiver.url}, SIGNING)
    found = try_out(cast, channel_id)
    assert found["code"] == code
    assert answer[2] in found["detail"]
    assert len(receiver.posted) == 1


def test_chats_get_their_own_form_at_their_own_address(cast: Cast, receiver: WebReceiver) -> None:
    slack = create(cast, "slack", {}, f"{receiver.url}/services/T0/B0/segredo")
    teams = create(cast, "teams", {}, f"{receiver.url}/workflows/1/invoke?sig=segredo")
    telegram = create(
        cast, "telegram", {"endpoint": receiver.url, "recipients": ["-1001", "@canal"]}, TOKEN
    )
    for channel_id in (slack, teams, telegram):
        assert try_out(cast, channel_id)["ok"]
    first, second, *chats = receiver.posted
    assert (first.path, second.path) == (
        "/services/T0/B0/segredo",
        "/workflows/1/invoke?sig=segredo",
    )
    assert "Teste" in first.json["text"]
    card = second.json["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [chat.path for chat in chats] == [f"/bot{TOKEN}/sendMessage"] * 2
    assert [chat.json["chat_id"] for chat in chats] == ["-1001", "@canal"]


def test_secret_never_comes_out_and_is_sealed(cast: Cast, receiver: WebReceiver) -> None:
    channel_id = create(cast, "slack", {}, f"{receiver.url}/services/segredo")
    receiver.answers = [(403, {}, "invalid_token")]
    shown = [
        cast.root.get(f"/api/channels/{channel_id}").text,
        cast.root.get("/api/channels").text,
        cast.moderator.post(f"/api/channels/{channel_id}/test", {}).text,
    ]
    assert not any("segredo" in text for text in shown)
    with unit_of_work() as session:
        sealed = session.get_one(Channel, channel_id).secret_encrypted
    assert sealed is not None
    assert "segredo" not in sealed


def test_stored_secret_does_not_follow_to_another_server(cast: Cast) -> None:
    with MailServer() as server:
        options = server.options(username=USERNAME)
        channel_id = create(cast, "email", options, PASSWORD)
        path = f"/api/channels/{channel_id}"
        moved = {"options": options | {"host": "mail.mallory.example"}}
        refused = cast.moderator.put(path, moved)
        assert (refused.status_code, refused.json["code"]) == (422, "channel_secret_required")
        assert cast.moderator.put(path, moved | {"secret": "nova"}).status_code == 200


FAULTY_CHANNELS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "pombo"}, "kind"),
    ({"language": "de"}, "language"),
    ({"options": {"url": "ftp://x"}}, "options.url"),
    ({"options": {"url": "https://u:p@x"}}, "options.url"),
    ({"options": {"uri": "https://x"}}, "options.uri"),
    ({"secret": "curto"}, "secret"),
    ({"secret": "whsec_***"}, "secret"),
    ({"secret": None}, "secret"),
    ({"kind": "slack", "options": {}, "secret": "T0/B0"}, "secret"),
    ({"kind": "telegram", "options": {}, "secret": "abc"}, "secret"),
    (
        {"kind": "email", "options": {"host": "h", "sender": "a@b.example\r\nBcc: c@d"}},
        "options.sender",
    ),
    (
        {
            "kind": "email",
            "options": {"host": "h", "sender": "a@b.example", "recipients": ["a@b.c, d@e.f"]},
        },
        "options.recipients.0",
    ),
    (
        {"kind": "email", "options": {"host": "h", "sender": "a@b.example", "ca_pem": "x"}},
        "options.ca_pem",
    ),
]


def test_what_cannot_work_is_refused_with_its_field(cast: Cast) -> None:
    whole = {
        "name": "Aviso",
        "kind": "webhook",
        "options": {"url": "https://receptor.example/"},
        "secret": SIGNING,
    }
    for body, field in FAULTY_CHANNELS:
        response = cast.moderator.post("/api/channels", whole | body)
        assert response.status_code == 422, body
        assert [fault["field"] for fault in response.json["errors"]] == [field]
    assert cast.moderator.get("/api/channels").json == []


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://10.0.0.1/"])
def test_addresses_of_the_server_s_own_networks_are_refused(cast: Cast, url: str) -> None:
    answer = try_out(cast, create(cast, "webhook", {"url": url}, SIGNING))
    assert answer["code"] == "outgoing_address_refused"


def test_mail_never_goes_to_where_clouds_keep_secrets() -> None:
    with pytest.raises(ChannelAddressRefused):
        resolved("169.254.169.254", 25)


def test_rules_over_the_api(cast: Cast, job_id: int, receiver: WebReceiver) -> None:
    channel_id = create(cast, "webhook", {"url": receiver.url}, SIGNING)
    body = {
        "job_id": job_id,
        "channel_id": channel_id,
        "topics": ["success", "failure"],
        "digest_at": "08:30",
        "quiet_start": "22:00",
        "quiet_end": "07:00",
        "muted_until": "2026-12-01T12:00:00-03:00",
    }
    created = cast.moderator.post("/api/notification-rules", body)
    assert created.status_code == 201, created.text
    rule = created.json
    assert rule["topics"] == ["failure", "success"]
    assert (rule["digest_at"], rule["muted_until"]) == ("08:30:00", "2026-12-01T15:00:00Z")
    assert cast.normal.get(f"/api/notification-rules?job_id={job_id}").json == [rule]
    path = f"/api/notification-rules/{rule['rule_id']}"
    changed = cast.moderator.put(path, {"digest_at": None, "digest_every_min": 15})
    assert (changed.json["digest_at"], changed.json["digest_every_min"]) == (None, 15)
    in_use = cast.moderator.delete(f"/api/channels/{channel_id}")
    assert (in_use.status_code, in_use.json["code"]) == (409, "channel_in_use")
    assert "Vendas diárias" in in_use.json["detail"]
    assert cast.moderator.delete(path).json == {"msg": "deleted"}
    assert cast.moderator.delete(f"/api/channels/{channel_id}").json == {"msg": "deleted"}


FAULTY_RULES: list[tuple[dict[str, Any], str]] = [
    ({"topics": []}, "topics"),
    ({"topics": ["everything"]}, "topics"),
    ({"channel_id": 999}, "channel_id"),
    ({"job_id": 999}, "job_id"),
    ({"recipients": ["ana@empresa.example"]}, "recipients"),
    ({"quiet_start": "22:00"}, "quiet_end"),
    ({"quiet_start": "22:00", "quiet_end": "22:00"}, "quiet_end"),
    ({"digest_at": "08:00", "digest_every_min": 5}, "digest_at"),
    ({"digest_every_min": 0}, "digest_every_min"),
    ({"attach_dataset": True}, "attach_dataset"),
    ({"attach_limit_mb": 26}, "attach_limit_mb"),
]


def test_rule_that_cannot_be_is_refused_with_its_field(cast: Cast, receiver: WebReceiver) -> None:
    channel_id = create(cast, "webhook", {"url": receiver.url}, SIGNING)
    for change, field in FAULTY_RULES:
        body = {"channel_id": channel_id, "topics": ["failure"]} | change
        response = cast.moderator.post("/api/notification-rules", body)
        assert response.status_code == 422, change
        assert [fault["field"] for fault in response.json["errors"]] == [field]
    assert cast.moderator.get("/api/notification-rules").json == []


@pytest.fixture
def publisher(settings: Settings, cast: Cast, pg_database: DatabaseAddress) -> Publisher:
    return Publisher(settings, pg_database)


def test_receiver_gets_it_at_the_second_try_under_the_same_key(
    cast: Cast, publisher: Publisher, settings: Settings, receiver: WebReceiver
) -> None:
    receiver.answers = [(500, {}, "broken")]
    channel_id = create(cast, "webhook", {"url": receiver.url}, SIGNING)
    rule = {"channel_id": channel_id, "topics": ["success"], "job_id": publisher.job_id}
    cast.moderator.post("/api/notification-rules", rule)
    run = publisher.run("select 1 as n")
    notifier = Notifier(settings)
    assert notifier.fan_out() == 1
    assert notifier.send_next()
    page = cast.normal.get(f"/api/notifications?run_id={run.run_id}").json
    (found,) = page["items"]
    assert (found["state"], found["error_code"], found["attempt"]) == ("waiting", "channel_busy", 1)
    assert "broken" in found["error_message"]
    again = cast.moderator.post(f"/api/notifications/{found['notification_id']}/send")
    assert again.json["state"] == "waiting"
    assert notifier.send_next()
    first, second = receiver.posted
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    (told,) = second.json["items"]
    assert (told["run_id"], told["rows"], told["topic"]) == (run.run_id, 1, "success")
    assert told["url"] == f"https://dados.example/runs/{run.run_id}"
    assert told["data_url"] == "https://dados.example/datasets/vendas"


def test_one_given_up_is_on_the_home_page_and_in_the_metrics(
    cast: Cast, publisher: Publisher, settings: Settings, receiver: WebReceiver
) -> None:
    receiver.answers = [(404, {}, "no such hook")]
    channel_id = create(cast, "webhook", {"url": receiver.url}, SIGNING)
    cast.moderator.post(
        "/api/notification-rules", {"channel_id": channel_id, "topics": ["success"]}
    )
    publisher.run("select 1 as n")
    notifier = Notifier(settings)
    notifier.fan_out()
    notifier.send_next()
    (failed,) = cast.normal.get("/api/overview").json["failed_notifications"]
    assert (failed["error_code"], failed["items"][0]["job_name"]) == ("channel_refused", "Vendas")
    metrics = cast.root.get("/metrics").text
    assert 'automacaosql_notifications{state="failed"} 1.0' in metrics
    # Sent again it is gone from there
    cast.moderator.post(f"/api/notifications/{failed['notification_id']}/send")
    notifier.send_next()
    assert cast.normal.get("/api/overview").json["failed_notifications"] == []


def test_dataset_is_attached_up_to_its_limit(
    cast: Cast, publisher: Publisher, settings: Settings
) -> None:
    with MailServer() as server:
        channel_id = create(cast, "email", server.options())
        rule = {
            "channel_id": channel_id,
            "topics": ["success"],
            "attach_dataset": True,
            "attach_limit_mb": 1,
        }
        cast.moderator.post("/api/notification-rules", rule)
        notifier = Notifier(settings)
        for sql in (
            "select 'ação' as nome",
            "select repeat('x', 600) as t from generate_series(1, 2000)",
        ):
            publisher.run(sql)
            notifier.fan_out()
            assert notifier.send_next()
        small, large = server.mails
    (part,) = small.iter_attachments()
    assert part.get_filename() == "vendas.csv"
    assert "ação" in part.get_payload(decode=True).decode("utf-8-sig")  # type: ignore[union-attr]
    assert list(large.iter_attachments()) == []
    text = large.get_body(("plain",))
    assert text is not None
    assert "é maior do que esta regra anexa" in text.get_content()


def test_file_that_was_removed_meanwhile_does_not_hold_the_mail_back(
    cast: Cast, publisher: Publisher, settings: Settings
) -> None:
    with MailServer() as server:
        channel_id = create(cast, "email", server.options())
        rule = {"channel_id": channel_id, "topics": ["success"], "attach_dataset": True}
        cast.moderator.post("/api/notification-rules", rule)
        publisher.run("select 1 as n")
        for file in Path(settings.paths.versions).rglob("*.csv"):
            file.unlink()
        notifier = Notifier(settings)
        notifier.fan_out()
        assert notifier.send_next()
        assert len(server.mails) == 1


def test_new_secret_key_seals_channels_too(cast: Cast, settings: Settings) -> None:
    channel_id = create(cast, "webhook", {"url": "https://receptor.example/"}, SIGNING)
    old = settings.backend.secret_key
    backend = settings.backend.model_copy(
        update={"secret_key": type(old)("x" * 48), "previous_secret_key": old}
    )
    changed = settings.model_copy(update={"backend": backend})
    with unit_of_work() as session:
        assert reseal(session, changed) >= 1
    only_new = changed.model_copy(
        update={"backend": backend.model_copy(update={"previous_secret_key": None})}
    )
    with unit_of_work() as session:
        way = channels.opened(session.get_one(Channel, channel_id), only_new)
    assert isinstance(way, WebWay)
    assert way.secret == SIGNING

"""What messages say: in both languages, escaped everywhere, with no header of anybody else."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging import composing, figures, writing
from messaging.facts import LANGUAGES, Attachment, Explanation, Item, Letter, Line
from services.error_words import error_words, explain
from tests.unit.test_docs import codes_in_use
from vocabulary import Topic

ZONE = ZoneInfo("America/Sao_Paulo")
AT = datetime(2026, 11, 26, 11, 0, 5, tzinfo=UTC)
NASTY = (
    "<script>alert(1)</script>\r\nBcc: mallory@evil.example\n<!channel> [x](http://evil) & \u202e"
)


def item(**changes: Any) -> Item:
    values: dict[str, Any] = {
        "topic": Topic.SUCCESS,
        "job_id": 1,
        "job_name": "Vendas",
        "at": AT,
        "run_id": 7,
        "url": "https://dados.example/runs/7",
        "due_at": AT,
        "started_at": AT,
        "finished_at": AT,
        "duration_s": 65.4,
        "rows": 1_234_567,
        "size_bytes": 1_234_567,
    }
    return Item(**(values | changes))


def failed(message: str = "ORA-00942: table or view does not exist") -> Item:
    error = explain("query_invalid", message, "pt-BR")
    return item(topic=Topic.FAILURE, error=error, rows=None)


def letter(*items: Item, language: str = "pt-BR", **changes: Any) -> Letter:
    return Letter(key="k-1", language=language, zone=ZONE, items=items, **changes)


def mail(found: Letter) -> EmailMessage:
    made = composing.mail_of(
        found,
        sender="robo@empresa.example",
        sender_name="Automação",
        recipients=["ana@empresa.example"],
        at=AT,
    )
    read = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def body(found: EmailMessage, kind: str) -> str:
    part = found.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_success_says_the_figures_in_each_language() -> None:
    portuguese = writing.plain_text(letter(item()))
    english = writing.plain_text(letter(item(), language="en"))
    assert "Linhas: 1.234.567" in portuguese
    assert "Tamanho: 1,2 MB" in portuguese
    assert "Início: 26/11/2026 08:00:05 (America/Sao_Paulo, -03:00)" in portuguese
    assert "Abrir a execução: https://dados.example/runs/7" in portuguese
    assert "Rows: 1,234,567" in english
    assert "Duration: 1 min 05 s" in english
    assert "Started: 2026-11-26 08:00:05 (America/Sao_Paulo, -03:00)" in english


def test_failure_explains_the_error_and_the_code_of_the_database() -> None:
    text = writing.plain_text(letter(failed()))
    words = error_words("pt-BR")["query_invalid"]
    assert words.title in text
    assert words.help in text
    assert "ORA-00942" in text
    assert "table or view does not exist" in text
    assert text.count("ORA-00942") == 2  # what was found, and what it means


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words_in_messages_as_on_the_page(language: str) -> None:
    missing = codes_in_use() - set(error_words(language)) - {"failpoint"}
    assert missing == set()
    assert all(words.title and words.help for words in error_words(language).values())


def test_both_catalogues_have_the_same_words() -> None:
    def shape(found: Any) -> Any:
        return {k: shape(v) for k, v in found.items()} if isinstance(found, dict) else None

    assert shape(writing.words("en")) == shape(writing.words("pt-BR"))
    assert set(writing.words("en")["topics"]) == {*Topic, "not_run"}


def test_lines_of_figures_are_shown_with_the_columns_they_have() -> None:
    lines = [Line(name="sales.stores", rows=10, seconds=1.5), Line(name="sales.items", rows=None)]
    text = writing.plain_text(letter(item(lines=lines)))
    assert "Parte | Linhas | Duração\nsales.stores | 10 | 1,5 s\nsales.items |  | " in text
    assert "<td" in writing.html(letter(item(lines=lines)))


def test_chats_show_the_first_lines_of_figures() -> None:
    lines = [Line(name=f"sales.t{n}", rows=n, seconds=1.5) for n in range(30)]
    found = letter(item(lines=lines))
    telegram = composing.telegram_of(found, chat_id="1")
    for chat in (composing.slack_of(found), composing.teams_of(found), telegram):
        text = chat.decode()
        assert "sales.t9 \\u00b7 9 \\u00b7 1,5 s" in text
        assert "sales.t10" not in text


def test_no_name_begins_a_header_or_becomes_markup() -> None:
    nasty = item(job_name=NASTY, dataset=NASTY, warning=NASTY)
    found = mail(letter(nasty))
    assert found["Bcc"] is None
    assert found["To"] == "ana@empresa.example"
    assert "\n" not in found["Subject"]
    assert "\u202e" not in found["Subject"]
    assert "<script" not in body(found, "html")
    assert "&lt;script&gt;" in body(found, "html")
    telegram = json.loads(composing.telegram_of(letter(nasty), chat_id="1"))
    assert "<script" not in telegram["text"]
    blocks = json.loads(composing.slack_of(letter(nasty)))
    marked = [b for block in blocks["blocks"] for b in block.get("elements", [])]
    assert all("evil" not in element["text"] for element in marked)
    assert "<!channel>" not in blocks["text"]
    card = json.loads(composing.teams_of(letter(nasty)))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
def test_whatever_a_job_is_called_the_mail_has_its_own_headers_only(name: str) -> None:
    usual = {header.lower() for header in mail(letter(item()))}
    found = mail(letter(item(job_name=name), attachment=Attachment(name, b"x")))
    assert {header.lower() for header in found} <= usual
    assert len(found["Subject"]) <= writing.SUBJECT_LENGTH


def test_attachment_goes_with_its_name_or_the_letter_says_why_not() -> None:
    found = mail(letter(item(), attachment=Attachment("vendas_março.csv", b"a;b\r\n")))
    (part,) = found.iter_attachments()
    assert part.get_filename() == "vendas_março.csv"
    assert part.get_payload(decode=True) == b"a;b\r\n"
    without = writing.plain_text(letter(item(), too_large_bytes=12_000_000))
    assert "12,0 MB" in without


def test_digest_counts_by_topic_and_names_what_it_leaves_out() -> None:
    many = letter(*[item(job_name=f"Job {n}") for n in range(60)], failed())
    assert writing.subject(many) == "[AutomacaoSQL] 61 eventos: Concluída 60, Falhou 1"
    assert "e mais 11" in writing.plain_text(many)
    slack = json.loads(composing.slack_of(many))["blocks"]
    assert len(slack) <= 50
    assert "e mais 51" in slack[-1]["text"]["text"]
    assert len(json.loads(composing.telegram_of(many, chat_id="1"))["text"]) <= 4096


def test_long_error_does_not_break_a_chat() -> None:
    found = letter(*[failed("x" * 5000)] * 10)
    message = json.loads(composing.telegram_of(found, chat_id="-100"))
    assert len(message["text"]) <= 4096
    assert all(
        len(block["text"]["text"]) <= 3000
        for block in json.loads(composing.slack_of(found))["blocks"]
        if block["type"] == "section"
    )


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("um-segredo-bem-comprido-aqui", b"um-segredo-bem-comprido-aqui"),
        ("whsec_" + base64.b64encode(b"k" * 32).decode(), b"k" * 32),
    ],
)
def test_signature_is_that_of_the_documented_scheme(secret: str, key: bytes) -> None:
    content, headers = composing.webhook_of(letter(item()), secret=secret, at=AT)
    signed = b".".join(
        [headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), content]
    )
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["webhook-id"] == headers["Idempotency-Key"] == "k-1"
    document = json.loads(content)
    assert document["items"][0]["rows"] == 1_234_567
    assert document["items"][0]["due_at"] == "2026-11-26T11:00:05Z"


def test_error_without_words_is_shown_as_it_is() -> None:
    found = explain("nobody_knows", "Something happened", "en")
    assert found is not None
    assert (found.title, found.message) == ("An error without a name", "Something happened")
    assert explain(None, None, "en") is None
    assert isinstance(explain("query_invalid", "x", "en"), Explanation)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0,0 s"), (9.94, "9,9 s"), (59.6, "1 min 00 s"), (3661, "1 h 01 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert figures.duration(seconds, "pt-BR") == text


def test_sizes() -> None:
    assert figures.size(999, "en") == "999 B"
    assert figures.size(1_500, "pt-BR") == "1,5 kB"
    assert figures.size(2_000_000_000, "en") == "2.0 GB"

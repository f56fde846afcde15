"""Records are one safe line on the console, carry their context, and are never lost silently."""

import io
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import logging_config
from logging_config import LogHandle, configure_logging, log_context, redact
from tests.waiting import wait_for

log = logging.getLogger("services.test")


class Console:
    """A configured process: its console text and its overflow file."""

    def __init__(self, folder: Path) -> None:
        self.stream = io.StringIO()
        self.file = folder / "overflow-test.log"
        self.handle: LogHandle = configure_logging(
            "test", overflow_folder=folder, stream=self.stream
        )

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    def overflow(self) -> list[dict]:
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    root = logging.getLogger()
    level = root.level
    console = Console(tmp_path)
    yield console
    console.handle.close()
    root.setLevel(level)


def test_record_is_one_line_with_offset_level_logger_event_and_fields(console):
    log.info("run_finished", extra={"run_id": 7, "rows": 120, "folder": "São Paulo"})
    [line] = console.lines()
    moment, rest = line[:29], line[30:]
    assert moment[10] == " "
    assert moment[-6] in "+-"
    assert rest == 'INFO services.test run_finished run_id=7 rows=120 folder="São Paulo"'


def test_user_text_cannot_begin_a_line_of_its_own(console):
    log.warning("login_refused", extra={"user_name": "x\n2024 INFO root\r\x1b[31m\u2028y\x00"})
    [line] = console.lines()
    assert "\\n2024" in line
    assert "\x1b" not in line


def test_traceback_is_indented_and_escaped(console):
    try:
        raise ValueError("first\n2024-05-05 INFO root logged_in\x1b[2J")
    except ValueError:
        log.exception("run_failed")
    first, *others = console.lines()
    assert first.endswith("ERROR services.test run_failed")
    assert all(line.startswith("    ") for line in others)
    assert "\x1b" not in "".join(others)


def test_debug_of_ours_is_shown_and_of_third_parties_only_warnings(console):
    log.debug("row_seen")
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
    logging.getLogger("procrastinate.worker").debug("polling")
    logging.getLogger("schedule").debug("Running job Every 1 second")
    logging.getLogger("waitress.queue").warning("Task queue depth is 5")
    assert [line.split(" ", 3)[3] for line in console.lines()] == [
        "services.test row_seen",
        "waitress.queue Task queue depth is 5",
    ]


def test_context_is_on_every_record_of_the_block_and_gone_after(console):
    with log_context(job_id=3, worker="a"):
        with log_context(run_id=7):
            log.info("inner", extra={"rows": 1})
        log.info("outer", extra={"job_id": 4})
    log.info("after")
    ends = [line.split("services.test ")[1] for line in console.lines()]
    assert ends == ["inner job_id=3 worker=a run_id=7 rows=1", "outer job_id=4 worker=a", "after"]


def test_context_belongs_to_its_thread(console):
    with log_context(run_id=7):
        other = threading.Thread(target=lambda: log.info("elsewhere"))
        other.start()
        other.join()
    assert "run_id" not in console.stream.getvalue()


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    "extra",
    [
        *({key: CANARY} for key in ("password", "user_pass_PASSWORD", "api_key", "X-API-Key")),
        *({key: CANARY} for key in ("Authorization", "set_cookie", "secret_key", "dsn", "token")),
        {"headers": {"Authorization": f"Bearer {CANARY}", "Cookie": f"session={CANARY}"}},
        {"problem": f"could not connect: password={CANARY} host=x"},
        {"problem": f'dsn="host=x password={CANARY}"'},
        {"problem": f"postgresql://ana:{CANARY}@db/x failed"},
        {"problem": f"postgresql://ana:p/ss@{CANARY}@db/x failed"},
        {"parameters": {"password_hash": CANARY}},
        {"body": f'{{"password": "{CANARY}", "secret": "a {CANARY}"}}'},
    ],
)
def test_secrets_never_appear(console, extra):
    log.info("tried", extra=extra)
    console.handle.close()
    assert CANARY not in console.stream.getvalue() + console.file.read_text("utf-8")
    assert "***" in console.stream.getvalue()


def test_secrets_never_appear_in_events_and_tracebacks(console):
    try:
        raise ConnectionError(f"postgresql://ana:{CANARY}@db failed, password='{CANARY}'")
    except ConnectionError:
        log.exception("token=%s", CANARY)
    assert CANARY not in console.stream.getvalue()


def test_names_and_ids_of_keys_are_no_secrets(console):
    log.info("key_made", extra={"api_key_id": 3, "api_key_name": "excel", "token_prefix": "ab12"})
    assert console.lines()[0].endswith("api_key_id=3 api_key_name=excel token_prefix=ab12")


@given(st.text(max_size=50))
def test_redaction_takes_any_text(text):
    assert isinstance(redact(text), str)


def test_redaction_of_hostile_text_is_quick():
    for piece in ("password=", "://a:", 'token="', "secret_", "://"):
        start = time.perf_counter()
        redact(piece * 4000)
        assert time.perf_counter() - start < 5


def test_without_a_table_records_end_in_the_file_and_access_lines_do_not(console):
    logging.getLogger("access").info("request", extra={"path": "/api/jobs"})
    log.debug("noise")
    with log_context(job_id=3, run_id=7, user_name="ana"):
        log.info("run_finished", extra={"rows": 120, "duration_ms": 55.7})
    console.handle.close()
    [record] = console.overflow()
    assert record.pop("timestamp").endswith("+00:00")
    assert record == {
        "log_level": "INFO",
        "logger_name": "services.test",
        "job_id": 3,
        "run_id": 7,
        "user_name": "ana",
        "log_text": "run_finished rows=120",
        "duration_ms": 55,
    }
    assert len(console.lines()) == 3


def test_more_than_the_queue_holds_goes_to_the_file_at_once(console, monkeypatch):
    monkeypatch.setattr(logging_config, "QUEUE_LIMIT", 10)
    for number in range(25):
        log.info("event", extra={"number": number})
    assert [r["log_text"] for r in console.overflow()] == [
        f"event number={n}" for n in range(10, 25)
    ]
    console.handle.close()
    assert len(console.overflow()) == 25


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_database_that_is_away_slows_nobody_and_loses_nothing(console):
    attempts = []

    def connect():
        attempts.append(1)
        return psycopg2.connect(host="127.0.0.1", port=closed_port(), dbname="x", user="x")

    console.handle.attach_table(connect)
    log.info("first")
    wait_for(lambda: len(attempts) >= 2, what="a second attempt")
    start = time.perf_counter()
    for number in range(500):
        log.info("event", extra={"number": number})
    assert time.perf_counter() - start < 2
    wait_for(lambda: "log_table_away" in console.stream.getvalue(), what="the warning")
    console.handle.close()
    texts = [record["log_text"] for record in console.overflow()]
    assert texts[0] == "first"
    assert [t for t in texts if t.startswith("event")] == [f"event number={n}" for n in range(500)]


def test_table_that_hangs_does_not_hold_up_the_end(console):
    released = threading.Event()

    def connect():
        released.wait(60)
        raise psycopg2.OperationalError("too late")

    console.handle.attach_table(connect)
    log.info("event")
    start = time.monotonic()
    console.handle.close(timeout_s=0.3)
    released.set()
    assert time.monotonic() - start < 5
    assert [record["log_text"] for record in console.overflow()] == ["event"]


def test_file_that_cannot_be_written_harms_nobody(console, monkeypatch):
    monkeypatch.setattr(logging_config, "QUEUE_LIMIT", 0)
    console.file.mkdir()
    log.info("event")
    console.file.rmdir()


def test_record_that_cannot_be_formatted_harms_nobody(console, capsys):
    class Awkward:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    for fields in ({"msg": "event", "value": Awkward()}, {"msg": "wrong %d", "args": ("x",)}):
        record = logging.makeLogRecord({"name": "x", "levelno": logging.INFO, **fields})
        for handler in console.handle._handlers:
            handler.handle(record)
    log.info("next")
    assert console.lines()[-1].endswith("services.test next")
    assert "no text" in capsys.readouterr().err


def test_overflow_file_is_turned_over_when_it_is_large(console, monkeypatch):
    monkeypatch.setattr(logging_config, "QUEUE_LIMIT", 0)
    monkeypatch.setattr(logging_config, "OVERFLOW_LIMIT_BYTES", 2000)
    for number in range(100):
        log.info("event", extra={"number": number})
    files = sorted(path.name for path in console.file.parent.iterdir())
    assert files in (["overflow-test.log", "overflow-test.log.1"], ["overflow-test.log.1"])
    assert sum(path.stat().st_size for path in console.file.parent.iterdir()) < 5000

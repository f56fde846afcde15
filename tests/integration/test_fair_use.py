"""What one user or key may take of the server, and that it does not touch the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask_openapi.openapi import OpenAPI
from werkzeug.test import TestResponse

from auxiliares import SecuritySettings, Settings
from backend import create_app
from services import previews
from services.previews import MAX_CHARS
from tests.integration.conftest import FILE_KEY, Caller, Cast
from webapi import events
from webapi import previews as preview_routes
from webapi.large_answers import LARGE_BYTES
from webapi.rate_limits import RateLimited, RateLimits
from webapi.shares import Held, Shares, TooManyAtOnce
from webapi.state import state_of

SMALL = {
    "requests_per_minute": 60, "streams_per_user": 2, "downloads_per_reader": 2,
    "questions_per_user": 2,
}  # fmt: skip


@pytest.fixture
def app(settings: Settings, metadata_db: object) -> Iterator[OpenAPI]:
    """The application with small limits."""
    security = settings.security.model_copy(update=SMALL)
    application = create_app(settings.model_copy(update={"security": security}))
    yield application
    events.close(application)
    state_of(application).read_log.close()
    state_of(application).sqlbox.close()


def refusal(response: TestResponse, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (429, code)
    assert int(response.headers["Retry-After"]) >= 1


def test_security_exhaustion_requests_of_a_user_are_counted(app: OpenAPI, cast: Cast) -> None:
    state_of(app).rate_limits._clock = lambda: 0.0  # however slow this machine is
    answers = [cast.normal.get("/api/date-expressions") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    refusal(answers[-1], "rate_limited")
    # Nobody else pays for it, and logging out and the first page still answer by their own rules.
    assert cast.root.get("/api/date-expressions").status_code == 200
    assert cast.normal.get("/api/me").status_code == 200


def test_security_exhaustion_streams_of_a_user_are_counted_and_given_back(cast: Cast) -> None:
    with ExitStack() as open_streams:
        for _ in range(SMALL["streams_per_user"]):
            response = cast.normal.get("/api/events", buffered=False)
            open_streams.callback(response.close)
            assert response.status_code == 200
        refusal(cast.normal.get("/api/events"), "too_many_at_once")
        other = cast.root.get("/api/events", buffered=False)
        open_streams.callback(other.close)
        assert other.status_code == 200
    again = cast.normal.get("/api/events", buffered=False)
    assert again.status_code == 200
    again.close()


def test_security_exhaustion_large_answers_of_a_reader_are_counted(
    app: OpenAPI, cast: Cast, settings: Settings
) -> None:
    root = settings.paths.csv_root
    root.mkdir(parents=True)
    line = "1;" + "x" * 1000 + "\n"
    (root / "grande.csv").write_text("A;B\n" + line * (2 * LARGE_BYTES // len(line)))

    def read(caller: Caller) -> TestResponse:
        return caller.get("/api/data/datasets/grande", buffered=False)

    for caller, other in ((cast.normal, cast.api_key), (cast.api_key, cast.normal)):
        with ExitStack() as being_read:
            for _ in range(SMALL["downloads_per_reader"]):
                response = read(caller)
                being_read.callback(response.close)
                assert response.status_code == 200
            refusal(read(caller), "too_many_at_once")
            response = read(other)
            being_read.callback(response.close)
            assert response.status_code == 200
        response = read(caller)
        assert response.status_code == 200
        response.close()
    assert FILE_KEY not in str(vars(state_of(app).shares))


def test_security_exhaustion_questions_of_a_user_are_counted(
    app: OpenAPI, cast: Cast, connection_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_args: object, **_options: object) -> previews.Plan:
        asked.release()
        assert go_on.wait(60)
        return previews.Plan(("Seq Scan",), 1)

    monkeypatch.setattr(preview_routes.previews, "explain_query", slow)
    body = {"connection_id": connection_id, "sql_script": "select 1"}
    cookie = cast.moderator.client.get_cookie("asql_session")
    assert cookie is not None
    found: list[int] = []

    def ask() -> None:
        client = app.test_client()
        client.set_cookie("asql_session", cookie.value)
        found.append(client.post("/api/preview/plan", json=body).status_code)

    threads = [threading.Thread(target=ask) for _ in range(SMALL["questions_per_user"])]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            assert asked.acquire(timeout=60)
        refusal(cast.moderator.post("/api/preview/plan", body), "too_many_at_once")
    finally:
        go_on.set()
        for thread in threads:
            thread.join(60)
    assert found == [200, 200]
    assert cast.moderator.post("/api/preview/plan", body).status_code == 200


def test_security_exhaustion_a_preview_is_cut_by_its_size() -> None:
    wide = [["x" * 2000] * 200] * 100
    shown = previews._within(wide)
    assert 0 < sum(len(cell or "") for row in shown for cell in row) <= MAX_CHARS
    assert previews._within([["x" * (MAX_CHARS + 1)], ["y"]]) == [["x" * (MAX_CHARS + 1)]]
    assert previews._within([]) == []


def test_a_bucket_fills_up_again_with_time() -> None:
    now = [0.0]
    limits = RateLimits(lambda: now[0])
    for _ in range(60):
        limits.take(("user", 1), 60)
    with pytest.raises(RateLimited):
        limits.take(("user", 1), 60)
    limits.take(("key", 1), 60)  # the number alone names nobody
    now[0] = 1.0
    limits.take(("user", 1), 60)


def test_shares_are_counted_apart_and_leave_nothing_behind() -> None:
    shares = Shares()
    ends = [shares.take(Held.STREAM, "1", 2) for _ in range(2)]
    with pytest.raises(TooManyAtOnce):
        shares.take(Held.STREAM, "1", 2)
    ends += [shares.take(Held.STREAM, "2", 2), shares.take(Held.DOWNLOAD, "1", 2)]
    for end in ends:
        end()
    assert dict(shares._held) == {}


def test_the_defaults_leave_the_interface_room() -> None:
    # A visible page asks at most some six times a second (one flush a second, `live-events.tsx`)
    # and keeps one stream; half of the streams a server keeps may be one user's ghosts.
    limits = SecuritySettings()
    assert limits.requests_per_minute >= 10 * 6 * 60
    assert limits.streams_per_user >= 12
    assert limits.questions_per_user >= 6

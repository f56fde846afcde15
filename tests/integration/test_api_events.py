"""Live changes: a stream says what changed, and how many streams there may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from werkzeug.test import TestResponse

from auxiliares import Settings
from tests.integration.conftest import Caller, Cast
from webapi import events


@contextmanager
def stream(caller: Caller) -> Iterator[Iterator[tuple[str, dict[str, int]]]]:
    """The events of a stream as they come, each with its data."""
    response: TestResponse = caller.get("/api/events", buffered=False)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Cache-Control"] == "no-store"
    with closing(response):
        yield _events(response)


def _events(response: TestResponse) -> Iterator[tuple[str, dict[str, int]]]:
    for chunk in response.response:
        text = chunk.decode() if isinstance(chunk, bytes) else chunk
        lines = dict(line.split(": ", 1) for line in text.splitlines() if line)
        if "event" in lines:
            yield lines["event"], json.loads(lines["data"])


def _until_listening(heard: Iterator[tuple[str, dict[str, int]]]) -> None:
    """Both first words: one of the subscription, one of the connection to the database."""
    assert next(heard) == ("reset", {})
    assert next(heard) == ("reset", {})


def test_a_stream_begins_with_reset_and_tells_runs_and_jobs(cast: Cast, job_id: int) -> None:
    with stream(cast.normal) as heard:
        _until_listening(heard)
        run_id = cast.root.post(f"/api/jobs/{job_id}/runs").json["run_id"]
        assert next(heard) == ("run", {"id": run_id})
        assert cast.root.put(f"/api/jobs/{job_id}", {"job_name": "Outro"}).status_code == 200
        assert next(heard) == ("job", {"id": job_id})
        assert cast.root.post(f"/api/runs/{run_id}/cancel").status_code == 202
        assert next(heard) == ("run", {"id": run_id})


def test_what_was_refused_is_not_told(cast: Cast, job_id: int) -> None:
    with stream(cast.normal) as heard:
        _until_listening(heard)
        first = cast.root.post(f"/api/jobs/{job_id}/runs").json["run_id"]
        assert cast.root.post(f"/api/jobs/{job_id}/runs").status_code == 409
        assert cast.root.put(f"/api/jobs/{job_id}", {"job_status": "Y"}).status_code == 422
        cast.root.put(f"/api/jobs/{job_id}", {"job_name": "Outro"})
        assert [next(heard), next(heard)] == [("run", {"id": first}), ("job", {"id": job_id})]


def test_a_quiet_stream_is_kept_alive(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_S", 0.05)
    response = cast.normal.get("/api/events", buffered=False)
    with closing(response):
        texts = (chunk if isinstance(chunk, str) else chunk.decode() for chunk in response.response)
        assert next(texts) == f"retry: {events.RETRY_MS}\n\n"
        assert next(text for text in texts if text.startswith(":")) == ": ping\n\n"


def test_streams_are_limited_and_given_back(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = settings.backend.model_copy(update={"threads": 1})
    small = settings.model_copy(update={"backend": backend})
    monkeypatch.setattr(events, "current_settings", lambda: small)
    with stream(cast.normal) as heard:
        assert next(heard) == ("reset", {})
        refused = cast.root.get("/api/events")
        assert (refused.status_code, refused.json["code"]) == (503, "too_many_streams")
    with stream(cast.root) as heard:
        assert next(heard) == ("reset", {})


def test_a_stream_needs_a_session(cast: Cast) -> None:
    for caller in (cast.anonymous, cast.api_key):
        refused = caller.get("/api/events")
        assert (refused.status_code, refused.json["code"]) == (401, "authentication_required")

"""The HTTP process opens the metadata database beside the server, and never gives up too early."""

from __future__ import annotations

import threading

import pytest

from auxiliares import AutomacaoError, Settings
from metadb import patience
from metadb.engine import MetadataUnavailable
from services.first_start import FirstStart
from webapi import opening as module
from webapi.opening import Opening

STEPS = ("open", "migrate", "prepare")


class Database:
    """Steps of a start in the order they were asked for; each of `broken` breaks once."""

    def __init__(self, broken: dict[str, AutomacaoError]) -> None:
        self.broken = broken
        self.asked: list[str] = []

    def step(self, name: str) -> None:
        self.asked.append(name)
        if fault := self.broken.pop(name, None):
            raise fault

    def open(self) -> None:
        self.step("open")

    def close(self) -> None:
        self.step("close")


def _opening(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> tuple[Opening, threading.Event]:
    def prepare(_settings: Settings) -> FirstStart:
        database.step("prepare")
        return FirstStart(None)

    monkeypatch.setattr(patience, "START_RETRY_S", 0.01)
    monkeypatch.setattr(module, "MetadataDatabase", lambda _settings: database)
    monkeypatch.setattr(module, "migrate", lambda **_options: database.step("migrate"))
    monkeypatch.setattr(module, "prepare", prepare)
    opened = threading.Event()
    settings = Settings(backend={"secret_key": "k" * 48})  # type: ignore[arg-type]
    return Opening(settings, opened, lambda _connect: None), opened


@pytest.mark.parametrize("step", STEPS)
def test_a_line_that_breaks_at_any_step_is_no_reason_to_end(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database({step: MetadataUnavailable("The line broke.")})
    opening, opened = _opening(database, monkeypatch)
    opening.start()
    assert opened.wait(10)
    opening.stop()
    assert opening.failure is None
    assert database.asked[-4:] == ["open", "migrate", "prepare", "close"]


def test_what_can_never_succeed_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = AutomacaoError("The schema is newer than the program.")
    opening, opened = _opening(Database({"migrate": fault}), monkeypatch)
    told = threading.Event()
    opening._on_failure = told.set
    opening.start()
    assert told.wait(10)
    opening.stop()
    assert opening.failure is fault
    assert not opened.is_set()

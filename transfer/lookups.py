"""Answers of HTTP services for columns of a synchronisation: each distinct input asked once.

How a request reaches its server, and which servers may be reached, is the caller's business.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from auxiliares import AutomacaoError
from transfer.definition import LookUp

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
NOT_FOUND = 404
TOO_MANY = 429
SERVER_FAULT = 500
BAD = 400
# A service that fails so often in a row is down: the rest is not asked in this run.
DOWN_AFTER = 100


class LookUpFailed(AutomacaoError):
    """A service gave no answer, and the job says that its rows must not go without."""

    code = "lookup_failed"
    status = 502
    error_class = "transient"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status."""

    status: int
    body: bytes = field(repr=False)


class Outcome(StrEnum):
    """What became of an input; `absent`: the service knows no value for it."""

    FOUND = "found"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The value for one input, as text; None without one."""

    inputs: tuple[str, ...]
    outcome: Outcome
    value: str | None = None


# Raises an AutomacaoError whose class says whether to ask again.
Ask = Callable[[Request], Reply]


@dataclass
class Asker:
    """Asks one service; safe to use from as many threads as the look-up allows.

    `check` raises when the run is to stop.
    """

    lookup: LookUp
    ask: Ask
    check: Callable[[], None]
    failures: int = 0
    problem: str = ""
    _in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next_at: float = 0.0

    def answers(self, inputs: Sequence[tuple[str, ...]]) -> Iterator[Answer]:
        """One for each input. Raises LookUpFailed where the job asks for it."""
        with ThreadPoolExecutor(self.lookup.concurrency, thread_name_prefix="lookup") as pool:
            for answer in pool.map(self._answer, inputs):
                if answer.outcome == Outcome.FAILED and self.lookup.on_failure == "fail":
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise LookUpFailed(
                        f"The look-up of {self.lookup.column} failed: {self.problem} The table "
                        "stays as it was. Look at the service, or choose another on_failure."
                    )
                yield answer

    def _answer(self, inputs: tuple[str, ...]) -> Answer:
        if self._in_a_row >= DOWN_AFTER:
            return self._failed(inputs, self.problem)
        request = request_of(self.lookup, inputs)
        for tries_left in range(self.lookup.retries, -1, -1):
            self.check()
            self._keep_rate()
            try:
                reply = self.ask(request)
            except AutomacaoError as exc:
                problem, may_help = exc.message, exc.error_class == "transient"
            else:
                problem, may_help = _problem(reply)
                if not problem:
                    return self._read(inputs, reply)
            if not may_help or not tries_left:
                break
            number = self.lookup.retries - tries_left
            time.sleep(min(FIRST_WAIT_S * 2**number, LONGEST_WAIT_S))
        return self._failed(inputs, problem)

    def _read(self, inputs: tuple[str, ...], reply: Reply) -> Answer:
        self._in_a_row = 0
        if reply.status == NOT_FOUND:
            return Answer(inputs, Outcome.ABSENT)
        try:
            value = value_at(reply.body, self.lookup.json_path)
        except ValueError:
            return self._failed(inputs, "its answer is not JSON.")
        return Answer(inputs, Outcome.ABSENT if value is None else Outcome.FOUND, value)

    def _failed(self, inputs: tuple[str, ...], problem: str) -> Answer:
        with self._lock:
            self.failures += 1
            self._in_a_row += 1
            self.problem = problem
        return Answer(inputs, Outcome.FAILED)

    def _keep_rate(self) -> None:
        """Wait for this request's turn."""
        if self.lookup.per_second is None:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_at)
            self._next_at = turn + 1 / self.lookup.per_second
        time.sleep(max(0.0, turn - now))


def request_of(lookup: LookUp, inputs: Sequence[str]) -> Request:
    """The request with the values of one input, in the order of `lookup.inputs`."""
    values = dict(zip(lookup.inputs, inputs, strict=True))
    headers = {name: _one_line(_filled(text, values)) for name, text in lookup.headers.items()}
    body = None
    if lookup.method == "POST":
        headers.setdefault("Content-Type", "application/json")
        body = json.dumps(_filled_in(lookup.body or {}, values)).encode()
    encoded = {name: quote(value, safe="") for name, value in values.items()}
    url = _filled(lookup.url, encoded)
    return Request(lookup.method, url, headers, body, lookup.timeout_s)


def value_at(body: bytes, path: str) -> str | None:
    """The value at `a.0.b` in JSON as text, numbers to their last digit; None when there is none.

    Raises ValueError for a body that is not JSON; without a path the body's text is the value.
    """
    if not path:
        return body.decode("utf-8") or None
    found: Any = json.loads(body, parse_float=str, parse_int=str)
    for step in path.split("."):
        if isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            return None
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False)


def _problem(reply: Reply) -> tuple[str, bool]:
    """Why the answer is none, and whether asking again may help; an empty text: it is one."""
    if reply.status < BAD or reply.status == NOT_FOUND:
        return "", False
    may_help = reply.status >= SERVER_FAULT or reply.status == TOO_MANY
    return f"the service answered with status {reply.status}.", may_help


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _filled_in(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, values)
    if isinstance(value, dict):
        return {name: _filled_in(member, values) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled_in(member, values) for member in value]
    return value


def _one_line(text: str) -> str:
    """A header cannot hold the end of a line: what follows would be a header of its own."""
    return " ".join(text.split())

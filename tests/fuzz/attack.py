"""Requests made from openapi.json, and raw ones, sent by every actor; every answer is judged."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as bounds
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from auxiliares import ROOT
from tests.fuzz.ground import ACTORS, Ground
from tests.fuzz.hostile import HEADERS, NAMES, PATHS, TEXTS, harmed
from tests.fuzz.tally import Tally
from tests.integration.test_api_access import MATRIX

CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
PLAIN = {"Accept-Encoding": "identity"}
DATASETS = st.sampled_from(["antigo", "demo/vendas_por_dia", "demo__vendas_por_dia", "nada"])
SQL = st.sampled_from(
    ["SELECT 1 AS a", "FROM antigo", "FROM nada", "SELECT", "COPY antigo TO 'x'", "ATTACH ':m:'"]
)  # fmt: skip
# What asks somebody else, who may be away; no other answer may be above 499.
ASKS_OTHERS = re.compile(
    r"/api/(preview.*|connections/\d+/(test|catalogue)|targets/\d+/test|channels/\d+/test"
    r"|movements/dry-run|notifications/\d+/send)"
)
ENDS_SESSIONS = {"/api/logout", "/api/login", "/api/me/password", "/api/users/{user_id}",
                 "/api/me/sessions", "/api/me/sessions/{session_id}"}  # fmt: skip
ALLOWED = {
    re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route): row.allowed for route, row in MATRIX.items()
}
NUMBER = re.compile(r"\w+_id|revision")
REFUSALS = {401, 403}


class Attack:
    """Sends until `limit` requests were sent; what is wrong stands in the tally.

    `callers`: how many of the actors, drawn by lot, send each case.
    """

    def __init__(
        self, ground: Ground, tally: Tally, limit: int, *, callers: int = len(ACTORS)
    ) -> None:
        self.ground, self.tally, self.limit, self.callers = ground, tally, limit, callers
        self.random = random.Random(tally.seed)
        document = json.loads((ROOT / "openapi.json").read_text("utf-8"))
        schema = schemathesis.openapi.from_dict(document)
        schema.config.base_url = ground.base
        self.operations = [result.ok() for result in schema.get_all_operations()]

    @property
    def is_over(self) -> bool:
        return self.tally.requests >= self.limit

    def run(self, *, cases: int) -> None:
        """Round after round over all operations, `cases` of each kind in each."""
        for number in range(10**6):
            self.random.shuffle(self.operations)
            for operation in self.operations:
                if self.is_over:
                    return
                mode = self.random.choice([GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
                if self.tally.routes.isdisjoint({operation.label}):
                    mode = GenerationMode.POSITIVE
                self._from_document(operation, mode, cases, number)
            self._raw(cases, number)
            self.tally.tell(f"{self.tally.requests:,} requests in {number + 1} rounds")

    def _from_document(self, operation: Any, mode: Any, cases: int, number: int) -> None:
        self.tally.routes.add(operation.label)
        has_parts = bool(len(operation.query) or len(operation.path_parameters) or operation.body)
        if mode is GenerationMode.NEGATIVE and not has_parts:
            return
        fresh = {name: self.ground.made(name) for name in re.findall(r"{(\w+_id)}", operation.path)}

        @self._bounds(cases, f"{operation.label} {number}")
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def send(case: Case, data: st.DataObject) -> None:
            kind = self._shape(case, data.draw, fresh, mode)
            for name in self.random.sample(ACTORS, self.callers):
                self._send(case, name, kind)

        send()
        if operation.path in ENDS_SESSIONS:
            self.ground.enter(*(n for n in ACTORS[2:] if not self.ground.is_in(n)))

    def _bounds(self, cases: int, word: str) -> Callable[[Any], Any]:
        limits = bounds(
            max_examples=cases,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        number = random.Random(f"{self.tally.seed} {word}").getrandbits(64)
        return lambda test: seed(number)(limits(test))

    def _shape(self, case: Case, draw: Any, fresh: dict[str, int], mode: Any) -> str:
        """Let a case find what is there, and harm every third; says which kind it is."""
        for name in case.path_parameters:
            if name in {"name", "address"}:
                case.path_parameters[name] = draw(DATASETS)
            elif NUMBER.fullmatch(name):
                number = draw(st.sampled_from([fresh.get(name, 1), 1, 2, 3, 999, 2**31]))
                kept = number in self.ground.kept.get(name, ())
                case.path_parameters[name] = fresh[name] if kept else number
        if isinstance(case.body, dict) and "sql" in case.body and draw(st.booleans()):
            case.body["sql"] = draw(SQL)
        if draw(st.integers(0, 2)) == 0:
            case.query = {k: str(v)[:2000] for k, v in harmed(dict(case.query), draw).items()}
            if isinstance(case.body, dict | list):
                case.body = _sendable(harmed(case.body, draw))
            return "harmed"
        return str(mode.value)

    def _send(self, case: Case, name: str, kind: str) -> None:
        actor = self.ground.actors[name]
        where = f"{case.method} {case.operation.path}"
        arguments = {"headers": {**PLAIN, **actor.headers}, "session": actor.session, "timeout": 90}
        if case.operation.path == "/api/events":
            self._peek(name)
            return
        if case.operation.path == "/api/login":
            number = self.random.getrandbits(24)
            arguments["headers"]["X-Forwarded-For"] = (
                f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            )
        response = case.call(**arguments)
        text = response.content.decode("utf-8", "replace")
        self._judge(name, kind, where, case.formatted_path, response, text)
        if name not in ALLOWED[where] and response.status_code not in REFUSALS:
            self.tally.blame(f"{where} let {name} in: {response.status_code}")
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for fault in group.exceptions:
                self.tally.blame(f"{where} {response.status_code}: {str(fault)[:600]}")

    def _peek(self, name: str) -> None:
        """The first line of the stream of events, and away."""
        actor = self.ground.actors[name]
        url = f"{self.ground.base}/api/events"
        with actor.session.get(url, headers=actor.headers, stream=True, timeout=30) as response:
            first = next(response.iter_lines(), b"").decode("utf-8", "replace")
            self._judge(name, "stream", "GET /api/events", url, response, first)

    def _judge(self, name: str, kind: str, where: str, path: str, response: Any, text: str) -> None:
        status = int(response.status_code)
        self.tally.statuses[name, status] += 1
        self.tally.kinds[kind] += 1
        if status >= 500 and not _is_elsewhere(path, status):
            self.tally.blame(f"{where} {status}: {text[:300]}")
        headers = {k: v for k, v in response.headers.items() if k.lower() != "set-cookie"}
        for secret in self.ground.seen(f"{text}\n{headers}"):
            self.tally.blame(f"{where} tells {name} the {secret}")
        if str(ROOT) in text:
            self.tally.blame(f"{where} tells {name} where the program lies")

    def _raw(self, cases: int, number: int) -> None:
        """Addresses no client would make, with headers and bodies of all kinds."""

        @self._bounds(cases * 8, f"raw {number}")
        @given(data=st.data())
        def send(data: st.DataObject) -> None:
            method, path = data.draw(RAW)
            query = data.draw(st.dictionaries(st.one_of(QUERY, TEXTS), TEXTS, max_size=3))
            body = data.draw(st.one_of(st.none(), st.binary(max_size=200), BODIES))
            headers = {**data.draw(HEADERS), "Content-Type": data.draw(TYPES)}
            self._send_raw(method, path, query, body, headers)

        send()

    def _send_raw(
        self, method: str, path: str, query: dict[str, str], body: Any, headers: dict[str, str]
    ) -> None:
        pairs = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in query.items())
        url = f"{self.ground.base}{path}" + (f"?{pairs}" if pairs else "")
        for name in self.random.sample(ACTORS, self.callers):
            actor = self.ground.actors[name]
            prepared = actor.session.prepare_request(
                requests.Request(
                    method, self.ground.base, data=body, headers={**headers, **actor.headers}
                )
            )
            prepared.url = url  # as it is: nothing is normalised
            response = actor.session.send(prepared, timeout=90, allow_redirects=False)
            text = response.content.decode("utf-8", "replace")
            where = f"{method} {path[:80]}"
            self._judge(name, "raw", where, path, response, text)
            kind = response.headers.get("Content-Type", "")
            is_problem = "json" in kind or not path.startswith("/api/")
            if response.status_code >= 400 and method != "HEAD" and not is_problem:
                self.tally.blame(f"{where} {response.status_code} is no problem document: {kind}")
            if "a=b" in response.headers.get("Set-Cookie", ""):
                self.tally.blame(f"{where} sets a header of the attacker")


def _raw_targets() -> Iterator[Any]:
    yield st.tuples(
        st.sampled_from(["GET", "HEAD"]), PATHS.map(lambda p: f"/api/data/datasets/{p}")
    )
    yield st.tuples(st.just("GET"), PATHS.map(lambda p: f"/api/data/odata/{p}"))
    yield st.tuples(st.just("GET"), PATHS.map(lambda p: f"/api/data/open/{p}"))
    yield st.tuples(st.just("GET"), PATHS.map(lambda p: f"/{p}"))
    yield st.tuples(st.just("GET"), PATHS.map(lambda p: f"/assets/{p}"))
    yield st.tuples(st.just("GET"), PATHS.map(lambda p: f"/docs/assets/{p}"))
    yield st.tuples(st.just("GET"), NAMES.map(lambda n: f"/api/data/datasets/{_quoted(n)}"))
    yield st.tuples(st.just("GET"), st.text(max_size=30).map(lambda t: f"/api/{_quoted(t)}"))
    yield st.tuples(
        st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]),
        st.sampled_from(["/api/jobs", "/api/users", "/api/login", "/api/runs/1", "/docs"]),
    )  # fmt: skip


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


RAW = st.one_of(*_raw_targets())
QUERY = st.sampled_from(
    [
        "limit", "offset", "sort", "columns", "format", "dialect", "dialect.delimiter", "total",
        "part", "after", "COD", "COD__gt", "data__between", "valor_total__isnull", "$filter",
        "$select", "$top", "$skiptoken", "$orderby", "$format", "page", "size", "q", "since",
    ]
)  # fmt: skip
TYPES = st.sampled_from(
    [
        "application/json", "application/json; charset=utf-16", "text/plain", "application/xml",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
        "application/problem+json",
    ]
)  # fmt: skip
BODIES = st.recursive(
    st.one_of(st.none(), st.integers(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


def _sendable(value: Any) -> Any:
    """Without halves of surrogate pairs, which the library that sends cannot write."""
    return json.loads(json.dumps(value).encode("ascii").replace(b"\\ud800", b"\\ufffd"))


def _is_elsewhere(path: str, status: int) -> bool:
    if path.endswith("/api/events"):
        return status == 503
    return status in {502, 504} and ASKS_OTHERS.fullmatch(path) is not None

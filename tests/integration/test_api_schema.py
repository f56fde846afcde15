"""Requests made from openapi.json by a machine: none crashes the server, every answer fits.

`SCHEMA_EXAMPLES=200 pytest tests/integration/test_api_schema.py` is the long form.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask_openapi.openapi import OpenAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from auxiliares import Settings
from tests.integration.conftest import Cast
from tests.integration.test_api_datasets import CONTENT, publish, put_file
from webapi.access import COOKIE

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "2"))
# Streams without end, and what ends the session that asks.
LEFT_OUT = {
    ("GET", "/api/events"),
    ("POST", "/api/logout"),
    ("POST", "/api/login"),
    ("PUT", "/api/me/password"),
    ("PUT", "/api/users/{user_id}"),
    ("DELETE", "/api/users/{user_id}"),
}
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
PLAIN = {"Accept-Encoding": "identity"}
NAMES = st.sampled_from(["vendas/diario", "antigo", "vendas__diario", "antigo.odc", "nada"])
SQL = st.sampled_from(["SELECT 1 AS a", "FROM antigo", "FROM nada", "SELECT"])


@pytest.fixture
def schema(app: OpenAPI, cast: Cast, settings: Settings, connection_id: int, job_id: int) -> Any:
    """The document, with the application behind it and data to find."""
    publish(settings, "vendas/diario", CONTENT)
    put_file(settings, "antigo.csv", "COD;x y\n007;1\n")
    return schemathesis.openapi.from_wsgi("/docs/openapi.json", app)


def operations(schema: Any, methods: set[str]) -> Iterator[Any]:
    for result in schema.get_all_operations():
        operation = result.ok()
        method = operation.method.upper()
        if method in methods and (method, operation.path) not in LEFT_OUT:
            yield operation


def ask(operation: Any, cookie: str, faults: list[str]) -> None:
    """Some requests of one operation; what is wrong with an answer goes to `faults`."""

    @bounds(
        max_examples=EXAMPLES,
        deadline=timedelta(minutes=2),
        database=None,
        derandomize=EXAMPLES < 10,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(), name=NAMES, sql=SQL, is_known=st.booleans())
    def send(case: Case, name: str, sql: str, is_known: bool) -> None:
        for parameter in case.path_parameters:
            if parameter in {"name", "address"}:
                case.path_parameters[parameter] = name
            elif is_known:
                case.path_parameters[parameter] = 1
        if isinstance(case.body, dict) and "sql" in case.body:
            case.body["sql"] = sql
        response = case.call(cookies={COOKIE: cookie}, headers=PLAIN)
        if response.status_code == 500:
            faults.append(
                f"{case.method} {case.formatted_path} {case.query}: {response.text[:300]}"
            )
            return
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            where = f"{case.method} {case.formatted_path} {response.status_code}"
            faults.extend(f"{where}: {fault}"[:600] for fault in group.exceptions)

    send()


@pytest.mark.parametrize("methods", [{"GET"}, {"POST", "PUT", "DELETE"}], ids=["read", "write"])
def test_every_answer_fits_the_document(schema: Any, cast: Cast, methods: set[str]) -> None:
    cookie = cast.root.client.get_cookie(COOKIE)
    assert cookie is not None
    faults: list[str] = []
    for operation in operations(schema, methods):
        ask(operation, cookie.value, faults)
    assert not faults, "\n\n".join(faults)

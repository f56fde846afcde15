"""The API's document: valid, kept in the repository, and shown offline."""

from __future__ import annotations

import json
import re

import pytest
from flask_openapi.openapi import OpenAPI
from openapi_spec_validator import validate

from auxiliares import Settings
from backend import OPENAPI_FILE, create_app, write_openapi
from webapi import documentation
from webapi.access import Rule, rule_of
from webapi.schemas import Model


@pytest.fixture
def plain_app(settings: Settings) -> OpenAPI:
    """An application that needs no database for what is asked of it here."""
    return create_app(settings)


def test_the_kept_document_is_what_the_code_says(tmp_path: object) -> None:
    path = type(OPENAPI_FILE)(str(tmp_path)) / "openapi.json"
    write_openapi(path)
    # When this fails on purpose: python backend.py --write-openapi
    assert path.read_text("utf-8") == OPENAPI_FILE.read_text("utf-8")


def test_the_document_is_valid_openapi_31(plain_app: OpenAPI) -> None:
    document = plain_app.test_client().get("/docs/openapi.json").json
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_api_route_is_described_with_its_role_and_its_errors(plain_app: OpenAPI) -> None:
    paths = documentation.document_of(plain_app)["paths"]
    for rule in plain_app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/healthz", "/readyz")):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = paths[path][method.lower()]
            declared = rule_of(plain_app, rule.endpoint)
            assert operation["summary"]
            if declared is Rule.PUBLIC:
                assert operation["security"] == []
            else:
                assert operation["security"]
                assert {"401", "403", "500"} <= set(operation["responses"])


def test_operations_have_names_of_their_own(plain_app: OpenAPI) -> None:
    paths = documentation.document_of(plain_app)["paths"]
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert {"list_jobs", "create_run", "read_dataset"} <= set(names)


def test_no_two_models_share_a_name(plain_app: OpenAPI) -> None:
    # They would share one schema of the document, and one of them would be described wrongly.
    names = [model.__name__ for model in Model.__subclasses__()]
    assert sorted(names) == sorted(set(names))


def test_an_error_is_described_as_the_problem_it_is(plain_app: OpenAPI) -> None:
    document = documentation.document_of(plain_app)
    content = document["components"]["responses"]["Problem404"]["content"]
    assert list(content) == ["application/problem+json"]
    members = document["components"]["schemas"]["Problem"]["properties"]
    assert {"code", "msg", "error", "errors", "detail"} <= set(members)


@pytest.mark.parametrize("page", ["/docs", "/docs/redoc"])
def test_the_pages_of_the_documentation_load_from_this_server_alone(
    plain_app: OpenAPI, page: str
) -> None:
    client = plain_app.test_client()
    html = client.get(page).text
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    for script in documentation.SCRIPTS.values():
        sources += re.findall(r'from "([^"]+)"', script)
    assert len(sources) >= 2
    for source in sources:
        assert source.startswith("/docs/assets/")
        response = client.get(source, buffered=True)
        assert response.status_code == 200
        assert len(response.data) > 50
    # Nothing inline, so that the strict policy needs no exception.
    assert not re.search(r"<script>|<style| on\w+=", html)


def test_the_scripts_of_the_pages_point_to_the_document(plain_app: OpenAPI) -> None:
    client = plain_app.test_client()
    for name in documentation.SCRIPTS:
        assert "/docs/openapi.json" in client.get(f"/docs/assets/{name}").text


def test_redoc_may_not_report_to_its_makers(plain_app: OpenAPI) -> None:
    client = plain_app.test_client()
    assert "disableTelemetry: true" in client.get("/docs/assets/redoc.js").text
    policy = client.get("/docs/redoc").headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy
    assert "img-src 'self' data:;" in policy


def test_the_document_depends_on_the_code_alone(plain_app: OpenAPI, settings: Settings) -> None:
    text = json.dumps(documentation.document_of(plain_app))
    assert settings.backend.secret_key.get_secret_value() not in text
    assert str(settings.paths.data) not in text

"""/docs: Swagger UI and Redoc from their installed packages, and the document they show.

Pages and scripts are our own, so that the strict content policy holds: nothing inline, nothing
from another host.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, send_file
from flask.typing import ResponseReturnValue
from flask_openapi.openapi import OpenAPI

from webapi.access import Rule, access, rule_of
from webapi.edge import POLICY
from webapi.problems import ODATA_ROOT

ASSETS = {
    "swagger-ui.css": ("flask_openapi_swagger", "templates/swagger/css/swagger-ui.css"),
    "swagger-ui-bundle.js": ("flask_openapi_swagger", "templates/swagger/js/swagger-ui-bundle.js"),
    "redoc.standalone.js": ("flask_openapi_redoc", "templates/redoc/js/redoc.standalone.js"),
}
SCRIPTS = {
    "swagger.js": (
        'window.onload = () => SwaggerUIBundle({url: "/docs/openapi.json", '
        'dom_id: "#page", deepLinking: true, validatorUrl: null});\n'
    ),
    "redoc.js": (
        'import {init} from "/docs/assets/redoc.standalone.js";\n'
        'init("/docs/openapi.json", {disableSearch: true, disableTelemetry: true}, '
        'document.getElementById("page"));\n'
    ),
}
SWAGGER_TAGS = """<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger.js"></script>"""
REDOC_TAGS = '<script type="module" src="/docs/assets/redoc.js"></script>'
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AutomacaoSQL API</title>
{tags}
</head>
<body>
<div id="page"></div>
</body>
</html>
"""
DAY_S = 24 * 3600
PROBLEM_TYPE = "application/problem+json"
# A version that retention has removed is gone.
_GONE = frozenset({"410"})
MORE_STATUSES = {
    "/api/login": frozenset({"401", "429"}),
    "/api/versions/{version_id}/diff": _GONE,
    "/api/versions/{version_id}/release": _GONE,
    "/api/versions/{version_id}/discard": _GONE,
    "/api/versions/{version_id}/restore": _GONE,
}
ASKS_A_SOURCE = {
    "/api/preview",
    "/api/preview/plan",
    "/api/movements/dry-run",
    "/api/connections/{connection_id}/test",
    "/api/connections/{connection_id}/catalogue",
}
# What OData wants of every error, and no other member.
ODATA_PROBLEM = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}
PROBLEMS = {
    "400": "The body is no JSON, or required fields or parameters are faulty",
    "401": "Nobody is logged in, or the key is not valid",
    "403": "The role or key does not reach, or the request came from another site",
    "404": "There is no such thing",
    "409": "It contradicts something that is there",
    "410": "The version that was read page by page is gone",
    "412": "Somebody saved it after it was read",
    "413": "The body is too large",
    "415": "The body is of another type than JSON",
    "422": "Fields have faults; `errors` names them",
    "429": "Too many requests, logins or answers at once; `Retry-After` says when to go on",
    "500": "Something failed in the server; the log has it under `error_id`",
    "501": "A part of OData that this feed does not have",
    "502": "The database that was asked does not answer, or refuses",
    "503": "The metadata database does not answer, or the server is busy; try again",
    "504": "Finding the rows took too long and was stopped",
    "507": "Finding the rows needs more memory than it may take",
}

bp = Blueprint("docs", __name__, url_prefix="/docs")


@bp.get("")
@access(Rule.PUBLIC)
def swagger() -> str:
    return PAGE.format(tags=SWAGGER_TAGS)


@bp.get("/")
@access(Rule.PUBLIC)
def swagger_slash() -> ResponseReturnValue:
    return redirect("/docs")


@bp.get("/redoc")
@access(Rule.PUBLIC)
def redoc() -> Response:
    """Redoc carries its fonts in the script; what it would fetch from its makers stays blocked."""
    response = Response(PAGE.format(tags=REDOC_TAGS), content_type="text/html; charset=utf-8")
    policy = POLICY.replace("font-src 'self'", "font-src 'self' data:")
    response.headers["Content-Security-Policy"] = policy
    return response


@bp.get("/openapi.json")
@access(Rule.PUBLIC)
def openapi_document() -> Response:
    return jsonify(document_of(_this_app()))


@bp.get("/assets/<name>")
@access(Rule.PUBLIC)
def asset(name: str) -> ResponseReturnValue:
    if name in SCRIPTS:
        return Response(SCRIPTS[name], content_type="text/javascript; charset=utf-8")
    if name not in ASSETS:
        abort(404)
    package, path = ASSETS[name]
    return send_file(str(files(package) / path), max_age=DAY_S)


def _this_app() -> OpenAPI:
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    assert isinstance(app, OpenAPI)
    return app


def document_of(app: OpenAPI) -> dict[str, Any]:
    """The OpenAPI document: as flask-openapi makes it, with the errors as they really are."""
    document: dict[str, Any] = app.api_doc
    rules = _rules_by_operation(app)
    document["components"]["schemas"]["ODataProblem"] = ODATA_PROBLEM
    document["components"]["responses"] = {
        f"{kind}{status}": {
            "description": description,
            "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{kind}"}}},
        }
        for kind, media_type in (("Problem", PROBLEM_TYPE), ("ODataProblem", "application/json"))
        for status, description in PROBLEMS.items()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rule = rules[path, method]
            operation["responses"].pop("422", None)
            kind = "ODataProblem" if path.startswith(ODATA_ROOT) else "Problem"
            for status in _statuses(path, method, operation, rule):
                reference = {"$ref": f"#/components/responses/{kind}{status}"}
                operation["responses"].setdefault(status, reference)
            _describe_security(operation, rule)
    return document


def _is_list(path: str, method: str) -> bool:
    return "{" not in path and method == "get"


def _statuses(path: str, method: str, operation: dict[str, Any], rule: Rule | None) -> set[str]:
    """The errors an operation can answer with."""
    found = {"500", "503"} if path.startswith("/api/") else {"500"}
    found |= MORE_STATUSES.get(path, frozenset())
    if rule is not Rule.PUBLIC:
        found |= {"401", "403", "429"}
    if rule is Rule.DATA_READER and not _is_list(path, method):
        found |= {"410", "422", "504", "507"}
    if path.startswith(ODATA_ROOT) and "{" in path:
        found.add("501")
    if path in ASKS_A_SOURCE:
        found |= {"404", "422", "502", "504"}
    if "requestBody" in operation:
        found |= {"400", "413", "415", "422"}
    if method in {"post", "put", "delete"}:
        found |= {"403", "409"}
    if "{" in path:
        found.add("404")
    if method == "put":
        found.add("412")
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        found |= {"400", "422"}
    return found


def _describe_security(operation: dict[str, Any], rule: Rule | None) -> None:
    session: dict[str, list[str]] = {"session": []}
    if rule is Rule.PUBLIC:
        operation["security"] = []
    elif rule is Rule.DATA_READER:
        operation["security"] = [{"api_key": []}, {"bearer": []}, {"basic": []}, session]
    else:
        operation["security"] = [session]
        operation["x-role"] = str(rule)


def _rules_by_operation(app: OpenAPI) -> dict[tuple[str, str], Rule | None]:
    found = {}
    for url in app.url_map.iter_rules():
        path = "".join(f"{{{text}}}" if dynamic else text for dynamic, text in _parts(url.rule))
        for method in url.methods or ():
            found[path, method.lower()] = rule_of(app, url.endpoint)
    return found


def _parts(rule: str) -> list[tuple[bool, str]]:
    """`/api/jobs/<int:job_id>` as [(False, "/api/jobs/"), (True, "job_id")]."""
    parts: list[tuple[bool, str]] = []
    for piece in rule.split("<"):
        name, closed, rest = piece.partition(">")
        if not closed:
            parts.append((False, piece))
            continue
        parts += [(True, name.rpartition(":")[2]), (False, rest)]
    return parts

"""The one body of every error (RFC 9457), with the members clients of the old interface read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Response, request

from auxiliares import AutomacaoError, FieldError
from connectors.base import QueryInvalid, SourceError
from datafiles.sqlbox.box import SqlInvalid

CONTENT_TYPE = "application/problem+json"
ODATA_ROOT = "/api/data/odata"
ODATA_CONTENT_TYPE = "application/json;odata.metadata=minimal;charset=utf-8"

# What clients of the existing interface show to their users, word for word.
LEGACY_MESSAGES: Mapping[str, str] = {
    "login_refused": "Usuário ou senha inválidos",
    "authentication_required": "Authentication required",
    "forbidden": "Acesso negado",
    "user_exists": "Usuário já existe",
    "own_account": "Cannot delete yourself",
    "dataset_name_invalid": "Invalid dataset name",
}


class RequestRefused(AutomacaoError):
    """Base of what the edge itself refuses."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"


class FieldsMissing(RequestRefused):
    """Required fields are absent; the sentence is the one of the existing interface."""

    code = "missing_fields"


class RequestInvalid(RequestRefused):
    """Fields have the wrong type, are too long or out of range."""

    code = "validation_failed"
    status = 422


def problem_body(
    *,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    extra: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """The members of a problem document."""
    legacy = LEGACY_MESSAGES.get(code, detail)
    return {
        "type": "about:blank",
        "title": _phrase(status),
        "status": status,
        "detail": detail,
        "code": code,
        "msg": legacy,
        "error": legacy,
        "errors": list(errors),
        **(extra or {}),
    }


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    extra: Mapping[str, object] | None = None,
) -> Response:
    if request.path.startswith(ODATA_ROOT):
        return _odata_error(status, code, detail, errors)
    body = problem_body(status=status, code=code, detail=detail, errors=errors, extra=extra)
    return Response(encode(body), status=status, content_type=CONTENT_TYPE)


def _odata_error(status: int, code: str, detail: str, errors: Sequence[FieldError]) -> Response:
    """In the one shape that clients of OData read."""
    details = [{"code": e["code"], "message": e["message"], "target": e["field"]} for e in errors]
    body = {"error": {"code": code, "message": detail, "details": details}}
    response = Response(encode(body), status=status, content_type=ODATA_CONTENT_TYPE)
    response.headers["OData-Version"] = "4.0"
    return response


def problem_of(error: AutomacaoError) -> Response:
    """The answer to an error the product raised on purpose."""
    return problem(
        error.status, error.code, error.message, errors=error.errors, extra=_source_members(error)
    )


def _source_members(error: AutomacaoError) -> dict[str, object]:
    if isinstance(error, SqlInvalid):
        return {"line": error.line, "column": error.column}
    if not isinstance(error, SourceError):
        return {}
    members: dict[str, object] = {"hint": error.hint, "database_code": error.database_code}
    if isinstance(error, QueryInvalid):
        members |= {"line": error.line, "column": error.column}
    return members


def encode(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, sort_keys=True).encode() + b"\n"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"

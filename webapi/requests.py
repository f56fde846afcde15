"""What is checked of every request before its route runs: origin, size, type and sound JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlsplit

from flask import Request
from pydantic import ValidationError

from auxiliares import FieldError
from webapi.problems import FieldsMissing, RequestInvalid, RequestRefused

MAX_BODY_BYTES = 1024 * 1024
# Files of definitions: hundreds of jobs with long queries.
MAX_FILE_BYTES = 8 * MAX_BODY_BYTES
FILE_PATHS = frozenset({"/api/jobs/definitions", "/api/jobs/definitions/dry-run"})
MAX_DEPTH = 50
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
# By the name of the request model: what the existing interface answers, word for word.
MISSING_MESSAGES = {
    "JobCreate": "Missing required fields",
    "UserCreate": "Missing username, password, or role",
}


class CrossSite(RequestRefused):
    """A page of another site made the browser send this."""

    code = "cross_site"
    status = 403


class NotJson(RequestRefused):
    """The body is of another type than JSON."""

    code = "unsupported_media_type"
    status = 415


class JsonInvalid(RequestRefused):
    """The body is not one JSON object."""

    code = "invalid_json"
    status = 400


class TextInvalid(RequestRefused):
    """A text holds characters that cannot be stored."""

    code: ClassVar[str] = "text_invalid"
    status = 422


def refuse_cross_site(request: Request) -> None:
    """Raises CrossSite. Programs send neither header and pass: they carry no stray cookie."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        is_own = site in OWN_SITES
    else:
        is_own = origin is None or urlsplit(origin).netloc == request.host
    if not is_own:
        raise CrossSite("This request came from a page of another site and was not carried out.")


def check_body(request: Request) -> None:
    """Raises NotJson, JsonInvalid or TextInvalid; a body that is too large is refused by Flask."""
    for name, value in request.args.items(multi=True):
        _check_text(name, value)
    if request.method in SAFE_METHODS:
        return
    if request.path in FILE_PATHS:
        request.max_content_length = MAX_FILE_BYTES
    data = request.get_data()
    if not data:
        return
    if not request.is_json:
        raise NotJson("Send the body as JSON, with the header Content-Type: application/json.")
    for path, text in _texts(_parsed(data)):
        _check_text(path, text)


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError as exc:
        raise JsonInvalid("The body is nested too deeply.") from exc
    except ValueError as exc:  # also bytes that are no UTF-8, and numbers of thousands of digits
        raise JsonInvalid(f"The body is not valid JSON: {exc}") from exc
    if not isinstance(document, dict):
        raise JsonInvalid("The body must be one JSON object.")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _texts(document: object) -> Iterator[tuple[str, str]]:
    """Every text with its dotted path, keys included. Raises JsonInvalid when too deep."""
    waiting: list[tuple[str, object, int]] = [("", document, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise JsonInvalid("The body is nested too deeply.")
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield path, key
                waiting.append((f"{path}.{key}".lstrip("."), item, depth + 1))
        elif isinstance(value, list):
            waiting.extend((f"{path}.{n}", item, depth + 1) for n, item in enumerate(value))


def _check_text(path: str, text: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        field = path.encode("utf-8", "replace").decode().replace("\0", "?")[:100]
        message = "holds a character that cannot be stored (NUL or half of a surrogate pair)"
        raise TextInvalid(
            f"The field {field} {message}.",
            errors=[FieldError(field=field, code="text_invalid", message=message)],
        )


def refuse_invalid(exc: ValidationError) -> NoReturn:
    """Turn pydantic's findings into RequestInvalid, or FieldsMissing in the old words."""
    faults = [_fault(error) for error in exc.errors(include_url=False, include_input=False)]
    missing = [fault for fault in faults if fault["code"] == "missing"]
    legacy = MISSING_MESSAGES.get(exc.title)
    if missing and legacy:
        raise FieldsMissing(legacy, errors=faults) from exc
    summary = "; ".join(f"{fault['field'] or 'body'}: {fault['message']}" for fault in faults[:5])
    raise RequestInvalid(f"The request has faults: {summary}", errors=faults) from exc


def _fault(error: Any) -> FieldError:
    return FieldError(
        field=".".join(str(part) for part in error["loc"]),
        code=str(error["type"]),
        message=str(error["msg"]).removeprefix("Value error, "),
    )

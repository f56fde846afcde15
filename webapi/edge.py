"""The edge: every request is checked here first, every error becomes a problem document here."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from auxiliares import AutomacaoError
from logging_config import log_context
from metadb.acting import acting_as
from metadb.engine import MetadataUnavailable
from services.connection_use import called_by
from webapi import access
from webapi.access_log import REQUEST_ID, Answered, log_access, new_request_id
from webapi.origins import let_read, preflight, refuse_foreign_host
from webapi.problems import problem, problem_of
from webapi.proxies import TrustedProxies
from webapi.repeated_requests import RepeatedRequests
from webapi.requests import MAX_BODY_BYTES, SAFE_METHODS, check_body, refuse_cross_site
from webapi.spa import fallback
from webapi.state import current_settings, settings_of, state_of

log = logging.getLogger(__name__)

CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
}
DETAILS: Mapping[int, str] = {
    404: "There is nothing at this address.",
    405: "This address does not answer to this method.",
}
# Everything comes from this server; nothing may frame it.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# For a year no browser that came by TLS once asks without it.
TRANSPORT_POLICY = "max-age=31536000"


def install(app: Flask) -> None:
    """Checks before, headers after, one shape for all errors."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.before_request(_begin)
    app.before_request(_check)
    app.after_request(_finish)
    app.teardown_request(_leave_log_scope)
    repeated = RepeatedRequests(app.wsgi_app, state_of(app))
    app.wsgi_app = TrustedProxies(repeated, settings_of(app).security.trusted_proxies)  # type: ignore[method-assign]
    app.register_error_handler(AutomacaoError, _product_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PoolTimeout, _pool_exhausted)
    app.register_error_handler(Exception, _unexpected)


def _begin() -> None:
    g.request_id = new_request_id()
    g.started_at = time.monotonic()
    g.log_scope = ExitStack()


def _check() -> Response | None:
    security = current_settings().security
    refuse_foreign_host(request, security.hosts)
    asked = preflight(request, security.cors_origins)
    if asked is not None or request.endpoint is None:
        return asked
    refuse_cross_site(request)
    if request.path.startswith("/api/") and not state_of(current_app).opened.is_set():
        raise MetadataUnavailable("The server has started and still opens its database.")
    caller = access.enforce()
    who = (caller.username, caller.role) if caller is not None else ("", None)
    g.log_scope.enter_context(called_by(*who))
    if caller is not None:
        g.log_scope.enter_context(log_context(user_name=caller.username))
        if request.method not in SAFE_METHODS:
            g.log_scope.enter_context(
                acting_as(caller.username, address=request.remote_addr, request_id=g.request_id)
            )
    check_body(request)
    return None


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers[REQUEST_ID] = g.get("request_id", "")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = TRANSPORT_POLICY
    let_read(request, response, current_settings().security.cors_origins)
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    _log_access(response)
    return response


def _leave_log_scope(_error: BaseException | None) -> None:
    scope = g.pop("log_scope", None)
    if scope is not None:
        scope.close()


def _log_access(response: Response) -> None:
    caller = g.get("_login_user")
    answered = Answered(
        method=request.method,
        path=request.path,
        status=response.status_code,
        started_at=g.get("started_at", time.monotonic()),
        address=request.remote_addr,
        user=getattr(caller, "username", None) or g.get("api_key_name"),
        request_id=g.get("request_id"),
    )
    log_access(answered)


def _product_error(error: AutomacaoError) -> ResponseReturnValue:
    if isinstance(error, MetadataUnavailable):
        log.debug("database_away", extra={"detail": error.message})
    elif error.status >= 500:
        log.warning("request_failed", extra={"code": error.code, "detail": error.message})
    response = problem_of(error)
    retry_after_s = getattr(error, "retry_after_s", None)
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    if isinstance(error, access.AuthenticationRequired):
        for challenge in error.challenges:
            response.headers.add("WWW-Authenticate", challenge)
    if isinstance(error, MetadataUnavailable):
        response.headers["Retry-After"] = "5"
    return response


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code
    if status is None or status < 400:
        return error.get_response()
    if status == 404:
        page = fallback()
        if page is not None:
            return page
    detail = DETAILS.get(status, error.description or error.name)
    if status == 413:
        detail = f"The body is larger than {request.max_content_length} bytes."
    response = problem(status, CODES.get(status, f"http_{status}"), detail)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _pool_exhausted(error: PoolTimeout) -> ResponseReturnValue:
    log.error("connection_pool_exhausted", exc_info=error)
    response = problem(503, "server_busy", "The server is too busy; try again in a few seconds.")
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> ResponseReturnValue:
    """Tell nothing of the fault but a number, under which the log has everything."""
    error_id = g.get("request_id") or secrets.token_hex(8)
    log.error("request_crashed", exc_info=error, extra={"error_id": error_id})
    detail = (
        "Something failed in the server; nothing was changed. "
        f"Its log tells more under the number {error_id}."
    )
    return problem(500, "internal_error", detail, extra={"error_id": error_id})

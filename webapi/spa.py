"""The interface: the built files of frontend/dist, or a plain page while there are none."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory

from auxiliares import ROOT
from webapi.access import Rule, access

DIST = ROOT / "frontend" / "dist"
YEAR_S = 365 * 24 * 3600
ENCODINGS = {"br": ".br", "gzip": ".gz"}
NEVER_PAGES = ("/api/", "/docs/", "/assets/")

NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>AutomacaoSQL</title></head>
<body>
<h1>AutomacaoSQL</h1>
<p>The server runs, but its interface has not been built yet. <code>./start</code> builds it,
or <code>npm ci &amp;&amp; npm run build</code> in the folder <code>frontend</code>.</p>
<p lang="pt-BR">O servidor está no ar, mas a interface ainda não foi construída.
<code>./start</code> faz isso.</p>
<ul>
<li><a href="/docs">/docs</a>: the REST API, described and ready to try</li>
<li><a href="/readyz">/readyz</a>: is the server ready</li>
<li><code>/api</code>: the REST API itself</li>
</ul>
</body>
</html>
"""

bp = Blueprint("spa", __name__)


@bp.get("/assets/<path:name>")
@access(Rule.PUBLIC)
def asset(name: str) -> Response:
    """Files whose name holds a hash of their content: kept by browsers for a year.

    The build lays compressed forms beside them; the smallest the browser takes is sent.
    """
    encoding = _best_encoding(name)
    sent = f"{name}{ENCODINGS[encoding]}" if encoding else name
    response = send_from_directory(DIST / "assets", sent, max_age=YEAR_S)
    if encoding:
        response.headers["Content-Encoding"] = encoding
        response.headers["Content-Type"] = _content_type(name)
    response.vary.add("Accept-Encoding")
    response.cache_control.immutable = True
    response.cache_control.public = True
    return response


@bp.get("/")
@access(Rule.PUBLIC)
def index() -> Response:
    return _page()


def _best_encoding(name: str) -> str | None:
    """The first of ENCODINGS that the browser takes and the build made of this file."""
    for encoding, suffix in ENCODINGS.items():
        if request.accept_encodings[encoding] > 0 and _is_built_file(f"assets/{name}{suffix}"):
            return encoding
    return None


def _content_type(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def fallback() -> Response | None:
    """The answer to a GET nobody else took: a file of the build, else the interface itself."""
    path = request.path
    if request.method not in {"GET", "HEAD"} or f"{path}/".startswith(NEVER_PAGES):
        return None
    if _is_built_file(path.lstrip("/")):
        return send_from_directory(DIST, path.lstrip("/"), max_age=0)
    return _page()


def _is_built_file(name: str) -> bool:
    file = DIST / name
    return bool(name) and file.is_file() and file.resolve().is_relative_to(DIST.resolve())


def _page() -> Response:
    if Path(DIST / "index.html").is_file():
        response = send_from_directory(DIST, "index.html", max_age=0)
        response.headers["Cache-Control"] = "no-cache"
        return response
    return Response(NOT_BUILT, content_type="text/html; charset=utf-8")

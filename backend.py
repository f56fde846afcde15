"""The HTTP process: REST API, data API, documentation and interface.

`create_app(settings)` builds the application, `backend:app` is it for any WSGI server, and
`python backend.py` serves it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from flask_openapi.models.info import Info
from flask_openapi.models.security_scheme import SecurityScheme
from flask_openapi.openapi import OpenAPI

from auxiliares import ROOT, AutomacaoError, Settings, datafile_path, load_settings, unknown_keys
from logging_config import configure_logging
from services.demo import load_demo
from services.secret_rotation import rotate_secret_key
from webapi import (
    access,
    api_keys,
    audit,
    auth,
    backfills,
    calendars,
    channels,
    column_checks,
    connections,
    data_sql,
    database_codes,
    dataset_contracts,
    dataset_facts,
    datasets,
    date_expressions,
    definitions,
    deliveries,
    dialects,
    documentation,
    edge,
    events,
    health,
    job_versions,
    jobs,
    logs,
    maintenance,
    metrics,
    movements,
    notifications,
    occurrences,
    odata,
    opening_files,
    overview,
    parameter_sets,
    parameters,
    previews,
    runs,
    server,
    spa,
    tags,
    targets,
    users,
    versions,
)
from webapi.opening import Opening
from webapi.readers import KEY_HEADER
from webapi.requests import refuse_invalid
from webapi.schemas import Problem
from webapi.state import AppState, attach_state, state_of

log = logging.getLogger("backend")

API_VERSION = "1"
OPENAPI_FILE = ROOT / "openapi.json"
PREPARE_LIMIT_S = 60.0
RESOURCES = (
    auth, jobs, runs, backfills, connections, parameters, users, api_keys, data_sql, datasets,
    dataset_facts, dataset_contracts, logs,
    health, metrics, dialects, previews, date_expressions, overview, maintenance, occurrences,
    odata, opening_files, versions, targets, deliveries, events, database_codes, channels,
    notifications, movements, audit, job_versions, calendars, column_checks, parameter_sets,
    tags, definitions,
)  # fmt: skip


def create_app(settings: Settings, *, opened: threading.Event | None = None) -> OpenAPI:
    """A new application. `opened` is set when the metadata database is ready; None: it is."""
    app = OpenAPI(
        "automacaosql",
        info=Info(
            title="AutomacaoSQL",
            version=API_VERSION,
            description="Jobs that turn SQL into datasets, their runs, and the data itself.",
        ),
        security_schemes=_security_schemes(),
        validation_error_model=Problem,
        validation_error_callback=refuse_invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    app.config["SECRET_KEY"] = settings.backend.secret_key.get_secret_value()
    if opened is None:
        opened = threading.Event()
        opened.set()
    attach_state(app, AppState(settings, opened))
    edge.install(app)
    access.install(app)
    for resource in RESOURCES:
        app.register_api(resource.bp)
    app.register_blueprint(documentation.bp)
    app.register_blueprint(spa.bp)
    return app


def _security_schemes() -> dict[str, SecurityScheme | dict[str, Any]]:
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": access.COOKIE},
        "api_key": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
    }


def __getattr__(name: str) -> OpenAPI:
    """`backend:app` for other WSGI servers; made when it is first asked for."""
    if name != "app":
        raise AttributeError(name)
    settings = load_settings()
    handle = configure_logging("backend")
    opened = threading.Event()
    opening = Opening(settings, opened, handle.attach_table)
    opening.start()
    globals()["app"] = application = create_app(settings, opened=opened)
    return application


def _prepare_only(settings: Settings, *, with_demo: bool) -> None:
    """Everything a first start needs, without serving."""
    opening = Opening(settings, threading.Event(), lambda _connect: None)
    try:
        opening.open(limit_s=PREPARE_LIMIT_S)
        if with_demo:
            load_demo(settings, opening.database)
    finally:
        opening.stop()


def _serve(settings: Settings, handle: Any) -> int:
    listening = server.listen(settings.backend.host, settings.backend.port)
    opened = threading.Event()
    opening = Opening(settings, opened, handle.attach_table, on_failure=_stop_main_thread)
    app = create_app(settings, opened=opened)
    serving = server.make_server(app, listening, settings)
    _stop_on_signals()
    host, port = listening.getsockname()[:2]
    sys.stdout.write(f"AutomacaoSQL listens on http://{host}:{port}\n")
    sys.stdout.flush()
    try:
        opening.start()
        serving.run()
    except (SystemExit, KeyboardInterrupt):
        log.debug("stopped_between_requests")
    finally:
        _ignore_signals()
        serving.close()
        events.close(app)
        state_of(app).read_log.close()
        state_of(app).sqlbox.close()
        log.info("backend_stopped")
        handle.close()
        opening.stop()
    return 1 if opening.failure is not None else 0


def _stop_main_thread() -> None:
    if sys.platform == "win32":
        import _thread

        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGTERM)


def _signals() -> list[signal.Signals]:
    names = ["SIGINT", "SIGTERM", "SIGBREAK"]
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _stop_on_signals() -> None:
    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit

    for number in _signals():
        signal.signal(number, ask_to_stop)


def _ignore_signals() -> None:
    """A second Ctrl-C must not cut the clean end short."""
    for number in _signals():
        signal.signal(number, signal.SIG_IGN)


def write_openapi(path: Path = OPENAPI_FILE) -> None:
    """Write the API's document; it depends on the code alone, not on settings."""
    settings = Settings(backend={"secret_key": secrets.token_urlsafe(48)})
    document = documentation.document_of(create_app(settings))
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backend.py", description="Serve AutomacaoSQL by HTTP.")
    parser.add_argument("--host", help="listen on this address instead of backend.host")
    parser.add_argument("--port", type=int, help="listen on this port instead of backend.port")
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="only make what a first start needs: database, root user, demonstration",
    )
    parser.add_argument("--no-demo", action="store_true", help="with --prepare: no demonstration")
    parser.add_argument(
        "--write-openapi", action="store_true", help="only write openapi.json from the code"
    )
    parser.add_argument(
        "--rotate-secret-key",
        action="store_true",
        help="only replace backend.secret_key and seal what is stored anew; stop both before",
    )
    return parser.parse_args(arguments)


def _load_settings(options: argparse.Namespace) -> Settings:
    """Options stand above everything: they become the environment variables of the settings."""
    for name in ("host", "port"):
        value = getattr(options, name)
        if value is not None:
            os.environ[f"ASQL_BACKEND__{name.upper()}"] = str(value)
    return load_settings()


def main(arguments: Sequence[str]) -> int:
    """Command line of the HTTP process; returns the exit code."""
    options = _parse(arguments)
    if options.write_openapi:
        write_openapi()
        return 0
    try:
        if options.rotate_secret_key:
            count = rotate_secret_key(datafile_path())
            sys.stdout.write(f"The secret key is new; {count} stored secret(s) were sealed anew.\n")
            return 0
        settings = _load_settings(options)
    except AutomacaoError as exc:
        sys.stderr.write(exc.message + "\n")
        return 1
    handle = configure_logging("backend")
    for key in unknown_keys():
        log.warning("setting_unknown", extra={"key": key})
    try:
        if options.prepare:
            _prepare_only(settings, with_demo=not options.no_demo)
            return 0
        return _serve(settings, handle)
    except AutomacaoError as exc:
        sys.stderr.write(exc.message + "\n")
        return 1
    finally:
        handle.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

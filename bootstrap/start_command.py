"""`./start`: from a fresh checkout to a served page, then the two processes until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from bootstrap import application, environment, frontend
from bootstrap.messages import CannotGoOn, complain, say
from bootstrap.supervisor import Child, Supervisor


def main(arguments: Sequence[str], *, root: Path) -> int:
    """Everything `start` does; the exit code."""
    options = _parse(arguments)
    try:
        python = environment.prepare(root)
        if not _runs_in(python):
            return _continue_in(python, root, arguments)
        _build_interface(root, python)
        _apply(options)
        return _serve(root, python, options)
    except CannotGoOn as exc:
        complain(str(exc))
        return 1
    except KeyboardInterrupt:
        return 130


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="start", description="Install what is missing, then run AutomacaoSQL until Ctrl-C."
    )
    parser.add_argument("--port", type=int, help="listen on this port instead of the configured")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep all data in this folder")
    parser.add_argument("--no-demo", action="store_true", help="load no demonstration")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    return parser.parse_args(arguments)


def _build_interface(root: Path, python: Path) -> None:
    if not frontend.is_there(root):
        return
    try:
        frontend.build(root, python)
    except CannotGoOn as exc:
        complain(f"{exc} Going on without; the page will say what is missing.")


def _runs_in(python: Path) -> bool:
    return Path(sys.prefix).resolve() == python.parent.parent.resolve()


def _continue_in(python: Path, root: Path, arguments: Sequence[str]) -> int:
    """Go on as the environment's Python; on POSIX in the same process, so one signal reaches it."""
    command = [str(python), str(root / "start"), *arguments]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(python, command)  # noqa: S606 - the environment's own Python
    with subprocess.Popen(command) as process:  # noqa: S603 - our own command
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the console has told it as well, and it ends in its own time


def _apply(options: argparse.Namespace) -> None:
    """Options become environment variables, which every child reads as settings."""
    if options.port is not None:
        os.environ["ASQL_BACKEND__PORT"] = str(options.port)
    if options.data is not None:
        os.environ["ASQL_DATA"] = str(options.data.expanduser().resolve())


def _serve(root: Path, python: Path, options: argparse.Namespace) -> int:
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    serving = application.ask_serving(root, python)
    _check_port(serving)
    try:
        code = application.prepare(root, python, serving, with_demo=not options.no_demo)
        if code != 0:
            return code
        names = ("backend.py", "schedule.py")
        return Supervisor(
            children=[Child(name, [str(python), name]) for name in names],
            root=root,
            stop_limit_s=serving.stop_limit_s,
            health_url=f"{serving.url}/healthz",
            on_healthy=lambda: _announce(serving.url, with_browser=not options.no_browser),
        ).run()
    finally:
        application.release_database(root, python)


def _check_port(serving: application.Serving) -> None:
    family = socket.AF_INET6 if ":" in serving.local_host else socket.AF_INET
    with socket.socket(family) as probe:
        if probe.connect_ex((serving.local_host, serving.port)) == 0:
            raise CannotGoOn(
                f"Something already listens on {serving.url}, perhaps another start of this; "
                "end it or choose another port with --port."
            )


def _announce(url: str, *, with_browser: bool) -> None:
    say(f"AutomacaoSQL is ready: {url}  (Ctrl-C stops it)")
    if with_browser and sys.stdout.isatty() and _has_display():
        webbrowser.open(url)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))

"""The one error of the embedded server, with the end of the server's own log."""

from __future__ import annotations

from pathlib import Path

from auxiliares import AutomacaoError

LOG_LINES_SHOWN = 12


class EmbeddedPostgresFailed(AutomacaoError):
    """The embedded PostgreSQL could not be made, started, reached or stopped."""

    code = "embedded_postgres_failed"
    status = 503


def log_tail(log: Path, *, since: int = 0) -> str:
    """The last lines of a log file from byte `since` on; empty when it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(since)
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LOG_LINES_SHOWN:])

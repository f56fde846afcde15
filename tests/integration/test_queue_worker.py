"""The queue's thread ends when it is told to, whatever the metadata database does."""

from __future__ import annotations

import socket
import threading

from execution.context import ActiveRuns
from execution.worker import QueueWorker


def test_worker_stops_while_its_connection_is_being_opened() -> None:
    """The database accepts the line and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = {"host": "127.0.0.1", "port": silent.getsockname()[1], "user": "x"}
        worker = QueueWorker(
            connection=lambda: address,
            execute=lambda _run_id, _attempt: None,
            execute_next=lambda _place: False,
            active=ActiveRuns(),
            concurrency=1,
            lost_after_s=30,
        )
        worker.daemon = True
        worker.start()
        line, _ = silent.accept()
        with line:
            stopping = threading.Thread(target=worker.stop, args=(0,), daemon=True)
            stopping.start()
            stopping.join(30)
            assert not stopping.is_alive()
            assert not worker.is_alive()

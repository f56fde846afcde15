"""What a process that a test starts and harms is given: JSON in its environment."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from auxiliares import Settings
from metadb import engine
from metadb.engine import DatabaseAddress

TASK = "TEST_TASK"


def task_for(settings: Settings, database: DatabaseAddress, **more: object) -> dict[str, str]:
    """Environment of a process that calls `begin`."""
    key = settings.backend.secret_key.get_secret_value()
    return {TASK: json.dumps({"database": asdict(database), "secret_key": key, **more})}


def begin() -> tuple[Settings, dict[str, Any]]:
    """Settings, and what else the task says; the metadata database is set."""
    task = json.loads(os.environ[TASK])
    address = DatabaseAddress(**task["database"])
    engine.connect(lambda: address)
    return Settings(backend={"secret_key": task["secret_key"]}), task  # type: ignore[arg-type]

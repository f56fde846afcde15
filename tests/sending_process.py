"""A process that sends one notification and is killed before it can note that it did.

Arguments, as JSON in the environment: the metadata database and the secret key. Started by
tests/integration/test_notification_crash.py.
"""

from __future__ import annotations

import json
import os

from auxiliares import Settings
from execution.notify import Notifier
from metadb import engine
from metadb.engine import DatabaseAddress


def main() -> None:
    task = json.loads(os.environ["SENDING_TASK"])
    address = DatabaseAddress(**task["database"])
    engine.connect(lambda: address)
    notifier = Notifier(Settings(backend={"secret_key": task["secret_key"]}))  # type: ignore[arg-type]
    notifier.fan_out()
    notifier.send_next()


if __name__ == "__main__":
    main()

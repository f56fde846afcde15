"""A process that makes one delivery, harmed on the way by the failpoint in its environment.

Arguments, as JSON in the environment: the metadata database and the secret key. Started by
tests/integration/test_delivery_crash.py.
"""

from __future__ import annotations

import json
import os

from auxiliares import Settings
from execution.deliver import Deliverer
from metadb import engine
from metadb.engine import DatabaseAddress


def main() -> None:
    task = json.loads(os.environ["DELIVERY_TASK"])
    address = DatabaseAddress(**task["database"])
    engine.connect(lambda: address)
    Deliverer(Settings(backend={"secret_key": task["secret_key"]})).deliver_next()  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

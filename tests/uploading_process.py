"""A process that delivers one file to a bucket and stops before the last part, to be killed there.

Arguments, as JSON in the environment: the store and the parcel. Started by
tests/integration/test_stores.py.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from datafiles.stores.base import Parcel
from datafiles.stores.s3 import S3Store
from tests.process_task import TASK


class Frozen:
    """A ledger that never answers; says on the standard output that it was asked."""

    def check(self) -> None:
        """Nothing."""

    def confirm(self) -> None:
        sys.stdout.write("asked\n")
        sys.stdout.flush()
        threading.Event().wait()


def main() -> None:
    task = json.loads(os.environ[TASK])
    parcel = task["parcel"] | {"source": Path(task["parcel"]["source"])}
    S3Store(**task["store"]).deliver(Parcel(**parcel), Frozen())


if __name__ == "__main__":
    main()

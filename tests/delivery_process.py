"""A process that makes one delivery, harmed on the way by the failpoint in its environment.

Started by tests/integration/test_delivery_crash.py.
"""

from __future__ import annotations

from execution.deliver import Deliverer
from tests.process_task import begin


def main() -> None:
    settings, _ = begin()
    Deliverer(settings).deliver_next()


if __name__ == "__main__":
    main()

"""A process that sends one notification and is killed before it can note that it did.

Started by tests/integration/test_notification_crash.py.
"""

from __future__ import annotations

from execution.notify import Notifier
from tests.process_task import begin


def main() -> None:
    settings, _ = begin()
    notifier = Notifier(settings)
    notifier.fan_out()
    notifier.send_next()


if __name__ == "__main__":
    main()

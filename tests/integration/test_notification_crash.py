"""A daemon that is killed between sending and noting it: the message comes again, and says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

from sqlalchemy import select, update

from auxiliares import ROOT, Settings
from execution.notify import Notifier
from metadb.engine import DatabaseAddress, unit_of_work
from models import Notification
from services import channels, notification_rules
from tests.mail_server import MailServer
from tests.process_task import task_for
from tests.publisher import Publisher


def test_kill_9_after_sending_sends_again_under_the_same_key(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> None:
    publisher = Publisher(settings, pg_database)
    with MailServer() as server:
        with unit_of_work() as session:
            channel = channels.create_channel(
                session,
                {"name": "E", "kind": "email", "language": "en", "options": server.options()},
                settings=settings,
            )
            notification_rules.create_rule(
                session, {"channel_id": channel.channel_id, "topics": ["failure"]}
            )
        publisher.run("select 1 / 0 as id")
        assert run_until_killed(settings, metadata_db) == -signal.SIGKILL
        assert len(server.mails) == 1
        notifier = Notifier(settings)
        # The claim of the dead still holds
        assert not notifier.send_next()
        with unit_of_work() as session:
            (left,) = session.scalars(select(Notification)).all()
            assert (left.state, left.attempt) == ("sending", 1)
            session.execute(
                update(Notification).values(next_try_at=left.next_try_at - timedelta(hours=1))  # type: ignore[operator]
            )
        assert notifier.send_next()
        first, second = server.mails
        assert first["Message-ID"] == second["Message-ID"]
        assert first["Idempotency-Key"] == second["Idempotency-Key"]


def run_until_killed(settings: Settings, database: DatabaseAddress) -> int:
    environment = os.environ | task_for(settings, database)
    environment |= {"FAILPOINT": "after_notification:kill"}
    command = [sys.executable, "-m", "tests.sending_process"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=120)
    return done.returncode

"""Readers in a loop while versions are published and the publisher is killed at every moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from flask_openapi.openapi import OpenAPI

from auxiliares import ROOT, Settings
from execution import housekeeping
from metadb.engine import DatabaseAddress
from tests.integration.conftest import FILE_KEY
from tests.process_task import task_for
from tests.publisher import Publisher
from tests.publishing_process import ROWS, sql_of

MOMENTS = ("mid_fetch", "after_rename", "after_publish_commit", "before_projection")
BEFORE_EACH_KILL = 3
# Readers leave the publisher some of the processor.
PAUSE_S = 0.02


class Reader(threading.Thread):
    """Looks all the time; whatever is not one whole version is a fault."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.faults: list[str] = []
        self.seen: list[int] = []
        self.reads = 0

    def run(self) -> None:
        while not self.stopping.wait(PAUSE_S):
            values = self.read()
            self.reads += 1
            if values is None:
                continue
            if len(set(values)) != 1 or len(values) != ROWS + values[0]:
                self.faults.append(f"{len(values)} rows with the values {sorted(set(values))}")
            self.seen.append(values[0])

    def read(self) -> list[int] | None:
        raise NotImplementedError


class FileReader(Reader):
    """As Excel or a script opens the exported file."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def read(self) -> list[int] | None:
        try:
            lines = self.file.read_text().splitlines()
        except FileNotFoundError:
            return None
        return [int(line.partition(";")[0]) for line in lines[1:]]


class ApiReader(Reader):
    """By the data API."""

    def __init__(self, app: OpenAPI) -> None:
        super().__init__()
        self.client = app.test_client()

    def read(self) -> list[int] | None:
        response = self.client.get(
            "/api/data/datasets/vendas", headers={"X-API-Key": FILE_KEY}, buffered=True
        )
        if response.status_code == 503:  # a busy machine; nothing was read
            return None
        if response.status_code != 200:
            self.faults.append(response.text)
            return None
        values = [row["v"] for row in response.json or ()]
        if response.headers["X-Row-Count"] != str(len(values)):
            self.faults.append("the header counts other rows than there are")
        return values


def publish_until_killed(
    settings: Settings, database: DatabaseAddress, job_id: int, first: int, failpoint: str
) -> int:
    """Exit code of a process that publishes, and is killed at the moment named."""
    count = BEFORE_EACH_KILL
    task = task_for(
        settings, database, job_id=job_id, first=first, count=count, failpoint=failpoint
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.publishing_process"],
        cwd=ROOT,
        env=os.environ | task,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.returncode


def test_readers_never_see_a_part_of_a_version(
    app: OpenAPI, settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> None:
    publisher = Publisher(settings, pg_database, versions_kept=2)
    publisher.run(sql_of(0))
    readers: list[Reader] = [FileReader(publisher.target) for _ in range(2)]
    readers += [ApiReader(app) for _ in range(2)]
    for reader in readers:
        reader.start()
    kills = 0
    for number, moment in enumerate(MOMENTS):
        first = 1 + number * (BEFORE_EACH_KILL + 1)
        publish_until_killed(settings, metadata_db, publisher.job_id, first, moment)
        kills += 1
        housekeeping.repair_projections(settings)
        housekeeping.remove_leftovers(settings)
        housekeeping.remove_old_versions(settings)
    for reader in readers:
        reader.stopping.set()
        reader.join()

    assert kills == len(MOMENTS)
    assert [fault for reader in readers for fault in reader.faults] == []
    # They should have looked often, and have seen what was published in between
    assert all(reader.reads > 10 and len(set(reader.seen)) > 3 for reader in readers)
    # Forward only, in the data API and in the file
    assert all(reader.seen == sorted(reader.seen) for reader in readers)
    last = publisher.current()
    assert publisher.target.read_bytes() == (settings.paths.versions / last.file_name).read_bytes()
    assert list(settings.paths.csv_root.iterdir()) == [publisher.target]

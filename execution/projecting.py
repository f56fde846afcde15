"""Keeps the exported file at the newest version, whoever places files at the same time.

A file system knows no fence: a run that ends late, or a process that was frozen, may put an older
version over a newer one. So whoever has placed a version looks at the ledger afterwards and goes
on until what it placed last is what belongs there; the last to place anything has seen to it.
"""

from __future__ import annotations

import logging
from pathlib import Path

from auxiliares import AutomacaoError
from datafiles.projection import ensure_projected
from metadb.engine import unit_of_work
from models import DatasetVersion
from services import publication, publication_steps

log = logging.getLogger(__name__)

# Each further round needs another publication in the same moment.
MOST_ROUNDS = 10


def belongs_there(dataset_id: int, target: Path, version_id: int) -> bool:
    """Whether no newer version of the dataset has this target."""
    return publication_steps.newest_at(dataset_id, str(target)) in (None, version_id)


def place_newest(dataset_id: int, target: Path, *, placed: int, versions: Path) -> None:
    """Put right what the version `placed` stands in the way of; a fault is left to the repair."""
    try:
        for _ in range(MOST_ROUNDS):
            newest = publication_steps.newest_at(dataset_id, str(target))
            if newest in (None, placed):
                return
            with unit_of_work() as session:
                version = session.get_one(DatasetVersion, newest)
            for name, place in publication.parts(version):
                ensure_projected(versions / name, Path(place))
            log.info("newer_version_placed", extra={"target": str(target), "version_id": newest})
            placed = newest
    except AutomacaoError as exc:
        log.warning("projection_failed", extra={"target": str(target), "problem": exc.message})

"""Versions of datasets: which there are, and what people decide about them."""

from __future__ import annotations

import logging
from pathlib import Path

from flask import Response, current_app
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from datafiles.differences import compare
from datafiles.projection import ensure_projected
from datafiles.version_writer import remove_version_file
from metadb.engine import unit_of_work
from models import DatasetVersion
from services import publication, versions
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.resource import resource
from webapi.state import current_settings, state_of
from webapi.version_schemas import (
    DatasetNumber,
    DiffOut,
    DiffQuery,
    VersionList,
    VersionOut,
    VersionPath,
    VersionsQuery,
)

log = logging.getLogger(__name__)

# Each takes a quarter of a gigabyte and both processors for some seconds.
COMPARISONS_AT_ONCE = 4

bp = resource("versions", __name__)


@bp.get("/api/datasets/<int:dataset_id>/versions", responses={200: VersionList})
@access(Rule.NORMAL)
def list_dataset_versions(path: DatasetNumber, query: VersionsQuery) -> Response:
    """Versions of a dataset, newest data first, as a bare array; held and removed ones too."""
    with unit_of_work() as session:
        dataset = versions.get_dataset(session, path.dataset_id)
        found = versions.list_versions(session, path.dataset_id, limit=query.limit)
        return answer_list([VersionOut.of(version, dataset) for version in found])


@bp.get("/api/versions/<int:version_id>", responses={200: VersionOut})
@access(Rule.NORMAL)
def get_version(path: VersionPath) -> Response:
    """One version."""
    with unit_of_work() as session:
        return answer(_out(session, versions.get_version(session, path.version_id)))


@bp.get("/api/versions/<int:version_id>/diff", responses={200: DiffOut})
@access(Rule.NORMAL)
def compare_versions(path: VersionPath, query: DiffQuery) -> Response:
    """Rows that `to` has added, removed or changed against this version, told apart by a key."""
    folder = current_settings().paths.versions
    with unit_of_work() as session:
        pair = versions.pair(session, path.version_id, query.to)
    key = query.key or pair.key_columns
    give_back = state_of(current_app).large_answers.take(COMPARISONS_AT_ONCE)
    try:
        found = compare(
            versions.file_of(pair.old, folder),
            versions.file_of(pair.new, folder),
            key,
            limit=query.limit,
        )
    finally:
        give_back()
    return answer(DiffOut.of(found, pair.old.version_id, pair.new.version_id))


@bp.post("/api/versions/<int:version_id>/release", responses={200: VersionOut})
@access(Rule.MODERATOR)
def release_version(path: VersionPath) -> Response:
    """Publish a version that a guard held back; never over a newer one."""
    with unit_of_work() as session:
        version = versions.release(session, path.version_id, released_by=actor().username)
        out = _out(session, version)
    _place(version)
    return answer(out)


@bp.post("/api/versions/<int:version_id>/discard", responses={200: VersionOut})
@access(Rule.MODERATOR)
def discard_version(path: VersionPath) -> Response:
    """Throw away a version that a guard held back."""
    with unit_of_work() as session:
        version = versions.discard(session, path.version_id, discarded_by=actor().username)
        out = _out(session, version)
    for name, _ in publication.parts(version):
        remove_version_file(current_settings().paths.versions / name)
    return answer(out)


@bp.post("/api/versions/<int:version_id>/restore", responses={200: VersionOut})
@access(Rule.MODERATOR)
def restore_version(path: VersionPath) -> Response:
    """Make an older version the current one; the next successful run publishes over it."""
    with unit_of_work() as session:
        version = versions.restore(session, path.version_id, restored_by=actor().username)
        out = _out(session, version)
    _place(version)
    return answer(out)


def _out(session: Session, version: DatasetVersion) -> VersionOut:
    return VersionOut.of(version, versions.get_dataset(session, version.dataset_id))


def _place(version: DatasetVersion) -> None:
    """The exported file follows at once; where it cannot, the daemon repairs it."""
    for name, target in publication.parts(version):
        try:
            ensure_projected(current_settings().paths.versions / name, Path(target))
        except AutomacaoError as exc:
            log.warning("projection_delayed", extra={"target": target, "problem": exc.message})

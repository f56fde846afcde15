"""About datasets, for those who read them: lists, columns, profiles, versions, freshness."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, current_app, jsonify, request

from datafiles.catalogue import DatasetFileNotFound
from datafiles.column_profiles import profile_of
from datafiles.differences import compare
from datafiles.names import requested_dataset_name
from metadb.engine import unit_of_work
from models import Dataset
from services import freshness, versions
from services.clock import database_now
from services.datasets import DatasetNotFound
from services.use import DatasetUses, dataset_uses
from vocabulary import DataAction
from webapi.access import Rule, access, reader
from webapi.answers import answer, answer_list
from webapi.dataset_fact_schemas import (
    ColumnProfileOut,
    DataDiffQuery,
    DataProfileOut,
    DatasetDetail,
    DatasetNames,
    DatasetPath,
    DataVersionList,
    DataVersionOut,
    ListQuery,
    SchemaOut,
    StatusItem,
    StatusOut,
)
from webapi.dataset_rows import TRUE, WAIT_FOR_COMPANION_S
from webapi.dataset_sources import Source, is_unchanged, names_of, with_headers
from webapi.datasets import RowsQuery, answer_rows
from webapi.readable_datasets import readable_names, readable_source
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import current_settings, state_of
from webapi.version_schemas import DiffOut
from webapi.versions import COMPARISONS_AT_ONCE

LISTED_VERSIONS = 100

bp = resource("dataset_facts", __name__, tag="data")


@bp.get("/api/data/datasets", responses={200: DatasetNames})
@access(Rule.DATA_READER)
def list_datasets(query: ListQuery) -> Response:
    """Every dataset that can be read: published ones, and other CSV files of the folder."""
    names = readable_names()
    if (query.detail or "").casefold() not in TRUE:
        return jsonify(names)
    with unit_of_work() as session:
        uses = dataset_uses(session, days=current_settings().data_api.unused_after_days)
        states = freshness.dataset_states(session, default_zone=_zone())
        known = {s.dataset.name: DatasetDetail.of(s, s.version, uses) for s in states if s.version}
    found = [known[name] if name in known else _unmanaged(name, uses) for name in names]
    return answer_list([detail for detail in found if detail is not None])


def _unmanaged(name: str, uses: DatasetUses) -> DatasetDetail | None:
    """None when it went away meanwhile."""
    try:
        return DatasetDetail.unmanaged(name, readable_source(name), uses)
    except (DatasetFileNotFound, DatasetNotFound, FileNotFoundError):
        return None


@bp.get("/api/data/status", responses={200: StatusOut})
@access(Rule.DATA_READER, DataAction.STATUS)
def get_data_status() -> Response:
    """How new every dataset is, and whether that is as it should be."""
    with unit_of_work() as session:
        states = freshness.dataset_states(session, default_zone=_zone())
        readable = [s for s in states if reader().may_read(s.dataset.name)]
        out = StatusOut(
            now=database_now(session), datasets=[StatusItem.of(state) for state in readable]
        )
    return answer(out)


@bp.get("/api/data/datasets/<path:name>/schema", responses={200: SchemaOut})
@access(Rule.DATA_READER)
def get_dataset_schema(path: DatasetPath) -> Response:
    """The columns with their types, and which filters go with them."""
    instead = _rows_instead(path.name, "schema")
    if instead is not None:
        return instead
    name = requested_dataset_name(path.name)
    source = readable_source(name)
    return _fact(source, "schema", SchemaOut.of(name, source))


@bp.get("/api/data/datasets/<path:name>/profile", responses={200: DataProfileOut})
@access(Rule.DATA_READER)
def get_dataset_profile(path: DatasetPath) -> Response:
    """Of each column: nulls, distinct values, extremes, quantiles and the most frequent values."""
    instead = _rows_instead(path.name, "profile")
    if instead is not None:
        return instead
    name = requested_dataset_name(path.name)
    source = readable_source(name)
    file, state = source.data_file(), state_of(current_app)
    companion = state.companions.get(file, wait_s=WAIT_FOR_COMPANION_S)
    profiles = profile_of(companion, state.companions.folder_of(file), state.searches)
    out = DataProfileOut(
        name=name,
        version=int(source.version) if source.version else None,
        rows=companion.rows,
        columns=[
            ColumnProfileOut.of(shown, profile)
            for shown, profile in zip(names_of(file), profiles, strict=True)
        ],
    )
    return _fact(source, "profile", out)


@bp.get("/api/data/datasets/<path:name>/versions", responses={200: DataVersionList})
@access(Rule.DATA_READER)
def list_data_versions(path: DatasetPath) -> Response:
    """Versions that were published, newest data first, as a bare array."""
    instead = _rows_instead(path.name, "versions")
    if instead is not None:
        return instead
    with unit_of_work() as session:
        dataset = _readable(path.name, versions.find_dataset(session, path.name))
        found = versions.published_versions(session, dataset.dataset_id, limit=LISTED_VERSIONS)
        return answer_list([DataVersionOut.of(version, dataset) for version in found])


@bp.get("/api/data/datasets/<path:name>/diff", responses={200: DiffOut})
@access(Rule.DATA_READER)
def compare_data_versions(path: DatasetPath, query: DataDiffQuery) -> Response:
    """Rows that one version has added, removed or changed against another, by a key."""
    instead = _rows_instead(path.name, "diff")
    if instead is not None:
        return instead
    with unit_of_work() as session:
        dataset = _readable(path.name, versions.find_dataset(session, path.name))
        pair = versions.published_pair(session, dataset, query.version, query.to)
    folder = current_settings().paths.versions
    give_back = state_of(current_app).large_answers.take(COMPARISONS_AT_ONCE)
    try:
        old, new = versions.file_of(pair.old, folder), versions.file_of(pair.new, folder)
        found = compare(old, new, query.key or pair.key_columns, limit=query.limit)
    finally:
        give_back()
    return answer(DiffOut.of(found, pair.old.version_id, pair.new.version_id))


def _readable(name: str, dataset: Dataset | None) -> Dataset:
    if dataset is None or not reader().may_read(name):
        raise DatasetNotFound(f'Dataset "{name}" not found')
    return dataset


def _rows_instead(name: str, word: str) -> Response | None:
    """The rows of a dataset whose own name ends in one of our words."""
    full = requested_dataset_name(f"{name}/{word}")
    try:
        readable_source(full)
    except (DatasetNotFound, DatasetFileNotFound):
        return None
    return answer_rows(full, RowsQuery.model_validate(request.args.to_dict()))


def _fact(source: Source, word: str, out: Model) -> Response:
    tagged = replace(source, etag=f"{source.etag}-{word}")
    if is_unchanged(tagged):
        return with_headers(Response(status=304), tagged)
    return with_headers(answer(out), tagged)


def _zone() -> str:
    return current_settings().scheduler.time_zone

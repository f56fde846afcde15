"""Which datasets the caller of this request may read, and where they lie."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app

from datafiles.catalogue import open_unmanaged, unmanaged_files
from metadb.engine import unit_of_work
from services import datasets, versions
from services.datasets import DatasetNotFound, VersionMark
from webapi.access import reader
from webapi.dataset_sources import Source, published, unmanaged
from webapi.state import current_settings, state_of


def readable_names() -> list[str]:
    """Published datasets, and other CSV files of the folder, sorted: those in the scope."""
    with unit_of_work() as session:
        names = [dataset.name for dataset in datasets.list_datasets(session)]
    taken = {name.casefold() for name in names}
    others = unmanaged_files(current_settings().paths.csv_root)
    every = [*names, *(name for name in others if name.casefold() not in taken)]
    return sorted(reader().readable(every))


def readable_source(name: str) -> Source:
    """The dataset of this very name. Raises DatasetNotFound or DatasetFileNotFound."""
    if not reader().may_read(name):
        raise DatasetNotFound(f'Dataset "{name}" not found')
    mark = datasets.current_mark(name)
    if mark is None:
        return unmanaged(open_unmanaged(current_settings().paths.csv_root, name))
    sources = state_of(current_app).sources
    return sources.find(mark) or sources.keep(mark, _published(mark))


def _published(mark: VersionMark) -> Source:
    with unit_of_work() as session:
        found = published(versions.get_version(session, mark.version_id), current_settings())
    return replace(found, mark=mark)

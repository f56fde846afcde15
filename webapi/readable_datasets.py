"""Which datasets the caller of this request may read, and where they lie."""

from __future__ import annotations

from datafiles.catalogue import open_unmanaged, unmanaged_files
from metadb.engine import unit_of_work
from services import datasets
from services.datasets import DatasetNotFound
from webapi.access import reader
from webapi.dataset_sources import Source, published, unmanaged
from webapi.state import current_settings


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
    settings = current_settings()
    if not reader().may_read(name):
        raise DatasetNotFound(f'Dataset "{name}" not found')
    try:
        with unit_of_work() as session:
            return published(datasets.current_version(session, name), settings)
    except DatasetNotFound:
        return unmanaged(open_unmanaged(settings.paths.csv_root, name))

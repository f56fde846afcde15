"""The entity sets of the OData feed: readable datasets, and the version that pages come from."""

from __future__ import annotations

from typing import ClassVar

from auxiliares import AutomacaoError
from datafiles.catalogue import DatasetFileNotFound, open_unmanaged, unmanaged_files
from datafiles.odata.metadata import EntitySet, entity_set, set_names
from datafiles.records import DatasetUnreadable
from metadb.engine import unit_of_work
from models import Dataset
from services import datasets, versions
from services.versions import VersionNotFound, VersionRemoved
from webapi.access import reader
from webapi.dataset_sources import Source, published, unmanaged
from webapi.readable_datasets import readable_source
from webapi.state import current_settings


class ODataNotFound(AutomacaoError):
    """No entity set, entity or address of this name."""

    code: ClassVar[str] = "odata_not_found"
    status: ClassVar[int] = 404


class ODataPageGone(AutomacaoError):
    """The version whose pages are read is not kept any more."""

    code: ClassVar[str] = "odata_page_gone"
    status: ClassVar[int] = 410


def readable_sets() -> dict[str, str]:
    """From the names of the entity sets to their datasets.

    Names depend on all datasets of the server, so that a key's scope changes none.
    """
    with unit_of_work() as session:
        names = [dataset.name for dataset, _ in datasets.current_versions(session)]
    taken = {name.casefold() for name in names}
    others = unmanaged_files(current_settings().paths.csv_root)
    every = set_names([*names, *(name for name in others if name.casefold() not in taken)])
    may_read = reader().may_read
    return {name: dataset for name, dataset in every.items() if may_read(dataset)}


def described_sets() -> list[EntitySet]:
    """Every readable set with its properties; files that cannot be read are left out."""
    settings = current_settings()
    with unit_of_work() as session:
        found = datasets.current_versions(session)
        sources = {dataset.name: published(version, settings) for dataset, version in found}
    described = []
    for name, dataset in readable_sets().items():
        try:
            source = sources.get(dataset) or unmanaged(
                open_unmanaged(settings.paths.csv_root, dataset)
            )
            described.append(entity_set(name, dataset, source.data_file().columns))
        except (DatasetUnreadable, DatasetFileNotFound, FileNotFoundError):
            continue
    return described


def dataset_of(name: str) -> str:
    """Raises ODataNotFound."""
    dataset = readable_sets().get(name)
    if dataset is None:
        raise ODataNotFound(f"There is no entity set {name[:100]!r} that you may read.")
    return dataset


def version_mark(source: Source) -> str:
    """What pages that follow are bound to."""
    return source.version if source.version is not None else source.etag


def source_of(dataset: str, mark: str | None) -> Source:
    """The current version, or the one an earlier page came from. Raises ODataPageGone."""
    current = readable_source(dataset)
    if mark is None or mark == version_mark(current):
        return current
    try:
        if not mark.isdecimal() or len(mark) > 15:
            raise VersionNotFound("not a number")
        with unit_of_work() as session:
            version = versions.readable_version(session, int(mark))
            owner = session.get_one(Dataset, version.dataset_id)
            is_held = version.held_at is not None and version.released_at is None
            if owner.name != dataset or is_held:
                raise VersionNotFound("of another dataset, or one that nobody may read")
            return published(version, current_settings())
    except (VersionNotFound, VersionRemoved) as exc:
        raise ODataPageGone(
            "The dataset was published anew and the version of these pages is not kept any more. "
            "Load it again from the start."
        ) from exc

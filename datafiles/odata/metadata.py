"""The model of the feed: entity sets of the datasets and their description in CSDL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from datafiles.manifest import ManifestColumn
from datafiles.odata.types import EdmType, Property, identifier, properties_of

NAMESPACE: Final = "AutomacaoSQL"
CONTAINER: Final = "Datasets"
MOMENT_PRECISION: Final = 12
_HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
    "<edmx:DataServices>"
    f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
)
_TAIL: Final = "</Schema></edmx:DataServices></edmx:Edmx>\n"


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A dataset as an entity set."""

    name: str
    dataset: str
    properties: tuple[Property, ...]


def set_names(datasets: Iterable[str]) -> dict[str, str]:
    """From the name of each entity set to its dataset.

    `datasets` come in the order in which they were made: where two would be called alike, the
    first keeps its name for good and the others have a mark made of their own names.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for dataset in datasets:
        name = identifier(dataset.replace("/", "__"))
        if name.casefold() in taken:
            name = f"{name}_{hashlib.sha256(dataset.encode()).hexdigest()[:8]}"
        taken.add(name.casefold())
        names[name] = dataset
    return names


def entity_set(name: str, dataset: str, columns: Sequence[ManifestColumn]) -> EntitySet:
    return EntitySet(name, dataset, tuple(properties_of(columns)))


def csdl(sets: Iterable[EntitySet]) -> str:
    """The document `$metadata`."""
    types, entries = [], []
    for found in sets:
        key, *_ = found.properties
        properties = "".join(map(_property, found.properties))
        types.append(
            f'<EntityType Name={quoteattr(found.name)}><Key><PropertyRef Name="{key.name}"/></Key>'
            f"{properties}</EntityType>"
        )
        entries.append(
            f"<EntitySet Name={quoteattr(found.name)} "
            f"EntityType={quoteattr(f'{NAMESPACE}.{found.name}')}/>"
        )
    container = f'<EntityContainer Name="{CONTAINER}">{"".join(entries)}</EntityContainer>'
    return f"{_HEAD}{''.join(types)}{container}{_TAIL}"


def _property(found: Property) -> str:
    facets = ""
    match found.type:
        case EdmType.DECIMAL:
            facets = f' Precision="{found.precision}"' if found.precision else ""
            scale = found.scale if found.precision and found.scale is not None else "variable"
            facets += f' Scale="{scale}"'
        case EdmType.MOMENT | EdmType.CLOCK:
            facets = f' Precision="{MOMENT_PRECISION}"'
    if found.position is None:
        facets += ' Nullable="false"'
    return f'<Property Name={quoteattr(found.name)} Type="{found.type.value}"{facets}/>'

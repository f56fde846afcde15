"""The system query options of OData, read and checked, and the tokens of pages that follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datafiles.column_keys import ColumnKey
from datafiles.filters import ROW_NUMBER, Predicate, SortKey
from datafiles.odata.conditions import condition_of
from datafiles.odata.tokens import ODataNotSupported, ODataQueryInvalid, tokens_of
from datafiles.odata.types import Property

PAGE_ROWS: Final = 5000
MAX_PAGE_ROWS: Final = 50_000
MAX_SORT: Final = 10
MAX_NUMBER: Final = 10**15
OPTIONS: Final = frozenset(
    {"$filter", "$select", "$orderby", "$top", "$skip", "$count", "$format", "$skiptoken"}
)
_UNSUPPORTED: Final = frozenset(
    {
        "$expand",
        "$search",
        "$apply",
        "$compute",
        "$index",
        "$levels",
        "$deltatoken",
        "$schemaversion",
    }
)
_TOKEN: Final = re.compile(r"([\w-]{1,80})\.(\d{1,15})\.(\d{1,15}|all)", re.ASCII)
_MAX_PAGE: Final = re.compile(r"(?:odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageToken:
    """Where a page begins: behind a row, or, sorted, at a place; `left`: rows of $top left."""

    version: str
    place: int
    left: int | None

    @classmethod
    def of(cls, text: str) -> PageToken:
        """Raises ODataQueryInvalid."""
        found = _TOKEN.fullmatch(text)
        if found is None:
            raise ODataQueryInvalid("$skiptoken is not one that this feed has given.")
        left = None if found[3] == "all" else int(found[3])
        return cls(found[1], int(found[2]), left)

    def __str__(self) -> str:
        return f"{self.version}.{self.place}.{'all' if self.left is None else self.left}"


@dataclass(frozen=True, slots=True)
class ODataQuery:
    """What a request asks of an entity set; `chosen` None: every property."""

    filter_text: str
    chosen: tuple[Property, ...] | None
    sort: tuple[SortKey, ...]
    top: int | None
    skip: int
    with_count: bool
    token: PageToken | None
    page_rows: int

    def condition(
        self, properties: Sequence[Property], keys: Sequence[ColumnKey]
    ) -> tuple[Predicate, ...]:
        """The `$filter`, none when there is none."""
        text = self.filter_text
        return (condition_of(text, properties, keys),) if text.strip() else ()

    def places_read(self, properties: Sequence[Property]) -> frozenset[int] | None:
        """Positions of the columns that are chosen, filtered or sorted by; None: all of them."""
        if self.chosen is None:
            return None
        places = {found.name: found.position for found in properties}
        named = {
            places.get(token.value) for token in tokens_of(self.filter_text) if token.kind == "name"
        }
        sorted_by = {key.column for key in self.sort if key.column != ROW_NUMBER}
        chosen = {found.position for found in self.chosen}
        return frozenset(place for place in named | sorted_by | chosen if place is not None)


def read_options(
    options: Mapping[str, str], prefer: str, properties: Sequence[Property]
) -> ODataQuery:
    """Raises ODataQueryInvalid or ODataNotSupported."""
    _check_names(options)
    by_name = {found.name: found for found in properties}
    token = options.get("$skiptoken")
    wanted = _MAX_PAGE.search(prefer)
    return ODataQuery(
        filter_text=options.get("$filter", ""),
        chosen=_chosen(options.get("$select", ""), by_name),
        sort=_sort(options.get("$orderby", ""), by_name),
        top=_number(options, "$top"),
        skip=_number(options, "$skip") or 0,
        with_count=_truth(options.get("$count", "false")),
        token=PageToken.of(token) if token is not None else None,
        page_rows=min(MAX_PAGE_ROWS, max(1, int(wanted[1]))) if wanted else PAGE_ROWS,
    )


def _check_names(options: Mapping[str, str]) -> None:
    for name in options:
        if name in _UNSUPPORTED:
            raise ODataNotSupported(f"{name} is not supported by this feed.")
        if name.startswith("$") and name not in OPTIONS:
            raise ODataQueryInvalid(f"There is no query option {name[:40]!r}.")
    if options.get("$format", "json").partition(";")[0] not in {"json", "application/json"}:
        raise ODataNotSupported("This feed answers in JSON; leave $format out.")


def _chosen(text: str, by_name: Mapping[str, Property]) -> tuple[Property, ...] | None:
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    if not names or "*" in names:
        return None
    return tuple(_property(name, by_name, "$select") for name in dict.fromkeys(names))


def _sort(text: str, by_name: Mapping[str, Property]) -> tuple[SortKey, ...]:
    keys = []
    for part in text.split(",") if text.strip() else ():
        name, _, direction = part.strip().partition(" ")
        if direction.strip() not in {"", "asc", "desc"}:
            raise ODataQueryInvalid("$orderby takes properties with asc or desc behind them.")
        is_descending = direction.strip() == "desc"
        position = _property(name, by_name, "$orderby").position
        column = ROW_NUMBER if position is None else position
        # As OData orders: null is less than everything.
        keys.append(SortKey(column, is_descending, nulls_first=not is_descending))
    if len(keys) > MAX_SORT:
        raise ODataQueryInvalid(f"$orderby takes at most {MAX_SORT} properties.")
    return tuple(keys)


def _property(name: str, by_name: Mapping[str, Property], option: str) -> Property:
    if name not in by_name:
        raise ODataQueryInvalid(
            f"{option}: there is no property {name[:60]!r}; there are: "
            f"{', '.join(list(by_name)[:50])}."
        )
    return by_name[name]


def _number(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise ODataQueryInvalid(f"{name} is a whole number from 0 to {MAX_NUMBER - 1}.")
    return int(text)


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ODataQueryInvalid("$count is true or false.")
    return text == "true"

"""What a PostgreSQL server calls the types of a query's columns."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.postgres_line import PostgresLine

TYPE_NAMES = """
SELECT format_type(t.oid, t.modifier)
FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS t (oid, modifier, place)
ORDER BY t.place
"""
# Numbers below are given by hand and mean the same at every server (include/access/transam.h).
FIRST_OTHER_OID = 10_000
KEPT = 1_000
_born: dict[tuple[int, int], str] = {}


def type_names(line: PostgresLine, oids: Sequence[int], modifiers: Sequence[int]) -> list[str]:
    """The name of each type with its modifier; the server is asked for those not known yet."""
    types = list(zip(oids, modifiers, strict=True))
    known = [_born[each] for each in types if each in _born]
    if len(known) == len(types):
        return known
    found = line.query(TYPE_NAMES, [_array(oids), _array(modifiers)])
    names = [(found.get_value(row, 0) or b"").decode() for row in range(found.ntuples)]
    if len(_born) < KEPT:
        pairs = zip(types, names, strict=True)
        _born.update({of: name for of, name in pairs if of[0] < FIRST_OTHER_OID})
    return names


def _array(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"

"""Where a block of rows broke off, found from what the driver had written down until then."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from connectors.oracle_reading import NOTHING_YET, missing

DATES = [1, 2]
WIDTH = 4


class Text(str):
    """Not one object for equal texts, as the driver makes them."""

    __slots__ = ()


def _row(kinds: tuple[int, ...]) -> tuple[object, ...]:
    """A number, two dates and a text; 0 is NULL."""
    number, first, second, text = kinds
    return (
        Text("12") if number else None,
        dt.datetime(2024, 1, 1) if first else None,
        dt.datetime(2024, 1, 2) if second else None,
        "a" if text else None,
    )


KINDS = st.tuples(*[st.integers(0, 1)] * WIDTH).map(_row)
BLOCK = st.lists(KINDS, min_size=6, max_size=6)


@given(BLOCK, BLOCK, st.booleans(), st.integers(0, 5), st.sampled_from(DATES))
def test_the_broken_date_is_always_among_those_found(
    rows: list[tuple[object, ...]],
    earlier: list[tuple[object, ...]],
    is_first: bool,
    row: int,
    column: int,
) -> None:
    stale = [(None, NOTHING_YET, NOTHING_YET, None)] * 6 if is_first else earlier
    now = [
        [rows[r][c] if (r, c) < (row, column) else stale[r][c] for r in range(6)]
        for c in range(WIDTH)
    ]
    found = list(missing(now, None if is_first else earlier, DATES))
    assert (row, column) in found
    # It should be certain in the first block: no date has been read there before
    assert len(found) == 1 or not is_first


def test_a_value_that_repeats_the_row_above_proves_nothing() -> None:
    day = dt.datetime(2024, 1, 1)
    earlier: list[tuple[object, ...]] = [(day,)] * 3
    # Rows 0 and 1 repeat the last one of the block before, row 2 is broken
    assert list(missing([[day] * 3], earlier, [0])) == [(0, 0), (1, 0), (2, 0)]

"""PostgreSQL's binary numerics as decimals of a fixed scale, for many rows at once.

A numeric is four numbers of two bytes (how many digits, the weight of the first, the sign, the
scale it is shown with), then its digits to the base of 10,000, the greatest first. Only numbers
of at most 18 decimal digits come this way: they fit in an integer.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datafiles.formats.binary_fields import Fields, Integers, Layout
from dialects.native_rows import MOST_DIGITS

NEGATIVE: Final = 0x4000
HEADER_BYTES: Final = 8
# The header and the first four digits, more than most numbers have.
NUMERIC: Final = Layout(width=None, wanted=16)
BASE: Final = 10_000
BASE_DIGITS: Final = 4
DIGIT_BITS: Final = 16
CELL_DIGITS: Final = 4
# Leaves so many of the digits of a cell.
FIRST_DIGITS: Final = np.array([0, *(-1 << bits for bits in (48, 32, 16)), -1], np.int64).view(
    np.uint64
)
# No digit is farther from the point, also where a shorter number has none any more.
REACH: Final = 12


def decimals(fields: Fields, type_: pa.DataType) -> npt.NDArray[Any] | None:
    """The 16 bytes of each number, the lower half first; None when one does not fit the type."""
    header = fields.integers(np.int64)
    if fields.nulls is not None:
        header[fields.nulls] = 0
    counts, weights, signs = header >> 48, (header << 16) >> 48, (header >> 16) & 0xFFFF
    before = -(-(type_.precision - type_.scale) // BASE_DIGITS)
    behind = -(-type_.scale // BASE_DIGITS)
    fits = (
        not np.any((signs != 0) & (signs != NEGATIVE))
        and counts.max() <= before + behind
        and np.all((counts == 0) | ((weights < before) & (weights - counts >= -behind - 1)))
    )
    if not fits:
        return None
    if before + behind <= CELL_DIGITS:
        values = _of_one_cell(fields, counts, weights, type_)
    else:
        values = _sum_of_digits(fields, counts, weights, type_)
    if values is None:
        return None
    np.negative(values, out=values, where=signs == NEGATIVE)
    halves = np.empty((len(values), 2), np.int64)
    halves[:, 0] = values
    np.right_shift(values, 63, out=halves[:, 1])
    return halves


def _of_one_cell(
    fields: Fields, counts: Integers, weights: Integers, type_: pa.DataType
) -> Integers | None:
    """The digits at once, where the type has no more than a cell; None as below."""
    scale, whole = type_.scale, type_.precision - type_.scale
    behind = -(-scale // BASE_DIGITS)
    digits = fields.integers(np.int64, HEADER_BYTES).view(np.uint64) & FIRST_DIGITS[counts]
    # The last one is now that of the smallest weight the type has.
    digits >>= (DIGIT_BITS * (CELL_DIGITS - 1 - behind - weights)).view(np.uint64)
    parts = digits.view(np.uint16).reshape(-1, CELL_DIGITS)
    if sys.byteorder == "little":
        parts = parts[:, ::-1]
    values = np.zeros(len(digits), np.int64)
    for place in range(CELL_DIGITS - behind - -(-whole // BASE_DIGITS), CELL_DIGITS):
        values *= BASE
        values += parts[:, place]
    if values.max() >= 10**whole * BASE**behind:
        return None
    unit = 10 ** (-scale % BASE_DIGITS)
    if unit == 1:
        return values
    shares = values // unit
    return shares if np.array_equal(shares * unit, values) else None


def _sum_of_digits(
    fields: Fields, counts: Integers, weights: Integers, type_: pa.DataType
) -> Integers | None:
    """Each digit at its place; None when there are more than the type has, on either side."""
    scale, whole = type_.scale, type_.precision - type_.scale
    greatest = 10 ** (whole % BASE_DIGITS or BASE_DIGITS)
    unit = 10 ** (-scale % BASE_DIGITS)
    factors = np.array([_power(weight, scale) for weight in range(-REACH, REACH + 1)], np.int64)
    values = np.zeros(len(counts), np.int64)
    for number in range(int(counts.max())):
        if number % CELL_DIGITS == 0:
            digits = fields.integers(np.int64, HEADER_BYTES + 2 * number)
        digit = (digits >> (DIGIT_BITS * (CELL_DIGITS - 1 - number % CELL_DIGITS))) & 0xFFFF
        digit[counts <= number] = 0
        places = weights - number
        if np.any((places == -(-whole // BASE_DIGITS) - 1) & (digit >= greatest)):
            return None
        if unit > 1:
            # Only the last places of the scale are in its last digit.
            is_last, shares = places == -scale // BASE_DIGITS, digit // unit
            if np.any(is_last & (shares * unit != digit)):
                return None
            digit = np.where(is_last, shares, digit)
        digit *= factors[places + REACH]
        values += digit
    return values


def _power(weight: int, scale: int) -> int:
    """What a digit of the weight counts in units of the scale."""
    exponent = BASE_DIGITS * weight + scale
    return 10**exponent if 0 <= exponent <= MOST_DIGITS else 1

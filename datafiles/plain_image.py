"""A copy of a foreign file in our own form, beside its companion, so that one reader reads all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from datafiles.reading import opened
from datafiles.records import QUOTED_EMPTY, DatasetUnreadable, Record, RecordReader

DELIMITER = ";"
_SPECIAL = frozenset(f'{DELIMITER}"\r\n')


def write_image(source: Path, delimiter: str, width: int, image: Path) -> None:
    """Copy the records of a foreign CSV file; short ones end in nulls.

    Raises DatasetUnreadable, as reading the file itself would.
    """
    with opened(source) as file, image.open("wb") as out:
        reader = RecordReader(file, delimiter, is_ours=False)
        header = reader.header()
        if header is None:
            raise DatasetUnreadable("it is empty: not even a line of column names")
        out.write(encoded_lines([header]))
        row = 0
        for batch in reader.batches():
            for record in batch.records:
                row += 1
                if len(record) > width:
                    raise DatasetUnreadable(
                        f"row {row} has {len(record)} values where {width} were expected"
                    )
                record.extend([""] * (width - len(record)))
            out.write(encoded_lines(batch.records))


def encoded_lines(records: Iterable[Record]) -> bytes:
    """Records of our readers as lines of our own form."""
    return "".join(f"{DELIMITER.join(map(_field, record))}\n" for record in records).encode()


def _field(value: str) -> str:
    if value == QUOTED_EMPTY:
        return '""'
    return f'"{value.replace(chr(34), chr(34) * 2)}"' if not _SPECIAL.isdisjoint(value) else value


def header_names(path: Path, delimiter: str) -> Sequence[str]:
    """The names in the first line of a foreign file, as they are written there."""
    with opened(path) as file:
        header = RecordReader(file, delimiter, is_ours=False).header()
    if header is None:
        raise DatasetUnreadable("it is empty: not even a line of column names")
    return ["" if name == QUOTED_EMPTY else name for name in header]

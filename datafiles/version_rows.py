"""The rows of a version as JSON, whatever the form of its file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

from datafiles.formats.exact import exact_batches, is_plain
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.plain_image import encoded_lines
from datafiles.reading import RowEncoder, opened, read_rows
from datafiles.records import Batch, DatasetUnreadable, RecordReader

_Read = Callable[[Path, FileForm, Sequence[ManifestColumn], int], Generator[Batch, None, None]]


def read_version_rows(
    path: Path,
    columns: Sequence[ManifestColumn],
    form: FileForm,
    *,
    offset: int = 0,
    limit: int | None = None,
    keep: Sequence[int] | None = None,
) -> Generator[bytes, None, None]:
    """The rows of one file, as `read_parts` gives them."""
    return read_parts([(path, sys.maxsize)], columns, form, offset=offset, limit=limit, keep=keep)


def read_parts(
    parts: Sequence[tuple[Path, int]],
    columns: Sequence[ManifestColumn],
    form: FileForm,
    *,
    offset: int = 0,
    limit: int | None = None,
    keep: Sequence[int] | None = None,
) -> Generator[bytes, None, None]:
    """Like `read_rows`, for every form and for several files with their numbers of rows, in order.

    A file that is not plain CSV gives dates as ISO texts. It is read from its start, so a deep
    page takes as long as all rows of its part before it.
    """
    if len(parts) == 1 and is_plain(form):
        return read_rows(
            parts[0][0],
            columns,
            offset=offset,
            limit=limit,
            delimiter=form.dialect.delimiter,
            keep=keep,
        )
    batches = version_batches(parts, columns, form, offset=offset, limit=limit)
    chunks = _chunks(batches, columns, offset, keep)
    next(chunks)
    return chunks


def version_batches(
    parts: Sequence[tuple[Path, int]],
    columns: Sequence[ManifestColumn],
    form: FileForm,
    *,
    offset: int = 0,
    limit: int | None = None,
    is_exact: bool = False,
) -> Generator[Batch, None, None]:
    """The records of these files in order, `is_exact` with ISO dates also where they are plain."""
    read = _plain_batches if is_plain(form) and not is_exact else exact_batches
    return limited(_batches(parts, columns, form, offset, read), limit)


def foreign_batches(
    path: Path, delimiter: str, width: int, *, offset: int = 0, limit: int | None = None
) -> Generator[Batch, None, None]:
    """The records of a file that is not ours, short ones filled up. Raises DatasetUnreadable."""
    return limited(_foreign_batches(path, delimiter, width, offset), limit)


def _foreign_batches(
    path: Path, delimiter: str, width: int, skip: int
) -> Generator[Batch, None, None]:
    with opened(path) as file:
        reader = RecordReader(file, delimiter, is_ours=False)
        reader.header()
        for batch in reader.batches(skip=skip):
            for record in batch.records:
                if len(record) > width:
                    raise DatasetUnreadable(
                        f"a row has {len(record)} values where {width} were expected"
                    )
                record.extend([""] * (width - len(record)))
            yield batch


def _batches(
    parts: Sequence[tuple[Path, int]],
    columns: Sequence[ManifestColumn],
    form: FileForm,
    skip: int,
    read: _Read,
) -> Generator[Batch, None, None]:
    for path, rows in parts:
        if skip < rows:
            yield from read(path, form, columns, skip)
        skip = max(0, skip - rows)


def _plain_batches(
    path: Path, form: FileForm, columns: Sequence[ManifestColumn], skip: int
) -> Generator[Batch, None, None]:
    with opened(path) as file:
        reader = RecordReader(file, form.dialect.delimiter, is_ours=True)
        width = len(reader.header() or ())
        if width != len(columns):
            raise DatasetUnreadable(
                f"its first line names {width} columns, the manifest {len(columns)}"
            )
        yield from reader.batches(skip=skip)


def write_exact_image(
    parts: Sequence[Path], columns: Sequence[ManifestColumn], form: FileForm, image: Path
) -> None:
    """Copy the files of a version into one plain CSV with ISO dates. Raises DatasetUnreadable."""
    with image.open("wb") as out:
        out.write(encoded_lines([[column.name for column in columns]]))
        for path in parts:
            for batch in exact_batches(path, form, columns):
                out.write(encoded_lines(batch.records))


def _chunks(
    batches: Generator[Batch, None, None],
    columns: Sequence[ManifestColumn],
    offset: int,
    keep: Sequence[int] | None,
) -> Generator[bytes, None, None]:
    encode = RowEncoder.of_manifest(columns, keep, first_row=offset + 1)
    with closing(batches):
        encoded = map(encode, batches)
        first = next(encoded, None)
        yield b""
        yield b"[" if first is None else b"[" + first
        for chunk in encoded:
            yield b"," + chunk
        yield b"]\n"


def limited(
    batches: Generator[Batch, None, None], limit: int | None
) -> Generator[Batch, None, None]:
    """At most so many records; closes `batches`."""
    with closing(batches):
        left = limit
        for batch in batches if left != 0 else ():
            if left is None:
                yield batch
                continue
            yield Batch(batch.records[:left], batch.has_quotes)
            left -= len(batch.records)
            if left <= 0:
                return

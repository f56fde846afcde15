"""The rows of a version as JSON, whatever the form of its file."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from datafiles.formats.exact import exact_batches, is_plain
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.plain_image import encoded_lines
from datafiles.reading import RowEncoder, read_rows
from datafiles.records import Batch


def read_version_rows(
    path: Path,
    columns: Sequence[ManifestColumn],
    form: FileForm,
    *,
    offset: int = 0,
    limit: int | None = None,
    keep: Sequence[int] | None = None,
) -> Generator[bytes, None, None]:
    """Like `read_rows`, for every form.

    A file that is not plain CSV gives dates as ISO texts. It is read from its start, so a deep
    page takes as long as all rows before it.
    """
    if is_plain(form):
        return read_rows(
            path,
            columns,
            offset=offset,
            limit=limit,
            delimiter=form.dialect.delimiter,
            keep=keep,
        )
    chunks = _chunks(path, columns, form, offset, limit, keep)
    next(chunks)
    return chunks


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
    path: Path,
    columns: Sequence[ManifestColumn],
    form: FileForm,
    offset: int,
    limit: int | None,
    keep: Sequence[int] | None,
) -> Generator[bytes, None, None]:
    encode = RowEncoder.of_manifest(columns, keep, first_row=offset + 1)
    with closing(exact_batches(path, form, columns, offset)) as batches:
        encoded = map(encode, _limited(batches, limit))
        first = next(encoded, None)
        yield b""
        yield b"[" if first is None else b"[" + first
        for chunk in encoded:
            yield b"," + chunk
        yield b"]\n"


def _limited(batches: Iterator[Batch], limit: int | None) -> Iterator[Batch]:
    left = limit
    for batch in batches if left != 0 else ():
        if left is None:
            yield batch
            continue
        yield Batch(batch.records[:left], batch.has_quotes)
        left -= len(batch.records)
        if left <= 0:
            return

"""The writer of each format: takes the lines of a source and makes the bytes of the file.

`open_writer` is what exports call; whoever splits or merges versions puts its own sink before it
and feeds it lines in the form's `source_dialect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from datafiles.formats.compressed import FinishedSink, compressed
from datafiles.formats.form import FileForm, FileFormInvalid
from datafiles.manifest import ManifestColumn
from dialects.text_output import Sink, TextOutput


class FormatWriter(Protocol):
    """Takes whole UTF-8 lines in the form's `source_dialect`, the header first.

    `rows_written` rises meanwhile and may be read from another thread. Nothing is complete
    before `finish`.
    """

    @property
    def rows_written(self) -> int: ...

    def write(self, data: bytes) -> object: ...

    def finish(self) -> None: ...


def open_writer(
    output: Sink, form: FileForm, columns: Sequence[ManifestColumn], *, name: str
) -> FormatWriter:
    """The writer of the form into `output`; `name` is that of the exported file, for a zip."""
    del columns
    if not form.is_delimited:
        raise FileFormInvalid(f"This version does not write files of {form.file_format}.")
    packed = compressed(output, form.compression, member_name=name.removesuffix(".zip"))
    return _Chain(TextOutput(packed, form.dialect), packed)


class _Chain:
    """A writer whose bytes are compressed behind it."""

    def __init__(self, writer: FormatWriter, packed: FinishedSink) -> None:
        self._writer = writer
        self._packed = packed
        self.write = writer.write

    @property
    def rows_written(self) -> int:
        return self._writer.rows_written

    def finish(self) -> None:
        self._writer.finish()
        self._packed.finish()

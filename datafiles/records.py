"""Splits CSV text into records; knows an unquoted empty value (null) from a quoted one (text).

A record's value is `""` for null, QUOTED_EMPTY for an empty text, else the text. Stretches
without a quote are split at the speed of `str.split`; only records with quotes are scanned.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from auxiliares import AutomacaoError

BLOCK_BYTES = 64 * 1024
MAX_RECORD_BYTES = 64 * 1024 * 1024

# A lone surrogate: no UTF-8 file decodes to it, so no value can be mistaken for it.
QUOTED_EMPTY = "\udc00"

Record = list[str]


class DatasetUnreadable(AutomacaoError):
    """The file of a dataset is missing, not UTF-8, or not CSV of the expected form."""

    code: ClassVar[str] = "dataset_unreadable"
    status: ClassVar[int] = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records; `has_quotes` tells whether QUOTED_EMPTY may occur."""

    records: list[Record]
    has_quotes: bool


class RecordReader:
    """Reads the records of a CSV file from its start, in memory bounded by its longest record.

    In a file of ours a blank line is a row of one null, and quotes only ever enclose values. In
    any other a blank line is nothing, and a quote in mid-value is an ordinary character.
    `block_bytes`: how much to read at a time; a small page needs no more than its own bytes.
    """

    def __init__(
        self, file: BinaryIO, delimiter: str, *, is_ours: bool, block_bytes: int | None = None
    ) -> None:
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise ValueError(f"{delimiter!r} cannot separate values")
        self._file = file
        self._delimiter = delimiter
        self._is_ours = is_ours
        self._block_bytes = block_bytes or BLOCK_BYTES
        self._unread = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)

    def header(self) -> Record | None:
        """The first record; None when the file is empty. Call it first."""
        while True:
            block, is_last = self._next_block()
            if not block:
                return None
            text = self._decoded(block)
            found = scan_record(text, 0, self._delimiter)
            if found is not None:
                record, end = found
                self._put_back(text[end:], is_last=False)
                return record
            self._put_back(text, is_last=is_last)

    def batches(self, skip: int = 0) -> Iterator[Batch]:
        """The records after the header, leaving out the first `skip`."""
        is_last = False
        while not is_last:
            block, is_last = self._next_block()
            if skip and not is_last:
                count, end = self._countable(block)
                if 0 < count <= skip:
                    skip -= count
                    self._unread = block[end:] + self._unread
                    continue
            text = self._decoded(block)
            records, end = split_records(text, self._delimiter, is_ours=self._is_ours)
            self._put_back(text[end:], is_last=is_last)
            if skip < len(records):
                yield Batch(records[skip:] if skip else records, '"' in text)
            skip = max(0, skip - len(records))

    def plain_blocks(self) -> Iterator[bytes | Batch]:
        """All records after the header: whole lines as they are where no quote is among them."""
        is_last = False
        while not is_last:
            block, is_last = self._next_block()
            if block and b'"' not in block:
                yield block
                continue
            text = self._decoded(block)
            records, end = split_records(text, self._delimiter, is_ours=self._is_ours)
            self._put_back(text[end:], is_last=is_last)
            if records:
                yield Batch(records, has_quotes=True)

    def batch_of(self, block: bytes) -> Batch:
        """The records of such a block."""
        text = self._decoded(block)
        records, _ = split_records(text, self._delimiter, is_ours=self._is_ours)
        return Batch(records, has_quotes=False)

    def _next_block(self) -> tuple[bytes, bool]:
        """Whole lines, and whether they are the last; empty only at the end of the file."""
        data = self._unread
        while True:
            # Reading as much again as is left over keeps the cost of a long record linear.
            read = self._file.read(max(self._block_bytes, len(data)))
            data += read
            cut = data.rfind(b"\n") + 1
            if not read:
                self._unread = b""
                return (data if cut == len(data) else data + b"\n"), True
            if cut:
                self._unread = data[cut:]
                return data[:cut], False
            _check_length(len(data))

    def _put_back(self, text: str, *, is_last: bool) -> None:
        """Keep what begins a record for the next block; the last block may leave nothing."""
        if text and is_last:
            raise DatasetUnreadable("a quoted value is never closed")
        if text:
            self._unread = text.encode() + self._unread
            _check_length(len(self._unread))

    def _countable(self, block: bytes) -> tuple[int, int]:
        """How many records can be counted without parsing, and where they end in the block."""
        if b'"' in block:
            return _count_quoted(block) if self._is_ours else (0, 0)
        if not self._is_ours and (block[0] in b"\r\n" or b"\n\n" in block or b"\n\r" in block):
            return 0, 0
        return block.count(b"\n"), len(block)

    def _decoded(self, block: bytes) -> str:
        try:
            return block.decode()
        except UnicodeDecodeError as exc:
            value = block[exc.start]
            raise DatasetUnreadable(
                f"it is not UTF-8 text (byte 0x{value:02x}); save it as 'CSV UTF-8'"
            ) from exc


def split_records(text: str, delimiter: str, *, is_ours: bool) -> tuple[list[Record], int]:
    """The complete records of whole lines, and where the first incomplete one begins."""
    records: list[Record] = []
    position = 0
    while position < len(text):
        quote = text.find('"', position)
        plain_end = len(text)
        if quote >= 0:
            plain_end = max(position, text.rfind("\n", position, quote) + 1)
        if plain_end > position:
            records += _split_lines(text[position : plain_end - 1], delimiter, is_ours=is_ours)
            position = plain_end
        if quote >= 0:
            found = scan_record(text, position, delimiter)
            if found is None:
                break
            record, position = found
            records.append(record)
    return records, position


def _split_lines(lines: str, delimiter: str, *, is_ours: bool) -> list[Record]:
    """The records of lines without quotes; `lines` has no line feed at its end."""
    if "\r" in lines:
        lines = lines.replace("\r\n", "\n").removesuffix("\r")
    if is_ours:
        return [line.split(delimiter) for line in lines.split("\n")]
    return [line.split(delimiter) for line in lines.split("\n") if line]


def _count_quoted(block: bytes) -> tuple[int, int]:
    """The records of lines whose quotes enclose values, and where the last whole one ends."""
    pieces = block.split(b'"')  # every second piece is inside quotes
    count = sum(piece.count(b"\n") for piece in pieces[::2])
    if len(pieces) % 2:
        return count, len(block)
    end = len(block)
    for index in reversed(range(len(pieces))):
        start = end - len(pieces[index])
        if index % 2 == 0 and (newline := block.rfind(b"\n", start, end)) >= 0:
            return count, newline + 1
        end = start - 1
    return 0, 0


def scan_record(text: str, start: int, delimiter: str) -> tuple[Record, int] | None:
    """The record that begins at `start` and where the next begins; None when it is cut off.

    `text` ends in a line feed. A quote opens a quoted value only as its first character, and
    what follows a closing quote belongs to the value, as spreadsheets read it.
    """
    record: Record = []
    position = start
    while True:
        line_end = text.find("\n", position)
        quote = text.find('"', position, line_end)
        if quote < 0:
            record += text[position:line_end].removesuffix("\r").split(delimiter)
            return record, line_end + 1
        value_start = max(position, text.rfind(delimiter, position, quote) + 1)
        if value_start > position:
            record += text[position : value_start - 1].split(delimiter)
        quoted = ""
        if value_start == quote:
            closing = _closing_quote(text, quote + 1)
            if closing < 0:
                return None
            quoted = text[quote + 1 : closing].replace('""', '"') or QUOTED_EMPTY
            value_start = closing + 1
            line_end = text.find("\n", value_start)
        end = text.find(delimiter, value_start, line_end)
        if end < 0:
            record.append(_value(quoted, text[value_start:line_end].removesuffix("\r")))
            return record, line_end + 1
        record.append(_value(quoted, text[value_start:end]))
        position = end + 1


def _value(quoted: str, tail: str) -> str:
    if not tail:
        return quoted
    return tail if quoted == QUOTED_EMPTY else quoted + tail


def _closing_quote(text: str, position: int) -> int:
    """Where the quoted value that began before `position` closes; -1 when it does not."""
    while True:
        quote = text.find('"', position)
        if quote < 0 or not text.startswith('"', quote + 1):
            return quote
        position = quote + 2


def _check_length(size_bytes: int) -> None:
    if size_bytes > MAX_RECORD_BYTES:
        raise DatasetUnreadable(
            f"one record is longer than {MAX_RECORD_BYTES} bytes; a quote is probably not closed"
        )

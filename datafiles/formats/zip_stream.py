"""A zip of several members written front to back, for formats that are zips.

The standard library's deflates four times as slowly as isal, and marks members of unknown size in
a way (ZIP64) that makes Excel offer a repair. Here a member is smaller than 4 GiB, and so is the
whole; the writer sees to it. APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from datafiles.formats.compressed import raw_deflater
from dialects.text_output import Sink

LIMIT_BYTES: Final = 0xFFFF_FFFF
_VERSION: Final = 20
_FLAGS: Final = 0x0808  # sizes follow the data; names are UTF-8
_DEFLATED: Final = 8
_DATE: Final = 0x0021  # the first day there is, so that equal data give equal files
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_DESCRIPTOR: Final = struct.Struct("<4s3L")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")


@dataclass(slots=True)
class _Entry:
    name: bytes
    offset: int
    checksum: int = 0
    packed_bytes: int = 0
    size_bytes: int = 0


class ZipStream:
    """Members one after the other: `begin`, `write` any number of times, the next `begin`."""

    def __init__(self, output: Sink) -> None:
        self._output = output
        self._entries: list[_Entry] = []
        self._offset = 0
        self._packer = raw_deflater()

    @property
    def member_bytes(self) -> int:
        """What the current member holds so far."""
        return self._entries[-1].size_bytes

    @property
    def packed_bytes(self) -> int:
        """What was written so far."""
        return self._offset

    def begin(self, name: str) -> None:
        """End the member before, and start one."""
        self._end_member()
        entry = _Entry(name.encode(), self._offset)
        header = _LOCAL.pack(
            b"PK\3\4", _VERSION, _FLAGS, _DEFLATED, 0, _DATE, 0, 0, 0, len(entry.name), 0
        )
        self._put(header + entry.name)
        self._entries.append(entry)
        self._packer = raw_deflater()

    def write(self, data: bytes) -> None:
        """More of the current member."""
        entry = self._entries[-1]
        entry.checksum = zlib.crc32(data, entry.checksum)
        entry.size_bytes += len(data)
        self._pack(entry, self._packer.compress(data))

    def finish(self) -> None:
        """End the last member and write the directory."""
        self._end_member()
        start = self._offset
        for entry in self._entries:
            fields = (entry.checksum, entry.packed_bytes, entry.size_bytes, len(entry.name))
            made_by, moment, rest = (_VERSION, _VERSION), (0, _DATE), (0, 0, 0, 0, 0)
            self._put(
                _CENTRAL.pack(
                    b"PK\1\2", *made_by, _FLAGS, _DEFLATED, *moment, *fields, *rest, entry.offset
                )
                + entry.name
            )
        count = len(self._entries)
        self._put(_END.pack(b"PK\5\6", 0, 0, count, count, self._offset - start, start, 0))

    def _end_member(self) -> None:
        if not self._entries:
            return
        entry = self._entries[-1]
        self._pack(entry, self._packer.flush())
        self._put(
            _DESCRIPTOR.pack(b"PK\7\x08", entry.checksum, entry.packed_bytes, entry.size_bytes)
        )

    def _pack(self, entry: _Entry, packed: bytes) -> None:
        entry.packed_bytes += len(packed)
        self._put(packed)

    def _put(self, data: bytes) -> None:
        self._offset += len(data)
        self._output.write(data)

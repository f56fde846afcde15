"""Compression on the way to the file: gzip, zstd and zip as sinks."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

import zstandard

from dialects.text_output import Sink
from vocabulary import Compression

if TYPE_CHECKING:
    import zlib as deflate
else:
    try:
        from isal import isal_zlib as deflate
    except ImportError:  # there is no wheel for this processor
        import zlib as deflate

GZIP_LEVEL: Final = 1
ZSTD_LEVEL: Final = 1
ZIP_LEVEL: Final = 1
_GZIP_WINDOW: Final = 31  # 15 bits, with the header and trailer of gzip
_RAW_WINDOW: Final = -15


class FinishedSink(Sink, Protocol):
    """Takes bytes and holds some back until `finish`."""

    def finish(self) -> None: ...


class Compressor(Protocol):
    """What packs a stream of bytes."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def compressed(output: Sink, compression: Compression, *, member_name: str) -> FinishedSink:
    """A sink that compresses into `output`; `member_name` is the file inside a zip."""
    match compression:
        case Compression.GZIP:
            # No time and no name in the header: equal data give equal files.
            packer = deflate.compressobj(GZIP_LEVEL, deflate.DEFLATED, _GZIP_WINDOW)
            return _Stream(output, packer)
        case Compression.ZSTD:
            zstd = zstandard.ZstdCompressor(ZSTD_LEVEL, write_checksum=True)
            return _Stream(output, cast("Compressor", zstd.compressobj()))
        case Compression.ZIP:
            return _ZipMember(output, member_name)
        case Compression.NONE:
            return _Plain(output)


def raw_deflater() -> Compressor:
    """Deflates without header and trailer, as members of a zip are kept."""
    return deflate.compressobj(GZIP_LEVEL, deflate.DEFLATED, _RAW_WINDOW)


class _Plain:
    def __init__(self, output: Sink) -> None:
        self.write = output.write

    def finish(self) -> None:
        """Nothing is held back."""


class _Stream:
    def __init__(self, output: Sink, packer: Compressor) -> None:
        self._output = output
        self._packer = packer

    def write(self, data: bytes) -> None:
        self._output.write(self._packer.compress(data))

    def finish(self) -> None:
        self._output.write(self._packer.flush())


class _ZipMember:
    """One file in a zip that is written front to back, with its sizes behind it."""

    def __init__(self, output: Sink, name: str) -> None:
        stream = cast("IO[bytes]", _Unseekable(output))
        self._archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL)
        self._member = self._archive.open(name, "w", force_zip64=True)

    def write(self, data: bytes) -> None:
        self._member.write(data)

    def finish(self) -> None:
        self._member.close()
        self._archive.close()


class _Unseekable:
    """What zipfile needs of a stream it cannot go back in."""

    def __init__(self, output: Sink) -> None:
        self._output = output

    def write(self, data: bytes) -> int:
        self._output.write(data)
        return len(data)

    def flush(self) -> None:
        """The output decides when it writes."""

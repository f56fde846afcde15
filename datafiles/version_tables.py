"""Versions as tables of texts in a database engine that reaches their files and nothing else."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import IO, Any, ClassVar, Self, cast

import duckdb
import zstandard

from auxiliares import AutomacaoError
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.records import DatasetUnreadable

MEMORY_LIMIT = "256MB"
TEMPORARY_LIMIT = "4GB"
THREADS = 2
# The longest value a row may hold; the engine reads in pieces of at least this size.
MAX_LINE_BYTES = 16 * 1024 * 1024
COPY_CHARACTERS = 1 << 20


class VersionNotComparable(AutomacaoError):
    """The version is kept in a form whose values cannot be compared."""

    code: ClassVar[str] = "version_not_comparable"
    status: ClassVar[int] = 422


class ComparisonTooLong(AutomacaoError):
    """Reading the versions took longer than the limit, or more room than there is."""

    code: ClassVar[str] = "comparison_too_long"
    status: ClassVar[int] = 504


@dataclass(frozen=True, slots=True)
class VersionFile:
    """The files of one version, in order, with what the manifest says of them."""

    paths: tuple[Path, ...]
    columns: tuple[ManifestColumn, ...]
    form: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        paths: Sequence[Path],
        columns: Sequence[Mapping[str, Any]],
        form: Mapping[str, object],
    ) -> Self:
        """From the JSON forms a manifest has."""
        named = (ManifestColumn(c["name"], c["type"], c.get("native_type", "")) for c in columns)
        return cls(tuple(paths), tuple(named), form)

    @property
    def names(self) -> list[str]:
        """Column names as readers get them: none empty, none twice."""
        return unique_names([column.name for column in self.columns])


@contextmanager
def opened_tables(
    tables: Mapping[str, VersionFile], *, limit_s: float
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with one view per version; every column is text, NULL apart from empty text.

    Memory is bounded, larger work goes to a temporary folder. The whole block has `limit_s`
    seconds. Raises ComparisonTooLong, DatasetUnreadable or VersionNotComparable.
    """
    with tempfile.TemporaryDirectory(prefix="asql-compare-") as folder:
        plain = Path(folder, "plain")
        plain.mkdir()
        engine = _engine(folder, plain, [path for table in tables.values() for path in table.paths])
        timer = threading.Timer(limit_s, engine.interrupt)
        timer.daemon = True
        timer.start()
        try:
            for name, table in tables.items():
                engine.execute(f"create view {quoted(name)} as {_select(table, plain)}")
            yield engine
        except duckdb.InterruptException as exc:
            raise ComparisonTooLong(
                f"Reading the versions took longer than {limit_s:g} seconds and was stopped."
            ) from exc
        except duckdb.OutOfMemoryException as exc:
            raise ComparisonTooLong(
                f"Reading the versions needs more than {MEMORY_LIMIT} of memory and "
                f"{TEMPORARY_LIMIT} of temporary room, or the disk is full."
            ) from exc
        except duckdb.Error as exc:
            first = str(exc).splitlines()[0]
            raise DatasetUnreadable(f"A version's file cannot be read: {first}.") from exc
        finally:
            timer.cancel()
            engine.close()


def columns_without_value(table: VersionFile, *, limit_s: float) -> list[str]:
    """Names of the columns that are NULL in every row; all of them in a table without rows."""
    with opened_tables({"version": table}, limit_s=limit_s) as engine:
        counts = ", ".join(f"count({quoted(name)})" for name in table.names)
        found = engine.execute(f"select {counts} from version").fetchone()
    assert found is not None
    names = [column.name for column in table.columns]
    return [name for name, count in zip(names, found, strict=True) if count == 0]


def quoted(name: str) -> str:
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text constant."""
    return "'" + text.replace("'", "''") + "'"


def _engine(folder: str, plain: Path, paths: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": folder,
            "max_temp_directory_size": TEMPORARY_LIMIT,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )
    engine.execute("set allowed_directories = $1", [[str(plain)]])
    engine.execute("set allowed_paths = $1", [[str(path) for path in paths]])
    engine.execute("set enable_external_access = false")
    engine.execute("set lock_configuration = true")
    return engine


def _select(table: VersionFile, folder: Path) -> str:
    """Reads the files the way they were written: nothing is guessed."""
    file_format = table.form.get("file_format", "csv")
    if file_format not in _READERS:
        raise VersionNotComparable(
            f"A version kept as {file_format} cannot be read row by row here; "
            f"{', '.join(_READERS)} can."
        )
    return _READERS[str(file_format)](table, folder)


def _select_delimited(table: VersionFile, folder: Path) -> str:
    form = table.form
    quote = literal(str(form.get("quote", '"')))
    options = {
        "columns": _texts_of(table),
        "delim": literal(str(form.get("delimiter", ";"))),
        "quote": quote,
        "escape": quote,
        "header": "true" if form.get("header", True) else "false",
        "auto_detect": "false",
        "nullstr": literal(str(form.get("null_text", ""))),
        "allow_quoted_nulls": "false",
        "encoding": "'utf-8'",
        "compression": _compression(table),
        "max_line_size": str(MAX_LINE_BYTES),
        "buffer_size": str(2 * MAX_LINE_BYTES),
    }
    return f"select * from read_csv({_plain_paths(table, folder)}, {_assigned(options)})"


def _select_json(table: VersionFile, folder: Path) -> str:
    is_array = table.form.get("file_format") == "json"
    options = {
        "columns": _texts_of(table),
        "format": "'array'" if is_array else "'newline_delimited'",
        "compression": _compression(table),
        "maximum_object_size": str(MAX_LINE_BYTES),
    }
    return f"select * from read_json({_plain_paths(table, folder)}, {_assigned(options)})"


def _select_parquet(table: VersionFile, _folder: Path) -> str:
    columns = ", ".join(f"{quoted(name)}::varchar as {quoted(name)}" for name in table.names)
    paths = ", ".join(literal(str(path)) for path in table.paths)
    return f"select {columns} from read_parquet([{paths}])"


_READERS: Mapping[str, Callable[[VersionFile, Path], str]] = {
    "csv": _select_delimited,
    "tsv": _select_delimited,
    "json": _select_json,
    "ndjson": _select_json,
    "parquet": _select_parquet,
}


def _texts_of(table: VersionFile) -> str:
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in table.names) + "}"


def _assigned(options: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in options.items())


def _compression(table: VersionFile) -> str:
    return "'none'" if _needs_copy(table) else literal(str(table.form.get("compression", "none")))


def _needs_copy(table: VersionFile) -> bool:
    """Whether the engine cannot read the files as they are."""
    is_utf8 = str(table.form.get("encoding", "utf-8")).startswith("utf-8")
    return table.form.get("compression") == "zip" or not is_utf8


def _plain_paths(table: VersionFile, folder: Path) -> str:
    """The files, or copies in UTF-8 without compression."""
    paths = (
        [_plain_copy(p, table, folder) for p in table.paths] if _needs_copy(table) else table.paths
    )
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


def _plain_copy(path: Path, table: VersionFile, folder: Path) -> Path:
    copy = folder / f"{len(list(folder.iterdir()))}.txt"
    encoding = str(table.form.get("encoding", "utf-8")).replace("utf-8-bom", "utf-8-sig")
    with ExitStack() as opened:
        binary = opened.enter_context(_uncompressed(path, str(table.form.get("compression"))))
        # newline="" keeps the line ends inside values.
        source = opened.enter_context(TextIOWrapper(binary, encoding, newline=""))
        target = opened.enter_context(copy.open("w", encoding="utf-8", newline=""))
        shutil.copyfileobj(source, target, COPY_CHARACTERS)
    return copy


@contextmanager
def _uncompressed(path: Path, compression: str) -> Iterator[IO[bytes]]:
    with ExitStack() as opened:
        if compression == "zip":
            archive = opened.enter_context(zipfile.ZipFile(path))
            yield opened.enter_context(archive.open(archive.infolist()[0]))
            return
        file: IO[bytes] = opened.enter_context(path.open("rb"))
        if compression == "gzip":
            yield cast("IO[bytes]", opened.enter_context(gzip.GzipFile(fileobj=file)))
        elif compression == "zstd":
            reader = zstandard.ZstdDecompressor().stream_reader(file)
            yield BufferedReader(cast("RawIOBase", opened.enter_context(reader)))
        else:
            yield file

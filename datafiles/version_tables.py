"""Versions as tables of texts in a database engine that reaches their files and nothing else."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import duckdb

from auxiliares import AutomacaoError
from datafiles.formats.exact import exact_batches
from datafiles.formats.form import FileForm
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.plain_image import encoded_lines
from datafiles.records import DatasetUnreadable
from dialects.dialect import Dialect
from vocabulary import Compression, FileFormat

MEMORY_LIMIT = "256MB"
TEMPORARY_LIMIT = "4GB"
THREADS = 2
# The longest value a row may hold; the engine reads in pieces of at least this size.
MAX_LINE_BYTES = 16 * 1024 * 1024
TOO_LONG = "Maximum line size"  # as the engine words it
_IMAGE_FORM = FileForm(dialect=Dialect(header=False))


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
        return cls(tuple(paths), tuple(map(ManifestColumn.of, columns)), form)

    @property
    def file_form(self) -> FileForm:
        return FileForm.of_manifest(self.form)

    @property
    def names(self) -> list[str]:
        """Column names as readers get them: none empty, none twice."""
        return unique_names([column.name for column in self.columns])


@contextmanager
def opened_tables(
    tables: Mapping[str, VersionFile], *, limit_s: float
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with one view per version; every column is text, NULL apart from empty text, and is
    called by its `identifier`.

    Versions of one form are read as they lie there. Where forms differ, or the engine cannot read
    one, exact values are compared: dates in ISO, a decimal point, nothing guarded.

    Memory is bounded, larger work goes to a temporary folder. The whole block has `limit_s`
    seconds. Raises ComparisonTooLong or DatasetUnreadable.
    """
    with tempfile.TemporaryDirectory(prefix="asql-compare-") as folder:
        plain = Path(folder, "plain")
        plain.mkdir()
        engine = _engine(folder, plain, [path for table in tables.values() for path in table.paths])
        forms = [table.file_form for table in tables.values()]
        is_direct = all(form == forms[0] for form in forms) and all(
            _is_read_directly(table) for table in tables.values()
        )
        image = None if is_direct else _Image(plain, time.monotonic() + limit_s)
        timer = threading.Timer(limit_s, engine.interrupt)
        timer.daemon = True
        timer.start()
        try:
            for name, table in tables.items():
                engine.execute(f"create view {quoted(name)} as {_select(table, image)}")
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
            raise DatasetUnreadable(_told(str(exc))) from exc
        finally:
            timer.cancel()
            engine.close()


def _told(problem: str) -> str:
    """What the engine says, without the data it shows."""
    if TOO_LONG in problem:
        return (
            f"A row of the file is longer than {MAX_LINE_BYTES:,} bytes: versions with such rows "
            "cannot be compared, nor examined by the guard not_all_null."
        )
    return f"A version's file cannot be read: {problem.splitlines()[0]}."


def columns_without_value(table: VersionFile, *, limit_s: float) -> list[str]:
    """Names of the columns that are NULL in every row; all of them in a table without rows."""
    with opened_tables({"version": table}, limit_s=limit_s) as engine:
        counts = ", ".join(f"count({identifier(name)})" for name in table.names)
        found = engine.execute(f"select {counts} from version").fetchone()
    assert found is not None
    names = [column.name for column in table.columns]
    return [name for name, count in zip(names, found, strict=True) if count == 0]


def quoted(name: str) -> str:
    """A name of a column within a file."""
    return '"' + name.replace('"', '""') + '"'


def identifier(name: str) -> str:
    """What a view calls a column: the engine takes names that differ in case alone for one."""
    return f'"{_digits(name)}"'


def _digits(name: str) -> str:
    return name.encode().hex()


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


def _select(table: VersionFile, image: _Image | None) -> str:
    """Reads the files the way they were written, or an image of them: nothing is guessed."""
    if image is not None:
        return _select_delimited((image.of(table),), _IMAGE_FORM, table)
    form = table.file_form
    if form.file_format is FileFormat.PARQUET:
        return f"select {_columns_of(table)} from read_parquet({_listed(table.paths)})"
    if form.file_format in (FileFormat.JSON, FileFormat.NDJSON):
        is_array = form.file_format is FileFormat.JSON
        options = {
            "columns": _texts(table.names),
            "format": "'array'" if is_array else "'newline_delimited'",
            "compression": literal(form.compression.value),
            "maximum_object_size": str(MAX_LINE_BYTES),
        }
        source = f"read_json({_listed(table.paths)}, {_assigned(options)})"
        return f"select {_columns_of(table)} from {source}"
    return _select_delimited(table.paths, form, table)


def _select_delimited(paths: Sequence[Path], form: FileForm, table: VersionFile) -> str:
    quote = literal(form.dialect.quote)
    options = {
        "columns": _texts(map(_digits, table.names)),
        "delim": literal(form.dialect.delimiter),
        "quote": quote,
        "escape": quote,
        "header": "true" if form.dialect.header else "false",
        "auto_detect": "false",
        "nullstr": literal(form.dialect.null_text),
        "allow_quoted_nulls": "false",
        "encoding": "'utf-8'",
        "compression": literal(form.compression.value),
        "max_line_size": str(MAX_LINE_BYTES),
        "buffer_size": str(2 * MAX_LINE_BYTES),
    }
    return f"select * from read_csv({_listed(paths)}, {_assigned(options)})"


def _is_read_directly(table: VersionFile) -> bool:
    """Whether the engine reads such files itself."""
    form = table.file_form
    if not form.is_delimited and _has_names_alike(table.columns):
        return False
    if form.file_format is FileFormat.PARQUET:
        return True
    is_packed = form.compression is Compression.ZIP
    is_text = form.dialect.encoding.startswith("utf-8") and not form.dialect.formula_guard
    return form.file_format is not FileFormat.XLSX and is_text and not is_packed


def _has_names_alike(columns: Sequence[ManifestColumn]) -> bool:
    """Whether the engine takes two columns of a file for one."""
    return len({column.name.casefold() for column in columns}) < len(columns)


class _Image:
    """Copies of versions in one plain form with exact values, for the engine to read."""

    def __init__(self, folder: Path, deadline: float) -> None:
        self._folder, self._deadline = folder, deadline
        self._made = 0

    def of(self, table: VersionFile) -> Path:
        """Raises ComparisonTooLong or DatasetUnreadable."""
        self._made += 1
        image = self._folder / f"{self._made}.csv"
        with image.open("wb") as out:
            for path in table.paths:
                for batch in exact_batches(path, table.file_form, table.columns):
                    out.write(encoded_lines(batch.records))
                    if time.monotonic() > self._deadline:
                        raise ComparisonTooLong("Reading the versions took too long.")
        return image


def _columns_of(table: VersionFile) -> str:
    return ", ".join(f"{quoted(name)}::varchar as {identifier(name)}" for name in table.names)


def _texts(names: Iterable[str]) -> str:
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"


def _assigned(options: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in options.items())


def _listed(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"

"""Versions as tables of texts in a database engine that reaches their files and nothing else."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import duckdb

from auxiliares import AutomacaoError
from datafiles.manifest import ManifestColumn
from datafiles.reading import unique_names
from datafiles.records import DatasetUnreadable

MEMORY_LIMIT = "256MB"
TEMPORARY_LIMIT = "4GB"
THREADS = 2
# The longest value a row may hold; the engine reads in pieces of at least this size.
MAX_LINE_BYTES = 16 * 1024 * 1024


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
        engine = _engine(folder, [path for table in tables.values() for path in table.paths])
        timer = threading.Timer(limit_s, engine.interrupt)
        timer.daemon = True
        try:
            for name, table in tables.items():
                engine.execute(f"create view {quoted(name)} as {_select(table)}")
            timer.start()
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


def _engine(folder: str, paths: Sequence[Path]) -> duckdb.DuckDBPyConnection:
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
    engine.execute("set allowed_paths = $1", [[str(path) for path in paths]])
    engine.execute("set enable_external_access = false")
    engine.execute("set lock_configuration = true")
    return engine


def _select(table: VersionFile) -> str:
    """Reads CSV the way it was written: nothing is guessed."""
    names = table.names
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    paths = ", ".join(literal(str(path)) for path in table.paths)
    delimiter = literal(str(table.form.get("delimiter", ";")))
    return (
        f"select * from read_csv([{paths}], columns = {{{columns}}}, delim = {delimiter}, "
        "quote = '\"', escape = '\"', header = true, auto_detect = false, nullstr = '', "
        "allow_quoted_nulls = false, encoding = 'utf-8', "
        f"max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES})"
    )

"""Reads the rows of a query into one file by the fastest way its source and its format share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.base import (
    Column,
    DividingSession,
    NativeSession,
    QueryNotDivisible,
    SourceSession,
    TableSession,
    chosen,
)
from datafiles.background import BackgroundWriter
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from dialects.delimited import header_line
from dialects.native_rows import NativeRows
from execution.harmed_sink import interruptible, interruptible_tables


@dataclass(frozen=True, slots=True)
class Reading:
    """A query and the file it is read into; `native` is how the source writes rows where it is
    not in lines. Two connections share the rows by their values in `divided_by`."""

    sql: str
    form: FileForm
    columns: Sequence[ManifestColumn]
    native: NativeRows | None
    divided_by: str | None = None

    @classmethod
    def of(
        cls, source: SourceSession, sql: str, form: FileForm, *, divided_by: str | None = None
    ) -> Reading:
        """What the source says of the query, and can do for the form."""
        columns = manifest_columns(chosen(source.describe(sql), form.dialect))
        native = form.native_rows(columns)
        can_do = isinstance(source, NativeSession)
        return cls(sql, form, columns, native if can_do else None, divided_by)

    def read(self, source: SourceSession, writer: BackgroundWriter) -> int:
        """All rows; how many. Raises what the source has to say."""
        dialect = self.form.source_dialect
        if self.divided_by is not None:
            return self._read_divided(source, writer, self.divided_by)
        if self.native is not None and isinstance(source, NativeSession):
            return source.export_native(self.sql, interruptible(writer), dialect, self.native)
        if isinstance(source, TableSession) and self._fits(source, writer):
            return source.export_tables(self.sql, interruptible_tables(writer), dialect)
        return source.export_csv(self.sql, interruptible(writer), dialect)

    def _fits(self, source: TableSession, writer: BackgroundWriter) -> bool:
        """Whether source and file keep every value in the same types."""
        wanted = writer.table_schema
        if wanted is None:
            return False
        offered = source.table_schema(self.sql, self.form.source_dialect)
        return offered is not None and bool(offered.types == wanted.types)

    def _read_divided(self, source: SourceSession, writer: BackgroundWriter, column: str) -> int:
        """Blocks of rows of both connections, as they come."""
        if not isinstance(source, DividingSession):
            raise QueryNotDivisible(
                "Only queries on PostgreSQL can be read over two connections.",
                hint="Take the column for it (parallel_column) out of the job.",
            )
        dialect = self.form.source_dialect
        if dialect.header:
            writer.write(header_line([column.name for column in self.columns], dialect))
            writer.flush()
        sinks = (interruptible(writer), interruptible(writer.another()))
        return source.export_divided(self.sql, sinks, dialect, column=column, rows=self.native)


def manifest_columns(columns: Sequence[Column]) -> list[ManifestColumn]:
    """The columns of a source as they are kept with a version."""
    return [
        ManifestColumn(c.name, c.type.value, c.native_type, c.precision, c.scale) for c in columns
    ]

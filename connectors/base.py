"""What every connector offers and the errors it raises; used by services and execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

from auxiliares import AutomacaoError
from connectors.bind_values import NO_VALUES, Bound
from connectors.catalogue import Catalogue
from dialects.dialect import Dialect, chosen_columns
from dialects.native_rows import NativeRows, RowBlock
from vocabulary import ErrorClass

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnType(StrEnum):
    """The types a dataset knows; each native type of a source is mapped to one of them."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMP_TZ = "timestamp_tz"
    TIME = "time"
    INTERVAL = "interval"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result. `nullable` is None where the source does not tell."""

    name: str
    type: ColumnType
    native_type: str
    precision: int | None = None
    scale: int | None = None
    nullable: bool | None = None


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """Decrypted address of a foreign database.

    `database` is the dbname or Oracle's service name; `dsn` (Oracle: TNS alias, easy connect
    string or descriptor) wins over host, port and database.
    """

    kind: str
    name: str
    username: str
    password: str = field(repr=False)
    host: str | None = None
    port: int | None = None
    database: str | None = None
    dsn: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionTags:
    """What the source's administrator sees of a session: which job and run it belongs to."""

    job_name: str
    run_id: int | None = None

    @property
    def text(self) -> str:
        """One line for V$SESSION, for instance `run=12 vendas`; the run is not cut off."""
        return self.job_name if self.run_id is None else f"run={self.run_id} {self.job_name}"


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What a connection test found; each warning is one sentence."""

    server_version: str
    warnings: tuple[str, ...]
    elapsed_ms: int


def chosen(columns: Sequence[Column], dialect: Dialect) -> tuple[Column, ...]:
    """The columns of the file, by the names it gives them. Raises DialectColumnUnknown."""
    choice = chosen_columns(dialect.columns, [column.name for column in columns])
    if choice is None:
        return tuple(columns)
    return tuple(replace(columns[place], name=name) for place, name in choice)


class ByteSink(Protocol):
    """Receives the bytes of an export: whole lines in UTF-8 that end in a line feed.

    The header comes first. The encoding and the line end of the dialect are the sink's business.
    """

    def write(self, data: bytes) -> object: ...


@runtime_checkable
class RowBlockSink(ByteSink, Protocol):
    """Takes binary rows one a write, or many at a time."""

    block_bytes: int  # how much it likes to get at a time

    def write_rows(self, block: RowBlock) -> object:
        """Take what is in the block before this returns."""
        ...


class SourceSession(Protocol):
    """One fresh read-only session for one statement; leaving the context closes it.

    `rows_exported` may be read from another thread; it rises while `export_csv` runs where rows
    are fetched a batch at a time.
    """

    rows_exported: int

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Columns of the statement, prepared alone and not run.

        Raises QueryRefused, QueryInvalid and the errors of a lost source.
        """
        ...

    def export_csv(self, sql: str, sink: ByteSink, dialect: Dialect) -> int:
        """Stream the rows as CSV into `sink`; returns their number. Memory stays flat.

        Raises DialectColumnUnknown before the statement runs.
        """
        ...

    def fetch(self, sql: str, limit: int) -> tuple[tuple[Column, ...], list[tuple[object, ...]]]:
        """Columns and at most `limit` rows, for a preview."""
        ...

    def explain(self, sql: str) -> tuple[str, ...]:
        """The lines of the plan by which the database would run the statement; it is not run.

        Raises PlanNotPermitted besides what `describe` raises.
        """
        ...

    def cancel(self) -> None:
        """Stop the running statement in the database; callable from another thread.

        The interrupted call raises SourceCancelled.
        """
        ...

    def close(self) -> None:
        """Roll back and disconnect; safe to call twice and after a lost connection."""
        ...


@runtime_checkable
class NativeSession(Protocol):
    """A session that can write the rows of a format as its database has them."""

    def export_native(self, sql: str, sink: ByteSink, dialect: Dialect, rows: NativeRows) -> int:
        """Like export_csv, as `rows` says; of the dialect only the columns count for binary rows
        and JSON, for this also the time zone, which must be the session's."""
        ...


@runtime_checkable
class DividingSession(Protocol):
    """A session that can read the rows of one statement over two connections."""

    def export_divided(
        self,
        sql: str,
        sinks: tuple[ByteSink, ByteSink],
        dialect: Dialect,
        *,
        column: str,
        rows: NativeRows | None = None,
    ) -> int:
        """Like export_csv, or export_native for `rows`, but without a header: each row goes to one
        of the sinks by its value in `column`; each sink is written to from a thread of its own.

        Both connections read the same snapshot. Raises QueryNotDivisible where it is not certain
        that every row comes exactly once.
        """
        ...


class TableSink(Protocol):
    """Receives the rows of an export as Arrow tables of one schema."""

    def write_table(self, table: pa.Table) -> object: ...


@runtime_checkable
class TableSession(Protocol):
    """A session that can hand rows over as Arrow tables."""

    def table_schema(self, sql: str, dialect: Dialect) -> pa.Schema | None:
        """The columns of the dialect and their types; None where only text is sure to be exact.

        Raises what `describe` raises, and DialectColumnUnknown.
        """
        ...

    def export_tables(self, sql: str, sink: TableSink, dialect: Dialect) -> int:
        """Like export_csv, in tables of `table_schema`, which was not None."""
        ...


class Connector(Protocol):
    """A kind of database."""

    kind: str

    def test(self, spec: ConnectionSpec, *, timeout_s: float = 10) -> ConnectionReport:
        """Log in, look at version and rights, log out. Raises a SourceError."""
        ...

    def open(
        self,
        spec: ConnectionSpec,
        *,
        tags: SessionTags,
        time_limit_s: float | None = None,
        time_zone: str = "UTC",
        binds: Mapping[str, Bound] = NO_VALUES,
    ) -> SourceSession:
        """Log in. `time_limit_s` bounds the whole use of the session, `time_zone` is its own;
        `binds` are what `:name` stands for in its statement, names in lower case."""
        ...

    def catalogue(
        self, spec: ConnectionSpec, *, timeout_s: float = 15, limit: int = 5000
    ) -> Catalogue:
        """What the account may read, at most `limit` tables. Raises a SourceError."""
        ...


class SourceError(AutomacaoError):
    """Base of what a foreign database or its driver can answer.

    The message ends with the hint (what to do), which is also kept apart. `error_class` says
    whether the same statement may succeed when tried again, `retry_after_s` not before when;
    `database_code` is the SQLSTATE or the code of Oracle (ORA-00942, DPY-6005).
    """

    code: ClassVar[str] = "source_failed"
    status: ClassVar[int] = 502
    default_class: ClassVar[ErrorClass] = ErrorClass.PERMANENT

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        database_code: str | None = None,
        error_class: ErrorClass | None = None,
        retry_after_s: float = 0,
    ) -> None:
        super().__init__(f"{message} {hint}" if hint else message)
        self.hint = hint
        self.database_code = database_code
        self.error_class = self.default_class if error_class is None else error_class
        self.retry_after_s = retry_after_s

    @property
    def transient(self) -> bool:
        return self.error_class == ErrorClass.TRANSIENT


class SourceFailed(SourceError):
    """The database failed while it ran the statement, for a reason of its own."""

    default_class = ErrorClass.UNKNOWN


class SourceUnreachable(SourceError):
    """No connection could be made, or the line was lost."""

    code = "source_unreachable"
    default_class = ErrorClass.TRANSIENT


class SourceLoginFailed(SourceError):
    """The database refused the login. Never tried again: accounts get locked that way."""

    code = "source_login_failed"


class SourceDriverMissing(SourceError):
    """The driver or client library this database needs is not installed or not set."""

    code = "source_driver_missing"


class SourceTimeout(SourceError):
    """The statement ran longer than the limit and was stopped in the database."""

    code = "source_timeout"
    status = 504


class SourceCancelled(SourceError):
    """The statement was stopped on request."""

    code = "source_cancelled"
    status = 409


class QueryInvalid(SourceError):
    """The database cannot understand the statement; line and column count from 1."""

    code = "query_invalid"
    status = 422

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        database_code: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, database_code=database_code)
        self.line = line
        self.column = column


class QueryRefused(SourceError):
    """The statement may do more than read, or cannot be exported faithfully."""

    code = "query_refused"
    status = 422


class PlanNotPermitted(SourceError):
    """The account may run the query but not have its plan made."""

    code = "plan_not_permitted"
    status = 422


class QueryEmpty(QueryRefused):
    """There is no statement in the text."""

    code = "query_empty"


class QueryNotSelect(QueryRefused):
    """The statement does not start with SELECT or WITH, or changes data."""

    code = "query_not_select"


class QueryMultipleStatements(QueryRefused):
    """There is more than one statement in the text."""

    code = "query_multiple_statements"


class QueryUnbalanced(QueryRefused):
    """A string, comment, quoted name or parenthesis is not closed."""

    code = "query_unbalanced"


class QueryNotDivisible(QueryRefused):
    """Two connections could not be sure to read every row exactly once."""

    code = "query_not_divisible"

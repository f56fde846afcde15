"""A large table read in parts, side by side, all of them as one moment of the source had it.

The parts are ranges of the table's blocks. Each is copied by sessions of its own into a table
beside the target, which takes the target's place when it is full.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from auxiliares import AutomacaoError
from transfer.meter import Meter
from transfer.names import TableName, column_list, quoted
from transfer.pipe import Copied, copy_in
from transfer.reading import Reading
from transfer.source import SourceTable
from transfer.writing import Writer

# Servers from 14 on read a range of blocks without the rest of the table.
SINCE = 140000
TABLE, MATERIALIZED = "r", "m"
MIB = 1 << 20
PLACE = "place of the row"
_BLOCKS = """
SELECT pg_relation_size(%(oid)s) / current_setting('block_size')::int, pg_table_size(%(oid)s)
"""


class PartStopped(AutomacaoError):
    """Another part of the table has failed."""

    code = "part_stopped"
    error_class = "transient"


def ranges(blocks: int, parts: int) -> list[tuple[int, int | None]]:
    """First block of each part and the one after its last; None: to the end, whatever comes.

    No more parts than blocks, and at least one.
    """
    count = max(1, min(parts, blocks))
    starts = [blocks * number // count for number in range(count)]
    return list(zip(starts, [*starts[1:], None], strict=True))


def divided(found: SourceTable, above_mb: int | None, parts: int) -> list[Reading]:
    """The rows of the table in parts; none where it is better, or only possible, in one piece."""
    table, connection = found.reading.table, found.connection
    if above_mb is None or parts < 2 or table is None or connection is None:
        return []
    if table.kind not in (TABLE, MATERIALIZED) or table.server_version < SINCE:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKS, {"oid": table.oid})
        row = cursor.fetchone()
    blocks, size_bytes = (int(row[0]), int(row[1])) if row else (0, 0)
    if size_bytes <= above_mb * MIB or blocks < 2:
        return []
    return [part_of(found.reading, *each) for each in ranges(blocks, parts)]


def part_of(reading: Reading, first: int, end: int | None) -> Reading:
    """The rows of a table that lie in these blocks."""
    place = quoted(PLACE)
    inner = f"(SELECT ctid AS {place}, * FROM {reading.relation}\n) part"
    within = f"{place} >= '({first},0)'"
    if end is not None:
        within += f" AND {place} < '({end},0)'"
    return replace(reading, relation=f"{inner} WHERE {within}")


@dataclass
class _SharedMeter(Meter):
    """Counts for the whole table, and stops every part as soon as one has failed."""

    of_table: Meter = field(default_factory=Meter)
    stopped: threading.Event = field(default_factory=threading.Event)

    def add(self, *, size_bytes: int) -> None:
        if self.stopped.is_set():
            raise PartStopped("Another part of the table has failed; this one was stopped.")
        self.of_table.add(size_bytes=size_bytes)

    def begin(self, pid: int) -> None:
        self.of_table.begin(pid)

    def end(self, pid: int, rows: int) -> None:
        self.of_table.end(pid, rows)


@dataclass(frozen=True, slots=True)
class PartsCopier:
    """Copies parts of one table; `streams` lets in so many at once of all tables of the run."""

    found: SourceTable
    writer: Writer
    streams: threading.Semaphore

    def fill(self, parts: Sequence[Reading], meter: Meter) -> Copied:
        """Fill a table beside the target and put it in its place; the caller commits.

        Raises what the first part that fails has to say.
        """
        writer, reading = self.writer, self.found.reading
        into = writer.open_stage(reading)
        shared = _SharedMeter(of_table=meter)
        with ThreadPoolExecutor(len(parts), thread_name_prefix="transfer-part") as pool:
            futures = [
                pool.submit(contextvars.copy_context().run, self._copy, part, into, shared)
                for part in parts
            ]
        faults = [fault for future in futures if (fault := future.exception()) is not None]
        for fault in sorted(faults, key=lambda each: isinstance(each, PartStopped)):
            raise fault
        copied = [future.result() for future in futures]
        writer.close_stage(reading, into)
        return Copied(sum(c.rows for c in copied), sum(c.size_bytes for c in copied))

    def _copy(self, part: Reading, into: TableName, shared: _SharedMeter) -> Copied:
        sessions, writer = self.found.source.sessions, self.writer
        is_done = False
        try:
            with (
                self.streams,
                self.found.again() as found,
                sessions.opened(writer.spec, read_only=False) as connection,
            ):
                options = part.copy_options(writer.table)
                statement = f"COPY {into.quoted} ({column_list(part.names)}) FROM STDIN {options}"
                rows = found.rows(part, writer.table)
                copied = copy_in(connection, statement, rows, shared)
                connection.commit()
            is_done = True
            return copied
        finally:
            if not is_done:
                shared.stopped.set()

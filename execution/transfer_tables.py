"""Transfer: whole tables, side by side, all of them as one moment of the source had them."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Semaphore

from execution.moving import Moving, Step
from services.run_tables import TableEntry
from transfer.checking import Check, compare, source_sum
from transfer.csv_files import CsvFiles
from transfer.definition import Transfer, TransferTable
from transfer.names import parse_table
from transfer.order import levels
from transfer.parts import PartsCopier, divided
from transfer.pipe import Copied
from transfer.replacing import create_schemas
from transfer.source import Source, SourceTable, wanted_tables
from transfer.structure import foreign_keys
from transfer.writing import Figures, Writer


def transfer_tables(moving: Moving, job: Transfer) -> None:
    """Move every table that is not done yet. Raises what makes the whole run impossible."""
    tables = wanted_tables(moving.sessions, moving.job.source, job)
    open_ = moving.plan([(table.source_text, table.target) for table in tables])
    if job.create_missing:
        with moving.sessions.opened(moving.job.target, read_only=False) as connection:
            create_schemas(connection, [parse_table(table.target) for table in tables])
    groups = _groups(moving, job, tables, open_)
    streams = Semaphore(job.parallel)
    with Source.opened(moving.sessions, moving.job.source, moving.job.salt) as source:
        for group in groups:
            tasks = [
                partial(_move, moving, job, tables[entry.position - 1], entry, source, streams)
                for entry in group
            ]
            _side_by_side(job.parallel, tasks)


def _groups(
    moving: Moving, job: Transfer, tables: Sequence[TransferTable], entries: Sequence[TableEntry]
) -> list[list[TableEntry]]:
    """What may be moved side by side, one group after the other."""
    if job.order == "listed":
        return [[entry] for entry in entries]
    names = {parse_table(tables[entry.position - 1].target): entry for entry in entries}
    with moving.sessions.opened(moving.job.target, read_only=True) as connection:
        references = foreign_keys(connection)
    return [[names[name] for name in group] for group in levels(list(names), references)]


def _side_by_side(parallel: int, tasks: Sequence[Callable[[], None]]) -> None:
    """Do these, at most so many at a time; the first fault that ends the run is raised."""
    if parallel == 1 or len(tasks) == 1:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(parallel, thread_name_prefix="transfer") as pool:
        futures = [pool.submit(contextvars.copy_context().run, task) for task in tasks]
    for future in futures:
        future.result()


def _move(
    moving: Moving,
    job: Transfer,
    wanted: TransferTable,
    entry: TableEntry,
    source: Source,
    streams: Semaphore,
) -> None:
    with moving.table(entry) as step, source.reading(wanted) as found:
        step.meter.rows_expected = found.estimate(found.reading)
        _write(step, job, wanted, found, streams)


def _write(
    step: Step, job: Transfer, wanted: TransferTable, found: SourceTable, streams: Semaphore
) -> None:
    moving, spec = step.moving, step.moving.job.target
    folder = moving.job.csv_folder
    files = CsvFiles(folder, moving.key.run_id) if folder else None
    found = replace(found, reading=replace(found.reading, as_csv=files is not None))
    reading = found.reading
    with moving.sessions.opened(spec, read_only=False) as connection:
        writer = Writer(
            connection,
            spec,
            parse_table(wanted.target),
            wanted.mode or job.mode,
            job.create_missing,
            moving.job.job_id,
            f"{moving.key.run_id:x}_{moving.key.attempt:x}",
        )
        with writer.clearing():
            writer.prepare(reading)
            copied = _fill(step, job, PartsCopier(found, writer, streams), files)
            expected = None
            if job.verify == "checksums" and found.connection and writer.way != "append":
                expected = source_sum(found.connection, reading, writer.table)
            check = Check(job.verify, writer.target, writer.way, reading.names, expected)
            checks = compare(connection, copied, check)
            figures = Figures(
                copied.rows, copied.size_bytes, checks=checks, notes=tuple(writer.notes)
            )
            writer.commit(figures, step.fence)
    if files is not None:
        files.finish(writer.target)


def _fill(step: Step, job: Transfer, copier: PartsCopier, files: CsvFiles | None) -> Copied:
    """Bring the rows in: by way of a file, in parts side by side, or in one piece."""
    found, writer, meter = copier.found, copier.writer, step.meter
    if files is None and writer.fills_stage:
        parts = divided(found, job.split_above_mb, job.parallel)
        if parts:
            writer.notes.append(f"copied in {len(parts)} parts")
            return copier.fill(parts, meter)
    rows = found.rows(found.reading, writer.table)
    if files is not None:
        rows = files.through(writer.target, rows)
    return writer.fill(found.reading, rows, meter)

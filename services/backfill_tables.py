"""Which jobs that move tables can read past days again: a question of what each table does."""

from __future__ import annotations

from auxiliares import AutomacaoError
from services.windows import END_NAMES, names_in
from timing.date_expressions import WINDOW_NAMES
from transfer.definition import Sync, SyncTable, TableSource, Transfer, TransferTable


class BackfillWithoutDates(AutomacaoError):
    """The query reads the same whatever the days are."""

    code = "backfill_without_dates"
    status = 422


class BackfillUnsuitable(AutomacaoError):
    """The tables of the job would not hold the days afterwards, or some rows twice."""

    code = "backfill_unsuitable"
    status = 422


def check_tables(definition: Transfer | Sync, kind: str | None, *, runs: int) -> bool:
    """True when a table reads a window. `kind` is that of the source, `runs` how many there will
    be. Raises BackfillWithoutDates or BackfillUnsuitable."""
    names = [(table, _names_of(table, kind)) for table in definition.tables]
    dated = [(table, found) for table, found in names if found]
    if not dated:
        raise BackfillWithoutDates(
            "No query and no condition of the job's tables names a day, so each run would move the "
            "same. Use :inicio and :fim, or other date expressions, in them."
        )
    for table, found in dated:
        if found & WINDOW_NAMES and not found & END_NAMES:
            raise BackfillWithoutDates(
                f"What is read for {table.target} does not name the end of its window, so each run "
                "would read on to the present. Use :fim (or :2) in it."
            )
        if runs > 1 and _empties(definition, table):
            raise BackfillUnsuitable(
                f"Each run would take from {table.target} what the run before has brought. Have it "
                "appended to, or its gone rows kept, or take one run for all days (step whole)."
            )
        if isinstance(table, SyncTable) and table.cursor_column:
            raise BackfillUnsuitable(
                f"{table.target} is read from its newest row on ({table.cursor_column}), so past "
                "days bring nothing. Take the cursor column away first."
            )
    _refuse_repeated(definition, [table.target for table, found in names if not found])
    return any(found & WINDOW_NAMES for _, found in dated)


def _names_of(table: TableSource, kind: str | None) -> frozenset[str]:
    """Every date its query and condition name."""
    texts = [text for text in (table.query, table.where) if text]
    return frozenset(name for text in texts for name in names_in(text, kind))


def _empties(definition: Transfer | Sync, table: TableSource) -> bool:
    """Whether a run leaves at the target only what it has read itself."""
    if isinstance(table, SyncTable):
        return table.gone != "keep"
    return _mode(definition, table) != "append"


def _refuse_repeated(definition: Transfer | Sync, undated: list[str]) -> None:
    """A table that names no day is moved whole by each run; only appending makes that wrong."""
    by_target = {table.target: table for table in definition.tables}
    repeated = [name for name in undated if _mode(definition, by_target[name]) == "append"]
    if isinstance(definition, Transfer) and definition.include and definition.mode == "append":
        repeated += definition.include
    if repeated:
        raise BackfillUnsuitable(
            f"{', '.join(repeated[:5])} would be appended to by each run, with the same rows, as "
            "no day is named there. Move it by a job of its own."
        )


def _mode(definition: Transfer | Sync, table: TableSource) -> str | None:
    """How a transfer writes the table; None in a synchronisation."""
    if not isinstance(definition, Transfer):
        return None
    own = table.mode if isinstance(table, TransferTable) else None
    return own or definition.mode

"""A look-up tried with one row before its job is saved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, Settings
from connectors.base import ConnectionSpec
from connectors.limits import Limits
from services import connections, lookup_secrets
from services.kept_calls import KeptCalls
from transfer.definition import LookUp, TableSource
from transfer.lookups import Ask, Asker, Outcome, Reply, Request
from transfer.sessions import Sessions
from transfer.source import Source

LIMIT_S = 30.0
SHOWN_CHARACTERS = 2000


class LookUpInputMissing(AutomacaoError):
    """The request names a column for which there is no value."""

    code = "lookup_input_missing"
    status = 422


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried; `source` is where a row comes from, None when `values` are given."""

    lookup: LookUp
    values: Mapping[str, str]
    table: TableSource | None
    source: ConnectionSpec | None
    outgoing_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it: `answer` is the start of what the service said, `status` its own."""

    values: Mapping[str, str]
    outcome: Outcome
    value: str | None
    problem: str
    status: int | None
    answer: str
    duration_ms: int


def prepared(
    session: Session,
    lookup: LookUp,
    *,
    connection_id: int | None,
    table: TableSource | None,
    values: Mapping[str, str],
    settings: Settings,
) -> Trial:
    """Everything a trial needs. Raises ConnectionNotFound and MovementInvalid."""
    source = None
    if connection_id is not None and not set(lookup.inputs) <= set(values):
        found = connections.get_connection(session, connection_id)
        source = connections.spec_of(found, settings)
    hosts = tuple(settings.security.outgoing_hosts)
    opened = lookup_secrets.opened(lookup, settings.backend.opening_keys)
    return Trial(opened, values, table, source, hosts)


def try_look_up(trial: Trial) -> Tried:
    """Ask once, with the values given or those of the first row. No transaction may be open.

    Raises LookUpInputMissing and what the source has to say.
    """
    values = dict(trial.values)
    if trial.source is not None and trial.table is not None:
        values = _first_row(trial.source, trial.table, trial.lookup.inputs) | values
    missing = [name for name in trial.lookup.inputs if not values.get(name)]
    if missing:
        raise LookUpInputMissing(
            f"There is no value for {', '.join(missing)}: the first row has none, or the source no "
            "such column. Enter one to try with."
        )
    replies: list[Reply] = []
    lookup = trial.lookup.model_copy(update={"retries": 0, "on_failure": "null"})
    started = time.monotonic()
    with asking(trial.outgoing_hosts) as ask:

        def kept(request: Request) -> Reply:
            replies.append(ask(request))
            return replies[-1]

        asker = Asker(lookup, kept, lambda: None)
        (found,) = asker.answers([tuple(values[name] for name in lookup.inputs)])
    said = replies[0].body[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace") if replies else ""
    return Tried(
        {name: values[name] for name in lookup.inputs},
        found.outcome,
        found.value,
        asker.problem,
        replies[0].status if replies else None,
        said[:SHOWN_CHARACTERS],
        round((time.monotonic() - started) * 1000),
    )


@contextmanager
def asking(allowed: Sequence[str]) -> Iterator[Ask]:
    """Asks services by the rules for every request that leaves the server."""
    with KeptCalls(allowed) as calls:

        def ask(request: Request) -> Reply:
            answer = calls.send(
                request.url,
                method=request.method,
                headers=request.headers,
                body=request.body,
                timeout_s=request.timeout_s,
            )
            return Reply(answer.status, answer.body)

        yield ask


def _first_row(spec: ConnectionSpec, table: TableSource, names: Sequence[str]) -> dict[str, str]:
    sessions = Sessions("automacaosql look-up", Limits(LIMIT_S))
    with (
        sessions.watched(),
        Source.opened(sessions, spec, "") as source,
        source.reading(table) as found,
    ):
        reading = found.reading.only(names)
        if not reading.columns:
            return {}
        first = replace(found, reading=reading).first()
    return {
        name: value for name, value in zip(reading.names, first, strict=True) if value is not None
    }

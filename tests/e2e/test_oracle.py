"""The whole product against an Oracle that is harmed in every usual way, as real processes.

`ORACLE_LONG=1 .venv/bin/pytest tests/e2e/test_oracle.py` reads a million rows from each version
into each format, and expects a cancelled query to stop within two seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.bodies import manual_job, run_to, save_connection, save_job
from tests.e2e.erp import QUERY, assert_csv, assert_parquet, script_sales
from tests.e2e.product import Client, Product, running_as
from tests.oracle_standin.tns_standin import (
    Encoded,
    Fault,
    OraError,
    Scripted,
    Server,
    User,
    column,
    encoder,
)
from tests.waiting import wait_for

MILLION = 1_000_000
IS_LONG = bool(os.environ.get("ORACLE_LONG"))
PROFILES = ("12c", "19c", "21c", "23ai")
FEW = MILLION if IS_LONG else 50_000
CANCEL_WITHIN_S = 2.0 if IS_LONG else 20.0  # a busy machine is no fault of ours
ENDED = {"succeeded", "failed", "cancelled"}


@pytest.fixture(scope="module")
def product(first_start: Product) -> Iterator[Product]:
    """One product for all: it tries a run that failed once more, after a second."""
    with running_as(
        first_start,
        ASQL_SCHEDULER__HEARTBEAT_S="0.5",
        ASQL_SCHEDULER__RETRY_LIMIT="1",
        ASQL_SCHEDULER__RETRY_WAIT_S="1",
    ) as product:
        yield product


@pytest.fixture(scope="module")
def root(product: Product) -> Client:
    return product.login()


def _connection(root: Client, name: str, port: int, service: str) -> int:
    address = {"host": "127.0.0.1", "port": port, "database": service}
    login = {"username": "app", "password": "segredo"}
    return save_connection(root, {"name": name, "kind": "oracle", **address, **login})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("profile", PROFILES)
def test_files_are_the_source_value_by_value(product: Product, root: Client, profile: str) -> None:
    script = Scripted()
    with Server(script, users={"APP": "segredo"}, profile=profile) as server:
        connection = _connection(root, profile, server.port, server.service)
        for file_format, check in (("csv", assert_csv), ("parquet", assert_parquet)):
            rows = MILLION if (profile, file_format) == ("19c", "csv") else FEW
            script_sales(script, rows)
            name = f"{profile}_{file_format}"
            job = manual_job(name, connection, QUERY, file_format=file_format)
            run = run_to(root, save_job(root, job), "succeeded", timeout_s=300)
            assert run["rows"] == rows
            check(product.data / "csv" / "testes" / f"{name}.{file_format}", rows)
        assert not server.did("stand-in failed")


class Erp:
    """A stand-in that can be harmed, and a job that reads it and has published once."""

    def __init__(self, product: Product, root: Client, name: str) -> None:
        self.product, self.root, self.name = product, root, name
        self.script = Scripted()
        self.script.on("from um", "ID NUMBER(9)", [(1,)])
        self.server = Server(self.script, users={"APP": "segredo"}).start()
        self.port = self.server.port
        self.connection = _connection(root, name, self.port, self.server.service)
        self.job = save_job(root, manual_job(name, self.connection, "select id from um"))
        run_to(root, self.job, "succeeded")
        self.reads("muitos", rows=2000)

    def reads(self, table: str, *, rows: int, fault: Fault | None = None) -> None:
        """From now on the job reads `table`, which has `rows` rows and perhaps a fault."""
        wire = encoder(column("ID NUMBER(9)"))
        self.script.on(
            f"from {table}",
            "ID NUMBER(9)",
            lambda _: (Encoded(wire(n)) for n in range(rows)),
            fault=fault,
        )
        self.root.put(f"/api/jobs/{self.job}", {"sql_script": f"select id from {table}"})

    def ask(self) -> int:
        run_id: int = self.root.post(f"/api/jobs/{self.job}/runs", expect=202)["run_id"]
        return run_id

    def run(self, run_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.root.get(f"/api/runs/{run_id}")
        return found

    def ended(self, run_id: int) -> dict[str, Any]:
        wait_for(
            lambda: self.run(run_id)["state"] in ENDED, timeout_s=90, what=f"{self.name} to end"
        )
        return self.run(run_id)

    def failed_once(self, run_id: int) -> dict[str, Any]:
        """Its first attempt, once it has failed and is to be repeated."""
        return wait_for(
            lambda: next((a for a in self.run(run_id)["attempts"] if a["retry_at"]), None),
            what=f"the first attempt of {self.name} to fail",
        )

    def rows_served(self) -> int:
        """Of the file where people look for it; no other file is left there."""
        folder = self.product.data / "csv" / "testes"
        assert [*self.product.data.rglob(f"*{self.name}*.part")] == []
        return (folder / f"{self.name}.csv").read_text().count("\n") - 1

    def stop(self) -> None:
        self.server.stop()

    def starts_again(self) -> None:
        """On the same port, as a server that was away."""
        self.server = Server(self.script, users={"APP": "segredo"}, port=self.port).start()


@contextmanager
def harmed(product: Product, root: Client, name: str) -> Iterator[Erp]:
    with ExitStack() as cleanup:
        erp = Erp(product, root, name)
        cleanup.callback(erp.stop)
        yield erp


@dataclass(frozen=True)
class Harm:
    """What is done to the source, and how the run must end."""

    name: str
    harm: Callable[[Erp], object]
    code: str
    words: str
    error_class: str
    attempts: int
    more: Callable[[Erp], object] = lambda _: None


def _user(error: OraError | None = None, password: str = "segredo") -> Callable[[Erp], object]:
    return lambda erp: erp.server.users.update(APP=User(password, login_error=error))


def _refusing(code: int) -> Callable[[Erp], object]:
    return lambda erp: setattr(erp.server, "refuse", code)


def _fault(do: str, rows: int | None, **more: Any) -> Callable[[Erp], object]:
    of = (rows or 0) + 7000
    return lambda erp: erp.reads("ferida", rows=of, fault=Fault(do, rows=rows, **more))


def _stalled(erp: Erp) -> None:
    erp.reads("parada", rows=20_000, fault=Fault("stall", rows=9000))
    erp.root.put(f"/api/jobs/{erp.job}", {"time_limit_s": 2})


def _one_login(erp: Erp) -> None:
    """An account is never tried again: the first login was that of the version before."""
    assert len(erp.server.did("login failed")) == 1


LOST = "was lost while the query ran"
HARMS = [
    Harm("senha", _user(password="outra"), "source_login_failed", "ORA-01017", "permanent", 1,
         _one_login),
    Harm("bloqueada", _user(OraError(28000, "the account is locked")), "source_login_failed",
         "unlock the account", "permanent", 1, _one_login),
    Harm("servico", _refusing(12514), "source_unreachable", "12514", "transient", 2),
    Harm("fora", lambda erp: erp.server.stop(), "source_unreachable", "DPY-6005", "transient", 2),
    Harm("antes", _fault("rst", None), "source_unreachable", LOST, "transient", 2),
    Harm("linha", _fault("rst", 350_000), "source_unreachable", LOST, "transient", 2),
    Harm("pacote", _fault("half", 12_345), "source_unreachable", LOST, "transient", 2),
    Harm("parada", _stalled, "source_timeout", "longer than 2 seconds", "permanent", 1),
    Harm("velha", _fault("error", 12_345, code=1555, text="snapshot too old"), "source_failed",
         "ORA-01555", "transient", 2),
    Harm("morta", _fault("error", 12_345, code=28, text="your session has been killed"),
         "source_unreachable", LOST, "transient", 2),
]  # fmt: skip


@pytest.mark.parametrize("case", HARMS, ids=lambda case: case.name)
def test_a_harmed_source_ends_a_run_in_words_and_leaves_the_file(
    product: Product, root: Client, case: Harm
) -> None:
    with harmed(product, root, case.name) as erp:
        case.harm(erp)
        run = erp.ended(erp.ask())
        assert (run["state"], run["error_code"]) == ("failed", case.code), run
        assert case.words in run["error_message"]
        assert [attempt["error_class"] for attempt in run["attempts"]] == (
            [case.error_class] * case.attempts
        )
        assert erp.rows_served() == 1
        case.more(erp)
        assert not erp.server.did("stand-in failed")


def test_a_line_lost_once_is_made_good_from_the_first_row(product: Product, root: Client) -> None:
    with harmed(product, root, "uma_vez") as erp:
        erp.reads("ferida", rows=30_000, fault=Fault("rst", rows=12_345, times=1))
        run = erp.ended(erp.ask())
        assert (run["state"], run["attempt"], run["rows"]) == ("succeeded", 2, 30_000)
        assert erp.rows_served() == 30_000


def test_a_server_that_is_away_for_a_while_is_waited_for(product: Product, root: Client) -> None:
    with harmed(product, root, "ausente") as erp:
        erp.server.stop()
        run_id = erp.ask()
        erp.failed_once(run_id)
        erp.starts_again()
        run = erp.ended(run_id)
        assert (run["state"], run["attempt"]) == ("succeeded", 2)
        assert erp.rows_served() == 2000


def test_a_listener_that_sends_elsewhere_is_followed(product: Product, root: Client) -> None:
    with harmed(product, root, "desvio") as erp:
        with Server(erp.script, users={"APP": "segredo"}) as elsewhere:
            erp.server.redirect_to = ("127.0.0.1", elsewhere.port)
            assert erp.ended(erp.ask())["state"] == "succeeded"
            assert len(elsewhere.did("login")) == 1
        assert erp.rows_served() == 2000


def test_a_full_listener_gets_two_minutes_of_peace(product: Product, root: Client) -> None:
    with harmed(product, root, "cheio") as erp:
        erp.server.refuse = 12516
        run_id = erp.ask()
        until = datetime.fromisoformat(erp.failed_once(run_id)["retry_at"])
        assert until > datetime.now(UTC) + timedelta(seconds=60)
        root.post(f"/api/runs/{run_id}/cancel", expect=202)
        assert erp.ended(run_id)["state"] == "cancelled"
        assert len(erp.server.did("refused")) == 1


def test_a_cancelled_run_is_stopped_in_the_database(product: Product, root: Client) -> None:
    with harmed(product, root, "cancelado") as erp:
        erp.reads("sem_fim", rows=2**62)
        run_id = erp.ask()
        wait_for(lambda: (erp.run(run_id)["rows"] or 0) > 0, what="rows to arrive")
        asked_at = time.monotonic()
        root.post(f"/api/runs/{run_id}/cancel", expect=202)
        stopped_at = wait_for(
            lambda: next((e.at for e in erp.server.events if e.detail == 1013), None),
            what="the server to stop the query",
        )
        assert stopped_at - asked_at < CANCEL_WITHIN_S
        run = erp.ended(run_id)
        assert (run["state"], run["attempt"]) == ("cancelled", 1)
        assert erp.rows_served() == 1

"""How Oracle is reached and what its administrator sees: schema, TLS, sessions, round trips."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.base import SourceUnreachable
from dialects.dialect import Dialect
from tests.oracle_standin.test_standin_tls import make as make_certificate
from tests.oracle_standin.tns_standin import Scripted, Server
from tests.sources import Source, oracle_source, with_spec

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

MANY = 30_000


@pytest.fixture
def script() -> Scripted:
    script = Scripted()
    script.on("from t", "A NUMBER(9)", lambda _: ((n,) for n in range(MANY)))
    return script


@pytest.fixture(params=["12c", "19c", "21c", "23ai"])
def oracle(request: pytest.FixtureRequest, script: Scripted) -> Iterator[tuple[Source, Server]]:
    with oracle_source(request.param, script) as found:
        yield found


def test_names_without_an_owner_are_those_of_the_chosen_schema(
    oracle: tuple[Source, Server],
) -> None:
    source, server = oracle
    source.export("select a from t")
    assert server.did("schema") == []
    chosen = with_spec(source, options={"current_schema": "ERP"})
    chosen.export("select a from t")
    assert set(server.did("schema")) == {"ERP"}


def test_a_run_uses_one_session_and_asks_for_many_rows_at_a_time(
    oracle: tuple[Source, Server],
) -> None:
    source, server = oracle
    sink = io.BytesIO()
    with source.open() as session:
        session.describe("select a from t")
        assert session.export_csv("select a from t", sink, Dialect()) == MANY
    assert len({event.session for event in server.events if event.session}) == 1
    assert len(server.did("logoff")) == 1
    # It should need one round trip for each 5,000 rows, the first of them with the query
    assert len(server.did("fetch")) == MANY // 5000
    assert sink.getvalue().count(b"\n") == MANY + 1


def test_a_job_without_a_limit_still_notices_a_dead_line(oracle: tuple[Source, Server]) -> None:
    source, _ = oracle
    with source.open() as session:
        assert session._connection.call_timeout == 0  # type: ignore[attr-defined]
    with source.open(time_limit_s=7) as session:
        assert session._connection.call_timeout == 12_000  # type: ignore[attr-defined]


@pytest.mark.parametrize("profile", ["19c", "23ai"])
def test_tls_with_a_wallet_and_without_it(tmp_path: Path, script: Scripted, profile: str) -> None:
    secured = make_certificate(tmp_path)
    with (
        Server(script, users={"APP": "segredo"}, profile=profile, tls=secured) as server,
        oracle_source(profile) as (source, _),
    ):
        (tmp_path / "tnsnames.ora").write_text(
            f"ERP = (DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST={server.host})(PORT={server.port}))"
            f"(CONNECT_DATA=(SERVICE_NAME={server.service})))\n"
        )
        alias = {"host": None, "port": None, "database": None, "dsn": "ERP"}
        places = {"config_dir": str(tmp_path), "wallet_location": str(tmp_path)}
        known = with_spec(source, **alias, options=places)
        assert known.export("select a from t")[0] == MANY
        by_address = with_spec(
            source, port=server.port, options={"protocol": "tcps", "wallet_location": str(tmp_path)}
        )
        assert by_address.connector.test(by_address.spec).server_version.startswith("Oracle")

        stranger = with_spec(source, **alias, options={"config_dir": str(tmp_path)})
        with pytest.raises(SourceUnreachable, match="CERTIFICATE_VERIFY_FAILED") as refused:
            stranger.connector.test(stranger.spec)
        # It should not knock again at a door whose certificate does not fit
        assert refused.value.transient is False

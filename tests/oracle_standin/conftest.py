"""One listener of each profile and one connection by the real driver."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import oracledb
import pytest

from tests.oracle_standin.tns_standin import Scripted, Server


@pytest.fixture(params=["19c", "23ai", "21c", "12c"])
def profile(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def script() -> Scripted:
    return Scripted()


@pytest.fixture
def server(script: Scripted, profile: str) -> Iterator[Server]:
    with Server(script, users={"APP": "s3cret"}, profile=profile) as s:
        yield s
    assert not s.did("stand-in failed")


@pytest.fixture
def conn(server: Server) -> Iterator[oracledb.Connection]:
    c = oracledb.connect(user="app", password="s3cret", dsn=server.dsn)
    yield c
    with contextlib.suppress(oracledb.Error):
        c.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The driver leaves the socket of a lost connection to the garbage collector."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(
                pytest.mark.filterwarnings(
                    "ignore:unclosed <socket:ResourceWarning",
                )
            )

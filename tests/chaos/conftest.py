"""Fixtures of the chaos suite: one server, one source, one seeded ledger to copy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.ground import Ground, roomy_server
from tests.chaos.nursery import Nursery
from tests.conftest import folder_for_server


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with folder_for_server() as folder, roomy_server(folder) as server, Nursery() as nursery:
        ground = Ground(nursery, server.ensure(), tmp_path_factory.mktemp("chaos"))
        ground.prepare()
        yield ground
        ground.close()

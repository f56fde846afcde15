"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from metadb.engine import DatabaseAddress
from tests.conftest import folder_for_server
from tests.e2e.product import Product


@pytest.fixture(scope="session")
def first_start() -> Iterator[Product]:
    """A product that has had its first start, by the real command, and does not run."""
    with folder_for_server() as folder:
        prepared = Product(folder / "data")
        prepared.prepare()
        assert not prepared.leftovers()
        yield prepared


@pytest.fixture
def product(new_product: Product, first_start: Product) -> Product:
    """Both processes can be started on it; it is as a first start leaves it."""
    new_product.prepare_as(first_start)
    return new_product


@pytest.fixture
def new_product(reachable_folder: Path) -> Iterator[Product]:
    """One before its first start; lost workers are noticed within three seconds."""
    running = Product(
        reachable_folder / "data",
        ASQL_SCHEDULER__HEARTBEAT_S="0.5",
        ASQL_SCHEDULER__LOST_AFTER_S="3",
        ASQL_SCHEDULER__STOP_GRACE_S="5",
    )
    yield running
    running.close()


@pytest.fixture
def source(pg_database: DatabaseAddress) -> DatabaseAddress:
    """A PostgreSQL database with a small shop, read by a role that can only read."""
    connection = psycopg2.connect(**pg_database.keywords())
    with connection, connection.cursor() as cursor:
        cursor.execute(
            """
            create table pedidos as
            select n as pedido, lpad((n % 1000)::text, 3, '0') as codigo,
                   'São João nº ' || n || '; "fundos"' as endereco,
                   (n * 1.37)::numeric(12, 2) as valor,
                   case when n % 3 = 0 then null else n % 7 end as parcelas,
                   date '2024-02-01' + n as dia
            from generate_series(1, 2000) as n;
            create function apaga() returns void language sql as 'delete from pedidos'
            """
        )
    connection.close()
    return pg_database

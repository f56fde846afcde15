"""The servers of the data API's benchmark over the same rows, each as a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

from benchmarks.scheduler_stage import ROOT, Stage

KEY = "benchmark-key-0123456789-abcdefghij"
CLIENT = 4711
ROWS = """
SELECT g AS id, 1 + hash(g) % 20000 AS cliente_id, 'PED-' || lpad(g::VARCHAR, 9, '0') AS codigo,
       ['aberto','pago','enviado','entregue','cancelado'][1 + g % 5] AS status,
       ['José','Conceição','Antônia','João','Fátima'][1 + g % 5] || ' ' ||
       ['da Silva','Gonçalves','de Araújo','Brandão'][1 + g % 4] AS nome,
       ((hash(g + 1) % 100000000) / 100)::DECIMAL(14,2) AS valor,
       CASE WHEN g % 10 < 3 THEN NULL ELSE ((g % 1000000) / 10000)::DECIMAL(7,4) END AS desconto,
       (1 + g % 50)::INTEGER AS quantidade,
       {day} AS data_pedido, {moment} AS criado_em,
       CASE WHEN g % 5 = 0 THEN NULL ELSE 'Pedido conferido, lote ' || g % 90000 END AS observacao
FROM range({rows}) t(g) ORDER BY g
"""
DAY, MOMENT = (
    "DATE '2019-01-01' + (g % 2500)::INTEGER",
    "TIMESTAMP '2019-01-01' + INTERVAL (g * 97) SECOND",
)
TYPES = {
    "id": "integer", "cliente_id": "integer", "codigo": "text", "status": "text", "nome": "text",
    "valor": "decimal", "desconto": "decimal", "quantidade": "integer", "data_pedido": "date",
    "criado_em": "timestamp", "observacao": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Files:
    """The same rows for everybody: ours and the old way's, and what the peers read."""

    ours: Path
    csv: Path
    parquet: Path
    sqlite: Path


@dataclass(frozen=True, slots=True)
class Paths:
    """What is asked of a server; None: it cannot do this."""

    page: str
    filtered: str
    csv: str | None
    json: str | None


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    name: str
    port: int
    process: psutil.Process
    paths: Paths
    headers: Mapping[str, str]

    def peak_mib(self) -> float:
        """The largest memory so far, of it and its children."""
        return sum(_peak_mib(p.pid) for p in (self.process, *self.process.children(recursive=True)))


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def make_files(folder: Path, rows: int) -> Files:
    """Written by DuckDB; SQLite gets the types and the index that its users would give it."""
    files = Files(*(folder / f"pedidos.{end}" for end in ("ours.csv", "csv", "parquet", "db")))
    database = duckdb.connect()
    local = ROWS.format(
        rows=rows,
        day=f"strftime({DAY}, '%d/%m/%Y')",
        moment=f"strftime({MOMENT}, '%d/%m/%Y %H:%M:%S')",
    )
    database.execute(f"COPY ({local}) TO '{files.ours}' (FORMAT csv, DELIMITER ';', HEADER)")
    plain = ROWS.format(rows=rows, day=DAY, moment=MOMENT)
    database.execute(f"COPY ({plain}) TO '{files.csv}' (FORMAT csv, HEADER)")
    database.execute(f"COPY ({plain}) TO '{files.parquet}' (FORMAT parquet)")
    return files


def make_sqlite(files: Files) -> None:
    """For Datasette."""
    import sqlite3

    with duckdb.connect() as database, sqlite3.connect(files.sqlite) as sqlite:
        found = database.execute(f"SELECT * FROM read_parquet('{files.parquet}')")
        numbers = {"integer": "INTEGER", "decimal": "REAL"}
        columns = ", ".join(f"{name} {numbers.get(type_, 'TEXT')}" for name, type_ in TYPES.items())
        sqlite.execute(f"CREATE TABLE pedidos ({columns}, PRIMARY KEY (id))")
        marks = ",".join("?" * len(TYPES))
        while batch := found.fetchmany(20_000):
            rows = [[v if isinstance(v, int | None) else str(v) for v in row] for row in batch]
            sqlite.executemany(f"INSERT INTO pedidos VALUES ({marks})", rows)
        sqlite.execute("CREATE INDEX pedidos_cliente ON pedidos (cliente_id)")


def publish(stage: Stage, file: Path, rows: int) -> None:
    """What a successful run leaves behind: the file among the versions and the pointer to it."""
    folder = Path(stage.environment["ASQL_DATA"]) / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "bench-1.csv"
    target.hardlink_to(file)
    columns = [{"name": n, "type": t, "native_type": ""} for n, t in TYPES.items()]
    stage.ask("INSERT INTO datasets (name, name_key) VALUES ('pedidos', 'pedidos')")
    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    stage.ask(
        """
        WITH version AS (
            INSERT INTO dataset_versions (dataset_id, attempt, file_name, target_path, size_bytes,
                                          rows, sha256, columns, form, data_as_of)
            SELECT dataset_id, 1, 'bench-1.csv', 'pedidos.csv', %s, %s, %s, %s, %s, now()
            FROM datasets WHERE name = 'pedidos' RETURNING version_id, dataset_id)
        UPDATE datasets SET current_version_id = version.version_id
        FROM version WHERE version.dataset_id = datasets.dataset_id
        """,
        file.stat().st_size, rows, digest, json.dumps(columns), json.dumps({"delimiter": ";"}),
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def ours(stage: Stage) -> Iterator[Server]:
    port, base = free_port(), "/api/data/datasets/pedidos"
    paths = Paths(
        f"{base}?limit=100", f"{base}?cliente_id={CLIENT}&limit=100", f"{base}?format=file", base
    )
    keys = {"ASQL_DATA_API__API_KEYS": json.dumps([KEY])}
    with stage.running("backend.py", "--port", str(port), **keys) as process:
        _wait(port)
        _await_ready(port)
        yield Server("AutomacaoSQL", port, process, paths, {"X-API-Key": KEY})


def _await_ready(port: int, limit_s: float = 120.0) -> None:
    """The product listens before its database is open."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/readyz")
        is_ready = connection.getresponse().status == 200
        connection.close()
        if is_ready:
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not get ready")


@contextmanager
def old_way(files: Files) -> Iterator[Server]:
    port, base = free_port(), "/api/data/datasets/pedidos"
    paths = Paths(f"{base}?limit=100", f"{base}?cliente_id={CLIENT}&limit=100", None, base)
    command = [sys.executable, str(ROOT / "benchmarks" / "data_api_old.py"), str(port)]
    with _started("the old way", command, port, paths, {"BENCH_FILE": str(files.ours)}) as server:
        yield server


@contextmanager
def datasette(program: Path, files: Files) -> Iterator[Server]:
    port, base = free_port(), "/pedidos/pedidos"
    plain = "_shape=array&_nocount=1&_nofacet=1"
    paths = Paths(
        f"{base}.json?_size=100&{plain}",
        f"{base}.json?_size=100&{plain}&cliente_id={CLIENT}",
        f"{base}.csv?_stream=1&_size=max",
        f"{base}.json?_size=max&{plain}",
    )
    command = [
        str(program), "serve", "-i", str(files.sqlite), "-p", str(port), "-h", "127.0.0.1",
        "--setting", "max_returned_rows", "2000000", "--setting", "sql_time_limit_ms", "120000",
        "--setting", "max_csv_mb", "0",
    ]  # fmt: skip
    with _started("Datasette", command, port, paths, {}) as server:
        yield server


@contextmanager
def roapi(program: Path, files: Files) -> Iterator[Server]:
    port, base = free_port(), "/api/tables/pedidos"
    paths = Paths(f"{base}?limit=100", f"{base}?limit=100&filter[cliente_id]={CLIENT}", base, base)
    command = [
        str(program), "-a", f"127.0.0.1:{port}", "-p", f"127.0.0.1:{free_port()}",
        "-t", f"pedidos={files.parquet}",
    ]  # fmt: skip
    with _started("ROAPI", command, port, paths, {}) as server:
        yield server


@contextmanager
def _started(
    name: str, command: list[str], port: int, paths: Paths, environment: Mapping[str, str]
) -> Iterator[Server]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield Server(name, port, psutil.Process(process.pid), paths, {})
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(port: int, limit_s: float = 120.0) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 0.5).close()
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")

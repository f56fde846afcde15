"""Disks that are full or may not be written: a sentence, no harm, and back without a restart."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from metadb.engine import DatabaseAddress
from tests.e2e.bodies import manual_job, postgres_body, run_to, save_connection, save_job
from tests.e2e.product import Product
from tests.waiting import wait_for

MEGABYTE = 1 << 20
TWENTY_MEGABYTES = "select n, repeat('x', 1000) as texto from generate_series(1, 20000) as n"


def mount_tmpfs(folder: Path, options: str) -> None:
    """A file system of its own at `folder`; skips the test where nobody lets us mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here, so no small disk can be made")
    if done.returncode:
        pytest.skip(f"this account may not mount a small disk: {done.stderr.strip()}")


@pytest.fixture
def small_disk(reachable_folder: Path) -> Iterator[Path]:
    """A disk of 40 MB for everything the product writes."""
    folder = reachable_folder / "data"
    mount_tmpfs(folder, "size=40m,mode=755")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def crowded(small_disk: Path, source: DatabaseAddress) -> Iterator[Product]:
    """The product with its data on the small disk and its metadata database elsewhere."""
    running = Product(
        small_disk,
        ASQL_POSTGRES__HOSTNAME=source.host,
        ASQL_POSTGRES__PORT=str(source.port),
        ASQL_POSTGRES__DATABASE=source.dbname,
        ASQL_POSTGRES__USERNAME=source.user,
        ASQL_POSTGRES__PASSWORD=source.password,
    )
    yield running
    running.close()


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_full_disk_fails_the_run_and_spares_the_version_before(
    crowded: Product, source: DatabaseAddress
) -> None:
    crowded.prepare()
    crowded.start_both()
    root, reader = crowded.login(), crowded.reader()
    connection_id = save_connection(root, postgres_body(source))
    job_id = save_job(root, manual_job("cheio", connection_id, "select 1 as um"))
    run_to(root, job_id, "succeeded")
    before = _files(crowded.data / "versions") | _files(crowded.data / "csv")

    root.put(f"/api/jobs/{job_id}", {"sql_script": TWENTY_MEGABYTES})
    filler = crowded.data / "filler"
    filler.write_bytes(bytes(30 * MEGABYTE))
    failed = run_to(root, job_id, "failed")
    assert failed["error_code"] == "disk_full"
    assert "Make room" in failed["error_message"]
    assert str(crowded.data) in failed["error_message"]
    assert reader.dataset("testes/cheio") == [{"um": 1}]
    assert (crowded.data / "csv/testes/cheio.csv").read_text() == "um\n1\n"
    assert _files(crowded.data / "versions") | _files(crowded.data / "csv") == before

    # Not one byte free: the console and the log overflow lie on this disk as well
    with filler.open("ab", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    assert run_to(root, job_id, "failed")["error_code"] == "disk_full"
    assert reader.dataset("testes/cheio") == [{"um": 1}]

    filler.unlink()
    assert run_to(root, job_id, "succeeded")["rows"] == 20_000
    assert len(reader.dataset("testes/cheio")) == 20_000
    assert all(process.poll() is None for process in crowded.processes.values())


def test_export_folder_that_cannot_be_written_is_named(
    product: Product, source: DatabaseAddress
) -> None:
    product.start_both()
    root = product.login()
    connection_id = save_connection(root, postgres_body(source))
    csv = product.data / "csv"
    csv.mkdir(exist_ok=True)
    (csv / "arquivo").write_text("a file where a folder is wanted")
    job = manual_job("a", connection_id, "select 1 as um", export_path="arquivo/vendas")
    failed = run_to(root, save_job(root, job), "failed")
    assert failed["error_code"] == "folder_not_writable"
    assert "arquivo/vendas" in failed["error_message"]
    assert "choose another folder" in failed["error_message"]

    readonly = csv / "fechado"
    mount_tmpfs(readonly, "ro")
    try:
        job = manual_job("b", connection_id, "select 1 as um", export_path="fechado/vendas")
        job_id = save_job(root, job)
        failed = run_to(root, job_id, "failed")
        assert failed["error_code"] == "folder_not_writable"
        assert "Read-only file system" in failed["error_message"]
        subprocess.run(["mount", "-o", "remount,rw", str(readonly)], check=True)
        assert run_to(root, job_id, "succeeded")["rows"] == 1
    finally:
        subprocess.run(["umount", "--lazy", str(readonly)], check=True)


def test_published_version_whose_file_cannot_be_placed_keeps_a_warning(
    product: Product, source: DatabaseAddress
) -> None:
    product.start_both()
    root = product.login()
    connection_id = save_connection(root, postgres_body(source))
    job_id = save_job(root, manual_job("pasta", connection_id, "select 1 as um"))
    blocked = product.data / "csv" / "testes" / "pasta.csv"
    blocked.mkdir(parents=True)
    done = run_to(root, job_id, "succeeded")
    # The file is placed once the run has succeeded
    path = f"/api/runs/{done['run_id']}"
    warning = wait_for(lambda: root.get(path)["warning"], what="the warning")
    assert "is a folder" in warning
    assert product.reader().dataset("testes/pasta") == [{"um": 1}]
    assert "run_failed" not in product.output("schedule")
    assert "run_succeeded" in product.output("schedule")

    # Where versions cannot be kept, the run should say which folder and why
    versions = product.data / "versions"
    versions.rename(product.data / "away")
    versions.write_text("a file where a folder is wanted")
    failed = run_to(root, job_id, "failed")
    assert failed["error_code"] == "folder_not_writable"
    assert str(versions) in failed["error_message"]

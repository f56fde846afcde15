"""A chain of jobs whose worker is killed at its joints: every link runs once."""

from __future__ import annotations

from pathlib import Path

from metadb.engine import DatabaseAddress
from tests.e2e.bodies import manual_job, postgres_body, save_connection, save_job
from tests.e2e.product import Client, Product
from tests.waiting import wait_for


def _killed_at(product: Product, name: str, once: Path) -> None:
    """A daemon that kills itself there, the first time it comes by; wait until it is gone."""
    process = product.start("schedule", FAILPOINT=f"{name}:kill", FAILPOINT_ONCE=str(once))
    wait_for(lambda: process.poll() is not None, timeout_s=90, what=f"the kill at {name}")
    del product.processes["schedule"]


def _chain(root: Client, source: DatabaseAddress) -> list[int]:
    connection = save_connection(root, postgres_body(source))
    numbers: list[int] = []
    for name in ("a", "b", "c"):
        after = [{"job_id": number, "condition": "success"} for number in numbers[-1:]]
        body = manual_job(name, connection, "select :hoje as dia", after=after)
        numbers.append(save_job(root, body | {"job_status": "Y" if after else "N"}))
    return numbers


def test_a_chain_goes_on_where_its_worker_was_killed(
    product: Product, source: DatabaseAddress, tmp_path: Path
) -> None:
    product.start("backend")
    product.start("schedule")
    product.wait_until_ready()
    root = product.login()
    first, second, third = _chain(root, source)
    product.stop("schedule")

    run_id = root.post(f"/api/jobs/{first}/runs", expect=202)["run_id"]
    # Killed before the end of the first link: it is repeated, and nobody follows
    _killed_at(product, "before_publish_commit", tmp_path / "one")
    assert (root.runs_of(second), root.get(f"/api/runs/{run_id}")["state"]) == ([], "running")
    # Killed after its end was committed, before the next link could start
    _killed_at(product, "before_projection", tmp_path / "two")
    assert root.get(f"/api/runs/{run_id}")["state"] == "succeeded"
    (waiting,) = root.runs_of(second)
    assert (waiting["state"], waiting["caused_by_run_id"]) == ("queued", run_id)

    product.start("schedule")
    last = root.wait_for_run(third, "succeeded", timeout_s=90)
    runs = {number: root.runs_of(number) for number in (first, second, third)}
    assert [len(found) for found in runs.values()] == [1, 1, 1]
    assert last["caused_by_run_id"] == waiting["run_id"]
    assert len({run["reference_date"] for found in runs.values() for run in found}) == 1
    attempts = root.get(f"/api/runs/{run_id}")["attempts"]
    assert [attempt["state"] for attempt in attempts] == ["interrupted", "succeeded"]

"""A version that was published is delivered, also when the daemon is killed on the way."""

from __future__ import annotations

from metadb.engine import DatabaseAddress
from tests.e2e.product import Product
from tests.waiting import wait_for


def test_delivery_survives_kill_9_of_the_daemon(product: Product, source: DatabaseAddress) -> None:
    product.start("backend")
    fired = product.data / "fired"
    product.start("schedule", FAILPOINT="before_delivery_rename:kill", FAILPOINT_ONCE=str(fired))
    product.wait_until_ready()
    root = product.login()
    connection = root.post(
        "/api/connections",
        {
            "name": "loja",
            "kind": "postgres",
            "host": source.host,
            "port": source.port,
            "database": source.dbname,
            "username": source.user,
            "password": source.password,
        },
    )
    share = product.data / "csv" / "parceiro"
    share.mkdir(parents=True)
    target = root.post(
        "/api/targets", {"name": "Parceiro", "kind": "folder", "options": {"folder": "parceiro"}}
    )
    job_id = root.post(
        "/api/jobs",
        {
            "job_name": "pedidos",
            "export_path": ".",
            "export_name": "pedidos",
            "sql_script": "select * from pedidos order by 1",
            "connection_id": connection["connection_id"],
            "targets": [{"target_id": target["target_id"], "path": "dia/"}],
        },
    )["job_id"]
    root.post(f"/api/jobs/{job_id}/runs", expect=202)
    wait_for(fired.exists, timeout_s=120, what="the daemon to be killed before the rename")
    product.processes["schedule"].wait(timeout=60)

    # The dataset is published all the same, and nothing half stands at the target
    run = root.wait_for_run(job_id, "succeeded")
    delivered = share / "dia" / "pedidos.csv"
    assert not delivered.exists()
    assert len(root.dataset("pedidos")) == 2000
    (waiting,) = root.get(f"/api/runs/{run['run_id']}/deliveries")
    assert waiting["state"] == "delivering"

    product.kill("schedule")
    product.start("schedule")
    done = wait_for(
        lambda: next(
            (
                delivery
                for delivery in root.get(f"/api/runs/{run['run_id']}/deliveries")
                if delivery["state"] == "delivered"
            ),
            None,
        ),
        timeout_s=120,
        what="the delivery to be made after all",
    )
    assert done["attempt"] == 2
    assert delivered.read_bytes() == (product.data / "csv" / "pedidos.csv").read_bytes()

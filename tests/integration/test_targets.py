"""Targets by HTTP: what they must hold, secrets that stay inside, files that are one job's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import DatasetVersion, Delivery, Target
from services import deliveries
from services.targets import store_of
from tests.integration.conftest import Cast, job_body
from tests.integration.test_api_datasets import CONTENT, publish
from tests.sftp_server import PASSWORD, USERNAME, SftpServer
from vocabulary import DeliveryState

SFTP = {
    "name": "Parceiro",
    "kind": "sftp",
    "options": {"host": "sftp.example.com", "username": "empresa"},
    "secret": "segredo-do-parceiro",
}
S3 = {
    "name": "Nuvem",
    "kind": "s3",
    "options": {"endpoint": "https://s3.example.com", "bucket": "vendas", "key_id": "AKIA"},
    "secret": "chave-secreta",
}


def made(cast: Cast, body: dict[str, Any]) -> int:
    response = cast.moderator.post("/api/targets", body)
    assert response.status_code == 201, response.text
    return int(response.json["target_id"])


def folder(cast: Cast, name: str = "Pasta", below: str = "entrega") -> int:
    return made(cast, {"name": name, "kind": "folder", "options": {"folder": below}})


def test_targets_are_saved_with_defaults_and_shown_without_secrets(cast: Cast) -> None:
    number = made(cast, SFTP)
    shown = cast.normal.get(f"/api/targets/{number}")
    assert shown.json["options"] == {
        "host": "sftp.example.com",
        "port": 22,
        "username": "empresa",
        "folder": "",
        "host_key": None,
    }
    assert shown.json["has_secret"] is True
    made(cast, S3)
    listed = cast.normal.get("/api/targets")
    assert [target["name"] for target in listed.json] == ["Nuvem", "Parceiro"]
    assert listed.json[0]["options"]["region"] == "us-east-1"
    for answer in (shown, listed):
        assert "segredo" not in answer.text
        assert "secreta" not in answer.text
    with unit_of_work() as session:
        stored = session.scalars(select(Target.secret_encrypted)).all()
    assert all(secret and secret.startswith("v1:") for secret in stored)


def test_secret_is_bound_to_its_target(cast: Cast, settings: Settings) -> None:
    made(cast, SFTP)
    other = made(cast, {**SFTP, "name": "Outro", "secret": "outro-segredo"})
    with unit_of_work() as session:
        first = session.scalars(select(Target).where(Target.target_id != other)).one()
        assert "segredo-do-parceiro" in vars_of(store_of(first, settings))
        moved = session.get_one(Target, other)
        moved.secret_encrypted = first.secret_encrypted
        with pytest.raises(Exception, match="cannot be opened"):
            store_of(moved, settings)
        session.rollback()


def vars_of(store: object) -> list[object]:
    return [getattr(store, name) for name in store.__slots__]  # type: ignore[attr-defined]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "name"),
    ({"kind": "ftp"}, "kind"),
    ({"options": {"host": "a b", "username": "x"}}, "options.host"),
    ({"options": {"host": "a"}}, "options.username"),
    ({"options": {"host": "a", "username": "x", "port": 0}}, "options.port"),
    ({"options": {"host": "a", "username": "x", "port": True}}, "options.port"),
    ({"options": {"host": "a", "username": "x", "folder": "../etc"}}, "options.folder"),
    ({"options": {"host": "a", "username": "x", "host_key": "abc"}}, "options.host_key"),
    ({"options": {"host": "a", "username": "x", "passwort": "y"}}, "options.passwort"),
    ({"kind": "folder", "options": {"folder": "/etc"}}, "options.folder"),
    ({"kind": "folder", "options": {"folder": "../.."}}, "options.folder"),
    ({"kind": "s3", "options": {"bucket": "B", "key_id": "k"}}, "options.bucket"),
    (
        {"kind": "s3", "options": {"bucket": "bbb", "key_id": "k", "endpoint": "ftp://x"}},
        "options.endpoint",
    ),
    (
        {"kind": "s3", "options": {"bucket": "bbb", "key_id": "k", "endpoint": "http://u@x"}},
        "options.endpoint",
    ),
]


def test_targets_that_cannot_be_are_refused(cast: Cast) -> None:
    for change, field in REFUSED:
        refused = cast.moderator.post("/api/targets", {**SFTP, **change})
        assert (refused.status_code, refused.json["code"]) == (422, "target_invalid"), change
        assert [fault["field"] for fault in refused.json["errors"]] == [field]


def test_folder_of_a_share_is_allowed_by_the_settings(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    body = {"name": "Rede", "kind": "folder", "options": {"folder": str(share / "x")}}
    assert cast.moderator.post("/api/targets", body).status_code == 422
    settings.data_api.delivery_roots.append(str(share))
    assert cast.moderator.post("/api/targets", body).status_code == 201


def test_names_are_taken_once(cast: Cast) -> None:
    made(cast, SFTP)
    number = made(cast, S3)
    for refused in (
        cast.moderator.post("/api/targets", SFTP),
        cast.moderator.put(f"/api/targets/{number}", {"name": "Parceiro"}),
    ):
        assert (refused.status_code, refused.json["code"]) == (409, "target_exists")
    same = cast.moderator.put(f"/api/targets/{number}", {"name": "Nuvem"})
    assert same.json == {"msg": "no changes"}


def test_stored_secret_does_not_follow_to_another_server(cast: Cast) -> None:
    number = made(cast, SFTP)
    path = f"/api/targets/{number}"
    elsewhere = {"options": {"host": "evil.example", "username": "empresa"}}
    refused = cast.moderator.put(path, elsewhere)
    assert (refused.status_code, refused.json["code"]) == (422, "target_secret_required")
    assert cast.normal.get(path).json["options"]["host"] == "sftp.example.com"
    assert cast.moderator.put(path, {**elsewhere, "secret": "novo"}).json == {"msg": "updated"}
    # Confirming a key for the first time is no other server
    confirmed = {**elsewhere["options"], "host_key": "SHA256:" + "a" * 43}
    assert cast.moderator.put(path, {"options": confirmed}).json == {"msg": "updated"}
    changed = {**confirmed, "host_key": "SHA256:" + "b" * 43}
    assert cast.moderator.put(path, {"options": changed}).status_code == 422
    assert cast.root.put(path, {"options": changed}).json == {"msg": "updated"}


def test_server_is_tested_confirmed_and_tested_again(cast: Cast, tmp_path: Path) -> None:
    with SftpServer(tmp_path) as server:
        options = {"host": "127.0.0.1", "port": server.port, "username": USERNAME}
        number = made(cast, {**SFTP, "options": options, "secret": PASSWORD})
        first = cast.moderator.post(f"/api/targets/{number}/test").json
        assert (first["ok"], first["host_key"]) == (False, server.fingerprint)
        assert server.logins == []
        options |= {"host_key": first["host_key"]}
        assert cast.moderator.put(f"/api/targets/{number}", {"options": options}).status_code == 200
        assert cast.moderator.post(f"/api/targets/{number}/test").json["ok"] is True
        assert list(tmp_path.iterdir()) == []
        cast.moderator.put(f"/api/targets/{number}", {"secret": "wrong"})
        wrong = cast.moderator.post(f"/api/targets/{number}/test")
        assert (wrong.status_code, wrong.json["code"]) == (502, "target_login_failed")


# --- jobs


def new_job(cast: Cast, name: str, *targets: tuple[int, str], **fields: Any) -> Any:
    body = job_body(job_name=name, export_name=name, **fields)
    wanted = [{"target_id": number, "path": path} for number, path in targets]
    return cast.root.post("/api/jobs", {**body, "targets": wanted})


def test_targets_of_a_job_are_saved_changed_and_shown(cast: Cast, connection_id: int) -> None:
    number, other = folder(cast), folder(cast, "Outra", "outra")
    created = new_job(cast, "a", (number, "a/{data:%Y-%m}.csv"))
    assert created.status_code == 201, created.text
    path = f"/api/jobs/{created.json['job_id']}"
    assert cast.normal.get(path).json["targets"] == [
        {"target_id": number, "path": "a/{data:%Y-%m}.csv"}
    ]
    assert cast.root.put(path, {"job_name": "A"}).json == {"msg": "updated"}
    assert len(cast.normal.get(path).json["targets"]) == 1
    both = [{"target_id": number, "path": "b.csv"}, {"target_id": other, "path": ""}]
    assert cast.root.put(path, {"targets": both}).json == {"msg": "updated"}
    assert cast.root.put(path, {"targets": both}).json == {"msg": "no changes"}
    assert cast.normal.get("/api/jobs").json[0]["targets"] == both
    in_use = cast.moderator.delete(f"/api/targets/{number}")
    assert (in_use.status_code, in_use.json["code"]) == (409, "target_in_use")
    assert "deliver to Pasta: A." in in_use.json["detail"]
    assert cast.root.put(path, {"targets": []}).json == {"msg": "updated"}
    assert cast.moderator.delete(f"/api/targets/{number}").json == {"msg": "deleted"}
    clone = cast.root.post(f"{path}/clone", {"job_name": "Cópia"})
    assert cast.normal.get(f"/api/jobs/{clone.json['job_id']}").json["targets"] == []


def test_paths_that_cannot_be_are_refused(cast: Cast, connection_id: int) -> None:
    number = folder(cast)
    for path in (
        "../x.csv", "a//b.csv", "CON.csv", "a:b.csv", "{data:%H}.csv", "{hoje}.csv", "{data:x}",
    ):  # fmt: skip
        refused = new_job(cast, "a", (number, path))
        assert (refused.status_code, refused.json["code"]) == (422, "target_invalid"), path
        assert [fault["field"] for fault in refused.json["errors"]] == ["targets.0.path"]


def test_two_jobs_never_write_the_same_file(cast: Cast, connection_id: int) -> None:
    number = folder(cast)
    nested = folder(cast, "Dentro", "entrega/sub")
    assert new_job(cast, "a", (number, "sub/a.csv")).status_code == 201
    for targets in ([(number, "SUB/A.csv")], [(nested, "a.csv")], [(nested, "A.CSV")]):
        refused = new_job(cast, "b", *targets)
        assert (refused.status_code, refused.json["code"]) == (409, "target_path_taken"), targets
        assert "Job 'a'" in refused.json["detail"]
    # One job, two targets, one place
    assert new_job(cast, "c", (number, "sub/c.csv"), (nested, "c.csv")).status_code == 409
    # Its own name below the folder of another
    assert new_job(cast, "d", (nested, "")).status_code == 201
    assert new_job(cast, "e", (number, "sub/d.csv")).status_code == 409
    assert new_job(cast, "f", (number, "sub/f.csv"), (nested, "g.csv")).status_code == 201
    # An accent as one sign or as two
    assert new_job(cast, "h", (number, "sub/a\u00e7o.csv")).status_code == 201
    assert new_job(cast, "i", (number, "sub/ac\u0327o.csv")).status_code == 409


def test_nobody_delivers_over_an_exported_file(cast: Cast, connection_id: int) -> None:
    number = folder(cast, below=".")
    first = new_job(cast, "a")
    assert first.status_code == 201
    assert new_job(cast, "b", (number, "vendas/a.csv")).status_code == 409
    assert new_job(cast, "b", (number, "vendas/b.csv")).status_code == 409
    assert new_job(cast, "b", (number, "vendas/c.csv")).status_code == 201
    # And nobody exports over a delivered one
    assert new_job(cast, "c").status_code == 409
    moved = cast.root.put(f"/api/jobs/{first.json['job_id']}", {"export_name": "c"})
    assert (moved.status_code, moved.json["code"]) == (409, "target_path_taken")


# --- deliveries


def test_deliveries_are_listed_and_tried_again(
    cast: Cast, settings: Settings, connection_id: int
) -> None:
    number = folder(cast)
    job_id = new_job(cast, "a", (number, "a.csv")).json["job_id"]
    run_id = cast.root.post(f"/api/jobs/{job_id}/runs").json["run_id"]
    version_id = publish(settings, "vendas/a", CONTENT)
    with unit_of_work() as session:
        version = session.get_one(DatasetVersion, version_id)
        version.run_id = run_id
        session.flush()
        deliveries.queue(session, version)
    (shown,) = cast.normal.get(f"/api/runs/{run_id}/deliveries").json
    assert (shown["state"], shown["target_name"], shown["path"]) == ("waiting", "Pasta", "a.csv")
    for query, total in (
        ("", 1),
        ("state=waiting", 1),
        ("state=failed", 0),
        (f"target_id={number}&job_id={job_id}&run_id={run_id}", 1),
        ("job_id=999", 0),
    ):
        page = cast.normal.get(f"/api/deliveries?{query}").json
        assert (page["total"], len(page["items"])) == (total, total), query
    assert cast.normal.get("/api/deliveries?state=lost").status_code == 422
    path = f"/api/deliveries/{shown['delivery_id']}/retry"
    with unit_of_work() as session:
        session.execute(update(Delivery).values(state=DeliveryState.FAILED, next_try_at=None))
    again = cast.moderator.post(path)
    assert (again.status_code, again.json["state"], again.json["attempt"]) == (200, "waiting", 0)
    with unit_of_work() as session:
        session.execute(update(Delivery).values(state=DeliveryState.DELIVERED))
    done = cast.moderator.post(path)
    assert (done.status_code, done.json["code"]) == (409, "delivery_not_failed")
    assert cast.normal.get("/api/runs/999/deliveries").status_code == 404

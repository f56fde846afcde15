"""Stored secrets: sealed, bound to their row, sealed anew with a new key, shown nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

import models
from auxiliares import Settings, datafile_path, load_settings
from metadb.engine import unit_of_work
from models import Connection, Target
from services import connections, targets
from services.secret_rotation import SEALED, SecretKeyElsewhere, reseal, rotate_secret_key
from stored_secrets import SecretUnreadable
from tests.integration.conftest import Cast, connection_body

PASSWORD = "segredo-do-banco"
S3 = {"bucket": "balde", "key_id": "k", "endpoint": "http://127.0.0.1:9", "region": "x"}


@pytest.fixture
def stored(settings: Settings, cast: Cast, tmp_path: Path) -> Settings:
    """A connection and a target with secrets, and a datafile that holds the key."""
    path = tmp_path / "data" / "datafile.json"
    path.parent.mkdir(exist_ok=True)
    key = settings.backend.secret_key.get_secret_value()
    path.write_text(json.dumps({"backend": {"secret_key": key}}), encoding="utf-8")
    assert cast.root.post("/api/connections", connection_body()).status_code == 201
    with unit_of_work() as session:
        fields = targets.TargetFields(name="loja", kind="s3", options=S3, secret="segredo-s3")
        targets.create_target(session, fields, settings=settings)
    return settings


def seal_again(settings: Settings) -> int:
    with unit_of_work() as session:
        return reseal(session, settings)


def opened(settings: Settings) -> str:
    with unit_of_work() as session:
        return connections.spec_of(session.query(Connection).one(), settings).password


def sealed() -> list[str | None]:
    with unit_of_work() as session:
        return [
            session.query(Connection.password_encrypted).scalar(),
            session.query(Target.secret_encrypted).scalar(),
        ]


def test_security_stored_secrets_are_sealed_anew_with_a_new_key(stored: Settings) -> None:
    before = sealed()
    assert rotate_secret_key(datafile_path(), seal_again=seal_again) == 2
    settings = load_settings()
    assert settings.backend.secret_key != stored.backend.secret_key
    assert settings.backend.previous_secret_key is None
    assert all(old != new for old, new in zip(before, sealed(), strict=True))
    assert opened(settings) == PASSWORD
    with pytest.raises(SecretUnreadable):
        opened(stored)


def test_security_stored_secrets_survive_a_rotation_that_is_killed(stored: Settings) -> None:
    class KilledError(Exception):
        pass

    def killed_before(_settings: Settings) -> int:
        raise KilledError

    def killed_in_the_middle(settings: Settings) -> int:
        with unit_of_work() as session:
            reseal(session, settings)
            raise KilledError

    before = sealed()
    for end in (killed_before, killed_in_the_middle):
        with pytest.raises(KilledError):
            rotate_secret_key(datafile_path(), seal_again=end)
        # Nothing is half done, and what is stored can be read all the while.
        assert sealed() == before
        assert opened(load_settings()) == PASSWORD
    half = load_settings().backend
    rotate_secret_key(datafile_path(), seal_again=seal_again)
    # The key that was begun with is the one that stays.
    assert load_settings().backend.secret_key == half.secret_key
    assert opened(load_settings()) == PASSWORD


def test_security_stored_secrets_a_key_of_the_environment_is_not_replaced(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stored.backend.secret_key.get_secret_value()
    monkeypatch.setenv("ASQL_BACKEND__SECRET_KEY", old)
    with pytest.raises(SecretKeyElsewhere, match="ASQL_BACKEND__PREVIOUS_SECRET_KEY"):
        rotate_secret_key(datafile_path(), seal_again=seal_again)
    monkeypatch.setenv("ASQL_BACKEND__SECRET_KEY", "n" * 40)
    monkeypatch.setenv("ASQL_BACKEND__PREVIOUS_SECRET_KEY", old)
    assert rotate_secret_key(datafile_path(), seal_again=seal_again) == 2
    monkeypatch.delenv("ASQL_BACKEND__PREVIOUS_SECRET_KEY")
    assert opened(load_settings()) == PASSWORD


def test_security_stored_secrets_every_sealed_column_is_sealed_anew() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in models.Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_encrypted")
    }
    assert columns == {f"{table.__tablename__}.{column}" for table, column, _, _ in SEALED}


def test_security_stored_secrets_do_not_open_in_another_row(stored: Settings, cast: Cast) -> None:
    assert cast.root.post("/api/connections", connection_body(name="outra")).status_code == 201
    with unit_of_work() as session:
        session.execute(
            text(
                "update connections set password_encrypted ="
                " (select password_encrypted from connections order by connection_id limit 1)"
            )
        )
    with unit_of_work() as session:
        first, second = session.query(Connection).order_by(Connection.connection_id)
        assert connections.spec_of(first, stored).password == PASSWORD
        with pytest.raises(SecretUnreadable):
            connections.spec_of(second, stored)

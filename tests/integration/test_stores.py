"""Every kind of target against the real thing: whole files, verified, and faults in plain words."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import paramiko
import pytest
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from datafiles.stores.base import (
    DeliveryAbandoned,
    DeliveryNotVerified,
    DeliverySourceUnfit,
    Parcel,
    Store,
    TargetHostKeyChanged,
    TargetHostKeyUnknown,
    TargetLoginFailed,
    TargetRefused,
    TargetUnreachable,
)
from datafiles.stores.folder import FolderStore, TargetFull
from datafiles.stores.s3 import PART_BYTES, S3Store
from datafiles.stores.sftp import SftpStore
from tests.chaos_proxy import ChaosProxy
from tests.process_task import TASK
from tests.sftp_server import PASSWORD, USERNAME, SftpServer
from tests.waiting import wait_for

SMALL = b"A;B\n1;\xc3\xa9\n"
LARGE = b"0123456789abcdef" * ((PART_BYTES + 1_000_000) // 16)


class Free:
    """A delivery nobody else claims; counts what it is asked."""

    def __init__(self) -> None:
        self.checks = self.confirmations = 0

    def check(self) -> None:
        self.checks += 1

    def confirm(self) -> None:
        self.confirmations += 1


class Lost(Free):
    """A delivery that is lost when it is asked for the last time."""

    def confirm(self) -> None:
        raise DeliveryAbandoned("superseded")


def parcel(folder: Path, data: bytes, path: str = "vendas/diário 1.csv") -> Parcel:
    source = folder / f"version-{len(data)}.csv"
    source.write_bytes(data)
    return Parcel(
        source=source,
        path=path,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        label="7-1",
    )


def files_below(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file()
    }


# --- folders


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    root = tmp_path / "destino"
    root.mkdir()
    return FolderStore(root)


@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
def test_file_appears_in_the_folder_whole(folder: FolderStore, tmp_path: Path, data: bytes) -> None:
    hold = Free()
    folder.deliver(parcel(tmp_path, data), hold)
    assert files_below(folder.folder) == {"vendas/diário 1.csv": data}
    assert hold.confirmations == 1
    folder.deliver(parcel(tmp_path, b"newer"), Free())
    assert files_below(folder.folder) == {"vendas/diário 1.csv": b"newer"}


def test_folder_that_is_not_mounted_is_not_made(folder: FolderStore, tmp_path: Path) -> None:
    folder.folder.rmdir()
    for act in (folder.test, lambda: folder.deliver(parcel(tmp_path, SMALL), Free())):
        with pytest.raises(TargetUnreachable, match="Mount the share") as refused:
            act()
        assert refused.value.is_transient
    assert not folder.folder.exists()


def test_link_that_leads_out_of_the_folder_is_refused(folder: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder.folder / "vendas").symlink_to(tmp_path / "outside")
    with pytest.raises(TargetRefused, match="symbolic link"):
        folder.deliver(parcel(tmp_path, SMALL), Free())
    assert files_below(tmp_path / "outside") == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a folder it writes into")
def test_folder_that_becomes_a_link_meanwhile_leads_nowhere(
    folder: FolderStore, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()

    class Swapping(Free):
        def confirm(self) -> None:
            (folder.folder / "vendas").rename(folder.folder / "antes")
            (folder.folder / "vendas").symlink_to(tmp_path / "outside")

    folder.deliver(parcel(tmp_path, SMALL), Swapping())
    assert files_below(tmp_path / "outside") == {}
    assert files_below(folder.folder) == {"antes/diário 1.csv": SMALL}


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"this account may not mount a small disk: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_folder_keeps_the_file_before_and_is_tried_again(
    folder: FolderStore, tmp_path: Path
) -> None:
    with mounted(folder.folder, "size=4m"):
        folder.deliver(parcel(tmp_path, SMALL), Free())
        with pytest.raises(TargetFull, match="No space left") as refused:
            folder.deliver(parcel(tmp_path, LARGE), Free())
        assert refused.value.is_transient
        assert files_below(folder.folder) == {"vendas/diário 1.csv": SMALL}


def test_read_only_folder_needs_somebody(folder: FolderStore, tmp_path: Path) -> None:
    with mounted(folder.folder, "ro"):
        for act in (folder.test, lambda: folder.deliver(parcel(tmp_path, SMALL), Free())):
            with pytest.raises(TargetRefused, match="cannot be written to") as refused:
                act()
            assert not refused.value.is_transient


def test_folder_where_the_file_belongs_is_refused(folder: FolderStore, tmp_path: Path) -> None:
    (folder.folder / "vendas" / "diário 1.csv" / "x").mkdir(parents=True)
    with pytest.raises(TargetRefused, match="is a folder"):
        folder.deliver(parcel(tmp_path, SMALL), Free())


def test_leftovers_of_killed_deliveries_go_with_the_next_one(
    folder: FolderStore, tmp_path: Path
) -> None:
    below = folder.folder / "vendas"
    below.mkdir()
    old, young = (below / f".diário 1.csv.{n * 12}.part" for n in "ab")
    foreign = below / ".outro.csv.aaaaaaaaaaaa.part"
    for file in (old, young, foreign):
        file.write_bytes(b"half")
    for file in (old, foreign):
        os.utime(file, (time.time() - 7200,) * 2)
    folder.deliver(parcel(tmp_path, SMALL), Free())
    assert sorted(file.name for file in below.iterdir()) == sorted(
        [young.name, foreign.name, "diário 1.csv"]
    )


# --- SFTP


@pytest.fixture(scope="module")
def private_key() -> paramiko.PKey:
    return paramiko.ECDSAKey.generate()


@pytest.fixture
def server(tmp_path: Path, private_key: paramiko.PKey) -> Iterator[SftpServer]:
    root = tmp_path / "sftp"
    (root / "entrada").mkdir(parents=True)
    with SftpServer(root, allowed_key=private_key) as running:
        yield running


@pytest.fixture
def sftp(server: SftpServer) -> SftpStore:
    return SftpStore(
        host="127.0.0.1",
        port=server.port,
        username=USERNAME,
        secret=PASSWORD,
        folder="entrada",
        host_key=server.fingerprint,
    )


@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
def test_file_appears_on_the_server_whole(
    sftp: SftpStore, server: SftpServer, tmp_path: Path, data: bytes
) -> None:
    hold = Free()
    sftp.deliver(parcel(tmp_path, data), hold)
    assert files_below(server.root) == {"entrada/vendas/diário 1.csv": data}
    assert hold.confirmations == 1
    sftp.deliver(parcel(tmp_path, b"newer"), Free())
    assert files_below(server.root) == {"entrada/vendas/diário 1.csv": b"newer"}


def test_server_without_posix_rename_gets_the_file_too(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    server.is_old = True
    for data in (SMALL, b"newer"):
        sftp.deliver(parcel(tmp_path, data), Free())
        assert files_below(server.root) == {"entrada/vendas/diário 1.csv": data}


def test_file_before_comes_back_when_the_new_one_gets_no_name(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    server.is_old = True
    sftp.deliver(parcel(tmp_path, SMALL), Free())
    server.refuses_names = True
    with pytest.raises(TargetUnreachable):
        sftp.deliver(parcel(tmp_path, b"newer"), Free())
    assert files_below(server.root) == {"entrada/vendas/diário 1.csv": SMALL}


@pytest.mark.parametrize("is_old", [True, False])
def test_folder_where_the_file_belongs_stays_on_the_server(
    sftp: SftpStore, server: SftpServer, tmp_path: Path, *, is_old: bool
) -> None:
    server.is_old = is_old
    there = server.root / "entrada" / "vendas" / "diário 1.csv"
    there.mkdir(parents=True)
    with pytest.raises(TargetUnreachable):
        sftp.deliver(parcel(tmp_path, SMALL), Free())
    assert there.is_dir()
    assert files_below(server.root) == {}


def test_login_with_a_private_key(
    sftp: SftpStore, server: SftpServer, private_key: paramiko.PKey, tmp_path: Path
) -> None:
    text = io.StringIO()
    private_key.write_private_key(text)
    replace(sftp, secret=text.getvalue()).deliver(parcel(tmp_path, SMALL), Free())
    assert len(files_below(server.root)) == 1
    assert server.logins == []
    damaged = text.getvalue().replace("A", "B")
    with pytest.raises(TargetLoginFailed):
        replace(sftp, secret=damaged).test()


def test_unknown_server_gets_no_secret_and_shows_its_key(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    unknown = replace(sftp, host_key=None)
    report = unknown.test()
    assert (report.is_ok, report.host_key) == (False, server.fingerprint)
    with pytest.raises(TargetHostKeyUnknown, match="SHA256:"):
        unknown.deliver(parcel(tmp_path, SMALL), Free())
    assert server.logins == []
    known = replace(sftp, host_key=report.host_key).test()
    assert (known.is_ok, files_below(server.root)) == (True, {})


def test_changed_host_key_is_refused_before_any_secret(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    server.host_key = paramiko.ECDSAKey.generate()
    for act in (sftp.test, lambda: sftp.deliver(parcel(tmp_path, SMALL), Free())):
        with pytest.raises(TargetHostKeyChanged, match="No secret was sent") as refused:
            act()
        assert not refused.value.is_transient
    assert server.logins == []


def test_wrong_password_needs_somebody(sftp: SftpStore) -> None:
    with pytest.raises(TargetLoginFailed, match="login of empresa") as refused:
        replace(sftp, secret="wrong").test()
    assert not refused.value.is_transient


def test_missing_remote_folder_and_missing_rights_need_somebody(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    with pytest.raises(TargetRefused, match="nada"):
        replace(sftp, folder="nada").deliver(parcel(tmp_path, SMALL), Free())
    assert not (server.root / "nada").exists()
    server.refuses_writes = True
    with pytest.raises(TargetRefused, match="let empresa write there"):
        sftp.deliver(parcel(tmp_path, SMALL), Free())


def test_full_server_keeps_the_file_before_and_is_tried_again(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    sftp.deliver(parcel(tmp_path, SMALL), Free())
    server.room = 1_000_000
    with pytest.raises(TargetUnreachable) as refused:
        sftp.deliver(parcel(tmp_path, LARGE), Free())
    assert refused.value.is_transient
    assert files_below(server.root) == {"entrada/vendas/diário 1.csv": SMALL}


def test_what_arrives_damaged_gets_no_name(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    server.garbles = True
    with pytest.raises(DeliveryNotVerified):
        sftp.deliver(parcel(tmp_path, SMALL), Free())
    assert files_below(server.root) == {}


def test_line_cut_in_the_middle_leaves_the_file_before(
    sftp: SftpStore, server: SftpServer, tmp_path: Path
) -> None:
    sftp.deliver(parcel(tmp_path, SMALL), Free())
    with ChaosProxy(("127.0.0.1", server.port)) as proxy:
        proxy.cut_after(20_000)
        with pytest.raises(TargetUnreachable):
            replace(sftp, port=proxy.port).deliver(parcel(tmp_path, LARGE), Free())
        assert proxy.faults > 0
    whole = {name: data for name, data in files_below(server.root).items() if ".part" not in name}
    assert whole == {"entrada/vendas/diário 1.csv": SMALL}


# --- S3


class Bucket:
    """The bucket, looked into from behind the server."""

    name = "vendas"

    def get(self, key: str) -> bytes | None:
        found = self._backend().get_object(self.name, key)
        return None if found is None else bytes(found.value)

    def keys(self) -> list[str]:
        return list(self._backend().buckets[self.name].keys)

    def parts_that_wait(self) -> int:
        """Of uploads that are not complete."""
        uploads = self._backend().buckets[self.name].multiparts.values()
        return sum(len(upload.parts) for upload in uploads)

    def _backend(self) -> Any:
        return s3_backends[ACCOUNT]["aws"]


@pytest.fixture(scope="module")
def s3_server() -> Iterator[int]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


def _call(port: int, method: str, path: str, data: bytes | None = None) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, method=method)
    with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310 - loopback only
        answer.read()


@pytest.fixture
def bucket(s3_server: int) -> Bucket:
    _call(s3_server, "POST", "/moto-api/reset")
    _call(s3_server, "PUT", "/vendas")
    return Bucket()


@pytest.fixture
def s3(bucket: Bucket, s3_server: int, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    # What stands in the environment must mean nothing
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")
    return S3Store(
        endpoint=f"http://127.0.0.1:{s3_server}",
        bucket=bucket.name,
        region="us-east-1",
        key_id="AKIAEXAMPLE",
        secret="segredo",
    )


@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
def test_object_appears_in_the_bucket_whole(
    s3: S3Store, bucket: Bucket, tmp_path: Path, data: bytes
) -> None:
    hold = Free()
    s3.deliver(parcel(tmp_path, data, "vendas/diario.csv"), hold)
    assert bucket.get("vendas/diario.csv") == data
    assert hold.confirmations == 1
    s3.deliver(parcel(tmp_path, b"newer", "vendas/diario.csv"), Free())
    assert bucket.get("vendas/diario.csv") == b"newer"


def test_odd_characters_in_a_key(s3: S3Store, bucket: Bucket, tmp_path: Path) -> None:
    s3.deliver(parcel(tmp_path, SMALL, "São João (1) + 100% #1.csv"), Free())
    assert bucket.get("São João (1) + 100% #1.csv") == SMALL


def test_test_of_a_bucket_leaves_nothing(s3: S3Store, bucket: Bucket) -> None:
    assert s3.test().is_ok
    assert bucket.keys() == []


def test_missing_bucket_needs_somebody(s3: S3Store, tmp_path: Path) -> None:
    missing = replace(s3, bucket="nada")
    for act in (missing.test, lambda: missing.deliver(parcel(tmp_path, SMALL, "x"), Free())):
        with pytest.raises(TargetRefused, match="NoSuchBucket") as refused:
            act()
        assert not refused.value.is_transient


def test_wrong_secret_needs_somebody(s3: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = iam_backends[ACCOUNT]["global"]
    accounts.create_user("us-east-1", "empresa")
    key = accounts.create_access_key("empresa")
    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)
    for key_id, code in ((key.access_key_id, "SignatureDoesNotMatch"), ("AKIANADA", "Invalid")):
        wrong = replace(s3, key_id=key_id)
        with pytest.raises(TargetLoginFailed, match=f"key id or secret.*{code}") as refused:
            wrong.test()
        assert not refused.value.is_transient
        assert "segredo" not in refused.value.message


def test_absent_store_is_tried_again(s3: S3Store, tmp_path: Path) -> None:
    absent = replace(s3, endpoint="http://127.0.0.1:9")
    with pytest.raises(TargetUnreachable) as refused:
        absent.deliver(parcel(tmp_path, SMALL, "x"), Free())
    assert refused.value.is_transient


def test_line_cut_in_the_middle_leaves_the_object_before(
    s3: S3Store, s3_server: int, bucket: Bucket, tmp_path: Path
) -> None:
    s3.deliver(parcel(tmp_path, SMALL, "diario.csv"), Free())
    with ChaosProxy(("127.0.0.1", s3_server)) as proxy:
        proxy.cut_after(1)
        cut = replace(s3, endpoint=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(TargetUnreachable):
            cut.deliver(parcel(tmp_path, LARGE, "diario.csv"), Free())
        assert proxy.faults > 0
    assert bucket.get("diario.csv") == SMALL


def test_process_killed_between_two_parts_leaves_the_object_before(
    s3: S3Store, bucket: Bucket, tmp_path: Path
) -> None:
    s3.deliver(parcel(tmp_path, SMALL, "diario.csv"), Free())
    sent = parcel(tmp_path, LARGE, "diario.csv")
    task = {"store": asdict(s3), "parcel": asdict(sent) | {"source": str(sent.source)}}
    sender = subprocess.Popen(
        [sys.executable, "-m", "tests.uploading_process"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {TASK: json.dumps(task)},
        stdout=subprocess.PIPE,
    )
    try:
        assert sender.stdout is not None
        # It has asked for the last part, and the parts before it are with the store.
        assert sender.stdout.readline() == b"asked\n"
        wait_for(bucket.parts_that_wait, what="a part of the file")
    finally:
        sender.kill()
        sender.communicate()
    assert bucket.keys() == ["diario.csv"]
    assert bucket.get("diario.csv") == SMALL
    s3.deliver(sent, Free())
    assert bucket.get("diario.csv") == LARGE


# --- what holds for every kind


@pytest.fixture(params=["folder", "sftp", "s3"])
def any_store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(request.param)
    return store


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_lost_delivery_changes_nothing(any_store: Store, tmp_path: Path, data: bytes) -> None:
    any_store.deliver(parcel(tmp_path, b"before", "d.csv"), Free())
    with pytest.raises(DeliveryAbandoned):
        any_store.deliver(parcel(tmp_path, data, "d.csv"), Lost())
    assert _content(any_store, tmp_path) == b"before"


def test_damaged_version_is_not_delivered(any_store: Store, tmp_path: Path) -> None:
    damaged = parcel(tmp_path, SMALL, "d.csv")
    damaged.source.write_bytes(SMALL[::-1])
    with pytest.raises((DeliverySourceUnfit, DeliveryNotVerified)):
        any_store.deliver(damaged, Free())
    assert _content(any_store, tmp_path) is None


def test_missing_version_is_said(any_store: Store, tmp_path: Path) -> None:
    gone = parcel(tmp_path, SMALL, "d.csv")
    gone.source.unlink()
    with pytest.raises(DeliverySourceUnfit) as refused:
        any_store.deliver(gone, Free())
    assert not refused.value.is_transient


def test_secrets_do_not_show(sftp: SftpStore, s3: S3Store) -> None:
    assert PASSWORD not in repr(sftp)
    assert "segredo" not in repr(s3)


def _content(store: Store, tmp_path: Path) -> bytes | None:
    if isinstance(store, S3Store):
        return Bucket().get("d.csv")
    file = tmp_path / ("destino" if isinstance(store, FolderStore) else "sftp/entrada") / "d.csv"
    return file.read_bytes() if file.exists() else None

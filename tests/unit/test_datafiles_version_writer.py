"""A version file is whole or absent, whatever happens to its writer, its disk or its folder."""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datafiles import version_writer
from datafiles.durable import DiskFull, FileNotWritten, FolderNotWritable, sweep_leftovers
from datafiles.version_writer import BUFFER_BYTES, VersionWriter
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_committed_file_has_the_bytes_the_count_and_the_hash(tmp_path):
    rows = [f"{n};São Paulo\n".encode() for n in range(100_000)]
    path = tmp_path / "versions" / "7" / "12-1.csv"
    with VersionWriter(path) as writer:
        for row in rows:
            writer.write(row)
        assert writer.bytes_written == len(b"".join(rows))
        written = writer.commit()
    content = path.read_bytes()
    assert content == b"".join(rows)
    assert (written.path, written.size_bytes) == (path, len(content))
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert writer.writes == len(rows)
    assert names(path.parent) == ["12-1.csv"]


def test_nothing_is_visible_before_commit(tmp_path):
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x" * (2 * BUFFER_BYTES))
        [temporary] = names(tmp_path)
        assert temporary.startswith(".")
        assert temporary.endswith(".part")
        writer.commit()
    assert names(tmp_path) == ["v.csv"]


def test_leaving_without_commit_leaves_nothing(tmp_path):
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x" * (2 * BUFFER_BYTES))
    assert names(tmp_path) == []


def test_an_error_in_the_block_passes_and_leaves_nothing(tmp_path):
    def fail_while_writing():
        with VersionWriter(tmp_path / "v.csv") as writer:
            writer.write(b"x")
            raise LookupError("source went away")

    with pytest.raises(LookupError):
        fail_while_writing()
    assert names(tmp_path) == []


def test_empty_version_is_a_version(tmp_path):
    with VersionWriter(tmp_path / "v.csv") as writer:
        assert writer.commit().size_bytes == 0
    assert (tmp_path / "v.csv").read_bytes() == b""


def test_existing_version_is_never_overwritten(tmp_path):
    (tmp_path / "v.csv").write_text("first")
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"second")
        with pytest.raises(FileNotWritten, match="exists already"):
            writer.commit()
    assert (tmp_path / "v.csv").read_text() == "first"
    assert names(tmp_path) == ["v.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_version_is_read_only(tmp_path):
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.commit()
    assert (tmp_path / "v.csv").stat().st_mode & 0o222 == 0


def failing(code: int):
    def fail(*_args):
        raise OSError(code, os.strerror(code))

    return fail


def test_full_disk_frees_its_room_at_once_and_says_where(tmp_path, monkeypatch):
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x" * BUFFER_BYTES)
        monkeypatch.setattr(version_writer.os, "write", failing(errno.ENOSPC))
        with pytest.raises(DiskFull) as caught:
            writer.write(b"y" * BUFFER_BYTES)
        assert names(tmp_path) == []
        with pytest.raises(FileNotWritten):
            writer.commit()
    assert str(tmp_path) in caught.value.message
    assert f"unfinished file of {BUFFER_BYTES} bytes" in caught.value.message


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_fault_while_committing_throws_the_file_away(tmp_path, monkeypatch, call):
    target = version_writer.os if call == "fsync" else version_writer.Path
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x")
        with monkeypatch.context() as patch:
            patch.setattr(target, call, failing(errno.EIO))
            with pytest.raises(FileNotWritten, match="thrown away"):
                writer.commit()
        assert names(tmp_path) == []


def test_fault_of_the_folder_fsync_throws_the_renamed_file_away(tmp_path, monkeypatch):
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x")
        monkeypatch.setattr(version_writer, "sync_folder", failing(errno.EIO))
        with pytest.raises(FileNotWritten):
            writer.commit()
    assert names(tmp_path) == []


def test_order_is_file_fsync_then_rename_then_folder_fsync(tmp_path, monkeypatch):
    calls = []
    real_fsync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append("fsync"), real_fsync(fd)))
    monkeypatch.setattr(
        Path, "replace", lambda self, to: (calls.append("rename"), real_replace(self, to))
    )
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x")
        writer.commit()
    assert calls == ["fsync", "rename", "fsync"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_unwritable_folder_is_named_with_what_to_do(tmp_path, monkeypatch, code):
    monkeypatch.setattr(version_writer, "open_temporary", failing(code))
    with pytest.raises(FolderNotWritable, match="account that runs") as caught:
        VersionWriter(tmp_path / "v.csv").__enter__()
    assert str(tmp_path) in caught.value.message


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(FolderNotWritable):
        VersionWriter(tmp_path / "folder" / "v.csv").__enter__()


ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from datafiles.durable import DiskFull
from datafiles.version_writer import VersionWriter
folder = Path(sys.argv[1])
try:
    with VersionWriter(folder / "v.csv") as writer:
        for _ in range(8):
            writer.write(b"x" * (1 << 20))
        writer.commit()
except DiskFull as exc:
    print(exc.message)
print(sorted(path.name for path in folder.iterdir()))
(folder / "room").write_bytes(b"x" * (1 << 20))
print("room again")
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a private mount")
def test_really_full_disk_has_room_again_after_the_failure(tmp_path):
    mount = f"mount -t tmpfs -o size=3m none {tmp_path}"
    run = f'{mount} && exec {sys.executable} -c "$0" {tmp_path}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", run, ON_A_SMALL_DISK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("private mounts are not allowed here")
    assert done.stdout.splitlines()[1:] == ["[]", "room again"], done.stderr
    assert f"No space left in folder {tmp_path}" in done.stdout


WRITE_IN_A_LOOP = """
import sys
from pathlib import Path
from datafiles.version_writer import VersionWriter
folder = Path(sys.argv[1])
for n in range(int(sys.argv[2]), 10**9):
    with VersionWriter(folder / f"{n}.csv") as writer:
        for line in range(20000):
            writer.write(b"%d;%d;the row of a version\\n" % (n, line))
        writer.write(b"END\\n")
        writer.commit()
"""


def test_killed_writer_never_leaves_a_visible_half_file(tmp_path):
    kills = 6
    for kill in range(kills):
        first, awaited = kill * 1000, kill * 1000 + kill % 3
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_IN_A_LOOP, str(tmp_path), str(first)], cwd=ROOT
        )
        try:
            wait_for(
                (tmp_path / f"{awaited}.csv").exists,
                what="a finished version",
                interval_s=0.003 + kill * 0.001,
            )
        finally:
            writer.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            writer.wait()
    versions = list(tmp_path.glob("[!.]*"))
    assert len(versions) >= kills
    for version in versions:
        content = version.read_bytes()
        assert content.count(b"\n") == 20001
        assert content.endswith(b"END\n")

    leftovers = list(tmp_path.glob(".*.part"))
    assert sorted(sweep_leftovers(tmp_path, older_than_s=0)) == sorted(leftovers)
    assert list(tmp_path.glob(".*")) == []


def test_sweep_removes_old_leftovers_of_every_folder_and_nothing_else(tmp_path):
    below = tmp_path / "vendas"
    below.mkdir()
    now = time.time()
    old, young = below / f".a.csv.{'1' * 12}.part", below / f".b.csv.{'2' * 12}.part"
    # A download of somebody else's program, in a folder that both share
    foreign = below / ".c.csv.part"
    for path in (old, young, foreign):
        path.write_text("x")
    os.utime(old, (now - 600, now - 600))
    os.utime(foreign, (now - 600, now - 600))
    assert sweep_leftovers(tmp_path, older_than_s=300) == [old]
    assert names(below) == [young.name, foreign.name]
    assert sweep_leftovers(tmp_path / "nowhere", older_than_s=0) == []


def test_sweep_spares_the_file_of_a_living_writer_however_old(tmp_path):
    with VersionWriter(tmp_path / "v.csv") as writer:
        writer.write(b"x")
        [temporary] = tmp_path.iterdir()
        os.utime(temporary, (0, 0))
        assert sweep_leftovers(tmp_path, older_than_s=60) == []
        writer.commit()
    assert names(tmp_path) == ["v.csv"]

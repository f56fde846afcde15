"""The exported file shows one version whole and is replaced in one step."""

import errno
import os
import threading
from pathlib import Path

import pytest

from datafiles import projection
from datafiles.durable import DiskFull, FolderNotWritable
from datafiles.projection import TargetNotReplaced, is_projected, project
from datafiles.version_writer import VersionWriter


def version_of(folder: Path, name: str, content: bytes) -> Path:
    path = folder / "versions" / f"{name}.csv"
    with VersionWriter(path) as writer:
        writer.write(content)
        writer.commit()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_projection_makes_its_folder_and_is_the_version_itself(tmp_path):
    version = version_of(tmp_path, "1-1", b"a\n1\n")
    target = tmp_path / "csv" / "vendas" / "hoje.csv"
    assert not is_projected(version, target)
    result = project(version, target)
    assert (result.path, result.warning) == (target, None)
    assert target.read_bytes() == b"a\n1\n"
    assert is_projected(version, target)
    assert names(target.parent) == ["hoje.csv"]


def test_newer_version_replaces_the_older_and_leaves_its_file_alone(tmp_path):
    old, new = version_of(tmp_path, "1-1", b"old"), version_of(tmp_path, "2-1", b"new")
    target = tmp_path / "csv" / "hoje.csv"
    project(old, target)
    project(new, target)
    assert target.read_bytes() == b"new"
    assert old.read_bytes() == b"old"
    assert is_projected(new, target)
    assert not is_projected(old, target)


def test_projecting_the_same_version_again_leaves_no_second_link(tmp_path):
    version = version_of(tmp_path, "1-1", b"a")
    target = tmp_path / "csv" / "hoje.csv"
    project(version, target)
    project(version, target)
    assert names(target.parent) == ["hoje.csv"]


def refuse_links(monkeypatch):
    def link(*_args):
        raise OSError(errno.EXDEV, "other disk")

    monkeypatch.setattr(os, "link", link)


def test_other_disk_gets_a_copy_that_counts_as_projected(tmp_path, monkeypatch):
    refuse_links(monkeypatch)
    version = version_of(tmp_path, "1-1", b"x" * 3_000_000)
    target = tmp_path / "csv" / "hoje.csv"
    project(version, target)
    assert target.read_bytes() == version.read_bytes()
    assert not target.samefile(version)
    assert is_projected(version, target)
    target.write_bytes(b"edited by hand")
    assert not is_projected(version, target)


def test_full_disk_keeps_the_old_file_and_no_leftover(tmp_path, monkeypatch):
    refuse_links(monkeypatch)
    old, new = version_of(tmp_path, "1-1", b"old"), version_of(tmp_path, "2-1", b"new")
    target = tmp_path / "csv" / "hoje.csv"
    project(old, target)

    def full(source, copy, length):
        copy.write(b"n")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(projection.shutil, "copyfileobj", full)
    with pytest.raises(DiskFull):
        project(new, target)
    assert target.read_bytes() == b"old"
    assert names(target.parent) == ["hoje.csv"]


def locked(times: int):
    """A file held open by another program, as Windows answers, for the first `times` tries."""
    tries = []

    def replace(source: Path, target: Path) -> None:
        tries.append(source)
        if len(tries) <= times:
            raise PermissionError(errno.EACCES, "used by another process")
        source.replace(target)

    return replace, tries


def test_target_that_is_released_in_time_is_replaced(tmp_path):
    version = version_of(tmp_path, "1-1", b"new")
    target = tmp_path / "csv" / "hoje.csv"
    replace, tries = locked(times=2)
    result = project(version, target, replace=replace, tries=4, pause_s=0)
    assert (result.path, result.warning, len(tries)) == (target, None, 3)


def test_target_held_open_gets_a_versioned_neighbour_and_a_warning(tmp_path):
    version = version_of(tmp_path, "12-1", b"new")
    target = tmp_path / "csv" / "hoje.csv"
    target.parent.mkdir()
    target.write_bytes(b"old")
    replace, tries = locked(times=99)
    result = project(version, target, replace=replace, tries=3, pause_s=0)
    assert result.path == target.with_name("hoje (12-1).csv")
    assert "hoje.csv is held open" in str(result.warning)
    assert result.path.read_bytes() == b"new"
    assert target.read_bytes() == b"old"
    assert len(tries) == 3
    assert names(target.parent) == ["hoje (12-1).csv", "hoje.csv"]


def test_folder_in_the_place_of_the_file_is_refused(tmp_path):
    version = version_of(tmp_path, "1-1", b"a")
    (tmp_path / "csv" / "hoje.csv").mkdir(parents=True)
    with pytest.raises(TargetNotReplaced):
        project(version, tmp_path / "csv" / "hoje.csv")


def test_file_in_the_place_of_the_folder_is_refused(tmp_path):
    version = version_of(tmp_path, "1-1", b"a")
    (tmp_path / "csv").write_text("a file")
    with pytest.raises(FolderNotWritable):
        project(version, tmp_path / "csv" / "hoje.csv")


def test_readers_see_the_old_or_the_new_file_whole(tmp_path):
    versions = [version_of(tmp_path, f"{n}-1", b"%d" % n * 200_000) for n in (1, 2)]
    target = tmp_path / "csv" / "hoje.csv"
    project(versions[0], target)
    stop = threading.Event()
    torn: list[int] = []
    reads = []

    def read():
        while not stop.is_set():
            content = target.read_bytes()
            reads.append(1)
            if len(set(content)) != 1 or len(content) != 200_000:
                torn.append(len(content))

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(200):
        project(versions[n % 2], target)
    stop.set()
    reader.join()
    assert len(reads) > 10
    assert torn == []

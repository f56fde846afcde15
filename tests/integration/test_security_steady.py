"""Folders that become links between the check of a path and the opening of the file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auxiliares import Settings
from datafiles import projection, steady
from datafiles.catalogue import open_unmanaged
from datafiles.durable import FolderNotWritable
from datafiles.projection import project
from datafiles.reading import opened
from datafiles.records import DatasetUnreadable
from datafiles.steady import NotRegular, is_same_path, open_steadily
from tests.integration.conftest import Cast
from webapi import readable_datasets

MARKER = "CANARIO-de-fora"


@pytest.fixture
def swap(settings: Settings, tmp_path: Path) -> Callable[[], None]:
    """A dataset `pasta/dados` in the folder, and what turns `pasta` into a link out of it."""
    root = settings.paths.csv_root
    (root / "pasta").mkdir(parents=True)
    (root / "pasta" / "dados.csv").write_text("A;B\n1;de dentro\n")
    outside = tmp_path / "fora"
    outside.mkdir()
    (outside / "dados.csv").write_text(f"A;B\n1;{MARKER}\n")

    def change() -> None:
        (root / "pasta").rename(root / "antes")
        (root / "pasta").symlink_to(outside)

    return change


@pytest.mark.parametrize(
    "query", ["", "?format=file", "?format=csv", "?limit=1", "?A=1", "?format=xlsx"]
)
def test_security_symlink_of_a_folder_swapped_after_the_check_is_refused(
    cast: Cast,
    settings: Settings,
    swap: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    checked = readable_datasets.open_unmanaged
    swapped = []

    def check_then_swap(root: Path, name: str) -> Path:
        path = checked(root, name)
        if not swapped:
            swap()
            swapped.append(path)
        return path

    monkeypatch.setattr(readable_datasets, "open_unmanaged", check_then_swap)
    response = cast.api_key.get(f"/api/data/datasets/pasta/dados{query}")
    assert swapped
    assert response.status_code >= 400, response.text
    assert MARKER.encode() not in response.data
    assert response.json["code"] in {"dataset_unreadable", "dataset_not_found"}


def test_security_symlink_of_a_folder_swapped_while_it_is_opened_changes_nothing(
    settings: Settings, swap: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = open_unmanaged(settings.paths.csv_root, "pasta/dados")
    real_open = os.open

    def open_then_swap(part: object, *arguments: object, **options: object) -> int:
        handle: int = real_open(part, *arguments, **options)  # type: ignore[arg-type]
        if part == "pasta":
            swap()
        return handle

    monkeypatch.setattr(steady.os, "open", open_then_swap)
    with opened(path) as file:
        assert b"de dentro" in file.read()


@pytest.fixture
def version(tmp_path: Path) -> Path:
    path = tmp_path / "1-1.csv"
    path.write_text("A;B\n1;nova\n")
    return path


def test_security_symlink_of_a_folder_swapped_before_a_file_is_placed_is_refused(
    settings: Settings,
    swap: Callable[[], None],
    version: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(projection, "make_folder", lambda _: swap())
    with pytest.raises(FolderNotWritable):
        project(version, settings.paths.csv_root / "pasta" / "dados.csv")
    assert MARKER in (tmp_path / "fora" / "dados.csv").read_text()
    assert [path.name for path in (tmp_path / "fora").iterdir()] == ["dados.csv"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a folder it writes into")
def test_security_symlink_of_a_folder_swapped_while_a_file_is_placed_changes_nothing(
    settings: Settings,
    swap: Callable[[], None],
    version: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    placed = projection._link_or_copy

    def place_then_swap(source: Path, temporary: Path) -> None:
        placed(source, temporary)
        swap()

    monkeypatch.setattr(projection, "_link_or_copy", place_then_swap)
    project(version, settings.paths.csv_root / "pasta" / "dados.csv")
    assert "nova" in (settings.paths.csv_root / "antes" / "dados.csv").read_text()
    assert MARKER in (tmp_path / "fora" / "dados.csv").read_text()


def test_security_symlink_in_any_part_of_a_path_is_refused(
    settings: Settings, swap: Callable[[], None], tmp_path: Path
) -> None:
    path = settings.paths.csv_root / "pasta" / "dados.csv"
    with open_steadily(path) as file:
        assert b"de dentro" in file.read()
    swap()
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        open_steadily(path)
    with pytest.raises(DatasetUnreadable), opened(path):
        pass
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "fora" / "dados.csv")
    with pytest.raises(OSError, match="Too many levels"):
        open_steadily(link)


def test_what_is_no_regular_file_is_refused_and_left_closed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cano")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - of the descriptors, not a folder
    for name in ("cano", "."):
        with pytest.raises(OSError) as caught:  # noqa: PT011 - which one is asserted
            open_steadily(tmp_path / name)
        assert isinstance(caught.value, NotRegular | IsADirectoryError)
    with pytest.raises(FileNotFoundError):
        open_steadily(tmp_path / "nada" / "x")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_file_keeps_its_length_ranges_and_tag(cast: Cast, swap: Callable[[], None]) -> None:
    path = "/api/data/datasets/pasta/dados?format=file"
    whole = cast.api_key.get(path)
    assert (whole.status_code, whole.content_length) == (200, len(whole.data))
    part = cast.api_key.get(path, headers={"Range": "bytes=4-8"})
    assert (part.status_code, part.data) == (206, whole.data[4:9])
    beyond = cast.api_key.get(path, headers={"Range": "bytes=999-"})
    assert (beyond.status_code, beyond.json["code"]) == (416, "range_not_satisfiable")
    same = cast.api_key.get(path, headers={"If-None-Match": whole.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")


@pytest.mark.parametrize(
    ("final", "wanted", "is_same"),
    [
        ("\\\\?\\C:\\Dados\\x.csv", "c:\\dados\\X.CSV", True),
        ("\\\\?\\C:\\Dados\\x.csv", "C:/Dados/x.csv", True),
        ("\\\\?\\UNC\\host\\pasta\\x.csv", "\\\\host\\pasta\\x.csv", True),
        ("\\\\?\\C:\\Segredo\\x.csv", "C:\\Dados\\x.csv", False),
        ("\\\\?\\UNC\\mau\\pasta\\x.csv", "C:\\Dados\\x.csv", False),
    ],
)
def test_final_paths_of_windows_are_compared(final: str, wanted: str, is_same: bool) -> None:
    assert is_same_path(final, wanted) is is_same

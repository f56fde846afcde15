"""Names and folders: what is accepted is one file everywhere, and never outside the roots."""

import os
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datafiles.catalogue import DatasetFileNotFound, open_unmanaged, unmanaged_files
from datafiles.folders import ExportPathRefused, is_within, resolve_export_folder, target_key
from datafiles.names import (
    DatasetNameInvalid,
    NameRefused,
    check_dataset_name,
    check_export_name,
    requested_dataset_name,
)

TRICKY = st.text(alphabet='./\\~: ab0é\x00\n\ud800"*?CONcon\u0301', max_size=12)
NAMES = st.one_of(
    st.text(max_size=20),
    TRICKY,
    st.sampled_from(["..", "../x", "C:\\x", "\\\\host\\share", "a/../../b", "/etc", "CON", "lpt1"]),
)


@pytest.mark.parametrize(
    "name",
    ["Vendas São Paulo 2024", "vendas", "a-b_c.d (e)", "R$ 10% & +", "nº 1ª via", "日本", "x.tar"],
)
def test_ordinary_names_are_kept(name):
    assert check_export_name(name) == name
    assert requested_dataset_name(f"pasta/{name}") == f"pasta/{name}"


def test_accents_are_stored_in_one_coding():
    apart = unicodedata.normalize("NFD", "São João")
    assert check_export_name(apart) == "São João"
    assert target_key(Path("/csv"), apart) == target_key(Path("/csv"), "SÃO JOÃO")


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", ".vendas", "vendas.", "vendas ", " vendas", "a/b", "a\\b", "a:b", "a*b"),
        *(
            "a?",
            'a"b',
            "a<b",
            "a>b",
            "a|b",
            "a\0b",
            "a\nb",
            "a\tb",
            "a\x7fb",
            "a\u202eb",
            "a\u00a0b",
        ),
        *("CON", "con", "Nul.txt", "aux .csv", "COM1", "lpt9.x", "COM¹", "CONIN$", "VENDAS~1"),
        *("x" * 121, "é" * 101, "\ud800"),
    ],
)
def test_names_that_are_no_file_somewhere_are_refused(name):
    with pytest.raises(NameRefused) as caught:
        check_export_name(name)
    assert (caught.value.code, caught.value.status) == ("name_invalid", 422)
    assert caught.value.errors[0]["field"] == "export_name"
    assert len(caught.value.message) < 400
    if "/" not in name:
        with pytest.raises(DatasetNameInvalid) as caught_reading:
            requested_dataset_name(f"vendas/{name}")
        assert caught_reading.value.status == 400
        assert caught_reading.value.message == "Invalid dataset name"


@pytest.mark.parametrize("name", ["a//b", "/a", "a/", "a/../b", "a/./b", "/".join("a" * 21)])
def test_dataset_names_with_odd_parts_are_refused(name):
    with pytest.raises(NameRefused):
        check_dataset_name(name)
    with pytest.raises(DatasetNameInvalid):
        requested_dataset_name(name)


@given(NAMES)
def test_an_accepted_name_is_one_file_directly_in_its_folder(name):
    try:
        accepted = check_export_name(name)
    except NameRefused:
        return
    for folder in (Path("/csv"), PureWindowsPath("C:/csv")):
        path = folder / f"{accepted}.csv"
        assert path.parent == folder
        assert path.name == f"{accepted}.csv"
    assert check_export_name(accepted) == accepted


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "data", tmp_path / "rede"
    for folder in (first, second, tmp_path / "data-secret", tmp_path / "outside"):
        folder.mkdir()
    (first / "link-out").symlink_to(tmp_path / "outside")
    (first / "link-in").symlink_to(second)
    return first, second


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vendas/2024", "data/vendas/2024"),
        ("vendas\\2024", "data/vendas/2024"),
        ("./vendas/", "data/vendas"),
        (" São Paulo ", "data/São Paulo"),
        ("", "data"),
        (".", "data"),
        ("link-in/x", "rede/x"),
        ("{tmp}/rede/vendas", "rede/vendas"),
        ("{tmp}/data", "data"),
    ],
)
def test_folders_in_and_below_the_roots_are_resolved(roots, tmp_path, text, expected):
    found = resolve_export_folder(roots, text.format(tmp=tmp_path))
    assert found == tmp_path / expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "..",
            "../outside",
            "vendas/../../outside",
            "link-out",
            "link-out/x",
            "/etc",
            "/",
            "//h/s",
        ),
        *("{tmp}/data-secret", "{tmp}/outside", "{tmp}/data/../outside", "{tmp}/data/link-out/x"),
        *("C:\\vendas", "C:vendas", "\\\\servidor\\vendas", "\\vendas", "a\0b", "{tmp}/rede/a\0b"),
        *("vendas/CON", "a:b", ".git", "x/ y", "{tmp}/data/.hidden", "a" * 5000, "a/" * 500 + "a"),
    ],
)
def test_folders_outside_the_roots_are_refused(roots, tmp_path, text):
    with pytest.raises(ExportPathRefused) as caught:
        resolve_export_folder(roots, text.format(tmp=tmp_path))
    assert (caught.value.code, caught.value.status) == ("export_path_outside_roots", 422)
    assert len(caught.value.message) < 800


def test_refusal_tells_how_to_allow_the_folder(roots):
    with pytest.raises(ExportPathRefused, match=r"data_api\.export_roots in datafile\.json"):
        resolve_export_folder(roots, "/srv/relatorios")


def test_root_that_is_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "csv").symlink_to(tmp_path / "disk")
    root = tmp_path / "csv"
    assert resolve_export_folder([root], "a") == tmp_path / "disk" / "a"
    assert resolve_export_folder([root], f"{root}/a") == tmp_path / "disk" / "a"


@given(st.lists(NAMES, max_size=4).map("/".join))
def test_no_text_resolves_outside_the_roots(tmp_path_factory, text):
    base = tmp_path_factory.getbasetemp() / "roots"
    root = base / "data"
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "b").is_symlink():
        (root / "b").symlink_to(base)
    for candidate in (text, f"{root}/{text}"):
        try:
            found = resolve_export_folder([root], candidate)
        except ExportPathRefused:
            continue
        real = os.path.realpath(found)
        assert os.path.commonpath([real, os.path.realpath(root)]) == os.path.realpath(root)


def test_windows_compares_folders_without_regard_to_case():
    root = PureWindowsPath("C:/Data")
    assert is_within(PureWindowsPath("c:/DATA/x"), root)
    assert not is_within(PureWindowsPath("c:/Data-secret"), root)
    assert not is_within(PureWindowsPath("D:/Data/x"), root)


@pytest.fixture
def csv_root(tmp_path: Path) -> Path:
    root = tmp_path / "csv"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / ".git").mkdir()
    (tmp_path / "outside").mkdir()
    for name in ("a.csv", "sub/b.csv", "sub/deep/São Paulo.csv", "nota.txt", ".a.csv.1.part"):
        (root / name).write_text("x\n1\n")
    (root / ".git" / "c.csv").write_text("x\n")
    (root / "folder.csv").mkdir()
    (tmp_path / "outside" / "secret.csv").write_text("x\n")
    (root / "link.csv").symlink_to(tmp_path / "outside" / "secret.csv")
    (root / "links").symlink_to(tmp_path / "outside")
    (root / "inner.csv").symlink_to(root / "a.csv")
    os.mkfifo(root / "pipe.csv")
    return root


def test_unmanaged_files_are_the_regular_csv_files_below_the_root(csv_root):
    assert list(unmanaged_files(csv_root)) == ["a", "inner", "sub/b", "sub/deep/São Paulo"]
    assert list(unmanaged_files(csv_root / "none")) == []


def test_every_listed_file_opens(csv_root):
    for name in unmanaged_files(csv_root):
        assert open_unmanaged(csv_root, name).read_text() == "x\n1\n"


@pytest.mark.parametrize(
    "name", ["none", "link", "links/secret", "folder", "pipe", "nota", "sub", "A/b"]
)
def test_files_that_are_not_ours_to_serve_are_not_found(csv_root, name):
    with pytest.raises(DatasetFileNotFound) as caught:
        open_unmanaged(csv_root, name)
    assert caught.value.message == f'Dataset "{name}" not found'


@given(st.lists(NAMES, max_size=4).map("/".join))
def test_no_dataset_name_opens_a_file_outside_the_root(tmp_path_factory, name):
    base = tmp_path_factory.getbasetemp() / "datasets"
    root = base / "csv"
    if not root.exists():
        root.mkdir(parents=True)
        (root / "a.csv").write_text("x\n")
        (base / "b.csv").write_text("x\n")
        (root / "b").symlink_to(base)
    try:
        found = open_unmanaged(root, name)
    except (DatasetNameInvalid, DatasetFileNotFound):
        return
    assert found == root / "a.csv"

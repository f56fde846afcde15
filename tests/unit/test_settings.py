"""datafile.json and the environment: written, completed, checked, and what it keeps secret."""

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from auxiliares import (
    ROOT,
    Settings,
    SettingsInvalid,
    load_settings,
    main,
    unknown_keys,
)
from settings_file import default_document
from stored_secrets import SecretUnreadable, decrypt_secret, encrypt_secret

KEY = "k" * 40
OLD_SYSTEM = {
    "oracle_database": {
        "TSN": "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=ora)(PORT=1521))"
        "(CONNECT_DATA=(SERVICE_NAME=ERP)))",
        "INSTANT_CLIENT": "C:\\oracle\\instantclient_21_9",
    },
    "backend": {"secret_key": "a-secret-key-somebody-chose-in-2024!"},
    "postgres": {
        "hostname": "10.0.0.5",
        "port": "5433",
        "database": "automacao",
        "username": "automacao",
        "password": "segredo",
    },
    "user_name": "LEITOR",
    "user_pass": "tigre",
    "data_api": {"csv_folder_path": "D:\\Exportações\\csv", "api_keys": ["chave-1", "chave-2"]},
}


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ASQL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def datafile(tmp_path: Path) -> Path:
    return tmp_path / "datafile.json"


def written(datafile: Path, document: object) -> Path:
    datafile.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return datafile


def faults(datafile: Path, document: object) -> dict[str, str]:
    """Field → message of every fault of a settings file."""
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(written(datafile, document))
    return {fault["field"]: fault["message"] for fault in caught.value.errors}


def keys_of(document: object, prefix: str = "") -> Iterator[str]:
    if not isinstance(document, dict):
        yield prefix.removesuffix(".")
        return
    for key, value in document.items():
        yield from keys_of(value, f"{prefix}{key}.")


def settings_keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from settings_keys(section, f"{prefix}{name}.")
        else:
            yield prefix + name


# --- a missing file


def test_missing_file_is_written_and_the_program_goes_on(datafile: Path) -> None:
    settings = load_settings(datafile)

    assert settings.postgres.is_embedded
    assert settings.backend.port == 5000
    assert json.loads(datafile.read_text("utf-8"))["backend"]["secret_key"] == (
        settings.backend.secret_key.get_secret_value()
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_written_file_is_readable_by_its_owner_alone(datafile: Path) -> None:
    load_settings(datafile)

    assert stat.S_IMODE(datafile.stat().st_mode) == 0o600


def test_the_file_appears_whole_to_processes_that_start_together(datafile: Path) -> None:
    barrier = threading.Barrier(8)

    def start(_: int) -> str:
        barrier.wait(10)
        return load_settings(datafile).backend.secret_key.get_secret_value()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))
    assert len(keys) == 1
    assert [file.name for file in datafile.parent.iterdir()] == [datafile.name]


def test_each_written_file_has_a_secret_key_of_its_own(tmp_path: Path) -> None:
    first, second = (load_settings(tmp_path / name) for name in ("a.json", "b.json"))

    assert first.backend.secret_key != second.backend.secret_key


def test_file_without_secret_key_gets_one_and_keeps_it(datafile: Path) -> None:
    written(datafile, {"backend": {"port": 5050}, "minha_chave": 1})

    first, second = load_settings(datafile), load_settings(datafile)

    assert first.backend.secret_key == second.backend.secret_key
    document = json.loads(datafile.read_text("utf-8"))
    assert (document["backend"]["port"], document["minha_chave"]) == (5050, 1)


def test_file_saved_by_notepad_with_a_byte_order_mark_is_read(datafile: Path) -> None:
    datafile.write_text(json.dumps({"backend": {"secret_key": KEY}}), "utf-8-sig")

    assert load_settings(datafile).backend.secret_key.get_secret_value() == KEY


# --- the example


def test_example_holds_every_setting_and_no_other(datafile: Path) -> None:
    example = json.loads((ROOT / "datafile.example.json").read_text("utf-8"))

    assert sorted(keys_of(example)) == sorted(settings_keys())


def test_example_means_the_same_as_no_file(datafile: Path, tmp_path: Path) -> None:
    datafile.write_bytes((ROOT / "datafile.example.json").read_bytes())
    copied = load_settings(datafile).model_dump(exclude={"backend": {"secret_key"}})

    missing = load_settings(tmp_path / "other.json").model_dump(exclude={"backend": {"secret_key"}})
    assert copied == missing


def test_written_file_holds_only_known_settings() -> None:
    assert set(keys_of(default_document())) <= set(settings_keys())


# --- a wrong file


def test_every_fault_is_told_at_once(datafile: Path) -> None:
    found = faults(
        datafile,
        {
            "backend": {"secret_key": KEY, "port": 70000},
            "postgres": {"port": "abc"},
            "data_api": {"api_keys": "not-a-list"},
            "scheduler": {"time_zone": "America/Sao_Paolo", "concurrency": 0},
        },
    )

    assert set(found) == {
        "backend.port",
        "postgres.port",
        "data_api.api_keys",
        "scheduler.time_zone",
        "scheduler.concurrency",
    }


def test_a_fault_says_what_was_found_and_what_is_expected(datafile: Path) -> None:
    found = faults(
        datafile,
        {"backend": {"secret_key": KEY, "port": 70000}, "scheduler": {"time_zone": "Brasilia"}},
    )

    assert "less than or equal to 65535" in found["backend.port"]
    assert "70000" in found["backend.port"]
    assert "'Brasilia'" in found["scheduler.time_zone"]
    assert "America/Sao_Paulo" in found["scheduler.time_zone"]


def test_the_report_names_the_file_and_counts_the_faults(datafile: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(written(datafile, {"backend": {"secret_key": "short", "port": "x"}}))

    assert str(datafile) in caught.value.message
    assert "2 fault(s)" in caught.value.message


def test_a_fault_never_shows_a_secret(datafile: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(
            written(
                datafile,
                {
                    "backend": {"secret_key": "too-short-hush"},
                    "postgres": {"password": ["hush-password"]},
                    "data_api": {"api_keys": [{"hush": "key"}]},
                    "user_pass": {"hush": "pass"},
                },
            )
        )

    assert len(caught.value.errors) == 4
    assert "hush" not in caught.value.message


@pytest.mark.parametrize("secret", ["troque-esta-chave", "curta"])
def test_sample_or_short_secret_key_is_refused_with_the_way_out(
    datafile: Path, secret: str
) -> None:
    found = faults(datafile, {"backend": {"secret_key": secret}})

    assert "remove the line and one is generated" in found["backend.secret_key"]


def test_single_backslashes_of_a_windows_path_are_explained(datafile: Path) -> None:
    datafile.write_text('{\n "oracle_database": {"INSTANT_CLIENT": "C:\\oracle"}\n}', "utf-8")

    with pytest.raises(SettingsInvalid, match=r"line 2.*write / or \\\\ instead"):
        load_settings(datafile)


@pytest.mark.parametrize("content", ["[]", '"text"', "null"])
def test_a_file_that_is_no_object_is_refused_in_words(datafile: Path, content: str) -> None:
    datafile.write_text(content, "utf-8")

    with pytest.raises(SettingsInvalid, match="must hold one JSON object"):
        load_settings(datafile)


def test_a_section_that_is_no_object_is_a_fault_of_that_key(datafile: Path) -> None:
    assert set(faults(datafile, {"backend": {"secret_key": KEY}, "postgres": "localhost"})) == {
        "postgres"
    }


# --- the environment


def test_environment_wins_over_the_file(datafile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(datafile, {"backend": {"secret_key": KEY, "port": 5050, "host": "192.0.2.7"}})
    monkeypatch.setenv("ASQL_BACKEND__PORT", "6060")

    settings = load_settings(datafile)

    # The rest of the section still comes from the file.
    assert (settings.backend.port, settings.backend.host) == (6060, "192.0.2.7")


def test_lists_come_from_the_environment_as_json(
    datafile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASQL_DATA_API__API_KEYS", '["one", "two"]')

    keys = load_settings(datafile).data_api.api_keys

    assert [key.get_secret_value() for key in keys] == ["one", "two"]


def test_secret_key_of_the_environment_is_not_written_into_the_file(
    datafile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASQL_BACKEND__SECRET_KEY", KEY)
    written(datafile, {"backend": {"port": 5050}})

    assert load_settings(datafile).backend.secret_key.get_secret_value() == KEY
    assert KEY not in datafile.read_text("utf-8")


def test_faults_of_the_environment_are_told_like_those_of_the_file(
    datafile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASQL_SCHEDULER__CONCURRENCY", "many")

    assert "many" in faults(datafile, {"backend": {"secret_key": KEY}})["scheduler.concurrency"]


def test_data_folder_moves_file_and_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASQL_DATA", str(tmp_path / "elsewhere"))

    paths = load_settings().paths

    assert (tmp_path / "elsewhere" / "datafile.json").is_file()
    assert paths.csv_root == tmp_path / "elsewhere" / "csv"
    assert paths.versions == tmp_path / "elsewhere" / "versions"


def test_named_settings_file_wins_over_the_data_folder(
    tmp_path: Path, datafile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASQL_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("ASQL_DATAFILE", str(datafile))

    load_settings()

    assert datafile.is_file()
    assert not (tmp_path / "elsewhere" / "datafile.json").exists()


def test_export_roots_follow_the_csv_folder(datafile: Path, tmp_path: Path) -> None:
    csv, more = tmp_path / "csv", tmp_path / "more"
    written(
        datafile,
        {
            "backend": {"secret_key": KEY},
            "data_api": {"csv_folder_path": str(csv), "export_roots": [str(more)]},
        },
    )

    assert load_settings(datafile).paths.export_roots == (csv, more)


# --- the existing system's file


def test_file_of_the_existing_system_is_accepted(datafile: Path) -> None:
    settings = load_settings(written(datafile, OLD_SYSTEM))

    assert settings.postgres.port == 5433
    assert not settings.postgres.is_embedded
    assert settings.oracle_database.INSTANT_CLIENT == "C:\\oracle\\instantclient_21_9"
    assert settings.data_api.csv_folder_path == "D:\\Exportações\\csv"
    assert settings.user_name == "LEITOR"
    assert settings.user_pass is not None
    assert settings.user_pass.get_secret_value() == "tigre"
    assert unknown_keys(datafile) == []


def test_unknown_keys_are_named_and_do_no_harm(datafile: Path) -> None:
    document: dict[str, Any] = {**OLD_SYSTEM, "thraeds": 8, "scheduler": {"concurency": 8}}

    assert load_settings(written(datafile, document)).scheduler.concurrency == 8
    assert unknown_keys(datafile) == ["thraeds", "scheduler.concurency"]


# --- what must not leak


def test_printed_settings_show_no_secret(datafile: Path) -> None:
    shown = repr(load_settings(written(datafile, OLD_SYSTEM)))

    for secret in ("segredo", "tigre", "chave-1", "somebody-chose"):
        assert secret not in shown


def test_a_stored_secret_opens_only_for_its_own_row() -> None:
    token = encrypt_secret(KEY, "tigre", bound_to="connection:7:password")

    assert decrypt_secret(KEY, token, bound_to="connection:7:password") == "tigre"
    with pytest.raises(SecretUnreadable, match="connection:8:password"):
        decrypt_secret(KEY, token, bound_to="connection:8:password")


def test_a_stored_secret_does_not_open_with_another_key() -> None:
    token = encrypt_secret(KEY, "tigre", bound_to="connection:7:password")

    with pytest.raises(SecretUnreadable, match="secret_key has changed"):
        decrypt_secret("x" * 40, token, bound_to="connection:7:password")


def test_the_same_secret_is_stored_differently_each_time() -> None:
    tokens = {encrypt_secret(KEY, "tigre", bound_to="a") for _ in range(5)}

    assert len(tokens) == 5
    assert not any("tigre" in token for token in tokens)


@pytest.mark.parametrize("token", ["", "tigre", "v1:", "v1:not base64!", "v2:AAAA"])
def test_a_broken_stored_secret_is_told_in_words(token: str) -> None:
    with pytest.raises(SecretUnreadable):
        decrypt_secret(KEY, token, bound_to="connection:7:password")


# --- the command line


def test_command_writes_the_file_once_and_leaves_it_alone(
    datafile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASQL_DATAFILE", str(datafile))

    assert main([]) == 0
    before = datafile.read_bytes()
    assert main([]) == 0

    assert datafile.read_bytes() == before
    assert "left as it is" in capsys.readouterr().out


def test_check_command_lists_faults_and_fails(
    datafile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASQL_DATAFILE", str(written(datafile, {"backend": {"port": 0}})))

    assert main(["--check"]) == 1
    assert "backend.port" in capsys.readouterr().err


def test_check_command_warns_of_unknown_keys(datafile: Path) -> None:
    written(datafile, {"backend": {"secret_key": KEY}, "scheduler": {"concurency": 8}})

    answer = subprocess.run(
        [sys.executable, "auxiliares.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "ASQL_DATAFILE": str(datafile)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "scheduler.concurency" in answer.stdout
    assert answer.stdout.endswith("is in order\n")

"""The settings file as text on the disk: what a new one holds, and how it is written whole."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any


def default_document() -> dict[str, Any]:
    """The content of a new datafile.json, with a fresh secret key."""
    return {
        "oracle_database": {"TSN": "", "INSTANT_CLIENT": ""},
        "backend": {"secret_key": secrets.token_urlsafe(48), "host": "127.0.0.1", "port": 5000},
        "postgres": {
            "hostname": "",
            "port": 5432,
            "database": "automacaosql",
            "username": "automacaosql",
            "password": "",
        },
        "user_name": "",
        "user_pass": "",
        "data_api": {"csv_folder_path": "", "export_roots": [], "api_keys": []},
        "scheduler": {"time_zone": "America/Sao_Paulo", "concurrency": 8},
    }


def write_datafile(path: Path) -> bool:
    """Write a new settings file readable by its owner alone; False when one is already there.

    It appears whole: another process that starts at the same moment reads all of it or writes
    its own, and a full disk leaves none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    beside = _write_beside(path, default_document())
    try:
        if sys.platform == "win32":
            beside.rename(path)  # never replaces a file there
        else:
            os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


def replace_datafile(path: Path, document: dict[str, Any]) -> None:
    """Put the document in the place of the file there, whole or not at all."""
    _write_beside(path, document).replace(path)


def _write_beside(path: Path, document: dict[str, Any]) -> Path:
    """The document in a file of the same folder for its owner alone, on the disk by now."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return beside

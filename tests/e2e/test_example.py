"""The example of two databases in step, started with the one command its README shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.product import ROOT, free_port

TABLES = ["plano", "plano_vantagens", "universitario", "anunciante", "pagamento"]
LINE = re.compile(r"^(\w+) +done +(\d+) rows, (\w+) inserted, (\w+) updated", re.MULTILINE)


def _run(data: Path) -> list[tuple[str, str, str, str]]:
    """Table, rows, inserted and updated of each line of figures."""
    environment = {name: text for name, text in os.environ.items() if name[:5] != "ASQL_"} | {
        "ASQL_DATA": str(data),
        "ASQL_PG_FSYNC": "off",
        "URL_CONSULTAS": f"http://127.0.0.1:{free_port()}",
        "FALHA_EM": "10",
    }
    done = subprocess.run(
        [sys.executable, "examples/sync/run.py", "--once"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return LINE.findall(done.stdout)


def test_one_command_brings_all_tables_over_and_again_changes_nothing(tmp_path: Path) -> None:
    first, second = _run(tmp_path), _run(tmp_path)
    assert [line[0] for line in first[:5]] == TABLES
    assert all(rows == inserted != "0" for _, rows, inserted, _ in first[:5])
    assert [line[0] for line in second[:5]] == TABLES
    assert all(line[2:] == ("0", "0") for line in second[:5])

"""The way to a real Oracle, walked to its door: ORACLE_TEST_DSN names a stand-in instead."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = "tests.oracle_standin.rehearsal"
SUITE = "tests/integration/test_connector_contract.py"


@pytest.mark.timeout(400)
def test_contract_runs_against_the_server_that_the_variable_names() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", MODULE],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-k", "live", "-n", "0", SUITE],
            cwd=ROOT,
            env={**os.environ, "ORACLE_TEST_DSN": server.stdout.readline().strip()},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        server.communicate("")
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 40


def test_documents_name_the_command_that_was_run() -> None:
    command = f"-k live {SUITE}"
    for place in ("docs/howto/connect-oracle.md", "tests/oracle_standin/compose.yaml"):
        text = re.sub(r"[\\#\s]+", " ", (ROOT / place).read_text("utf-8"))
        assert re.search(r"ORACLE_TEST_DSN=127\.0\.0\.1:1521/FREEPDB1 \S+ " + command, text)

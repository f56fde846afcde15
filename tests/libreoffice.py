"""The long form of the golden files: `python -m tests.libreoffice` lets LibreOffice read them back.

It opens the workbook and the CSV of Excel Brasil without a window, saves what its cells show as
text, and compares. It ends with 1 when a value differs, and with 2 where there is no LibreOffice;
it is far too large a package for `./test`, which reads the same files with openpyxl, pandas,
DuckDB and Python's csv.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from metadb.embedded import EmbeddedPostgres
from tests.integration.test_golden_files import (
    NAMES,
    POSTGRES_TABLE,
    ROWS,
    export,
    form_of,
    postgres_literal,
)
from tests.sources import Source, new_database, postgres_source, run_sql

# Comma, quotes, UTF-8, from line 1, cells as they are shown; the last token: first sheet.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1"
# How Calc reads the CSV: semicolon, quotes, UTF-8, from line 1, every column as text.
EXCEL_BR = "CSV:59,34,76,1," + "/".join(f"{n}/2" for n in range(1, len(NAMES) + 1))
# What the workbook's cells show to an American; more than 15 digits and days before 1900 are texts.
SHEET = [
    ["9" * 38, "12345678.9012", "12345678901234567890.5", "0.1", "São João"],
    [""] * 5,
    ["-" + "1" * 38, "-0.5", "-0.0000000001", "0", '"aspas"; e, vírgula\te | barra'],
    ["0", "0", "1", "NaN", "duas\nlinhas\ne meia"],
    ["7", "1.5", "0.1", "1E+300", "😀 =1+1"],
    ["8", "2.25", "1000", "-Infinity", "007"],
]
DAYS = ["01/31/2024", "", "1899-12-31", "0001-01-01", "12/31/9999", "03/01/1900"]
AMERICAN = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def main() -> int:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        sys.stderr.write("LibreOffice (soffice) was not found: nothing was read back\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="asql-office-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # root runs the server by another account
        server = EmbeddedPostgres(folder / "server")
        try:
            address = new_database(server.ensure())
            rows = ", ".join(
                f"({n}, {', '.join(map(postgres_literal, row))})" for n, row in enumerate(ROWS)
            )
            run_sql(address, f"{POSTGRES_TABLE} insert into ouro values {rows}")
            faults = _read_back(program, postgres_source(address), folder)
        finally:
            server.stop_if_last()
    sys.stdout.write("\n".join([*faults, f"{len(faults)} differences"]) + "\n")
    return 1 if faults else 0


def _read_back(program: str, source: Source, folder: Path) -> list[str]:
    book = export(source, form_of("xlsx"), folder).path
    found = _shown(program, book, folder)
    faults = _differences("workbook", [row[:5] for row in found[1:]], SHEET)
    faults += _differences("days", [[row[5]] for row in found[1:]], [[day] for day in DAYS])
    text = export(source, form_of("csv", profile="excel_br"), folder).path
    with text.open(encoding="utf-8-sig", newline="") as file:
        wanted = [
            [cell.replace("\r\n", "\n") for cell in row] for row in csv.reader(file, delimiter=";")
        ]
    return faults + _differences("CSV", _shown(program, text, folder, EXCEL_BR), wanted)


def _shown(program: str, file: Path, folder: Path, read_as: str | None = None) -> list[list[str]]:
    """The cells of the first sheet as Calc shows them."""
    out = folder / f"shown-{file.suffix[1:]}"
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        *([f"--infilter={read_as}"] if read_as else []),
        *("--convert-to", AS_SHOWN, "--outdir", str(out), str(file)),
    ]
    environment = os.environ | AMERICAN
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=600)
    (saved,) = out.glob("*.csv")
    with saved.open(encoding="utf-8", newline="") as text:
        return [[cell.replace("\r\n", "\n") for cell in row] for row in csv.reader(text)]


def _differences(
    name: str, found: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]]
) -> list[str]:
    if len(found) != len(wanted):
        return [f"{name}: {len(found)} rows instead of {len(wanted)}"]
    return [
        f"{name}, row {number}: {one!r} instead of {other!r}"
        for number, (row, expected) in enumerate(zip(found, wanted, strict=True))
        for one, other in zip(row, expected, strict=True)
        if one != other
    ]


if __name__ == "__main__":
    sys.exit(main())

"""Makes one companion in a process of its own, behind everything else on the machine.

Started by the daemon as `python -m datafiles.companion_process` with a request on standard input.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from auxiliares import AutomacaoError
from datafiles.companions import DataFile, make_companion
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn

NICENESS = 15


def request_of(
    parts: list[Path], columns: list[dict[str, Any]], form: dict[str, Any], folder: Path
) -> bytes:
    """What the process reads: the files of a version, its manifest, the folder of companions."""
    document = {
        "parts": [str(part) for part in parts],
        "columns": columns,
        "form": form,
        "folder": str(folder),
    }
    return json.dumps(document).encode()


def main() -> int:
    """Exit code 0: the companion is there."""
    if sys.platform != "win32":  # there whoever starts it gives it a low class
        os.nice(NICENESS)
    request = json.loads(sys.stdin.buffer.read())
    file = DataFile.of_version(
        [Path(part) for part in request["parts"]],
        [ManifestColumn.of(column) for column in request["columns"]],
        FileForm.of_manifest(request["form"]),
    )
    try:
        make_companion(file, Path(request["folder"]) / file.key())
    except (AutomacaoError, OSError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

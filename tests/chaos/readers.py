"""Readers that never stop: one of the exported files, one of the data API."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen


@dataclass
class Seen:
    """What readers saw. `contents` by file name: hashes in the order they first appeared."""

    reads: int = 0
    contents: dict[str, list[str]] = field(default_factory=dict)
    versions: dict[str, list[int]] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)

    def note(self, name: str, content: bytes) -> None:
        self.reads += 1
        digest = hashlib.sha256(content).hexdigest()
        found = self.contents.setdefault(name, [])
        if not found or found[-1] != digest:
            found.append(digest)
            if fault := fault_of(content):
                self.torn.append(f"{name}: {fault}")


def fault_of(content: bytes) -> str | None:
    """What is wrong with an export of the chaos jobs by its own content; None: it is whole."""
    lines = content.decode("utf-8-sig").splitlines()
    columns = lines[0].split(";")
    # The text holds a semicolon in quotes; what is asked stands behind it.
    cells = [line.split('";')[1].split(";") for line in lines[1:]]
    moments = {row[columns.index("carimbo") - 2] for row in cells}
    totals = {row[columns.index("total") - 2] for row in cells}
    if len(moments) != 1 or len(totals) != 1:
        return f"rows of {len(moments)} queries"
    if int(totals.pop()) != len(cells):
        return f"{len(cells)} rows"
    return None


class Reader(threading.Thread):
    """Reads in turns until told to stop; faults of the line are no findings."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(daemon=True)
        self.seen = Seen()
        self._pause_s = pause_s
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(self._pause_s):
            self.read()

    def stop(self) -> Seen:
        self._stopping.set()
        self.join(timeout=60)
        return self.seen

    def read(self) -> None:
        raise NotImplementedError


class FileReader(Reader):
    """Opens every exported file, whatever happens to it."""

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__(pause_s=0.005)
        self._files = files

    def read(self) -> None:
        for path in self._files:
            try:
                self.seen.note(path.name, path.read_bytes())
            except FileNotFoundError:
                continue
            time.sleep(0.001)


class ApiReader(Reader):
    """Downloads every dataset as a file, and notes the version it was told."""

    def __init__(self, base: str, api_key: str, names: Sequence[str]) -> None:
        super().__init__(pause_s=0.02)
        self._base = base
        self._key = api_key
        self._names = names

    def read(self) -> None:
        for name in self._names:
            request = Request(  # noqa: S310 - loopback only
                f"{self._base}/api/data/datasets/chaos/{name}?format=csv",
                headers={"X-API-Key": self._key},
            )
            try:
                with urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback only
                    content = answer.read()
                    version = answer.headers["X-Dataset-Version"]
            except HTTPError as exc:
                exc.close()
                continue
            except (URLError, HTTPException, OSError):
                continue
            self.seen.note(f"{name}.csv", content)
            if version is None:
                continue  # the first file was placed while the answer was being prepared
            told = self.seen.versions.setdefault(name, [])
            if not told or told[-1] != int(version):
                told.append(int(version))
            time.sleep(0.005)

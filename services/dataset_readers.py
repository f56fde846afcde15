"""Who reads which dataset, with which tool: noted in batches, shown to people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import DatasetReader

OTHER: Final = "other"
# The first that is found in a User-Agent names the tool; programs name the library beneath too.
_TOOLS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), tool)
    for pattern, tool in (
        (r"power ?bi", "Power BI"),
        (r"microsoft\.data\.mashup", "Power Query"),
        (r"excel|microsoft office", "Excel"),
        (r"pandas", "pandas"),
        (r"python|aiohttp|httpx|urllib", "Python"),
        (r"postman|insomnia", "Postman"),
        (r"powershell", "PowerShell"),
        (r"^curl/", "curl"),
        (r"wget", "Wget"),
        (r"duckdb", "DuckDB"),
        (r"libcurl|^r ", "R"),
        (r"^java|okhttp", "Java"),
        (r"go-http", "Go"),
        (r"node|axios|undici", "Node"),
        (r"libreoffice", "LibreOffice"),
        (r"mozilla|opera", "browser"),
    )
)


@dataclass(frozen=True, slots=True)
class ReadBy:
    """Who read what: one row of the table."""

    dataset_key: str
    kind: str
    reader: str
    tool: str


@dataclass(slots=True)
class Reads:
    """How often, and how many bytes were sent."""

    count: int = 0
    bytes_sent: int = 0


def tool_of(user_agent: str) -> str:
    """What people call the program that names itself so."""
    return next((tool for find, tool in _TOOLS if find.search(user_agent[:300])), OTHER)


def add_reads(session: Session, reads: Mapping[ReadBy, Reads]) -> None:
    """Add what was read since the last time; in one order, so that two processes never jam."""
    rows = [
        {
            "dataset_key": by.dataset_key,
            "kind": by.kind,
            "reader": by.reader,
            "tool": by.tool,
            "reads": found.count,
            "bytes_sent": found.bytes_sent,
        }
        for by, found in sorted(reads.items(), key=lambda read: astuple(read[0]))
    ]
    if not rows:
        return
    rows.sort(
        key=lambda row: [str(row[name]) for name in ("dataset_key", "kind", "reader", "tool")]
    )
    statement = insert(DatasetReader).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            constraint="pk_dataset_readers",
            set_={
                "reads": DatasetReader.reads + statement.excluded.reads,
                "bytes_sent": DatasetReader.bytes_sent + statement.excluded.bytes_sent,
                "last_read_at": func.clock_timestamp(),
            },
        )
    )


def readers_of(session: Session, name: str) -> Sequence[DatasetReader]:
    """Who has read the dataset of this name, the last one first."""
    return session.scalars(
        select(DatasetReader)
        .where(DatasetReader.dataset_key == name.casefold())
        .order_by(DatasetReader.last_read_at.desc())
        .limit(500)
    ).all()

"""What guards find, told with who has read the columns it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services import column_reads
from services.column_changes import column_changes
from services.guards import Finding


def with_readers(
    session: Session,
    findings: list[Finding],
    dataset_id: int,
    columns: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]] | None,
    within_days: int,
) -> list[Finding]:
    """The findings; those of columns that are gone or retyped say who reads them."""
    concerned = [finding for finding in findings if finding["found"] in ("gone", "retyped")]
    if not concerned or before is None:
        return findings
    changes = column_changes(columns, before)
    found = column_reads.concerns(session, dataset_id, changes, within_days=within_days)
    for finding in concerned:
        of_finding = [each for each in found if each.change.column in finding["columns"]]
        sentence = column_reads.readers_sentence(of_finding)
        finding["message"] += f" – {sentence}" if sentence else ""
    return findings

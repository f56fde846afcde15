"""What the ledger keeps of a fault of a run."""

from __future__ import annotations

from auxiliares import AutomacaoError
from connectors.base import SourceError
from services.ledger import Failure
from vocabulary import ErrorClass

NO_PROGRESS = Failure(
    "no_progress",
    "No row and no byte came for longer than the job allows (no_progress_limit_s); the query was "
    "stopped. Look at the source for locks, or raise the limit of the job.",
    ErrorClass.TRANSIENT,
)


def failure_of(error: AutomacaoError) -> Failure:
    """Code, sentence and class of an error."""
    after_s = error.retry_after_s if isinstance(error, SourceError) else 0
    return Failure(error.code, error.message, ErrorClass(error.error_class), after_s)

"""Whatever became of an occurrence, there is a sentence for it."""

import pytest

from services.occurrence_words import waiting_words, why
from vocabulary import Absence, Reason, WaitingFor

# Said of a range of time, never of one occurrence.
OF_RANGES = {
    Absence.CREATED_LATER,
    Absence.SCHEDULE_CHANGED,
    Absence.SCHEDULE_UNREADABLE,
    Absence.NO_SCHEDULE,
    Absence.NO_SLOT,
}


@pytest.mark.parametrize(
    "reason", [*Reason, *(word for word in Absence if word not in OF_RANGES)], ids=repr
)
def test_every_reason_has_a_sentence_of_its_own(reason: Reason | Absence) -> None:
    sentence = why(reason)
    assert sentence.endswith(".")
    assert f"({reason})" not in sentence


@pytest.mark.parametrize("hindrance", list(WaitingFor))
def test_everything_a_run_waits_for_has_a_sentence_of_its_own(hindrance: WaitingFor) -> None:
    assert waiting_words(hindrance) != waiting_words(None)


def test_an_unknown_reason_is_named() -> None:
    assert why("tempestade") == "It was not run (tempestade)."

"""Sentences about occurrences: why one was not run, and why nothing ran in a range of time."""

from __future__ import annotations

from datetime import datetime

from vocabulary import Absence, Reason, WaitingFor

_WHY: dict[str, str] = {
    Reason.OVERLAP: "It was skipped: the job still had a run that waited or ran.",
    Reason.MISSED: "It was missed: nobody was there to start it in time.",
    Reason.PAUSED: "It was skipped: the job was paused.",
    Reason.MAINTENANCE: "It was skipped: everything was paused for maintenance.",
    Reason.ON_REQUEST: "It was cancelled by somebody.",
    Reason.JOB_DELETED: "It was cancelled: its job was deleted.",
    Reason.WORKER_LOST: "Its worker stopped answering.",
    Reason.WORKER_STOPPED: "Its worker was stopped.",
    Reason.ATTEMPTS_USED_UP: "Its worker was lost at every attempt.",
    Reason.JOB_INACTIVE: "It was cancelled: the job was inactive by then.",
    Reason.GUARD: "It ran, and a guard holds the new version back; readers keep the one before.",
    Reason.WINDOW_EMPTY: "There was no day to read: everything up to its window's end is loaded.",
    Reason.GATE_OPEN: "Its parameter was not closed by the deadline.",
    Reason.NOT_BUSINESS_DAY: "It was left out: the day is no business day of the job's calendar.",
}
# Of Absence: not written down, so not in the words of what was.
_WHY_ABSENT: dict[str, str] = {
    Absence.INACTIVE: "It is not planned: the job is inactive.",
    Absence.PAUSED: "It will be skipped: the job is paused.",
    Absence.MAINTENANCE: "It will be skipped while everything is paused for maintenance.",
    Absence.OUTSIDE_VALIDITY: "It is not planned: the day lies outside the job's first and last.",
    Absence.NO_SCHEDULER: "Nobody is scheduling: no scheduler has given a sign of life lately.",
    Absence.NOT_BUSINESS_DAY: "It is left out: the day is no business day of the job's calendar.",
    Absence.MOVED: "The day is no business day of the job's calendar: it runs on another one.",
    Absence.NO_RECORD: (
        "There is no record of it: its row was deleted, or the schedule was changed past the API."
    ),
}
_WAITS: dict[str, str] = {
    WaitingFor.CONNECTION_LIMIT: "It waits for a free slot on its connection.",
    WaitingFor.QUIET_HOURS: "It waits for the end of its connection's quiet hours.",
    WaitingFor.MAINTENANCE: "It waits for the end of the maintenance.",
    WaitingFor.OVERLAP: "It waits for another run of the job to end.",
    WaitingFor.RETRY: "It waits to be tried again.",
    WaitingFor.SPREAD: "It waits for its turn: starts are spread after an outage.",
    WaitingFor.GATE: "It waits for its parameter to be closed.",
    WaitingFor.BACKFILL: "It waits for the runs of the backfill before it.",
}


def why(reason: str | None) -> str:
    """A sentence for a Reason of a row or an Absence of one; any other is named."""
    if isinstance(reason, Absence):
        return _WHY_ABSENT[reason]
    if reason is None:
        return "It was not run."
    return _WHY.get(reason, f"It was not run ({reason}).")


def off_day_words(holiday: str | None, moves_to: datetime | None = None) -> str:
    """For an occurrence on a day off: the holiday by name, None is a weekend; where it moves."""
    day = f"{holiday} is" if holiday else "A day of the weekend is"
    ending = f"it runs on {moves_to:%Y-%m-%d at %H:%M}" if moves_to else "it is left out"
    return f"{day} no business day of the job's calendar: {ending}."


def waiting_words(waiting_for: str | None) -> str:
    """What a queued run waits for."""
    return _WAITS.get(waiting_for or "", "It waits for a worker.")

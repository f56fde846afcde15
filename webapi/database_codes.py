"""What codes of foreign databases mean, for whoever reads an error."""

from __future__ import annotations

from dataclasses import asdict

from flask import Response
from pydantic import RootModel

from connectors.oracle_codes import CodeMeaning, meanings
from webapi.access import Rule, access
from webapi.answers import answer_list
from webapi.resource import resource
from webapi.schemas import Model

bp = resource("database codes", __name__)


class WordsOut(Model):
    """Why it happens and what to do."""

    cause: str
    action: str


class DatabaseCodeOut(Model):
    """One code. `actor`: who can do something about it, author (of the query), operator or
    administrator (of the database); `is_repeatable`: a run tries again by itself."""

    code: str
    actor: str
    is_repeatable: bool
    en: WordsOut
    pt: WordsOut

    @classmethod
    def of(cls, meaning: CodeMeaning) -> DatabaseCodeOut:
        return cls(**asdict(meaning))


class DatabaseCodeList(RootModel[list[DatabaseCodeOut]]):
    """Codes by name."""


@bp.get("/api/database-codes", responses={200: DatabaseCodeList})
@access(Rule.NORMAL)
def list_database_codes() -> Response:
    """The usual codes of Oracle and its driver, in English and Portuguese."""
    known = sorted(meanings().values(), key=lambda meaning: meaning.code)
    return answer_list([DatabaseCodeOut.of(meaning) for meaning in known])

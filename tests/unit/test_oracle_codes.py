"""The catalogue of Oracle's codes agrees with what the connector does about them."""

import re

import oracledb
import pytest

from connectors import oracle_errors
from connectors.base import ConnectionSpec, SourceError
from connectors.limits import Limits
from connectors.oracle_codes import Actor, CodeMeaning, meanings
from vocabulary import ErrorClass

SENTENCE = re.compile(r"[A-ZÀ-Ý].*[.:)]", re.DOTALL)
ALL = list(meanings().values())


@pytest.mark.parametrize("meaning", ALL, ids=lambda meaning: meaning.code)
def test_every_code_is_explained_in_whole_sentences_of_two_languages(meaning: CodeMeaning) -> None:
    texts = [meaning.en.cause, meaning.en.action, meaning.pt.cause, meaning.pt.action]

    assert re.fullmatch(r"(ORA-\d{5}|DP[YI]-\d{4})", meaning.code)
    assert all(SENTENCE.fullmatch(text) for text in texts), texts
    assert len({meaning.en.cause, meaning.pt.cause}) == 2


@pytest.mark.parametrize(
    "codes", [oracle_errors.LOGIN, oracle_errors.NEEDS_CLIENT, oracle_errors.TRANSIENT], ids=len
)
def test_codes_the_connector_treats_apart_are_explained(codes: set[str]) -> None:
    ours_alone = {"DPY-4001"}  # raised before anything is sent: no password was given

    assert set(codes) - ours_alone <= set(meanings())


def test_a_refused_login_is_never_repeated() -> None:
    assert not any(meanings()[code].is_repeatable for code in oracle_errors.LOGIN & set(meanings()))


def test_what_the_connector_calls_transient_is_repeated() -> None:
    assert all(meanings()[code].is_repeatable for code in oracle_errors.TRANSIENT)


SPEC = ConnectionSpec(
    kind="oracle", name="erp", username="app", password="x", host="ora", port=1521, database="ERP"
)
LISTENER_IS_AWAY = (
    "ORA-12170 ORA-12505 ORA-12514 ORA-12516 ORA-12518 ORA-12519 ORA-12520 ORA-12528 ORA-12537"
    " ORA-12541 ORA-12545 ORA-12547 DPY-6001 DPY-6005"
).split()
SERVER_IS_AWAY = "DPY-4011 ORA-01033 ORA-01034 ORA-01089 ORA-01090".split()
LINE_IS_LOST = "ORA-00028 ORA-02396 ORA-03113 ORA-03114 ORA-03135".split()
PASSES_WHILE_READING = "ORA-00060 ORA-01555 ORA-04031 ORA-04068 ORA-12805".split()
FULL = "ORA-00018 ORA-00020 ORA-02391".split()
NOBODY_KNOWS = "ORA-00054 ORA-00600 ORA-01652 ORA-08103".split()
LOGIN = "ORA-01017 ORA-28000 ORA-28001 ORA-01045 ORA-01005".split()
STAYS = (
    "ORA-00904 ORA-00942 ORA-00933 ORA-01031 ORA-01427 ORA-01456 ORA-01476 ORA-01722 ORA-01843"
    " ORA-01861 ORA-02399 ORA-06502 DPY-3022 ORA-00980 ORA-01489 ORA-02019 ORA-04063 ORA-22835"
).split()
CLASSES_WHILE_LOGGING_IN = {
    **dict.fromkeys(LISTENER_IS_AWAY + SERVER_IS_AWAY + FULL, ErrorClass.TRANSIENT),
    **dict.fromkeys(
        [*LOGIN, "ORA-12154", "DPY-3001", "DPY-3010", "DPY-3015"], ErrorClass.PERMANENT
    ),
}
CLASSES_WHILE_READING = {
    **dict.fromkeys(
        SERVER_IS_AWAY + LINE_IS_LOST + PASSES_WHILE_READING + FULL, ErrorClass.TRANSIENT
    ),
    **dict.fromkeys(NOBODY_KNOWS, ErrorClass.UNKNOWN),
    # A login fails while a query runs where a link leads to another database.
    **dict.fromkeys(LOGIN + STAYS, ErrorClass.PERMANENT),
}


def while_logging_in(code: str) -> SourceError:
    wrapped = code.startswith("ORA-12") or code == "DPY-6001"
    words = f"DPY-6005: cannot connect to database\n{code}: words" if wrapped else f"{code}: words"
    return oracle_errors.connect_error(SPEC, oracledb.DatabaseError(words))


def while_reading(code: str) -> SourceError:
    error = oracledb.DatabaseError(f"{code}: words")
    return oracle_errors.query_error(SPEC, None, error, Limits(None))


@pytest.mark.parametrize(("code", "expected"), CLASSES_WHILE_LOGGING_IN.items())
def test_class_of_a_code_while_logging_in(code: str, expected: ErrorClass) -> None:
    assert while_logging_in(code).error_class is expected


@pytest.mark.parametrize(("code", "expected"), CLASSES_WHILE_READING.items())
def test_class_of_a_code_while_reading(code: str, expected: ErrorClass) -> None:
    assert while_reading(code).error_class is expected


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError("timed out")])
def test_a_socket_that_fails_is_tried_again(error: OSError) -> None:
    assert oracle_errors.connect_error(SPEC, error).transient
    assert oracle_errors.query_error(SPEC, None, error, Limits(None)).transient


def test_the_catalogue_promises_another_try_only_where_there_is_one() -> None:
    for code, expected in (CLASSES_WHILE_LOGGING_IN | CLASSES_WHILE_READING).items():
        if (meaning := meanings().get(code)) is not None and expected is not ErrorClass.UNKNOWN:
            assert meaning.is_repeatable is (expected is ErrorClass.TRANSIENT), code


def test_authors_are_told_only_what_they_can_change() -> None:
    for_authors = {m.code for m in ALL if m.actor is Actor.AUTHOR}

    assert {"ORA-00942", "ORA-00904", "ORA-01722"} <= for_authors
    assert not for_authors & (oracle_errors.LOGIN | oracle_errors.LOST)

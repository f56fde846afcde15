"""The catalogue of Oracle's codes agrees with what the connector does about them."""

import re

import pytest

from connectors import oracle_errors
from connectors.oracle_codes import Actor, CodeMeaning, meanings

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


def test_authors_are_told_only_what_they_can_change() -> None:
    for_authors = {m.code for m in ALL if m.actor is Actor.AUTHOR}

    assert {"ORA-00942", "ORA-00904", "ORA-01722"} <= for_authors
    assert not for_authors & (oracle_errors.LOGIN | oracle_errors.LOST)

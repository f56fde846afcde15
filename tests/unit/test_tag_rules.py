"""Tags: whatever is typed is written in one way, or refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.job_versions import differences
from services.tag_rules import LONGEST_TAG, MOST_TAGS, TagsInvalid, in_form, in_order, key_of

# Near what people write, and near what tells two of them apart or is refused.
LETTERS = st.text("aAáÁa\u0301ßẞİı ,\t\n\x00\u00a0\u200b😀7", max_size=45)
TAGS = LETTERS | st.sampled_from(["vendas", "Vendas", " VENDAS ", "fechamento  mensal"])


@given(st.lists(TAGS, max_size=13))
def test_tags_are_written_in_one_way_or_refused(sent: list[str]) -> None:
    try:
        tags = in_form(sent)
    except TagsInvalid:
        return
    assert len(tags) <= MOST_TAGS
    for tag in tags:
        assert 1 <= len(tag) <= LONGEST_TAG
        assert tag == tag.strip()
        assert tag.isprintable()
        assert "," not in tag
    # Each is there once, and none was lost
    keys = [key_of(tag) for tag in tags]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {key_of(" ".join(tag.split())) for tag in sent}
    # What was written is written so again, in whatever order it comes
    assert in_form(tags) == in_form(reversed(tags)) == tags


@given(TAGS)
def test_capitals_and_the_way_accents_are_stored_make_no_other_tag(tag: str) -> None:
    for other in (unicodedata.normalize("NFD", tag), unicodedata.normalize("NFC", tag)):
        assert key_of(other) == key_of(tag)
    if tag.isascii():
        assert key_of(tag.upper()) == key_of(tag.lower()) == key_of(tag)


def test_the_first_spelling_stays_and_the_alphabet_orders() -> None:
    sent = ["zinco", "Ábaco", " vendas\t", "VENDAS", "abacate", "fechamento \n mensal"]
    assert in_form(sent) == ["abacate", "Ábaco", "fechamento mensal", "vendas", "zinco"]
    assert in_order(["b", "B2", "A", "á"]) == ["A", "á", "b", "B2"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (["", "vendas"], "empty"),
        (["a" * 41], "41 characters"),
        (["a,b"], "comma"),
        (["a\x00b"], "invisible"),
        (["a\u202eb"], "invisible"),
        ([f"tag {n}" for n in range(11)], "these are 11"),
    ],
)
def test_what_is_refused_says_what_to_do(sent: list[str], words: str) -> None:
    with pytest.raises(TagsInvalid, match=words) as refused:
        in_form(sent)
    assert [fault["field"] for fault in refused.value.errors] == ["tags"]


def test_the_longest_and_the_most_are_allowed() -> None:
    sent = [f"{n:02}".ljust(LONGEST_TAG, "x") for n in range(MOST_TAGS)]
    assert in_form([*sent, *sent]) == sent


def test_a_version_from_before_there_were_tags_differs_by_none_of_them() -> None:
    assert differences({"job_name": "a"}, {"job_name": "a", "tags": []}) == []
    (found,) = differences({"job_name": "a"}, {"job_name": "a", "tags": ["vendas"]})
    assert (found.field, found.before, found.after) == ("tags", None, ["vendas"])

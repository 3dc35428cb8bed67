"""Words as complaints show them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.documents.spelling import counted, kind, listed, nearest, noun, quoted, shown, slip_of

WORDS = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=4, max_size=12)


@pytest.mark.parametrize(
    ("word", "choices", "near"),
    [
        ("stpes", ["state", "steps"], "steps"),
        ("wroking", ["queued", "working", "done"], "working"),
        ("CONVERSIO", ["wix", "conversio"], "conversio"),
        ("access_token", ["accessToken"], "accessToken"),
        ("retry", ["delay", "retryAfter"], "retryAfter"),
        ("wait", ["running", "waiting"], "waiting"),
        ("ids", ["id"], "id"),
        ("no", ["on", "ok"], None),
        ("zebra", ["queued", "done"], None),
        ("", ["id", "name"], None),
        ("anything", [], None),
    ],
)
def test_the_nearest_spelling_is_found_or_none_is(word: str, choices: list[str], near: str | None) -> None:
    assert nearest(word, choices) == near


@given(WORDS, st.lists(WORDS, max_size=5), st.data())
def test_a_word_with_two_neighbours_swapped_is_recognised(word: str, others: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert nearest(swapped, [word]) == word
    assert nearest(swapped, [*others, word]) is not None


@given(WORDS, st.data())
def test_a_word_with_a_letter_missing_is_recognised(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    assert nearest(word[:at] + word[at + 1 :], [word]) == word


@given(st.text(), st.lists(st.text(), min_size=1))
def test_what_is_nearest_is_one_of_the_choices_and_a_word_is_nearest_to_itself(word: str, others: list[str]) -> None:
    assert nearest(word, others) in {None, *others}
    assert nearest(word, [word]) == word


def test_a_slip_is_of_few_letters_and_no_stem() -> None:
    assert slip_of("wroking", ["working"]) == "working"
    assert slip_of("wroking", ["working"], most=1) == "working"
    assert slip_of("wrokin", ["working"], most=1) is None
    assert slip_of("wait", ["waiting"]) is None
    assert slip_of("READ-jobs", ["read_jobs"], most=0) == "read_jobs"


@given(WORDS, st.lists(WORDS, max_size=5))
def test_the_nearest_is_what_a_slip_was_meant_to_be(word: str, others: list[str]) -> None:
    assert slip_of(word, others) in {None, nearest(word, others)}


def test_words_too_long_to_be_compared_are_near_only_if_they_are_the_same() -> None:
    assert nearest("a" * 5000, ["A" * 5000]) == "A" * 5000
    assert nearest("a" * 5000, ["a" * 5001]) is None


def test_choices_are_listed_with_an_or_before_the_last() -> None:
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b"]) == "`a` or `b`"
    assert listed(["a", "b", "c"]) == "`a`, `b` or `c`"


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_value_is_shown_as_json_of_at_most_sixty_characters(value: object) -> None:
    whole = json.dumps(value, ensure_ascii=False)
    seen = shown(value)
    assert len(seen) <= 60
    assert seen == whole if len(whole) <= 60 else whole.startswith(seen[:-1])


def test_a_key_is_quoted_on_one_line() -> None:
    assert quoted("a\nb") == "`a\\nb`"


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "`null`"), (True, "`true`"), ({}, "an object"), ([], "an array"), ("", "a string"), (1, "a number")],
)
def test_a_value_is_called_by_its_json_type(value: object, name: str) -> None:
    assert kind(value) == name


def test_types_and_counts_are_spoken_of_in_plain_words() -> None:
    assert (noun("integer"), noun("boolean"), noun("odd")) == ("an integer", "`true` or `false`", "`odd`")
    assert (counted(1, "item"), counted(3, "item")) == ("1 item", "3 items")

"""Query parameters as a dialect declares them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.commands import Ask
from fakejobs.dialect.credentials import Refusal
from fakejobs.dialect.queries import Parameter, read_query, strict_json


def value_of(parameter: Parameter, *texts: str) -> Any:
    query = {parameter.name: texts} if texts else {}
    read = read_query((parameter,), Ask(method="GET", path="/", query=query))
    return read if isinstance(read, Refusal) else read[parameter.name]


def refused(parameter: Parameter, *texts: str) -> str:
    refusal = value_of(parameter, *texts)
    assert isinstance(refusal, Refusal)
    assert (refusal.error, refusal.field) == ("bad_request", parameter.name)
    assert refusal.reason == f"the query parameter {parameter.name} {refusal.description}"
    return refusal.description


LIMIT = Parameter(name="limit", kind="integer", default=50, least=1, most=100)


@given(st.integers(-(10**19) + 1, 10**19 - 1))
def test_an_integer_is_read_within_its_bounds(number: int) -> None:
    assert value_of(Parameter(name="n", kind="integer"), str(number)) == number
    if number < 1:
        assert refused(LIMIT, str(number)) == "must be at least 1"
    elif number > 100:
        assert refused(LIMIT, str(number)) == "must be at most 100"
    else:
        assert value_of(LIMIT, str(number)) == number


@pytest.mark.parametrize("text", ["x", "-", "1.5", "+1", " 1", "1_0", "٣", "²", "--1", "1" * 20, "NaN"])
def test_what_is_no_integer_is_refused(text: str) -> None:
    assert refused(LIMIT, text) == "must be an integer"


def test_a_boolean_is_true_or_false_in_just_these_words() -> None:
    flag = Parameter(name="flag", kind="boolean")
    assert (value_of(flag, "true"), value_of(flag, "false")) == (True, False)
    assert refused(flag, "True") == "must be true or false"


def test_a_text_is_any_or_one_of_those_listed() -> None:
    assert value_of(Parameter(name="text", kind="string"), "ü b") == "ü b"
    status = Parameter(name="status", kind="string", values=("ALL", "FAILED"))
    assert value_of(status, "ALL") == "ALL"
    assert refused(status, "all") == "must be one of ALL, FAILED"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_is_read_as_the_value_that_was_written(value: Any) -> None:
    assert value_of(Parameter(name="filter", kind="json"), json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "NaN",
        '{"a": Infinity}',
        "[-Infinity]",
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("1" * 5000, id="huge"),
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    assert refused(Parameter(name="filter", kind="json"), text) == "must be JSON"


def test_a_constant_that_json_does_not_have_is_named() -> None:
    with pytest.raises(ValueError, match="NaN is not JSON"):
        strict_json(b"[NaN]")


@pytest.mark.parametrize("text", ["1e999", "-1e999"])
def test_a_number_that_no_reply_could_say_again_is_no_json(text: str) -> None:
    assert refused(Parameter(name="filter", kind="json"), text) == "must be JSON"


@pytest.mark.parametrize("texts", [(), ("",), ("", "7")])
def test_a_parameter_that_is_not_given_or_empty_takes_its_default(texts: tuple[str, ...]) -> None:
    assert value_of(LIMIT, *texts) == 50
    assert value_of(Parameter(name="cursor", kind="string"), *texts) is None
    assert refused(Parameter(name="segment", kind="json", required=True), *texts) == "must be given"


def test_of_several_values_the_first_counts_and_of_several_mistakes_too() -> None:
    assert value_of(LIMIT, "7", "x") == 7
    other = Parameter(name="other", kind="integer")
    read = read_query((other, LIMIT), Ask(method="GET", path="/", query={"limit": ("x",), "other": ("y",)}))
    assert isinstance(read, Refusal)
    assert read.field == "other"


def test_what_is_not_declared_is_not_read() -> None:
    assert read_query((), Ask(method="GET", path="/", query={"limit": ("x",)})) == {}

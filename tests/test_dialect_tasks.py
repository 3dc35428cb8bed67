"""What a request asks for in jobs."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.scope import Scope
from fakejobs.dialect.tasks import Makes, Spread, tasks_of
from fakejobs.dialect.templates import Language

LANGUAGE = Language(time="epoch")
SPREAD = Spread(at="range", first="from", last="to", over=("s", "m", "l"), name="size")


def tasks(body: Any, each: dict[str, str], spreads: dict[str, Spread] | None = None) -> Any:
    makes = Makes(
        each={name: LANGUAGE.compile(f"${{ask.body.{text}}}") for name, text in each.items()},
        spreads=spreads or {},
        task=LANGUAGE.compile({name: f"${{each.{name}}}" for name in each} or {"all": "${ask.body.a}"}),
    )
    return tasks_of(makes, Scope({"ask": {"body": body}}))


def test_a_request_without_lists_is_one_task() -> None:
    assert tasks({"a": [1, 2]}, {}) == ({"all": [1, 2]},)


def test_there_is_a_task_for_each_combination_in_the_order_of_the_lists() -> None:
    assert tasks({"a": [1, 2], "b": ["x", "y"]}, {"n": "a", "t": "b"}) == (
        {"n": 1, "t": "x"},
        {"n": 1, "t": "y"},
        {"n": 2, "t": "x"},
        {"n": 2, "t": "y"},
    )
    assert tasks({"a": 7}, {"n": "a"}) == ({"n": 7},)


def test_a_range_stands_for_all_that_it_spans_and_what_has_none_for_itself() -> None:
    rows = [{"range": {"from": "m", "to": "l"}}, {"size": "s"}, {"range": None}, 7]
    found = tasks({"a": rows}, {"n": "a"}, {"n": SPREAD})
    assert [task["n"] for task in found] == [
        {"range": {"from": "m", "to": "l"}, "size": "m"},
        {"range": {"from": "m", "to": "l"}, "size": "l"},
        {"size": "s"},
        {"range": None},
        7,
    ]


@pytest.mark.parametrize(
    ("bounds", "description"),
    [
        ({"from": "xs", "to": "l"}, "must be of s, m, l"),
        ({"from": "s"}, "must be of s, m, l"),
        ({"from": "l", "to": "s"}, "must not have its from behind its to"),
    ],
)
def test_a_range_that_is_none_is_refused(bounds: Any, description: str) -> None:
    refused = tasks({"a": [{"range": bounds}]}, {"n": "a"}, {"n": SPREAD})
    assert isinstance(refused, Refusal)
    assert (refused.error, refused.field, refused.description) == ("bad_request", "range", description)

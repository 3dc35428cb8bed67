"""The errors: what they say, what they carry, and as what they can be caught."""

from __future__ import annotations

import pickle

import pytest

from fakejobs.conformance import ConformanceError
from fakejobs.errors import ClockError, DocumentError, ExpectationError, FakeJobsError, Problem, UsageError

PROBLEM = Problem(file="a.json", line=3, column=5, message="found it", pointer="/a/0")
BARE = Problem(file="<scenario>", line=0, column=0, message="found it", pointer="")


def test_a_problem_says_where_and_what() -> None:
    assert str(PROBLEM) == "a.json:3:5: found it (at /a/0)"
    assert str(BARE) == "<scenario>: found it"


def test_a_document_error_says_every_problem_on_a_line() -> None:
    error = DocumentError((PROBLEM, BARE))
    assert str(error) == "a.json:3:5: found it (at /a/0)\n<scenario>: found it"
    assert error.problems == (PROBLEM, BARE)


def test_an_expectation_error_says_its_findings_and_then_the_timeline() -> None:
    error = ExpectationError(("one", "two"), "what happened")
    assert str(error) == "one\ntwo\n\nwhat happened"
    assert (error.findings, error.timeline) == (("one", "two"), "what happened")


@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (UsageError("x"), ()),
        (ClockError("x"), (UsageError, ValueError)),
        (DocumentError((PROBLEM,)), (ValueError,)),
        (ConformanceError((PROBLEM,)), (DocumentError, AssertionError)),
        (ExpectationError(("one",), "x"), (AssertionError,)),
    ],
)
def test_an_error_is_caught_as_what_it_is_and_survives_a_process(
    error: FakeJobsError, kinds: tuple[type[Exception], ...]
) -> None:
    assert isinstance(error, FakeJobsError)
    assert [kind for kind in kinds if not isinstance(error, kind)] == []
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))

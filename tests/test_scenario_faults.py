"""Faults as scenarios write them: a look that steps back, and a connection that breaks behind so many bytes."""

from __future__ import annotations

from typing import Any

import pytest
from playing import SECOND

from fakejobs.breaks import Break
from fakejobs.scenario.faults import read_fault
from fakejobs.scenario.model import Fault

BACK = {"stale": {"minutes": 2}}


def told(entry: dict[str, Any], *, is_between_steps: bool = True) -> list[str]:
    """What is complained of a fault, a line each, with its place in the fault."""
    said: list[str] = []
    read_fault(
        entry,
        (),
        lambda path, message: said.append(f"{message} (at {'/'.join(map(str, path))})"),
        is_between_steps=is_between_steps,
    )
    return said


@pytest.mark.parametrize(
    "beside",
    [{}, {"headers": {"Age": "120"}}, {"delay": {"seconds": 1}}, {"connection": "drip", "after": 9}],
)
def test_a_fault_that_steps_back_may_come_late_slowly_and_with_headers(beside: dict[str, Any]) -> None:
    assert told({**BACK, **beside}) == []
    fault = read_fault({**BACK, **beside}, (), lambda *_: None, is_between_steps=True)
    assert (fault.stale, fault.status, fault.body) == (120 * SECOND, None, None)
    assert str(fault).startswith("as it was 120 s before")


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        ({"status": 200}, "`status`"),
        ({"body": {}}, "`body`"),
        ({"connection": "never"}, "`connection`"),
        ({"status": 200, "body": "x", "connection": "reset"}, "`status`, `body` or `connection`"),
    ],
)
def test_a_fault_that_steps_back_shows_the_job_and_nothing_else(beside: dict[str, Any], named: str) -> None:
    assert told({**BACK, **beside}) == [
        f"`stale` shows the job as it was before, and {named} does not show it; leave out one (at stale)"
    ]


def test_a_fault_steps_back_by_some_time_and_between_the_steps_of_a_job_alone() -> None:
    assert told({"stale": {"seconds": 0}}) == ["found 0 seconds; right would be more than 0 (at stale)"]
    assert told({**BACK, "status": 200}, is_between_steps=False) == [
        "`stale` shows a job as it was before: it is of a fault between the steps of one; leave it out (at stale)"
    ]


@pytest.mark.parametrize(
    ("entry", "size"),
    [
        ({"status": 503, "body": "half"}, 4),
        ({"status": 200, "body": {"a": "é"}}, 10),
        ({"body": ""}, 0),
        ({"status": 503}, 0),
    ],
)
def test_a_connection_breaks_within_the_body_that_the_fault_says(entry: dict[str, Any], size: int) -> None:
    assert told({**entry, "connection": "close", "after": size}) == []
    assert told({**entry, "connection": "close", "after": size + 1}) == [
        f"found {size + 1}, but the fault's own body has {size} bytes; right would be at most that (at after)"
    ]


def test_how_long_the_vendor_s_own_reply_is_nobody_knows_beforehand() -> None:
    entry = {"connection": "close", "after": 10_000}
    assert told(entry) == []
    assert read_fault(entry, (), lambda *_: None) == Fault(broken=Break(kind="close", after=10_000))

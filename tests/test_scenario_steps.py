"""Steps: how long each lasts, which may follow which, and the faults that lie over them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, QUEUED, SECOND, STARTED, complaints, conversio, read, wix

from fakejobs.dialect.loader import dialect
from fakejobs.documents import Path
from fakejobs.lifecycle import Overlay
from fakejobs.scenario.faults import read_fault
from fakejobs.scenario.model import Fault
from fakejobs.scenario.spans import read_span
from fakejobs.scenario.steps import read_steps

UNITS = {"seconds": SECOND, "minutes": 60 * SECOND, "hours": 3600 * SECOND, "days": 86400 * SECOND}
SPANS = st.dictionaries(st.sampled_from(sorted(UNITS)), st.integers(0, 10_000), min_size=1)


def nothing(path: Path, message: str) -> None:
    raise AssertionError((path, message))


def steps(*entries: Any) -> list[str]:
    """What is wrong with the steps of a job."""
    return [each.replace("/jobs/0/steps", "") for each in complaints(conversio({"steps": list(entries)}))]


@given(SPANS)
def test_a_span_is_the_sum_of_its_units_and_may_run_backwards_where_that_makes_sense(units: dict[str, int]) -> None:
    span = sum(UNITS[unit] * number for unit, number in units.items())
    assert read_span(units, (), nothing) == span
    backwards = {unit: -number for unit, number in units.items()}
    assert read_span(backwards, (), nothing, least=-(10**18)) == -span


@pytest.mark.parametrize(
    ("units", "least", "said", "span"),
    [
        ({"seconds": 0}, 1, "found 0 seconds; right would be more than 0", 0),
        ({"seconds": 1e-7}, 1, "found 0 seconds; right would be more than 0", 0),
        ({"minutes": -1.5}, 0, "found -90 seconds; right would be 0 or more", -90 * SECOND),
        (
            {"days": 1, "hours": -1},
            0,
            'found {"days": 1, "hours": -1}; the units of one span have to have the same sign',
            90_000 * SECOND,
        ),
        ({"days": 36500.1}, 1, "found 3.65e+04 days; right would be at most 36500", 1),
        ({"hours": -(10**400)}, 1, "found 4.17e+298 days; right would be at most 36500", 1),
    ],
)
def test_a_span_that_cannot_be_is_told_why(units: Any, least: int, said: str, span: int) -> None:
    found: list[tuple[Path, str]] = []
    assert read_span(units, ("for",), lambda *what: found.append(what), least=least) == span
    assert found == [(("for",), said)]


def test_a_step_lasts_a_span_some_looks_until_release_or_for_ever() -> None:
    entries = [{"state": "queued", "for": "release"}, {"state": "started", "for": {"polls": 2}}, STARTED, DONE]
    (job,) = read(conversio({"steps": entries})).jobs
    assert [(step.state, step.phase) for step in job.script.steps] == [
        ("queued", "waiting"),
        ("started", "running"),
        ("started", "running"),
        ("done", "succeeded"),
    ]
    assert [(step.awaits_release, step.looks, step.span) for step in job.script.steps] == [
        (True, None, None),
        (False, 2, None),
        (False, None, 300 * SECOND),
        (False, None, None),
    ]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{"state": "queued"}, STARTED, DONE], "`for` is missing: say how long the step lasts"),
        (
            [QUEUED, STARTED, {"state": "done", "for": {"seconds": 1}}],
            "the last step has no `for`: nothing comes after",
        ),
        ([{"state": "queued", "for": {"polls": 1, "days": 1}}, STARTED, DONE], "`polls` and `days` exclude each other"),
        ([QUEUED, {"fault": {"status": 500}}, STARTED, DONE], "`for` is missing: say which looks the fault answers"),
        ([QUEUED, {"fault": {"status": 500}, "for": {"polls": 1}}], "a fault lies over the step that follows it, and"),
        ([{"fault": {"status": 500}, "for": {"polls": 1}}], "a fault lies over the step that follows it, and none"),
    ],
)
def test_a_row_of_steps_that_cannot_be_is_told_why(entries: list[Any], said: str) -> None:
    (found,) = steps(*entries)
    assert found.startswith(said)


def test_every_mistake_of_a_row_is_told_at_once() -> None:
    said = steps({"state": "queud"}, {"state": "done", "for": {"seconds": -1}}, QUEUED)
    assert [each.rpartition(" (at ")[2] for each in said] == ["/0)", "/0/state)", "/1/for)", "/2/for)", "/2/state)"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("queud", "`queud` is no state of conversio; did you mean `queued`?"),
        ("xyz", "`xyz` is no state of conversio; its states are `queued`, `started`, `done` or `failed`"),
        ("pending", "`pending` is what `queued` and `started` read on the wire; name one"),
    ],
)
def test_what_is_no_state_is_told_which_there_are(state: str, said: str) -> None:
    assert steps({"state": state}) == [f"{said} (at /0/state)"]


def test_a_word_that_one_state_reads_is_told_that_state() -> None:
    known = dialect("conversio")
    said: list[str] = []
    found = read_steps(known, [{"state": "pending"}], None, (), lambda _, message: said.append(message))
    assert found is None
    lone = type(known)(
        **{
            **{name: getattr(known, name) for name in known.__slots__},
            "states": {"queued": known.states["queued"]},
        }
    )
    assert read_steps(lone, [{"state": "pending"}], None, (), lambda _, message: said.append(message)) is None
    assert said[1] == "`pending` is what `queued` reads on the wire; right would be `queued`"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([QUEUED, DONE], "`done` does not follow `queued`: after `queued` comes `started`; "),
        ([QUEUED, STARTED, {**DONE, "for": {"days": 1}}, {"state": "failed"}], "`failed` does not follow `done`: `do"),
    ],
)
def test_a_state_that_the_vendor_would_not_go_to_is_lawful_only_on_purpose(entries: list[Any], said: str) -> None:
    (found,) = steps(*entries)
    assert found.startswith(said)
    assert '"unlawful": true on the step plays it all the same' in found
    assert steps(*entries[:-1], {**entries[-1], "unlawful": True}) == []


def test_a_state_may_follow_itself() -> None:
    assert steps(QUEUED, QUEUED, STARTED, STARTED, DONE) == []


def test_faults_lie_over_the_step_that_follows_them() -> None:
    entries = [
        {"fault": {"status": 503}, "for": {"polls": 2}},
        QUEUED,
        {"fault": {"delay": {"seconds": 4}}, "for": {"minutes": 1}, "optional": True},
        {"fault": {"body": "{"}, "for": {"polls": 1}},
        STARTED,
        DONE,
    ]
    (job,) = read(conversio({"steps": entries})).jobs
    assert job.script.overlays == (
        Overlay(before=0, looks=2),
        Overlay(before=1, span=60 * SECOND),
        Overlay(before=1, looks=1),
    )
    assert [(each.pointer, each.optional) for each in job.faults] == [
        ("/jobs/0/steps/0", False),
        ("/jobs/0/steps/2", True),
        ("/jobs/0/steps/3", False),
    ]
    assert [each.fault for each in job.faults] == [
        Fault(status=503),
        Fault(delay=4 * SECOND),
        Fault(body=b"{", headers=(("Content-Type", "text/plain; charset=utf-8"),)),
    ]


@pytest.mark.parametrize(
    ("entry", "body", "kind"),
    [
        ({"body": "nope"}, b"nope", "text/plain; charset=utf-8"),
        ({"body": ""}, b"", "text/plain; charset=utf-8"),
        ({"body": {"a": ["é"]}}, '{"a":["é"]}'.encode(), "application/json"),
        ({"body": None}, b"null", "application/json"),
        ({"body": {"a": {"$absent": True}, "b": {"$literal": {"$fake": 1}}}}, b'{"b":{"$fake":1}}', "application/json"),
        ({"body": "<html>", "headers": {"content-type": "text/html"}}, b"<html>", "text/html"),
    ],
)
def test_a_fault_s_body_is_text_as_it_stands_or_json(entry: Any, body: bytes, kind: str) -> None:
    fault = read_fault(entry, (), nothing)
    assert fault.body == body
    assert [value for name, value in fault.headers if name.lower() == "content-type"] == [kind]


def test_a_fault_s_body_may_be_made_up_and_repeats() -> None:
    entry = {"body": {"error": {"$fake": "sentence"}}}
    once = read_fault(entry, ("faults", 0), nothing)
    assert once == read_fault(entry, ("faults", 0), nothing)
    assert once != read_fault(entry, ("faults", 1), nothing)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Retry After": "1"}, "`Retry After` is not a header's name"),
        ({"": "1"}, "`` is not a header's name"),
        ({"Rétry": "1"}, "`Rétry` is not a header's name"),
        ({"X": "a\r\nb: c"}, "a header's value is one line of Latin-1 text"),
        ({"X": "☃"}, "a header's value is one line of Latin-1 text"),
    ],
)
def test_a_fault_s_headers_are_such_as_can_be_sent(headers: dict[str, str], said: str) -> None:
    found: list[str] = []
    read_fault({"status": 500, "headers": headers}, (), lambda _, message: found.append(message))
    assert found == [said]


def test_what_a_dialect_plays_by_itself_is_lawful() -> None:
    for scenario in (conversio({"steps": LIFE}), wix({})):
        known = read(scenario).dialect
        assert read_steps(known, known.script, None, (), nothing) is not None

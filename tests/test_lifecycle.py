"""The life of a job as a pure function of its script and the clock: the laws of time, looks, faults and progress."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs import lifecycle
from fakejobs.lifecycle import PHASES, TERMINAL, Overlay, Phase, Position, Script, Standing, Step, advance, begin
from fakejobs.structs import replace

WAITING = Step(state="queued", phase="waiting", span=30)
RUNNING = Step(state="running", phase="running", span=100)
DONE = Step(state="done", phase="succeeded")
FAILED = Step(state="failed", phase="failed")
LIVING: tuple[Phase, ...] = ("waiting", "running")

few = settings(max_examples=60)
instants = st.integers(0, 400)
spans = st.integers(0, 60)
timed_steps = st.builds(Step, state=st.sampled_from("abc"), phase=st.sampled_from(LIVING), span=spans)
other_steps = st.one_of(
    st.builds(Step, state=st.just("looked at"), phase=st.sampled_from(LIVING), looks=st.integers(1, 3)),
    st.builds(Step, state=st.just("kept"), phase=st.sampled_from(LIVING), awaits_release=st.just(True)),
)
ends = st.builds(Step, state=st.just("end"), phase=st.sampled_from(sorted(TERMINAL)))


@st.composite
def scripts(draw: st.DrawFn, steps: st.SearchStrategy[Step] = timed_steps) -> Script:
    row = (*draw(st.lists(steps, max_size=4)), draw(ends))
    lengths: st.SearchStrategy[dict[str, int]] = st.one_of(
        st.builds(dict, looks=st.integers(1, 2)),
        st.builds(dict, span=st.integers(1, 80)),
    )
    overlays = tuple(
        Overlay(before=before, **length)
        for before, length in draw(st.lists(st.tuples(st.integers(0, len(row) - 1), lengths), max_size=3))
    )
    return Script(steps=row, overlays=overlays, retention=draw(st.none() | st.integers(0, 60)))


any_scripts = scripts(timed_steps | other_steps)
deeds = st.sampled_from(["wait", "look", "hold", "release", "fault"])


def looked(script: Script, position: Position, now: int) -> Position:
    """Return where a job stands that somebody sees at ``now``."""
    return lifecycle.seen(script, advance(script, position, now), now)


def played(script: Script, row: list[tuple[int, str]]) -> list[tuple[int, Position]]:
    """Return where a job stands after each of a row of (microseconds to wait, what is done then)."""
    now, position = 0, begin(script, 0)
    told = [(now, position)]
    for wait, deed in row:
        now += wait
        position = (looked if deed == "look" else advance)(script, position, now)
        if deed == "hold":
            position = lifecycle.hold(position, now)
        elif deed == "release":
            position = lifecycle.release(script, position, now) or position
        elif deed == "fault":
            number = lifecycle.standing_fault(script, position, now)
            position = position if number is None else lifecycle.fire(position, number)
        told.append((now, position))
    return told


def seen(script: Script, position: Position, now: int) -> object:
    """Return what a look shows: the step, or the fault in its place, or nothing."""
    expires = lifecycle.expires_at(script, position)
    return (
        None
        if expires is not None and now >= expires
        else (position.index, lifecycle.standing_fault(script, position, now))
    )


def test_the_phases_are_those_of_the_type_and_the_last_four_are_ends() -> None:
    assert get_args(Phase) == PHASES
    assert set(PHASES[2:]) == TERMINAL


# ---------------------------------------------------------------------- time


@few
@given(any_scripts, st.lists(st.tuples(spans, deeds), max_size=5), instants, st.lists(instants, max_size=6))
def test_any_split_of_a_span_of_time_is_as_good_as_one_advance(
    script: Script, row: list[tuple[int, str]], span: int, stops: list[int]
) -> None:
    start, position = played(script, row)[-1]
    in_parts = position
    for stop in sorted(stop for stop in stops if stop < span):
        in_parts = advance(script, in_parts, start + stop)
    assert advance(script, in_parts, start + span) == advance(script, position, start + span)


@few
@given(any_scripts, st.lists(st.tuples(spans, deeds), max_size=12))
def test_a_position_never_goes_back_and_its_past_never_changes(script: Script, row: list[tuple[int, str]]) -> None:
    for (_, before), (now, after) in pairwise(played(script, row)):
        assert after.entered[: len(before.entered)] == before.entered
        assert list(after.entered) == sorted(after.entered)
        assert after.entered[-1] <= now
        assert all(a <= b for a, b in zip(before.fired, after.fired, strict=True))


@few
@given(scripts(), st.lists(instants, max_size=8), st.lists(instants, max_size=8))
def test_looks_leave_no_trace_in_a_script_of_time_alone(script: Script, ones: list[int], others: list[int]) -> None:
    histories = []
    for looks in (ones, others):
        position = begin(script, 0)
        for at in sorted(looks):
            position = looked(script, position, at)
        histories.append(advance(script, position, 500))
    assert histories[0] == histories[1]


@given(st.lists(timed_steps, min_size=1, max_size=5), st.integers(-100, 100))
def test_each_step_begins_at_the_very_instant_at_which_the_one_before_it_ends(steps: list[Step], start: int) -> None:
    script = Script(steps=(*steps, DONE))
    position = advance(script, begin(script, start), start + 1000)
    expected = [start]
    for step in steps:
        expected.append(expected[-1] + (step.span or 0))
    assert list(position.entered) == expected


def test_a_step_is_half_open_so_at_the_instant_of_its_end_the_job_is_in_the_next() -> None:
    script = Script(steps=(WAITING, DONE))
    assert advance(script, begin(script, 1000), 1029).index == 0
    assert advance(script, begin(script, 1000), 1030).index == 1


def test_the_last_step_has_no_end() -> None:
    script = Script(steps=(DONE,))
    assert lifecycle.change_due(script, begin(script, 0)) is None
    assert looked(script, begin(script, 0), 10**18) == begin(script, 0)


# ---------------------------------------------------------------------- looks


@given(st.integers(1, 5), st.lists(st.integers(0, 50), min_size=5, max_size=5))
def test_a_step_that_counts_looks_moves_at_the_instant_of_the_nth(wanted: int, waits: list[int]) -> None:
    script = Script(steps=(Step(state="x", phase="running", looks=wanted), DONE))
    now, position = 0, begin(script, 0)
    for count, wait in enumerate(waits[:wanted], 1):
        now += wait
        shown = advance(script, position, now)
        assert shown.index == 0
        position = looked(script, position, now)
        assert position.index == (count == wanted)
    assert position.entered == (0, now)
    assert position.looks == 0


def test_a_look_at_the_instant_of_a_change_of_time_counts_for_the_step_that_begins() -> None:
    script = Script(steps=(WAITING, Step(state="x", phase="running", looks=2), DONE))
    position = looked(script, begin(script, 0), 30)
    assert (position.index, position.looks) == (1, 1)


# ---------------------------------------------------------------------- hold and release


@few
@given(scripts(), instants, instants, instants)
def test_a_hold_puts_off_all_that_is_to_come_by_exactly_its_length(
    script: Script, at: int, length: int, later: int
) -> None:
    free = advance(script, begin(script, 0), at)
    held = lifecycle.hold(free, at)
    assert lifecycle.change_due(script, held) is None
    assert advance(script, held, at + length) == held
    released = lifecycle.release(script, held, at + length)
    assert released is not None
    moved = advance(script, released, at + length + later)
    unmoved = advance(script, free, at + later)
    kept = len(free.entered)
    assert moved.entered == (*free.entered, *(each + length for each in unmoved.entered[kept:]))
    assert lifecycle.progress(script, moved, at + length + later) == lifecycle.progress(script, unmoved, at + later)


def test_a_job_is_held_from_the_first_time_on_and_looks_at_it_do_not_count() -> None:
    script = Script(steps=(Step(state="x", phase="running", looks=1), DONE))
    held = lifecycle.hold(begin(script, 0), 10)
    assert lifecycle.hold(held, 20) is held
    assert looked(script, held, 30) == held


def test_a_step_that_awaits_release_ends_when_it_comes() -> None:
    script = Script(steps=(Step(state="kept", phase="running", awaits_release=True), DONE))
    position = looked(script, begin(script, 0), 1000)
    assert position.index == 0
    released = lifecycle.release(script, position, 1000)
    assert released is not None
    assert released.entered == (0, 1000)


def test_a_job_that_is_held_in_a_step_that_awaits_release_is_let_go_of_twice() -> None:
    script = Script(steps=(Step(state="kept", phase="running", awaits_release=True), DONE))
    once = lifecycle.release(script, lifecycle.hold(begin(script, 0), 5), 10)
    assert once == Position(entered=(0,), rested=5)
    assert lifecycle.release(script, once, 20) == Position(entered=(0, 20))


def test_a_release_of_what_nothing_kept_is_none() -> None:
    script = Script(steps=(WAITING, DONE))
    assert lifecycle.release(script, begin(script, 0), 10) is None


# ---------------------------------------------------------------------- an early end


@few
@given(any_scripts, st.lists(st.tuples(spans, deeds), max_size=6), ends)
def test_an_early_end_keeps_the_past_and_begins_now(script: Script, row: list[tuple[int, str]], last: Step) -> None:
    now, position = played(script, row)[-1]
    shorter, moved = lifecycle.finish(script, position, last, now)
    assert moved.entered == (*position.entered, now)
    assert shorter.steps == (*script.steps[: position.index + 1], last)
    assert moved.index == len(shorter.steps) - 1
    assert moved.fired == position.fired
    assert moved.held_at is None
    assert looked(shorter, moved, now + 1000) == moved
    before, after = lifecycle.progress(script, position, now), lifecycle.progress(shorter, moved, now + 1000)
    assert after == (1 if last.phase in ("succeeded", "partial") else before)


def test_a_fault_that_lay_over_a_step_cut_off_lies_over_the_end() -> None:
    script = Script(steps=(WAITING, RUNNING, DONE), overlays=(Overlay(before=0, looks=1), Overlay(before=2, looks=1)))
    shorter, _ = lifecycle.finish(script, begin(script, 0), FAILED, 10)
    assert [each.before for each in shorter.overlays] == [0, 1]


# ---------------------------------------------------------------------- faults


def test_a_fault_that_counts_looks_answers_so_many_from_its_step_on_whatever_state_the_job_is_in() -> None:
    script = Script(steps=(WAITING, RUNNING, DONE), overlays=(Overlay(before=1, looks=2),))
    position = begin(script, 0)
    assert lifecycle.standing_fault(script, position, 29) is None
    answered = []
    for now in (30, 500, 501):
        position = advance(script, position, now)
        number = lifecycle.standing_fault(script, position, now)
        answered.append(number)
        if number is not None:
            position = lifecycle.fire(position, number)
    assert answered == [0, 0, None]
    assert position.fired == (2,)


def test_a_fault_of_a_span_ends_so_long_after_its_step_began_whatever_state_the_job_is_in() -> None:
    script = Script(steps=(WAITING, RUNNING, DONE), overlays=(Overlay(before=0, span=40),))
    stands = [
        lifecycle.standing_fault(script, advance(script, begin(script, 0), now), now) is not None for now in range(50)
    ]
    assert stands == [now < 40 for now in range(50)]


def test_of_several_faults_the_first_that_is_left_answers() -> None:
    script = Script(steps=(RUNNING, DONE), overlays=(Overlay(before=0, looks=1), Overlay(before=0, looks=1)))
    position = begin(script, 0)
    for expected in (0, 1, None):
        number = lifecycle.standing_fault(script, position, 0)
        assert number == expected
        position = lifecycle.fire(position, number or 0)


@few
@given(any_scripts, st.lists(st.tuples(spans, deeds), max_size=6))
def test_a_fault_takes_no_job_time(script: Script, row: list[tuple[int, str]]) -> None:
    bare = replace(script, overlays=())
    row = [(wait, "wait" if deed == "fault" else deed) for wait, deed in row]
    for (_, with_faults), (_, without) in zip(played(script, row), played(bare, row), strict=True):
        assert replace(with_faults, fired=()) == without


# ---------------------------------------------------------------------- ends and expiry


def test_a_job_expires_so_long_after_its_end_and_not_before_it_has_one() -> None:
    script = Script(steps=(WAITING, DONE), retention=7)
    living, ended = advance(script, begin(script, 0), 29), advance(script, begin(script, 0), 30)
    assert (lifecycle.ended_at(script, living), lifecycle.expires_at(script, living)) == (None, None)
    assert (lifecycle.ended_at(script, ended), lifecycle.expires_at(script, ended)) == (30, 37)
    assert lifecycle.expires_at(replace(script, retention=None), ended) is None


def test_what_was_first_entered_is_found_by_phase() -> None:
    script = Script(steps=(WAITING, RUNNING, replace(RUNNING, state="more"), DONE))
    position = advance(script, begin(script, 0), 200)
    assert lifecycle.first_entered(script, position, frozenset({"running"})) == 30
    assert lifecycle.first_entered(script, position, frozenset({"failed"})) is None


@few
@given(any_scripts, st.lists(st.tuples(spans, deeds), max_size=6))
def test_the_next_change_is_the_first_instant_at_which_what_is_seen_is_another(
    script: Script, row: list[tuple[int, str]]
) -> None:
    now, position = played(script, row)[-1]
    position = advance(script, position, now)
    shown = seen(script, position, now)
    change = next(
        (at for at in range(now + 1, now + 142) if seen(script, advance(script, position, at), at) != shown), None
    )
    assert lifecycle.next_change(script, position, now) == change


def test_the_end_of_a_fault_that_another_one_hides_changes_nothing() -> None:
    script = Script(steps=(DONE,), overlays=(Overlay(before=0, looks=1), Overlay(before=0, span=10)))
    position = begin(script, 0)
    assert lifecycle.next_change(script, position, 0) is None
    assert lifecycle.next_change(script, lifecycle.fire(position, 0), 0) == 10


# ---------------------------------------------------------------------- looking back

moves = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["look", "hold", "release", "finish"])), max_size=8)


def lived(script: Script, row: list[tuple[int, str]]) -> list[Standing]:
    """Return where a job stood when it was made, and right after each of a row of deeds, so many microseconds apart."""
    noted = [Standing(at=0, script=script, position=begin(script, 0))]
    for wait, deed in row:
        now = noted[-1].at + wait
        script = noted[-1].script
        position = (looked if deed == "look" else advance)(script, noted[-1].position, now)
        if deed == "hold":
            position = lifecycle.hold(position, now)
        elif deed == "release":
            position = lifecycle.release(script, position, now) or position
        elif deed == "finish":
            script, position = lifecycle.finish(script, position, FAILED, now)
        noted.append(Standing(at=now, script=script, position=position))
    return noted


@few
@given(any_scripts, moves, st.integers(0, 300))
def test_where_a_job_stood_earlier_is_where_it_stood_before_anything_later_was_done(
    script: Script, row: list[tuple[int, str]], at: int
) -> None:
    noted = lived(script, row)
    last = [each for each in noted if each.at <= at][-1]
    then = lifecycle.rewound(noted, at)
    assert then == Standing(at=at, script=last.script, position=advance(last.script, last.position, at))


@few
@given(any_scripts, moves, st.integers(0, 300), st.integers(0, 300))
def test_a_look_back_shows_the_step_that_a_look_at_that_instant_had_shown(
    script: Script, row: list[tuple[int, str]], at: int, later: int
) -> None:
    now = lived(script, row)[-1]
    position = advance(now.script, now.position, now.at + at + later)
    then = lifecycle.rewound(lived(script, row), now.at + at)
    assert then is not None
    assert then.position.entered == tuple(each for each in position.entered if each <= now.at + at)


@few
@given(scripts(), st.lists(instants, max_size=6), instants)
def test_a_job_of_time_alone_is_looked_back_at_from_its_making(script: Script, looks: list[int], at: int) -> None:
    made = Standing(at=0, script=script, position=begin(script, 0))
    position = made.position
    for look in sorted(looks):
        position = looked(script, position, look)
    then = lifecycle.rewound([made], at)
    assert then is not None
    assert then.position == advance(script, begin(script, 0), at)


def test_before_its_making_a_job_stood_nowhere() -> None:
    made = Standing(at=10, script=Script(steps=(DONE,)), position=begin(Script(steps=(DONE,)), 10))
    assert lifecycle.rewound([made], 9) is None
    assert lifecycle.rewound([made], 10) == made


@few
@given(scripts(), st.lists(st.tuples(spans, st.sampled_from(["wait", "hold"])), max_size=3), st.integers(1, 60))
def test_the_next_step_is_seen_as_late_as_all_is(script: Script, row: list[tuple[int, str]], lag: int) -> None:
    script = replace(script, retention=None if script.retention is None else script.retention + 60)
    now, position = played(script, row)[-1]

    def shown(at: int) -> object:
        there = advance(script, position, at)
        expires = lifecycle.expires_at(script, there)
        gone = expires is not None and at >= expires
        return "gone" if gone else sum(begun <= at - lag for begun in there.entered)

    change = next((at for at in range(now + 1, now + 130) if shown(at) not in (shown(at - 1), "gone")), None)
    assert lifecycle.next_shown(script, position, now, lag) == change


def test_nothing_is_seen_late_of_a_job_that_is_out_of_view() -> None:
    script = Script(steps=(WAITING, DONE), retention=5)
    position = advance(script, begin(script, 0), 30)
    assert lifecycle.next_shown(script, position, 34, 4) is None
    assert lifecycle.next_shown(script, position, 33, 4) == 34
    assert lifecycle.next_shown(script, position, 31, 5) is None


# ---------------------------------------------------------------------- progress


@few
@given(any_scripts, st.lists(st.tuples(spans, deeds), max_size=12))
def test_progress_never_shrinks_and_goes_from_nothing_to_all(script: Script, row: list[tuple[int, str]]) -> None:
    shares = [lifecycle.progress(script, position, now) for now, position in played(script, row)]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    last = played(script, row)[-1][1]
    has_run = any(step.phase == "running" for step in script.steps)
    if last.index == len(script.steps) - 1:
        assert shares[-1] == (1 if has_run or script.steps[-1].phase in ("succeeded", "partial") else 0)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4), st.integers(0, 200))
def test_progress_is_the_exact_share_of_the_running_time(lengths: list[int], elapsed: int) -> None:
    script = Script(steps=(WAITING, *(replace(RUNNING, span=length) for length in lengths), DONE))
    position = advance(script, begin(script, 0), 30 + elapsed)
    assert lifecycle.progress(script, position, 30 + elapsed) == min(Fraction(elapsed, sum(lengths)), Fraction(1))


def test_progress_counts_looks_where_the_step_does_and_each_step_alike_where_not_all_are_spans() -> None:
    counting = Step(state="x", phase="running", looks=2)
    kept = Step(state="y", phase="running", awaits_release=True)
    script = Script(steps=(counting, RUNNING, kept, DONE))
    position = looked(script, begin(script, 0), 0)
    assert lifecycle.progress(script, position, 5) == Fraction(1, 6)
    position = looked(script, position, 10)
    assert lifecycle.progress(script, position, 60) == Fraction(1, 2)
    position = advance(script, position, 110)
    assert lifecycle.progress(script, position, 500) == Fraction(2, 3)


@pytest.mark.parametrize(
    ("phase", "share"), [("waiting", 0), ("succeeded", 1), ("partial", 1), ("failed", 0), ("cancelled", 0)]
)
def test_without_running_steps_all_is_done_where_the_end_is_a_success_and_nothing_else(
    phase: Phase, share: int
) -> None:
    script = Script(steps=(Step(state="only", phase=phase),))
    assert lifecycle.progress(script, begin(script, 0), 1000) == share


def test_running_steps_that_take_no_time_are_done_when_they_are_over() -> None:
    script = Script(steps=(replace(RUNNING, span=0), replace(RUNNING, span=0), DONE))
    assert lifecycle.progress(script, begin(script, 0), 0) == 0
    assert lifecycle.progress(script, advance(script, begin(script, 0), 0), 0) == 1


def test_the_end_that_time_brings_is_known_beforehand_and_no_other() -> None:
    timed = Script(steps=(step("a", span=5), step("b", "running", span=7), step("c", "succeeded")))
    position = begin(timed, 100)
    assert lifecycle.end_due(timed, position) == 112
    assert lifecycle.end_due(timed, advance(timed, position, 106)) == 112
    assert lifecycle.end_due(timed, advance(timed, position, 112)) is None
    assert lifecycle.end_due(timed, lifecycle.hold(position, 101)) is None
    counting = Script(steps=(step("a", span=5), step("b", "running", looks=1), step("c", "succeeded")))
    assert lifecycle.end_due(counting, begin(counting, 0)) is None


def test_what_turns_out_otherwise_is_the_last_step_and_keeps_its_past() -> None:
    script = Script(
        steps=(step("a", span=5), step("b", "succeeded", span=1), step("c", "failed")),
        overlays=(Overlay(before=0, looks=1), Overlay(before=2, looks=1)),
    )
    position = advance(script, begin(script, 0), 5)
    other = lifecycle.end_otherwise(script, position, step("d", "failed"))
    assert [each.state for each in other.steps] == ["a", "d"]
    assert [each.before for each in other.overlays] == [0, 1]
    assert advance(other, position, 1000) == position


def step(state: str, phase: Phase = "waiting", span: int | None = None, looks: int | None = None) -> Step:
    return Step(state=state, phase=phase, span=span, looks=looks)

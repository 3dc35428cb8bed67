"""Whether anybody is at work, as the system tells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from sleeping import PATIENCE, join_all, started

from fakejobs.clock import VirtualClock
from fakejobs.clock.driving import busy
from fakejobs.clock.driving.busy import BOUND, LOOK, REST, STARTING, Busy, Load, load_of

ONE, TWO = threading.Thread(), threading.Thread()
AT_REST: Load = (b"1", False)
AT_WORK: Load = (b"1", True)

tells = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="without Linux's /proc nobody tells whether a thread is at work"
)


class Now:
    """The real time, as a test would have it, and the loads of threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 100.0
        self.loads: dict[threading.Thread, Load | None] = {ONE: AT_REST}
        monkeypatch.setattr(busy, "monotonic", lambda: self.at)
        self.busy = Busy(lambda: self.loads, self.loads.__getitem__)

    def looks(self, stirred: float, after: float = 0.0) -> float:
        """The seconds that are still to pass, as is told so many seconds later."""
        self.at += after
        return self.busy.quiet(stirred) - (self.at - stirred)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    return Now(monkeypatch)


def test_where_nobody_was_at_work_at_two_looks_no_more_quiet_is_needed(now: Now) -> None:
    assert now.looks(99.0) == pytest.approx(LOOK)
    assert now.looks(99.0, after=LOOK) <= 0


@pytest.mark.parametrize("load", [AT_WORK, (b"2", False), (b"2", True)])
def test_who_is_at_work_or_was_between_two_looks_is_waited_for(now: Now, load: Load) -> None:
    now.looks(99.0)
    now.loads[ONE] = load
    assert now.looks(99.0, after=LOOK) == pytest.approx(REST)
    now.loads[ONE] = (b"3", False)  # when it ceased is not known
    assert now.looks(99.0, after=LOOK) == pytest.approx(REST)
    assert now.looks(99.0, after=REST / 2) == pytest.approx(REST / 2)
    assert now.looks(99.0, after=REST / 2) == pytest.approx(0)


def test_who_appears_between_two_looks_is_waited_for(now: Now) -> None:
    now.looks(99.0)
    now.loads[TWO] = AT_REST
    assert now.looks(99.0, after=LOOK) == pytest.approx(REST)


def test_what_was_done_before_anything_stirred_counts_for_nothing(now: Now) -> None:
    now.looks(99.0)
    now.loads[ONE] = AT_WORK
    now.looks(99.0, after=LOOK)
    now.loads[ONE] = (b"2", False)
    assert now.looks(100.0, after=LOOK) == pytest.approx(LOOK)
    assert now.looks(100.0, after=LOOK) <= 0


def test_who_works_on_and_on_is_waited_for_once_and_again_when_it_was_at_rest(now: Now) -> None:
    now.loads[ONE] = AT_WORK
    now.looks(100.0)
    assert now.looks(100.0, after=LOOK) > 0
    assert now.looks(100.0, after=BOUND) <= 0
    stirred = now.at
    now.looks(stirred)
    assert now.looks(stirred, after=LOOK) <= 0
    now.loads[TWO] = AT_WORK
    assert now.looks(stirred, after=LOOK) > 0
    del now.loads[TWO]
    now.loads[ONE] = AT_REST
    stirred = now.at
    now.looks(stirred)
    now.looks(stirred, after=LOOK)
    now.loads[ONE] = AT_WORK
    assert now.looks(stirred, after=LOOK) > 0


def test_where_the_system_does_not_tell_the_usual_quiet_has_to_do(now: Now) -> None:
    now.loads[ONE] = None
    assert now.busy.quiet(99.0) == now.busy.quiet(99.0) == 0


@tells
def test_a_thread_that_waits_is_at_rest_and_one_that_computes_at_work() -> None:
    done = threading.Event()
    waiting = started(lambda: done.wait(PATIENCE))
    assert until(lambda: load_of(waiting) == load_of(waiting) and not (load_of(waiting) or AT_WORK)[1])
    me = load_of(threading.current_thread())
    assert me is not None
    assert me[1]
    done.set()
    join_all(waiting)


def test_a_thread_that_has_not_begun_is_starting_and_of_one_that_has_ended_nothing_is_told() -> None:
    assert load_of(threading.Thread()) == STARTING
    ended = started(int)
    join_all(ended)
    assert until(lambda: load_of(ended) is None)


def until(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes to hold."""
    since = monotonic()
    while not (holds := condition()) and monotonic() < since + PATIENCE:
        pass
    return holds


@tells
def test_no_deadline_passes_while_somebody_computes_of_whom_the_clock_knows_nothing() -> None:
    clock = VirtualClock()
    begun = threading.Lock()
    begun.acquire()
    passed: list[float] = []

    def compute() -> None:
        begun.release()
        all(n >= 0 for n in range(1_000_000))  # much longer than the clock's quiet
        passed.append(clock.time())

    with clock.drive():
        before = clock.time()
        thread = started(compute)
        with begun:
            assert threading.Event().wait(60) is False
        join_all(thread)
    assert passed == [before]
    assert clock.time() == before + 60

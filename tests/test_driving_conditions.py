"""The waiting of driven threads: on conditions, events, queues, semaphores, barriers and futures."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import pytest
from driving import START, await_sleepers_in_real_time, held, module, modules, passed
from hypothesis import given, settings
from hypothesis import strategies as st
from sleeping import NEVER, PATIENCE, bystander, join_all, started

from fakejobs.clock import VirtualClock, quiet
from fakejobs.clock.driving.conditions import Waiter, wait_on
from fakejobs.clock.waits import Waits
from fakejobs.errors import ClockError

__all__ = ["modules"]
UNHURRIED = 0.02


def test_an_event_that_nobody_sets_is_waited_for_until_the_clock_is_there() -> None:
    clock = VirtualClock(START, settle=NEVER)  # it is alone, so that nobody is waited for
    with clock.drive():
        assert threading.Event().wait(600) is False
    assert passed(clock) == 600


def test_an_event_that_is_set_ends_the_waiting_at_once() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    event, heard = threading.Event(), list[tuple[bool, float]]()
    with clock.drive():

        def wait_for_it() -> None:
            heard.append((event.wait(600), passed(clock)))

        with held(clock, 1):
            waiting = started(wait_for_it)
        time.sleep(45)
        event.set()
        join_all(waiting)
    assert heard == [(True, 45)]
    assert passed(clock) == 45
    assert clock.sleeping == 0


def test_an_event_that_is_set_already_is_not_waited_for() -> None:
    clock = VirtualClock(START)
    event = threading.Event()
    event.set()
    with clock.drive():
        assert event.wait(5) is True
    assert passed(clock) == 0


@pytest.mark.parametrize("timeout", [0, -1, -0.0, float("nan")])
def test_a_timeout_that_is_none_does_not_wait(timeout: float) -> None:
    clock = VirtualClock(START)
    with clock.drive():
        assert threading.Event().wait(timeout) is False
    assert passed(clock) == 0


@pytest.mark.parametrize("timeout", [float("inf"), 1e12, "5", None])
def test_a_timeout_that_cannot_be_is_refused_as_ever(timeout: Any) -> None:
    condition = threading.Condition()
    if timeout is None:  # no timeout, but a lock that is not held
        with VirtualClock().drive(), pytest.raises(RuntimeError, match="un-acquired"):
            condition.wait()
        return
    with condition, pytest.raises((OverflowError, TypeError)) as plain:
        condition.wait(timeout)
    with VirtualClock().drive(), condition, pytest.raises(type(plain.value)) as driven:
        condition.wait(timeout)
    if timeout != "5":  # which is told of another comparison
        assert str(driven.value) == str(plain.value)


def test_a_timeout_too_short_for_the_clock_ends() -> None:
    clock = VirtualClock(START)
    with clock.drive():
        began = time.monotonic_ns()
        assert threading.Event().wait(3e-7) is False
        assert time.monotonic_ns() == began + 300
    assert passed(clock) == 0


@settings(max_examples=40)
@given(st.floats(1e-6, 1e5), st.floats(0, 1e5))
def test_an_empty_queue_is_waited_for_exactly_so_long(seconds: float, before: float) -> None:
    clock = VirtualClock(START)
    clock.advance(seconds=before)
    began = clock.instant()
    with clock.drive(), pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=seconds)
    assert abs(clock.instant() - began - seconds * 1e6) <= 1


def waits() -> dict[str, tuple[Callable[[], object], object]]:
    """Ways of waiting for 7 seconds, and what each gives."""
    never = Future[int]()
    full = queue.Queue[int](1)
    full.put(1)

    def raised(wait: Callable[[], object]) -> str:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - its name is looked at
            wait()
        return caught.typename

    condition = threading.Condition()

    def wait_for() -> object:
        with condition:
            return condition.wait_for(lambda: False, 7)

    return {
        "condition": (wait_for, False),
        "semaphore": (lambda: threading.Semaphore(0).acquire(timeout=7), False),
        "barrier": (lambda: raised(lambda: threading.Barrier(2).wait(7)), "BrokenBarrierError"),
        "result": (lambda: raised(lambda: never.result(timeout=7)), "TimeoutError"),
        "futures": (lambda: len(wait([never], timeout=7).not_done), 1),
        "put": (lambda: raised(lambda: full.put(2, timeout=7)), "Full"),
        "priority": (lambda: raised(lambda: queue.PriorityQueue[int]().get(timeout=7)), "Empty"),
    }


@pytest.mark.parametrize("way", waits())
def test_whatever_waits_with_a_condition_waits_on_the_clock(way: str) -> None:
    clock = VirtualClock(START)
    act, outcome = waits()[way]
    with clock.drive():
        assert act() == outcome
    assert passed(clock) == pytest.approx(7, abs=1e-6)


def test_a_timer_goes_off_on_the_clock() -> None:
    clock = VirtualClock(START)
    went_off: list[float] = []
    with clock.drive():
        timer = threading.Timer(30, lambda: went_off.append(passed(clock)))
        timer.start()
        join_all(timer)
    assert went_off == [30]


def test_a_wait_without_an_end_does_not_hold_the_clock_and_what_follows_belongs_to_the_instant() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    jobs: queue.Queue[int | None] = queue.Queue()
    done: list[tuple[int, float]] = []
    with clock.drive():

        def work() -> None:
            while (job := jobs.get()) is not None:
                time.sleep(job)
                done.append((job, passed(clock)))

        worker = started(work)
        for job in (3, 4):
            jobs.put(job)
        time.sleep(100)
        jobs.put(None)
        join_all(worker)
    assert done == [(3, 3), (4, 7)]
    assert passed(clock) == 100


@settings(max_examples=15)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=5), st.integers(1, 60))
def test_waits_and_sleeps_of_any_lengths_end_in_order_at_exact_instants(spans: list[int], set_at: int) -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    event, woken = threading.Event(), list[tuple[int, bool, float]]()

    def wait_for_it(span: int) -> None:
        woken.append((span, event.wait(span), passed(clock)))

    def set_it() -> None:
        time.sleep(set_at + 0.5)
        event.set()

    with clock.drive():
        with held(clock, len(spans) + 1):
            threads = [started(lambda span=span: wait_for_it(span)) for span in spans]  # type: ignore[misc]
            threads.append(started(set_it))
        join_all(*threads)
    instants = [instant for _, _, instant in woken]
    assert instants == sorted(instants)
    assert sorted(woken) == sorted(
        (span, span > set_at, set_at + 0.5 if span > set_at else float(span)) for span in spans
    )


def test_who_is_notified_may_take_longer_than_the_clock_s_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline does not pass while the one who was notified works on what it was notified of."""
    monkeypatch.setattr(quiet, "TURN", PATIENCE)
    clock = VirtualClock(START)
    ask, answer = threading.Event(), threading.Event()
    with clock.drive():

        def reply() -> None:
            ask.wait()
            sum(range(500_000))  # longer than the clock's ``settle``
            answer.set()

        replying = started(reply)
        ask.set()
        assert answer.wait(60) is True
        join_all(replying)
    assert passed(clock) == 0


def test_a_condition_s_lock_is_let_go_meanwhile_and_had_again_afterwards() -> None:
    clock = VirtualClock(START)
    condition = threading.Condition()
    with clock.drive(), condition, condition:  # twice, as an RLock may be
        assert condition.wait(5) is False
        assert condition.notify() is None  # type: ignore[func-returns-value]
        taken: list[bool] = []
        join_all(started(lambda: taken.append(condition.acquire(blocking=False))))
        assert taken == [False]
    assert passed(clock) == 5


def test_several_are_notified_one_by_one() -> None:
    clock = VirtualClock(START)
    condition, woken = threading.Condition(), list[int]()
    with clock.drive():

        def wait_for_it(name: int) -> None:
            with condition:
                if condition.wait(600):
                    woken.append(name)

        threads = []
        for name in range(3):
            threads.append(started(lambda name=name: wait_for_it(name)))  # type: ignore[misc]
            await_sleepers_in_real_time(clock, name + 1)
        for count in range(1, 4):
            with condition:
                condition.notify()
            join_all(threads[count - 1])
    assert woken == [0, 1, 2]
    assert passed(clock) == 0


def test_a_clock_that_is_closed_refuses_whoever_waits_and_the_lock_is_had_again() -> None:
    clock = VirtualClock(START, settle=NEVER)
    condition, complaints = threading.Condition(), list[str]()
    clock.drive()

    def wait_for_it() -> None:
        with condition:
            try:
                condition.wait(600)
            except ClockError as error:
                assert condition._is_owned()  # type: ignore[attr-defined]
                complaints.append(str(error))

    waiting = threading.Thread(target=wait_for_it, name="waiting", daemon=True)
    waiting.start()
    await_sleepers_in_real_time(clock, 1)
    clock.close()
    join_all(waiting)
    assert complaints == [
        "the clock was closed while the thread waiting slept until 2026-01-01T00:10:00Z; end what sleeps on it first"
    ]
    assert not condition._waiters  # type: ignore[attr-defined]


@pytest.mark.parametrize("due", [60_000_000, None])
def test_who_is_notified_before_it_lies_down_does_not_lie_down(due: int | None) -> None:
    clock = VirtualClock(START)
    waiter = Waiter(Waits(clock._work), None if due is None else clock.instant() + due)
    waiter.release()
    waiter.release()  # which wakes nobody
    waiter.wake()
    waiter.wait()
    assert waiter.is_roused
    assert (passed(clock), clock.sleeping, clock._work._stir.waking) == (0, 0, {})


@pytest.mark.parametrize("due", [60_000_000, None])
def test_who_is_about_to_be_notified_does_not_lie_down_either(due: int | None) -> None:
    clock = VirtualClock(START)
    waiter = Waiter(Waits(clock._work), None if due is None else clock.instant() + due)
    waiter.is_roused = True  # what comes first
    waiter.wait()
    waiter.release()
    assert (passed(clock), clock.sleeping, clock._work._stir.waking) == (0, 0, {})


def test_who_is_notified_once_the_clock_has_woken_it_was_notified_and_holds_nothing() -> None:
    clock = VirtualClock(START)
    waiter = Waiter(Waits(clock._work), clock.instant())
    waiter.wait()
    waiter.release()
    assert waiter.is_roused
    assert clock._work._stir.waking == {}


@pytest.mark.parametrize("due", [60_000_000, None])
def test_the_clock_stands_until_who_was_notified_is_up(due: int | None) -> None:
    clock = VirtualClock(START, settle=NEVER)
    waiter = Waiter(Waits(clock._work), None if due is None else clock.instant() + due)
    with bystander():  # so that it is not alone
        assert waiter._lies_down()
    waiter.release()
    assert clock.sleeping == 0
    assert [*clock._work._stir.waking] == [waiter]
    waiter.wait()
    assert clock._work._stir.waking == {}


def test_a_waiter_that_has_left_already_need_not_leave() -> None:
    clock = VirtualClock(START)
    condition = threading.Condition()
    waiter = Waiter(Waits(clock._work), clock.instant() + 1)
    with condition:
        condition._waiters = NeverThere()  # type: ignore[attr-defined]
        assert wait_on(condition, waiter) is False
    assert waiter.actor is threading.current_thread()


class NeverThere(list[Any]):
    """A queue of waiters that has lost them."""

    def append(self, waiter: Any) -> None:
        pass


@pytest.mark.usefixtures("modules")
def test_a_wait_on_behalf_of_a_driven_module_is_driven_and_no_other() -> None:
    source = """
import queue, threading
def empty(seconds):
    try:
        return queue.Queue().get(timeout=seconds)
    except queue.Empty:
        return threading.Event().wait(seconds)
"""
    client = module("waiting_client", source)
    other = module("waiting_other", source)
    clock = VirtualClock(START)
    with clock.drive("waiting_client"):
        assert client.empty(60) is False
        assert passed(clock) == pytest.approx(120, abs=1e-6)
        assert other.empty(0.001) is False
    assert passed(clock) == pytest.approx(120, abs=1e-6)

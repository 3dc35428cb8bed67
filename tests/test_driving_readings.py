"""The time as a driven client reads it, its sleep, and what stands in for the functions of ``time``."""

from __future__ import annotations

import copy
import pickle
import time
from typing import Any

import pytest
from driving import START, passed
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.clock import VirtualClock
from fakejobs.clock.driving.readings import DrivenTime, StandIn


def test_every_clock_of_time_goes_with_the_test_s_clock() -> None:
    clock = VirtualClock(START)
    with clock.drive():
        before = time.monotonic(), time.monotonic_ns(), time.perf_counter(), time.perf_counter_ns()
        assert (time.time(), time.time_ns()) == (START.timestamp(), int(START.timestamp()) * 10**9)
        clock.advance(hours=1)
        assert time.time() == clock.time() == START.timestamp() + 3600
        assert time.time_ns() == clock.instant() * 1000
        assert time.monotonic() - before[0] == pytest.approx(3600)
        assert time.monotonic_ns() - before[1] == 3600 * 10**9
        assert time.perf_counter() - before[2] == pytest.approx(3600)
        assert time.perf_counter_ns() - before[3] == 3600 * 10**9


def test_the_monotonic_clocks_go_on_from_where_they_were() -> None:
    before = time.monotonic(), time.perf_counter()
    with VirtualClock(START).drive():
        assert before[0] <= time.monotonic()
        assert before[1] <= time.perf_counter()


def test_a_sleep_takes_the_clock_there() -> None:
    clock = VirtualClock(START)
    with clock.drive():
        time.sleep(90)
        assert passed(clock) == 90
        time.sleep(0)
        time.sleep(True)
        assert passed(clock) == 91


@pytest.mark.parametrize("wrong", [-1, -0.5, float("nan"), float("inf"), float("-inf"), 1e11, "1", None, [], 10**400])
def test_a_sleep_that_is_none_is_refused_as_ever(wrong: Any) -> None:
    with pytest.raises(Exception) as plain:  # noqa: PT011 - whatever it is
        time.sleep(wrong)
    clock = VirtualClock(START)
    with clock.drive(), pytest.raises(type(plain.value)) as driven:
        time.sleep(wrong)
    assert str(driven.value) == str(plain.value)
    assert passed(clock) == 0


@pytest.mark.parametrize(("args", "named"), [((), {}), ((1, 2), {}), ((), {"seconds": 1})])
def test_a_call_that_the_original_does_not_take_it_refuses_itself(args: Any, named: Any) -> None:
    with VirtualClock(START).drive(), pytest.raises(TypeError, match=r"sleep\(\)"):
        time.sleep(*args, **named)


@settings(max_examples=40)
@given(st.floats(1e-6, 1e6), st.floats(0, 1e6))
def test_who_sleeps_for_what_is_left_gets_there_and_no_further(seconds: float, before: float) -> None:
    clock = VirtualClock(START)
    clock.advance(seconds=before)
    began = clock.instant()
    with clock.drive():
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(end - time.monotonic())
    assert abs(clock.instant() - began - seconds * 1e6) <= 1


@settings(max_examples=40)
@given(st.floats(1e-6, 1e6))
def test_who_sleeps_until_a_time_of_day_gets_there(seconds: float) -> None:
    clock = VirtualClock(START)
    with clock.drive():
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(end - time.time())
    assert passed(clock) == pytest.approx(seconds, abs=2e-6)


def test_times_too_short_for_the_clock_pass_on_the_readings_until_they_amount_to_something() -> None:
    clock = VirtualClock(START)
    with clock.drive():
        began = time.monotonic_ns()
        for _ in range(4):
            time.sleep(2e-7)
        assert (clock.instant(), time.monotonic_ns()) == (VirtualClock(START).instant(), began + 800)
        assert time.time_ns() == clock.instant() * 1000 + 800
        time.sleep(2e-7)
        assert passed(clock) == pytest.approx(1e-6)
        assert time.monotonic_ns() == began + 1000


def test_a_stand_in_kept_by_a_class_or_as_a_default_is_no_method_and_outlives_the_drive() -> None:
    clock = VirtualClock(START)
    with clock.drive():

        class Client:
            now = time.time
            sleep = time.sleep

            def wait(self, sleep: Any = time.sleep) -> None:
                sleep(5)

        client: Any = Client()
        client.sleep(5)
        client.wait()
        assert client.now() == START.timestamp() + 10
    client.sleep(0)
    assert client.now() == pytest.approx(time.time(), abs=60)
    assert passed(clock) == 10


def test_a_stand_in_says_what_it_stands_in_for() -> None:
    original = time.sleep
    with VirtualClock(START).drive():
        stand_in: Any = time.sleep
        assert isinstance(stand_in, StandIn)
        assert (stand_in.__name__, stand_in.__module__, stand_in.__doc__) == ("sleep", "time", original.__doc__)
        assert stand_in.__wrapped__ is original
        assert repr(stand_in) == "<<built-in function sleep>, driven>"
        assert copy.deepcopy([stand_in])[0] is stand_in
        assert pickle.loads(pickle.dumps(stand_in)) is stand_in


def test_what_it_shows_at_an_instant_is_what_it_shows_then() -> None:
    clock = VirtualClock(START)
    driven = DrivenTime(clock)
    clock.advance(days=3)
    assert driven.monotonic_at(clock.instant()) == driven.monotonic()

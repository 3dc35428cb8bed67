"""Driving: a client's own waiting and reading of time on the test's clock, from its beginning to its end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from functools import partial
from itertools import accumulate
from typing import Any

import anyio
import httpx
import pytest
import requests
from driving import ORIGINALS, START, held, is_restored, kept, module, modules, passed
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import A, conversio
from sleeping import NEVER, join_all, started

from fakejobs import FakeJobs
from fakejobs.clock import Clock, SystemClock, VirtualClock, microseconds
from fakejobs.clock.driving import Drive, drive, end_drive
from fakejobs.errors import ClockError

__all__ = ["anyio", "httpx", "modules", "requests"]  # those that are named below are there before
HERE = [__file__]
CLIENTS = ["urllib3", "requests", "httpx", "httpcore", "anyio", "json", "no_such_module", "datetime"]


def test_a_drive_lasts_until_its_end_and_ends_by_itself_as_a_context() -> None:
    clock = VirtualClock(START)
    with clock.drive() as driving:
        assert isinstance(driving, Drive)
        assert [clock.is_driving, driving.is_on, is_restored()] == [True, True, False]
    assert [clock.is_driving, driving.is_on] == [False, False]
    assert is_restored()
    driving.end()
    driving = clock.drive()
    time.sleep(5)
    driving.end()
    assert passed(clock) == 5
    assert is_restored()


def test_it_ends_when_what_is_driven_fails() -> None:
    with pytest.raises(ZeroDivisionError), VirtualClock().drive():
        raise ZeroDivisionError
    assert is_restored()


@pytest.mark.parametrize("end", [VirtualClock.close, VirtualClock.restart, lambda clock: end_drive()])
def test_it_ends_with_its_clock_and_when_the_test_does(end: Any) -> None:
    clock = VirtualClock(START)
    end(clock)
    clock = VirtualClock(START)
    clock.drive()
    end(clock)
    assert not clock.is_driving
    assert is_restored()


def test_it_ends_with_its_test_at_the_latest_though_its_clock_goes_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import time
        from fakejobs.clock import VirtualClock

        clock = VirtualClock()

        def test_one():
            clock.drive()
            assert time.time() == clock.time()
            assert False, "on purpose"

        def test_two():
            assert not clock.is_driving
            assert time.time() > clock.time()
    """)
    pytester.runpytest().assert_outcomes(passed=1, failed=1)


def test_it_may_be_ended_by_another_thread() -> None:
    driving = VirtualClock().drive()
    thread = threading.Thread(target=driving.end, name="fakejobs-ending")
    thread.start()
    join_all(thread)
    assert is_restored()


def test_it_ends_with_the_fake_whose_clock_drives() -> None:
    with FakeJobs() as fake:
        fake.play(conversio({"id": A}))
        fake.clock.drive()
        time.sleep(60)
        assert fake.clock.time() == START.timestamp() + 60
    assert is_restored()
    with FakeJobs() as fake:
        fake.clock.drive()
        fake.reset()
        assert is_restored()


def test_time_is_driven_once_at_a_time() -> None:
    clock = VirtualClock(START)
    with clock.drive() as first:
        line = sys._getframe().f_lineno - 1
        for again in (clock, VirtualClock(START)):
            with pytest.raises(ClockError) as caught:
                again.drive()
            assert str(caught.value) == (
                f"time is driven already, since {HERE[0]}:{line}; end that drive first (leave its `with`, or call its "
                "end()), or name all modules in one call"
            )
        assert first.is_on
        assert clock.is_driving
        time.sleep(5)
        assert passed(clock) == 5
    assert is_restored()


def test_a_drive_says_since_where_it_is() -> None:
    with VirtualClock().drive() as driving:
        line = sys._getframe().f_lineno - 1
        assert repr(driving) == f"<Drive since {HERE[0]}:{line}>"
    assert repr(driving) == f"<Drive since {HERE[0]}:{line}, ended>"


def test_a_drive_that_nobody_outside_asked_for_began_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "_is_own", lambda frame: True)
    with VirtualClock().drive() as driving:
        assert repr(driving) == "<Drive since the start>"


def test_a_clock_in_real_time_cannot_drive() -> None:
    clock = SystemClock()
    with pytest.raises(ClockError, match=r"a SystemClock cannot drive a client's time: it is real time"):
        clock.drive()
    assert clock.is_driving is False
    assert is_restored()
    assert isinstance(clock, Clock)
    assert isinstance(VirtualClock(), Clock)


def test_a_clock_that_was_closed_cannot_drive() -> None:
    clock = VirtualClock()
    clock.close()
    with pytest.raises(ClockError, match="the clock was closed"):
        clock.drive()
    assert is_restored()


def test_what_fails_while_stand_ins_are_put_in_place_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            VirtualClock().drive()
        assert "time" not in vars(asyncio.get_running_loop())

    with monkeypatch.context() as patched:
        patched.setattr(drive, "places_in", fail)
        asyncio.run(main())
    assert is_restored()
    with VirtualClock().drive():
        pass


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.lists(st.sampled_from(CLIENTS), max_size=3), st.booleans(), st.booleans()), max_size=4),
    st.booleans(),
)
def test_after_drives_in_any_order_nested_or_failed_everything_is_as_it_was(
    drives: list[tuple[list[str], bool, bool]], fails: bool
) -> None:
    """Each drive is of some modules, with dates or without, within the one before or after its end."""
    before = everything_that_modules_keep()
    with ExitStack() as stack:
        for names, has_dates, is_within in drives:
            if not is_within:
                stack.close()
            try:
                stack.enter_context(VirtualClock().drive(*names, datetime=has_dates))
            except ClockError:
                if fails:
                    break
    assert is_restored()
    now = everything_that_modules_keep()
    assert {name: now[name] for name in before} == before


def everything_that_modules_keep() -> dict[str, dict[str, int]]:
    """The ids of what each module that may be touched keeps under its names."""
    touched = ("time", "asyncio", "threading", "queue", "sched", "datetime", *CLIENTS)
    return {
        name: {key: id(value) for key, value in list(vars(loaded).items())}
        for name, loaded in list(sys.modules.items())
        if name.partition(".")[0] in touched
    }


def test_the_functions_of_time_are_the_very_same_afterwards() -> None:
    with VirtualClock().drive(datetime=True):
        assert sum(now is not then for now, then in zip(kept(), ORIGINALS, strict=True)) == len(ORIGINALS)
    assert is_restored()


def test_a_monkeypatch_of_the_test_s_own_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    with VirtualClock().drive():
        monkeypatch.setattr(time, "sleep", naps.append)
        time.sleep(3)
    time.sleep(4)
    assert naps == [3, 4]
    monkeypatch.undo()
    assert "driven" in repr(time.sleep)
    time.sleep(0)  # what comes back late passes everything on
    time.sleep = time.sleep.original  # type: ignore[attr-defined]
    assert is_restored()


def test_a_process_that_is_forked_off_is_in_real_time() -> None:
    script = """
import os, time
from fakejobs.clock import VirtualClock
clock = VirtualClock()
clock.drive()
if os.fork():
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
real = time.time()
time.sleep(0.001)
os._exit(0 if real > clock.time() + 60 and time.time() > real else 1)
"""
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=False).returncode == 0


def test_whoever_is_forked_off_leaves_time_to_its_parent() -> None:
    clock = VirtualClock(START)
    with clock.drive():
        drive._leave_to_parent()
        assert time.time() > START.timestamp() + 60
    assert is_restored()
    assert hasattr(os, "fork")


def test_the_clock_is_moved_at_once_for_who_is_alone_with_names_or_without() -> None:
    clock = VirtualClock(START, settle=NEVER)
    with clock.drive():
        for _ in range(100):
            time.sleep(6)
    assert passed(clock) == 600


@settings(max_examples=20)
@given(*(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=5) for _ in range(2)))
def test_two_drivers_sleep_for_any_lengths_and_wake_in_order_at_exact_instants(
    one: list[float], two: list[float]
) -> None:
    clock = VirtualClock(START)
    began = clock.instant()
    woken: list[tuple[int, int]] = []

    def nap(who: int, spans: list[float]) -> None:
        for span in spans:
            time.sleep(span)
            woken.append((clock.instant() - began, who))

    with clock.drive():
        with held(clock, 2):
            threads = [started(partial(nap, who, spans)) for who, spans in enumerate((one, two))]
        join_all(*threads)
    for who, spans in enumerate((one, two)):
        due = list(accumulate(microseconds(seconds=span) for span in spans))
        assert [instant for instant, waker in woken if waker == who] == due
    instants = [instant for instant, _ in woken]
    assert instants == sorted(instants)
    assert clock.instant() - began == max(instants)


@pytest.mark.usefixtures("modules")
def test_what_a_driven_module_hands_out_is_driven_wherever_it_is_called() -> None:
    client = module("handing_client", "from time import sleep\ndef wait(): retry(sleep)")
    library = module("handing_library", "def retry(sleep): sleep(60)")
    client.retry = library.retry
    clock = VirtualClock(START)
    with clock.drive("handing_client"):
        client.wait()
    assert passed(clock) == 60

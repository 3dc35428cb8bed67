"""The asyncio loops of driven threads."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from driving import START, held, is_restored, module, modules, passed
from hypothesis import given, settings
from hypothesis import strategies as st
from sleeping import NEVER, PATIENCE, join_all, started

from fakejobs.clock import VirtualClock, quiet
from fakejobs.clock.driving import replies
from fakejobs.clock.driving.crowd import Crowd
from fakejobs.clock.driving.loops import DrivenLoop, Loops, SleepingLoop
from fakejobs.clock.driving.readings import DrivenTime
from fakejobs.clock.waits import Waits
from fakejobs.errors import ClockError

__all__ = ["modules"]
UNHURRIED = 0.02
Main = Callable[[], Coroutine[Any, Any, None]]


def run_driven(clock: VirtualClock, main: Main) -> None:
    """Run a loop in a drive."""
    with clock.drive():
        asyncio.run(main())
    assert is_restored()


def test_a_sleep_of_a_loop_that_is_by_itself_takes_the_clock_there_at_once() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def main() -> None:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(600)
        assert asyncio.get_running_loop().time() - began == pytest.approx(600)
        assert time.monotonic() == pytest.approx(asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        await asyncio.sleep(-1)

    run_driven(clock, main)
    assert passed(clock) == 600


async def two_naps_of_3_in_5_seconds() -> None:
    async with asyncio.timeout(5):
        await asyncio.sleep(3)
        await asyncio.sleep(3)


def test_deadlines_of_every_kind_are_the_clock_s() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 7)
        assert passed(clock) == 7
        with pytest.raises(TimeoutError):
            await two_naps_of_3_in_5_seconds()
        assert passed(clock) == 12
        never = asyncio.ensure_future(asyncio.Event().wait())
        assert await asyncio.wait([never], timeout=4) == (set(), {never})
        never.cancel()
        assert passed(clock) == 16
        loop = asyncio.get_running_loop()
        heard = loop.create_future()
        loop.call_later(2, heard.set_result, "later")
        loop.call_at(loop.time() + 1, heard.add_done_callback, lambda _: None)
        assert await asyncio.wait_for(heard, 60) == "later"
        assert passed(clock) == 18

    run_driven(clock, main)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=8), st.floats(0, 1e4))
def test_tasks_wake_in_order_each_at_its_instant(spans: list[float], before: float) -> None:
    clock = VirtualClock(START, settle=NEVER)
    clock.advance(seconds=before)
    began = clock.instant()
    woken: list[tuple[int, float]] = []

    async def nap(span: float) -> None:
        await asyncio.sleep(span)
        woken.append((clock.instant() - began, span))

    async def main() -> None:
        await asyncio.gather(*map(nap, spans))

    run_driven(clock, main)
    instants = [instant for instant, _ in woken]
    assert instants == sorted(instants)
    assert all(abs(instant - span * 1e6) <= 1 for instant, span in woken)


@settings(max_examples=10)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=3), st.lists(st.integers(1, 20), min_size=1, max_size=3))
def test_driven_tasks_and_threads_wake_in_order_at_exact_instants(tasks: list[int], threads: list[int]) -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    woken: list[tuple[float, float]] = []

    async def nap(span: int) -> None:
        await asyncio.sleep(span)
        woken.append((passed(clock), span))

    def nap_in_thread(span: float) -> None:
        time.sleep(span)
        woken.append((passed(clock), span))

    async def main() -> None:
        with held(clock, len(threads)):
            napping = [started(lambda span=span: nap_in_thread(span + 0.5)) for span in threads]  # type: ignore[misc]
        await asyncio.gather(*map(nap, tasks))
        await asyncio.to_thread(join_all, *napping)

    run_driven(clock, main)
    assert woken == sorted(woken)
    assert all(instant == span for instant, span in woken)


@pytest.mark.parametrize("seconds", [1e-9, 4e-7, 5e-7, 6e-7, 9e-7, 1.5e-6])
def test_a_timer_between_two_microseconds_goes_off(seconds: float) -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def main() -> None:
        for _ in range(20):
            await asyncio.sleep(seconds)

    run_driven(clock, main)
    assert passed(clock) <= 20 * (seconds + 6e-7)


def test_a_loop_gets_on_where_floats_are_far_apart() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def main() -> None:
        clock.advance(days=365 * 5000)
        await asyncio.sleep(1e-6)
        await asyncio.sleep(60)

    run_driven(clock, main)
    assert timedelta(seconds=60) <= clock.now() - START - timedelta(days=365 * 5000) < timedelta(seconds=61)


def test_the_clock_s_own_sleep_is_in_the_order_of_the_timers() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(clock.asleep(600), 10)
        assert passed(clock) == 10
        await asyncio.wait_for(clock.asleep(5), 10)
        await clock.asleep(0)
        assert passed(clock) == 15
        woken: list[float] = []
        asyncio.get_running_loop().call_later(30, lambda: woken.append(passed(clock)))
        await clock.aadvance(minutes=1)
        assert woken == [45]
        await clock.aadvance(seconds=0)
        assert passed(clock) == 75

    run_driven(clock, main)


def test_who_sleeps_on_the_clock_when_the_drive_ends_sleeps_on_and_is_refused_when_it_is_closed() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)

    async def main() -> None:
        with clock.drive():
            asleep = asyncio.create_task(clock.asleep(60))
            await asyncio.sleep(20)
        await asleep
        assert passed(clock) == 60
        clock.drive()
        asleep = asyncio.create_task(clock.asleep(60))
        await asyncio.sleep(0)
        clock.close()
        with pytest.raises(ClockError, match="was closed while the task"):
            await asleep

    asyncio.run(main())
    assert is_restored()


def test_what_is_left_of_a_timer_when_the_drive_ends_passes_in_real_time() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        went_off = asyncio.Event()
        with clock.drive():
            await asyncio.sleep(3600)
            loop.call_later(0.01, went_off.set)
        await asyncio.wait_for(went_off.wait(), PATIENCE)
        assert "time" not in vars(loop)
        assert "select" not in vars(loop._selector)  # type: ignore[attr-defined]
        assert loop._clock_resolution == time.get_clock_info("monotonic").resolution  # type: ignore[attr-defined]

    asyncio.run(main())
    assert passed(clock) == 3600


def test_a_loop_in_another_thread_has_its_own_time_back_too() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    is_asleep, heard = threading.Event(), list[float]()

    kept: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        loop, go = asyncio.get_running_loop(), asyncio.Event()
        kept.append((loop, go))
        loop.call_later(1e5, lambda: None)
        is_asleep.set()
        await go.wait()
        heard.append(loop.time())

    with clock.drive():
        thread = started(lambda: asyncio.run(main()))
        is_asleep.wait()
    loop, go = kept[0]
    loop.call_soon_threadsafe(go.set)
    join_all(thread)
    assert heard == [pytest.approx(time.monotonic(), abs=60)]


def test_a_loop_that_is_used_again_goes_on() -> None:
    clock = VirtualClock(START, settle=NEVER)
    with clock.drive(), asyncio.Runner() as runner:
        began = runner.get_loop().time()
        runner.run(asyncio.sleep(60))
        runner.run(asyncio.sleep(60))
        assert runner.get_loop().time() - began == pytest.approx(120)


def test_a_loop_of_a_thread_that_was_there_before_is_real() -> None:
    clock = VirtualClock(START)
    ask, done, seen = threading.Event(), threading.Event(), list[bool]()

    def live() -> None:
        ask.wait()
        asyncio.run(asyncio.sleep(0.001))
        seen.append(True)
        done.set()

    thread = started(live)
    with clock.drive():
        ask.set()
        done.wait()
    join_all(thread)
    assert seen == [True]
    assert passed(clock) == 0


def test_a_connection_that_is_awaited_does_not_settle_what_is_owed() -> None:
    clock = VirtualClock(START)
    owed: list[bool] = []

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"question")
            loop = asyncio.get_running_loop()
            here, there = socket.socketpair()
            with here, there:
                may_write = loop.create_future()
                loop.add_writer(here, may_write.cancel)
                with pytest.raises(asyncio.CancelledError):
                    await may_write
                loop.remove_writer(here)
            owed.append(is_owed(clock))
            writer.close()
            await writer.wait_closed()

    run_driven(clock, main)
    assert owed == [True]


def test_a_reply_that_is_put_off_by_the_clock_is_kept_in_mind_until_it_comes() -> None:
    clock = VirtualClock(START)
    heard: list[tuple[str, float]] = []

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            taken, _ = listening.accept()
            with taken:
                writer.write(b"question")
                with clock.request():
                    clock.call_after(50_000_000, lambda: taken.sendall(b"reply"))
                for _ in range(4):
                    await asyncio.sleep(10)
                    heard.append(("tick", passed(clock)))
                assert await asyncio.wait_for(reader.read(100), 11) == b"reply"
                heard.append(("reply", passed(clock)))
            writer.close()
            await writer.wait_closed()

    run_driven(clock, main)
    assert heard == [("tick", 10), ("tick", 20), ("tick", 30), ("tick", 40), ("reply", 50)]


async def over_a_socket(clock: VirtualClock, wait: float) -> tuple[float, float]:
    """Ask a server in another thread that replies after ``wait`` real seconds; the instants of reply and end."""
    listening = socket.create_server(("127.0.0.1", 0))
    asked = threading.Event()

    def serve() -> None:
        taken, _ = listening.accept()
        with taken, listening:
            taken.recv(100)
            REAL_WAIT(asked, wait)
            taken.sendall(b"reply")

    thread = threading.Thread(target=serve, name="fakejobs-peer", daemon=True)
    thread.start()
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(b"question")
    async with asyncio.timeout(3600):
        assert await reader.read(100) == b"reply"
    at = passed(clock)
    writer.close()
    await writer.wait_closed()
    thread.join()
    return at, passed(clock)


REAL_WAIT = threading.Event.wait


def test_a_reply_that_takes_its_time_is_waited_for_before_a_deadline_passes() -> None:
    clock = VirtualClock(START)

    async def main() -> None:
        assert await over_a_socket(clock, 0.05) == (0, 0)

    run_driven(clock, main)


def test_a_reply_that_never_comes_is_given_up_at_the_deadline_and_not_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replies, "OWED", 0.02)
    clock = VirtualClock(START)
    owed: list[bool] = []

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.writelines([b"quest", b"ion"])
            owed.append(is_owed(clock))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(100), 60)
            assert passed(clock) == 60
            owed.append(is_owed(clock))
            writer.write(b"again")
            owed.append(is_owed(clock))
            writer.close()
            await writer.wait_closed()

    run_driven(clock, main)
    assert owed == [True, False, True]


def is_owed(clock: VirtualClock) -> bool:
    return clock._work._stir.lookout.is_owed()


def test_a_server_of_the_loop_s_own_is_owed_no_reply() -> None:
    clock = VirtualClock(START)
    owed: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        await asyncio.sleep(30)
        writer.write(b"reply")
        owed.append(is_owed(clock))
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"question")
            assert await asyncio.wait_for(reader.read(100), 60) == b"reply"
            writer.close()
            await writer.wait_closed()

    run_driven(clock, main)
    assert passed(clock) == 30
    assert len(owed) == 1


def test_who_waits_for_a_thread_is_woken_by_it_before_a_deadline_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "TURN", PATIENCE)
    clock = VirtualClock(START)

    async def main() -> None:
        for _ in range(3):
            assert await asyncio.wait_for(asyncio.to_thread(sum, range(500_000)), 60)

    run_driven(clock, main)
    assert passed(clock) == 0


def test_a_thread_that_a_task_waits_for_may_sleep_on_the_clock() -> None:
    clock = VirtualClock(START)

    async def main() -> None:
        for _ in range(3):
            await asyncio.wait_for(asyncio.to_thread(time.sleep, 30), 60)

    run_driven(clock, main)
    assert passed(clock) == 90


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    ("source", "is_driven"),
    [("import asyncio\nasync def nap(): await asyncio.sleep(60)", True), ("import time\nasync def nap(): pass", False)],
)
def test_a_drive_of_modules_has_the_loops_if_one_of_them_waits_in_loops(source: str, is_driven: bool) -> None:
    client = module("looping_client", source)
    clock = VirtualClock(START)

    async def main() -> None:
        before = asyncio.get_running_loop().time()
        await client.nap()
        await asyncio.sleep(0.001)
        assert ("time" in vars(asyncio.get_running_loop())) == is_driven
        assert asyncio.get_running_loop().time() >= before

    with clock.drive("looping_client"):
        asyncio.run(main())
    assert passed(clock) == (60.001 if is_driven else 0)


class ForeignLoop(asyncio.AbstractEventLoop):
    """A loop that is not written in Python, as far as one can tell."""


class LoopWithoutSelector(asyncio.BaseEventLoop):
    """A loop that waits in its own way."""


def test_a_running_loop_that_cannot_be_driven_is_refused_with_time_restored() -> None:
    asyncio._set_running_loop(ForeignLoop())  # type: ignore[abstract]
    try:
        with pytest.raises(ClockError, match=r"the timers of .*test_driving_loops\.ForeignLoop cannot be driven"):
            VirtualClock().drive()
    finally:
        asyncio._set_running_loop(None)
    assert is_restored()


def test_a_loop_that_cannot_be_driven_is_refused_where_it_runs() -> None:
    loop = LoopWithoutSelector()
    try:
        with VirtualClock().drive(), pytest.raises(ClockError, match="LoopWithoutSelector cannot be driven"):
            loop.run_forever()
    finally:
        loop.close()
    assert is_restored()


def test_a_loop_that_was_closed_is_not_woken() -> None:
    loop = asyncio.SelectorEventLoop()
    sleeper = SleepingLoop(loop, 0)
    loop.close()
    sleeper.wake()
    assert sleeper.is_woken
    assert sleeper.actor is threading.current_thread()


def driven_loop(clock: VirtualClock, loop: Any) -> DrivenLoop:
    return DrivenLoop(loop, Crowd(), DrivenTime(clock), clock, Waits(clock._work))


def test_a_loop_that_is_closed_while_it_is_let_go_stays_closed() -> None:
    clock = VirtualClock(START)
    loop = asyncio.SelectorEventLoop()
    driven = driven_loop(clock, loop)
    loop.close()
    loop.is_running = lambda: True  # type: ignore[method-assign]
    driven.let_go()
    assert "time" not in vars(loop)


def test_of_a_selector_that_is_no_file_nobody_else_can_ask_for_news() -> None:
    class Selector:
        def select(self, timeout: float | None) -> list[Any]:
            return []

    class Loop:
        _selector = Selector()
        _clock_resolution = 1e-9

        def time(self) -> float:
            return 0.0

    driven = driven_loop(VirtualClock(START), Loop())
    driven._is_resting = True
    assert driven.quiet() == 0
    assert driven._is_by_itself(threading.current_thread()) is False


def test_of_a_selector_that_is_closed_there_are_no_news() -> None:
    loop = asyncio.SelectorEventLoop()
    driven = driven_loop(VirtualClock(START), loop)
    driven._is_resting = True
    loop._write_to_self()  # type: ignore[attr-defined]
    assert driven.quiet() == 1
    loop.close()
    assert driven.quiet() == 0
    driven.let_go()
    assert driven.quiet() == 0


def test_once_the_drive_is_over_a_select_is_the_original() -> None:
    clock = VirtualClock(START)
    loop = asyncio.SelectorEventLoop()
    crowd = Crowd()
    driven = DrivenLoop(loop, crowd, DrivenTime(clock), clock, Waits(clock._work))
    crowd.is_on = False
    assert driven.select(0.001) == []
    assert passed(clock) == 0
    driven.let_go()
    loop.close()


def test_what_is_sent_outside_of_a_driven_loop_or_on_a_closed_socket_is_owed_nothing() -> None:
    clock = VirtualClock(START)
    crowd = Crowd()
    loops_ = Loops(crowd, DrivenTime(clock), clock, Waits(clock._work))
    sent: list[bytes] = []
    write = loops_._telling(lambda transport, data: sent.append(data))
    here, there = socket.socketpair()
    with here, there:

        class Transport:
            def get_extra_info(self, name: str) -> socket.socket:
                return here

        write(Transport(), b"1")

        async def main() -> None:
            loops_.meet(asyncio.get_running_loop())
            loops_.meet(asyncio.get_running_loop())
            write(Transport(), b"2")
            assert loops_.quiet() == replies.OWED
            loops_.let_go()
            loops_.meet(asyncio.get_running_loop())
            here.close()
            write(Transport(), b"3")
            assert loops_.quiet() == 0
            loops_.let_go()

        asyncio.run(main())
    assert sent == [b"1", b"2", b"3"]


def test_nothing_is_left_of_a_loop_once_the_drive_is_over() -> None:
    clock = VirtualClock(START)
    run_driven(clock, lambda: asyncio.sleep(1))
    gc.collect()
    assert not any(type(each) is DrivenLoop and each._clock is clock for each in gc.get_objects())
    assert sys.getrefcount(clock) < 20

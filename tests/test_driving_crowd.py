"""Who takes part in a drive, and how that is followed from thread to thread."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest
from driving import START, module, modules, passed
from sleeping import PATIENCE, join_all, started

from fakejobs.clock import VirtualClock, quiet
from fakejobs.clock.driving.crowd import Crowd, on_behalf_of, this_thread

__all__ = ["modules"]
UNHURRIED = 0.02
VIRTUAL = START.timestamp() + 10**8
"""Real time is later than this."""


class Standing:
    """A thread that was there before, and does in it what it is asked to."""

    def __init__(self, *, daemon: bool) -> None:
        self._ask, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._work: list[Callable[[], Any]] = []
        self._given: list[Any] = []
        self.thread = threading.Thread(target=self._live, daemon=daemon)
        self.thread.start()

    def _live(self) -> None:
        while self._ask.acquire() and self._work:
            self._given.append(self._work.pop()())
            self._done.release()

    def does(self, work: Callable[[], Any]) -> Any:
        """What the work gives, done in that thread."""
        self._work.append(work)
        self._ask.release()
        assert self._done.acquire(timeout=None)
        return self._given.pop()

    def end(self) -> None:
        self._ask.release()
        join_all(self.thread)


@pytest.fixture(params=[True, False], ids=["daemon", "not a daemon"])
def standing(request: pytest.FixtureRequest) -> Iterator[Standing]:
    standing = Standing(daemon=request.param)
    yield standing
    standing.end()


def is_real(instant: float) -> bool:
    return abs(instant - REAL[0]()) < 60


REAL = [time.time]
"""The original, in a list, since a name of this module would be driven."""


def test_a_thread_that_was_there_before_reads_and_sleeps_in_real_time(standing: Standing) -> None:
    clock = VirtualClock(START)
    with clock.drive():
        time.sleep(5)
        assert is_real(standing.does(time.time))
        assert standing.does(lambda: time.sleep(0.001)) is None
        assert standing.does(lambda: threading.Event().wait(0.001)) is False
    assert passed(clock) == 5


def test_nor_do_the_threads_that_it_starts_take_part(standing: Standing) -> None:
    seen: list[float] = []
    with VirtualClock(START).drive():
        standing.does(lambda: join_all(started(lambda: seen.append(time.time()))))
    assert is_real(seen[0])


def test_threads_that_are_started_take_part_and_those_that_they_start() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    seen: list[float] = []

    def nap_and_start(depth: int) -> None:
        time.sleep(10)
        seen.append(passed(clock))
        if depth:
            join_all(started(lambda: nap_and_start(depth - 1)))

    with clock.drive():
        join_all(started(lambda: nap_and_start(2)))
    assert seen == [10, 20, 30]


def test_the_workers_of_pools_take_part_if_they_start_since() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    with ThreadPoolExecutor(1) as before:
        before.submit(int).result()
        with clock.drive():
            assert is_real(before.submit(time.time).result())
            with ThreadPoolExecutor(3) as pool:
                assert sorted(pool.map(nap_for, [3, 1, 2])) == [1, 2, 3]
            assert passed(clock) == 3
            with ThreadPool(2) as threads:
                threads.map(nap_for, [5, 5])
            assert passed(clock) == 8


def nap_for(seconds: int) -> int:
    time.sleep(seconds)
    return seconds


def test_a_function_handed_to_a_pool_as_it_is_takes_part() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    with clock.drive(), ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, 5).result()
        assert pool.submit(time.time).result() == clock.time()
        with pytest.raises(ValueError, match="non-negative"):
            pool.submit(time.sleep, -1).result()
    assert passed(clock) == 5


def test_who_sleeps_is_not_alone_while_another_lives_who_takes_part() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    woken: list[float] = []
    with clock.drive(), ThreadPool(1) as pool:
        for _ in range(5):
            napping = pool.apply_async(lambda: woken.append(passed(clock) + nap_for(3)))  # which the clock does not see
            time.sleep(10)
            napping.get()
    assert woken == [3, 13, 23, 33, 43]


@pytest.mark.parametrize("names", [(), ("crowded_client",)])
def test_company_are_those_who_take_part_and_live(modules: None, names: tuple[str, ...]) -> None:
    module("crowded_client", "import time")
    crowd = Crowd(frozenset(names) or None)
    done = threading.Event()
    looking = threading.Thread(target=lambda: done.wait(PATIENCE), name="fakejobs-looking", daemon=True)
    looking.start()
    assert not crowd.has_company()
    other = threading.Thread(target=lambda: done.wait(PATIENCE), daemon=True)
    crowd.starts(other, sys._getframe())
    other.start()
    assert crowd.has_company()
    done.set()
    join_all(other, looking)
    assert not crowd.has_company()


def test_a_pool_serves_whoever_does_not_take_part_as_ever(standing: Standing) -> None:
    with ThreadPoolExecutor(1) as pool, VirtualClock(START).drive():
        assert is_real(standing.does(lambda: pool.submit(time.time).result()))


def test_a_pool_that_is_shut_down_refuses_work_as_ever() -> None:
    clock = VirtualClock(START)
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with clock.drive(), pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_no_deadline_passes_while_a_worker_that_was_there_before_is_at_what_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualClock(START)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with clock.drive():
            time.sleep(1)
            monkeypatch.setattr(quiet, "TURN", PATIENCE)
            future = pool.submit(lambda: sum(range(500_000)))
            assert future.result(timeout=60) == sum(range(500_000))
    assert passed(clock) == 1


def test_a_named_module_is_driven_in_any_thread_but_the_daemons_that_were_there_before(
    standing: Standing, modules: None
) -> None:
    client = module("crowded_client", "import time\nfrom time import time as now\ndef see(): return time.time(), now()")
    clock = VirtualClock(START)
    with clock.drive("crowded_client"):
        seen = standing.does(client.see)
        assert all(is_real(each) for each in seen) if standing.thread.daemon else set(seen) == {clock.time()}
        assert set(client.see()) == {clock.time()}
        of_new: list[Any] = []
        join_all(started(lambda: of_new.append(client.see())))
        assert set(of_new[0]) == {clock.time()}
        started_by_daemon: list[Any] = []
        standing.does(lambda: join_all(started(lambda: started_by_daemon.append(client.see()))))
        assert is_real(started_by_daemon[0][0]) == standing.thread.daemon
    assert all(is_real(each) for each in client.see())


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("tool", ["pytest_timeout", "xdist.workermanage", "coverage", "fakejobs.server"])
def test_a_thread_that_a_tool_starts_does_not_take_part(tool: str) -> None:
    made = module(tool, "import threading\ndef start(work):\n t = threading.Thread(target=work)\n t.start()\n return t")
    client = module("crowded_client", "import time\ndef see(): return time.time()")
    seen: list[float] = []
    for names in ((), ("crowded_client",)):
        with VirtualClock(START).drive(*names):
            join_all(made.start(lambda: seen.append(client.see())))
    assert all(is_real(each) for each in seen)


def test_the_clock_s_and_the_server_s_own_threads_do_not_take_part() -> None:
    seen: list[float] = []
    with VirtualClock(START).drive():
        thread = threading.Thread(target=lambda: seen.append(time.time()), name="fakejobs-server")
        thread.start()
        join_all(thread)
    assert is_real(seen[0])


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("name", ["hypothesis.engine", "_pytest.timing2", "twisted.internet", "trio"])
def test_a_call_from_what_looks_after_the_test_or_waits_for_the_world_is_real(name: str) -> None:
    made = module(name, "import time\ndef see(): return time.time()")
    with VirtualClock(START).drive():
        assert is_real(made.see())


def test_a_process_is_waited_for_in_real_time() -> None:
    clock = VirtualClock(START)
    with clock.drive():
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
        process.communicate(b"\n", timeout=PATIENCE)
    assert passed(clock) == 0


def test_a_thread_that_is_not_python_s_is_not_entered_as_one() -> None:
    seen: list[Any] = []
    done = threading.Lock()
    done.acquire()

    def look() -> None:
        seen.extend([time.time(), this_thread()])
        done.release()

    with VirtualClock(START).drive():
        before = threading.active_count()
        _thread.start_new_thread(look, ())
        assert done.acquire(timeout=PATIENCE)
        assert threading.active_count() == before
    assert is_real(seen[0])
    assert seen[1] is None


def test_code_without_a_name_takes_part_in_a_drive_of_the_thread() -> None:
    seen: dict[str, Any] = {}
    clock = VirtualClock(START)
    with clock.drive():
        exec("import time\nnow = time.time()", seen)
        exec("import time\nnow = time.time()", nameless := {"__name__": None})
    assert [seen["now"], nameless["now"]] == [clock.time()] * 2


def test_a_call_that_comes_through_a_passage_is_its_caller_s_and_at_the_end_its_own() -> None:
    frame = sys._getframe()
    assert on_behalf_of(frame) == __name__
    bottoms: list[str] = []

    def look() -> None:
        bottom = sys._getframe()
        while bottom.f_back is not None:
            bottom = bottom.f_back
        bottoms.append(on_behalf_of(bottom))

    join_all(started(look))
    assert bottoms == ["threading"]


def test_nobody_takes_part_any_more_once_it_has_ended() -> None:
    for names in (None, frozenset({__name__})):
        crowd = Crowd(names)
        frame = sys._getframe()
        assert crowd.takes_part(frame)
        assert crowd.takes_part_there(frame)
        assert crowd.has_member()
        crowd.is_on = False
        assert not crowd.takes_part(frame)
        assert not crowd.takes_part_there(frame)
        assert not crowd.has_member()

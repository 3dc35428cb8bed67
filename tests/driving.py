"""What the tests of driving share: everything that a drive replaces, modules that use time, and a way to look."""

from __future__ import annotations

import asyncio
import datetime
import queue
import sched
import sys
import threading
import time
from asyncio import selector_events
from collections.abc import Iterator
from concurrent.futures.thread import _WorkItem
from contextlib import contextmanager
from datetime import UTC
from types import ModuleType
from typing import Any

import pytest
from sleeping import await_sleepers, join_all

from fakejobs.clock import VirtualClock

SECOND = 1_000_000
START = datetime.datetime(2026, 1, 1, tzinfo=UTC)
TRANSPORT = selector_events._SelectorSocketTransport  # type: ignore[attr-defined]

OWNERS: list[tuple[Any, str]] = [
    *((time, name) for name in ("sleep", "time", "time_ns", "monotonic", "monotonic_ns")),
    *((time, name) for name in ("perf_counter", "perf_counter_ns")),
    *((threading, "_time"), (queue, "time"), (sched, "_time"), (datetime, "datetime")),
    *((threading.Condition, "wait"), (threading.Thread, "start")),
    *((_WorkItem, "__init__"), (_WorkItem, "run")),
    *((asyncio.BaseEventLoop, "run_forever"), (TRANSPORT, "write")),
    (sched.scheduler.__init__, "__defaults__"),
]
"""Who keeps what a drive may replace, and under which name."""


def kept() -> list[object]:
    """What they keep just now."""
    return [vars(owner).get(name) if isinstance(owner, type) else getattr(owner, name) for owner, name in OWNERS]


ORIGINALS = kept()


def is_restored() -> bool:
    """Whether each keeps what it kept when the tests were loaded: the very same."""
    return all(now is then for now, then in zip(kept(), ORIGINALS, strict=True))


def module(name: str, source: str) -> Any:
    """A module made of its source, and known by its name until the test ends if it asked for `modules`."""
    made = ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, f"{name}.py", "exec"), vars(made))
    return made


@pytest.fixture
def modules() -> Iterator[None]:
    """Forget the modules that a test makes."""
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]
    sys.modules.update(before)


@contextmanager
def held(clock: VirtualClock, sleepers: int) -> Iterator[None]:
    """Hold the clock until so many sleep on it, however long their threads take to start."""
    with clock.request():
        yield
        await_sleepers_in_real_time(clock, sleepers)


def await_sleepers_in_real_time(clock: VirtualClock, count: int) -> None:
    """Wait until so many sleep, in a thread that is not driven."""
    looking = threading.Thread(target=await_sleepers, args=(clock, count), name="fakejobs-looking", daemon=True)
    looking.start()
    join_all(looking)


def passed(clock: VirtualClock) -> float:
    """The seconds since the start of a clock that began at `START`."""
    return (clock.instant() - int(START.timestamp()) * SECOND) / SECOND

"""One drive, from its beginning to its end."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from copyreg import dispatch_table
from datetime import datetime
from threading import Condition
from types import FrameType, ModuleType, TracebackType
from typing import Any, Self

from fakejobs.clock.clockwork import Clockwork
from fakejobs.clock.driving.conditions import driven_wait
from fakejobs.clock.driving.crowd import OUTSIDERS, PASSAGES, Crowd
from fakejobs.clock.driving.dates import driven_datetime, reducing
from fakejobs.clock.driving.loops import DrivenLoop, Loops
from fakejobs.clock.driving.modules import LOOPS, clocks_of, modules_named
from fakejobs.clock.driving.places import Filled, Place, places_in
from fakejobs.clock.driving.readings import DrivenTime, Moved, stand_ins
from fakejobs.clock.driving.sight import Sight
from fakejobs.clock.driving.starting import doors
from fakejobs.clock.waits import Waits
from fakejobs.errors import ClockError

_lock = threading.Lock()
_under_way: list[Drive] = []
"""The drive that is under way, if there is one: time cannot be driven by two clocks."""


class Drive:
    """The driving of a client's time by a clock, from when it is made to its end; a context manager that ends it.

    ``names`` are modules and packages whose calls are driven, in any thread but the daemons that were there before;
    without any, the calling thread is driven and what it starts. ``is_with_dates`` has ``datetime.now`` driven too.
    """

    def __init__(
        self, clock: Moved, work: Clockwork, names: tuple[str | ModuleType, ...], *, is_with_dates: bool
    ) -> None:
        others = tuple(each for each in names if each != "datetime" and each is not sys.modules["datetime"])
        self._is_with_dates = is_with_dates or len(others) < len(names)
        self._modules = modules_named(others)
        clocks = [clocks_of(name, each, is_with_dates=self._is_with_dates) for name, each in self._modules.items()]
        self._has_loops = not clocks or not LOOPS.isdisjoint(set[str]().union(*clocks))
        self._place = _place_of_call()
        self._clock = clock
        self._time = DrivenTime(clock)
        self._waits = Waits(work)
        self._crowd = Crowd(frozenset(self._modules) or None)
        self._loops = Loops(self._crowd, self._time, clock, self._waits)
        self._filled = Filled()
        self._originals: dict[int, object] = {}
        self._kept: list[tuple[object, object]] = []
        self._loaded_before = set(sys.modules)
        self._begin()

    def __repr__(self) -> str:
        return f"<Drive since {self._place}{'' if self.is_on else ', ended'}>"

    @property
    def is_on(self) -> bool:
        """Whether it has not ended."""
        return self._crowd.is_on

    def end(self) -> None:
        """Put everything back as it was; it may be repeated, and be called in any thread."""
        with _lock:
            if self in _under_way:
                self._restore()

    def running_loop(self) -> DrivenLoop | None:
        """The loop that the calling thread is within, if its timers are driven."""
        return self._loops.running()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _begin(self) -> None:
        """Put the stand-ins in place; ClockError if time is driven already, or the running loop cannot be."""
        with _lock:
            if _under_way:
                raise ClockError(
                    f"time is driven already, since {_under_way[0]._place}; end that drive first (leave its `with`, or "
                    "call its end()), or name all modules in one call"
                )
            _under_way.append(self)
            try:
                loop = asyncio._get_running_loop()
                if self._has_loops and loop is not None:
                    self._loops.meet(loop)
                self._waits.heed(Sight(self._crowd, self._loops, self._waits))
                self._filled.fill(self._places())
            except BaseException:
                self._restore()
                raise

    def _restore(self) -> None:
        """Take the stand-ins away, from the modules too that were loaded meanwhile."""
        _under_way.remove(self)
        self._crowd.is_on = False
        self._filled.restore()
        self._loops.let_go()
        self._waits.heed(None)
        for name in sys.modules.keys() - self._loaded_before:
            for place in _places_in_loaded(name, self._originals):
                place.fill()

    def _places(self) -> Iterator[Place]:
        """Every place where something stands in while the drive is under way."""
        yield Place(Condition, "wait", driven_wait(self._crowd, self._time, self._clock, self._waits))
        yield from doors(self._crowd, self._waits)
        if self._has_loops:
            yield from self._loops.places()
        at_source = self._stand_ins(self._crowd.takes_part)
        if dates := at_source.get(id(datetime)):
            yield Place(dispatch_table, datetime, reducing(dates))
        if self._modules:
            for name in ("time", "datetime", *PASSAGES):
                yield from _places_in_loaded(name, at_source)
            there = self._stand_ins(self._crowd.takes_part_there)
            for modules in self._modules.values():
                for module in modules:
                    yield from places_in(module, there)
        else:
            for name in list(sys.modules):
                if name.partition(".")[0] not in OUTSIDERS:
                    yield from _places_in_loaded(name, at_source)

    def _stand_ins(self, takes_part: Callable[[FrameType], bool]) -> dict[int, Any]:
        """What stands in for each original, by the original's id; the way back is noted."""
        pairs: list[tuple[object, object]] = [*stand_ins(self._time, takes_part)]
        if self._is_with_dates:
            pairs.append((datetime, driven_datetime(self._clock, takes_part)))
        self._originals.update({id(new): original for original, new in pairs})
        self._kept += pairs  # lest an id becomes another's
        return {id(original): new for original, new in pairs}


def _places_in_loaded(name: str, new_for: dict[int, object]) -> Iterator[Place]:
    """The places in a module that is loaded; nothing for what else is kept among the modules."""
    module = sys.modules.get(name)
    if isinstance(module, ModuleType):
        yield from places_in(module, new_for)


def _place_of_call() -> str:
    """The file and line outside of fakejobs that asked for the drive."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_own(frame):
        frame = frame.f_back
    return "the start" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _is_own(frame: FrameType) -> bool:
    """Whether a call is fakejobs' own."""
    return str(frame.f_globals.get("__name__")).partition(".")[0] == "fakejobs"


def end_drive() -> None:
    """End the drive that is under way, if there is one, whichever clock it is of: for the end of a test."""
    for drive in list(_under_way):
        drive.end()


def _leave_to_parent() -> None:
    """Let real time be answered in a process that was forked off: the clock, and who moves it, are the parent's."""
    for drive in _under_way:
        drive._crowd.is_on = False


getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_leave_to_parent)

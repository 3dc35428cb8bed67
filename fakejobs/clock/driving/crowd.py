"""Who takes part in a drive: which threads, and which modules' calls."""

from __future__ import annotations

import threading
from threading import Thread
from types import FrameType

from fakejobs.clock.quiet import SERVICE

TOOLS = frozenset(
    (
        *("_pytest", "pytest", "pluggy", "pytest_timeout", "pytest_rerunfailures", "xdist", "execnet", "hypothesis"),
        *("coverage", "faulthandler", "pydevd", "_pydevd_bundle", "debugpy", "fakejobs"),
    )
)
"""Packages that look after the test: neither their own calls take part, nor the threads that they start."""

REAL = frozenset(
    (
        *("subprocess", "multiprocessing", "selectors", "socketserver", "telnetlib"),
        *("trio", "curio", "twisted", "gevent", "eventlet", "uvloop"),
    )
)
"""Packages that wait for the real world and measure how long: on a clock that stands they would wait for ever."""

OUTSIDERS = TOOLS | REAL

PASSAGES = frozenset(
    (
        *("threading", "queue", "sched", "concurrent.futures._base", "concurrent.futures.thread"),
        *("fakejobs.clock.waits", "fakejobs.clock.driving.starting", "fakejobs.clock.driving.loops"),
    )
)
"""Modules that read the time, and wait, on behalf of whoever called them."""


class Crowd:
    """Who takes part: the calling thread and those that it starts, and whom they start; or the calls of ``names``.

    With ``names``, of modules and of packages with all that is in them, it is the calls from there, in any thread but
    the daemons that were there before and those that look after the test.
    """

    def __init__(self, names: frozenset[str] | None = None) -> None:
        self.is_on = True
        self._names = names
        self._members = {threading.current_thread()}
        others = (thread for thread in threading.enumerate() if thread not in self._members)
        self._bystanders = {thread for thread in others if thread.daemon or thread.name.startswith(SERVICE)}
        self._known: dict[str, bool] = {}

    def takes_part(self, frame: FrameType) -> bool:
        """Whether a call from ``frame``, by the running thread, is the clock's to answer."""
        if not self.is_on:
            return False
        if self._names is None:
            return this_thread() in self._members and self._is_heard(on_behalf_of(frame))
        return self._is_heard(on_behalf_of(frame)) and this_thread() not in self._bystanders

    def takes_part_there(self, frame: FrameType) -> bool:
        """Likewise, of a call of what stands in a module that is driven: there it need not be the module itself."""
        return self.takes_part(frame) if self._names is None else self.is_on and this_thread() not in self._bystanders

    def has_member(self) -> bool:
        """Whether the running thread is the one that drives, or was started since by one that takes part."""
        return self.is_on and this_thread() in self._members

    def has_company(self) -> bool:
        """Whether a thread lives that may take part, other than the running one."""
        me = this_thread()
        others = (thread for thread in threading.enumerate() if thread is not me)
        if self._names is None:
            return any(thread in self._members for thread in others)
        return any(not (thread in self._bystanders or thread.name.startswith(SERVICE)) for thread in others)

    def starts(self, thread: Thread, frame: FrameType) -> None:
        """Note that the running thread starts another, in ``frame``."""
        starter = this_thread()
        if _root(on_behalf_of(frame)) in TOOLS or thread.name.startswith(SERVICE) or starter in self._bystanders:
            self._bystanders.add(thread)
        elif self.is_on and starter in self._members:
            self._members.add(thread)

    def _is_heard(self, name: str) -> bool:
        """Whether a module of that name takes part, whichever the thread."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._is_of_names(name)
        return known

    def _is_of_names(self, name: str) -> bool:
        if self._names is None:
            return _root(name) not in OUTSIDERS
        parts = name.split(".")
        return any(".".join(parts[:count]) in self._names for count in range(1, len(parts) + 1))


def this_thread() -> Thread | None:
    """The running thread, or None if it is not Python's: asking `threading` for that one would enter it as a dummy."""
    active: dict[int, Thread] = threading._active  # type: ignore[attr-defined]
    return active.get(threading.get_ident())


def on_behalf_of(frame: FrameType) -> str:
    """The name of the module that calls from ``frame``, or of the one on whose behalf it does."""
    name: str = frame.f_globals.get("__name__") or ""
    while name in PASSAGES and frame.f_back is not None:
        frame = frame.f_back
        name = frame.f_globals.get("__name__") or ""
    return name


def _root(name: str) -> str:
    return name.partition(".")[0]

"""The thread that servers run in: it waits on their sockets, and calls what is ready, one thing after another."""

from __future__ import annotations

import heapq
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import count
from time import monotonic
from typing import TypeVar

from fakejobs.errors import UsageError
from fakejobs.server.seat import Seat

T = TypeVar("T")

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

BUFFER_SIZE = 64 * 1024
"""What is received at a time. It is kept: a new string of that size for each read would cost page faults."""

Ready = Callable[[int], object]
"""What is called when a socket is ready, with ``READ``, ``WRITE`` or both."""


class Alarm:
    """Work that waits for its time, unless it is cancelled."""

    __slots__ = ("due", "number", "work")

    def __init__(self, due: float, number: int, work: Callable[[], object]) -> None:
        self.due = due
        self.number = number
        self.work: Callable[[], object] | None = work

    def __lt__(self, other: Alarm) -> bool:
        return (self.due, self.number) < (other.due, other.number)

    def cancel(self) -> None:
        """Let the time pass without the work."""
        self.work = None


class Engine:
    """A daemon thread that starts when there is something to watch and ends when it is closed; it may be used again.

    Whatever is watched is touched by the thread while it works, and by others in `do`, while the thread waits: to open
    and close a server costs no change of threads. Others go first when the thread is about to work again.
    ``failures`` has what went wrong in work that nobody waits for; ``buffer`` is what a read may fill; ``seat``
    is where the thread runs; ``is_at_work`` says that the thread does what a socket is ready for.
    """

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(BUFFER_SIZE))
        self.failures: list[BaseException] = []
        self.seat = Seat()
        self.is_at_work = False
        self._next = threading.Lock()
        self._working = threading.Lock()
        self._waking = threading.Lock()
        self._thread: threading.Thread | None = None
        self._calls: deque[Callable[[], object]] = deque()
        self._last: list[Callable[[], object]] = []
        self._alarms: list[Alarm] = []
        self._numbers = count()
        self._sees_changes = True
        self._selector: selectors.BaseSelector
        self._waker: socket.socket | None = None

    @property
    def is_here(self) -> bool:
        """Whether the calling thread is the engine's."""
        return self._thread is threading.current_thread()

    def do(self, work: Callable[[], T]) -> T:
        """Return what some work gives that touches what is watched; it is done in the calling thread."""
        if self.is_here:
            return work()
        with self._next:
            if not self._sees_changes:
                self._wake()
            with self._working:
                return work()

    def soon(self, work: Callable[[], object]) -> None:
        """Let the thread do some work in its next turn; nothing happens if it has ended."""
        if self._thread is None:
            return
        self._calls.append(work)
        if not self.is_here:
            self._wake()

    def at_last(self, work: Callable[[], object]) -> None:
        """Do some work when all else is done that this socket was ready for; only while `is_at_work`."""
        self._last.append(work)

    def later(self, seconds: float, work: Callable[[], object]) -> Alarm:
        """Let the thread do some work in so many real seconds; it is called in `do`, or in the thread."""
        alarm = Alarm(monotonic() + seconds, next(self._numbers), work)
        heapq.heappush(self._alarms, alarm)
        if not self.is_here:
            self._wake()
        return alarm

    def watch(self, what: socket.socket, events: int, ready: Ready) -> None:
        """Call ``ready`` for these events of a socket; likewise. The thread starts if it does not run."""
        if self._thread is None:
            self._start()
        try:
            self._selector.register(what, events, ready)
        except KeyError:  # it is watched already
            self._selector.modify(what, events, ready)

    def unwatch(self, what: socket.socket) -> None:
        """Call nothing for a socket any more; likewise. It must still be open, and need not be watched."""
        if self._thread is None:
            return
        try:
            self._selector.unregister(what)
        except KeyError:  # since it was watched, the thread has ended and started again
            return

    def close(self) -> None:
        """End the thread once what it does now is done, and forget what it watches. It may be repeated.

        Raises ``UsageError`` in the thread itself, which cannot wait for its own end.
        """
        if self.is_here:
            raise UsageError("close() was called in the engine's own thread: call it in the one that owns the engine")
        thread = self.do(self._part)
        if thread is not None:
            thread.join()

    def _part(self) -> threading.Thread | None:
        """Return the thread, which is the engine's no more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._wake()
        return thread

    def _start(self) -> None:
        """Start the thread; what the last one was still to do is forgotten."""
        self._calls.clear()
        self._alarms.clear()
        self.seat.begin()
        with ExitStack() as opened:
            selector = opened.enter_context(selectors.DefaultSelector())
            waker, woken = socket.socketpair()
            opened.enter_context(waker)
            opened.enter_context(woken)
            waker.settimeout(0)
            woken.settimeout(0)
            selector.register(woken, READ, lambda _: woken.recv(4096))
            # its own, so that a thread that is yet to end need not wait for this one
            working = threading.Lock()
            belongings = (selector, waker, woken, working)
            thread = threading.Thread(target=self._live, args=belongings, name="fakejobs-server", daemon=True)
            thread.start()
            opened.pop_all()
        self._selector, self._waker, self._working, self._thread = selector, waker, working, thread
        # without a file of its own, a selector does not see what changes while it waits
        self._sees_changes = hasattr(selector, "fileno")

    def _wake(self) -> None:
        # who is closed must not be sent to: its number may be another's by then
        with self._waking, suppress(OSError):  # it is about to wake, or it has ended
            if self._waker is not None:
                self._waker.send(b"\0")

    def _live(
        self, selector: selectors.BaseSelector, waker: socket.socket, woken: socket.socket, working: threading.Lock
    ) -> None:
        """Be the engine's thread, until it has another or none."""
        here = threading.current_thread()
        sees_changes = hasattr(selector, "fileno")
        pause: float | None = None
        try:
            while True:
                if sees_changes:
                    ready = selector.select(pause)
                else:
                    # who waits has woken it, perhaps too early: it may not look again before they are served
                    with self._next:
                        pass
                    with working:
                        if self._thread is not here:
                            return
                        ready = selector.select(pause)
                with self._next:
                    pass
                with working:
                    if self._thread is not here:
                        return
                    pause = self._work(ready)
        finally:
            selector.close()
            with self._waking:
                waker.close()
            woken.close()

    def _work(self, ready: list[tuple[selectors.SelectorKey, int]]) -> float | None:
        """Do what there is to be done now; return the real seconds that may be waited for more, or None for ever."""
        for key, events in ready:
            self.is_at_work = True
            try:
                key.data(events)
            except BaseException as failure:  # a failed assertion of the test's runner is no Exception
                self.failures.append(failure)
            self.is_at_work = False
            while self._last:
                self._safely(self._last.pop())
        while self._calls:
            self._safely(self._calls.popleft())
        while self._alarms and (self._alarms[0].work is None or self._alarms[0].due <= monotonic()):
            self._safely(heapq.heappop(self._alarms).work)
        if self._calls:
            return 0.0
        return max(0.0, self._alarms[0].due - monotonic()) if self._alarms else None

    def _safely(self, work: Callable[[], object] | None) -> None:
        """Do some work, unless it was cancelled, and keep what goes wrong in it."""
        try:
            if work is not None:
                work()
        except BaseException as failure:  # likewise
            self.failures.append(failure)

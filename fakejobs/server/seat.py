"""Where an engine's thread runs: on the CPU of its client, as long as it has one client."""

from __future__ import annotations

import socket
from contextlib import suppress

from fakejobs.threads import KNOWS_CPUS, run_on

_CPU_OF_SENDER: int | None = getattr(socket, "SO_INCOMING_CPU", None) if KNOWS_CPUS else None
"""The option that tells on which CPU the last bytes of a socket came in: a sender on this machine was on that one."""


class Seat:
    """The CPUs that one thread may run on; `take` and `leave` count its lines.

    One client and the thread that answers it take turns. On two CPUs each turn wakes a CPU, and in one process it wakes
    it twice, the first time to find the interpreter still in use; on one CPU the next just goes on. The client has to
    be heard twice on one CPU: to follow one that moves with each request costs more than it saves. With more clients
    the thread runs wherever the system has it, as it does where the system does not tell.
    """

    def __init__(self) -> None:
        self._lines = 0
        self.begin()

    def begin(self) -> None:
        """Take another thread, which runs anywhere so far."""
        self._heard_on: int | None = None
        self._heard_before: int | None = None
        self._cpu: int | None = None

    def take(self) -> None:
        """Count one line more."""
        self._lines += 1

    def leave(self) -> None:
        """Count one line less."""
        self._lines -= 1

    def hear(self, line: socket.socket) -> None:
        """Note where the client of a line is, as soon as it is read: what comes later may come of what it is sent."""
        self._heard_before, self._heard_on = self._heard_on, None
        if _CPU_OF_SENDER is not None and self._lines == 1:
            with suppress(OSError):  # a system may know the option, and yet not have it
                self._heard_on = line.getsockopt(socket.SOL_SOCKET, _CPU_OF_SENDER)

    def follow(self) -> None:
        """Run from now on where the client is; in the thread, when that client has its reply.

        Sooner, the client would be waiting by now, and go elsewhere when the reply wakes it: each would flee the other.
        """
        if self._heard_on == self._heard_before != self._cpu:
            self._cpu = self._heard_on
            run_on(self._cpu)

    def rise(self) -> None:
        """Run anywhere from now on, in the thread, as what it does next may be the test's: that has all CPUs."""
        if self._cpu is not None:
            self.begin()
            run_on(None)

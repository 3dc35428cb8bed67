"""A socket as a line: bytes that come are handed on, bytes to be sent are sent when they can be, its end is told."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from typing import Protocol

from fakejobs.server.engine import READ, WRITE, Engine

HIGH_WATER = 64 * 1024
"""With more bytes unsent than this, whoever writes is asked to pause."""

LOW_WATER = 16 * 1024
"""With no more bytes unsent than this, it may go on."""

_AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""The option by which a socket that is closed resets its connection."""


class End(Protocol):
    """Whoever is at this end of a line. It is called in the engine's thread, or in the engine's `do`."""

    def data_received(self, data: bytes, /) -> None:
        """Take bytes."""

    def eof_received(self) -> bool:
        """Hear that no more bytes will come; return whether the line stays open for what is still to be sent."""

    def pause_writing(self) -> None:
        """Hear that the other side does not keep up."""

    def resume_writing(self) -> None:
        """Hear that it has caught up."""

    def connection_lost(self) -> None:
        """Hear, once, that the line has ended."""


class Transport(Protocol):
    """What carries a connection's bytes: a line, or TLS over one."""

    def is_closing(self) -> bool:
        """Whether it has ended, or will once all is sent."""

    def is_idle(self) -> bool:
        """Whether all is sent and all that came was read, as far as can be told."""

    def write(self, data: bytes, /) -> None:
        """Send bytes."""

    def write_eof(self) -> None:
        """Say that no more will be sent, where that can be said."""

    def pause_reading(self) -> None:
        """Leave what comes to the system."""

    def resume_reading(self) -> None:
        """Read again."""

    def close(self) -> None:
        """End once all is sent."""

    def abort(self) -> None:
        """End now."""

    def reset(self) -> None:
        """End now, in a way that the other side takes for an accident."""


class Line:
    """One connected socket of an engine; ``end`` is told what happens on it, ``failures`` take what goes wrong there.

    Raises ``OSError``, and leaves the socket open, if there is nothing at the other side any more.
    """

    # what is so with every line at first costs nothing to say here
    _watched = 0
    _is_paused = False
    _is_choked = False
    _is_lost = False
    _is_sent_at_last = False
    _has_ended = False
    _is_closing = False
    _ends_when_sent = False

    def __init__(self, engine: Engine, taken: socket.socket, end: End, failures: list[BaseException]) -> None:
        taken.settimeout(0)
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._engine = engine
        self._socket = taken
        self._end = end
        self._failures = failures
        self._unsent = bytearray()
        self._watch()
        engine.seat.take()

    def is_closing(self) -> bool:
        """Whether it has ended, or will once all is sent."""
        return self._is_closing

    def is_idle(self) -> bool:
        """Whether all is sent and all that came was read; also the other side's end is something that comes."""
        if self._is_closing or self._has_ended or self._unsent:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            pass
        return False

    def hear(self) -> None:
        """Read at once what has come already; in the engine's thread."""
        self._ready(READ)

    def write(self, data: bytes) -> None:
        """Send bytes: as many as can be when all else is done that came of a read, the rest as soon as it can be.

        A client that had them sooner would find the engine's thread still at work, and wait for it to go on.
        """
        if self._is_closing:
            return
        self._unsent += data
        if self._watched & WRITE:
            self._pace()
        elif len(self._unsent) > HIGH_WATER or not self._engine.is_at_work:
            self._send_on()
        elif not self._is_sent_at_last:
            self._is_sent_at_last = True
            self._engine.at_last(self._send_at_last)

    def write_eof(self) -> None:
        """Say that no more will be sent, once all is sent; what comes is still read."""
        self._ends_when_sent = True
        if not self._unsent and not self._is_lost:
            with suppress(OSError):  # a client that has reset the connection leaves nothing to shut down
                self._socket.shutdown(socket.SHUT_WR)

    def pause_reading(self) -> None:
        """Leave what comes to the system."""
        if not self._is_paused:
            self._is_paused = True
            self._watch()

    def resume_reading(self) -> None:
        """Read again."""
        if self._is_paused:
            self._is_paused = False
            self._watch()

    def close(self) -> None:
        """End once all is sent."""
        self._is_closing = True
        if self._unsent:
            self._watch()
        else:
            self.abort()

    def abort(self) -> None:
        """End now, with what was just written sent as far as it can be."""
        if not self._is_lost:
            self._is_lost = self._is_closing = True
            if self._is_sent_at_last:
                with suppress(OSError):
                    self._socket.send(self._unsent)
            self._unsent.clear()
            self._watch()
            self._engine.seat.leave()
            self._socket.close()
            end = self._end
            del self._end  # which holds this line: without that the two are gone at once, and all that they hold
            end.connection_lost()

    def reset(self) -> None:
        """End now, in a way that the other side takes for an accident."""
        with suppress(OSError):  # which it has ended already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.abort()

    def _watch(self) -> None:
        """Let the engine look for what there is to be done."""
        is_reading = not (self._is_paused or self._has_ended or self._is_closing)
        wanted = (READ if is_reading else 0) | (WRITE if self._unsent and not self._is_sent_at_last else 0)
        if wanted == self._watched:
            return
        if wanted:
            self._engine.watch(self._socket, wanted, self._ready)
        else:
            self._engine.unwatch(self._socket)
        self._watched = wanted

    def _ready(self, events: int) -> None:
        """Do what can be done; a failure of whoever is at the end is kept, and ends the line."""
        try:
            # what was true when the engine looked need not be so any more
            if events & READ & self._watched:
                self._read()
            if events & WRITE & self._watched:
                self._send_on()
        except BaseException as failure:  # a failed assertion of the test's runner is no Exception
            self._failures.append(failure)
            self.abort()

    def _read(self) -> None:
        buffer = self._engine.buffer
        try:
            size = self._socket.recv_into(buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        if size:
            self._engine.seat.hear(self._socket)
            self._end.data_received(bytes(buffer[:size]))
            return
        self._has_ended = True
        self._watch()
        if not self._end.eof_received():
            self.close()

    def _send_at_last(self) -> None:
        """Send what was just written."""
        self._is_sent_at_last = False
        if self._unsent:
            self._send_on()
        self._engine.seat.follow()

    def _send_on(self) -> None:
        """Send more of what is unsent."""
        try:
            del self._unsent[: self._socket.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.abort()
            return
        if self._unsent or self._is_choked or self._watched & WRITE:
            self._watch()
            self._pace()
        if not self._unsent:
            if self._is_closing:
                self.abort()
            elif self._ends_when_sent:
                self.write_eof()

    def _pace(self) -> None:
        """Tell whoever writes when the other side does not keep up, and when it has caught up."""
        if not self._is_choked and len(self._unsent) > HIGH_WATER:
            self._is_choked = True
            self._end.pause_writing()
        elif self._is_choked and len(self._unsent) <= LOW_WATER:
            self._is_choked = False
            self._end.resume_writing()

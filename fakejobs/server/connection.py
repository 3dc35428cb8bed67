"""One open connection: requests answered in order, replies that may wait, and every way that it can end."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fakejobs.breaks import Break
from fakejobs.server.http_replies import CONTINUE, Reply, UnsendableReplyError, reply_of
from fakejobs.server.http_requests import HEAD_LIMIT, Request, RequestReader, Unreadable
from fakejobs.server.wsgi_gateway import Passage, base_environ, response_of

if TYPE_CHECKING:
    from fakejobs.server.engine import Alarm, Engine
    from fakejobs.server.line import Transport
    from fakejobs.server.service import Service

LINGER_SECONDS = 2.0
"""How long, in real seconds, a client may go on sending after the last reply that it is to read."""

QUEUE_LIMIT = 1000
"""No more is read while more requests of one connection than this wait for their turn."""

Go = Callable[[], None]
Arrange = Callable[[Go], object]


class Connection:
    """The end of one line, in the server's thread; nothing in it blocks or waits."""

    _transport: Transport
    _passage: Passage

    # what is so with every connection at first costs nothing to say here
    _queued_bytes = 0
    _held: Reply | None = None
    _lingering: Alarm | None = None
    _is_in_app = False
    _is_dropped = False
    _is_choked = False
    _is_silent = False
    _has_peer_ended = False

    def __init__(self, service: Service, engine: Engine) -> None:
        self._service = service
        self._engine = engine
        self._reader = RequestReader(service.max_body)
        self._queue: deque[Request | Unreadable] = deque()

    def connection_made(self, transport: Transport, peer: tuple[str, int]) -> None:
        """Take what carries the bytes, and the client's address."""
        service = self._service
        self._transport = transport
        service.connections.add(self)
        service.connections_made += 1
        base = base_environ(scheme=service.scheme, server=service.address, client=peer[:2])
        base["fakejobs.connection"] = service.connections_made
        self._passage = Passage(base)

    def connection_lost(self) -> None:
        """Forget everything: nobody is there to be answered."""
        self._service.connections.discard(self)
        self._reader.close()
        self._forget()
        if self._lingering is not None:
            self._lingering.cancel()

    def drop(self) -> None:
        """End now, without a word; the request whose app call asks for it still gets its own reply."""
        self._is_dropped = True
        if self._is_in_app:
            self._forget()
        else:
            self._transport.abort()

    def is_idle(self) -> bool:
        """Whether nothing of a request is there, read or unread, nor of a reply."""
        is_read = not (self._queue or self._reader.is_amid_request)
        is_answered = not (self._is_in_app or self._is_waiting())
        return is_read and is_answered and self._transport.is_idle()

    def _forget(self) -> None:
        """Let go of the reply that waits and of the requests behind it."""
        self._held = None
        self._queue.clear()
        self._queued_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Read what came, and answer what is complete."""
        if self._lingering is not None:
            return
        for read in self._reader.feed(data):
            self._queue.append(read)
            self._queued_bytes += read.size
        self._advance()

    def eof_received(self) -> bool:
        """The client sends no more; what it has asked is still answered, unless it never is; TLS does not allow it."""
        self._has_peer_ended = True
        is_owed = not self._is_silent and (self._held is not None or bool(self._queue))
        return is_owed and self._service.scheme == "http"

    def pause_writing(self) -> None:
        """The client does not read: its next request waits until it does."""
        self._is_choked = True

    def resume_writing(self) -> None:
        """The client reads again."""
        self._is_choked = False
        self._advance()

    def _is_waiting(self) -> bool:
        """Whether the next request must not be answered yet, or never."""
        return self._held is not None or self._is_choked or self._is_leaving()

    def _is_leaving(self) -> bool:
        """Whether the last reply of this connection is out."""
        return self._lingering is not None or self._transport.is_closing()

    def _is_flooded(self) -> bool:
        """Whether more requests wait than need be kept: small ones take more room than their bytes."""
        return self._queued_bytes > self._service.max_body + HEAD_LIMIT or len(self._queue) > QUEUE_LIMIT

    def _advance(self) -> None:
        """Answer the requests that may be answered now, then see to what the connection needs next."""
        while self._queue and not self._is_waiting():
            read = self._queue.popleft()
            self._queued_bytes -= read.size
            if isinstance(read, Request):
                self._answer(read)
            else:
                self._send(_plain(read.status, f"This is no request that can be read: {read.reason}."))
        if self._is_leaving():
            return
        if self._queue and self._is_flooded():
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
        if self._held is None and not self._queue:
            if self._has_peer_ended:
                self._transport.close()
            elif self._reader.wants_continue:
                self._reader.wants_continue = False
                self._transport.write(CONTINUE)

    def _answer(self, request: Request) -> None:
        """Call the app, then send its reply, or hold it if the app has asked for that."""
        arrangements: list[Arrange] = []
        breaks: list[Break] = []
        environ: dict[str, Any] = {}
        self._is_in_app = True
        try:
            response = self._passage.again(request)
            if response is None:
                environ = self._passage.environ_of(request)
                environ["fakejobs.defer"] = arrangements.append
                environ["fakejobs.break"] = breaks.append
                response = response_of(self._service.app, environ)
            status, headers, body = response
            keeps_alive = request.keeps_alive and not self._is_dropped
            reply = reply_of(status, headers, body, method=request.method, keeps_alive=keeps_alive)
            if breaks:
                reply = reply._replace(broken=breaks[-1], after=environ["fakejobs.after"])
            if arrangements:
                self._held = reply
                self._engine.seat.rise()
                arrangements[-1](self._go(reply))
                return
        except BaseException as failure:  # a failed assertion of the test's runner is no Exception
            self._held = None
            if isinstance(failure, UnsendableReplyError):
                sys.stderr.write(f"fakejobs: {request.method} {request.target}: {failure}\n")
            self._service.failures.append(failure)
            reply = self._failed(request, failure)
        finally:
            self._is_in_app = False
        self._send(reply)

    def _failed(self, request: Request, failure: BaseException) -> Reply:
        """Return the reply that names the app's failure."""
        return _plain(
            "500 Internal Server Error",
            f"The app failed at {request.method} {request.target}: {failure!r}",
            method=request.method,
            keeps_alive=request.keeps_alive and not self._is_dropped,
        )

    def _go(self, reply: Reply) -> Go:
        """Return the callable that lets ``reply`` go, from any thread and at any time; once is enough."""

        def go() -> None:
            self._engine.soon(lambda: self._release(reply))

        return go

    def _release(self, reply: Reply) -> None:
        """Send the reply if it is still the one that waits."""
        if self._held is not reply:
            return
        self._held = None
        try:
            self._send(reply)
            self._advance()
        except BaseException as failure:  # likewise, of a request behind it
            self._service.failures.append(failure)
            self._transport.abort()

    def _send(self, reply: Reply) -> None:
        """Send a reply by one write: the only place where replies leave, but for those under which it breaks."""
        if reply.broken is not None:
            self._break(reply, reply.broken)
            return
        self._transport.write(reply.payload)
        if reply.closes:
            self._leave()

    def _break(self, reply: Reply, broken: Break) -> None:
        """Send what goes out of a reply, and let befall the connection what is to befall it."""
        head, mark, body = reply.payload.partition(b"\r\n\r\n")
        sent = broken.undisturbed(head + mark, body)
        self._transport.write(sent)
        if broken.kind == "reset":
            self._transport.reset()
        elif broken.kind == "close":
            self._forget()
            self._transport.close()
        else:
            self._held = reply  # which keeps those behind it waiting: for ever, unless the rest comes
            self._is_silent = broken.kind == "never"
            if not self._is_silent:
                self._let_drip(reply, broken, len(sent))
            elif self._has_peer_ended:
                self._transport.close()

    def _let_drip(self, reply: Reply, broken: Break, sent: int) -> None:
        """Have the next byte of a reply sent in its time."""

        def go() -> None:
            self._engine.soon(lambda: self._drip(reply, broken, sent))

        if broken.every and reply.after is not None and sent < len(reply.payload):
            self._engine.seat.rise()
            reply.after(broken.every, go)
        else:
            go()

    def _drip(self, reply: Reply, broken: Break, sent: int) -> None:
        """Send the next byte of a reply, unless nobody waits for it, and let the rest follow."""
        if self._held is not reply:
            return
        if sent < len(reply.payload):
            self._transport.write(reply.payload[sent : sent + 1])
            self._let_drip(reply, broken, sent + 1)
            return
        self._held = None
        if reply.closes:
            self._leave()
        self._advance()

    def _leave(self) -> None:
        """Close after the last reply; while a client may still be sending, read on for a while.

        A socket that is closed with bytes unread is reset, and the client loses the reply that it was sent.
        """
        self._forget()
        if self._transport.is_closing() or not self._reader.is_amid_request:
            self._transport.close()
            return
        self._lingering = self._engine.later(LINGER_SECONDS, self._transport.abort)
        self._transport.resume_reading()
        self._transport.write_eof()


def _plain(status: str, text: str, *, method: str = "GET", keeps_alive: bool = False) -> Reply:
    """Return a reply of plain text in the server's own words."""
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    body = f"{text}\n".encode("utf-8", "backslashreplace")
    return reply_of(status, headers, body, method=method, keeps_alive=keeps_alive)

"""requests without a socket: an adapter that has the fake answer, and leaves the rest to urllib3."""

from __future__ import annotations

import io
import re
from copy import copy
from email.utils import mktime_tz, parsedate_tz
from functools import partial
from math import ceil
from typing import Any, Self, cast
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

from fakejobs.clock import Clock
from fakejobs.transports.peer import PORTS, Answer, Fake, Peer, carried_out
from fakejobs.transports.wire import Wire

BUFFER_SIZE = 64 * 1024

_CHARACTERS = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*"
_PLAIN_TARGET = re.compile(rf"/{_CHARACTERS}(?:\?(?:{_CHARACTERS}|\?)*)?")
"""The targets that urllib3 sends as they are."""

_PLAIN_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_FILLED_IN = frozenset(("user-agent", "accept-encoding"))
"""What urllib3 and http.client add where it is missing."""


class RequestsAdapter(HTTPAdapter):
    """What a session of requests mounts to reach a fake without a socket, in the calling thread.

    ``session.mount("http://fake", RequestsAdapter(fake))``: any prefix will do, ``https://`` too; what stands in the
    request's own URL is the base of the links in replies. The options are those of requests' HTTPAdapter; proxies are
    passed over. The retries of ``max_retries`` wait on the test's clock, and so do replies: one that takes longer than
    the read timeout raises ReadTimeout at once, with the clock moved by the timeout. `UsageError` once the fake is
    closed, and for a reply that never comes to a client that has no timeout.
    """

    def __init__(self, fake: Fake, **options: Any) -> None:
        self._peer = Peer(fake)
        super().__init__(**options)
        self.max_retries = _on_clock(self.max_retries, fake.clock)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make urllib3's manager of connections, whose connections are in memory."""
        super().init_poolmanager(*arguments, **options)
        pools = {"http": partial(_Pool, self._peer), "https": partial(_TlsPool, self._peer)}
        self.poolmanager.pool_classes_by_scheme = cast(Any, pools)

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as requests has it
        timeout: Any = None,
        verify: Any = True,  # noqa: FBT002 - as requests has it
        cert: Any = None,
        proxies: Any = None,  # noqa: ARG002 - there is no way that a proxy could be on
    ) -> Response:
        """Send a request and return its response.

        What is plain is answered at once; whatever waits, breaks, is to be retried or is written in an unusual way goes
        through urllib3, which makes of it what it would make of the like on a socket.
        """
        answer = None
        reads_no_file = isinstance(verify, bool) or cast(str, request.url).startswith("http:")
        if reads_no_file and cert is None and _is_plain_timeout(timeout):
            answer = self._exchange(request)
        if answer is not None and answer.is_plain:
            response = self._response(request, answer)
            if response is not None:
                return response
        with carried_out(answer):
            return super().send(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=None)

    def _exchange(self, request: PreparedRequest) -> Answer | None:
        """Have the fake answer a request that http.client would write in no other way; else None, and nothing done."""
        url, target, body = urlsplit(cast(str, request.url)), request.path_url, request.body or b""
        host, fields = url.hostname or "", list(request.headers.lower_items())
        names = {name for name, _ in fields}
        if isinstance(body, str):
            body = body.encode()
        if (
            url.scheme not in PORTS
            or not isinstance(body, bytes)
            or _PLAIN_TARGET.fullmatch(target) is None
            or _PLAIN_HOST.fullmatch(host) is None
            or not names >= _FILLED_IN
            or not ("content-length" in names or (not body and request.method in ("GET", "HEAD")))
        ):
            return None
        if "host" not in names:
            port = "" if url.port in (None, PORTS[url.scheme]) else f":{url.port}"
            fields.insert(0, ("host", host + port))
        return self._peer.exchange(cast(str, request.method), target, fields, body, url.scheme)

    def _response(self, request: PreparedRequest, answer: Answer) -> Response | None:
        """Return a plain answer as a response; None if it is to be retried, or cookies come with it."""
        status, reason, fields = answer.parts()
        headers = HTTPHeaderDict([(name.decode(), value.decode()) for name, value in fields])
        retries, method = self.max_retries, cast(str, request.method)
        if retries.is_retry(method, status, bool(headers.get("Retry-After"))) or "Set-Cookie" in headers:
            return None
        raw = HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=headers,
            status=status,
            version=11,
            reason=reason.decode(),
            preload_content=False,
            decode_content=False,
            retries=retries,
            request_method=method,
            request_url=request.path_url,
        )
        raw.version_string = "HTTP/1.1"
        return self.build_response(request, raw)


def _is_plain_timeout(timeout: Any) -> bool:
    """Whether a timeout is one that a reply which comes at once has nothing to do with."""
    times = timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout,)
    return all(each is None or (type(each) in (int, float) and each > 0) for each in times)


# ---------------------------------------------------------------------- urllib3's own way


class _Socket:
    """What http.client takes for a socket; ``makefile`` gives what it reads from."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.timeout: float | None = None

    def settimeout(self, timeout: float | None) -> None:
        """Note how long to wait for what is read."""
        self.timeout = timeout

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self.wire.send(bytes(data))

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Return a file of what comes."""
        return io.BufferedReader(_Intake(self), BUFFER_SIZE)

    def close(self) -> None:
        """Do nothing: what comes late goes nowhere."""


class _Intake(io.RawIOBase):
    """The reading side of such a socket."""

    def __init__(self, of: _Socket) -> None:
        self._socket = of

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer with what comes next, and return how much it is."""
        data = self._socket.wire.receive(len(buffer), self._socket.timeout)
        buffer[: len(data)] = data
        return len(data)


class _Connection(HTTPConnection):
    """A connection whose socket is a wire to a peer."""

    def __init__(self, peer: Peer, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._peer = peer

    def connect(self) -> None:
        """Make the wire."""
        scheme = "https" if isinstance(self, HTTPSConnection) else "http"
        self.sock = cast(Any, _Socket(Wire(self._peer, scheme)))
        self.is_verified = True

    @property
    def is_connected(self) -> bool:
        """Whether a next request may be sent."""
        return self.sock is not None and not cast(_Socket, self.sock).wire.has_ended


class _TlsConnection(_Connection, HTTPSConnection):
    """The same for https, which needs no certificates here."""


class _Pool(HTTPConnectionPool):
    """The connections to one host."""

    def __init__(self, peer: Peer, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ConnectionCls = cast(Any, partial(_Connection, peer))


class _TlsPool(HTTPSConnectionPool):
    """The same for https."""

    def __init__(self, peer: Peer, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ConnectionCls = cast(Any, partial(_TlsConnection, peer))


# ---------------------------------------------------------------------- retries


class _RetryOnClock(Retry):
    """Retries whose waiting is the test's; instants in Retry-After are its clock's."""

    clock: Clock

    def new(self, **changes: Any) -> Self:
        """Return the same retries with changes."""
        changed = super().new(**changes)
        changed.clock = self.clock
        return changed

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that a Retry-After asks for."""
        date = parsedate_tz(retry_after)
        if date is not None:
            retry_after = str(max(0, ceil(mktime_tz(date) - self.clock.time())))
        return super().parse_retry_after(retry_after)

    def sleep_for_retry(self, response: Any) -> bool:
        """Sleep as long as a response asks for, and return whether it asked for any."""
        seconds = self.get_retry_after(response)
        if seconds:
            self.clock.sleep(seconds)
        return bool(seconds)

    def _sleep_backoff(self) -> None:
        """Sleep until the next attempt."""
        self.clock.sleep(self.get_backoff_time())


def _on_clock(retries: Retry, clock: Clock) -> Retry:
    """Return the same retries, waiting on a clock; what a kind of one's own does differently goes before."""
    kind, moved = type(retries), copy(retries)
    moved.__class__ = _RetryOnClock if kind is Retry else type(kind.__name__, (kind, _RetryOnClock), {})
    cast(_RetryOnClock, moved).clock = clock
    return moved

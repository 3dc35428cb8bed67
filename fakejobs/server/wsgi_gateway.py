"""The passage between a request and a WSGI application: its environ in, its whole response out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from fakejobs.server.http_requests import Request

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

Headers = list[tuple[str, str]]

Response = tuple[str, Sequence[tuple[str, str]], bytes]
"""Status, headers and body, whole."""

Again = Callable[[], Response | None]


def base_environ(*, scheme: str, server: tuple[str, int], client: tuple[str, int]) -> dict[str, Any]:
    """Return the part of the environ that all requests of one connection have in common."""
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "SERVER_SOFTWARE": "fakejobs",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": client[1],
        "SCRIPT_NAME": "",
    }


def environ_of(request: Request, base: dict[str, Any]) -> dict[str, Any]:
    """Return the complete environ (PEP 3333) of ``request`` on the connection that ``base`` describes.

    ``fakejobs.body_refused`` says whether the body was too long to be taken, and ``fakejobs.headers`` has the headers
    by their lower-case names. Fields with ``_`` in their name are left out, as they could pass for others.
    """
    host, path, query = _parts_of(request.target)
    headers: dict[str, str] = {}
    environ = {
        **renewed(base, request),
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path,
        "QUERY_STRING": query,
        "REQUEST_URI": request.target,
        "RAW_URI": request.target,
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "fakejobs.body_refused": request.is_body_refused,
        "fakejobs.headers": headers,
    }
    for name, value in request.headers:
        key, lowered = _keys_of(name)
        if lowered in headers and key.startswith("HTTP_"):
            joint = "; " if key == "HTTP_COOKIE" else ","
            value = f"{headers[lowered]}{joint}{value}"  # noqa: PLW2901 - it is the rest of the same field
        if key:
            environ[key] = headers[lowered] = value
    if not headers.get("content-type", "x"):  # in an environ it is the same as none
        del headers["content-type"]
    if host:
        environ["HTTP_HOST"] = headers["host"] = host
    return environ


def renewed(environ: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return an environ like another, with the streams that a request has for itself."""
    # looked up at each request, since whoever captures output puts another stream there
    return {**environ, "wsgi.errors": sys.stderr, "wsgi.input": BytesIO(request.body)}


@lru_cache(maxsize=256)
def _keys_of(name: str) -> tuple[str, str]:
    """Return the key of the environ under which a header's value stands, "" for none, and its lower-case name."""
    if "_" in name:
        return "", ""
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", name.lower()


def _parts_of(target: str) -> tuple[str, str, str]:
    """Return the host (empty unless the target is a whole URL), the path and the query of a raw target."""
    host = ""
    target, _, _ = target.partition("#")
    path, _, query = target.partition("?")
    if not path.startswith("/") and "://" in path:
        host, _, rest = path.partition("://")[2].partition("/")
        path = f"/{rest}"
    return host, path, query


class Passage:
    """The way of one connection's requests to the app; the last of them is known again when it comes once more.

    ``base`` is the part of the environ that all of them have in common. In ``fakejobs.same`` the app keeps what follows
    from such a request alone. What it puts there as ``again`` is called the next time in place of the app, and returns
    status, headers and body, or None where the app itself is to be called.
    """

    __slots__ = ("_base", "_environ", "_last", "_same")

    def __init__(self, base: dict[str, Any]) -> None:
        self._base = base
        self._last: Request | None = None
        self._environ: dict[str, Any] = {}
        self._same: dict[str, Any] = {}

    def again(self, request: Request) -> Response | None:
        """Return what the app says to a request that comes again without its environ, if it does."""
        again: Again | None = self._same.get("again") if request is self._last else None
        return None if again is None else again()

    def environ_of(self, request: Request) -> dict[str, Any]:
        """Return the environ of a request; that of one which comes again is known but for what is used up."""
        if request is not self._last:
            self._last, self._environ, self._same = request, environ_of(request, self._base), {}
            self._environ["fakejobs.same"] = self._same
        return renewed(self._environ, request)


class _Start:
    """What the app says by ``start_response``, and what it writes by the callable that this returns."""

    def __init__(self) -> None:
        self.status: str | None = None
        self.headers: Headers = []
        self.written: list[bytes] = []

    def __call__(self, status: str, headers: Headers, exc_info: object = None, /) -> Callable[[bytes], object]:
        """Take status and headers; a second time only with ``exc_info``, to put an error in their place."""
        if self.status is not None and exc_info is None:
            raise AssertionError("start_response was called twice, the second time without exc_info")
        self.status, self.headers = status, headers
        return self.written.append


def response_of(app: WSGIApplication, environ: dict[str, Any]) -> Response:
    """Call ``app`` and return its status, headers and whole body; its iterable is closed whatever happens."""
    start = _Start()
    pieces: Iterable[bytes] = app(environ, start)
    try:
        body = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    if start.status is None:
        raise AssertionError("the app returned without a call of start_response")
    return start.status, start.headers, b"".join([*start.written, body])

"""The sockets of a fake: one for HTTP, one for HTTPS, each opened when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING

from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from fakejobs.certificates import Certificates
    from fakejobs.server import Server
    from fakejobs.server.engine import Engine


class Listeners:
    """Where ``app`` is served: ``port`` is that of HTTP, ``engine`` the thread for both, if there is one to share.

    Threads that ask for a socket at the same time get the same one.
    """

    def __init__(self, app: WSGIApplication, port: int, engine: Callable[[], Engine] | None) -> None:
        self._app = app
        self._port = port
        self._engine = engine
        self._plain: Server | None = None
        self._secure: Server | None = None
        self._certificates: Certificates | None = None
        self._changing = RLock()
        self.is_closed = False

    @property
    def base(self) -> str:
        """The root of the app as it is seen now, without a port as long as no socket is open."""
        there = self._plain or self._secure
        return "http://127.0.0.1" if there is None else there.url

    @property
    def url(self) -> str:
        """The root of the app over HTTP."""
        there = self._plain
        if there is None:
            with self._changing:
                there = self._plain = self._plain or self._opened(None, self._port)
        return there.url

    @property
    def tls_url(self) -> str:
        """The root of the app over HTTPS."""
        there = self._secure
        if there is None:
            with self._changing:
                there = self._secure = self._secure or self._opened(self._certified(), 0)
        return there.url

    @property
    def ca_bundle(self) -> str:
        """The file by which clients come to trust the HTTPS server."""
        with self._changing:
            return str(self._certified().bundle)

    def complain_if_closed(self) -> None:
        """Raise `UsageError` once it is closed."""
        if self.is_closed:
            raise UsageError("the fake is closed: its socket went with it")

    def drop_connections(self) -> None:
        """Close every connection on which anything is under way."""
        for server in self._servers():
            server.drop_connections()

    def close(self) -> None:
        """Close the sockets, and leave nothing."""
        with self._changing:
            servers, certificates = self._servers(), self._certificates
            self._plain = self._secure = self._certificates = None
            self.is_closed = True
        # outside: a server waits for the app call that is under way, which may ask for an address
        for server in servers:
            server.stop()
        if certificates is not None:
            certificates.close()

    def _servers(self) -> list[Server]:
        return [server for server in (self._plain, self._secure) if server is not None]

    def _certified(self) -> Certificates:
        self.complain_if_closed()
        if self._certificates is None:
            from fakejobs.certificates import Certificates  # noqa: PLC0415 - few tests need them

            self._certificates = Certificates()
        return self._certificates

    def _opened(self, certificates: Certificates | None, port: int) -> Server:
        self.complain_if_closed()
        from fakejobs.server import Server  # noqa: PLC0415 - a test that never asks for it needs no socket

        context = None if certificates is None else certificates.context
        server = Server(self._app, port=port, ssl_context=context, engine=self._engine() if self._engine else None)
        server.start()
        return server

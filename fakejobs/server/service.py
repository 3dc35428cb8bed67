"""What the connections of one server share: the app, its limits, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from fakejobs.server.connection import Connection


class Service:
    """What the connections of one server share; only the server's thread touches it while that runs."""

    def __init__(self, app: WSGIApplication, *, max_body: int, scheme: str) -> None:
        self.app = app
        self.max_body = max_body
        self.scheme = scheme
        self.address = ("", 0)
        self.failures: list[BaseException] = []
        self.connections: set[Connection] = set()
        self.connections_made = 0

    def drop_connections(self, *, keeps_idle: bool = False) -> None:
        """End every connection, but for those that are idle where these are kept."""
        for connection in tuple(self.connections):
            if not (keeps_idle and connection.is_idle()):
                connection.drop()

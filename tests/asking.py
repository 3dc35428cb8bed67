"""Asking a fake over its socket with nothing but the standard library: one connection a request."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

from fakejobs import FakeJobs


class Answer:
    """A reply as it came over the wire."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<{self.status} {self.body!r}>"

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def without_date(self) -> tuple[int, list[tuple[str, str]], bytes]:
        return self.status, [pair for pair in self.headers if pair[0] != "Date"], self.body


def ask(fake: FakeJobs, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    host = fake.url.removeprefix("http://")
    connection = HTTPConnection(host, timeout=10)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        reply = connection.getresponse()
        return Answer(reply.status, reply.getheaders(), reply.read())
    finally:
        connection.close()

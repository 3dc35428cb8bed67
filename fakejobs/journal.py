"""The journal: every exchange in order, and every move of the clock between them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs

from fakejobs.clock import Move, datetime_of
from fakejobs.commands import Json

Headers = tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """A request as it came: ``target`` is the path with its query string, undecoded."""

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query string."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """Each query parameter's values, decoded."""
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        return _header(self.headers, name)

    def json(self) -> Json:
        """Return the body, parsed; ValueError if it is not JSON."""
        return json.loads(self.body)


class Response(NamedTuple):
    """A response as it was sent."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        return _header(self.headers, name)

    def json(self) -> Json:
        """Return the body, parsed; ValueError if it is not JSON."""
        return json.loads(self.body)


def _header(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


class Entry(NamedTuple):
    """One exchange.

    ``asked`` and ``answered`` are instants in microseconds, ``tenant`` and ``app`` who asked (None: nobody known),
    ``job`` the id that was asked for or made, ``state`` and ``step`` what it was in, ``reason`` why the reply is what
    it is where that is not plain. ``unexpected`` says that the fake did not know the request, ``late`` that the test
    was over.
    """

    asked: int
    answered: int
    request: Request
    response: Response
    dialect: str | None = None
    operation: str | None = None
    tenant: str | None = None
    app: str | None = None
    credential: str = ""
    job: str | None = None
    state: str | None = None
    step: int | None = None
    reason: str = ""
    unexpected: bool = False
    late: bool = False
    connection: int | None = None

    @property
    def at(self) -> datetime:
        """When it was asked, on the test's clock."""
        return datetime_of(self.asked)


class Delivery(NamedTuple):
    """A callback: how the end of a job was told to whom its creator named.

    ``sent`` is the instant, ``status`` what was answered, or None where nothing was; ``reason`` says why it counts as
    failed, or was not sent at all.
    """

    sent: int
    tenant: str
    app: str | None
    job: str
    request: Request
    status: int | None = None
    reason: str = ""
    is_refused: bool = False

    @property
    def at(self) -> datetime:
        """When it was sent, on the test's clock."""
        return datetime_of(self.sent)


Record = Entry | Move | Delivery
"""What a journal holds."""


class Journal:
    """What has happened, in order; written under the world's lock."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.is_over = False

    @property
    def entries(self) -> list[Entry]:
        """The exchanges alone."""
        return [record for record in self.records if isinstance(record, Entry)]

    @property
    def deliveries(self) -> list[Delivery]:
        """The callbacks alone."""
        return [record for record in self.records if isinstance(record, Delivery)]

    def tell(self, delivery: Delivery) -> None:
        """Add a callback."""
        self.records.append(delivery)

    def write(self, entry: Entry) -> None:
        """Add an exchange; after the test is over it is marked as late."""
        self.records.append(entry._replace(late=True) if self.is_over else entry)

    def moved(self, move: Move) -> None:
        """Add a move of the clock; moves that nothing comes between are one."""
        last = self.records[-1] if self.records else None
        if isinstance(last, Move) and last.why == move.why and last.after == move.before:
            self.records[-1] = last._replace(after=move.after)
        else:
            self.records.append(move)

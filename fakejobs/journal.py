"""The journal: every exchange in order, and every move of the clock between them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs

from fakejobs.clock import Move, datetime_of
from fakejobs.commands import Json

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
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


class Journal:
    """What has happened, in order; written under the world's lock."""

    def __init__(self) -> None:
        self.records: list[Entry | Move] = []
        self.is_over = False

    @property
    def entries(self) -> list[Entry]:
        """The exchanges alone."""
        return [record for record in self.records if isinstance(record, Entry)]

    def write(self, entry: Entry) -> None:
        """Add an exchange; after the test is over it is marked as late."""
        self.records.append(replace(entry, late=True) if self.is_over else entry)

    def moved(self, move: Move) -> None:
        """Add a move of the clock; moves that nothing comes between are one."""
        last = self.records[-1] if self.records else None
        if isinstance(last, Move) and last.why == move.why and last.after == move.before:
            self.records[-1] = replace(last, after=move.after)
        else:
            self.records.append(move)

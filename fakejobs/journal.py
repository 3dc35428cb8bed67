"""The journal: every exchange in order, and every move of the clock between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs

from fakejobs.clock import Move, datetime_of
from fakejobs.commands import Json
from fakejobs.keeping import Back

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
    was over; ``faulted`` that a fault answered it or changed its reply, ``broken`` that the connection broke before the
    client had all of the reply, ``hidden`` that the job is there, but was out of view.
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
    faulted: bool = False
    broken: bool = False
    hidden: bool = False

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


_EARLY = 64
"""What began first is among so many records, though one may be written a little before another that began earlier."""


class Journal:
    """What has happened, in order; written under the world's lock."""

    def __init__(self, strays: list[Entry | Delivery] | None = None) -> None:
        self.records: list[Record] = []
        self.is_over = False
        self.strays = [] if strays is None else strays
        """What a test answers for: unexpected requests, callbacks refused. No going back takes anything from it."""
        self.strays_before = len(self.strays)
        """So many of them came before this journal began."""

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
        if delivery.is_refused:
            self.strays.append(delivery)

    def write(self, entry: Entry) -> None:
        """Add an exchange; after the test is over it is marked as late."""
        entry = entry._replace(late=True) if self.is_over else entry
        self.records.append(entry)
        if entry.unexpected:
            self.strays.append(entry)

    def keep(self) -> Back:
        """Return what ends it where it ends now; that a test is over stays so."""
        records = tuple(self.records)

        def back() -> None:
            self.records = list(records)

        return back

    def start(self, now: int) -> int:
        """Return the instant from which its timeline counts, without going through all of it."""
        return first_instant(self.records[:_EARLY], now)

    def moved(self, move: Move) -> None:
        """Add a move of the clock; moves that nothing comes between are one."""
        last = self.records[-1] if self.records else None
        if isinstance(last, Move) and last.why == move.why and last.after == move.before:
            self.records[-1] = Move(last.before, move.after, last.why)
        else:
            self.records.append(move)


def first_instant(records: Sequence[Record], now: int) -> int:
    """Return the instant from which a timeline of these records counts: the first of them, or now."""
    return min((_begin(record) for record in records), default=now)


def last_instant(records: Sequence[Record], now: int) -> int:
    """Return the instant at which these records end, or now if that is later."""
    return max([now, *(_end(record) for record in records[-_EARLY:])])


def _begin(record: Record) -> int:
    if isinstance(record, Delivery):
        return record.sent
    return record.before if isinstance(record, Move) else record.asked


def _end(record: Record) -> int:
    if isinstance(record, Delivery):
        return record.sent
    return record.after if isinstance(record, Move) else record.asked

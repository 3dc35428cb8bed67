"""What clients did with one job, as values: which exchanges were polls of it, whose, and what the replies showed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fakejobs.clock import span_text
from fakejobs.commands import Json
from fakejobs.dialect.model import Dialect, State
from fakejobs.documents.spelling import shortened
from fakejobs.journal import Entry, first_instant
from fakejobs.lifecycle import TERMINAL
from fakejobs.population import Job
from fakejobs.structs import replace, struct
from fakejobs.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who polls: a tenant or its app, by the name of the credential's kind, and what else tells pollers apart."""

    tenant: str | None
    app: str | None
    credential: str
    connection: int | None = None
    headers: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        name = self.tenant or "somebody unknown"
        parts = [f"{name}/{self.app}" if self.app else name]
        if self.credential:
            parts.append(f"({self.credential})")
        if self.connection is not None:
            parts.append(f"on connection {self.connection}")
        parts.extend(f"with {key}: {'nothing' if value is None else shortened(value)}" for key, value in self.headers)
        return " ".join(parts)


@struct
class Exchange:
    """An exchange about the job: its number in the journal, who asked, and their how many-th poll it is.

    ``nth`` is 0 for the exchange that made the job.
    """

    number: int
    entry: Entry
    observer: Observer
    nth: int = 0

    def __str__(self) -> str:
        return f"poll {self.nth}" if self.nth else "the request that made the job"


@struct
class Record:
    """All that was done with one job up to now, or a part of it.

    ``makings`` are the exchanges that made the job, ``polls`` the looks at it by its id, both in the order of the
    journal; ``start`` is the instant at which the timeline begins, ``since`` the one from which polls are judged;
    ``narrowed_to`` says of a part what it is the part of, ``known`` who there is to be the observer: the names of
    tenants, apps and kinds of credentials.
    """

    id: str
    dialect: Dialect
    makings: tuple[Exchange, ...]
    polls: tuple[Exchange, ...]
    start: int
    since: int
    known: Mapping[str, tuple[str, ...]]
    narrowed_to: str = ""

    @property
    def observers(self) -> tuple[Observer, ...]:
        """Who polled, or made the job, in the order of their first polls."""
        return tuple(dict.fromkeys(each.observer for each in (*self.polls, *self.makings)))

    @property
    def judged(self) -> tuple[Exchange, ...]:
        """The polls that are judged, in order."""
        return tuple(poll for poll in self.polls if poll.entry.asked >= self.since)

    def tracks(self) -> list[tuple[Exchange, ...]]:
        """Return the polls that are judged, of each observer apart."""
        tracks: dict[Observer, list[Exchange]] = {}
        for poll in self.judged:
            tracks.setdefault(poll.observer, []).append(poll)
        return [tuple(track) for track in tracks.values()]

    def at(self, instant: int) -> str:
        """Return an instant as the timeline tells it: how long after its beginning."""
        return "+" + span_text(instant - self.start)

    def narrowed(self, fits: Callable[[Exchange], bool], to: str) -> Record:
        """Return the record of those exchanges alone that fit; ``to`` says in words which."""
        makings, polls = ([each for each in row if fits(each)] for row in (self.makings, self.polls))
        return replace(self, makings=tuple(makings), polls=tuple(polls), narrowed_to=to)

    def split(self, told_apart: Callable[[Exchange], Observer]) -> Record:
        """Return the record with its observers told apart in another way, and their polls counted anew."""
        makings, polls = ([(each.number, each.entry, told_apart(each)) for each in row] for row in self._rows())
        return replace(self, makings=_of_observers(makings, counts=False), polls=_of_observers(polls, counts=True))

    def _rows(self) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
        return self.makings, self.polls


def record_of(world: World, job: Job, now: int) -> Record:
    """Return what was done with a job up to now."""
    with world.lock:
        entries = list(enumerate(world.journal.entries))
        start = first_instant(world.journal.records, now)
        directory = world.directory(job.dialect.name)
    tenants = tuple(directory.tenants)
    makings = [(number, entry, _observer(entry)) for number, entry in entries if made(job, entry)]
    polls = [(number, entry, _observer(entry)) for number, entry in entries if is_poll(job, entry)]
    return Record(
        id=job.id,
        dialect=job.dialect,
        makings=_of_observers(makings, counts=False),
        polls=_of_observers(polls, counts=True),
        start=start,
        since=job.created,
        known={
            "tenant": tenants,
            "app": tuple(app for tenant in tenants for app in directory.apps(tenant)),
            "credential": tuple(each.name for each in job.dialect.credentials),
        },
    )


def _observer(entry: Entry) -> Observer:
    return Observer(tenant=entry.tenant, app=entry.app, credential=entry.credential)


def _of_observers(rows: Iterable[tuple[int, Entry, Observer]], *, counts: bool) -> tuple[Exchange, ...]:
    """Return exchanges; of polls it is counted how many each observer has made by then."""
    made: dict[Observer, int] = {}
    exchanges = []
    for number, entry, observer in rows:
        made[observer] = nth = made.get(observer, 0) + counts
        exchanges.append(Exchange(number=number, entry=entry, observer=observer, nth=nth))
    return tuple(exchanges)


# ---------------------------------------------------------------------- which exchanges


def is_poll(job: Job, entry: Entry) -> bool:
    """Say whether an exchange is a look at the job that is counted: by its id, by somebody who may see it.

    One that a fault answered counts, and so does one that came when the job had expired, or is not shown yet; one that
    was refused does not.
    """
    if entry.job != job.id or entry.dialect != job.dialect.name or entry.asked < job.created:
        return False
    routes = (route for route in job.dialect.routes if route.operation == entry.operation)
    if entry.request.method == "HEAD" or not any(route.do == "look" and route.counts for route in routes):
        return False
    found = entry.state is not None or entry.hidden
    if entry.tenant is None:
        return found
    return _may_see(job, entry) and (found or entry.faulted)


def made(job: Job, entry: Entry) -> bool:
    """Say whether an exchange is the one by which a client made the job."""
    routes = (route for route in job.dialect.routes if route.operation == entry.operation)
    return (
        entry.job == job.id
        and entry.dialect == job.dialect.name
        and entry.tenant == job.tenant
        and any(route.do == "create" for route in routes)
    )


def _may_see(job: Job, entry: Entry) -> bool:
    sees_tenant = any(each.name == entry.credential and each.sees_tenant for each in job.dialect.credentials)
    return entry.tenant == job.tenant and (sees_tenant or entry.app == job.app)


# ---------------------------------------------------------------------- what a reply showed


def is_sighting(dialect: Dialect, entry: Entry) -> bool:
    """Say whether a reply with a 2xx status, of which the client got all, showed the job, in whatever state."""
    if entry.broken or not 200 <= entry.response.status < 300:
        return False
    word_at = dialect.job_document.word_at
    if word_at is None:
        return entry.state is not None and not entry.faulted
    return bool(_documents(word_at, entry.response.body))


def state_shown(dialect: Dialect, entry: Entry) -> State | None:
    """Return the state in which a reply showed the job, as its reader sees it; None if it showed none that is known.

    A fault may have put something else in its place, and a scenario may lay another word over it.
    """
    if not is_sighting(dialect, entry):
        return None
    word_at = dialect.job_document.word_at
    if word_at is None:
        return dialect.states[entry.state or ""]
    known = (dialect.recognised(document) for document in _documents(word_at, entry.response.body))
    return next((state for state in known if state is not None), None)


def shows_end(dialect: Dialect, entry: Entry) -> bool:
    """Say whether a reply showed the job in a terminal state."""
    state = state_shown(dialect, entry)
    return state is not None and state.phase in TERMINAL


@lru_cache(maxsize=64)  # polls get the same reply again and again
def _documents(word_at: str, body: bytes) -> Sequence[Json]:
    """Return what in a reply may be the job's document, the outermost first: objects that hold a word for its state."""
    try:
        values = [json.loads(body)]
    except (ValueError, RecursionError):
        return ()
    for value in values:  # it grows while it is gone through: level by level
        if isinstance(value, dict):
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)
    return [value for value in values if isinstance(value, dict) and word_at in value]

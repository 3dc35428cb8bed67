"""What a test holds: a fake of job APIs, with its clock, its jobs, its journal and, when asked for, its socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from fakejobs.app import App
from fakejobs.clock import Clock, Move, VirtualClock, datetime_of, instant_of
from fakejobs.commands import Json
from fakejobs.dialect.directory import Holder
from fakejobs.dialect.model import Dialect
from fakejobs.documents import listed, nearest
from fakejobs.errors import ExpectationError, UsageError
from fakejobs.expectations import findings, strictness
from fakejobs.jobs import JobHandle
from fakejobs.journal import Entry
from fakejobs.scenario.clashes import refuse_clashes
from fakejobs.scenario.search import Search, find_scenario
from fakejobs.timeline import timeline
from fakejobs.world import World

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Protocol

    from fakejobs.server import Server
    from fakejobs.server.engine import Engine

    class _Headers(Protocol):
        def update(self, headers: Mapping[str, str], /) -> None: ...

    class _Request(Protocol):
        @property
        def headers(self) -> _Headers: ...


R = TypeVar("R", bound="_Request")


class FakeJobs:
    """A fake of one or more job APIs, for as long as a test lasts.

    ``clock`` is a clock, or the instant at which a virtual one starts; ``strict`` says what `check` holds against the
    test: True, False, or a set of ``requests``, ``faults``, ``submissions``; ``port`` 0 is any that is free; ``engine``
    lends the thread in which the socket is served, where several fakes share one. As a context manager it checks when
    it is left without an exception.
    """

    def __init__(
        self,
        port: int = 0,
        clock: Clock | datetime | str | None = None,
        strict: bool | Iterable[str] = True,  # noqa: FBT001, FBT002 - the contract's own form
        *,
        search: Search | None = None,
        engine: Callable[[], Engine] | None = None,
    ) -> None:
        self._port = port
        self._search = search or Search()
        self._engine = engine
        self._strict = strictness(strict)
        self._is_own_clock = clock is None
        self._clock = _clock(clock)
        self._start: int | str | None = None
        self._server: Server | None = None
        self._world = World()
        self._clock.listen(self._heard)
        self._clock.watch(self._next_event)
        self.app = App(lambda: self._world, self._clock)

    def __repr__(self) -> str:
        played = ", ".join(scenario.name for scenario in self._world.scenarios) or "nothing"
        return f"<FakeJobs playing {played}>"

    def _heard(self, move: Move) -> None:
        self._world.journal.moved(move)

    def _next_event(self, after: int) -> int | None:
        return self._world.next_event(after)

    # ------------------------------------------------------------------ playing

    def play(self, scenario: str | os.PathLike[str] | Mapping[str, Json]) -> Self:
        """Play a scenario: a mapping, a shipped name, a file's name in the folders that were set, or a path.

        A second play adds to the first, and its jobs start now. `DocumentError` lists every mistake in the scenario;
        `UsageError` if there is none of that name, or if ids, routes, tenants or clocks clash.
        """
        found = find_scenario(scenario, self._search)
        refuse_clashes(self._world, found)
        self._set_clock(found.clock, found.file)
        self._world.play(found, self._clock.instant())
        return self

    def _set_clock(self, start: int | str | None, file: str) -> None:
        if start is None or not self._is_own_clock:
            return
        if self._start is not None and self._start != start:
            raise UsageError(f"{file}: its `clock` is another than that of what is played already")
        if self._start is None:
            assert isinstance(self._clock, VirtualClock)
            if self._world.scenarios or self._world.journal.records:
                raise UsageError(f"{file}: its `clock` comes too late: play it first, before time moves")
            self._clock.restart(_now() if isinstance(start, str) else datetime_of(start))
            self._start = start

    # ------------------------------------------------------------------ what a client needs

    @property
    def clock(self) -> Clock:
        """The clock of the fake, and of the test."""
        return self._clock

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, without a path; the socket opens when it is first asked for."""
        if self._server is None:
            from fakejobs.server import Server  # noqa: PLC0415 - a test that never asks for it needs no socket

            self._server = Server(self.app, port=self._port, engine=self._engine() if self._engine else None)
            self._server.start()
        return self._server.url

    def credentials(
        self, tenant: str | None = None, app: str | None = None, scopes: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return headers that are valid now, for a tenant or one of its apps, with all scopes or just these.

        ``tenant`` may be left out where there is one only. `UsageError` if there is none of that name.
        """
        dialect, holder = self._holder(tenant, app)
        directory = self._world.directory(dialect.name)
        credential = next((each for each in dialect.credentials if each.of_app == (app is not None)), None)
        if credential is None:
            raise UsageError(f"{dialect.name} has no credential of {'an app' if app else 'a tenant'}")
        if scopes is not None:
            if credential.name not in dialect.carries_scopes:
                raise UsageError(f"the {credential.name} of {dialect.name} has every scope; scopes are for its apps")
            holder = directory.narrowed(holder, credential.keys[0], frozenset(scopes))
        owner = directory.holder(holder.tenant)
        assert owner is not None
        return credential.present(holder, owner, self._clock.instant())

    def auth(self, tenant: str | None = None, app: str | None = None, scopes: Iterable[str] | None = None) -> Auth:
        """Return what requests and httpx take as ``auth=``: it signs each request anew."""
        wanted = None if scopes is None else frozenset(scopes)
        self.credentials(tenant, app, wanted)
        return Auth(self, tenant, app, wanted)

    def _holder(self, tenant: str | None, app: str | None) -> tuple[Dialect, Holder]:
        found = [
            (dialect, directory, name)
            for dialect in self._world.dialects
            for directory in [self._world.directory(dialect.name)]
            for name in directory.tenants
        ]
        if not found:
            raise UsageError("nothing is played, so there are no tenants: play a scenario first")
        names = [name for _, _, name in found]
        fitting = found if tenant is None else [each for each in found if each[2] == tenant]
        if not fitting:
            near = nearest(tenant or "", names)
            hint = f"did you mean `{near}`?" if near else f"there are {listed(names)}"
            raise UsageError(f"no tenant is called `{tenant}`; {hint}")
        if len(fitting) > 1:
            which = "which tenant?" if tenant is None else f"`{tenant}` is a tenant of several dialects"
            raise UsageError(
                f"{which}: there are {listed([f'{name} ({dialect.name})' for dialect, _, name in fitting])}"
            )
        dialect, directory, name = fitting[0]
        holder = directory.holder(name, app)
        if holder is None:
            apps = directory.apps(name)
            raise UsageError(f"`{name}` has no app `{app}`; it has {listed(apps) if apps else 'none'}")
        return dialect, holder

    # ------------------------------------------------------------------ what happened

    @property
    def jobs(self) -> list[JobHandle]:
        """All jobs, in the order in which they were made."""
        return [self._handle(number) for number in range(len(self._world.jobs))]

    def job(self, id: str, tenant: str | None = None) -> JobHandle:
        """Return the job of an id; `UsageError` if there is none, or several and no tenant is named."""
        found = [each for each in self.jobs if each.id == id and tenant in (None, each.tenant)]
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} jobs have the id `{id}`; name the tenant: {listed([x.tenant for x in found])}"
            )
        if not found:
            ids = [each.id for each in self.jobs if tenant in (None, each.tenant)]
            near = nearest(id, ids)
            hint = (
                f"did you mean `{near}`?" if near else f"there are {listed(ids[:10])}" if ids else "there is none yet"
            )
            raise UsageError(f"no job has the id `{id}`{f' and the tenant `{tenant}`' if tenant else ''}; {hint}")
        return found[0]

    def _handle(self, number: int) -> JobHandle:
        return JobHandle(self._world, self._world.jobs[number], self._clock.instant, self._base)

    def _base(self) -> str:
        return "http://127.0.0.1" if self._server is None else self._server.url

    @property
    def journal(self) -> list[Entry]:
        """Every exchange so far, in order."""
        return self._world.journal.entries

    def timeline(self) -> str:
        """Return what happened so far as text, at most 80 columns wide."""
        return timeline(self._world, self._clock.instant())

    @property
    def world(self) -> World:
        """All that changes: for the plugin, and for who looks closely."""
        return self._world

    def findings(self) -> tuple[str, ...]:
        """Return a line for everything that `check` would raise for."""
        return findings(self._world, self._strict)

    def check(self) -> None:
        """Raise `ExpectationError` for what silence must not hide: what was not scripted, and what never came."""
        found = self.findings()
        if found:
            raise ExpectationError(found, self.timeline())

    # ------------------------------------------------------------------ the end

    def reset(self) -> None:
        """Put a fresh world in place of this one, at the same address. Open connections are dropped."""
        if self._server is not None:
            self._server.drop_connections()
        self._world = World()
        self._start = None
        if self._is_own_clock:
            assert isinstance(self._clock, VirtualClock)
            self._clock.restart()

    def close(self) -> None:
        """Close the socket, if there is one, and the clock: who still sleeps on it is woken with an error."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        self._clock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self.check()


class Auth:
    """Signs each request of requests or httpx with credentials that are valid when it is made."""

    def __init__(self, fake: FakeJobs, tenant: str | None, app: str | None, scopes: frozenset[str] | None) -> None:
        self._fake = fake
        self._of = (tenant, app, scopes)

    def __call__(self, request: R) -> R:
        """Add the headers to a request, and return it."""
        request.headers.update(self._fake.credentials(*self._of))
        return request


def _clock(clock: Clock | datetime | str | None) -> Clock:
    if clock is None:
        return VirtualClock()
    if isinstance(clock, datetime):
        return VirtualClock(clock)
    if isinstance(clock, str):
        return VirtualClock(_now() if clock == "now" else _instant(clock))
    return clock


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(f'the clock cannot start at "{text}"; right would be "2026-01-01T00:00:00Z" or "now"')
    return datetime_of(instant_of(at))


def _now() -> datetime:
    from datetime import UTC  # noqa: PLC0415

    return datetime.now(UTC)

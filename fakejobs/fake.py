"""What a test holds: a fake of job APIs, with its clock, its jobs, its journal and, when asked for, its socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Self

from fakejobs.app import App
from fakejobs.clock import Clock, VirtualClock
from fakejobs.commands import Json
from fakejobs.documents import listed, nearest
from fakejobs.door import name_from, port_from, reference_from
from fakejobs.errors import ExpectationError, UsageError
from fakejobs.expectations import findings, strictness
from fakejobs.files import File
from fakejobs.jobs import JobHandle
from fakejobs.journal import Entry
from fakejobs.listeners import Listeners
from fakejobs.scenario.clashes import refuse_clashes
from fakejobs.scenario.search import Search, find_scenario
from fakejobs.snapshot import Snapshot, snapshot_from, taken
from fakejobs.speaking import Auth, headers_of, speaker
from fakejobs.stage import Stage
from fakejobs.timekeeping import Timekeeping
from fakejobs.timeline import timeline
from fakejobs.world import World

if TYPE_CHECKING:
    from types import TracebackType

    from fakejobs.callbacks import Callbacks
    from fakejobs.server.engine import Engine


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
        self._search = search or Search()
        self.strict = strictness(strict)
        self._time = Timekeeping(clock)
        self._clock = self._time.clock
        self._stage = Stage()
        self._clock.listen(self._stage.heard)
        self._clock.watch(self._stage.next_event)
        self.app = App(self._stage.present, self._clock)
        self._listeners = Listeners(self.app, port_from(port), engine)
        self._callbacks: Callbacks | None = None
        self.told_of_reset: Callable[[FakeJobs, World], object] = lambda _fake, _left: None  # for the plugin
        self._told = self._settled = 0  # so many of the journal's strays

    def __repr__(self) -> str:
        played = ", ".join(scenario.name for scenario in self.world.scenarios) or "nothing"
        return f"<FakeJobs playing {played}>"

    # ------------------------------------------------------------------ playing

    def play(self, scenario: str | os.PathLike[str] | Mapping[str, Json]) -> Self:
        """Play a scenario: a mapping, a shipped name, a file's name in the folders that were set, or a path.

        A second play adds to the first, and its jobs start now. `DocumentError` lists every mistake in the scenario;
        `UsageError` if there is none of that name, if ids, routes, tenants or clocks clash, or once the fake is closed.
        """
        self._listeners.complain_if_closed()
        found = find_scenario(reference_from(scenario), self._search)
        world = self._stage.world
        refuse_clashes(world, found)
        self._time.start_at(found.clock, found.file, is_early=not (world.scenarios or world.journal.records))
        if found.dialect.callbacks is not None:
            self._call_back()
        world.play(found, self._clock.instant())
        return self

    def _call_back(self) -> None:
        """Have the callbacks made that the jobs of the world ask for."""
        if self._callbacks is None:
            from fakejobs.callbacks import Callbacks  # noqa: PLC0415 - few dialects have them

            listeners = self._listeners
            self._callbacks = Callbacks(self._stage.present, self._clock, lambda: listeners.base)
        self._callbacks.attend(self.world)

    # ------------------------------------------------------------------ what a client needs

    @property
    def clock(self) -> Clock:
        """The clock of the fake, and of the test."""
        return self._clock

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, without a path; the socket opens when it is first asked for."""
        return self._listeners.url

    @property
    def tls_url(self) -> str:
        """``https://127.0.0.1:PORT``, besides `url`; `UsageError` where the extra ``tls`` is not installed.

        Clients trust it by `ca_bundle`. Its socket opens when it is first asked for.
        """
        return self._listeners.tls_url

    @property
    def ca_bundle(self) -> str:
        """The PEM file, in a temporary folder, that ``REQUESTS_CA_BUNDLE`` or ``verify=`` names to trust `tls_url`."""
        return self._listeners.ca_bundle

    def credentials(
        self,
        tenant: str | None = None,
        app: str | None = None,
        scopes: Iterable[str] | None = None,
        *,
        dialect: str | None = None,
    ) -> dict[str, str]:
        """Return headers that are valid now, for a tenant or one of its apps, with all scopes or just these.

        ``tenant`` may be left out where there is one only; ``dialect`` says which is meant where several know a tenant
        of that name. `UsageError` if there is none. A scope that the dialect does not know is taken as it stands,
        unless it is but a slip of one that it knows: that is a `UsageError`.
        """
        return headers_of(self.world, speaker(tenant, app, scopes, dialect), self._clock.instant())

    def auth(
        self,
        tenant: str | None = None,
        app: str | None = None,
        scopes: Iterable[str] | None = None,
        *,
        dialect: str | None = None,
    ) -> Auth:
        """Return what requests and httpx take as ``auth=``: it signs each request anew, as `credentials` does."""
        who = speaker(tenant, app, scopes, dialect)
        headers_of(self.world, who, self._clock.instant())
        return Auth(lambda: headers_of(self.world, who, self._clock.instant()))

    # ------------------------------------------------------------------ what happened

    @property
    def jobs(self) -> list[JobHandle]:
        """All jobs, in the order in which they were made."""
        return [self._handle(number) for number in range(len(self.world.jobs))]

    def job(self, id: str, tenant: str | None = None) -> JobHandle:
        """Return the job of an id; `UsageError` if there is none, or several and no tenant is named."""
        name_from(id, "a job's id")
        there = [each for each in self.jobs if tenant in (None, each.tenant)]
        found = [each for each in there if each.id == id]
        if len(found) > 1:
            owners = listed([each.tenant for each in found])
            raise UsageError(f"{len(found)} jobs have the id `{id}`; name the tenant: {owners}")
        if not found:
            of_others = [each.tenant for each in self.jobs if each.id == id]
            ids = [each.id for each in there]
            near = nearest(id, ids)
            known = f"there are {listed(ids[:10])}" if ids else "there is none yet"
            hint = f"it is of {listed(of_others)}" if of_others else f"did you mean `{near}`?" if near else known
            raise UsageError(f"no job has the id `{id}`{f' and the tenant `{tenant}`' if tenant else ''}; {hint}")
        return found[0]

    def exactly_one_job(
        self, *, tenant: str | None = None, operation: str | None = None, matching: Mapping[str, Json] | None = None
    ) -> JobHandle:
        """Return the job that clients made by requests that fit; `ExpectationError` if there is none, or another.

        ``matching`` is what a submission's ``when`` may be.
        """
        from fakejobs.polling import only_job_made  # noqa: PLC0415 - as with a job's polling

        now = self._clock.instant()
        return self._handle(only_job_made(self.world, now, tenant=tenant, operation=operation, matching=matching))

    def _handle(self, number: int) -> JobHandle:
        return JobHandle(self.world, self.world.jobs[number], self._clock.instant, lambda: self._listeners.base)

    @property
    def journal(self) -> list[Entry]:
        """Every exchange so far, in order."""
        return self.world.journal.entries

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: it answers nobody any more."""
        return self._listeners.is_closed

    @property
    def files(self) -> list[File]:
        """The files for which clients were given a place, in order, with what they uploaded."""
        with self.world.lock:
            return self.world.files.all

    def timeline(self) -> str:
        """Return what happened so far as text, at most 80 columns wide."""
        return timeline(self.world, self._clock.instant())

    def timeline_svg(self) -> str:
        """Return what happened so far as a picture: the text of an SVG file, which stands alone."""
        from fakejobs.picture import picture  # noqa: PLC0415 - few ask for it

        return picture(self.world, self._clock.instant())

    @property
    def world(self) -> World:
        """All that changes: for the plugin, and for who looks closely."""
        return self._stage.world

    def findings(self, only: Iterable[str] | None = None, since: int = 0) -> tuple[str, ...]:
        """Return a line for everything that `check` would raise for; ``only`` of these kinds, of strays ``since``."""
        strict = self.strict if only is None else self.strict & frozenset(only)
        return findings(self.world, strict, max(since, self._settled))

    def check(self) -> None:
        """Raise `ExpectationError` for what silence must not hide: what was not scripted, and what never came."""
        found = self.findings()
        if found:
            self._told = len(self.world.journal.strays)
            raise ExpectationError(found, self.timeline())

    # ------------------------------------------------------------------ one past, two futures

    def snapshot(self) -> Snapshot:
        """Return what `restore` puts back: the jobs, what is left of faults and submissions, files, journal and clock.

        `UsageError` where the clock is real time, or one of the test's own: it cannot be taken back.
        """
        return taken(self._stage, self._clock_to_take_back())

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back as it was when a snapshot was taken; any number of times.

        A job made since then is gone, and its handle with it until it is made again. What nobody expected is held
        against the test all the same. `UsageError` for a snapshot of another fake or from before a reset, and when
        more was played since; `ClockError` while anybody sleeps on the clock or waits for a reply.
        """
        self._clock_to_take_back()
        snapshot_from(snapshot).restore(self._stage)

    def _clock_to_take_back(self) -> VirtualClock:
        """Return the clock, when callbacks that are under way are over."""
        clock = self._time.to_take_back()
        if self._callbacks is not None:
            self._callbacks.settle()
        return clock

    # ------------------------------------------------------------------ the end

    def reset(self) -> None:
        """Put a fresh world in place of this one, at the same address; a drive ends.

        Connections stay open on which nothing is under way, for clients that keep them; the others are dropped.

        What nobody expected stays a finding until `check` has raised for it.
        """
        self._listeners.complain_if_closed()
        self._listeners.drop_connections()
        left, self._stage.world = self.world, World(self.world.journal.strays)
        self._settled = self._told
        self.told_of_reset(self, left)
        self._time.begin_anew()

    def close(self) -> None:
        """Close the socket, if there is one, and a clock of its own; who still sleeps is woken with an error."""
        if self._callbacks is not None:
            self._callbacks.close()
        self._listeners.close()
        self._time.end()
        self._stage.is_over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self.check()

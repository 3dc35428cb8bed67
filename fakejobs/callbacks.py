"""Callbacks: telling whom a job's creator named that it has ended, at the instant of its end, with no lock held."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from fakejobs import lifecycle
from fakejobs.clock import Clock
from fakejobs.commands import Ask, Json, Principal
from fakejobs.dialect.facts import JobFacts
from fakejobs.dialect.listing import part_of
from fakejobs.dialect.model import Callbacks as Wanted
from fakejobs.dialect.replies import document, encoded
from fakejobs.dialect.scope import Scope, common_roots
from fakejobs.dialect.templates import written
from fakejobs.dialect.tokens import is_loopback
from fakejobs.errors import ClockError
from fakejobs.journal import Delivery, Request
from fakejobs.lifecycle import Step
from fakejobs.population import Job
from fakejobs.threads import background
from fakejobs.world import World

PATIENCE = 5.0
"""Real seconds that whom a callback is sent to has for each thing it does: to be reached, and to answer."""

_FRAMING = frozenset(("content-length", "transfer-encoding", "connection", "host"))


class _Call(NamedTuple):
    """A callback that is about to be made."""

    job: Job
    wanted: Wanted
    document: Json
    delivery: Delivery
    is_allowed: bool


class Callbacks:
    """Makes the callbacks of the jobs of a world, which ``world()`` names at the time.

    The end that time brings is told when the clock comes by it, by whoever moves the clock, or from a thread for which
    the clock waits where an event loop runs; an end that a look or a test brings is told at once from a thread.
    """

    def __init__(self, world: Callable[[], World], clock: Clock, base: Callable[[], str]) -> None:
        self._world = world
        self._clock = clock
        self._base = base
        self._threads: set[threading.Thread] = set()

    def attend(self, world: World) -> None:
        """Have a world say which of its jobs is to be heeded."""
        world.heed = partial(self._heed, world)

    def close(self) -> None:
        """Wait for the calls that are under way."""
        for thread in list(self._threads):
            thread.join(3 * PATIENCE)

    def settle(self) -> None:
        """Wait for the calls that are under way; ClockError where the caller's own loop may be what answers them."""
        if self._threads and _is_in_loop():
            raise ClockError("a callback is under way, which this event loop may have to answer: let it end first")
        self.close()

    def _heed(self, world: World, job: Job, now: int) -> None:
        """Look at a job that is new or was moved, under the world's lock: tell its end now, or when it comes."""
        if job.is_told or not self._asks(world, job, now):
            return
        job.advance(now)
        ended = lifecycle.ended_at(job.script, job.position)
        due = lifecycle.end_due(job.script, job.position)
        if ended is not None and ended == now:
            self._in_a_thread(partial(self._tell, world, job))
        elif ended is not None:
            job.is_told = not job.is_awaited  # what was over when it was made is told to nobody
        elif due is not None:
            job.is_awaited = True
            with suppress(ClockError):  # a clock that is closed comes nowhere any more
                self._clock.call_in_passing(due, partial(self._come, world, job))

    def _asks(self, world: World, job: Job, now: int) -> bool:
        """Say whether a job's document names anybody to call, now or in a later step."""
        wanted = job.dialect.callbacks
        assert wanted is not None
        if any(isinstance(body, dict) and body.get(wanted.at) is not None for body in job.bodies):
            return True
        roots = common_roots(Ask(method="", path="", at=now), None, world.options(job.dialect.name))
        facts = JobFacts(job.dialect, job.view(now))
        return part_of(job.dialect, facts, Scope({**roots, "job": facts}), wanted.at) is not None

    def _come(self, world: World, job: Job) -> None:
        """The clock has come to the instant at which a job was to end."""
        if _is_in_loop():
            self._in_a_thread(partial(self._tell, world, job))
        else:
            self._tell(world, job)

    def _in_a_thread(self, work: Callable[[], None]) -> None:
        """Start a thread, and return when the clock has taken note of it: it does not go on before the thread ends."""
        is_noted = threading.Event()

        def run() -> None:
            try:
                with self._clock.request():
                    is_noted.set()
                    work()
            finally:
                self._threads.discard(thread)

        thread = background(run, "fakejobs-callback")
        self._threads.add(thread)
        thread.start()
        is_noted.wait(PATIENCE)

    def _tell(self, world: World, job: Job) -> None:
        call = self._call(world, job)
        if call is None:
            return
        delivery = call.delivery
        if call.is_allowed:
            status, reason = posted(delivery.request)
            delivery = delivery._replace(status=status, reason=reason)
        with world.lock:
            world.journal.tell(delivery)
            if call.is_allowed and delivery.reason:
                self._fail(world, call, delivery.reason)

    def _call(self, world: World, job: Job) -> _Call | None:
        """Return the call that a job's end asks for; None if it has not ended, or was told already."""
        with world.lock:
            now = self._clock.instant()
            job.advance(now)
            wanted = job.dialect.callbacks
            ended = lifecycle.ended_at(job.script, job.position)
            if wanted is None or ended is None or job.is_told or world is not self._world():
                return None
            job.is_told = True
            shown = self._document(world, job, now)
            scope = Scope({"base": self._base(), "now": now, "document": shown})
            request, host = _request(wanted, scope)
            if not request.target:
                return None
            is_allowed = is_loopback(host) or bool(world.options(job.dialect.name).get(wanted.beyond))
            reason = "" if is_allowed else f"not sent: {host} is not this machine, and `{wanted.beyond}` is off"
            delivery = Delivery(now, job.tenant, job.app, job.id, request, None, reason, not is_allowed)
            return _Call(job, wanted, shown, delivery, is_allowed)

    def _document(self, world: World, job: Job, now: int) -> Json:
        dialect = job.dialect
        widest = next((each for each in dialect.credentials if each.sees_tenant), dialect.credentials[0])
        who = Principal(tenant=job.tenant, credential=widest.name, sees_tenant=True)
        return document(dialect, job.view(now), who, self._base(), world.options(dialect.name))

    def _fail(self, world: World, call: _Call, why: str) -> None:
        roots = {"base": self._base(), "now": call.delivery.sent, "document": call.document, "why": why}
        state = call.job.dialect.states[call.wanted.state]
        world.end_otherwise(call.job, Step(state=state.name, phase=state.phase), call.wanted.failed(Scope(roots)))


def _is_in_loop() -> bool:
    """Say whether the calling thread runs an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _request(wanted: Wanted, scope: Scope) -> tuple[Request, str]:
    """Return the request that a callback is, and the host that it is for."""
    given: Mapping[str, Json] = wanted.headers(scope) or {}
    headers = {name: written(value) for name, value in given.items() if name.lower() not in _FRAMING}
    if not any(name.lower() == "content-type" for name in headers):
        headers = {"Content-Type": "application/json", **headers}
    url = written(wanted.url(scope))
    request = Request(method="POST", target=url, headers=tuple(headers.items()), body=encoded(wanted.body(scope)))
    try:
        return request, (urlsplit(url).hostname or "?").lower()
    except ValueError:
        return request, "?"


def posted(request: Request) -> tuple[int | None, str]:
    """Send a request, and return the status of the answer, and why it counts as failed, or nothing.

    Only an answer of 200 to 299 counts as none; redirections are not followed.
    """
    from http.client import HTTPConnection, HTTPException, HTTPSConnection  # noqa: PLC0415 - few tests call back

    try:
        url = urlsplit(request.target)
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=PATIENCE)
        try:
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("POST", target, body=request.body, headers=dict(request.headers))
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return None, f"failed: {type(error).__name__}: {error}"
    return status, "" if 200 <= status < 300 else f"failed: answered {status}"

"""Serving scenarios to clients in any language, with a control interface under ``/__fakejobs__/``."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from socket import socketpair
from typing import TYPE_CHECKING

from fakejobs.clock import Clock, SystemClock, VirtualClock
from fakejobs.commands import Json
from fakejobs.documents import listed, nearest, parse
from fakejobs.documents.spelling import quoted, shown
from fakejobs.errors import FakeJobsError, UsageError
from fakejobs.fake import FakeJobs
from fakejobs.scenario.search import Search, find_scenario
from fakejobs.server import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.wrappers import Request, Response

PREFIX = "/__fakejobs__/"
_UNITS = ("seconds", "minutes", "hours", "days")
_HELP = """\
fakejobs control
  GET  /__fakejobs__/credentials  headers that are valid now, by dialect and tenant, as JSON
  GET  /__fakejobs__/timeline     what happened so far, as text
  GET  /__fakejobs__/jobs         the jobs, as JSON
  GET  /__fakejobs__/clock        the time on the fake's clock, as JSON
  POST /__fakejobs__/advance      {"hours": 1}: move the clock on (seconds, minutes, hours, days)
  POST /__fakejobs__/reset        play the scenarios anew
"""


class Control:
    """A WSGI application that answers under the prefix, and hands everything else to the fake."""

    def __init__(self, fake: FakeJobs, play: Callable[[], None]) -> None:
        self._fake = fake
        self._play = play
        self._actions: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", ""): lambda _request: _text(_HELP),
            ("GET", "credentials"): lambda _request: _json(_credentials(fake)),
            ("GET", "timeline"): lambda _request: _text(fake.timeline() + "\n"),
            ("GET", "jobs"): lambda _request: _json([_job(each) for each in fake.jobs]),
            ("GET", "clock"): lambda _request: self._time(),
            ("POST", "advance"): self._advance,
            ("POST", "reset"): self._reset,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._fake.app(environ, start_response)
        from werkzeug.wrappers import Request  # noqa: PLC0415 - control requests alone need it

        request = Request(environ)
        action = self._actions.get((request.method, request.path.removeprefix(PREFIX)))
        response = _text(_HELP, 404) if action is None else action(request)
        return response(environ, start_response)

    def _time(self) -> Response:
        return _json({"now": self._fake.clock.now().isoformat()})

    def _advance(self, request: Request) -> Response:
        try:
            units = _units(request.get_data())
            self._fake.clock.advance(**units)
        except FakeJobsError as error:
            return _text(f'the body has to be like {{"hours": 1}}: {error}\n', 400)
        return self._time()

    def _reset(self, _request: Request) -> Response:
        self._fake.reset()
        self._play()
        return self._time()


def _units(body: bytes) -> dict[str, float]:
    """Return how far to advance, as a request's body says it; FakeJobsError if it does not."""
    units = parse(body, "the body").value
    if not isinstance(units, dict) or not units:
        raise UsageError(f"found {shown(units)}")
    for unit in units:
        if unit not in _UNITS:
            near = nearest(unit, _UNITS)
            hint = f"did you mean `{near}`?" if near else f"there are {listed(_UNITS)}"
            raise UsageError(f"there is no unit {quoted(unit)}; {hint}")
    return units


def _text(text: str, status: int = 200) -> Response:
    from werkzeug.wrappers import Response  # noqa: PLC0415

    return Response(text, status=status, mimetype="text/plain")


def _json(value: Json) -> Response:
    from werkzeug.wrappers import Response  # noqa: PLC0415

    return Response(json.dumps(value, indent=2) + "\n", mimetype="application/json")


def _credentials(fake: FakeJobs) -> Json:
    """Return the headers by which each tenant and app of each dialect can speak now."""
    found: dict[str, dict[str, Json]] = {}
    for dialect in fake.world.dialects:
        directory = fake.world.directory(dialect.name)
        headers = found[dialect.name] = {}
        for tenant in directory.tenants:
            headers[tenant] = fake.credentials(tenant, dialect=dialect.name)
            for app in directory.apps(tenant):
                headers[f"{tenant}/{app}"] = fake.credentials(tenant, app, dialect=dialect.name)
    return found


def _job(job: Json) -> Json:
    names = ("id", "tenant", "app", "state", "polls", "seen")
    return {name: getattr(job, name) for name in names}


def serve(
    scenarios: Sequence[str | Path],
    *,
    host: str,
    port: int,
    speed: float | None,
    dialects: Sequence[Path],
    say: Callable[[str], None],
    until: Callable[[], object] | None = None,
) -> None:
    """Serve until ``until`` returns, or else until the process is interrupted; ``speed`` None lets time stand."""
    search = Search(folders=(Path(),), dialects=tuple(dialects))
    found = [find_scenario(scenario, search) for scenario in scenarios]
    fake = FakeJobs(clock=_clock(speed, [scenario.clock for scenario in found]), strict=False, search=search)

    def play() -> None:
        for scenario in scenarios:
            fake.play(scenario)

    play()
    with nullcontext(until) if until else interruption() as wait:
        server = Server(Control(fake, play), host=host, port=port)
        server.start()
        try:
            say(f"listening on {server.url}")
            say(f"credentials, timeline and clock at {server.url}{PREFIX}")
            wait()
        finally:
            server.stop()
            fake.close()


def _clock(speed: float | None, starts: Iterable[int | str | None]) -> Clock:
    """Return the clock of a served fake: real time, sped up, or one that stands; it starts now."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from fakejobs.clock import datetime_of  # noqa: PLC0415

    start = next((datetime_of(at) for at in starts if isinstance(at, int)), datetime.now(UTC))
    if speed is None:
        return VirtualClock(start)
    try:
        return SystemClock(speed, start)
    except ValueError as error:
        raise UsageError(f"--speed: {error}") from error


@contextmanager
def interruption() -> Iterator[Callable[[], object]]:
    """Give what waits until the process is interrupted or told to end, if it was not since this began.

    The signal itself leaves a byte to read. What a handler does may come too late: it is called between two steps of
    the interpreter, and so not while the last of them begins to wait.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    heard, told = socketpair()
    with heard, told:
        told.settimeout(0)

        def wait() -> None:
            while heard.recv(1)[0] not in numbers:
                pass

        with ExitStack() as undoing:
            undoing.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(told.fileno()))
            for number in numbers:  # from here on it makes no difference when they come
                undoing.callback(signal.signal, number, signal.signal(number, lambda *_: None))
            yield wait

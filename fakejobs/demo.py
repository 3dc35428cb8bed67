"""The demonstration: a poller with the standard library alone, and what it meets in a week, in no time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

from fakejobs.clock import span_text
from fakejobs.fake import FakeJobs
from fakejobs.jobs import JobHandle
from fakejobs.polling.record import shows_end
from fakejobs.scenario.search import shipped_names

MINUTE = 60


def demo(say: Callable[[str], None]) -> None:
    """Let a poller follow the jobs of the scenario that comes along for it, and say what it found, and the timeline."""
    with FakeJobs() as fake:
        fake.play(next(name for name in shipped_names() if name.endswith("/demo")))
        (scenario,) = fake.world.scenarios
        done, failing = fake.jobs
        stranger = next(each.tenant for each in scenario.holders if each.tenant != done.tenant)
        kept = scenario.jobs[0].script.retention or 0
        say("A client polls every minute, sleeping on the clock that the test owns.\n")
        say(f"a job that works, in the end: {_wait(fake, done)}")
        say(f"one that fails: {_wait(fake, failing)}")
        say(f"the first, asked for by another tenant: {_look(fake, done, stranger)}")
        fake.clock.advance(seconds=kept / 1_000_000)
        say(f"the first, {span_text(kept)} later: {_look(fake, done, done.tenant)}\n")
        say(fake.timeline())


def _wait(fake: FakeJobs, job: JobHandle) -> str:
    """Poll a job to its end, as a client would; return the reply that showed it."""
    (dialect,) = fake.world.dialects
    found = _look(fake, job, job.tenant)
    while not shows_end(dialect, fake.journal[-1]):
        fake.clock.sleep(MINUTE)
        found = _look(fake, job, job.tenant)
    return found


def _look(fake: FakeJobs, job: JobHandle, tenant: str) -> str:
    """Ask for a job once; return what the answer says."""
    (dialect,) = fake.world.dialects
    path = next(route.patterns[0].text for route in dialect.routes if route.do == "look" and route.counts)
    url = fake.url + path.replace("{id}", job.id)
    request = urllib.request.Request(url, headers=fake.credentials(tenant))  # noqa: S310 - the fake's own address
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return json.dumps(json.load(response), indent=2)
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.reason}"

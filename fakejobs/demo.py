"""The demonstration: a poller with the standard library alone, and what it meets in a week, in no time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

from fakejobs.clock import Clock
from fakejobs.fake import FakeJobs

SCENARIO = "conversio/demo"


def demo(say: Callable[[str], None]) -> None:
    """Let a poller follow four jobs, and say what it found, and the timeline."""
    with FakeJobs() as fake:
        fake.play(SCENARIO)
        say("A client polls every minute, sleeping on the clock that the test owns.\n")
        done, failing, *_ = [job.id for job in fake.jobs]
        for title, job in (("an export that works", done), ("one that fails", failing)):
            say(f"{title}: {_wait(fake, job, 'shop-a', fake.clock)}")
        say(f"the same export, asked for by another shop: {_look(fake, done, 'shop-b')}")
        fake.clock.advance(days=8)
        say(f"the same export, eight days later: {_look(fake, done, 'shop-a')}\n")
        say(fake.timeline())


def _wait(fake: FakeJobs, job: str, tenant: str, clock: Clock) -> str:
    """Poll a job to its end, as a client would; return how it ended."""
    while True:
        found = _look(fake, job, tenant)
        if "pending" not in found and not found.startswith("503"):
            return found
        clock.sleep(60)


def _look(fake: FakeJobs, job: str, tenant: str) -> str:
    """Ask for a job once; return what the answer says."""
    url = f"{fake.url}/api/v1/async-jobs/{job}"
    request = urllib.request.Request(url, headers=fake.credentials(tenant))  # noqa: S310 - the fake's own address
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            document = json.load(response)["data"]
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.reason}"
    return str(document.get("result") or document.get("error") or document["status"])

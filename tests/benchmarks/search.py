"""The benchmark of searches: pages of few and of many jobs, and what they cost beside each other."""

from __future__ import annotations

import statistics
import time
from typing import Any

from media_platform.media_platform_client import MediaPlatformClient
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.commands import Look, Principal
from fakejobs.scenario.model import JobPlan

KINDS = ("urn:job:import.file", "urn:job:av.poster", "urn:job:archive.create")
GROUP_OF = 5


def populated(number: int, *, expired: int = 0) -> FakeJobs:
    """Return a fake with so many jobs in groups of five, all ended but the last ten, and so many that are gone."""
    life = [{"state": "working", "for": {"seconds": 10}}, {"state": "success"}]
    jobs = [{"body": {"type": kind}, "steps": life} for kind in KINDS]
    fake = FakeJobs(strict=False).play({"dialect": "wix-media-platform", "jobs": jobs, "retention": {"days": 1}})
    world, (scenario,) = fake.world, fake.world.scenarios
    plans: tuple[JobPlan, ...] = scenario.jobs
    mint = scenario.dialect.ids.mint
    now = fake.clock.instant()
    for count in range(number + expired):
        at = now - (3 * 86_400_000_000 if count < expired else 0) + count
        plan = plans[count % len(plans)]
        world.make(scenario, plan, "default", "app", at, mint, group=f"group-{count // GROUP_OF}")
    fake.clock.advance(seconds=20)
    return fake


def cost(fake: FakeJobs, query: str, times: int) -> float:
    """Return the median milliseconds of a search through the WSGI callable."""
    client, taken = Client(fake.app), []
    for _ in range(times):
        headers = fake.credentials()
        begun = time.perf_counter()
        reply = client.get(f"/_api/jobs{query}", headers=headers)
        taken.append((time.perf_counter() - begun) * 1000)
        assert reply.status_code == 200, reply.text
    return statistics.median(taken)


QUERIES = {
    "the newest page": "",
    "the oldest page": "?orderDirection=asc",
    "a group": "?groupId=group-7",
    "by type": "?type=urn:job:av.poster",
    "by a status that none has": "?status=pending",
    "by a path that none has": "?path=/nowhere",
    "by when it changed": "?orderBy=dateUpdated",
}


def search() -> None:
    """Searches among 100, 10,000 and 100,000 jobs, and among 10,000 beside 90,000 that have expired."""
    fakes: dict[str, Any] = {
        "100": populated(100),
        "10,000": populated(10_000),
        "100,000": populated(100_000),
        "10,000 + 90,000 gone": populated(10_000, expired=90_000),
    }
    print(f"{'search: milliseconds a page of 20':<34}" + "".join(f"{name:>22}" for name in fakes))
    for name, query in QUERIES.items():
        figures = [cost(fake, query, 5 if "none" in name or "changed" in name else 31) for fake in fakes.values()]
        print(f"  {name:<32}" + "".join(f"{figure:>22.2f}" for figure in figures))
    looks = [who_looks(fake) for fake in fakes.values()]
    print(f"  {'a look at one job (world.do)':<32}" + "".join(f"{figure:>22.4f}" for figure in looks))


def who_looks(fake: FakeJobs) -> float:
    """Return the median milliseconds of a look at one job, without HTTP."""
    world, job = fake.world, fake.world.jobs[-1]
    who, now, taken = Principal(tenant="default", app="app"), fake.clock.instant(), []
    for _ in range(1000):
        begun = time.perf_counter()
        world.do(job.dialect, who, Look(id=job.id), now)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def walk() -> None:
    """10,000 jobs in 2,000 groups, walked page by page with the vendor's own Python client."""
    fake = populated(10_000)
    with fake:
        keys = fake.world.directory("wix-media-platform").holder("default", "app")
        assert keys is not None
        sdk = MediaPlatformClient("fake", keys.keys["id"], keys.keys["sharedSecret"])
        sdk.job_service._base_url = f"{fake.url}/_api"
        issuer = f"urn:app:{keys.keys['id']}"
        narrowed = sdk.job_service.job_list_request().set_type(KINDS[1]).set_status("success").set_issuer(issuer)
        for name, request in (("all", sdk.job_service.job_list_request()), ("three filters", narrowed)):
            begun, found, token = time.perf_counter(), set[str](), ""
            before = len(fake.journal)
            while token is not None:
                page = request.set_page_size(20).set_next_page_token(token).execute()
                found |= {job.id for job in page.jobs}
                token = page.next_page_token
            took, asked = time.perf_counter() - begun, len(fake.journal) - before
            print(f"walk, {name}: {len(found)} jobs in {asked} pages of 20, {asked / took:.0f} requests a second")


if __name__ == "__main__":
    walk()
    search()

"""The benchmark of queries: pages of few and of many jobs, and many pollers on one world beside one."""

from __future__ import annotations

import itertools
import statistics
import sys
import threading
import time
from http.client import HTTPConnection
from typing import Any

from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.scenario.model import JobPlan

JOBS = "/data-mover/v1/jobs"
STEPS = [{"state": "UNINITIALIZED", "for": {"seconds": 1}}, {"state": "INITIALIZING", "for": {"seconds": 1}}]
MOVING = [*STEPS, {"state": "IN_PROGRESS", "for": {"seconds": 60}}]
QUERIES: dict[str, Any] = {
    "two filters and a sort": {
        "filter": {"status": "FAILED", "name": {"$startsWith": "nightly"}},
        "sort": [{"fieldName": "finishedAt", "order": "DESC"}],
    },
    "one filter, by id": {"filter": {"status": "FAILED"}},
    "a range of time": {"filter": {"startedAt": {"$gte": "2025-12-31T23:59:59.999Z"}}},
    "a filter that none fits": {"filter": {"name": "nobody"}},
    "no filter, by id": {},
}


def populated(number: int) -> FakeJobs:
    """Return a fake with so many jobs, of three kinds of names and ends, all ended."""
    kinds = [("Nightly export", "COMPLETED"), ("nightly import", "FAILED"), ("By hand", "FAILED")]
    jobs = [{"body": {"name": name}, "steps": [*MOVING, {"state": end}]} for name, end in kinds]
    fake = FakeJobs(strict=False).play({"dialect": "wix-data-movement", "jobs": jobs})
    world, (scenario,) = fake.world, fake.world.scenarios
    plans: tuple[JobPlan, ...] = scenario.jobs
    for count in range(number):
        at = fake.clock.instant() + count - number
        world.make(scenario, plans[count % len(plans)], "default", None, at, scenario.dialect.ids.mint)
    fake.clock.advance(hours=1)
    return fake


def cost(fake: FakeJobs, message: Any, times: int) -> tuple[float, float]:
    """Return the milliseconds of the first page of 20, and the median of those of the pages behind it."""
    client, headers, taken = Client(fake.app), fake.credentials(), []
    asked = {"query": {**message, "cursorPaging": {"limit": 20}}}
    for _ in range(times + 1):
        begun = time.perf_counter()
        reply = client.post(f"{JOBS}/query", json=asked, headers=headers)
        taken.append((time.perf_counter() - begun) * 1000)
        assert reply.status_code == 200, reply.text
        onward = reply.get_json()["pagingMetadata"]["cursors"].get("next")
        asked = {"query": {"cursorPaging": {"limit": 20, "cursor": onward}} if onward else message}
    return taken[0], statistics.median(taken[1:])


def pages() -> None:
    """Queries among 100, 10,000 and 100,000 jobs: the first page, and one behind it."""
    fakes = {f"{number:,}": populated(number) for number in (100, 10_000, 100_000)}
    print(f"{'query: milliseconds a page of 20':<34}" + "".join(f"{name:>22}" for name in fakes))
    for name, message in QUERIES.items():
        figures = [cost(fake, message, 3) for fake in fakes.values()]
        print(f"  {name:<32}" + "".join(f"{first:>12.2f} /{later:>8.2f}" for first, later in figures))


def pollers() -> None:
    """64 pollers of one world, each on a thread and a connection of its own, beside one; what each saw is judged."""
    rates = {count: rate(count) for count in (1, 64, 1, 64)}
    print(f"pollers: one {rates[1]:.0f} requests a second, 64 together {rates[64]:.0f}: {rates[64] / rates[1]:.2f}")


def rate(count: int, looks: int = 6400) -> float:
    """Return the requests a second of so many pollers, which see one job through its life, each word once."""
    steps = [*({**step, "for": {"seconds": 10}} for step in MOVING), {"state": "COMPLETED"}]
    with FakeJobs(strict=False).play({"dialect": "wix-data-movement", "jobs": [{"steps": steps}]}) as fake:
        job, host, headers = fake.jobs[0], fake.url.removeprefix("http://"), fake.credentials()
        seen: list[list[str]] = [[] for _ in range(count)]
        turns = threading.Barrier(count + 1)

        def poll(words: list[str]) -> None:
            connection = HTTPConnection(host)
            for _ in range(4):
                turns.wait()
                for _ in range(looks // count // 4):
                    connection.request("GET", f"{JOBS}/{job.id}", headers=headers)
                    words.append(connection.getresponse().read().partition(b'"status":"')[2][:12].decode())
                turns.wait()
            connection.close()

        threads = [threading.Thread(target=poll, args=(words,)) for words in seen]
        for thread in threads:
            thread.start()
        took = 0.0
        for _ in range(4):
            begun = time.perf_counter()
            turns.wait()
            turns.wait()
            took += time.perf_counter() - begun
            fake.clock.advance(seconds=10)
        for thread in threads:
            thread.join()
        lives = {tuple(word for word, _ in itertools.groupby(words)) for words in seen}
        assert lives == {("UNINITIALIZE", "INITIALIZING", 'IN_PROGRESS"', 'COMPLETED","')}, lives
        assert job.polls == sum(map(len, seen)) == len(fake.journal)
        return job.polls / took


if __name__ == "__main__":
    known = {each.__name__: each for each in (pages, pollers)}
    for name in sys.argv[1:] or known:
        known[name]()

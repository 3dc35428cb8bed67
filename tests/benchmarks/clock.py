"""Benchmarks of the clock: a crowd of sleepers, and a day of polling without a socket.

python tests/benchmarks/clock.py                 # all of it
python tests/benchmarks/clock.py sleepers        # one: sleepers, requests, httpx
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable

import httpx
import requests

from fakejobs import FakeJobs, VirtualClock
from fakejobs.transports import HttpxTransport, RequestsAdapter

SLEEPERS, ROUNDS = 1000, 5
EVERY, POLLS = 5, 17_280
JOB = "57b5aa3b046abfb053d80b52"
URL = f"https://api.vendor.example/api/v1/async-jobs/{JOB}"
A_DAY = {
    "dialect": "conversio",
    "jobs": [{"id": JOB, "steps": [{"state": "started", "for": {"hours": 25}}, {"state": "done"}]}],
}


def sleepers() -> None:
    """Print how long a wake-up takes where a thousand threads sleep at once, each at instants of its own."""
    clock = VirtualClock()
    is_begun = threading.Barrier(SLEEPERS + 1)

    def sleep(number: int) -> None:
        is_begun.wait()
        for _ in range(ROUNDS):
            clock.sleep(1 + number / SLEEPERS)

    threads = [threading.Thread(target=sleep, args=[number]) for number in range(SLEEPERS)]
    for thread in threads:
        thread.start()
    is_begun.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    print(f"sleepers: {SLEEPERS} threads, {SLEEPERS * ROUNDS} wake-ups: {took / (SLEEPERS * ROUNDS) * 1e6:.0f} µs each")


def together() -> None:
    """Print how long a wake-up takes where a thousand threads sleep until the same instants, and a test advances."""
    clock = VirtualClock()
    is_begun = threading.Barrier(SLEEPERS + 1)

    def sleep() -> None:
        is_begun.wait()
        for _ in range(ROUNDS):
            clock.sleep(1)

    threads = [threading.Thread(target=sleep) for _ in range(SLEEPERS)]
    for thread in threads:
        thread.start()
    is_begun.wait()
    while clock.sleeping < SLEEPERS:
        time.sleep(0.001)
    begun = time.perf_counter()
    clock.advance(seconds=ROUNDS)
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    print(f"together: {SLEEPERS} threads, {SLEEPERS * ROUNDS} wake-ups: {took / (SLEEPERS * ROUNDS) * 1e6:.0f} µs each")


def with_requests(fake: FakeJobs) -> Callable[[], int]:
    """Return what polls once with requests, and returns the status."""
    session = requests.Session()
    session.mount("https://api.vendor.example", RequestsAdapter(fake))
    headers = fake.credentials()
    return lambda: session.get(URL, headers=headers).status_code


def with_httpx(fake: FakeJobs) -> Callable[[], int]:
    """Return what polls once with httpx, and returns the status."""
    client = httpx.Client(transport=HttpxTransport(fake))
    headers = fake.credentials()
    return lambda: client.get(URL, headers=headers).status_code


CLIENTS = {"requests": with_requests, "httpx": with_httpx}


def day(name: str, *, is_traced: bool) -> None:
    """Poll for a day of the test's clock every five seconds, the journal on; print seconds, or peak memory."""
    with FakeJobs() as fake:
        fake.play(A_DAY)
        poll = CLIENTS[name](fake)
        poll()
        if is_traced:
            tracemalloc.start()
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        worked = time.process_time()
        for _ in range(POLLS):
            assert poll() == 200
            fake.clock.sleep(EVERY)
        took, worked = time.perf_counter() - begun, time.process_time() - worked
        assert len(fake.journal) == POLLS + 1
        if is_traced:
            peak = tracemalloc.get_traced_memory()[1]
            print(f"{name}: peak of what was allocated {peak / 1e6:.1f} MB, {peak / POLLS:.0f} bytes a poll")
            return
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        each = worked / POLLS * 1e6
        print(f"{name}: {POLLS} polls in {took:.2f} s, of which {worked:.2f} s at work, {each:.0f} µs each")
        print(f"{name}: the process grew by {grown:.0f} MiB")


def main(names: list[str]) -> None:
    """Run what is named, or all; each day in a process of its own, so that its memory is its own."""
    parts = {"sleepers": sleepers, "together": together}
    if names[:1] == ["day"]:
        day(names[1], is_traced=names[2:] == ["traced"])
        return
    for name in names or [*parts, *CLIENTS]:
        if name in parts:
            parts[name]()
            continue
        for more in ((), ("traced",)):
            # a bare environment: requests looks through all of it at each request
            environment = {"PATH": os.environ["PATH"]}
            subprocess.run([sys.executable, __file__, "day", name, *more], check=True, env=environment)


if __name__ == "__main__":
    main(sys.argv[1:])

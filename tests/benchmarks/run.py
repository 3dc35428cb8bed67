"""The benchmarks: each prints its figures, and the ratios that may be compared."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import requests
from werkzeug.test import Client

from fakejobs import FakeJobs

JOB = "57b5aa3b046abfb053d80b52"
ONLY_THIS = ("-p", "fakejobs.pytest_plugin")
ONLY_FAKER = ("-p", "faker.contrib.pytest.plugin")
ONLY_PEER = ("-p", "pytest_httpserver.pytest_plugin")


def pytest_run(folder: Path, *options: str) -> float:
    """Return the seconds that a pytest process takes, with no plugins but those named, and a bare environment.

    requests looks through all of the environment at each request, and through the system's users where it has no home:
    time of its own, and of nobody else's.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begun
    if done.returncode not in (0, 5):  # 5: nothing was collected
        sys.exit(done.stdout + done.stderr)
    return took


def project(text: str, **files: str) -> Path:
    """Return a new folder that holds a test file, and other files by name."""
    folder = Path(tempfile.mkdtemp(prefix="fakejobs-benchmark-"))
    (folder / "test_it.py").write_text(textwrap.dedent(text), encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(content), encoding="utf-8")
    return folder


def paired(rounds: int, *runs: Callable[[], float]) -> list[list[float]]:
    """Return each run's seconds in each round; the order turns from round to round, a first round is thrown away."""
    times: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        order = list(range(len(runs)))
        for which in order[number % len(runs) :] + order[: number % len(runs)]:
            took = runs[which]()
            if number:
                times[which].append(took)
    return times


def startup() -> None:
    """The plugin, loaded and not used; and the one that comes with Faker, which is installed with fakejobs.

    Both against a plugin with nothing in it: to load any by its name, pytest looks through all that is installed.
    """
    folder = project("def test_it(): pass", nothing="")
    bare, loaded, other = paired(
        10,
        lambda: pytest_run(folder, "-p", "nothing"),
        lambda: pytest_run(folder, *ONLY_THIS),
        lambda: pytest_run(folder, *ONLY_FAKER),
    )
    print(f"startup: pytest with an empty plugin {statistics.median(bare) * 1000:.0f} ms;", end=" ")
    print("median of 10 paired differences")
    for name, times in (("with the plugin", loaded), ("with Faker's own, which -p no:faker leaves out", other)):
        differences = [(b - a) * 1000 for a, b in zip(bare, times, strict=True)]
        fastest = (min(times) - min(bare)) * 1000
        print(f"  {name} {statistics.median(differences):+.1f} ms, fastest against fastest {fastest:+.1f} ms")


def fixture() -> None:
    """The fixture, one reply over its socket, and its end, beyond an empty test."""
    number = 200
    empty = project(f"import pytest\n@pytest.mark.parametrize('n', range({number}))\ndef test_it(n): pass\n")
    asking = project(
        f"""
        import http.client, pytest
        @pytest.mark.parametrize('n', range({number}))
        @pytest.mark.fakejobs("conversio/happy-path")
        def test_it(fakejobs, n):
            connection = http.client.HTTPConnection(fakejobs.url[7:])
            connection.request("GET", "/api/v1/async-jobs/{JOB}", headers=fakejobs.credentials())
            assert connection.getresponse().read()
            connection.close()
        """
    )
    once = project((asking / "test_it.py").read_text().replace(f"range({number})", "range(1)"))
    without, first, with_it = paired(
        5,
        lambda: pytest_run(empty, *ONLY_THIS),
        lambda: pytest_run(once, *ONLY_THIS),
        lambda: pytest_run(asking, *ONLY_THIS),
    )
    beyond = statistics.median((b - f) - (a - e) for a, f, b, e in zip(without, first, with_it, first, strict=True))
    each = statistics.median((b - f) / (number - 1) * 1000 for f, b in zip(first, with_it, strict=True))
    plain = statistics.median(without) / number * 1000
    print(f"fixture: {each:.2f} ms a test with the fixture, a reply and the end of both;", end=" ")
    print(f"an empty test at most {plain:.2f} ms")
    print(f"  ({number} tests against 1 in the same file, medians of 5; {beyond:.2f} s in all beyond the empty ones)")


def week() -> None:
    """A job of a week, polled every hour."""
    steps = [{"state": "queued", "for": {"days": 1}}, {"state": "started", "for": {"days": 6}}, {"state": "done"}]
    scenario = {"dialect": "conversio", "jobs": [{"id": JOB, "steps": steps}]}

    def over_socket() -> float:
        with FakeJobs() as fake, requests.Session() as session:
            fake.play(scenario)
            url, headers = f"{fake.url}/api/v1/async-jobs/{JOB}", fake.credentials()
            return polls(fake, lambda: session.get(url, headers=headers).json())

    def through_wsgi() -> float:
        with FakeJobs() as fake:
            fake.play(scenario)
            client, headers = Client(fake.app), fake.credentials()
            return polls(fake, lambda: client.get(f"/api/v1/async-jobs/{JOB}", headers=headers).json)

    socket, wsgi = (statistics.median(times) for times in paired(9, over_socket, through_wsgi))
    for name, took in (("over the socket, with requests", socket), ("through the WSGI callable", wsgi)):
        print(f"week: 168 hourly polls {name}: {took * 1000:.0f} ms in all, {took / 169 * 1e6:.0f} us a poll")
    print(f"  WSGI against socket {wsgi / socket:.2f}")


def polls(fake: FakeJobs, look: Callable[[], object]) -> float:
    """Poll every hour until the job is done; return the seconds it took."""
    begun = time.perf_counter()
    while "done" not in str(look()):
        fake.clock.sleep(3600)
    took = time.perf_counter() - begun
    assert fake.job(JOB).polls == 169
    return took


POLLER = f"""
import requests
def follow(url, headers, sleep):
    with requests.Session() as session:
        seen = []
        while not seen or seen[-1]["status"] != "done":
            if seen:
                sleep(10)
            seen.append(session.get(f"{{url}}/api/v1/async-jobs/{JOB}", headers=headers).json()["data"])
        return seen
"""


def suite() -> None:
    """500 tests, each polling a job of three states to its end."""
    ours = project(
        """
        import pytest
        from poller import follow
        @pytest.mark.parametrize('n', range(500))
        @pytest.mark.fakejobs("three.json")
        def test_it(fakejobs, n):
            seen = follow(fakejobs.url, fakejobs.credentials(), fakejobs.clock.sleep)
            assert ["startedAt" in job for job in seen] == [False, True, True]
            assert seen[-1]["status"] == "done"
        """,
        poller=POLLER,
    )
    (ours / "three.json").write_text(
        '{"dialect": "conversio", "jobs": [{"id": "' + JOB + '", "steps": [{"state": "queued", "for": {"seconds": 10}},'
        ' {"state": "started", "for": {"seconds": 10}}, {"state": "done"}]}]}'
    )
    peer = project(
        f"""
        import pytest
        from poller import follow
        JOB = {{"id": "{JOB}", "kind": "newsletter-recipients", "status": "pending"}}
        STARTED = {{**JOB, "startedAt": "2026-01-01T00:00:10.000Z"}}
        DONE = {{**STARTED, "status": "done", "completedAt": "2026-01-01T00:00:20.000Z", "result": "http://x/y.csv"}}
        @pytest.mark.parametrize('n', range(500))
        def test_it(httpserver, n):
            for job in (JOB, STARTED, DONE):
                httpserver.expect_ordered_request("/api/v1/async-jobs/{JOB}").respond_with_json({{"data": job}})
            seen = follow(httpserver.url_for(""), {{"X-ApiKey": "key-default"}}, lambda seconds: None)
            httpserver.check()
            assert ["startedAt" in job for job in seen] == [False, True, True]
            assert seen[-1]["status"] == "done"
        """,
        poller=POLLER,
    )
    this, that = paired(15, lambda: pytest_run(ours, *ONLY_THIS), lambda: pytest_run(peer, *ONLY_PEER))
    ratios = sorted(a / b for a, b in zip(this, that, strict=True))
    print(f"suite: 500 tests: fakejobs {statistics.median(this):.2f} s,", end=" ")
    print(f"pytest-httpserver {statistics.median(that):.2f} s;")
    print(
        f"  15 paired ratios, from {ratios[0]:.2f} to {ratios[-1]:.2f}: median {statistics.median(ratios):.3f}", end=" "
    )
    # whatever the noise is like, a median lies between the fourth and the fourth last of 15 in 96 runs of 100
    print(f"({ratios[3]:.2f} to {ratios[-4]:.2f}); fastest against fastest {min(this) / min(that):.2f}")


def main() -> None:
    """Run those that are named, or all."""
    known = {each.__name__: each for each in (startup, fixture, week, suite)}
    for name in sys.argv[1:] or known:
        known[name]()


if __name__ == "__main__":
    main()

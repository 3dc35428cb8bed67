"""Serving: to clients in any language, at any pace, with a control beside what is played."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakejobs import serve as serving
from fakejobs.errors import UsageError

JOB = "57b5aa3b046abfb053d80b52"
DATED = {
    "dialect": "conversio",
    "clock": "2020-02-02T00:00:00Z",
    "jobs": [{"id": JOB, "steps": [{"state": "queued"}]}],
}


class Served:
    """A serving thread, its address, and a client for it."""

    def __init__(self, scenarios: list[str | Path], **options: Any) -> None:
        self._over = threading.Event()
        said: list[str] = []
        listening = threading.Event()

        def say(line: str) -> None:
            said.append(line)
            listening.set()

        settings: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "speed": None, "dialects": []}
        arguments = {**settings, **options, "say": say, "until": self._over.wait}
        self._thread = threading.Thread(target=serving.serve, args=(scenarios,), kwargs=arguments)
        self._thread.start()
        assert listening.wait(30)
        self.url = said[0].removeprefix("listening on ")

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, data=body, headers={"X-ApiKey": "key-default"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def served() -> Iterator[Served]:
    serving = Served(["conversio/happy-path"])
    yield serving
    serving.stop()


def test_serve_plays_to_clients_and_time_stands_until_it_is_moved(served: Served) -> None:
    status, text = served.ask(f"/api/v1/async-jobs/{JOB}")
    assert (status, json.loads(text)["data"]["status"]) == (200, "pending")
    before = json.loads(served.ask("/__fakejobs__/clock")[1])["now"]
    after = json.loads(served.ask("/__fakejobs__/advance", b'{"minutes": 6}')[1])["now"]
    assert before < after
    assert json.loads(served.ask(f"/api/v1/async-jobs/{JOB}")[1])["data"]["status"] == "done"


def test_serve_shows_jobs_and_timeline_and_resets(served: Served) -> None:
    served.ask(f"/api/v1/async-jobs/{JOB}")
    jobs = json.loads(served.ask("/__fakejobs__/jobs")[1])
    assert jobs == [{"id": JOB, "tenant": "default", "app": None, "state": "queued", "polls": 1, "seen": ["pending"]}]
    assert "timeline of conversio/happy-path" in served.ask("/__fakejobs__/timeline")[1]
    assert served.ask("/__fakejobs__/reset", b"")[0] == 200
    assert json.loads(served.ask("/__fakejobs__/jobs")[1])[0]["polls"] == 0


def test_serve_tells_by_what_headers_each_tenant_and_app_can_speak() -> None:
    served = Served(["conversio/two-tenants", "wix-media-platform/happy-path"])
    try:
        found = json.loads(served.ask("/__fakejobs__/credentials")[1])
        assert {vendor: list(holders) for vendor, holders in found.items()} == {
            "conversio": ["shop-a", "shop-a/app-1", "shop-a/app-2", "shop-b", "shop-b/app-1"],
            "wix-media-platform": ["project-a", "project-a/app-a"],
        }
        request = urllib.request.Request(f"{served.url}/api/v1/async-jobs", headers=found["conversio"]["shop-b"])
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert reply.status == 200
    finally:
        served.stop()


def test_serve_explains_its_control_and_refuses_what_it_does_not_know(served: Served) -> None:
    assert "POST /__fakejobs__/advance" in served.ask("/__fakejobs__/")[1]
    assert served.ask("/__fakejobs__/advnace", b"{}")[0] == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[1]", "found [1]"),
        (b"7", "found 7"),
        (b"{}", "found {}"),
        (b"", "the body:1:1: found nothing; right would be a JSON document"),
        (b"hours=1", 'the body:1:1: found `hours` without quotes; right would be `"hours"`'),
        (b"{broken", 'the body:1:2: found `broken` without quotes; right would be `"broken"`'),
        (b"\xff", "the body:1:1: found the byte 0xFF, which is not UTF-8; right would be UTF-8 text"),
        (b"[" * 100_000, "the body:1:201: this is nested too deeply; right would be 200 levels at most"),
        (b'{"hour": 1}', "there is no unit `hour`; did you mean `hours`?"),
        (b'{"weeks": 1}', "there is no unit `weeks`; there are `seconds`, `minutes`, `hours` or `days`"),
        (b'{"hours": -1}', "time does not run backwards: found hours=-1; give 0 or more in all"),
        (b'{"hours": "1"}', "found hours='1'; give a finite number, say 1"),
    ],
)
def test_serve_refuses_what_says_no_span_of_time(served: Served, body: bytes, said: str) -> None:
    status, text = served.ask("/__fakejobs__/advance", body)
    assert status == 400
    assert text.startswith(f'the body has to be like {{"hours": 1}}: {said}')


def test_serve_starts_now_unless_a_scenario_says_when(tmp_path: Path) -> None:
    dated = tmp_path / "dated.json"
    dated.write_text(json.dumps(DATED), encoding="utf-8")
    serving = Served([dated])
    try:
        assert json.loads(serving.ask("/__fakejobs__/clock")[1])["now"] == "2020-02-02T00:00:00+00:00"
    finally:
        serving.stop()


def test_serve_lets_time_run_as_fast_as_it_is_told() -> None:
    serving = Served(["conversio/happy-path"], speed=10_000.0)
    try:
        statuses = set()
        while "done" not in statuses:
            statuses.add(json.loads(serving.ask(f"/api/v1/async-jobs/{JOB}")[1])["data"]["status"])
    finally:
        serving.stop()


def test_serve_refuses_a_port_that_is_taken(served: Served) -> None:
    with pytest.raises(UsageError, match="in use"):
        serving.serve(
            ["conversio/happy-path"],
            host="127.0.0.1",
            port=int(served.url.rpartition(":")[2]),
            speed=1.0,
            dialects=[],
            say=print,
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_is_over_when_the_process_is_interrupted(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        signal.raise_signal(number)

    settings: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "speed": None, "dialects": []}
    serving.serve(["conversio/happy-path"], **settings, say=say)
    assert said[0].startswith("listening on http://127.0.0.1:")
    assert signal.getsignal(number) is before


def test_serve_goes_on_after_a_signal_that_somebody_else_handles() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with serving.interruption() as wait:
            signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGINT)
            wait()
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGUSR1, signal.SIGTERM]


@pytest.mark.parametrize("moment", range(1, 13))
def test_an_interruption_is_heard_whatever_the_waiting_has_come_to(moment: int) -> None:
    # a handler runs in the thread that waits, between any two of its calls: a lock held there would never be free
    calls = itertools.count(1)

    def interrupt(*_: object) -> None:
        if next(calls) == moment:
            signal.raise_signal(signal.SIGINT)

    with serving.interruption() as wait:
        later = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))  # where it waits before that moment
        later.start()
        sys.setprofile(interrupt)
        try:
            wait()
        finally:
            sys.setprofile(None)
            later.cancel()
            later.join()
    assert next(calls) > 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_in_peace_when_it_is_interrupted(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "fakejobs", "serve", "conversio/happy-path", "--speed", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
            process.send_signal(number)
            _, error = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, error) == (0, "")

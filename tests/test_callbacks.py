"""Callbacks: the end of a job is told to whom its creator named, at its instant, and what comes of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs, SystemClock
from fakejobs.callbacks import posted
from fakejobs.expectations import findings
from fakejobs.journal import Delivery, Request

VENDOR = "wix-media-platform"
LIFE = [{"state": "working", "for": {"seconds": 12}}, {"state": "success"}]
STILL = 10
"""Real seconds to wait for what has to come."""


class Receiver(HTTPServer):
    """Takes callbacks: what came, the instant on the fake's clock, and the state that the job was seen in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake: FakeJobs | None = None
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.came: Queue[dict[str, Any]] = Queue()
        self.url = f"http://127.0.0.1:{self.server_port}/done?a=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fake = self.server.fake
        assert fake is not None
        seen = {"at": fake.clock.now().isoformat(), "seen": fake.job(body["job"]["id"]).state, "path": self.path}
        self.server.came.put({**body, **seen, "headers": dict(self.headers)})
        self.server.may_answer.wait(STILL)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody needs to know."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(STILL)
    server.server_close()


def playing(receiver: Receiver, *jobs: dict[str, Any], **more: Any) -> FakeJobs:
    """A fake with jobs that call the receiver back, unless they say otherwise."""
    called = [{"body": {"callback": {"url": receiver.url}}, "steps": LIFE, **job} for job in jobs]
    clock = more.pop("clock", None)
    receiver.fake = FakeJobs(strict=False, clock=clock).play({"dialect": VENDOR, "jobs": called, **more})
    return receiver.fake


def test_a_callback_comes_at_the_instant_of_the_end_though_the_test_advances_past_it(receiver: Receiver) -> None:
    with playing(receiver, {}) as fake:
        fake.clock.advance(hours=1)
        came = receiver.came.get_nowait()
        assert came["at"] == "2026-01-01T00:00:12+00:00"
        assert (came["job"]["status"], came["seen"], came["path"]) == ("success", "success", "/done?a=1")
        assert came["job"]["result"]["code"] == 0
        assert "attachment" not in came
        assert came["headers"]["Content-Type"] == "application/json"
        assert receiver.came.empty()
        (delivery,) = fake.world.journal.deliveries
        assert (delivery.at.isoformat(), delivery.status, delivery.reason) == (came["at"], 200, "")
        assert findings(fake.world, frozenset({"requests"})) == ()


def test_what_the_creator_asked_for_goes_with_it(receiver: Receiver) -> None:
    wanted = {"url": receiver.url, "attachment": {"order": 7}, "headers": {"X-Key": "k", "Content-Length": "9"}}
    body = {"sourceUrl": "https://a.example/b", "destination": {"directory": "/a"}, "jobCallback": wanted}
    with playing(receiver) as fake:
        made = Client(fake.app).post("/_api/import/file", json=body, headers=fake.credentials())
        fake.clock.sleep(60)  # a client's own sleep comes by it as well
        came = receiver.came.get_nowait()
        assert (came["at"], came["attachment"], came["headers"]["X-Key"]) == (
            "2026-01-01T00:00:12+00:00",
            {"order": 7},
            "k",
        )
        assert made.json is not None
        assert came["job"]["id"] == made.json["payload"]["id"]
        assert came["job"]["callback"] == wanted
        assert fake.clock.now().isoformat() == "2026-01-01T00:01:00+00:00"


def test_jobs_of_one_group_are_told_one_by_one_in_order(receiver: Receiver) -> None:
    steps = [[{"state": "working", "for": {"seconds": seconds}}, {"state": "success"}] for seconds in (3, 1, 2)]
    with playing(receiver, *({"id": f"g_{number}", "steps": each} for number, each in enumerate(steps))) as fake:
        fake.clock.advance_to_next_event()
        assert [receiver.came.get_nowait()["job"]["id"]] == ["g_1"]
        fake.clock.advance(seconds=5)
        assert [receiver.came.get_nowait()["job"]["id"] for _ in range(2)] == ["g_2", "g_0"]


def test_a_sleeper_of_the_same_instant_wakes_when_the_callback_is_over(receiver: Receiver) -> None:
    receiver.status = 500
    states: Queue[str] = Queue()
    with playing(receiver, {"id": "g_1"}) as fake:

        def sleep() -> None:
            fake.clock.sleep(12)
            states.put(fake.job("g_1").state)

        asleep = threading.Thread(target=sleep)
        asleep.start()
        asleep.join(STILL)
        assert states.get_nowait() == "error"


def test_a_callback_that_fails_ends_the_job_in_an_error_that_holds_its_result(receiver: Receiver) -> None:
    receiver.status = 503
    own = {"state": "success", "body": {"result": {"message": "fine"}, "flowId": "f"}}
    with playing(receiver, {"id": "g_1", "steps": [LIFE[0], own]}) as fake:
        fake.clock.advance(minutes=1)
        job = fake.job("g_1")
        assert (job.state, job.phase) == ("error", "failed")
        result = job.document["result"]
        assert (result["code"], result["message"]) == (2, "Job callback failed")
        assert result["payload"]["jobResult"] == receiver.came.get_nowait()["job"]["result"]
        assert job.document["flowId"] == "f"
        assert job.document["dateUpdated"] == "2026-01-01T00:00:12Z"
        assert "(callback)    > POST " in fake.timeline()
        assert "has ended; failed: answered 503" in " ".join(fake.timeline().split())


def test_a_callback_beyond_this_machine_is_not_sent_unless_the_scenario_says_so(receiver: Receiver) -> None:
    for url in ("http://unknown.invalid/done", "http://[::1/done"):
        with playing(receiver, {"id": "g_1", "body": {"callback": {"url": url}}}) as fake:
            fake.clock.advance(minutes=1)
            (delivery,) = fake.world.journal.deliveries
            assert delivery.is_refused
            assert delivery.reason.startswith("not sent: ")
            assert findings(fake.world, frozenset({"requests"})) == (
                f"callback of job g_1 to {url}: {delivery.reason}",
            )
            assert fake.job("g_1").state == "success"
    far = {"id": "g_1", "body": {"callback": {"url": "http://unknown.invalid:99999/done"}}}
    with playing(receiver, far, options={"outsideCallbacks": True}) as fake:
        fake.clock.advance(minutes=1)
        (delivery,) = fake.world.journal.deliveries
        assert delivery.reason.startswith("failed: ValueError")
        assert fake.job("g_1").state == "error"


def test_an_end_by_hand_or_by_a_look_is_told_at_once(receiver: Receiver) -> None:
    looks = [{"state": "working", "for": {"polls": 1}}, {"state": "success"}]
    waits = [{"state": "pending", "for": "release"}, {"state": "success"}]
    jobs = ({"id": "g_1"}, {"id": "g_2", "steps": looks}, {"id": "g_3", "steps": waits})
    with playing(receiver, *jobs) as fake:
        fake.job("g_1").finish()
        assert receiver.came.get(timeout=STILL)["job"]["id"] == "g_1"
        Client(fake.app).get("/_api/jobs/g_2", headers=fake.credentials())
        assert receiver.came.get(timeout=STILL)["job"]["id"] == "g_2"
        fake.job("g_3").release()
        assert receiver.came.get(timeout=STILL)["at"] == "2026-01-01T00:00:00+00:00"
        fake.clock.advance(hours=1)
        assert receiver.came.empty()


def test_a_fake_that_is_closed_has_waited_for_its_callbacks(receiver: Receiver) -> None:
    receiver.may_answer.clear()
    body = {"callback": {"url": receiver.url, "headers": {"content-type": "text/x-json"}}}
    with playing(receiver, {"id": "g_1", "body": body}) as fake:
        fake.job("g_1").finish()
        assert receiver.came.get(timeout=STILL)["headers"]["content-type"] == "text/x-json"
        threading.Timer(0.02, receiver.may_answer.set).start()
        fake.close()
        assert [each.status for each in fake.world.journal.deliveries] == [200]


def test_a_job_that_is_held_is_told_when_it_really_ends(receiver: Receiver) -> None:
    with playing(receiver, {"id": "g_1"}) as fake:
        fake.job("g_1").hold()
        fake.clock.advance(hours=1)
        assert receiver.came.empty()
        fake.job("g_1").release()
        fake.clock.advance(hours=1)
        assert receiver.came.get_nowait()["at"] == "2026-01-01T01:00:12+00:00"


def test_what_was_over_when_it_was_made_is_told_to_nobody_and_after_a_reset_nobody_is_called(
    receiver: Receiver,
) -> None:
    with playing(receiver, {"created": {"days": -1}}, {}) as fake:
        fake.clock.advance(seconds=5)
        fake.reset()
        fake.clock.advance(hours=1)
        assert receiver.came.empty()


def test_a_callback_that_a_step_alone_names_is_made_too(receiver: Receiver) -> None:
    last = {"state": "success", "body": {"callback": {"url": receiver.url}}}
    nobody = [LIFE[0], {"state": "success", "body": {"callback": None}}]
    with playing(receiver, {"id": "g_1", "body": {}, "steps": [LIFE[0], last]}, {"id": "g_2", "steps": nobody}) as fake:
        fake.clock.advance(minutes=1)
        assert receiver.came.get_nowait()["job"]["id"] == "g_1"
        assert receiver.came.empty()
        assert [each.job for each in fake.world.journal.deliveries] == ["g_1"]


def test_on_a_real_clock_it_comes_when_the_clock_reads_the_instant(receiver: Receiver) -> None:
    with playing(receiver, {"id": "g_1"}, clock=SystemClock(100)) as fake:
        assert receiver.came.get(timeout=STILL)["job"]["status"] == "success"
        assert fake.job("g_1").state == "success"


def test_in_a_loop_the_clock_waits_for_a_receiver_that_runs_in_that_loop() -> None:
    async def run() -> list[str]:
        came: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            came.append(fake.clock.now().isoformat())
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        body = {"callback": {"url": url}}
        jobs = [{"id": f"g_{number}", "body": body, "steps": LIFE} for number in (1, 2)]
        fake = FakeJobs(strict=False).play({"dialect": VENDOR, "jobs": jobs})
        await fake.clock.aadvance(minutes=5)
        assert [job.state for job in fake.jobs] == ["success", "success"]
        fake.play({"dialect": VENDOR, "jobs": [{"id": "h_1", "body": body, "steps": LIFE}]})
        await fake.clock.asleep(60)
        assert fake.job("h_1").state == "success"
        fake.close()
        server.close()
        await server.wait_closed()
        return came

    assert asyncio.run(run()) == ["2026-01-01T00:00:12+00:00"] * 2 + ["2026-01-01T00:05:12+00:00"]


def test_a_job_that_is_made_when_the_clock_is_closed_is_told_to_nobody(receiver: Receiver) -> None:
    with playing(receiver) as fake:
        fake.clock.close()
        fake.play({"dialect": VENDOR, "jobs": [{"body": {"callback": {"url": receiver.url}}, "steps": LIFE}]})
        assert len(fake.jobs) == 1


def test_a_host_that_answers_nothing_or_no_http_has_failed() -> None:
    for target, said in (
        ("http://127.0.0.1:1/", "failed: ConnectionRefusedError"),
        ("https://127.0.0.1:1", "failed: ConnectionRefusedError"),
        ("http://127.0.0.1:x/", "failed: ValueError"),
        ("http://", "failed: "),
    ):
        request = Request(method="POST", target=target, headers=(), body=b"{}")
        status, reason = posted(request)
        assert status is None
        assert reason.startswith(said)


def test_a_line_of_the_timeline_that_is_long_is_cut_and_one_that_begins_late_breaks(receiver: Receiver) -> None:
    with playing(receiver, {"id": "g_1", "created": {"days": 1111, "hours": 11, "minutes": 11}}) as fake:
        request = Request(method="POST", target="http://127.0.0.1/" + "a" * 90, headers=(), body=b"")
        fake.world.journal.tell(Delivery(fake.clock.instant(), "t", None, "g_1", request, None, "why"))
        fake.clock.advance(days=1111, hours=11, minutes=11, seconds=12)
        assert all(len(line) <= 80 for line in fake.timeline().splitlines())
        assert "no answer" in fake.timeline()
        assert "\n+1111d11h11m12s\n" in fake.timeline()

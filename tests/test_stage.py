"""The stage: it holds the world of the moment, and keeps no fake alive."""

from __future__ import annotations

import gc
import weakref

import requests

from fakejobs import FakeJobs
from fakejobs.clock import Move
from fakejobs.stage import Stage
from fakejobs.world import World


def test_what_the_clock_tells_is_written_down_in_the_world_of_the_moment() -> None:
    stage = Stage()
    first = stage.present()
    stage.heard(Move(before=0, after=1, why="sleep"))
    stage.world = World()
    stage.heard(Move(before=1, after=3, why="sleep"))
    assert [move.after for move in first.journal.records if isinstance(move, Move)] == [1]
    assert stage.present().journal.records == [Move(before=1, after=3, why="sleep")]
    assert stage.next_event(0) is None


def test_a_fake_that_is_closed_and_let_go_is_gone_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        fake = FakeJobs(strict=False).play("conversio/happy-path")
        requests.get(fake.url, timeout=5)
        fake.clock.sleep(1)
        fake.close()
        gone = [weakref.ref(each) for each in (fake, fake.world, fake.clock)]
        del fake
        assert [each() for each in gone] == [None, None, None]
    finally:
        gc.enable()


def test_nothing_of_a_fake_that_was_polled_is_left_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with FakeJobs().play("conversio/happy-path") as fake, requests.Session() as session:
            url, headers = f"{fake.url}/api/v1/async-jobs/57b5aa3b046abfb053d80b52", fake.credentials()
            statuses = [session.get(url, headers=headers, timeout=5).json()["data"]["status"]]
            fake.clock.sleep(30)
            statuses.append(session.get(url, headers=headers, timeout=5).json()["data"]["status"])
            assert statuses == ["pending", "pending"]
        del fake
        gc.collect()
        ours = {
            type(each).__name__ for each in gc.garbage if type(each).__module__.startswith(("fakejobs", "httptools"))
        }
        assert ours == set()
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()

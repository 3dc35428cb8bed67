"""The timeline as a picture: what is drawn where, and that whatever happened can be drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playing import LIFE, A, B, conversio, get

from fakejobs import FakeJobs
from fakejobs.journal import Delivery, Request
from fakejobs.picture import MOST_ROWS
from fakejobs.picture.axis import Axis
from fakejobs.picture.shapes import COLOURS
from fakejobs.population import Job

SVG = "{http://www.w3.org/2000/svg}"
PATH = f"/api/v1/async-jobs/{A}"
FAULTED = [*LIFE[:2], {"fault": {"status": 503}, "for": {"polls": 1}}, LIFE[2]]


def drawn(fake: FakeJobs) -> ElementTree.Element:
    return ElementTree.fromstring(fake.timeline_svg())


def said(root: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def told(root: ElementTree.Element, shape: str) -> list[str]:
    """What each shape of a kind tells when one points at it, from left to right."""
    return [title.text or "" for each in root.iter(SVG + shape) for title in each.iter(f"{SVG}title")]


def bars(root: ElementTree.Element) -> list[tuple[str, float, float]]:
    """The fill, the left and the right of each bar."""
    found = [each for each in root.iter(f"{SVG}rect") if each.find(f"{SVG}title") is not None]
    return [(each.get("fill", ""), float(each.get("x", 0)), float(each.get("width", 0))) for each in found]


def test_a_job_is_a_row_of_bars_in_the_colours_of_its_phases() -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    fake.clock.advance(days=8)
    root = drawn(fake)
    assert [fill for fill, _, _ in bars(root)] == [
        COLOURS[kind] for kind in ("waiting", "running", "succeeded", "expired")
    ]
    assert all(x + width == pytest.approx(right, abs=0.2) for (_, x, width), (_, right, _) in pairwise(bars(root)))
    assert told(root, "rect") == [
        "queued: 30s, from 0s",
        "started: 5m, from 30s",
        "done: 7d, from 5m30s",
        "out of view: 404",
    ]
    assert {A, "of default", "queued", "started", "done", "0s", "8d"} <= set(said(root))


def test_a_request_is_a_dot_a_refusal_an_empty_one_and_a_fault_a_cross() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": FAULTED}))
    get(fake, PATH)
    fake.clock.advance(minutes=6)
    get(fake, PATH)
    fake.clock.advance(days=8)
    get(fake, PATH)
    root = drawn(fake)
    assert told(root, "circle") == [
        f"0s GET {PATH} → 200",
        f"8d6m GET {PATH} → 404 (it expired at 2026-01-08 00:05:30)",
    ]
    assert [each.get("fill") for each in root.iter(f"{SVG}circle")][:2] == [COLOURS["ink"], "#ffffff"]
    assert told(root, "path") == [f"6m GET {PATH} → 503 (fault at /jobs/0/steps/2: 503)"]


def test_what_is_about_no_job_has_a_row_of_its_own_and_findings_stand_below() -> None:
    fake = FakeJobs().play(conversio({"id": A}, {"id": B}))
    get(fake, "/api/v1/async-jobs")
    get(fake, "/nowhere")
    root = drawn(fake)
    assert "other requests" in said(root)
    assert [line for line in said(root) if line.startswith("unexpected request: GET /nowhere")]
    assert len(told(root, "circle")) == len(told(root, "path")) == 1


def test_a_job_that_is_not_made_yet_is_not_drawn() -> None:
    fake = FakeJobs().play(conversio({"id": A, "created": {"hours": 1}}))
    assert A not in said(drawn(fake))
    fake.clock.advance(hours=2)
    assert A in said(drawn(fake))


def called(fake: FakeJobs, job: Job, status: int | None, reason: str = "", **more: Any) -> None:
    """Write down a callback of a job, as if it had been made now."""
    request = Request(method="POST", target="http://127.0.0.1/done", headers=(), body=b"")
    fake.world.journal.tell(
        Delivery(fake.clock.instant(), job.tenant, job.app, job.id, request, status, reason, **more)
    )


def wedges(root: ElementTree.Element) -> list[tuple[str, str]]:
    """What each callback's mark tells, and how it is filled."""
    paths = [(each.find(f"{SVG}title"), each.get("fill", "")) for each in root.iter(f"{SVG}path")]
    return [(title.text or "", fill) for title, fill in paths if title is not None and fill != "none"]


def test_a_callback_is_a_wedge_on_its_job_s_bar_and_hollow_where_it_failed() -> None:
    fake = FakeJobs(strict=False).play(conversio({"id": A}, {"id": B}))
    assert "callback" not in said(drawn(fake))
    fake.clock.advance(minutes=6)
    first, second = fake.world.jobs
    called(fake, second, 503, "failed: answered 503")
    called(fake, first, 200)
    called(fake, first, None, "not sent: far.example is not this machine", is_refused=True)
    root = drawn(fake)
    assert wedges(root) == [
        ("6m callback to http://127.0.0.1/done → 200", COLOURS["ink"]),
        ("6m callback to http://127.0.0.1/done → no answer (not sent: far.example is not this machine)", "#ffffff"),
        ("6m callback to http://127.0.0.1/done → 503 (failed: answered 503)", "#ffffff"),
    ]
    assert {"callback", "callback that failed, or was not sent"} <= set(said(root))
    assert "other requests" not in said(root)
    heights = [
        each.get("d", "").split()[1].partition("h")[0] for each in root.iter(f"{SVG}path") if "h10" in each.get("d", "")
    ]
    assert [float(each) for each in heights[:3]] == [64, 64, 64 + 46]


def test_a_callback_of_a_job_that_is_not_drawn_stands_with_what_is_about_no_job() -> None:
    fake = FakeJobs(strict=False).play(conversio(*[{} for _ in range(MOST_ROWS + 1)]))
    called(fake, fake.world.jobs[-1], 200)
    root = drawn(fake)
    assert "other requests" in said(root)
    assert len(wedges(root)) == 1


def test_of_many_jobs_the_first_are_drawn_and_the_rest_are_counted() -> None:
    fake = FakeJobs().play(conversio(*[{} for _ in range(MOST_ROWS + 3)]))
    root = drawn(fake)
    assert said(root).count("of default") == MOST_ROWS
    assert "3 more jobs are not drawn" in said(root)


def test_a_fake_that_plays_nothing_can_be_drawn() -> None:
    assert "timeline of nothing" in said(drawn(FakeJobs()))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_client_asks_for_is_drawn_as_xml_that_can_be_read(target: str) -> None:
    fake = FakeJobs(strict=False).play(conversio({"id": A}))
    get(fake, "/a" + target)  # a path that begins with two slashes would be a host for the client
    assert told(drawn(fake), "path") or told(drawn(fake), "circle")


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=30))
@example(list(range(30)))
def test_the_axis_keeps_the_order_of_instants_and_fills_its_width(instants: list[int]) -> None:
    axis = Axis(instants, 100, 900)
    row = sorted(set(instants))
    places = [axis.at(instant) for instant in row]
    assert all(here < there for here, there in pairwise(places))
    assert places[0] == 100
    assert places[-1] == pytest.approx(900 if len(row) > 1 else 100)
    ticks = dict(axis.ticks(apart=64))
    assert ticks[row[0]] == axis.at(row[0])
    assert all(there - here >= 64 for here, there in pairwise(ticks.values()))


@given(st.integers(1, 10**6), st.integers(1, 10**9))
def test_gaps_of_one_length_are_of_one_width(start: int, gap: int) -> None:
    axis = Axis([start, start + gap, start + 2 * gap], 0, 1000)
    assert axis.at(start + gap) == pytest.approx(500)

"""The assertions on polling: exact, for each observer apart, never silent, and each points at what broke it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import acme
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, QUEUED, SECOND, START, STARTED, A, conversio, create, data_of, get, look, read
from werkzeug.test import Client

from fakejobs import ExpectationError, FakeJobs, FakeJobsError, UsageError
from fakejobs.clock import Move, datetime_of
from fakejobs.dialect.formats import http_date
from fakejobs.dialect.model import ReplyTemplate
from fakejobs.jobs import JobHandle
from fakejobs.journal import Entry, Request, Response
from fakejobs.polling import Polling
from fakejobs.scenario.search import Search
from fakejobs.structs import replace
from fakejobs.timeline import WIDTH
from fakejobs.world import World

TENANTS: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}}}, "shop-b": {}}
JOB = {"id": A, "tenant": "shop-a", "app": "app-1"}
SCENARIO = read(conversio(JOB, tenants=TENANTS))
SHOP, APP = "shop-a (api-key)", "shop-a/app-1 (oauth)"


def entry(
    asked: int,
    *,
    lasting: int = 0,
    who: int = 0,
    status: int = 200,
    retry_after: str | None = None,
    state: str = "queued",
    connection: int | None = None,
    worker: str | None = None,
    broken: bool = False,
) -> Entry:
    """A look at job A, so long after the start, by the shop (0) or by its app (1)."""
    words = {"queued": "pending", "started": "pending"}
    shown = f'{{"data": {{"id": "{A}", "status": "{words.get(state, state)}"}}}}' if status == 200 else ""
    return Entry(
        asked=START + asked,
        answered=START + asked + lasting,
        request=Request(
            method="GET",
            target=f"/api/v1/async-jobs/{A}",
            headers=() if worker is None else (("x-worker", worker),),
            body=b"",
        ),
        response=Response(
            status=status,
            headers=() if retry_after is None else (("Retry-After", retry_after),),
            body=shown.encode(),
        ),
        dialect="conversio",
        operation="get-async-job",
        tenant="shop-a",
        app="app-1" if who else None,
        credential="oauth" if who else "api-key",
        job=A,
        state=state if status == 200 or status >= 500 else None,
        faulted=status != 200 or broken,
        broken=broken,
        connection=connection,
    )


def polling(*entries: Entry) -> Polling:
    """What was done with job A, where these exchanges are all that happened."""
    world = World()
    world.play(SCENARIO, START)
    now = START
    for each in sorted(entries, key=lambda each: each.asked):
        if each.asked > now:
            world.journal.moved(Move(before=now, after=each.asked, why="sleep"))
        now = max(now, each.asked)
        world.journal.write(each)
    return JobHandle(world, world.jobs[0], lambda: now, lambda: "").polling


def at(*seconds: float, **more: Any) -> list[Entry]:
    """Looks at job A so many seconds after the start."""
    return [entry(round(each * SECOND), **more) for each in seconds]


def refused(act: Callable[..., object], *arguments: Any, **named: Any) -> ExpectationError:
    """What an assertion raises that does not hold."""
    with pytest.raises(ExpectationError) as caught:
        act(*arguments, **named)
    assert isinstance(caught.value, AssertionError)
    assert all(len(line) <= WIDTH for line in caught.value.timeline.splitlines())
    return caught.value


def holds(act: Callable[..., Polling], *arguments: Any, **named: Any) -> bool:
    """Whether an assertion holds."""
    try:
        act(*arguments, **named)
    except ExpectationError:
        return False
    return True


def pointed(error: ExpectationError) -> list[tuple[str, str]]:
    """The lines at which a timeline points, each with what is said there."""
    lines = error.timeline.splitlines()
    return [
        (line.split()[1], lines[number + 1].strip().removeprefix("<-- here: "))
        for number, line in enumerate(lines)
        if line.startswith("> ")
    ]


GAPS = st.integers(0, 10 * SECOND) | st.sampled_from([0, 1, SECOND])


@st.composite
def histories(draw: st.DrawFn, least: int = 0, *, may_overlap: bool = True) -> list[Entry]:
    """Looks at job A by two observers, in order; some replies take a while, some ask for patience."""
    found: list[Entry] = []
    now = 0
    for _ in range(draw(st.integers(least, 12))):
        now += draw(GAPS) + (0 if may_overlap or not found else found[-1].answered - found[-1].asked)
        found.append(
            entry(
                now,
                lasting=draw(st.sampled_from([0, 0, SECOND, 3 * SECOND])),
                who=draw(st.integers(0, 1)),
                status=draw(st.sampled_from([200, 200, 503, 404])),
                retry_after=draw(st.sampled_from([None, None, "0", "1", "5", "soon"])),
                broken=draw(st.sampled_from([False, False, False, True])),
                state=draw(st.sampled_from(["queued", "started", "done"])),
            )
        )
    return found


def rows(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The looks of each observer apart."""
    entries = list(entries)
    apart = [[each for each in entries if each.credential == name] for name in ("api-key", "oauth")]
    return [row for row in apart if row]


def spans(entries: Iterable[Entry]) -> list[int]:
    """The intervals, computed in the plainest way."""
    return [later.asked - earlier.answered for row in rows(entries) for earlier, later in pairwise(row)]


# ------------------------------------------------------------------ what is seen


@given(histories())
def test_intervals_are_what_a_plain_computation_over_the_journal_gives(entries: list[Entry]) -> None:
    view = polling(*entries)
    assert sorted(view.intervals) == sorted(span / SECOND for span in spans(entries))
    assert view.polls == tuple(entries)


@given(histories())
def test_each_observer_alone_has_its_own_intervals_in_order(entries: list[Entry]) -> None:
    views = polling(*entries).observers
    alone = {view.polls[0].credential: view.intervals for view in views}
    assert alone == {row[0].credential: tuple(span / SECOND for span in spans(row)) for row in rows(entries)}


def test_intervals_stand_in_the_order_of_the_polls_that_end_them() -> None:
    view = polling(*at(0, 10, 30), *at(1, 2, 12, who=1))
    assert view.intervals == (1.0, 10.0, 10.0, 20.0)


def test_intervals_equal_what_one_writes() -> None:
    assert polling(*at(0, 0.1, 60.1, 60.100001)).intervals == (0.1, 60.0, 0.000001)


def test_an_interval_begins_with_the_end_of_a_reply() -> None:
    assert polling(entry(0, lasting=4 * SECOND), entry(5 * SECOND)).intervals == (1.0,)


def test_a_view_does_not_change_and_says_what_it_is_of() -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    before = fake.job(A).polling
    look(fake, A)
    assert (len(before.polls), len(fake.job(A).polling.polls)) == (0, 1)
    assert repr(fake.job(A).polling) == f"<polling of job {A}: 1 poll>"
    with pytest.raises(AttributeError):
        before.record = fake.job(A).polling.record  # type: ignore[misc]


@given(histories(least=3))
def test_what_holds_returns_the_very_view(entries: list[Entry]) -> None:
    view = polling(*entries)
    acts: list[Callable[[], Polling]] = [
        lambda: view.at_most(len(entries)),
        lambda: view.no_faster_than(0),
        view.honours_retry_after,
        view.backs_off,
        view.stops_at_terminal,
    ]
    for act in acts:
        if holds(act):
            assert act() is view
    assert view.at_most(12).at_most(12) is view


# ------------------------------------------------------------------ narrowing


@given(histories())
def test_another_observer_s_polls_between_change_nothing_for_this_one(entries: list[Entry]) -> None:
    mine = [each for each in entries if each.credential == "api-key"]
    alone, among = polling(*mine), polling(*entries).by(credential="api-key")
    assert alone.intervals == among.intervals
    for act in (
        lambda view: view.at_most(3),
        lambda view: view.no_faster_than(1),
        lambda view: view.honours_retry_after(),
        lambda view: view.backs_off(),
        lambda view: view.backs_off(min_factor=2, max_interval=3),
        lambda view: view.stops_at_terminal(),
    ):
        assert holds(act, alone) == holds(act, among)


def test_polls_are_picked_by_who_made_them() -> None:
    view = polling(*at(0, 2, connection=7), *at(1, 4, who=1, connection=8))
    assert view.by(tenant="shop-a") is not view
    assert len(view.by(tenant="shop-a").polls) == 4
    assert view.by(app="app-1").intervals == (3.0,)
    assert view.by(credential="oauth", connection=8).intervals == (3.0,)
    assert view.by(connection=7).intervals == (2.0,)
    view.by(tenant="shop-b").at_most(0)
    view.by(app="app-1", connection=7).at_most(0)


def test_nobody_is_picked_by_a_name_that_nobody_has() -> None:
    with pytest.raises(UsageError, match="no credential is called `apikey`; did you mean `api-key`"):
        polling().by(credential="apikey")
    with pytest.raises(UsageError, match="no tenant is called `nobody`; there are `shop-a`"):
        polling().by(tenant="nobody")
    with pytest.raises(UsageError, match="no app is called `app-7`; did you mean `app-1`"):
        polling().by(app="app-7")


def test_nobody_is_picked_by_what_is_no_name() -> None:
    with pytest.raises(UsageError, match="an app is a str; found int 1"):
        polling().by(app=1)  # type: ignore[arg-type]


def test_pollers_of_one_credential_are_told_apart_by_connection() -> None:
    view = polling(*at(0, 60, 120, connection=1), *at(59, 119, 179, connection=2))
    error = refused(view.no_faster_than, 30)
    assert error.findings[1:] == (
        "2 of 5 intervals are like that",
        f"polls by {SHOP} come over 2 connections in turn: "
        "if these are several pollers, tell them apart, as with .per_connection()",
    )
    apart = view.per_connection()
    assert apart.no_faster_than(60) is apart
    assert [each.intervals for each in apart.observers] == [(60.0, 60.0), (60.0, 60.0)]
    assert f"poll 2 by {SHOP} on connection 1 came" in refused(apart.no_faster_than, 61).findings[0]


def test_a_client_that_opens_a_connection_for_each_poll_is_one_observer() -> None:
    view = polling(*[each._replace(connection=number) for number, each in enumerate(at(0, 5, 9))])
    assert view.intervals == (5.0, 4.0)
    assert len(refused(view.no_faster_than, 5).findings) == 1
    assert view.per_connection().intervals == ()


def test_pollers_are_told_apart_by_a_header_of_theirs() -> None:
    view = polling(*at(0, 60, worker="one"), *at(1, 61, worker="two"), *at(30)).per_header("X-Worker")
    assert view.intervals == (60.0, 60.0)
    assert [str(each.record.observers[0]) for each in view.observers] == [
        f"{SHOP} with X-Worker: one",
        f"{SHOP} with X-Worker: two",
        f"{SHOP} with X-Worker: nothing",
    ]


def test_what_tells_nobody_apart_is_refused() -> None:
    view = polling(*at(0, 1))
    with pytest.raises(UsageError, match=f"no poll of job {A} came over a socket: there are no connections to tell"):
        view.per_connection()
    with pytest.raises(UsageError, match=f"no poll of job {A} has the header `X-Worker`: it tells nobody apart"):
        view.per_header("X-Worker")
    with pytest.raises(UsageError, match="a header's name is a str; found NoneType None"):
        view.per_header(None)  # type: ignore[arg-type]
    assert polling().per_connection().per_header("X-Worker").polls == ()


@given(histories(), st.integers(0, 60 * SECOND))
def test_since_an_instant_is_from_it_on(entries: list[Entry], after: int) -> None:
    instant = START + after
    kept = [each for each in entries if each.asked >= instant]
    view = polling(*entries)
    for reading in (instant, instant / SECOND, datetime_of(instant)):
        assert view.since(reading).polls == tuple(kept)
    assert sorted(view.since(instant).intervals) == sorted(span / SECOND for span in spans(kept))


@pytest.mark.parametrize("wrong", ["2026-01-01T00:00:00Z", None, True, float("nan"), datetime(2026, 1, 1)])
def test_what_is_no_instant_is_told_what_is_one(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"now\(\), time\(\) or instant\(\) gives|finite number|without a zone"):
        polling().since(wrong)


# ------------------------------------------------------------------ at_most


@given(histories(least=1), st.integers(0, 14))
def test_there_are_at_most_so_many_polls_if_there_are_no_more(entries: list[Entry], n: int) -> None:
    assert holds(polling(*entries).at_most, n) == (len(entries) <= n)


def test_a_poll_too_many_is_pointed_at_and_all_are_counted() -> None:
    view = polling(*at(0, 1, 2), *at(5, who=1))
    error = refused(view.at_most, 2)
    assert error.findings == (
        f"job {A} was polled too often: 4 times in all, 3 times by {SHOP} and 1 time by {APP}; "
        "right would be at most 2",
    )
    assert pointed(error) == [("+2s", "poll 3 in all; right would be at most 2")]
    assert "was polled too often: 1 time by" in str(refused(view.by(app="app-1").at_most, 0))


def test_where_nobody_polled_only_none_at_most_holds() -> None:
    view = polling(*at(0))
    nobody = view.by(tenant="shop-b")
    assert nobody.at_most(0) is nobody
    assert refused(nobody.at_most, 3).findings == (
        f"at_most(3) has nothing to judge: nobody with tenant='shop-b' looked at job {A} by its id; "
        "right would be one poll or more, or at_most(0)",
    )
    assert refused(polling().at_most, 1).timeline.startswith("timeline of")
    later = view.since(START + 1)
    assert later.at_most(3) is later


@pytest.mark.parametrize("wrong", [-1, 2.0, "3", None, True])
def test_at_most_takes_a_number_of_polls(wrong: Any) -> None:
    with pytest.raises(UsageError, match="at_most takes a number of polls, 0 or more; found "):
        polling().at_most(wrong)


# ------------------------------------------------------------------ no_faster_than


@given(histories(least=3, may_overlap=False))
def test_polls_come_no_faster_than_the_shortest_interval_and_not_a_microsecond_slower(entries: list[Entry]) -> None:
    view = polling(*entries)
    assert view.no_faster_than(min(view.intervals)) is view
    assert not holds(view.no_faster_than, (min(spans(entries)) + 1) / SECOND)


def test_a_poll_that_came_too_soon_is_told_with_what_it_came_after() -> None:
    error = refused(polling(*at(0, 60, 60.4, 120, 121)).no_faster_than, 2)
    assert error.findings == (
        f"job {A} was polled too fast: poll 3 by {SHOP} came at +1m0.4s, "
        "0.4s after the reply to poll 2 (ended at +1m); right would be 2s or more",
        "2 of 4 intervals are like that",
    )
    assert pointed(error) == [("+1m0.4s", "0.4s after the reply to poll 2; right would be 2s or more")]
    lines = error.timeline.splitlines()
    before = next(number for number, line in enumerate(lines) if line.startswith("+1m  "))
    assert lines[before + 1] == f"             ^ poll 2 by {SHOP}"


def test_the_place_is_pointed_at_in_the_middle_of_a_long_run() -> None:
    seconds = [*range(500), 499.5, *range(500, 1000)]
    error = refused(polling(*at(*seconds)).no_faster_than, 1)
    assert pointed(error) == [("+8m19.5s", "0.5s after the reply to poll 500; right would be 1s or more")]
    assert len(error.timeline.splitlines()) < 40


def test_a_client_that_waits_in_real_time_is_told_so() -> None:
    how = "pass it fakejobs.clock.sleep, or drive it by fakejobs.clock.drive()"
    hint = f"the client did not sleep on the test's clock; {how}"
    fake = FakeJobs().play(
        conversio(
            {
                "id": A,
                "steps": [{"fault": {"status": 503, "headers": {"Retry-After": "5"}}, "for": {"polls": 1}}, *LIFE],
            }
        )
    )
    for _ in range(2):
        look(fake, A)
    view = fake.job(A).polling
    assert view.no_faster_than(0) is view
    for act in (lambda: view.no_faster_than(1), view.honours_retry_after):
        assert refused(act).findings[-1] == f"the interval is 0s: {hint}"
    look(fake, A)
    view = fake.job(A).polling
    acts: list[Callable[[], Polling]] = [
        view.backs_off,
        lambda: view.backs_off(min_factor=1),
        lambda: view.backs_off(min_factor=2, jitter=0.5),
        lambda: view.no_faster_than(0.1),
        view.honours_retry_after,
    ]
    for act in acts:
        assert refused(act).findings[-1] == f"every interval is 0s: {hint}"


def test_requests_that_overlap_are_told_so() -> None:
    error = refused(polling(entry(0, lasting=5 * SECOND), entry(2 * SECOND)).no_faster_than, 0)
    assert error.findings == (
        f"job {A} was polled too fast: poll 2 by {SHOP} came at +2s, "
        "3s before the end of the reply to poll 1 (ended at +5s); right would be 0s or more",
        f"polls by {SHOP} overlap: if these are several pollers, tell them apart, as with .per_connection()",
    )


@pytest.mark.parametrize("entries", [at(), at(5), [*at(5), *at(6, who=1)]])
def test_fewer_than_two_polls_by_one_observer_have_no_interval(entries: list[Entry]) -> None:
    (said,) = refused(polling(*entries).no_faster_than, 2.5).findings
    assert said.startswith("no_faster_than(2.5) has nothing to judge: ")
    assert said.endswith("; right would be two polls or more by one observer")


def test_a_claim_with_nothing_to_judge_says_since_when() -> None:
    (said,) = refused(polling(*at(0, 1, 5)).since(START + 2 * SECOND).no_faster_than, 1).findings
    assert f"job {A} was polled since +2s 1 time by {SHOP};" in said
    (said,) = refused(polling(*at(0, 1, 5)).since(START + 9 * SECOND).backs_off).findings
    assert f"nobody looked at job {A} by its id since +9s;" in said


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "2", True, None])
def test_no_faster_than_takes_seconds(wrong: Any) -> None:
    with pytest.raises(UsageError, match="found seconds="):
        polling().no_faster_than(wrong)


# ------------------------------------------------------------------ honours_retry_after


@given(histories())
def test_retry_after_is_honoured_if_the_next_poll_waits_for_as_long(entries: list[Entry]) -> None:
    kept = []
    for row in rows(entries):
        for number, each in enumerate(row):
            said = "" if each.broken else each.response.header("Retry-After") or ""
            asked = {"1": SECOND, "5": 5 * SECOND}.get(said)
            later = [poll for poll in row[number + 1 :] if poll.asked >= each.answered]
            if asked and later:
                kept.append(later[0].asked >= each.answered + asked)
    assert holds(polling(*entries).honours_retry_after) == (bool(kept) and all(kept))


@pytest.mark.parametrize("value", ["5", http_date(START + 15 * SECOND)])
@pytest.mark.parametrize("status", [200, 429, 503])
def test_both_forms_are_honoured_to_the_microsecond_with_any_status(value: str, status: int) -> None:
    asking = entry(9 * SECOND, lasting=SECOND, status=status, retry_after=value)
    assert holds(polling(asking, entry(15 * SECOND)).honours_retry_after)
    assert not holds(polling(asking, entry(15 * SECOND - 1)).honours_retry_after)


def test_a_poll_before_the_time_is_told_with_what_was_asked() -> None:
    error = refused(polling(*at(0), *at(10, status=503, retry_after="5"), *at(12, 60)).honours_retry_after)
    assert error.findings == (
        f"job {A} was polled before its Retry-After was over: poll 3 by {SHOP} came at +12s, "
        "2s after the reply to poll 2 (ended at +10s), which said `Retry-After: 5`; right would be 5s or more",
    )
    assert pointed(error) == [("+12s", "2s after the reply to poll 2; right would be 5s or more")]
    assert f"^ poll 2 by {SHOP}, answered with `Retry-After: 5`" in error.timeline


def test_how_many_were_not_honoured_is_told() -> None:
    entries = at(0, 2, 20, 40, status=503, retry_after="5")
    assert len(refused(polling(*entries).honours_retry_after).findings) == 1
    error = refused(polling(*entries, *at(41)).honours_retry_after)
    assert error.findings[1] == "2 of 4 waits are like that"


def test_a_poll_that_was_under_way_could_not_know() -> None:
    asking = entry(0, lasting=10 * SECOND, status=503, retry_after="5")
    view = polling(asking, *at(3, 15))
    assert view.honours_retry_after() is view
    assert not holds(polling(asking, *at(3, 14)).honours_retry_after)


def test_what_a_reply_asked_that_never_came_binds_nobody() -> None:
    lost = at(0, status=503, retry_after="30", broken=True)
    assert "nothing to judge" in str(refused(polling(*lost, *at(1)).honours_retry_after))
    steady = refused(polling(*lost, *at(30, 60, 90)).backs_off)  # the first wait was the client's own
    assert steady.findings[1] == "2 of 2 intervals are like that"


def test_what_one_observer_was_told_binds_no_other() -> None:
    view = polling(*at(0, status=503, retry_after="5"), *at(1, who=1), *at(5))
    assert view.honours_retry_after() is view


def test_the_reply_that_made_the_job_is_honoured_too() -> None:
    slow = {"on": "create", "fault": {"headers": {"Retry-After": "10"}}}
    for wait, honoured in ((10, True), (9.999999, False)):
        fake = FakeJobs().play(conversio(faults=[slow]))
        id = data_of(create(fake))["id"]
        fake.clock.sleep(wait)
        look(fake, id)
        view = fake.job(id).polling
        assert holds(view.honours_retry_after) == honoured
        assert "no reply carried a Retry-After" in str(refused(view.since(START + 1).honours_retry_after))
    error = refused(view.honours_retry_after)
    assert "9.999999s after the reply to the request that made the job (ended at +0s), which said" in str(error)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (at(0, 1), "no reply carried a Retry-After"),
        (
            [*at(0, retry_after="-5"), *at(1)],
            f"the reply to poll 1 by {SHOP} said `Retry-After: -5`, which is neither a whole number of seconds nor an "
            "HTTP date, and so asks for nothing (RFC 9110, 10.2.3)",
        ),
        (
            [*at(0, retry_after="0"), *at(1)],
            f"the reply to poll 1 by {SHOP} said `Retry-After: 0`, which is no time at all, "
            "and so asks for nothing (RFC 9110, 10.2.3)",
        ),
        (
            [*at(0), *at(1, retry_after="5")],
            f"the reply to poll 2 by {SHOP} said `Retry-After: 5`, and no poll of theirs came after it",
        ),
    ],
)
def test_a_retry_after_that_asks_for_nothing_of_anybody_is_not_judged(entries: list[Entry], said: str) -> None:
    first, why = refused(polling(*entries).honours_retry_after).findings
    assert first == (
        f"honours_retry_after() has nothing to judge: job {A} was polled 2 times by {SHOP}; "
        "right would be a poll after a reply whose Retry-After asks for some time"
    )
    assert why == said


def test_of_many_that_ask_for_nothing_a_few_are_told() -> None:
    assert len(refused(polling(*at(*range(50), retry_after="soon")).honours_retry_after).findings) == 4


def test_what_asks_for_nothing_does_not_hide_what_does() -> None:
    assert holds(polling(*at(0, retry_after="x"), *at(1, retry_after="5"), *at(6)).honours_retry_after)


# ------------------------------------------------------------------ backs_off


@given(st.lists(st.integers(1, 10**8), min_size=2, max_size=8))
def test_intervals_that_grow_back_off_and_others_do_not(waits: list[int]) -> None:
    instants = [sum(waits[:number]) for number in range(len(waits) + 1)]
    view = polling(*[entry(instant) for instant in instants])
    assert holds(view.backs_off) == all(before < after for before, after in pairwise(waits))
    assert holds(view.backs_off, min_factor=1) == all(before <= after for before, after in pairwise(waits))


@given(st.floats(0.01, 5), st.floats(1.01, 3), st.floats(0.5, 60), st.integers(3, 12))
def test_a_client_that_backs_off_up_to_its_longest_wait_passes(
    first: float, factor: float, most: float, polls: int
) -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    for number in range(polls):
        look(fake, A)
        fake.clock.sleep(min(first * factor**number, most))
    view = fake.job(A).polling
    assert view.backs_off(min_factor=factor, max_interval=most) is view
    fake.close()


def test_an_interval_that_does_not_grow_is_told_with_the_one_before() -> None:
    error = refused(polling(*at(0, 1, 3, 7, 9.5)).backs_off, min_factor=2)
    assert error.findings == (
        f"job {A} was polled without backing off: poll 5 by {SHOP} came at +9.5s, 2.5s after the reply to poll 4 "
        "(ended at +7s), and the interval before was 4s; right would be 8s or more",
    )
    assert pointed(error) == [("+9.5s", "2.5s after the reply to poll 4; right would be 8s or more")]
    assert [line.strip() for line in error.timeline.splitlines() if "^ " in line] == [
        f"^ poll 3 by {SHOP}",
        f"^ poll 4 by {SHOP}, 4s after the reply to poll 3",
    ]
    steady = refused(polling(*at(0, 60, 120, 180)).backs_off)
    assert steady.findings[0].endswith("and the interval before was 1m; right would be more than 1m")
    assert steady.findings[1] == "2 of 2 intervals are like that"


def test_an_interval_that_a_retry_after_asked_for_is_neither_judged_nor_a_measure() -> None:
    asking = at(3, retry_after="30", status=503)
    view = polling(*at(0, 1), *asking, *at(33, 37, 45))
    assert view.intervals == (1.0, 2.0, 30.0, 4.0, 8.0)
    assert view.backs_off(min_factor=2) is view
    error = refused(polling(*at(0, 1), *asking, *at(33, 35)).backs_off)
    assert error.findings[0].endswith("and the interval before was 2s; right would be more than 2s")
    assert [line.strip() for line in error.timeline.splitlines() if "^ " in line and "fault" not in line] == [
        f"^ poll 2 by {SHOP}",
        f"^ poll 3 by {SHOP}, 2s after the reply to poll 2",
        f"^ poll 4 by {SHOP}",
    ]
    assert not holds(polling(*at(0, 1), *asking, *at(4)).backs_off)
    assert "nothing to judge" in str(refused(polling(*at(0, 2, 4, 6, retry_after="2")).backs_off))
    assert holds(polling(*at(0, 2, 5, 9, retry_after="soon")).backs_off)


def test_each_observer_backs_off_for_itself() -> None:
    view = polling(*at(0, 1, 3, 7), *at(0.5, 2.5, 6.5, who=1), *at(5, 6, who=1, connection=9)[:0])
    assert view.backs_off(min_factor=2) is view
    assert holds(polling(*at(0, 1, 3, 7), *at(5, who=1)).backs_off)
    assert not holds(polling(*at(0, 1, 3, 7), *at(5, 6, 7, who=1)).backs_off)


def test_a_wait_varied_within_the_jitter_passes() -> None:
    view = polling(*at(0, 1.1, 2.9, 7.3))
    assert not holds(view.backs_off, min_factor=2)
    assert view.backs_off(min_factor=2, jitter=0.1) is view


@pytest.mark.parametrize("entries", [at(), at(0), at(0, 5), [*at(0, 5), *at(1, 2, who=1)]])
def test_fewer_than_three_polls_by_one_observer_cannot_back_off(entries: list[Entry]) -> None:
    (said,) = refused(polling(*entries).backs_off).findings
    assert said.startswith("backs_off() has nothing to judge: ")
    assert said.endswith(
        "; right would be three polls or more by one observer, which make two intervals that no Retry-After asked for"
    )


def test_what_is_no_growth_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="min_factor is a number from 1 on"):
        polling().backs_off(min_factor=0.5)


# ------------------------------------------------------------------ stops_at_terminal


@given(histories())
def test_who_has_seen_the_end_or_lost_the_job_from_sight_is_to_stop(entries: list[Entry]) -> None:
    stopped = []
    for row in rows(entries):
        was_seen = False
        for number, each in enumerate(row):
            came = 0 if each.broken else each.response.status
            if (came == 200 and each.state == "done") or (was_seen and came == 404):
                stopped.append(not any(poll.asked >= each.answered for poll in row[number + 1 :]))
                break
            was_seen = was_seen or came == 200
    assert holds(polling(*entries).stops_at_terminal) == (bool(stopped) and all(stopped))


def test_a_poll_after_the_end_is_told_with_what_showed_it() -> None:
    error = refused(polling(*at(0), *at(330, 390, 450, state="done")).stops_at_terminal)
    assert error.findings == (
        f"job {A} was polled on after its end: poll 3 by {SHOP} came at +6m30s, when the reply to poll 2 "
        "(ended at +5m30s) showed it in `done` (succeeded); right would be no poll after poll 2",
        f"2 polls by {SHOP} came after the end",
    )
    assert pointed(error) == [("+6m30s", "polled on after poll 2 showed it in `done` (succeeded)")]
    assert f"^ poll 2 by {SHOP} showed it in `done` (succeeded)" in error.timeline


def test_a_poll_after_a_404_that_followed_a_sighting_is_told() -> None:
    error = refused(polling(*at(0), *at(5, 6, status=404)).stops_at_terminal)
    assert error.findings == (
        f"job {A} was polled on after its end: poll 3 by {SHOP} came at +6s, when the reply to poll 2 "
        "(ended at +5s) was 404, where the job had been seen before; right would be no poll after poll 2",
    )
    assert "^ poll 2 by shop-a (api-key) was 404, where the job had been seen" in error.timeline


def test_a_404_before_the_first_sighting_is_a_job_that_is_not_there_yet() -> None:
    view = polling(*at(0, 1, status=404), *at(2), *at(3, state="done"))
    assert view.stops_at_terminal() is view


def test_a_fault_in_place_of_the_end_is_no_sighting_of_it() -> None:
    view = polling(*at(0), *at(1, 2, status=503, state="done"), *at(3, state="done"))
    assert view.stops_at_terminal() is view


def test_a_poll_that_was_under_way_when_the_end_was_shown_is_forgiven() -> None:
    view = polling(entry(0, lasting=5 * SECOND, state="done"), *at(3, state="done"))
    assert view.stops_at_terminal() is view
    assert not holds(polling(entry(0, lasting=5 * SECOND, state="done"), *at(5, state="done")).stops_at_terminal)


def test_since_an_instant_a_client_may_come_back_once() -> None:
    view = polling(*at(0), *at(300, state="done"), *at(700_000, status=404))
    assert not holds(view.stops_at_terminal)
    assert holds(view.since(START + 600_000 * SECOND).stops_at_terminal)
    assert not holds(polling(*at(0), *at(700_000, 700_001, status=404)).since(START + SECOND).stops_at_terminal)


def test_fetching_the_result_is_no_poll_of_the_state(tmp_path: Path) -> None:
    acme.write(tmp_path, lambda file: file["routes"][-1].pop("counts"))
    with FakeJobs(search=Search(dialects=(tmp_path,))) as fake:
        fake.play({"dialect": "acme-exports", "jobs": [{"id": "abcdefghijkl", "steps": [{"state": "ready"}]}]})
        for path in ("/v2/exports/abcdefghijkl", "/files/abcdefghijkl.csv", "/files/abcdefghijkl.csv"):
            assert get(fake, path).status_code == 200
        view = fake.job("abcdefghijkl").polling
        assert len(view.polls) == 3
        assert view.stops_at_terminal() is view


def test_a_job_that_was_seen_is_gone_with_a_404_a_fault_between_or_not() -> None:
    view = polling(*at(0), *at(1, status=503), *at(2, 3, status=404))
    assert "poll 4 by shop-a (api-key) came at +3s" in str(refused(view.stops_at_terminal))


def test_a_404_that_never_came_is_no_end() -> None:
    view = polling(*at(0), *at(1, status=404, broken=True), *at(2), *at(3, state="done"))
    assert view.stops_at_terminal() is view


@pytest.mark.parametrize("status", [404, 410, 418])
def test_a_job_is_gone_with_a_410_and_with_the_vendor_s_own_status_too(status: int) -> None:
    view = polling(*at(0), *at(1, 2, status=status))
    errors = {**view.record.dialect.errors, "not_found": ReplyTemplate(status=418)}
    record = replace(view.record, dialect=replace(view.record.dialect, errors=errors))
    assert pointed(refused(replace(view, record=record).stops_at_terminal))[0][0] == "+2s"


@pytest.mark.parametrize("entries", [at(), at(0, 1), at(0, status=503, state="done"), at(0, 1, status=404)])
def test_where_no_end_was_ever_seen_there_is_nothing_to_stop_at(entries: list[Entry]) -> None:
    (said,) = refused(polling(*entries).stops_at_terminal).findings
    assert said.startswith("stops_at_terminal() has nothing to judge: ")
    assert said.endswith("; right would be a 2xx reply that shows a terminal state, or a 404 after the job was seen")


# ------------------------------------------------------------------ over the whole way


@pytest.mark.fakejobs("conversio/export-expires")
def test_a_client_that_does_all_right_passes_all(fakejobs: FakeJobs) -> None:
    url, waits = f"{fakejobs.url}/api/v1/async-jobs/{A}", iter((10, 20, 40, 80, 160, 240, 240, 240))
    with requests.Session() as session:
        while True:
            reply = session.get(url, auth=fakejobs.auth("shop-a"), timeout=10)
            if reply.ok and reply.json()["data"]["status"] == "done":
                break
            fakejobs.clock.sleep(max(next(waits), int(reply.headers.get("Retry-After", 0))))
    view = fakejobs.job(A).polling
    assert list(view.intervals) == [10, 20, 40, 80, 160, 240, 240]
    chained = (
        view.at_most(8)
        .no_faster_than(10)
        .honours_retry_after()
        .backs_off(min_factor=1.5, max_interval=240)
        .stops_at_terminal()
    )
    assert chained is view
    assert view.per_connection().intervals == view.intervals


@pytest.mark.parametrize("steps", [[QUEUED, STARTED, DONE], [{"fault": {"status": 503}, "for": {"polls": 9}}, *LIFE]])
def test_a_hot_loop_is_told_in_a_few_lines_however_hot(steps: list[Any]) -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": steps}))
    client, headers = Client(fake.app), fake.credentials()
    for _ in range(300):
        client.get(f"/api/v1/async-jobs/{A}", headers=headers)
    text = str(refused(fake.job(A).polling.at_most, 20))
    assert text.count("\n") < 50
    assert "> +0s" in text


def test_what_a_failing_claim_raises_is_one_of_our_errors_and_carries_its_evidence() -> None:
    error = refused(polling(*at(0, 1)).at_most, 1)
    assert isinstance(error, FakeJobsError)
    assert str(error) == f"{error.findings[0]}\n\n{error.timeline}"

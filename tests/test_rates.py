"""Rates: how many requests are taken within a span, whose, and what one beyond it meets."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import GUID, A, conversio, get, look, wix, world_of
from werkzeug.test import Client, TestResponse

from fakejobs import FakeJobs
from fakejobs.commands import Ask, Principal
from fakejobs.dialect.loader import dialect
from fakejobs.dialect.refusals import Refusal
from fakejobs.rates import Window, excess

MINUTE = {"seconds": 60}
TWO = {"requests": 2, "per": MINUTE, "of": "tenant"}
LIST = "/api/v1/async-jobs"
CONVERSIO = dialect("conversio")


def fake_with(*rates: dict[str, Any], **more: Any) -> FakeJobs:
    return FakeJobs().play(conversio({"id": A, "tenant": "shop-a"}, rates=list(rates), tenants=TENANTS, **more))


TENANTS = {"shop-a": {"apps": {"app-1": {}, "app-2": {}}}, "shop-b": {"apps": {"app-1": {}}}}


def statuses(fake: FakeJobs, *who: tuple[str, str | None]) -> list[int]:
    """The statuses of lists that these ask for, one after the other."""
    return [get(fake, LIST, tenant, app).status_code for tenant, app in who]


# ------------------------------------------------------------------ the window


@given(st.integers(1, 5), st.integers(1, 20), st.lists(st.integers(0, 8), max_size=40))
def test_never_more_than_so_many_are_taken_in_any_window_and_none_is_refused_that_could_be(
    most: int, span: int, steps: list[int]
) -> None:
    window, taken, now = Window(most, span), list[int](), 0
    for step in steps:
        now += step
        lately = [at for at in taken if now - span < at]
        is_taken = window.wait(now) == 0
        assert is_taken == (len(lately) < most)
        if is_taken:
            window.take(now)
            taken.append(now)
    for begin in range(now + 1):
        assert sum(begin <= at < begin + span for at in taken) <= most


@given(st.integers(1, 5), st.integers(1, 20), st.lists(st.integers(0, 8), max_size=40), st.integers(0, 8))
def test_what_is_refused_is_taken_when_it_has_waited_and_not_a_moment_before(
    most: int, span: int, steps: list[int], last: int
) -> None:
    window, now = Window(most, span), 0
    for step in steps:
        now += step
        if not window.wait(now):
            window.take(now)
    now += last
    wait = window.wait(now)
    for early in range(wait):
        assert window.wait(now + early) == wait - early
    assert window.wait(now + wait) == 0


def test_a_window_is_put_back_as_it_was() -> None:
    window = Window(2, 10)
    window.take(0)
    back = window.keep()
    window.take(5)
    assert window.wait(6) == 4
    back()
    assert window.wait(6) == 0


# ------------------------------------------------------------------ several at once

RATES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 6), st.sampled_from(["tenant", "app", "all"])),
    max_size=3,
    unique_by=lambda rate: rate[2],
)
REQUESTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.sampled_from(["x", None])), min_size=1, max_size=25
)


@given(RATES, REQUESTS)
def test_a_request_is_taken_if_all_its_windows_have_room_and_counts_in_all_of_them_or_in_none(
    rates: list[tuple[int, int, str]], requests: list[tuple[int, str, str | None]]
) -> None:
    entries = [{"requests": most, "per": {"seconds": span}, "of": of} for most, span, of in rates]
    world = world_of(conversio(rates=entries, tenants={"a": {"apps": {"x": {}}}, "b": {"apps": {"x": {}}}}))
    taken: dict[tuple[str, ...], list[int]] = defaultdict(list)
    refused, now = 0, 0
    for step, tenant, app in requests:
        now += step
        names: dict[str, tuple[str, ...] | None] = {
            "all": ("all",),
            "tenant": ("tenant", tenant),
            "app": None if app is None else ("app", tenant, app),
        }
        windows = [(most, span, name) for most, span, of in rates if (name := names[of]) is not None]
        waits = [taken[name][-most] + span - now for most, span, name in windows if len(taken[name]) >= most]
        ask = Ask(method="GET", path="/", at=now * 1_000_000)
        met = excess(world.rates, CONVERSIO, CONVERSIO.routes[0], ask, Principal(tenant=tenant, app=app))
        longest = max([0, *waits])
        assert (met is None) == (longest == 0)
        if met is not None:
            refused += 1
            assert met.fault.headers == (("Retry-After", str(longest)),)
            continue
        for name in dict.fromkeys(name for _, _, name in windows):
            taken[name].append(now)
    assert sum(rate.refused for rate in world.rates) == refused


# ------------------------------------------------------------------ whose


def test_each_tenant_has_a_window_of_its_own_which_its_apps_share() -> None:
    fake = fake_with(TWO)
    asked = [("shop-a", None), ("shop-a", "app-1"), ("shop-a", "app-2"), ("shop-a", None), ("shop-b", None)]
    assert statuses(fake, *asked) == [200, 200, 429, 429, 200]


def test_each_app_has_a_window_of_its_own_and_the_tenant_itself_has_none() -> None:
    fake = fake_with({**TWO, "requests": 1, "of": "app"})
    asked = [("shop-a", "app-1"), ("shop-a", "app-1"), ("shop-a", "app-2"), ("shop-b", "app-1")]
    assert statuses(fake, *asked, ("shop-a", None), ("shop-a", None)) == [200, 429, 200, 200, 200, 200]


def test_all_of_everybody_is_counted_even_without_a_credential() -> None:
    fake = fake_with({**TWO, "of": "all"})
    assert Client(fake.app).get(LIST).status_code == 401
    assert statuses(fake, ("shop-a", None), ("shop-b", None)) == [200, 429]


def test_a_credential_is_told_by_what_it_says_not_by_whether_it_holds() -> None:
    fake = fake_with({**TWO, "requests": 1, "of": "credential"})
    client = Client(fake.app)

    def status(headers: dict[str, str]) -> int:
        return client.get(LIST, headers=headers).status_code

    assert [status({"X-ApiKey": "nobody's"}) for _ in range(2)] == [401, 429]
    assert [status({"X-ApiKey": "another"}), status({}), status({})] == [401, 401, 401]
    assert [status(fake.credentials("shop-a")), status(fake.credentials("shop-a"))] == [200, 429]
    assert status(fake.credentials("shop-a", "app-1")) == 200
    fake.clock.advance(seconds=1)  # another signature of the same token
    assert status(fake.credentials("shop-a", "app-1")) == 429


def test_nobody_known_is_no_tenant_and_no_app() -> None:
    world = world_of(conversio(rates=[TWO, {**TWO, "of": "app"}], tenants=TENANTS))
    nobody = Refusal(error="unauthorized", reason="")
    for _ in range(5):
        assert excess(world.rates, CONVERSIO, CONVERSIO.routes[0], Ask(method="GET", path="/"), nobody) is None


def test_a_rate_is_of_its_scenario_s_dialect_alone() -> None:
    fake = fake_with({**TWO, "requests": 1}).play(wix({"id": GUID}, tenants={"shop-a": {}}))
    headers = fake.credentials("shop-a", dialect="wix-async-jobs")
    client = Client(fake.app)
    assert [client.get(f"/v1/async-jobs/{GUID}", headers=headers).status_code for _ in range(3)] == [200] * 3


# ------------------------------------------------------------------ of what


@pytest.mark.parametrize(
    ("on", "limited"),
    [("look", ["look"]), ("list-async-jobs", ["list"]), (None, ["look", "list"]), ("download-result", ["download"])],
)
def test_a_rate_counts_the_requests_of_an_operation_or_a_verb_or_of_all_that_is_not_public(
    on: str | None, limited: list[str]
) -> None:
    fake = fake_with({**TWO, "requests": 1, "of": "all", **({} if on is None else {"on": on})})
    paths = {"look": f"{LIST}/{A}", "list": LIST, "download": f"/async-jobs/{A}.csv"}
    for name, path in paths.items():
        got = get(fake, path, "shop-a").status_code, get(fake, path, "shop-a").status_code
        assert (got[1] == 429) == (name in limited), name
        fake.clock.advance(hours=1)


# ------------------------------------------------------------------ what one beyond it meets


def refused_by(fault: dict[str, Any] | None, later: float = 0) -> TestResponse:
    """The reply to a request beyond a rate of one a minute, so many seconds after the first."""
    fake = fake_with({"requests": 1, "per": MINUTE, "of": "tenant", **({} if fault is None else {"fault": fault})})
    assert look(fake, A, "shop-a").status_code == 200
    fake.clock.advance(seconds=later)
    return look(fake, A, "shop-a")


@pytest.mark.parametrize(("later", "seconds"), [(0, "60"), (0.5, "60"), (1, "59"), (59, "1"), (59.999999, "1")])
def test_retry_after_says_in_whole_seconds_when_the_next_would_be_taken(later: float, seconds: str) -> None:
    reply = refused_by(None, later)
    assert (reply.status_code, reply.headers["Retry-After"], reply.data) == (429, seconds, b"")


def test_when_the_first_of_them_is_as_old_as_the_span_the_next_is_taken() -> None:
    assert refused_by(None, 60).status_code == 200


def test_the_fault_says_what_it_likes_and_the_rest_is_as_ever() -> None:
    reply = refused_by({"status": 403, "headers": {"retry-after": "7", "X-Left": "0"}, "body": {"error": "slow"}})
    assert (reply.status_code, reply.json) == (403, {"error": "slow"})
    assert (reply.headers.getlist("Retry-After"), reply.headers["X-Left"]) == (["7"], "0")
    assert refused_by({"body": "slow down"}).status_code == 429


def test_a_refused_request_counts_for_no_rate_and_for_no_fault() -> None:
    faults = [{"on": "list", "nth": 3, "fault": {"status": 500}}]
    fake = fake_with(TWO, faults=faults)
    assert statuses(fake, *[("shop-a", None)] * 5) == [200, 200, 429, 429, 429]
    fake.clock.advance(minutes=1)
    assert statuses(fake, ("shop-a", None)) == [500]
    fake.check()


def test_a_refused_look_is_a_poll_of_the_job_that_shows_nothing() -> None:
    fake = fake_with({**TWO, "requests": 1})
    assert [look(fake, A, "shop-a").status_code for _ in range(3)] == [200, 429, 429]
    job = fake.job(A)
    assert (job.polls, job.seen) == (3, ["pending"])
    assert len(job.polling.polls) == 3
    with pytest.raises(AssertionError, match="Retry-After: 60"):
        job.polling.honours_retry_after()


# ------------------------------------------------------------------ what is told


def test_the_journal_says_which_rate_it_was_and_the_timeline_how_often_each_refused() -> None:
    fake = fake_with(TWO, {"requests": 9, "per": {"hours": 1}, "of": "app", "on": "look"})
    assert statuses(fake, *[("shop-a", None)] * 3) == [200, 200, 429]
    why = "fault at /rates/0: 429, Retry-After: 60; 2 requests of this tenant came within 1m before it"
    assert fake.journal[-1].reason == why
    told = fake.timeline()
    assert "rate /rates/0 (2 requests per 1m of a tenant): refused 1 request\n" in told
    assert told.endswith("rate /rates/1 (9 requests per 1h of an app on look): refused none")


def test_of_several_rates_the_one_that_refuses_for_longest_answers() -> None:
    fake = fake_with({**TWO, "requests": 1}, {"requests": 1, "per": {"hours": 1}, "of": "all"})
    get(fake, LIST, "shop-a")
    get(fake, LIST, "shop-a")
    assert fake.journal[-1].response.header("Retry-After") == "3600"
    why = "fault at /rates/1: 429, Retry-After: 3600; 1 request came within 1h before it"
    assert fake.journal[-1].reason == why
    assert [rate.refused for rate in fake.world.rates] == [0, 1]


def test_a_restored_rate_has_taken_what_it_had_taken_and_refused_what_it_had_refused() -> None:
    fake = fake_with(TWO)
    assert statuses(fake, ("shop-a", None)) == [200]
    then = fake.snapshot()
    for _ in range(2):
        fake.restore(then)
        assert statuses(fake, *[("shop-a", None), ("shop-b", None)] * 2, ("shop-a", None)) == [200, 200, 429, 200, 429]
        assert fake.world.rates[0].refused == 2


def test_a_rate_that_never_refuses_is_no_finding_and_a_reset_forgets_what_was_taken() -> None:
    scenario = conversio({"id": A}, rates=[{**TWO, "requests": 1}])
    with FakeJobs().play(scenario) as fake:
        assert get(fake, LIST).status_code == 200
        fake.reset()
        assert get(fake.play(scenario), LIST).status_code == 200

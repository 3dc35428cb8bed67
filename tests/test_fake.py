"""FakeJobs, the thing that a test holds, used without pytest's fixture."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import acme
import pytest
import requests
from asking import ask
from hypothesis import given
from hypothesis import strategies as st
from sleeping import await_sleepers
from werkzeug.test import Client

from fakejobs import ExpectationError, FakeJobs, FakeJobsError, SystemClock, UsageError, VirtualClock
from fakejobs.errors import ClockError
from fakejobs.scenario.search import Search

JOB = "57b5aa3b046abfb053d80b52"
URL = f"/api/v1/async-jobs/{JOB}"
SCENARIO: dict[str, Any] = {"dialect": "conversio", "jobs": [{"id": JOB, "steps": [{"state": "queued"}]}]}


def test_leaving_it_without_an_exception_checks() -> None:
    with pytest.raises(ExpectationError, match="fault that never fired") as caught, FakeJobs() as fake:
        fake.play("conversio/export-expires")
    assert caught.value.findings[0].startswith("fault that never fired: /jobs/0/steps/2")
    assert "timeline of conversio/export-expires" in caught.value.timeline


def test_leaving_it_by_an_exception_keeps_the_exception() -> None:
    with pytest.raises(ZeroDivisionError), FakeJobs() as fake:  # noqa: PT012 - it is left by the second statement
        fake.play("conversio/export-expires")
        1 / 0  # noqa: B018


def test_leaving_it_closes_its_socket_and_its_clock() -> None:
    with FakeJobs() as fake:
        url = fake.url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)
    with pytest.raises(ClockError):
        fake.clock.sleep(1)
    fake.close()


def test_its_socket_opens_only_when_its_address_is_asked_for() -> None:
    with FakeJobs() as fake:
        fake.play(SCENARIO)
        assert repr(fake) == "<FakeJobs playing <scenario>>"
        assert fake.job(JOB).document["id"] == JOB
        assert fake._listeners.base == "http://127.0.0.1"
        assert fake.url.startswith("http://127.0.0.1:")
        assert fake.url == fake.url


def test_a_port_may_be_chosen_and_a_taken_one_is_a_usage_error() -> None:
    with FakeJobs() as first:
        port = int(first.url.rpartition(":")[2])
        with FakeJobs(port=port) as second, pytest.raises(UsageError, match=f"{port}"):
            second.url  # noqa: B018 - the question is what opens the socket


def test_the_wsgi_callable_answers_without_a_socket_and_a_delay_moves_the_clock() -> None:
    with FakeJobs() as fake:
        fake.play({**SCENARIO, "faults": [{"on": "get-async-job", "fault": {"delay": {"minutes": 2}}}]})
        before = fake.clock.instant()
        reply = Client(fake.app).get(URL, headers=fake.credentials())
        assert (reply.status_code, reply.json["data"]["status"]) == (200, "pending")
        assert fake.clock.instant() - before == 120_000_000
        assert reply.headers["Date"] == "Thu, 01 Jan 2026 00:02:00 GMT"
        assert fake.journal[0].connection is None


def test_through_the_wsgi_callable_a_large_body_is_refused_too() -> None:
    with FakeJobs() as fake:
        fake.play(SCENARIO)
        path = "/api/v1/newsletters/1/emails/async-export"
        assert Client(fake.app).post(path, headers=fake.credentials(), data=b" " * (2 << 20)).status_code == 413


# ---------------------------------------------------------------------- playing


def test_a_second_play_adds_and_its_jobs_start_at_that_instant() -> None:
    with FakeJobs() as fake:
        fake.play("conversio/happy-path")
        fake.clock.advance(hours=2)
        fake.play("wix-async-jobs/happy-path")
        assert fake.job("076e0505-6944-4645-a248-80b197ee9cfd").document["createdDate"] == "2026-01-01T02:00:00.000Z"
        assert [job.state for job in fake.jobs] == ["done", "INITIALIZED"]


def test_a_clash_of_ids_is_an_error_and_nothing_is_added() -> None:
    with FakeJobs() as fake:
        fake.play(SCENARIO)
        with pytest.raises(UsageError, match=f"`default` has a job `{JOB}` already"):
            fake.play("conversio/happy-path")
        assert len(fake.jobs) == 1


def test_a_clash_of_tenants_is_an_error() -> None:
    with FakeJobs() as fake:
        fake.play({"dialect": "conversio", "tenants": {"shop": {"apiKey": "one"}}})
        with pytest.raises(UsageError, match="`shop` is declared twice with other keys"):
            fake.play({"dialect": "conversio", "tenants": {"shop": {"apiKey": "two"}}})


def test_a_clash_of_clocks_is_an_error() -> None:
    with FakeJobs() as fake:
        fake.play({"dialect": "conversio", "clock": "2020-01-01T00:00:00Z"})
        fake.play({"dialect": "wix-async-jobs", "clock": "2020-01-01T01:00:00+01:00"})
        with pytest.raises(UsageError, match="its `clock` is another than that of what is played already"):
            fake.play({"dialect": "conversio", "clock": "2021-01-01T00:00:00Z"})


def test_a_scenarios_clock_comes_too_late_when_time_has_moved_or_something_is_played() -> None:
    with FakeJobs() as fake:
        fake.clock.advance(seconds=1)
        with pytest.raises(UsageError, match="its `clock` comes too late"):
            fake.play({"dialect": "conversio", "clock": "2020-01-01T00:00:00Z"})


def test_a_clock_of_ones_own_goes_before_the_scenarios() -> None:
    own = VirtualClock(datetime(2040, 1, 1, tzinfo=UTC))
    with FakeJobs(clock=own) as fake:
        fake.play({"dialect": "conversio", "clock": "2020-01-01T00:00:00Z"})
        assert fake.clock is own
        assert own.now().year == 2040


@pytest.mark.parametrize("clock", ["2033-05-05T00:00:00Z", datetime(2033, 5, 5, tzinfo=UTC)])
def test_a_clock_may_be_an_instant_to_start_at(clock: str | datetime) -> None:
    with FakeJobs(clock=clock) as fake:
        assert fake.clock.now() == datetime(2033, 5, 5, tzinfo=UTC)


def test_a_clock_may_start_now_by_name_and_by_a_scenario() -> None:
    before = datetime.now(UTC)
    with FakeJobs(clock="now") as fake:
        assert before <= fake.clock.now() <= datetime.now(UTC)
    with FakeJobs() as fake:
        fake.play({"dialect": "conversio", "clock": "now"})
        assert before <= fake.clock.now() <= datetime.now(UTC)


@pytest.mark.parametrize("clock", ["tomorrow", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_clock_that_is_no_instant_is_refused(clock: str) -> None:
    with pytest.raises(UsageError, match="the clock cannot start at"):
        FakeJobs(clock=clock)


def test_real_time_is_a_clock_as_well() -> None:
    with FakeJobs(clock=SystemClock(speed=1000)) as fake:
        fake.play("conversio/happy-path")
        fake.clock.advance(minutes=6)
        assert fake.job(JOB).phase == "succeeded"


def test_advancing_to_the_next_event_visits_each_step_and_the_expiry() -> None:
    with FakeJobs() as fake:
        fake.play("conversio/happy-path")
        start = fake.clock.instant()
        visited = [(int((instant - start) / 1e6), fake.job(JOB).state) for instant in events(fake)]
        assert visited == [(30, "started"), (330, "done"), (330 + 7 * 86_400, "done")]
        with pytest.raises(ClockError):
            fake.clock.advance_to_next_event()


def events(fake: FakeJobs) -> list[int]:
    """Advance through three events; return the instants, each looked at before the next."""

    class Instants(list[int]):
        def __iter__(self) -> Any:
            for _ in range(3):
                fake.clock.advance_to_next_event()
                yield fake.clock.instant()

    return Instants()


# ---------------------------------------------------------------------- credentials


def test_tenants_that_are_not_there_are_named_with_the_nearest() -> None:
    with FakeJobs(strict=False) as fake:
        with pytest.raises(UsageError, match="nothing is played, so there are no tenants"):
            fake.credentials()
        fake.play("conversio/two-tenants")
        with pytest.raises(
            UsageError, match=r"several are played: which is meant, `shop-a \(conversio\)` or `shop-b \(conversio\)`\?"
        ):
            fake.credentials()
        with pytest.raises(UsageError, match="no tenant is called `shop-c`; did you mean `shop-"):
            fake.credentials("shop-c")
        with pytest.raises(UsageError, match="no tenant is called `xyz`; there are `shop-a` or `shop-b`"):
            fake.auth("xyz")
        with pytest.raises(UsageError, match="`shop-b` has no app `app-2`; it has `app-1`"):
            fake.credentials("shop-b", "app-2")
        fake.play("wix-async-jobs/happy-path")
        with pytest.raises(UsageError, match="`default` has no app `app-2`; it has none"):
            fake.credentials("default", "app-2")
        fake.play({"dialect": "conversio", "tenants": {"default": {}}})
        with pytest.raises(UsageError, match="`default` is a tenant of several dialects"):
            fake.credentials("default")


def test_an_api_key_that_has_every_scope_cannot_be_narrowed() -> None:
    with FakeJobs() as fake:
        fake.play(SCENARIO)
        with pytest.raises(UsageError, match="the api-key of conversio has every scope"):
            fake.credentials(scopes=["read_async_jobs"])


def test_auth_signs_each_request_anew() -> None:
    with FakeJobs() as fake:
        fake.play("conversio/two-tenants")
        auth = fake.auth("shop-a", "app-1", ["read_async_job"])
        with requests.Session() as session:
            session.auth = auth
            for _ in range(3):
                assert session.get(fake.url + URL, timeout=10).status_code == 200
                fake.clock.advance(minutes=30)
        assert len({entry.request.header("authorization") for entry in fake.journal}) == 3


def test_the_same_narrowed_credentials_are_given_out_again() -> None:
    with FakeJobs() as fake:
        fake.play("wix-async-jobs/two-tenants")
        assert fake.credentials("site-a", scopes=["x"]) == fake.credentials("site-a", scopes=["x"])
        assert fake.credentials("site-a", scopes=["x"]) != fake.credentials("site-a", scopes=["y"])


# ---------------------------------------------------------------------- jobs and the journal


def test_jobs_that_are_not_there_are_named_with_the_nearest() -> None:
    with FakeJobs() as fake:
        with pytest.raises(UsageError, match="no job has the id `x`; there is none yet"):
            fake.job("x")
        fake.play("conversio/two-tenants")
        with pytest.raises(UsageError, match=f"did you mean `{JOB[:-1]}"):
            fake.job(JOB[:-1])
        with pytest.raises(UsageError, match="no job has the id `zzz` and the tenant `shop-b`; there are"):
            fake.job("zzz", "shop-b")
        with pytest.raises(UsageError, match=r"2 jobs have the id .*name the tenant: `shop-a` or `shop-b`"):
            fake.job(JOB)


def test_the_journal_holds_what_was_asked_and_answered_when_and_why() -> None:
    with FakeJobs() as fake:
        fake.play("conversio/happy-path")
        fake.clock.advance(minutes=1)
        ask(fake, "GET", URL + "?verbose=1", fake.credentials())
        (entry,) = fake.journal
        assert entry.at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
        assert (entry.tenant, entry.job, entry.operation, entry.state) == ("default", JOB, "get-async-job", "started")
        assert (entry.request.method, entry.request.path, entry.request.query) == ("GET", URL, {"verbose": ["1"]})
        assert entry.response.json()["data"]["status"] == "pending"
        assert entry.response.header("content-type") == "application/json"
        assert entry.reason == ""


def test_a_reset_puts_a_fresh_world_at_the_same_address() -> None:
    with FakeJobs() as fake:
        for _ in range(2):
            url = fake.play("conversio/documented-examples").url
            ask(fake, "GET", URL, fake.credentials())
            fake.clock.advance(days=1)
            fake.reset()
            assert fake.jobs == fake.journal == []
            assert fake.url == url
            assert fake.clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_no_reset_hides_what_nobody_expected_until_it_was_told_once() -> None:
    with FakeJobs() as fake:
        fake.play("conversio/happy-path")
        ask(fake, "GET", "/nowhere")
        fake.reset()
        (line,) = fake.findings()
        assert line.startswith("unexpected request: GET /nowhere (at 2026-01-01 00:00:00, before a reset()): no route")
        ask(fake, "GET", "/elsewhere")
        for _ in range(2):  # as long as this world lasts
            with pytest.raises(ExpectationError) as told:
                fake.check()
            assert [finding.split()[3].rstrip(":") for finding in told.value.findings] == ["/nowhere", "/elsewhere"]
        fake.reset()
        assert fake.findings() == ()


def test_no_clock_is_set_anew_under_a_client_that_it_drives() -> None:
    with FakeJobs() as fake:
        drive = fake.clock.drive()
        with pytest.raises(UsageError, match="comes too late: play it before the clock drives a client"):
            fake.play({"dialect": "conversio", "clock": "2027-01-01T00:00:00Z"})
        assert fake.clock.is_driving
        drive.end()
        assert fake.play({"dialect": "conversio", "clock": "2027-01-01T00:00:00Z"}).clock.now().year == 2027


@pytest.mark.parametrize("make", [VirtualClock, lambda: SystemClock(speed=100_000)], ids=["virtual", "system"])
def test_a_clock_of_ones_own_outlives_the_fakes_that_it_is_given_to_and_who_sleeps_is_woken(
    make: Callable[[], VirtualClock | SystemClock],
) -> None:
    clock = make()
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            with clock.request(), FakeJobs(clock=clock) as fake:  # a request keeps the clock from going on by itself
                fake.play("conversio/happy-path")
                clock.advance(minutes=6)
                assert fake.job(JOB).phase == "succeeded"
                moves = len(fake.world.journal.records)
                asleep = [pool.submit(clock.sleep, 10**9) for _ in range(2)]
                await_sleepers(clock, 2)
            for each in asleep:
                with pytest.raises(ClockError, match="while"):
                    each.result(30)
            clock.advance(days=30)  # of which the fake hears nothing any more
            assert len(fake.world.journal.records) == moves
            clock.sleep(1)
    clock.close()


def test_what_a_fake_would_do_next_is_no_event_once_it_is_closed() -> None:
    clock = VirtualClock()
    with FakeJobs(clock=clock) as fake:
        fake.play("conversio/happy-path")
        clock.advance_to_next_event()
    with pytest.raises(ClockError, match="nothing is scheduled"):
        clock.advance_to_next_event()


@given(strict=st.sets(st.sampled_from(["requests", "faults", "submissions"])))
def test_strictness_is_of_what_it_names(strict: set[str]) -> None:
    fake = FakeJobs(strict=strict)
    fake.play("conversio/export-expires")
    fake.play({"dialect": "wix-async-jobs", "submissions": [{"steps": [{"state": "FINISHED"}]}]})
    Client(fake.app).get("/nowhere")
    found = {line.split(" that ")[0].split(":")[0] for line in fake.findings()}
    names = {"requests": "unexpected request", "faults": "fault", "submissions": "submission"}
    assert found == {names[each] for each in strict}
    fake.close()


def test_all_errors_are_of_one_family(tmp_path: Path) -> None:
    with FakeJobs() as fake:
        for wrong in ("nothing/such", "nothing.json", "nothing.yaml", tmp_path, {"dialect": "x"}, {}):
            with pytest.raises(FakeJobsError):
                fake.play(wrong)


def test_a_dialect_may_have_no_credential_for_apps(tmp_path: Path) -> None:
    acme.write(tmp_path, lambda file: file["credentials"].pop())
    with FakeJobs(search=Search(dialects=(tmp_path,))) as fake:
        name = acme.dialect_file()["dialect"]
        fake.play({"dialect": name, "tenants": {"one": {"apps": {"app": {}}}}})
        with pytest.raises(UsageError, match=f"{name} has no credential of an app"):
            fake.credentials("one", "app")


def test_keys_that_cannot_be_sent_in_a_header_are_refused() -> None:
    with FakeJobs() as fake, pytest.raises(FakeJobsError, match=r"the apiKey 'key-größe' cannot be sent in a header"):
        fake.play({"dialect": "conversio", "tenants": {"größe": {}}})


@pytest.mark.parametrize("scenario", [None, 5, [], "conv\0.json", b"x"])
def test_what_is_no_scenario_is_refused_at_the_door(scenario: Any) -> None:
    with FakeJobs() as fake, pytest.raises(UsageError, match=r"a scenario is a mapping, the name .* found "):
        fake.play(scenario)


@pytest.mark.parametrize("clock", [5, VirtualClock, datetime(2026, 1, 1), object()])
def test_what_is_no_clock_is_refused_at_the_door(clock: Any) -> None:
    with pytest.raises(UsageError, match="clock takes a clock like"):
        FakeJobs(clock=clock)


@pytest.mark.parametrize("port", ["8080", None, -1, 70_000, True])
def test_what_is_no_port_is_refused_at_the_door(port: Any) -> None:
    with pytest.raises(UsageError, match="a port is an int from 0"):
        FakeJobs(port=port)


def test_a_scenario_in_the_place_of_a_port_is_told_where_it_goes() -> None:
    with pytest.raises(
        UsageError, match=r"found str 'export\.json'; a scenario is played, by \.play\(…\) on the fake$"
    ):
        FakeJobs("export.json")  # type: ignore[arg-type]


def test_names_and_scopes_are_checked_at_the_door() -> None:
    wrong: Any = 5
    with FakeJobs() as fake:
        fake.play("conversio/two-tenants")
        with pytest.raises(UsageError, match="a job's id is a str; found int 5"):
            fake.job(wrong)
        with pytest.raises(UsageError, match=r"found a request: .* as in auth=fake\.auth\(\)$"):
            requests.Request("GET", "http://fake", auth=fake.auth).prepare()  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="a tenant is a str; found int 5"):
            fake.credentials(wrong)
        with pytest.raises(UsageError, match=r"scopes is a list, like \[\"read\"\]; found str 'read_async_jobs'"):
            fake.credentials("shop-a", "app-1", "read_async_jobs")
        with pytest.raises(UsageError, match=f"no job has the id `{JOB}` and the tenant `nope`; it is of `shop-a` or"):
            fake.job(JOB, "nope")


def test_a_dialect_says_which_tenant_is_meant_where_two_have_one_of_a_name() -> None:
    with FakeJobs() as fake:
        fake.play("conversio/happy-path").play("wix-async-jobs/happy-path")
        assert list(fake.credentials(dialect="conversio")) == ["X-ApiKey"]
        assert list(fake.credentials("default", dialect="wix-async-jobs")) == ["Authorization", "wix-site-id"]
        with pytest.raises(UsageError, match="nothing of `acme` is played, so there are no tenants"):
            fake.auth(dialect="acme")


def test_a_reset_goes_back_to_the_start_that_was_given() -> None:
    with FakeJobs(clock="2030-01-01T00:00:00Z") as fake:
        fake.play({"dialect": "conversio", "clock": "2020-01-01T00:00:00Z"})
        fake.clock.advance(days=8)
        fake.reset()
        assert fake.clock.now() == datetime(2030, 1, 1, tzinfo=UTC)


def test_a_fake_that_is_closed_plays_nothing_and_is_not_reset() -> None:
    with FakeJobs().play(SCENARIO) as fake:
        pass
    for act in (lambda: fake.play(SCENARIO), fake.reset):
        with pytest.raises(UsageError, match="the fake is closed"):
            act()
    assert fake.jobs


def test_a_fake_that_is_closed_opens_no_socket() -> None:
    fake = FakeJobs()
    fake.close()
    with pytest.raises(UsageError, match="the fake is closed"):
        fake.url  # noqa: B018 - the question is what opens the socket


def test_an_id_that_a_submission_keeps_is_no_other_jobs() -> None:
    kept = {
        "dialect": "conversio",
        "submissions": [{"id": JOB, "times": 1, "optional": True, "steps": [{"state": "done"}]}],
    }
    with FakeJobs() as fake:
        fake.play(kept)
        with pytest.raises(UsageError, match="is kept by the submission /submissions/0 already"):
            fake.play("conversio/happy-path")

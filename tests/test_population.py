"""Who may see which job, and that what one may not see makes no difference to anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import LIFE, QUEUED, SECOND, START, A, B, C, conversio, get, look, principal, world_of

from fakejobs import FakeJobs
from fakejobs.commands import List, Principal

TENANTS: dict[str, Any] = {
    "shop-a": {"apps": {"app-1": {}, "app-2": {}}},
    "shop-b": {"apps": {"app-1": {}}},
    "shop-c": {},
}
PRINCIPALS = [(tenant, app) for tenant, entry in TENANTS.items() for app in (None, *entry.get("apps", {}))]
LIVES: list[list[Any]] = [
    LIFE,
    [{"state": "queued", "for": {"polls": 2}}, {"state": "started", "for": {"polls": 1}}, {"state": "done"}],
    [
        QUEUED,
        {"fault": {"status": 503}, "for": {"polls": 2}},
        {"state": "started", "for": "release"},
        {"state": "done"},
    ],
    [{"state": "done"}],
]
OWNERS = st.sampled_from(PRINCIPALS)
JOBS = st.lists(
    st.tuples(OWNERS, st.sampled_from([A, B, C]), st.sampled_from(LIVES), st.sampled_from([-86_400, 0, 600])),
    unique_by=lambda job: (job[0][0], job[1]),
    max_size=7,
)
MOVES = st.lists(st.sampled_from([0, 1, 30, 400, 86_400, 8 * 86_400]), max_size=4)


def scenario(jobs: list[Any]) -> dict[str, Any]:
    """Jobs of these owners, ids, lives and offsets, kept for a day after they have ended."""
    told = [
        {"id": id, "tenant": tenant, **({"app": app} if app else {}), "steps": steps, "created": {"seconds": created}}
        for (tenant, app), id, steps, created in jobs
    ]
    return conversio(*told, tenants=TENANTS, retention={"days": 1})


@settings(max_examples=40)
@given(st.data(), JOBS, OWNERS, MOVES)
def test_what_one_may_not_see_answers_as_if_it_were_not_there(
    data: st.DataObject, jobs: list[Any], who: tuple[str, str | None], moves: list[int]
) -> None:
    tenant, app = who
    own = [job for job in jobs if job[0][0] == tenant and app in (None, job[0][1])]
    strangers = [each for each in PRINCIPALS if each[0] != tenant]
    world, alone = FakeJobs().play(scenario(jobs)), FakeJobs().play(scenario(own))
    for move in (0, *moves):
        for fake in (world, alone):
            fake.clock.advance(seconds=move)
        look(world, data.draw(st.sampled_from([A, B, C])), *data.draw(st.sampled_from(strangers)))
        for path in (f"/{A}", f"/{B}", f"/{C}", ""):
            here, there = (get(fake, f"/api/v1/async-jobs{path}", tenant, app) for fake in (world, alone))
            assert (here.status, here.headers.to_wsgi_list(), here.data) == (
                there.status,
                there.headers.to_wsgi_list(),
                there.data,
            )


@settings(max_examples=30)
@given(JOBS, OWNERS, st.integers(-SECOND, 10 * 86_400 * SECOND))
def test_what_is_listed_is_what_can_be_looked_at(jobs: list[Any], who: tuple[str, str | None], later: int) -> None:
    world = world_of(scenario(jobs))
    population, me, now = world.population, principal(*who), START + later
    listed = [job.id for job in population.listed("conversio", me, List(), now)[0]]
    for id in (A, B, C):
        job, why = population.find("conversio", me, id, now)
        assert (job is None) == (why != "")
        if job is not None:
            job.advance(now)
        assert (job is not None and not job.has_expired(now)) == (id in listed)


def test_a_job_that_is_not_seen_has_its_reason() -> None:
    jobs = [(("shop-a", "app-1"), A, LIFE, 0), (("shop-a", None), B, LIFE, 0), (("shop-b", "app-1"), C, LIFE, 600)]
    population = world_of(scenario(jobs)).population

    def why(id: str, who: Principal | None, later: int = 0) -> str:
        return population.find("conversio", who, id, START + later * SECOND)[1]

    assert why(A, principal("shop-a")) == why(A, principal("shop-a", "app-1")) == ""
    assert why("f" * 24, principal("shop-a")) == "no job has this id"
    assert why(A, principal("shop-b")) == "it is a job of another tenant, shop-a"
    assert why(A, principal("shop-a", "app-2")) == "it is a job of another app, app-1"
    assert why(B, principal("shop-a", "app-1")) == "it is a job of the tenant, not of this app"
    assert why(C, principal("shop-b"), 599) == "it is made only at 2026-01-01 00:10:00"
    assert why(C, principal("shop-b"), 600) == ""
    assert population.find("wix-async-jobs", None, A, START)[1] == "no job has this id"


def test_without_a_principal_a_job_is_found_only_if_its_id_is_one_job_s() -> None:
    jobs = [(("shop-a", None), A, LIFE, 0), (("shop-b", None), A, LIFE, 0), (("shop-b", None), B, LIFE, 0)]
    population = world_of(scenario(jobs)).population
    assert population.find("conversio", None, A, START) == (None, "several tenants have a job of this id")
    job, why = population.find("conversio", None, B, START)
    assert job is not None
    assert (job.tenant, why) == ("shop-b", "")
    assert len(population.of_id("conversio", A)) == 2


def test_an_app_s_jobs_are_hidden_from_its_sisters_in_the_list_too() -> None:
    jobs = [(("shop-a", "app-1"), A, LIFE, 0), (("shop-a", "app-2"), B, LIFE, 0), (("shop-a", None), C, LIFE, 0)]
    population = world_of(scenario(jobs)).population
    seen = {
        app: [view.id for view in population.listed("conversio", principal("shop-a", app), List(), START)[0]]
        for app in (None, "app-1", "app-2")
    }
    assert seen == {None: [A, B, C], "app-1": [A], "app-2": [B]}


@pytest.mark.parametrize("retention", [{"days": 1}, None])
def test_a_job_expires_at_the_instant_of_its_end_plus_its_retention(retention: Any) -> None:
    population = world_of(conversio({"id": A}, retention=retention)).population
    (job,) = population.jobs
    ended = START + 330 * SECOND
    job.advance(ended)
    kept = 86_400 * SECOND
    assert not job.has_expired(ended + kept - 1)
    assert job.has_expired(ended + kept) == (retention is not None)
    assert bool(population.listed("conversio", principal(), List(), ended + kept)[0]) == (retention is None)


@given(st.permutations([(("shop-a", None), A), (("shop-b", None), A), (("shop-a", "app-1"), B)]))
def test_faked_values_differ_between_jobs_and_between_tenants_with_the_same_id(order: list[Any]) -> None:
    body = {"result": {"$fake": "sha256"}}
    steps = [{"state": "done", "body": body}]
    world = world_of(scenario([(owner, id, steps, 0) for owner, id in order]))
    made = {(job.tenant, job.id): world.view(job, START).overlays for job in world.jobs}
    again = world_of(scenario([(owner, id, steps, 0) for owner, id in order]))
    assert len({str(each) for each in made.values()}) == 3
    assert made == {(job.tenant, job.id): again.view(job, START).overlays for job in again.jobs}


def test_a_view_tells_the_keys_of_its_tenant_and_of_its_app() -> None:
    world = world_of(scenario([(("shop-a", "app-1"), A, LIFE, 0), (("shop-c", None), B, LIFE, 0)]))
    one, other = (world.view(job, START) for job in world.jobs)
    assert one.tenant_keys == {"apiKey": "key-shop-a"}
    assert set(one.app_keys) == {"id", "accessToken", "clientSecret"}
    assert (one.serial, other.serial) == (1, 2)
    assert other.app_keys == other.tenant_keys  # without an app the holder is the tenant


def test_rows_forget_what_has_expired_once_that_is_many_and_pages_stay_right() -> None:
    world = world_of(conversio(*[{} for _ in range(60)], {"retention": None}, retention={"days": 1}))
    population, me = world.population, principal()
    (row,) = population._by_tenant.values()
    later = START + 10 * 86_400 * SECOND
    for wanted in (List(most=5), List(most=5, descending=True), List(most=1)):
        views, (more, _) = population.listed("conversio", me, wanted, later)
        assert ([view.serial for view in views], more) == ([61], False)
    assert len(row.jobs) == 1
    assert len(population.jobs) == 61


@settings(max_examples=30)
@given(st.lists(st.integers(-5, 5), max_size=12), st.integers(1, 4), st.booleans(), st.booleans())
def test_pages_of_a_list_are_the_whole_of_it_in_order(
    created: list[int], size: int, descending: bool, by_key: bool
) -> None:
    population = world_of(conversio(*({"created": {"seconds": at}} for at in created))).population
    key = (lambda view: view.position.entered[0]) if by_key else None
    after, seen = None, []
    for _ in range(len(created) + 1):
        wanted = List(most=size, descending=descending, key=key, after=after)
        views, (more, _) = population.listed("conversio", principal(), wanted, START)
        seen.extend((view.position.entered[0], view.serial) for view in views)
        if not more:
            break
        after = seen[-1]
    there = sorted((START + at * SECOND, number + 1) for number, at in enumerate(created) if at <= 0)
    assert seen == (there[::-1] if descending else there)

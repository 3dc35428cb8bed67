"""One job of a thing, or two: what clients have made, and what the test is told."""

from __future__ import annotations

from typing import Any

import pytest
from playing import LIFE, A, conversio, create, data_of, look, wix

from fakejobs import ExpectationError, FakeJobs, UsageError
from fakejobs.polling import only_job_made

TENANTS: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}}}, "shop-b": {}}


def made(fake: FakeJobs, *, tenant: Any = None, operation: Any = None, matching: Any = None) -> str:
    """The id of the only job that clients made so."""
    now = fake.clock.instant()
    return fake.jobs[only_job_made(fake.world, now, tenant=tenant, operation=operation, matching=matching)].id


def refused(fake: FakeJobs, kind: type[Exception] = ExpectationError, **asked: Any) -> Any:
    with pytest.raises(kind) as caught:
        made(fake, **asked)
    return caught.value


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs().play(conversio({"id": A, "tenant": "shop-a"}, tenants=TENANTS))


def test_one_job_that_a_client_made_is_the_one(fake: FakeJobs) -> None:
    id = data_of(create(fake, tenant="shop-b"))["id"]
    create(fake, tenant="shop-a")
    look(fake, A, "shop-a")
    assert made(fake, tenant="shop-b") == id
    assert made(fake, matching={"tenant": "shop-b"}) == id


def test_jobs_of_another_thing_are_no_second_ones(fake: FakeJobs) -> None:
    first = data_of(create(fake, tenant="shop-a"))["id"]
    second = data_of(create(fake, "segments/s-1", tenant="shop-a"))["id"]
    third = data_of(create(fake, "newsletters/n-2/recipients", tenant="shop-a"))["id"]
    assert made(fake, operation="export-segment") == second
    assert made(fake, matching={"kind": "segments-export"}) == second
    assert made(fake, matching={"path": {"newsletter": "n-1"}}) == first
    assert made(fake, tenant="shop-a", matching={"path": {"newsletter": "n-2"}, "app": None}) == third


def test_a_second_job_of_a_thing_is_told_with_both_and_pointed_at(fake: FakeJobs) -> None:
    first = data_of(create(fake, tenant="shop-a"))["id"]
    fake.clock.advance(seconds=30)
    second = data_of(create(fake, tenant="shop-a"))["id"]
    error = refused(fake, tenant="shop-a", matching={"kind": "newsletter-recipients"})
    wanted = '{"kind": "newsletter-recipients", "tenant": "shop-a"}'
    assert error.findings == (
        f"2 jobs were made for {wanted}: {first} at +0s and {second} at +30s; right would be one",
    )
    lines = error.timeline.splitlines()
    assert lines[3] == f"             ^ made job 1 of 2: {first}"
    assert lines[5].startswith("> +30s       shop-a        POST ")
    assert lines[6] == f"  <-- here: made job 2 of 2: {second}"


def test_without_anything_named_all_that_clients_made_is_one_thing(fake: FakeJobs) -> None:
    for tenant in ("shop-a", "shop-b", "shop-b"):
        create(fake, tenant=tenant)
    assert str(refused(fake)).startswith("3 jobs were made: ")
    assert str(refused(fake)).count("> +0s") == 2


def test_a_job_that_a_fault_kept_from_being_made_is_none() -> None:
    fake = FakeJobs().play(conversio(faults=[{"on": "create", "fault": {"status": 503}}]))
    create(fake)
    assert made_none(fake) == "no job was made: clients made none at all; right would be one"
    id = data_of(create(fake))["id"]
    assert made(fake) == id


def made_none(fake: FakeJobs, **asked: Any) -> str:
    (said,) = refused(fake, **asked).findings
    return str(said)


def test_where_none_fits_those_that_there_are_are_told(fake: FakeJobs) -> None:
    ids = [data_of(create(fake, tenant="shop-a"))["id"] for _ in range(5)]
    said = made_none(fake, matching={"kind": "segments-export"})
    assert said.startswith(
        f'no job was made for {{"kind": "segments-export"}}: clients made {ids[0]} by {{"operation":'
    )
    assert ids[2] in said
    assert ids[3] not in said
    assert said.endswith("; right would be one")


def test_jobs_of_the_scenario_are_nobodys_creation() -> None:
    fake = FakeJobs().play(conversio({"id": A}, submissions=[{"steps": LIFE, "optional": True}]))
    assert made_none(fake) == "no job was made: clients made none at all; right would be one"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"tenant": "shop-c"}, "no tenant is called `shop-c` where jobs are made; did you mean `shop-a`?"),
        ({"tenant": 7}, "a tenant is a str; found int 7"),
        (
            {"operation": "export-segments"},
            "no operation is called `export-segments` where jobs are made; did you mean `export-segment`?",
        ),
        ({"operation": "xyz"}, "no operation is called `xyz` where jobs are made; there are `export-newsletter-recip"),
        (
            {"matching": {"boddy": {}}},
            "no part of a request is called `boddy` where jobs are made; did you mean `body`?",
        ),
        ({"matching": {1: {}}}, "a part of a request is a str; found int 1"),
        ({"matching": "kind"}, "matching is a mapping, like {\"body\": {…}}; found str 'kind'"),
    ],
)
def test_what_nothing_played_has_is_told_what_there_is(fake: FakeJobs, asked: Any, said: str) -> None:
    assert str(refused(fake, UsageError, **asked)).startswith(said)


def test_where_nothing_is_played_there_is_no_tenant() -> None:
    said = str(refused(FakeJobs(), UsageError, tenant="shop-a"))
    assert said == "no tenant is called `shop-a` where jobs are made; there is none"


def test_the_dialects_are_looked_through_together() -> None:
    fake = FakeJobs().play(wix({}, tenants={"site": {}})).play(conversio())
    id = data_of(create(fake, tenant="default"))["id"]
    assert made(fake, operation="export-newsletter-recipients") == id

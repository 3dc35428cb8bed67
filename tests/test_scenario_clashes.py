"""What cannot be played together is refused, and leaves the world as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playing import LIFE, START, A, B, conversio, read, wix, world_of

from fakejobs.dialect.loader import SHIPPED
from fakejobs.documents import from_value
from fakejobs.errors import UsageError
from fakejobs.scenario.model import Scenario
from fakejobs.scenario.reader import read_scenario
from fakejobs.world import World


def refused(world: World, scenario: Scenario) -> str:
    before = (len(world.scenarios), len(world.jobs), len(world.dialects), len(world.submissions), len(world.faults))
    with pytest.raises(UsageError) as caught:
        world.play(scenario, START)
    assert before == (
        len(world.scenarios),
        len(world.jobs),
        len(world.dialects),
        len(world.submissions),
        len(world.faults),
    )
    return str(caught.value)


def copied(folder: Path, name: str, hole: str = "id") -> Path:
    """A folder with a dialect that is Conversio by another name."""
    shutil.copytree(SHIPPED / "conversio", folder / name)
    file = folder / name / "dialect.json"
    entry = json.loads(file.read_text(encoding="utf-8"))
    text = json.dumps({**entry, "dialect": name}).replace("async-jobs/{id}", f"async-jobs/{{{hole}}}")
    file.write_text(text, encoding="utf-8")
    return folder


def of(folder: Path, value: Any) -> Scenario:
    return read_scenario(from_value(value, "other.json"), "other", (folder,))


def test_what_does_not_clash_is_added() -> None:
    tenants: dict[str, Any] = {"shop-a": {}, "shop-b": {}}
    world = world_of(
        conversio({"id": A, "tenant": "shop-a"}, tenants=tenants, options={"nulls": True}),
        conversio({"id": A, "tenant": "shop-b"}, {"id": B, "tenant": "shop-a"}, tenants=tenants),
        conversio({}, options={"nulls": True}, submissions=[{"steps": LIFE}]),
        wix({}),
    )
    assert [job.tenant for job in world.jobs] == ["shop-a", "shop-b", "shop-a", "default", "default"]
    assert [each.name for each in world.dialects] == ["conversio", "wix-async-jobs"]
    assert world.options("conversio") == {"nulls": True}


def test_an_id_that_its_tenant_has_already_is_refused() -> None:
    world = world_of(conversio({"id": A}))
    assert refused(world, read(conversio({"id": B}, {"id": A}))) == (
        f"scenario.json: `default` has a job `{A}` already (at /jobs/1)"
    )


def test_a_tenant_or_an_app_with_other_keys_is_refused() -> None:
    world = world_of(conversio(tenants={"shop-a": {"apps": {"app-1": {"id": "1"}}}}))
    said = "is declared twice with other keys; what is played together must agree on tenants"
    assert refused(world, read(conversio(tenants={"shop-a": {"apiKey": "k"}}))) == f"scenario.json: `shop-a` {said}"
    tenants: dict[str, Any] = {"shop-b": {}, "shop-a": {"apps": {"app-1": {"id": "2"}}}}
    assert refused(world, read(conversio(tenants=tenants))) == f"scenario.json: `shop-a/app-1` {said}"


def test_a_tenant_with_the_secret_of_another_is_refused() -> None:
    world = world_of(conversio(tenants={"shop-a": {"apiKey": "k", "apps": {"app-1": {}}}}))
    assert refused(world, read(conversio(tenants={"shop-b": {"apiKey": "k"}}))) == (
        "scenario.json: `shop-b` has the same apiKey as `shop-a`, which is played already; nobody could say who speaks"
    )


def test_an_option_that_is_set_the_other_way_is_refused() -> None:
    world = world_of(conversio(options={"nulls": True}))
    assert refused(world, read(conversio(options={"nulls": False}))) == (
        "scenario.json: the option `nulls` is on in what is played already; found off"
    )


def test_two_dialects_of_one_name_are_refused(tmp_path: Path) -> None:
    world = world_of(conversio())
    said = refused(world, of(copied(tmp_path, "conversio"), conversio()))
    assert said.startswith("two dialects are called `conversio`: ")
    assert str(tmp_path) in said


@pytest.mark.parametrize("hole", ["id", "job"])
def test_two_dialects_that_take_the_same_route_are_refused_however_its_holes_are_called(
    tmp_path: Path, hole: str
) -> None:
    world = world_of(conversio())
    folder = copied(tmp_path, "otherio")
    if hole != "id":
        file = folder / "otherio" / "dialect.json"
        entry = json.loads(file.read_text(encoding="utf-8"))
        entry["routes"] = [each for each in entry["routes"] if each["do"] == "create"]
        file.write_text(json.dumps(entry).replace("{newsletter}", "{letter}"), encoding="utf-8")
    said = refused(world, of(folder, {"dialect": "otherio"}))
    assert said.startswith("other.json: otherio and conversio both take `")


@pytest.mark.parametrize(
    ("when", "whose"), [({}, "shop-b"), ({"tenant": "shop-b"}, "shop-b"), ({"tenant": "shop-a"}, None)]
)
def test_a_submission_that_would_make_a_job_that_is_there_is_refused(when: dict[str, Any], whose: str | None) -> None:
    tenants: dict[str, Any] = {"shop-a": {}, "shop-b": {}}
    world = world_of(conversio(tenants=tenants, jobs=[{"id": "0" * 24, "tenant": "shop-b", "steps": LIFE}]))
    later = read(conversio(tenants=tenants, submissions=[{"when": when, "id": "0" * 24, "times": 1, "steps": LIFE}]))
    if whose is None:
        world.play(later, START)
    else:
        assert refused(world, later) == (
            f"scenario.json: the submission /submissions/0 makes a job `{'0' * 24}`, which `{whose}` has already"
        )

"""The same request again on a connection that is kept: it is answered as if it had never been asked before."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, QUEUED, START, STARTED, A, B, conversio, read, world_of

from fakejobs import FakeJobs
from fakejobs.asking import Asked, asked_in
from fakejobs.commands import Ask
from fakejobs.world import World

PATH = f"/api/v1/async-jobs/{A}"
TENANTS = {"shop": {"apps": {"app": {}}}, "fleeting": {"expires": {"minutes": 5}}, "other": {}}
WHO = (("shop", None), ("shop", "app"), ("fleeting", None), ("other", None))
JOBS = [{"id": A, "tenant": tenant, "steps": [QUEUED, STARTED, DONE]} for tenant in TENANTS]


def fake() -> FakeJobs:
    return FakeJobs(strict=False).play(conversio(*JOBS, tenants=TENANTS))


def reply(connection: HTTPConnection, headers: dict[str, str]) -> tuple[int, bytes]:
    connection.request("GET", PATH, headers=headers)
    got = connection.getresponse()
    return got.status, got.read().replace(f":{connection.port}/".encode(), b"/")


@given(st.lists(st.tuples(st.sampled_from(WHO), st.integers(0, 300)), max_size=12), st.booleans())
def test_a_connection_that_is_kept_is_answered_as_a_new_one_each_time_whoever_shares_it(
    looks: list[tuple[tuple[str, str | None], int]], is_shared: bool
) -> None:
    with fake() as kept, fake() as other:
        given_once = {who: kept.credentials(*who) for who in WHO}
        assert given_once == {who: other.credentials(*who) for who in WHO}
        shared = HTTPConnection(kept.url[7:])
        connections = {who: shared if is_shared else HTTPConnection(kept.url[7:]) for who in WHO}
        for who, nap in looks:
            fresh = HTTPConnection(other.url[7:])
            assert reply(connections[who], given_once[who]) == reply(fresh, given_once[who])
            fresh.close()
            kept.clock.advance(seconds=nap)
            other.clock.advance(seconds=nap)
        assert [entry.tenant for entry in kept.journal] == [entry.tenant for entry in other.journal]
        for connection in connections.values():
            connection.close()


def test_a_signature_and_a_secret_are_refused_in_the_middle_of_a_connection_once_their_time_is_over() -> None:
    with fake() as vendor:
        statuses = {}
        for who in WHO:
            vendor.reset()
            vendor.play(conversio(*JOBS, tenants=TENANTS))
            headers, connection = vendor.credentials(*who), HTTPConnection(vendor.url[7:])
            statuses[who] = [reply(connection, headers)[0], reply(connection, headers)[0]]
            vendor.clock.advance(minutes=6)
            statuses[who].append(reply(connection, headers)[0])
            connection.close()
    good, refused = [200, 200, 200], [200, 200, 401]
    assert statuses == dict(zip(WHO, ([*good], [404, 404, 401], refused, good), strict=True))


def a_look(world: World, key: str = "key-default") -> tuple[Asked, Ask]:
    ask = Ask(method="GET", path=PATH, headers={"x-apikey": key}, at=START, kept={})
    asked = asked_in(world, ask)
    assert asked is not None
    return asked, ask


def test_what_a_request_comes_to_is_found_once_and_anew_in_another_world_and_when_more_is_played() -> None:
    scenario = conversio({"id": A})
    world = world_of(scenario)
    asked, ask = a_look(world)
    assert asked_in(world, ask._replace(at=START + 1)) is asked
    assert asked_in(world, ask._replace(kept=None)) is not asked
    assert asked_in(world_of(scenario), ask) is not asked
    world.play(read(conversio({"id": B}, options={"nulls": True})), START)
    assert asked_in(world, ask) is not asked


@pytest.mark.parametrize(
    ("tenants", "key"), [({"fleeting": {"expires": {"minutes": 5}}}, "key-fleeting"), ({"default": {}}, "key-nobody")]
)
def test_what_was_refused_and_what_will_be_is_found_anew_each_time(tenants: dict[str, Any], key: str) -> None:
    world = world_of(conversio(tenants=tenants))
    asked, ask = a_look(world, key)
    assert asked_in(world, ask) is not asked
    assert asked_in(world, ask) == asked

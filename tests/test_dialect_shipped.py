"""The dialects that come along: no dead ends in them, and no reply that cannot be rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from fakejobs.commands import Ask, List, Look, Principal, View
from fakejobs.counting import joined
from fakejobs.dialect.credentials import Refusal, identify
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.fields import Field
from fakejobs.dialect.loader import dialect, dialect_names
from fakejobs.dialect.model import Dialect, Route, State
from fakejobs.dialect.reading import Reading, read
from fakejobs.dialect.replies import answer, document, refusal
from fakejobs.dialect.templates import Language, Scope
from fakejobs.lifecycle import TERMINAL, Position, Script, Step

DIALECTS = [dialect(name) for name in dialect_names()]
STATES = [
    pytest.param(each, state, id=f"{each.name}-{state.name}") for each in DIALECTS for state in each.states.values()
]
ROUTES = [pytest.param(each, route, id=f"{each.name}-{route.operation}") for each in DIALECTS for route in each.routes]
EACH = pytest.mark.parametrize("vendor", DIALECTS, ids=lambda each: each.name)


def people(vendor: Dialect, scopes: frozenset[str] | None = None) -> tuple[Directory, Holder, Holder]:
    """Return a tenant and its app with the keys that the dialect makes up, and a directory of them."""
    language = Language(time=vendor.time)

    def holder(app: str | None) -> Holder:
        keys = vendor.tenant_keys if app is None else vendor.app_keys
        scope = Scope({"tenant": "shop", "app": app, "seed": "a seed"})
        made = {name: str(language.compile(key.default)(scope)) for name, key in keys.items()}
        return Holder(tenant="shop", app=app, keys=made, scopes=scopes)

    directory = Directory()
    tenant, app = holder(None), holder("app")
    directory.add([tenant, app])
    return directory, tenant, app


def way_to(vendor: Dialect, goal: State) -> list[State]:
    """Return the shortest lawful way from a waiting state to a state."""
    ways = [[state] for state in vendor.states.values() if state.phase == "waiting"]
    for way in ways:
        if way[-1] is goal:
            return way
        ways.extend([*way, vendor.states[name]] for name in way[-1].next if vendor.states[name] not in way)
    raise AssertionError(f"{vendor.name} never comes to {goal.name}")


def view(vendor: Dialect, goal: State, app: str | None = None) -> View:
    """Return a job that has come to a state, a second after it came to each state before it."""
    way = way_to(vendor, goal)
    _, tenant, its_app = people(vendor)
    group = None if vendor.groups is None else vendor.groups.ids.mint("a group")
    return View(
        dialect=vendor.name,
        id=joined(vendor, group, vendor.ids.mint("a job")),
        group=group,
        tenant="shop",
        app=app,
        at=len(way) * 1_000_000,
        script=Script(steps=tuple(Step(state=state.name, phase=state.phase, span=1_000_000) for state in way)),
        position=Position(entered=tuple(range(0, len(way) * 1_000_000, 1_000_000))),
        collections={name: ({}, {"success": False, "error": {"code": "E"}}) for name in vendor.collections},
        tenant_keys=tenant.keys,
        app_keys={} if app is None else its_app.keys,
    )


def reading(route: Route, who: Principal | None, id: str) -> Reading:
    return Reading(
        route=route,
        command=List() if route.do == "list" else Look(id=id),
        principal=who,
        arguments={name: id for pattern in route.patterns for name in pattern.holes},
        values={each.name: each.default for each in route.query}
        | dict.fromkeys(route.paging.bound if route.paging else ()),
    )


def speakers(vendor: Dialect) -> list[Principal]:
    return [
        Principal(tenant="shop", app="app" if each.of_app else None, credential=each.name, sees_tenant=each.sees_tenant)
        for each in vendor.credentials
    ]


@pytest.mark.parametrize(("vendor", "state"), STATES)
def test_every_state_may_come_first_or_is_reached_from_one_that_may(vendor: Dialect, state: State) -> None:
    assert way_to(vendor, state)[-1] is state


@pytest.mark.parametrize(("vendor", "state"), STATES)
def test_a_state_is_an_end_if_and_only_if_nothing_follows_it(vendor: Dialect, state: State) -> None:
    assert (state.phase in TERMINAL) == (not state.next)


@pytest.mark.parametrize(("vendor", "state"), STATES)
def test_every_state_renders_a_document_that_its_schema_accepts_and_that_reads_as_the_state(
    vendor: Dialect, state: State
) -> None:
    for who in speakers(vendor):
        for options in ({}, dict.fromkeys(vendor.options, True)):
            shown = document(vendor, view(vendor, state, who.app), who, "http://vendor", options)
            assert vendor.job_document.schema.problems(vendor.source, (), shown) == ()
            assert vendor.recognised(shown) is state


@pytest.mark.parametrize(("vendor", "route"), ROUTES)
def test_every_route_has_a_reply_for_every_state_and_leaves_no_hole_open(vendor: Dialect, route: Route) -> None:
    for state in vendor.states.values():
        for who in (*speakers(vendor), *([None] if route.public else [])):
            job = view(vendor, state, None if who is None else who.app)
            ask = Ask(method="GET", path="/", base="http://vendor", at=job.at)
            reply = answer(vendor, reading(route, who, job.id), [job], ask, dict.fromkeys(vendor.options, True))
            assert 200 <= reply.status < 300
            assert b"${" not in reply.body
            if route.reply.body is not None:
                json.loads(reply.body)


@EACH
def test_every_error_has_a_reply(vendor: Dialect) -> None:
    for name in vendor.errors:
        refused = Refusal(error=name, reason="", field="field", description="must be right")
        reply = refusal(vendor, refused, Ask(method="GET", path="/"), "GET, HEAD")
        assert reply.status >= 400
        assert dict(reply.headers).get("Allow") == ("GET, HEAD" if name == "method_not_allowed" else None)
        json.loads(reply.body)


def least(fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return an object that has all that fields ask for, and no more."""
    return {name: _least(each) for name, each in fields.items() if each.required}


def _least(field: Field) -> Any:
    if field.kind == "object":
        one_of = {name: _least(field.fields[name]) for name in (*field.any[:1], *field.one[:1])}
        return least(field.fields) | one_of
    if field.kind == "array":
        return [_least(field.items)] * (field.least or 0) if field.items else []
    if field.kind == "text":
        return field.values[0] if field.values else "/text"
    return {"boolean": True}.get(field.kind, field.least or 1)


@pytest.mark.parametrize(("vendor", "route"), ROUTES)
def test_every_scope_that_a_route_names_opens_it_and_nothing_less_does(vendor: Dialect, route: Route) -> None:
    credentials = [each for each in vendor.credentials if each.name in vendor.carries_scopes]
    assert credentials or not route.scopes

    def found(scopes: frozenset[str], number: int) -> Any:
        directory, tenant, app = people(vendor, scopes)
        credential = credentials[number]
        headers = credential.present(app if credential.of_app else tenant, tenant, 0)
        ask = Ask(
            method="GET",
            path="/",
            headers={name.lower(): value for name, value in headers.items()},
            query={each.name: ("{}",) for each in route.query if each.required},
            body=json.dumps(least(route.fields)).encode(),
        )
        return read(vendor, route, {"id": "7"}, ask, identify(vendor.credentials, ask, directory))

    for number in range(len(credentials)):
        for alternative in route.scopes:
            assert isinstance(found(alternative, number), Reading)
            for scope in alternative:
                refused = found(alternative - {scope}, number)
                assert isinstance(refused, Refusal)
                assert refused.error == "forbidden"


@EACH
def test_every_part_that_is_declared_is_used(vendor: Dialect) -> None:
    source: Any = vendor.source.value
    parts = ("templates", "routes", "errors", "credentials", "callbacks", "shapes")
    text = json.dumps({part: source.get(part) for part in parts})
    for option in vendor.options:
        assert any(written in text for written in (f"?{option}", f"option.{option}", f'"{option}"'))
    for shape in source.get("shapes", {}):
        assert f'"is": "{shape}"' in text
    for name in vendor.figures:
        assert f"job.{name}" in text
    for name in vendor.job_keys:
        assert f"job.given.{name}" in text
    for name in vendor.collections:
        assert any(route.collection == name for route in vendor.routes)
    used = set(re.findall(r'"\$use": "([^"]+)"', text)) | set(vendor.documents)
    assert used == set(source["templates"])
    for keys, owner in ((vendor.tenant_keys, "tenant"), (vendor.app_keys, "app")):
        held = {credential.get(part) for credential in source["credentials"] for part in ("key", "secret", "host")} | {
            key for each in source["credentials"] for part in ("also", "agrees") for key in each.get(part, {}).values()
        }
        for name in keys:
            assert name in held or f"job.{owner}.{name}" in text


@EACH
def test_the_script_of_a_job_that_nobody_scripted_is_lawful_and_comes_to_an_end(vendor: Dialect) -> None:
    states = [vendor.states[step["state"]] for step in vendor.script]
    assert all(after.name in before.next for before, after in pairwise(states))
    assert states[-1].phase == "succeeded"

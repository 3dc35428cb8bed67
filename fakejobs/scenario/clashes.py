"""What cannot be played together: a scenario held against what is played already, before anything of it is added."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fakejobs.dialect.routing import Pattern
from fakejobs.errors import UsageError
from fakejobs.scenario.model import Scenario
from fakejobs.scenario.tenants import twins

if TYPE_CHECKING:
    from fakejobs.world import World


def refuse_clashes(world: World, scenario: Scenario) -> None:
    """Raise `UsageError` if a scenario's dialect, routes, options, tenants or ids clash with what a world plays."""
    if not world.scenarios:
        return
    dialect = scenario.dialect
    known = next((each for each in world.dialects if each.name == dialect.name), None)
    if known is None:
        _refuse_routes(world, scenario)
        return
    if known is not dialect:
        raise UsageError(f"two dialects are called `{dialect.name}`: {known.source.file} and {dialect.source.file}")
    _refuse_options(world, scenario)
    _refuse_idempotency(world, scenario)
    _refuse_tenants(world, scenario)
    _refuse_ids(world, scenario)


def _refuse_routes(world: World, scenario: Scenario) -> None:
    taken = {_shape(pattern): dialect.name for pattern, (dialect, _) in world.router}
    for route in scenario.dialect.routes:
        for pattern in route.patterns:
            if _shape(pattern) in taken:
                other = taken[_shape(pattern)]
                raise UsageError(f"{scenario.file}: {scenario.dialect.name} and {other} both take `{pattern}`")


def _shape(pattern: Pattern) -> tuple[str, str]:
    """Return what tells patterns apart: not how their holes are called."""
    return pattern.method, re.sub(r"\?P<\w+>", "", pattern.expression.pattern)


def _refuse_options(world: World, scenario: Scenario) -> None:
    played = world.options(scenario.dialect.name)
    for name, value in scenario.options.items():
        if played.get(name, value) != value:
            was, wanted = ("on" if each else "off" for each in (played[name], value))
            raise UsageError(f"{scenario.file}: the option `{name}` is {was} in what is played already; found {wanted}")


def _refuse_idempotency(world: World, scenario: Scenario) -> None:
    keys = world.keys.get(scenario.dialect.name)
    if keys is not None and scenario.idempotency not in (None, keys.rule):
        raise UsageError(
            f"{scenario.file}: its `idempotency` ({scenario.idempotency}) is another than that of what is played "
            f"already ({keys.rule})"
        )


def _refuse_tenants(world: World, scenario: Scenario) -> None:
    directory = world.directory(scenario.dialect.name)
    for holder in scenario.holders:
        if directory.holder(holder.tenant, holder.app) not in (None, holder):
            message = (
                f"`{holder.name}` is declared twice with other keys; what is played together must agree on tenants"
            )
            raise UsageError(f"{scenario.file}: {message}")
    names = [(tenant, app) for tenant in directory.tenants for app in (None, *directory.apps(tenant))]
    declared = {(holder.tenant, holder.app): holder for holder in scenario.holders}
    played = [known for name in names if name not in declared and (known := directory.holder(*name))]
    for holder, first, keys in twins(scenario.dialect, [*played, *scenario.holders]):
        message = f"`{holder.name}` has the same {' and '.join(keys)} as `{first.name}`, which is played already"
        raise UsageError(f"{scenario.file}: {message}; nobody could say who speaks")


def _refuse_ids(world: World, scenario: Scenario) -> None:
    """Refuse an id that a tenant has already, or that is kept for a job still to be created, whosever it will be."""
    rules = [each.rule for each in world.submissions if each.scenario.dialect is scenario.dialect]
    kept = {rule.plan.id: rule.pointer for rule in rules if rule.plan.id is not None}
    for plan in (*scenario.jobs, *(submission.plan for submission in scenario.submissions)):
        if plan.id in kept:
            raise UsageError(f"{scenario.file}: the id `{plan.id}` is kept by the submission {kept[plan.id]} already")
    for each in scenario.submissions:
        holders = [job.tenant for job in world.population.of_id(scenario.dialect.name, each.plan.id or "")]
        if holders and each.when.get("tenant", holders[0]) in holders:
            raise UsageError(
                f"{scenario.file}: the submission {each.pointer} makes a job `{each.plan.id}`, which "
                f"`{each.when.get('tenant', holders[0])}` has already"
            )
    for plan in scenario.jobs:
        holders = [job.tenant for job in world.population.of_id(scenario.dialect.name, plan.id or "")]
        if plan.tenant in holders:
            raise UsageError(f"{scenario.file}: `{plan.tenant}` has a job `{plan.id}` already (at {plan.pointer})")

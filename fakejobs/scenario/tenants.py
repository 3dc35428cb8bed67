"""The tenants of a scenario, with the keys that it leaves out made up as the dialect says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.dialect.directory import Holder
from fakejobs.dialect.model import Dialect, KeySpec
from fakejobs.dialect.templates import Language, Scope
from fakejobs.scenario.bodies import Complain

DEFAULT_TENANT = "default"
"""The name of the tenant where a scenario declares none."""


def read_tenants(dialect: Dialect, entries: Mapping[str, Any] | None, complain: Complain) -> tuple[Holder, ...]:
    """Return all tenants and apps of a scenario; complain where two could not be told apart."""
    holders: list[Holder] = []
    for tenant, entry in (entries or {DEFAULT_TENANT: {}}).items():
        holders.append(_holder(dialect, tenant, None, entry))
        holders.extend(_holder(dialect, tenant, app, held) for app, held in entry.get("apps", {}).items())
    _complain_of_twins(dialect, holders, complain)
    return tuple(holders)


def _holder(dialect: Dialect, tenant: str, app: str | None, entry: Mapping[str, Any]) -> Holder:
    specs = dialect.tenant_keys if app is None else dialect.app_keys
    scopes = entry.get("scopes")
    return Holder(
        tenant=tenant,
        app=app,
        keys={name: entry.get(name) or _made_up(dialect, spec, tenant, app) for name, spec in specs.items()},
        scopes=None if scopes is None else frozenset(scopes),
    )


def _made_up(dialect: Dialect, spec: KeySpec, tenant: str, app: str | None) -> str:
    seed = f"{dialect.name}:{tenant}:{app or ''}:{spec.name}"
    render = Language(time=dialect.time).compile(spec.default)
    return str(render(Scope({"tenant": tenant, "app": app, "seed": seed})))


def _complain_of_twins(dialect: Dialect, holders: list[Holder], complain: Complain) -> None:
    """Complain of two holders whose credentials are the same: nobody could say who speaks."""
    for credential in dialect.credentials:
        names = credential.keys
        seen: dict[tuple[str, ...], Holder] = {}
        for holder in holders:
            if (holder.app is not None) != credential.of_app:
                continue
            first = seen.setdefault(tuple(holder.keys[name] for name in names), holder)
            if first is not holder:
                path = (
                    ("tenants", holder.tenant) if holder.app is None else ("tenants", holder.tenant, "apps", holder.app)
                )
                complain(
                    (*path, names[0]),
                    f"`{first.name}` has the same {' and '.join(names)}: nobody could say who speaks",
                )

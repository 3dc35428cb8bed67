"""The tenants of a scenario, with the keys that it leaves out made up as the dialect says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fakejobs.dialect.directory import Holder
from fakejobs.dialect.model import Dialect, KeySpec
from fakejobs.dialect.templates import Language, Scope
from fakejobs.documents import Path, listed
from fakejobs.documents.spelling import quoted, slip_of
from fakejobs.scenario.bodies import Complain

DEFAULT_TENANT = "default"
"""The name of the tenant where a scenario declares none."""

DEFAULT_APP = "app"
"""The name of the app of a tenant that declares none, where nobody but apps can speak."""


def read_tenants(dialect: Dialect, entries: Mapping[str, Any] | None, complain: Complain) -> tuple[Holder, ...]:
    """Return all tenants and apps of a scenario; complain where two could not be told apart."""
    holders: list[Holder] = []
    for tenant, entry in (entries or {DEFAULT_TENANT: {}}).items():
        apps: Mapping[str | None, Any] = entry.get("apps") or ({DEFAULT_APP: {}} if dialect.speaks_by_apps else {})
        held: Mapping[str | None, Any] = {None: entry, **apps}
        for app, each in held.items():
            holders.append(_holder(dialect, tenant, app, each))
            _complain_of_slips(dialect, each.get("scopes", ()), (*_path_of(holders[-1]), "scopes"), complain)
    _complain_of_scopes(dialect, holders, complain)
    _complain_of_keys(dialect, holders, complain)
    for holder, first, keys in twins(dialect, holders):
        message = f"`{first.name}` has the same {' and '.join(keys)}: nobody could say who speaks"
        complain((*_path_of(holder), keys[0]), message)
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


def _path_of(holder: Holder) -> Path:
    return ("tenants", holder.tenant) if holder.app is None else ("tenants", holder.tenant, "apps", holder.app)


def _complain_of_scopes(dialect: Dialect, holders: Sequence[Holder], complain: Complain) -> None:
    """Complain of scopes where no credential carries any: they would change nothing but what is refused."""
    for holder in holders:
        names = [each.name for each in dialect.credentials if each.of_app == (holder.app is not None)]
        if holder.scopes is not None and dialect.carries_scopes.isdisjoint(names):
            whose = "a tenant" if holder.app is None else "an app"
            by = f"{listed(names)}, which carries no scopes; leave them out" if names else "its apps; give them theirs"
            message = f"{whose} of {dialect.name} speaks by {by}"
            complain((*_path_of(holder), "scopes"), message)


def _complain_of_slips(dialect: Dialect, scopes: Sequence[str], path: Path, complain: Complain) -> None:
    for number, scope in enumerate(scopes):
        near = meant_scope(dialect, scope)
        if near is not None:
            complain((*path, number), f"{dialect.name} knows no scope {quoted(scope)}; did you mean {quoted(near)}?")


def meant_scope(dialect: Dialect, scope: str) -> str | None:
    """Return the scope of a dialect that one unknown to it is a slip of: a letter off, another case, other dots.

    None for one that is known, and for one that is clearly another: what a vendor's other API takes is a fair test.
    """
    known = sorted({each for route in dialect.routes for needed in route.scopes for each in needed})
    return None if scope in known else slip_of(scope, known, most=1)


def _complain_of_keys(dialect: Dialect, holders: Sequence[Holder], complain: Complain) -> None:
    """Complain of keys that no client could send in a header."""
    for credential in dialect.credentials:
        for holder in holders:
            for name in credential.keys if credential.of_app == (holder.app is not None) else ():
                value = holder.keys[name]
                if not (value.isascii() and value.isprintable()):
                    message = f"the {name} {value!r} cannot be sent in a header; right would be printable ASCII"
                    complain((*_path_of(holder), name), message)


def twins(dialect: Dialect, holders: Sequence[Holder]) -> Iterator[tuple[Holder, Holder, tuple[str, ...]]]:
    """Yield each holder whose credentials another had before it, with that one and the keys that are the same."""
    for credential in dialect.credentials:
        seen: dict[tuple[str, ...], Holder] = {}
        for holder in holders:
            if (holder.app is not None) != credential.of_app:
                continue
            first = seen.setdefault(tuple(holder.keys[name] for name in credential.keys), holder)
            if first is not holder:
                yield holder, first, credential.keys

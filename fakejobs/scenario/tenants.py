"""The tenants of a scenario, with the keys that it leaves out made up as the dialect says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fakejobs.dialect.directory import Holder
from fakejobs.dialect.lifetimes import turns_of
from fakejobs.dialect.model import Dialect, KeySpec
from fakejobs.dialect.templates import Language, Scope
from fakejobs.documents import Path, listed
from fakejobs.documents.spelling import counted, quoted, slip_of
from fakejobs.scenario.bodies import Complain
from fakejobs.scenario.spans import read_span

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
            holders.append(_holder(dialect, tenant, app, each, complain))
            _complain_of_slips(dialect, each.get("scopes", ()), (*_path_of(tenant, app), "scopes"), complain)
    _complain_of_scopes(dialect, holders, complain)
    _complain_of_keys(dialect, holders, complain)
    _complain_of_lifetimes(dialect, holders, complain)
    _complain_of_heirs(dialect, holders, complain)
    for holder, first, keys in twins(dialect, holders):
        message = f"`{first.name}` has the same {' and '.join(keys)}: nobody could say who speaks"
        complain((*_path_of(holder.tenant, holder.app), keys[0]), message)
    return tuple(holders)


def _holder(dialect: Dialect, tenant: str, app: str | None, entry: Mapping[str, Any], complain: Complain) -> Holder:
    specs = dialect.tenant_keys if app is None else dialect.app_keys
    scopes, expires, path = entry.get("scopes"), entry.get("expires"), (*_path_of(tenant, app), "expires")
    return Holder(
        tenant=tenant,
        app=app,
        keys={name: entry.get(name) or _made_up(dialect, spec, tenant, app) for name, spec in specs.items()},
        scopes=None if scopes is None else frozenset(scopes),
        expires=None if expires is None else read_span(expires, path, complain, least=1),
    )


def _made_up(dialect: Dialect, spec: KeySpec, tenant: str, app: str | None) -> str:
    seed = f"{dialect.name}:{tenant}:{app or ''}:{spec.name}"
    render = Language(time=dialect.time).compile(spec.default)
    return str(render(Scope({"tenant": tenant, "app": app, "seed": seed})))


def _path_of(tenant: str, app: str | None) -> Path:
    return ("tenants", tenant) if app is None else ("tenants", tenant, "apps", app)


def _complain_of_scopes(dialect: Dialect, holders: Sequence[Holder], complain: Complain) -> None:
    """Complain of scopes where no credential carries any: they would change nothing but what is refused."""
    for holder in holders:
        names = [each.name for each in dialect.credentials if each.of_app == (holder.app is not None)]
        if holder.scopes is not None and dialect.carries_scopes.isdisjoint(names):
            whose = "a tenant" if holder.app is None else "an app"
            by = f"{listed(names)}, which carries no scopes; leave them out" if names else "its apps; give them theirs"
            message = f"{whose} of {dialect.name} speaks by {by}"
            complain((*_path_of(holder.tenant, holder.app), "scopes"), message)


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
                    complain((*_path_of(holder.tenant, holder.app), name), message)


def _complain_of_lifetimes(dialect: Dialect, holders: Sequence[Holder], complain: Complain) -> None:
    """Complain of secrets that are to expire where none is sent, or one that says itself how long it holds."""
    for holder in holders:
        sent = [each for each in dialect.credentials if each.of_app == (holder.app is not None)]
        if holder.expires is None or (sent and all(each.may_expire for each in sent)):
            continue
        whose = "a tenant" if holder.app is None else "an app"
        by = f"{listed([each.name for each in sent])}, which says itself how long it holds" if sent else "its apps"
        message = f"{whose} of {dialect.name} speaks by {by}; leave it out"
        complain((*_path_of(holder.tenant, holder.app), "expires"), message)


def _complain_of_heirs(dialect: Dialect, holders: Sequence[Holder], complain: Complain) -> None:
    """Complain of a secret that another holder, whose own expires, will have in its turn."""
    for credential in dialect.credentials:
        first, *others = credential.keys
        held = [each for each in holders if (each.app is not None) == credential.of_app]
        rows = {(each.keys[first], *(each.keys[name] for name in others)): each for each in held if each.expires}
        for holder in held:
            for secret, turn in turns_of(holder.keys[first]):
                heir = rows.get((secret, *(holder.keys[name] for name in others)))
                if turn and heir is not None:
                    message = f"`{heir.name}` has this {first} too, once its own has expired {counted(turn, 'time')}"
                    complain((*_path_of(holder.tenant, holder.app), first), f"{message}; right would be another")


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

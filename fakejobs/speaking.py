"""Speaking for a tenant or an app: the headers by which a client does, valid at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.model import Dialect
from fakejobs.documents import listed, nearest
from fakejobs.door import found, name_from
from fakejobs.errors import UsageError
from fakejobs.world import World

if TYPE_CHECKING:
    from typing import Protocol

    class _Headers(Protocol):
        def update(self, headers: Mapping[str, str], /) -> None: ...

    class _Request(Protocol):
        @property
        def headers(self) -> _Headers: ...


R = TypeVar("R", bound="_Request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who is to speak: a tenant or its app, of a dialect where several know the tenant, with these scopes or all."""

    tenant: str | None
    app: str | None
    scopes: frozenset[str] | None
    dialect: str | None


def speaker(tenant: Any, app: Any, scopes: Any, dialect: Any) -> Speaker:
    """Return who is to speak, checked as far as can be without a world."""
    for value, what in ((tenant, "a tenant"), (app, "an app"), (dialect, "a dialect")):
        if value is not None:
            name_from(value, what)
    if scopes is not None and (isinstance(scopes, str) or not isinstance(scopes, Iterable)):
        raise UsageError(f'scopes is a list, like ["read"]; found {found(scopes)}')
    return Speaker(tenant=tenant, app=app, scopes=None if scopes is None else frozenset(scopes), dialect=dialect)


def headers_of(world: World, who: Speaker, at: int) -> dict[str, str]:
    """Return the headers by which somebody speaks at an instant; `UsageError` if nobody is called so."""
    dialect, directory, holder = _holder(world, who)
    credential = next((each for each in dialect.credentials if each.of_app == (who.app is not None)), None)
    if credential is None:
        raise UsageError(f"{dialect.name} has no credential of {'an app' if who.app else 'a tenant'}")
    if who.scopes is not None:
        if credential.name not in dialect.carries_scopes:
            raise UsageError(f"the {credential.name} of {dialect.name} has every scope; scopes are for its apps")
        holder = directory.narrowed(holder, credential.keys[0], who.scopes)
    owner = directory.holder(holder.tenant)
    assert owner is not None
    return credential.present(holder, owner, at)


def _holder(world: World, who: Speaker) -> tuple[Dialect, Directory, Holder]:
    tenants = [
        (dialect, directory, name)
        for dialect in world.dialects
        for directory in [world.directory(dialect.name)]
        for name in directory.tenants
        if who.dialect in (None, dialect.name)
    ]
    if not tenants:
        what = f"nothing of `{who.dialect}`" if who.dialect else "nothing"
        raise UsageError(f"{what} is played, so there are no tenants: play a scenario first")
    names = [name for _, _, name in tenants]
    fitting = tenants if who.tenant is None else [each for each in tenants if each[2] == who.tenant]
    if not fitting:
        near = nearest(who.tenant or "", names)
        hint = f"did you mean `{near}`?" if near else f"there are {listed(names)}"
        raise UsageError(f"no tenant is called `{who.tenant}`; {hint}")
    if len(fitting) > 1:
        if who.tenant is None:
            there = listed([f"{name} ({dialect.name})" for dialect, _, name in fitting])
            raise UsageError(f"which tenant?: there are {there}")
        there = listed([dialect.name for dialect, _, _ in fitting])
        raise UsageError(f"`{who.tenant}` is a tenant of several dialects; say dialect={there}")
    dialect, directory, name = fitting[0]
    holder = directory.holder(name, who.app)
    if holder is None:
        apps = directory.apps(name)
        raise UsageError(f"`{name}` has no app `{who.app}`; it has {listed(apps) if apps else 'none'}")
    return dialect, directory, holder


class Auth:
    """Signs each request of requests or httpx with headers that are valid when it is made."""

    def __init__(self, headers: Callable[[], Mapping[str, str]]) -> None:
        self._headers = headers

    def __call__(self, request: R) -> R:
        """Add the headers to a request, and return it."""
        request.headers.update(self._headers())
        return request

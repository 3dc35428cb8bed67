"""Speaking for a tenant or an app: the headers by which a client does, valid at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.model import Dialect
from fakejobs.documents import listed, nearest
from fakejobs.documents.spelling import quoted
from fakejobs.door import found, name_from
from fakejobs.errors import UsageError
from fakejobs.scenario.tenants import meant_scope
from fakejobs.structs import struct
from fakejobs.world import World

if TYPE_CHECKING:
    from typing import Protocol

    class _Headers(Protocol):
        def update(self, headers: Mapping[str, str], /) -> None: ...

    class _Request(Protocol):
        @property
        def headers(self) -> _Headers: ...


R = TypeVar("R", bound="_Request")


@struct
class Speaker:
    """Who is to speak: a tenant or its app, of a dialect where several know the tenant, with these scopes or all."""

    tenant: str | None
    app: str | None
    scopes: frozenset[str] | None
    dialect: str | None


def speaker(tenant: Any, app: Any, scopes: Any, dialect: Any) -> Speaker:
    """Return who is to speak, checked as far as can be without a world."""
    if hasattr(tenant, "headers"):  # a client has called `auth` itself, to have its request signed
        raise UsageError(
            "a tenant is a str; found a request: a client takes what auth() returns, as in auth=fake.auth()"
        )
    for value, what in ((tenant, "a tenant"), (app, "an app"), (dialect, "a dialect")):
        if value is not None:
            name_from(value, what)
    return Speaker(tenant=tenant, app=app, scopes=None if scopes is None else _scopes(scopes), dialect=dialect)


def _scopes(scopes: Any) -> frozenset[str]:
    if isinstance(scopes, str) or not isinstance(scopes, Iterable):
        raise UsageError(f'scopes is a list, like ["read"]; found {found(scopes)}')
    return frozenset(name_from(scope, "a scope") for scope in scopes)


def headers_of(world: World, who: Speaker, at: int) -> dict[str, str]:
    """Return the headers by which somebody speaks at an instant; `UsageError` if nobody is called so.

    A scope that the dialect does not know is taken as it stands, for a foreign one is a fair test, unless it is but a
    slip of one that it knows (a letter off, another case, other dots): that is a `UsageError` too.
    """
    dialect, directory, holder = _holder(world, who)
    credential = next((each for each in dialect.credentials if each.of_app == (holder.app is not None)), None)
    if credential is None:
        raise UsageError(f"{dialect.name} has no credential of {'an app' if who.app else 'a tenant'}")
    if who.scopes is not None:
        if credential.name not in dialect.carries_scopes:
            raise UsageError(f"the {credential.name} of {dialect.name} has every scope; scopes are for its apps")
        _refuse_slips(dialect, who.scopes)
        holder = credential.narrowed(holder, directory, who.scopes)
    owner = directory.holder(holder.tenant)
    assert owner is not None
    return credential.present(directory.current(holder, credential.keys[0], at), owner, at)


def _refuse_slips(dialect: Dialect, scopes: Iterable[str]) -> None:
    for scope in sorted(scopes):
        near = meant_scope(dialect, scope)
        if near is not None:
            raise UsageError(f"{dialect.name} knows no scope {quoted(scope)}; did you mean {quoted(near)}?")


_HOW_TO_PLAY = 'play a scenario first, by @pytest.mark.fakejobs("…") or .play("…")'


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
        played = [dialect.name for dialect in world.dialects]
        hint = f"played {'is' if len(played) == 1 else 'are'} {listed(played)}" if played else _HOW_TO_PLAY
        raise UsageError(f"{what} is played, so there are no tenants: {hint}")
    fitting = tenants if who.tenant is None else [each for each in tenants if each[2] == who.tenant]
    if not fitting:
        names = [name for _, _, name in tenants]
        near = nearest(who.tenant or "", names)
        hint = f"did you mean `{near}`?" if near else f"there are {listed(names)}"
        raise UsageError(f"no tenant is called `{who.tenant}`; {hint}")
    if len(fitting) > 1:
        if who.tenant is None:
            there = listed([f"{name} ({dialect.name})" for dialect, _, name in fitting])
            raise UsageError(f"no tenant is named, and several are played: which is meant, {there}?")
        there = listed([dialect.name for dialect, _, _ in fitting])
        raise UsageError(f"`{who.tenant}` is a tenant of several dialects; say dialect={there}")
    dialect, directory, name = fitting[0]
    first = next(iter(directory.apps(name)), None) if dialect.speaks_by_apps else None
    holder = directory.holder(name, who.app or first)
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

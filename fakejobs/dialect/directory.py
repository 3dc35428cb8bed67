"""Who may speak to a dialect's API: tenants, their apps, and the keys that each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fakejobs.dialect.formats import hex_of
from fakejobs.dialect.lifetimes import Lapse, lapse_of, secret_of, turn_at, turns_of
from fakejobs.errors import UsageError
from fakejobs.keeping import Back
from fakejobs.structs import replace, struct


@struct
class Holder:
    """A tenant (``app`` is None) or one of its apps, with its keys. ``scopes`` None means every scope.

    ``expires`` is for how many microseconds its secret holds before the next one does; None is for ever.
    """

    tenant: str
    app: str | None = None
    keys: Mapping[str, str]
    scopes: frozenset[str] | None = None
    expires: int | None = None

    @property
    def name(self) -> str:
        """The name by which messages call it."""
        return self.tenant if self.app is None else f"{self.tenant}/{self.app}"


class Directory:
    """Finds holders by name and by what they hold."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str, str | None], Holder] = {}
        self._by_key: dict[tuple[bool, str, str], list[Holder]] = {}
        self._begun: dict[tuple[str, str | None], int] = {}

    def add(self, holders: Iterable[Holder], at: int = 0) -> None:
        """Add holders, whose secrets hold from an instant on.

        The same one may come again; another with its name is a `UsageError`, and none is added.
        """
        fresh: dict[tuple[str, str | None], Holder] = {}
        for holder in holders:
            name = (holder.tenant, holder.app)
            known = self._holders.get(name) or fresh.setdefault(name, holder)
            if known is not holder and known != holder:
                raise UsageError(
                    f"`{holder.name}` is declared twice, with other keys or scopes; "
                    "what is played together must agree on tenants"
                )
        self._holders.update(fresh)
        self._begun |= {name: at for name, holder in fresh.items() if holder.expires is not None}
        for name, holder in fresh.items():
            for key, value in holder.keys.items():
                self._by_key.setdefault((name[1] is not None, key, value), []).append(holder)

    def keep(self) -> Back:
        """Return what puts it back: nothing is, so that credentials that were given out since stay good."""
        return lambda: None

    @property
    def has_secrets_that_expire(self) -> bool:
        """Whether what somebody holds is not the same for ever."""
        return bool(self._begun)

    @property
    def tenants(self) -> list[str]:
        """The names of all tenants, in the order in which they came."""
        return [tenant for tenant, app in self._holders if app is None]

    def apps(self, tenant: str) -> list[str]:
        """The names of a tenant's apps."""
        return [app for owner, app in self._holders if owner == tenant and app is not None]

    def holder(self, tenant: str, app: str | None = None) -> Holder | None:
        """Return the tenant or app of that name, or None."""
        return self._holders.get((tenant, app))

    def find(self, *, of_app: bool, key: str, value: str) -> list[Holder]:
        """Return who holds this value under this key: apps, or tenants."""
        return self._by_key.get((of_app, key, value), [])

    def holding(self, *, of_app: bool, key: str, value: str, at: int) -> list[Holder] | Lapse:
        """Return whose secret this value is at an instant, as `find` does; a lapse where it is everybody's no more."""
        if not self._begun:  # every poll comes through here, and secrets that expire are few
            return self.find(of_app=of_app, key=key, value=value)
        held = [
            (holder, turn)
            for first, turn in turns_of(value)
            for holder in self.find(of_app=of_app, key=key, value=first)
            if turn == 0 or holder.expires is not None
        ]
        lapses = [self._lapse_of(holder, turn, at) for holder, turn in held]
        valid = [holder for (holder, _), lapse in zip(held, lapses, strict=True) if lapse is None]
        return valid or next((lapse for lapse in lapses if lapse is not None), [])

    def _lapse_of(self, holder: Holder, turn: int, at: int) -> Lapse | None:
        if holder.expires is None:
            return None
        return lapse_of(self._begun[holder.tenant, holder.app], holder.expires, turn, at)

    def current(self, holder: Holder, key: str, at: int) -> Holder:
        """Return a holder with the secret under ``key`` that holds at an instant."""
        if holder.expires is None:
            return holder
        turn = turn_at(self._begun[holder.tenant, holder.app], holder.expires, at)
        return replace(holder, keys={**holder.keys, key: secret_of(holder.keys[key], turn)})

    def narrowed(self, holder: Holder, key: str, scopes: frozenset[str]) -> Holder:
        """Return a holder like this one whose own value under ``key`` carries just these scopes."""
        mark = hex_of(f"{holder.keys[key]}:{sorted(scopes)}", 8)
        value = f"{holder.keys[key]}-{mark}"
        known = self.find(of_app=holder.app is not None, key=key, value=value)
        if known:
            return known[0]
        narrow = replace(holder, keys={**holder.keys, key: value}, scopes=scopes)
        self._by_key[holder.app is not None, key, value] = [narrow]
        return narrow

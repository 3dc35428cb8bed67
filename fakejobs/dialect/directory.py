"""Who may speak to a dialect's API: tenants, their apps, and the keys that each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fakejobs.dialect.formats import hex_of
from fakejobs.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A tenant (``app`` is None) or one of its apps, with its keys. ``scopes`` None means every scope."""

    tenant: str
    app: str | None = None
    keys: Mapping[str, str]
    scopes: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """The name by which messages call it."""
        return self.tenant if self.app is None else f"{self.tenant}/{self.app}"


class Directory:
    """Finds holders by name and by what they hold."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str, str | None], Holder] = {}
        self._by_key: dict[tuple[bool, str, str], list[Holder]] = {}

    def add(self, holders: Iterable[Holder]) -> None:
        """Add holders; the same one may come again, another with its name is a `UsageError`, and none is added."""
        fresh: dict[tuple[str, str | None], Holder] = {}
        for holder in holders:
            name = (holder.tenant, holder.app)
            known = self._holders.get(name) or fresh.setdefault(name, holder)
            if known != holder:
                raise UsageError(
                    f"`{holder.name}` is declared twice, with other keys or scopes; "
                    "what is played together must agree on tenants"
                )
        self._holders.update(fresh)
        for name, holder in fresh.items():
            for key, value in holder.keys.items():
                self._by_key.setdefault((name[1] is not None, key, value), []).append(holder)

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

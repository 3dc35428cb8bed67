"""Who may be named in a scenario: the tenants that it declares and their apps, or else the one that it has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakejobs.dialect.directory import Holder
from fakejobs.documents import Path, listed, nearest
from fakejobs.documents.spelling import quoted, shown
from fakejobs.scenario.bodies import Complain
from fakejobs.structs import struct


@struct
class Owners:
    """The names of tenants (their app is None) and of apps; ``are_declared`` says that the scenario names them."""

    names: tuple[tuple[str, str | None], ...]
    are_declared: bool

    @classmethod
    def of(cls, holders: Iterable[Holder], *, are_declared: bool) -> Owners:
        """Return the owners that holders are."""
        return cls(names=tuple((each.tenant, each.app) for each in holders), are_declared=are_declared)

    @property
    def tenants(self) -> list[str]:
        """The names of all tenants."""
        return [tenant for tenant, app in self.names if app is None]

    def apps(self, tenant: str | None) -> list[str]:
        """Return the names of a tenant's apps, or of everybody's where no tenant is named."""
        found = [app for owner, app in self.names if app is not None and tenant in (None, owner)]
        return list(dict.fromkeys(found))

    def knows_tenant(self, tenant: Any, path: Path, complain: Complain) -> bool:
        """Say whether there is a tenant of this name; complain if there is none."""
        if tenant in self.tenants:
            return True
        near = nearest(tenant, self.tenants) if self.are_declared and isinstance(tenant, str) else None
        declared = f"declared are {listed(self.tenants)}" if self.are_declared else "the scenario declares no `tenants`"
        complain(path, f"no tenant is called {named(tenant)}; {f'did you mean `{near}`?' if near else declared}")
        return False

    def knows_app(self, app: Any, tenant: str | None, path: Path, complain: Complain) -> bool:
        """Say whether a tenant, or anybody where none is named, has an app of this name; complain if not."""
        there = self.apps(tenant)
        if app in there:
            return True
        near = nearest(app, there) if isinstance(app, str) else None
        has = "it has" if tenant else "there is" if len(there) == 1 else "there are"
        hint = f"did you mean `{near}`?" if near else f"{has} {listed(there) if there else 'none'}"
        whose = "no app" if tenant is None else f"no app of {quoted(tenant)}"
        complain(path, f"{whose} is called {named(app)}; {hint}")
        return False


def named(value: Any) -> str:
    """Return a name as complaints show it, whatever stands in its place."""
    return quoted(value) if isinstance(value, str) else f"`{shown(value)}`"

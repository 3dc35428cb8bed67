"""What every kind of credential has in common: who it speaks for, and the refusals of a vendor."""

from __future__ import annotations

from typing import Protocol

from fakejobs.commands import Ask, Principal
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.lifetimes import Lapse
from fakejobs.structs import struct


@struct
class Refusal:
    """A request that the vendor turns down: the dialect's error, what it tells the client, and why, for the test.

    ``field`` is what is wrong of the request, ``detail`` what is wrong of that, where there is more to name. Where the
    reason is of an ``instant``, it is told how far that is from the beginning of the timeline, in place of ``{at}``.
    """

    error: str
    reason: str
    description: str = ""
    field: str = ""
    detail: str = ""
    instant: int | None = None


class Credential(Protocol):
    """One way of saying who speaks."""

    @property
    def name(self) -> str:
        """The dialect's name of this kind of credential."""

    @property
    def header(self) -> str:
        """The header in which it stands."""

    @property
    def of_app(self) -> bool:
        """Whether it speaks for an app, rather than for a tenant."""

    @property
    def sees_tenant(self) -> bool:
        """Whether all jobs of the tenant are in its view, rather than the app's own."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The holder's keys that tell one holder from another; the first may be narrowed, and expire."""

    @property
    def may_expire(self) -> bool:
        """Whether its secret is sent as it stands, so that a scenario may let it expire."""

    @property
    def lasts(self) -> bool:
        """Whether who it speaks for is the same at every instant, unless its secret expires."""

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return who a request speaks for, why not, or None if it does not use this credential."""

    def named(self, ask: Ask) -> str | None:
        """Return what stands in a request to tell one such credential from others, whether it holds or not."""

    def narrowed(self, holder: Holder, directory: Directory, scopes: frozenset[str]) -> Holder:
        """Return a holder like this one that speaks with just these scopes; `UsageError` where nobody can."""

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:
        """Return the headers by which a holder (of the tenant ``owner``) speaks at an instant."""


def principal_of(
    credential: Credential, holder: Holder, note: str = "", scopes: frozenset[str] | None = None
) -> Principal:
    """Return who a holder is that a credential speaks for; ``scopes`` narrow what the holder may do by itself."""
    held = holder.scopes
    if scopes is not None:
        held = scopes if held is None else held & scopes
    return Principal(
        tenant=holder.tenant,
        app=holder.app,
        scopes=held,
        credential=credential.name,
        sees_tenant=credential.sees_tenant,
        note=note,
    )


def unauthorized(reason: str) -> Refusal:
    """Return the refusal of a request whose credential does not hold."""
    return Refusal(error="unauthorized", reason=reason)


def lapsed(key: str, lapse: Lapse) -> Refusal:
    """Return the refusal of a request whose secret under ``key`` does not hold any more, or not yet."""
    when = "expired at {at}" if lapse.is_over else "is not valid before {at}"
    reason = f"this {key} {when}; the valid one is what .credentials() gives now"
    return Refusal(error="unauthorized", reason=reason, instant=lapse.instant)

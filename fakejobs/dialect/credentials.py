"""Credential kinds, as functions that dialect files name: who does a request speak for, and how does one speak so.

``key``  a secret in a header, which must be known; further headers may have to go with it.
``jws``  a signed statement in a header, with the holder's token in one claim and the time of signing in another.
``jwt``  a signed token in a header or in the query, with its holder, its lifetime and its scopes in claims.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fakejobs.clock.instants import microseconds
from fakejobs.commands import Ask, Principal
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.lifetimes import Lapse
from fakejobs.dialect.refusals import Credential, Refusal, lapsed, principal_of, unauthorized
from fakejobs.dialect.signatures import claims_of, fault_of_signature, signer
from fakejobs.dialect.tokens import TokenCredential
from fakejobs.documents.spelling import listed, shown
from fakejobs.structs import struct

__all__ = [
    "KINDS",
    "Credential",
    "KeyCredential",
    "Refusal",
    "SignedCredential",
    "TokenCredential",
    "identify",
    "lasts",
]

_FARTHEST = 10**12
"""What is farther from the epoch is no stamp in seconds: milliseconds, say, or infinity."""


@struct
class KeyCredential:
    """A secret in a header.

    ``also`` maps further headers that must come with it to keys of the same holder; ``agrees`` maps headers that may
    come with it to keys of the tenant which they then must equal.
    """

    name: str
    header: str
    key: str
    of_app: bool
    sees_tenant: bool
    also: Mapping[str, str]
    agrees: Mapping[str, str]

    @property
    def keys(self) -> tuple[str, ...]:
        """The secret, and what has to go with it."""
        return (self.key, *self.also.values())

    @property
    def may_expire(self) -> bool:
        """It is sent as it stands."""
        return True

    @property
    def lasts(self) -> bool:
        """A secret has no time of its own."""
        return True

    def named(self, ask: Ask) -> str | None:
        """Return the secret that stands in the header, whosever it is."""
        return ask.headers.get(self.header.lower())

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return whose secret stands in the header."""
        value = self.named(ask)
        if value is None:
            return None
        holders = directory.holding(of_app=self.of_app, key=self.key, value=value, at=ask.at)
        if isinstance(holders, Lapse):
            return lapsed(self.key, holders)
        if not holders:
            return Refusal(error="unauthorized", reason=f"nobody holds the {self.key} in the header {self.header}")
        for header, key in self.also.items():
            given = ask.headers.get(header.lower())
            if given is None:
                return Refusal(error="forbidden", reason=f"the header {header} is missing; it goes with {self.header}")
            holders = [each for each in holders if each.keys[key].lower() == given.lower()]
            if not holders:
                return Refusal(error="forbidden", reason=f"this {self.key} does not belong to the {header} {given}")
        return self._speaks(holders[0], ask, directory)

    def _speaks(self, holder: Holder, ask: Ask, directory: Directory) -> Principal | Refusal:
        for header, key in self.agrees.items():
            owner, given = directory.holder(holder.tenant), ask.headers.get(header.lower())
            if owner is not None and given is not None and given.lower() != owner.keys[key].lower():
                return Refusal(error="forbidden", reason=f"this {self.key} is not of the {header} {given}")
        return principal_of(self, holder)

    def narrowed(self, holder: Holder, directory: Directory, scopes: frozenset[str]) -> Holder:
        """Return a holder with a secret of its own that carries just these scopes."""
        return directory.narrowed(holder, self.key, scopes)

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:  # noqa: ARG002 - a secret has no time
        """Return the secret in its header, and what goes with it."""
        return {self.header: holder.keys[self.key], **{header: holder.keys[key] for header, key in self.also.items()}}


@struct
class SignedCredential:
    """``Authorization: SCHEME <JWS>``: the claim ``claim`` holds the token, ``stamp`` the seconds of signing.

    ``window`` is how far the stamp may lie from now, in microseconds, either way. Now is the instant of the test's
    clock or, failing that, of the machine's; the principal's note says so where it was the latter.
    """

    name: str
    header: str
    scheme: str
    key: str
    secret: str
    claim: str
    stamp: str
    window: int
    algorithms: tuple[str, ...]
    of_app: bool
    sees_tenant: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The token."""
        return (self.key,)

    @property
    def may_expire(self) -> bool:
        """The token is sent as it stands, though in a claim."""
        return True

    @property
    def lasts(self) -> bool:
        """It holds near the time of its signing."""
        return False

    def named(self, ask: Ask) -> str | None:
        """Return the token in the claim, whosever it is; the whole statement if it is none."""
        token = self._statement(ask)
        return None if token is None else str((claims_of(token) or {}).get(self.claim, token))

    def _statement(self, ask: Ask) -> str | None:
        scheme, _, token = ask.headers.get(self.header.lower(), "").strip().partition(" ")
        return token.strip() if scheme.lower() == self.scheme.lower() else None

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return whose token is signed there with its holder's secret, just now."""
        token = self._statement(ask)
        if token is None:
            return None
        claims = claims_of(token)
        if claims is None:
            return unauthorized(f"what follows `{self.scheme}` is not a JWS of a JSON object")
        value = str(claims.get(self.claim))
        holders = directory.holding(of_app=self.of_app, key=self.key, value=value, at=ask.at)
        if isinstance(holders, Lapse):
            return lapsed(self.key, holders)
        if not holders:
            return unauthorized(f"nobody holds the {self.key} in the claim `{self.claim}`")
        fault = fault_of_signature(token, holders[0].keys[self.secret], self.algorithms)
        if fault:
            return unauthorized(fault)
        return self._in_time(claims, ask, holders[0])

    def _in_time(self, claims: Mapping[str, Any], ask: Ask, holder: Holder) -> Principal | Refusal:
        stamp = claims.get(self.stamp)
        if isinstance(stamp, bool) or not isinstance(stamp, (int, float)) or not abs(stamp) < _FARTHEST:
            return unauthorized(f"the claim `{self.stamp}` is {shown(stamp)}; right would be seconds since the epoch")
        signed = round(stamp * 1_000_000)
        if abs(signed - ask.at) <= self.window:
            return principal_of(self, holder)
        if ask.real is not None and abs(signed - ask.real) <= self.window:
            return principal_of(self, holder, note=f"`{self.stamp}` holds on real time, not on the test's clock")
        apart = (signed - ask.at) / 1_000_000
        return unauthorized(
            f"the claim `{self.stamp}` is {apart:+.0f} s off the test's clock, and off real time too; "
            f"the window is {self.window / 1_000_000:g} s"
        )

    def narrowed(self, holder: Holder, directory: Directory, scopes: frozenset[str]) -> Holder:
        """Return a holder with a token of its own that carries just these scopes."""
        return directory.narrowed(holder, self.key, scopes)

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:  # noqa: ARG002 - an app signs alone
        """Return the token, signed at an instant."""
        statement = json.dumps({self.claim: holder.keys[self.key], self.stamp: at // 1_000_000}).encode()
        token = signer().encode(statement, holder.keys[self.secret], algorithm=self.algorithms[0])
        return {self.header: f"{self.scheme} {token}"}


def identify(credentials: tuple[Credential, ...], ask: Ask, directory: Directory) -> Principal | Refusal:
    """Return who a request speaks for: by the first credential that holds, else the refusal that says most."""
    refusals: list[Refusal] = []
    for credential in credentials:
        result = credential.read(ask, directory)
        if isinstance(result, Principal):
            return result
        if result is not None:
            refusals.append(result)
    if not refusals:
        headers = listed(dict.fromkeys(credential.header for credential in credentials))
        reason = f"the request carries no credential that this API knows; right would be one in {headers}"
        return unauthorized(f"{reason}: .credentials() gives it")
    telling = (each for each in refusals if each.error != "unauthorized" or each.instant is not None)
    return next(telling, refusals[-1])


def lasts(credentials: tuple[Credential, ...], speaker: Principal | Refusal, directory: Directory) -> bool:
    """Say whether the same request speaks for the same whenever it is asked."""
    if isinstance(speaker, Refusal) or directory.has_secrets_that_expire:
        return False
    return any(each.lasts for each in credentials if each.name == speaker.credential)


def _of_key(spec: Mapping[str, Any]) -> Credential:
    return KeyCredential(
        name=spec["name"],
        header=spec["header"],
        key=spec["key"],
        of_app=spec["of"] == "app",
        sees_tenant=spec["sees"] == "tenant",
        also=spec.get("also", {}),
        agrees=spec.get("agrees", {}),
    )


def _of_jws(spec: Mapping[str, Any]) -> Credential:
    return SignedCredential(
        name=spec["name"],
        header=spec["header"],
        scheme=spec["scheme"],
        key=spec["key"],
        secret=spec["secret"],
        claim=spec["claim"],
        stamp=spec["stamp"],
        window=microseconds(**spec["window"]),
        algorithms=tuple(spec["algorithms"]),
        of_app=spec["of"] == "app",
        sees_tenant=spec["sees"] == "tenant",
    )


def _of_jwt(spec: Mapping[str, Any]) -> Credential:
    return TokenCredential(
        name=spec["name"],
        header=spec["header"],
        scheme=spec.get("scheme", ""),
        query=spec.get("query"),
        key=spec["key"],
        secret=spec["secret"],
        claim=spec["claim"],
        form=spec.get("form", "{}"),
        says=spec.get("says", {}),
        scopes_in=spec.get("scopes_in"),
        begins=spec.get("begins", "iat"),
        ends=spec.get("ends", "exp"),
        leeway=microseconds(**spec.get("leeway", {})),
        backdated=microseconds(**spec.get("backdated", {})),
        lifetime=microseconds(**spec["lifetime"]),
        host=spec.get("host"),
        algorithms=tuple(spec["algorithms"]),
        of_app=spec["of"] == "app",
        sees_tenant=spec["sees"] == "tenant",
    )


KINDS: dict[str, Callable[[Mapping[str, Any]], Credential]] = {"key": _of_key, "jws": _of_jws, "jwt": _of_jwt}
"""Makers of credentials by kind; each takes the entry of the dialect file."""

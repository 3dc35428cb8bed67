"""Credential kinds, as functions that dialect files name: who does a request speak for, and how does one speak so.

``key``  a secret in a header, which must be known; further headers may have to go with it.
``jws``  a signed statement in a header, with the holder's token in one claim and the time of signing in another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from fakejobs.clock.instants import microseconds
from fakejobs.commands import Ask, Principal
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.documents.spelling import shown

if TYPE_CHECKING:
    from jwt.api_jws import PyJWS

_FARTHEST = 10**12
"""What is farther from the epoch is no stamp in seconds: milliseconds, say, or infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that the vendor turns down: the dialect's error, what it tells the client, and why, for the test."""

    error: str
    reason: str
    description: str = ""
    field: str = ""


class Credential(Protocol):
    """One way of saying who speaks."""

    @property
    def name(self) -> str:
        """The dialect's name of this kind of credential."""

    @property
    def of_app(self) -> bool:
        """Whether it speaks for an app, rather than for a tenant."""

    @property
    def sees_tenant(self) -> bool:
        """Whether all jobs of the tenant are in its view, rather than the app's own."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The holder's keys that tell one holder from another; the first is the one that may be narrowed."""

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return who a request speaks for, why not, or None if it does not use this credential."""

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:
        """Return the headers by which a holder (of the tenant ``owner``) speaks at an instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
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

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return whose secret stands in the header."""
        value = ask.headers.get(self.header.lower())
        if value is None:
            return None
        holders = directory.find(of_app=self.of_app, key=self.key, value=value)
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
        return _principal(self, holder)

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:  # noqa: ARG002 - a secret has no time
        """Return the secret in its header, and what goes with it."""
        return {self.header: holder.keys[self.key], **{header: holder.keys[key] for header, key in self.also.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
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

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return whose token is signed there with its holder's secret, just now."""
        value = ask.headers.get(self.header.lower())
        scheme, _, token = (value or "").strip().partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        claims = _claims(token.strip())
        holders = directory.find(of_app=self.of_app, key=self.key, value=str((claims or {}).get(self.claim)))
        if claims is None:
            return _refused(f"what follows `{self.scheme}` is not a JWS of a JSON object")
        if not holders:
            return _refused(f"nobody holds the {self.key} in the claim `{self.claim}`")
        fault = _fault_of_signature(token.strip(), holders[0].keys[self.secret], self.algorithms)
        if fault:
            return _refused(fault)
        return self._in_time(claims, ask, holders[0])

    def _in_time(self, claims: Mapping[str, Any], ask: Ask, holder: Holder) -> Principal | Refusal:
        stamp = claims.get(self.stamp)
        if isinstance(stamp, bool) or not isinstance(stamp, (int, float)) or not abs(stamp) < _FARTHEST:
            return _refused(f"the claim `{self.stamp}` is {shown(stamp)}; right would be seconds since the epoch")
        signed = round(stamp * 1_000_000)
        if abs(signed - ask.at) <= self.window:
            return _principal(self, holder)
        if ask.real is not None and abs(signed - ask.real) <= self.window:
            return _principal(self, holder, note=f"`{self.stamp}` holds on real time, not on the test's clock")
        apart = (signed - ask.at) / 1_000_000
        return _refused(
            f"the claim `{self.stamp}` is {apart:+.0f} s off the test's clock, and off real time too; "
            f"the window is {self.window / 1_000_000:g} s"
        )

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:  # noqa: ARG002 - an app signs alone
        """Return the token, signed at an instant."""
        statement = json.dumps({self.claim: holder.keys[self.key], self.stamp: at // 1_000_000}).encode()
        token = _jws().encode(statement, holder.keys[self.secret], algorithm=self.algorithms[0])
        return {self.header: f"{self.scheme} {token}"}


def _principal(credential: Credential, holder: Holder, note: str = "") -> Principal:
    return Principal(
        tenant=holder.tenant,
        app=holder.app,
        scopes=holder.scopes,
        credential=credential.name,
        sees_tenant=credential.sees_tenant,
        note=note,
    )


def _refused(reason: str) -> Refusal:
    return Refusal(error="unauthorized", reason=reason)


@cache
def _jws() -> PyJWS:
    """Return a signer that takes short secrets without a warning: the secrets of tests are not secret."""
    from jwt.algorithms import HMACAlgorithm  # noqa: PLC0415 - imported when a JWS is first seen
    from jwt.api_jws import PyJWS  # noqa: PLC0415

    class Lenient(HMACAlgorithm):
        def check_key_length(self, key: bytes) -> None:  # noqa: ARG002
            return None

    signer = PyJWS()
    for name, digest in (("HS256", Lenient.SHA256), ("HS384", Lenient.SHA384), ("HS512", Lenient.SHA512)):
        signer.unregister_algorithm(name)
        signer.register_algorithm(name, Lenient(digest))
    return signer


def _claims(token: str) -> dict[str, Any] | None:
    """Return what a JWS states, its signature unchecked; None if it is none."""
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        claims = json.loads(_jws().decode_complete(token, options={"verify_signature": False})["payload"])
    except (PyJWTError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _fault_of_signature(token: str, secret: str, algorithms: tuple[str, ...]) -> str:
    """Return what is wrong with a signature, or nothing."""
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        _jws().decode_complete(token, secret, algorithms=list(algorithms))
    except PyJWTError as error:
        return f"the JWS is refused: {str(error)[:1].lower()}{str(error)[1:]}; allowed are {', '.join(algorithms)}"
    return ""


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
        return _refused("the request carries no credential that this API knows")
    return next((refusal for refusal in refusals if refusal.error != "unauthorized"), refusals[-1])


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


KINDS: dict[str, Callable[[Mapping[str, Any]], Credential]] = {"key": _of_key, "jws": _of_jws}
"""Makers of credentials by kind; each takes the entry of the dialect file."""

"""Tokens that say by themselves who speaks: a JWT with its holder, its lifetime and its scopes in claims."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fakejobs.commands import Ask, Principal
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.refusals import Refusal, principal_of, unauthorized
from fakejobs.dialect.signatures import claims_of, fault_of_signature, signer
from fakejobs.documents.spelling import shown
from fakejobs.errors import UsageError
from fakejobs.structs import replace, struct

_FARTHEST = 10**12
"""What is farther from the epoch is no stamp in seconds: milliseconds, say, or infinity."""


@struct
class TokenCredential:
    """``Authorization: [SCHEME ]JWT``, or the same token in the query parameter ``query``.

    The claim ``claim`` names the holder by its ``key``, written as ``form`` says (``urn:app:{}``); ``says`` holds more
    claims, written likewise. ``scopes_in`` is the claim that lists scopes; where it is empty, null or not there, all
    are meant. Between the claims ``begins`` and ``ends`` the token holds on the test's clock or, while the client's
    time is its own, on real time, give or take ``leeway``; the principal's note says so where it was the latter.
    ``host`` is the tenant's key that the Host has to be, unless that is loopback. Spans are microseconds.
    """

    name: str
    header: str
    scheme: str
    query: str | None
    key: str
    secret: str
    claim: str
    form: str
    says: Mapping[str, str]
    scopes_in: str | None
    begins: str
    ends: str
    leeway: int
    backdated: int
    lifetime: int
    host: str | None
    algorithms: tuple[str, ...]
    of_app: bool
    sees_tenant: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """What the token names its holder by."""
        return (self.key,)

    @property
    def may_expire(self) -> bool:
        """A token says itself how long it holds."""
        return False

    @property
    def lasts(self) -> bool:
        """Likewise."""
        return False

    def named(self, ask: Ask) -> str | None:
        """Return whom the token in a request names, whoever signed it; the token itself if it names nobody."""
        token = self._token(ask)
        if token is None or isinstance(token, Refusal):
            return None
        return str((claims_of(token) or {}).get(self.claim, token))

    def read(self, ask: Ask, directory: Directory) -> Principal | Refusal | None:
        """Return who has signed the token of a request, as long as it holds."""
        token = self._token(ask)
        if token is None or isinstance(token, Refusal):
            return token
        claims = claims_of(token)
        if claims is None:
            return unauthorized("the token is not a JWT")
        holder = self._holder(claims, directory)
        if holder is None:
            return unauthorized(f"no {'app' if self.of_app else 'tenant'} is `{claims.get(self.claim)}`, the token's "
                                f"`{self.claim}`")  # fmt: skip
        fault = fault_of_signature(token, holder.keys[self.secret], self.algorithms) or self._fault_of_host(
            ask, holder, directory
        )
        if fault:
            return unauthorized(fault)
        note = self._note_of_time(claims, ask)
        return note if isinstance(note, Refusal) else self._principal(claims, holder, note)

    def _token(self, ask: Ask) -> str | Refusal | None:
        value = ask.headers.get(self.header.lower(), "").strip()
        if not value:
            return (ask.parameter(self.query) or None) if self.query else None
        scheme, _, token = value.rpartition(" ")
        if scheme.strip().lower() == self.scheme.lower():
            return token
        if self.scheme:
            return None
        return unauthorized(f"`{scheme}` stands before the token; right would be the bare token, without a scheme")

    def _holder(self, claims: Mapping[str, Any], directory: Directory) -> Holder | None:
        before, _, after = self.form.partition("{}")
        named = claims.get(self.claim)
        if not isinstance(named, str) or not named.startswith(before) or not named.endswith(after):
            return None
        value = named.removeprefix(before).removesuffix(after)
        return next(iter(directory.find(of_app=self.of_app, key=self.key, value=value)), None)

    def _fault_of_host(self, ask: Ask, holder: Holder, directory: Directory) -> str:
        """Return what is wrong with the host that was asked, or nothing."""
        owner = directory.holder(holder.tenant)
        asked = host_of(ask.headers.get("host", ""))
        if self.host is None or owner is None or is_loopback(asked) or asked == owner.keys[self.host].lower():
            return ""
        return f"the token is of `{holder.name}`, whose host is {owner.keys[self.host]}; asked was {asked}"

    def _note_of_time(self, claims: Mapping[str, Any], ask: Ask) -> str | Refusal:
        """Return what is worth telling of a token's lifetime, or the refusal of one that does not hold now."""
        bounds: list[int | None] = []
        for name in (self.begins, self.ends):
            stamp = claims.get(name)
            if stamp is None:
                bounds.append(None)
            elif isinstance(stamp, bool) or not isinstance(stamp, (int, float)) or not abs(stamp) < _FARTHEST:
                return unauthorized(f"the claim `{name}` is {shown(stamp)}; right would be seconds since the epoch")
            else:
                bounds.append(round(stamp * 1_000_000))
        if self._holds(bounds[0], bounds[1], ask.at):
            return ""
        if ask.real is not None and self._holds(bounds[0], bounds[1], ask.real):
            return f"`{self.begins}` and `{self.ends}` hold on real time, not on the test's clock"
        early = bounds[0] is not None and ask.at < bounds[0] - self.leeway
        name, bound = (self.begins, bounds[0]) if early else (self.ends, bounds[1])
        apart = ((bound or 0) - ask.at) / 1_000_000
        what = "not valid yet" if early else "expired"
        return unauthorized(
            f"the token is {what}: `{name}` is {apart:+.0f} s off the test's clock; real time is no help"
        )

    def _holds(self, begins: int | None, ends: int | None, at: int) -> bool:
        return (begins is None or at >= begins - self.leeway) and (ends is None or at < ends + self.leeway)

    def _principal(self, claims: Mapping[str, Any], holder: Holder, note: str) -> Principal | Refusal:
        listed = None if self.scopes_in is None else claims.get(self.scopes_in)
        if isinstance(listed, str):
            listed = [listed]
        if listed is not None and not (isinstance(listed, list) and all(isinstance(each, str) for each in listed)):
            return unauthorized(
                f"the claim `{self.scopes_in}` is {shown(listed)}; right would be a list of texts, or null"
            )
        return principal_of(self, holder, note, frozenset(listed) if listed else None)

    def narrowed(self, holder: Holder, directory: Directory, scopes: frozenset[str]) -> Holder:  # noqa: ARG002 - the token itself says which
        """Return the holder with just these scopes; `UsageError` for none, which such a token cannot say."""
        if not scopes:
            raise UsageError(
                f"the {self.name} cannot carry no scopes at all: an empty `{self.scopes_in}` means every one"
            )
        return replace(holder, scopes=scopes)

    def present(self, holder: Holder, owner: Holder, at: int) -> dict[str, str]:  # noqa: ARG002 - a holder signs alone
        """Return a token that was signed a little before an instant, as clients do for clocks that differ."""
        begins = (at - self.backdated) // 1_000_000
        named = holder.keys[self.key]
        claims: dict[str, Any] = {
            self.claim: self.form.replace("{}", named),
            **{name: text.replace("{}", named) for name, text in self.says.items()},
            self.begins: begins,
            self.ends: begins + self.lifetime // 1_000_000,
        }
        if self.scopes_in is not None:
            claims[self.scopes_in] = sorted(holder.scopes or ())
        token = signer().encode(json.dumps(claims).encode(), holder.keys[self.secret], algorithm=self.algorithms[0])
        return {self.header: f"{self.scheme} {token}".strip()}


def host_of(header: str) -> str:
    """Return the host of a Host header, in lower case, without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return header.lower()


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself: ``localhost``, a name below it, or a loopback address."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

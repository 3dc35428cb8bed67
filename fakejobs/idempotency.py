"""Idempotency keys: what becomes of a creation that was asked for before, as its key says."""

from __future__ import annotations

import json
from typing import NamedTuple

from fakejobs.clock import span_text
from fakejobs.commands import Ask, Reply
from fakejobs.dialect.reading import Reading
from fakejobs.keeping import Back, fields_kept
from fakejobs.scenario.model import Idempotency, Repeat


class Asked(NamedTuple):
    """A creation that carries a key: whose it is, of what, and all else that it asks for, as one text."""

    tenant: str
    operation: str
    key: str
    content: str

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells keys apart: two tenants may send the same, and so may one of two things."""
        return self.tenant, self.operation, self.key


class Made(NamedTuple):
    """What was made under a key: the reply that told it, which job, in which state and step, and when."""

    reply: Reply
    job: str
    state: str
    step: int
    at: int


class Repeated(NamedTuple):
    """What becomes of a request whose key is known, and what was made under it; ``is_other`` for other content."""

    does: Repeat
    made: Made
    is_other: bool


class Keys:
    """The keys that the clients of one API have sent, with what was made under each, and how such an API takes them."""

    def __init__(self, rule: Idempotency) -> None:
        self.rule = rule
        self._made: dict[tuple[str, str, str], dict[str, Made]] = {}

    def asked(self, reading: Reading, ask: Ask) -> Asked | None:
        """Return what a request to create asks for, or None if it carries no key."""
        key = ask.headers.get(self.rule.header.lower(), "").strip()
        if not key:
            return None
        tenant = "" if reading.principal is None else reading.principal.tenant
        return Asked(tenant, reading.route.operation, key, _content(reading, ask))

    def repeated(self, asked: Asked, now: int) -> Repeated | None:
        """Return what becomes of a request because of its key; None if the key is not known."""
        known = self._made.get(asked.name, {})
        for content in [each for each, made in known.items() if self._is_over(made, now)]:
            del known[content]
        same = known.get(asked.content)
        if same is not None:
            return Repeated(self.rule.same, same, is_other=False)
        other = next(iter(known.values()), None)
        return None if other is None else Repeated(self.rule.other, other, is_other=True)

    def _is_over(self, made: Made, now: int) -> bool:
        return self.rule.keeps is not None and now >= made.at + self.rule.keeps

    def know(self, asked: Asked, made: Made) -> None:
        """Know a key from now on, with what was made under it."""
        self._made.setdefault(asked.name, {})[asked.content] = made

    def told(self, asked: Asked, repeated: Repeated, since: int) -> str:
        """Return what is told of a request whose key is known, instants counted from ``since``."""
        verb = {"replay": "replayed", "refuse": "refused", "ignore": "ignored"}[repeated.does]
        other = " of another request" if repeated.is_other else ""
        job, at = repeated.made.job, span_text(repeated.made.at - since)
        return f"{verb}: {self.rule.header} {asked.key} made job {job} at +{at}{other}"

    def keep(self) -> Back:
        """Return what puts the keys back that are known now."""
        return fields_kept(self)


def _content(reading: Reading, ask: Ask) -> str:
    """Return all that a request asks for as one text, the same for bodies that are the same JSON."""
    parts, raw = [dict(reading.arguments), dict(reading.values)], ask.body.decode("latin-1")
    try:
        return json.dumps([*parts, raw if reading.body is None else reading.body], sort_keys=True, default=str)
    except RecursionError:  # a body that is nested too deeply has to be the same to the byte
        return json.dumps([*parts, raw], default=str)

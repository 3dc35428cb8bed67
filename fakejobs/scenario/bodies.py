"""Bodies of scenarios: JSON with three directives, ``$fake``, ``$absent`` and ``$literal``.

Only an object with one of them as its only key is a directive, so that a document may hold ``{"$and": …}``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from fakejobs.commands import Json
from fakejobs.dialect.overlays import ABSENT
from fakejobs.documents import Path, nearest, pointer
from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from faker import Faker

Complain = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake:
    """A value that Faker makes up: the provider's name and arguments; ``place`` makes two of them differ."""

    provider: str
    arguments: Mapping[str, Json]
    place: str


def read_body(value: Json, path: Path, complain: Complain) -> Json:
    """Return a body with its directives read; complain of those that cannot be."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, held),) = value.items()
            if key == "$literal":
                return held
            if key == "$absent":
                if held is not True:
                    complain((*path, key), "`$absent` takes true, and nothing else")
                return ABSENT
            if key == "$fake":
                return _read_fake(held, (*path, key), complain)
        return {key: read_body(held, (*path, key), complain) for key, held in value.items()}
    if isinstance(value, list):
        return [read_body(held, (*path, number), complain) for number, held in enumerate(value)]
    return value


def _read_fake(held: Json, path: Path, complain: Complain) -> Json:
    provider: Json = held
    arguments: Json = {}
    if isinstance(held, dict) and len(held) == 1:
        ((provider, arguments),) = held.items()
    if not isinstance(provider, str) or not isinstance(arguments, dict):
        complain(path, '`$fake` takes a Faker provider: "file_name", or {"file_name": {"extension": "csv"}}')
        return None
    fake = Fake(provider=provider, arguments=arguments, place=pointer(path))
    try:
        _made_up(fake, "a rehearsal")
    except UsageError as error:
        complain(path, str(error))
        return None
    return fake


def resolved(value: Json, seed: str) -> Json:
    """Return a body whose faked values are made up, the same for the same seed."""
    if isinstance(value, Fake):
        return _made_up(value, seed)
    if isinstance(value, dict):
        return {key: resolved(held, seed) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(held, seed) for held in value]
    return value


@cache
def _faker() -> Faker:
    from faker import Faker  # noqa: PLC0415 - 90 ms that only a scenario with `$fake` pays

    return Faker(use_weighting=False)


def _made_up(fake: Fake, seed: str) -> Json:
    faker = _faker()
    make = None if fake.provider.startswith("_") else getattr(faker, fake.provider, None)
    if not callable(make) or fake.provider in ("seed", "seed_instance", "add_provider", "format"):
        known = [name for name in dir(faker) if not name.startswith("_")]
        near = nearest(fake.provider, known)
        raise UsageError(f"Faker has no provider `{fake.provider}`" + (f"; did you mean `{near}`?" if near else ""))
    faker.seed_instance(int.from_bytes(hashlib.sha256(f"{seed}:{fake.place}".encode()).digest()[:8]))
    try:
        return _plain(make(**fake.arguments))
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"Faker's `{fake.provider}` does not take {dict(fake.arguments)}: {error}") from error


def _plain(value: Any) -> Json:
    """Return what Faker made as a JSON value."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (list, tuple, set)):
        return [_plain(held) for held in value]
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    return value if isinstance(value, (str, int, float)) or value is None else str(value)

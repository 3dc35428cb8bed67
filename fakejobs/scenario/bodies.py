"""Bodies of scenarios: JSON with three directives, ``$fake``, ``$absent`` and ``$literal``.

Only an object with one of them as its only key is a directive, so that a document may hold ``{"$and": …}``.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from fakejobs.commands import Json
from fakejobs.dialect.overlays import ABSENT
from fakejobs.documents import Path, listed, nearest, pointer
from fakejobs.documents.spelling import quoted, shown, slip_of
from fakejobs.errors import UsageError
from fakejobs.structs import struct

if TYPE_CHECKING:
    from faker import Faker

Complain = Callable[[Path, str], None]
_FAKER_LOCK = Lock()
_DIRECTIVES = ("$fake", "$absent", "$literal")


@struct
class Fake:
    """A value that Faker makes up: the provider's name and arguments; ``place`` makes two of them differ."""

    provider: str
    arguments: Mapping[str, Json]
    place: str


def read_body(value: Json, path: Path, complain: Complain) -> Json:
    """Return a body, which is an object, with its directives read; complain of what cannot be."""
    read = read_value(value, path, complain)
    if isinstance(read, dict):
        return read
    if read is not None:
        complain(path, 'a body is an object; directives stand for what is in it, like {"result": {"$absent": true}}')
    return None


def read_value(value: Json, path: Path, complain: Complain) -> Json:
    """Return any value with its directives read; complain of those that cannot be."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, held),) = value.items()
            if key == "$literal":
                return held
            if key == "$absent":
                if held is not True:
                    complain((*path, key), f"found {shown(held)}; right would be `true`, all that `$absent` takes")
                return ABSENT
            if key == "$fake":
                return _read_fake(held, (*path, key), complain)
            if _is_misspelt(key, path, complain):
                return None
        return {key: read_value(held, (*path, key), complain) for key, held in value.items()}
    if isinstance(value, list):
        return [read_value(held, (*path, number), complain) for number, held in enumerate(value)]
    return value


def _is_misspelt(key: str, path: Path, complain: Complain) -> bool:
    """Complain of a key that is almost a directive's: only a slip, for `$and` and its like are the vendor's own."""
    near = slip_of(key, _DIRECTIVES) if key.startswith("$") else None
    if near is not None:
        right = f'right would be `{near}`, or {{"$literal": {{"{key}": …}}}} for a document that holds it'
        complain((*path, key), f"{quoted(key)} is no directive; {right}")
    return near is not None


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
    """Return a body whose faked values are made up, the same for the same seed and the same version of Faker.

    What a provider of dates counts from today is another tomorrow: no seed can change that.
    """
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


@cache
def _providers() -> tuple[str, ...]:
    """Return the names of all that Faker can make up."""
    return tuple(
        sorted(
            {
                name
                for provider in _faker().get_providers()
                for name in dir(provider)
                if not name.startswith("_") and callable(getattr(provider, name))
            }
        )
    )


def _made_up(fake: Fake, seed: str) -> Json:
    if fake.provider not in _providers():
        near = nearest(fake.provider, _providers())
        hint = f"; did you mean {quoted(near)}?" if near else ""
        raise UsageError(f"Faker has no provider {quoted(fake.provider)}{hint}")
    _refuse_arguments(fake)
    number = int.from_bytes(hashlib.sha256(f"{seed}:{fake.place}".encode()).digest()[:8])
    with _FAKER_LOCK:  # there is one Faker, and between seed and value nobody else may draw
        faker = _faker()
        faker.seed_instance(number)
        try:
            return _plain(getattr(faker, fake.provider)(**fake.arguments))
        except Exception as error:  # each provider has its own way to fail
            why = " ".join(str(error).split())
            given = f" of {shown(fake.arguments)}" if fake.arguments else ""
            raise UsageError(f"Faker cannot make {quoted(fake.provider)}{given}: {why}") from error


def _refuse_arguments(fake: Fake) -> None:
    """Raise for an argument that the provider does not have, in words that no version of Python changes."""
    known = inspect.signature(getattr(_faker(), fake.provider)).parameters
    takes_any = any(each.kind is each.VAR_KEYWORD for each in known.values())
    for name in () if takes_any else fake.arguments:
        if name not in known:
            near = nearest(name, list(known))
            there = f"it takes {listed(list(known))}" if known else "it takes none"
            hint = f"did you mean {quoted(near)}?" if near else there
            raise UsageError(f"Faker's {quoted(fake.provider)} has no argument {quoted(name)}; {hint}")


def _plain(value: Any) -> Json:
    """Return what Faker made as a JSON value; TypeError if it is none."""
    if isinstance(value, bytes):
        raise TypeError("it is made of bytes, which JSON cannot say")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (list, tuple, set)):
        return [_plain(held) for held in value]
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    return value if isinstance(value, (str, int, float)) or value is None else str(value)

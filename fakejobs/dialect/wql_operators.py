"""The operators of WQL: what each asks of a value, which may be missing, a text, a number, a boolean or a list.

Fields of the kind ``instant`` are compared as points in time, however they are written. A value that is a list fits
where one of its entries does; as an operand a list means just that list, in that order.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fakejobs.clock.instants import instant_of
from fakejobs.commands import Json
from fakejobs.dialect.overlays import covers

Test = Callable[[Json], bool]
"""What a condition asks of a field's value; None is a value that is missing, or null."""


class UnfitError(Exception):
    """An operand that its operator cannot take; the message says what would be right."""


def read_value(kind: str, value: Json) -> Json:
    """Return a field's value as it is compared: an instant as microseconds since the epoch, None if it is none."""
    return value if kind == "text" or value is None else _instant(value)


def equality(kind: str, operand: Json) -> Test:
    """Return what asks whether a value is the operand, or holds it; null asks for a missing value."""
    if isinstance(operand, list):
        row = [_read_operand(kind, each) for each in operand]
        return lambda value: isinstance(value, list) and _equal([read_value(kind, each) for each in value], row)
    if isinstance(operand, dict):
        raise UnfitError("must not be compared with an object")
    wanted = _read_operand(kind, operand)
    if wanted is None:
        return lambda value: value is None
    if kind == "text" and isinstance(wanted, str):  # most filters are this one
        return lambda value: value == wanted or (isinstance(value, list) and wanted in value)
    return lambda value: any(_equal(each, wanted) for each in _read(kind, value))


def _instant(value: Json) -> int | None:
    """Return the instant that a text names, or None; without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return instant_of(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _read_operand(kind: str, operand: Json) -> Json:
    found = read_value(kind, operand)
    if found is None and operand is not None:
        raise UnfitError("must be compared with an instant like 2026-01-01T00:00:00.000Z")
    return found


def _read(kind: str, value: Json) -> list[Json]:
    """Return what a value offers for comparison: itself, or the entries of a list; nothing if it is missing."""
    if isinstance(value, list):
        return [read_value(kind, each) for each in value]
    return [] if value is None else [read_value(kind, value)]


def _equal(one: Json, other: Json) -> bool:
    return covers(one, other) and covers(other, one)


def _list_of(kind: str, operand: Json) -> list[Json]:
    if not isinstance(operand, list):
        raise UnfitError("must be compared with an array of values")
    return [_read_operand(kind, each) for each in operand]


def _boolean(operand: Json) -> bool:
    if not isinstance(operand, bool):
        raise UnfitError("must be compared with true or false")
    return operand


def _unequal(kind: str, operand: Json) -> Test:
    test = equality(kind, operand)
    return lambda value: not test(value)


def _ordered(compare: Callable[[Json, Json], bool]) -> Callable[[str, Json], Test]:
    def make(kind: str, operand: Json) -> Test:
        wanted = _read_operand(kind, operand)
        if isinstance(wanted, bool) or not isinstance(wanted, (str, int, float)):
            raise UnfitError("must be compared with a text or a number")
        is_text = isinstance(wanted, str)

        def test(value: Json) -> bool:
            return any(
                isinstance(each, str if is_text else (int, float))
                and not isinstance(each, bool)
                and compare(each, wanted)
                for each in _read(kind, value)
            )

        return test

    return make


def _in(kind: str, operand: Json) -> Test:
    if not isinstance(operand, list):
        raise UnfitError("must be compared with an array of values")
    tests = [equality(kind, each) for each in operand]
    return lambda value: any(test(value) for test in tests)


def _not_in(kind: str, operand: Json) -> Test:
    test = _in(kind, operand)
    return lambda value: not test(value)


def _starts_with(_kind: str, operand: Json) -> Test:
    if not isinstance(operand, str):
        raise UnfitError("must be compared with a text")
    begin = operand.casefold()
    return lambda value: any(
        isinstance(each, str) and each.casefold().startswith(begin)
        for each in (value if isinstance(value, list) else [value])
    )


def _is_empty(_kind: str, operand: Json) -> Test:
    wanted = _boolean(operand)
    return lambda value: (value is None or value in ("", [])) is wanted


def _exists(_kind: str, operand: Json) -> Test:
    wanted = _boolean(operand)
    return lambda value: (value is not None) is wanted


def _has_all(kind: str, operand: Json) -> Test:
    row = _list_of(kind, operand)
    return lambda value: (
        isinstance(value, list) and all(any(_equal(each, one) for each in _read(kind, value)) for one in row)
    )


def _has_some(kind: str, operand: Json) -> Test:
    row = _list_of(kind, operand)
    return lambda value: (
        isinstance(value, list) and any(any(_equal(each, one) for each in _read(kind, value)) for one in row)
    )


OPERATORS: Mapping[str, Callable[[str, Json], Test]] = {
    "$eq": equality,
    "$ne": _unequal,
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$in": _in,
    "$nin": _not_in,
    "$startsWith": _starts_with,
    "$isEmpty": _is_empty,
    "$exists": _exists,
    "$hasAll": _has_all,
    "$hasSome": _has_some,
}
"""The operators of a condition; each takes the kind of the field and its operand, and may find that `UnfitError`."""

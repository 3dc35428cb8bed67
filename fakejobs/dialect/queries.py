"""Query parameters as a dialect declares them: read, checked, and turned into values."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fakejobs.commands import Ask, Json
from fakejobs.dialect.listing import Finds
from fakejobs.dialect.refusals import Refusal
from fakejobs.documents.json_quickly import finite
from fakejobs.structs import struct


@struct
class Parameter:
    """One query parameter: ``kind`` is integer, string, boolean or json; None as default means absent.

    ``least`` and ``most`` bound an integer, ``values`` lists what a string may be. ``matches`` says for each value
    what the items of a collection have to cover to be shown. ``spellings`` says for each text that may be sent what
    it means. ``finds`` says what of a job's document the value is compared to, where jobs are listed; ``is_group``
    that it is the id of the group whose jobs are meant.
    """

    name: str
    kind: str
    default: Json = None
    least: int | None = None
    most: int | None = None
    values: tuple[str, ...] = ()
    required: bool = False
    matches: Mapping[str, Json] | None = None
    spellings: Mapping[str, str] | None = None
    finds: Finds | None = None
    is_group: bool = False


def read_query(parameters: tuple[Parameter, ...], ask: Ask) -> dict[str, Json] | Refusal:
    """Return the value of each declared parameter, or the refusal of the first that is wrong.

    The first value of a parameter counts; an empty one is as good as none, for some clients send what is unset so.
    """
    values: dict[str, Json] = {}
    for parameter in parameters:
        text = ask.parameter(parameter.name)
        if text is None or text == "":
            if parameter.required:
                return _refused(parameter, "must be given")
            values[parameter.name] = parameter.default
            continue
        value = _value(parameter, text)
        if isinstance(value, Refusal):
            return value
        values[parameter.name] = value
    return values


def _value(parameter: Parameter, text: str) -> Json | Refusal:
    if parameter.kind == "integer":
        return _integer(parameter, text)
    if parameter.kind == "boolean":
        if text not in ("true", "false"):
            return _refused(parameter, "must be true or false")
        return text == "true"
    if parameter.kind == "json":
        return _json(parameter, text)
    if parameter.values and text not in parameter.values:
        return _refused(parameter, f"must be one of {', '.join(parameter.values)}")
    return text if parameter.spellings is None else parameter.spellings[text]


def _integer(parameter: Parameter, text: str) -> int | Refusal:
    digits = text[1:] if text[:1] == "-" else text
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        return _refused(parameter, "must be an integer")
    value = int(text)
    if parameter.least is not None and value < parameter.least:
        return _refused(parameter, f"must be at least {parameter.least}")
    if parameter.most is not None and value > parameter.most:
        return _refused(parameter, f"must be at most {parameter.most}")
    return value


def _json(parameter: Parameter, text: str) -> Json | Refusal:
    try:
        return strict_json(text)
    except (ValueError, RecursionError):
        return _refused(parameter, "must be JSON")


def strict_json(text: str | bytes) -> Json:
    """Return the value of a JSON text; raise ValueError or RecursionError if it is none, as NaN and 1e999 are none."""
    return json.loads(text, parse_constant=_no_constant, parse_float=finite)


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _refused(parameter: Parameter, description: str) -> Refusal:
    return Refusal(
        error="bad_request",
        reason=f"the query parameter {parameter.name} {description}",
        description=description,
        field=parameter.name,
    )

"""The filters of templates: what stands behind a bar, as in ``${job.created|time}``."""

from __future__ import annotations

from collections.abc import Callable

from fakejobs.commands import Json
from fakejobs.dialect.formats import MADE_UP, TIMES

Filter = Callable[[Json], Json]
KNOWN = ("time", "or:TEXT", *TIMES, *(f"{shape}:LENGTH" for shape in MADE_UP))
"""How filters are written: ``time`` is the dialect's own format, the rest is what it says."""


def filter_of(text: str, time: str) -> Filter:
    """Return the filter that a text names; raise LookupError if there is none. ``time`` is the dialect's time format.

    ``or:TEXT`` puts a text in the place of null; the others leave null as it is. A time format takes microseconds
    since the epoch; a shape takes a seed, and is 24 long unless it says how long.
    """
    name, _, argument = text.partition(":")
    name = name.strip()
    if name == "or":
        return lambda value: argument if value is None else value
    write = TIMES.get(time if name == "time" else name)
    if write is not None and not argument:
        return lambda value: None if value is None else write(value)
    make = MADE_UP.get(name)
    if make is not None and (argument.isdecimal() or not argument):
        length = int(argument or 24)
        return lambda value: None if value is None else make(str(value), length)
    raise LookupError(text)

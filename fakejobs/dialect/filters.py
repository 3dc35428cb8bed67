"""The filters of templates: what stands behind a bar, as in ``${job.created|time}``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from fakejobs.commands import Json
from fakejobs.dialect.formats import MADE_UP, TIMES

if TYPE_CHECKING:
    from mimetypes import MimeTypes

Filter = Callable[[Json], Json]


def _file_of(value: Json) -> str | None:
    """Return the last segment of a path or of a URL; None if that is empty."""
    return str(value).partition("?")[0].partition("#")[0].rpartition("/")[2] or None


def _mime_of(value: Json) -> str:
    """Return the media type of a file by its name; what is not known is of no type but bytes."""
    return _media().guess_type(_file_of(value) or "")[0] or "application/octet-stream"


@cache
def _media() -> MimeTypes:
    """Return the media types that Python itself knows: not those of the machine, which differ."""
    from mimetypes import MimeTypes  # noqa: PLC0415 - its first reads what the machine knows all the same

    return MimeTypes(filenames=())


PLAIN: dict[str, Filter] = {"file": _file_of, "mime": _mime_of}
"""Filters of texts: the name of the file in a path or a URL, and the media type of such a name."""

KNOWN = ("time", "or:TEXT", "trim:TEXT", *PLAIN, *TIMES, *(f"{shape}:LENGTH" for shape in MADE_UP))
"""How filters are written: ``time`` is the dialect's own format, the rest is what it says."""


def filter_of(text: str, time: str) -> Filter:
    """Return the filter that a text names; raise LookupError if there is none. ``time`` is the dialect's time format.

    ``or:TEXT`` puts a text in the place of null, ``trim:TEXT`` takes it away from an end; the others leave null as it
    is. A time format takes microseconds since the epoch; a shape takes a seed, and is 24 long unless it says how long.
    """
    name, _, argument = text.partition(":")
    name = name.strip()
    if name == "or":
        return lambda value: argument if value is None else value
    if name == "trim":
        return lambda value: None if value is None else str(value).removesuffix(argument)
    plain = PLAIN.get(name)
    if plain is not None and not argument:
        return lambda value: None if value is None else plain(value)
    write = TIMES.get(time if name == "time" else name)
    if write is not None and not argument:
        return lambda value: None if value is None else write(value)
    make = MADE_UP.get(name)
    if make is not None and (argument.isdecimal() or not argument):
        length = int(argument or 24)
        return lambda value: None if value is None else make(str(value), length)
    raise LookupError(text)

"""Which route takes a request: path patterns, compiled once, matched by method and decoded path.

A pattern is ``METHOD /a/{name}/b``; a hole takes one segment or a part of one (``{id}.csv``), ``{name...}`` takes
all that is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Generic, NamedTuple, TypeVar

from fakejobs.structs import struct

T = TypeVar("T")
_HOLE = re.compile(r"\{([a-zA-Z_]\w*)(\.\.\.)?\}", re.ASCII)


@struct
class Pattern:
    """One method and path pattern."""

    method: str
    text: str
    expression: re.Pattern[str]

    @property
    def holes(self) -> frozenset[str]:
        """The names of its holes."""
        return frozenset(self.expression.groupindex)

    def __str__(self) -> str:
        return f"{self.method} {self.text}"


def pattern(text: str) -> Pattern:
    """Return the pattern of ``"GET /v1/jobs/{id}"``; raise ValueError when it has not that form."""
    method, _, path = text.partition(" ")
    literals = _HOLE.sub("", path)
    if not method.isupper() or not path.startswith("/") or "{" in literals or "}" in literals:
        raise ValueError(f"`{text}` is not of the form `METHOD /path/{{name}}`")
    expression, at = "", 0
    names: set[str] = set()
    for hole in _HOLE.finditer(path):
        if hole[1] in names:
            raise ValueError(f"`{text}` has two holes called `{hole[1]}`")
        names.add(hole[1])
        expression += re.escape(path[at : hole.start()])
        expression += f"(?P<{hole[1]}>{'.+' if hole[2] else '[^/]+'})"
        at = hole.end()
    return Pattern(method=method, text=path, expression=re.compile(expression + re.escape(path[at:]), re.DOTALL))


class Match(NamedTuple, Generic[T]):
    """The route that takes a request, and what its holes took."""

    route: T
    arguments: Mapping[str, str]


MOST_FOUND = 256
"""Of no more requests than this a router knows which route takes them without looking."""


class Router(Generic[T]):
    """Finds the route for a request among those that were added; the first added wins."""

    def __init__(self, routes: Iterable[tuple[Pattern, T]] = ()) -> None:
        self._routes = list(routes)
        self._found: dict[tuple[str, str], Match[T] | None] = {}

    def __iter__(self) -> Iterator[tuple[Pattern, T]]:
        yield from self._routes

    def add(self, taken: Pattern, route: T) -> None:
        """Let a route take requests of a pattern."""
        self._routes.append((taken, route))
        self._found.clear()

    def match(self, method: str, path: str) -> Match[T] | None:
        """Return the route for a request, or None; HEAD is taken by what takes GET."""
        try:
            return self._found[method, path]
        except KeyError:
            if len(self._found) >= MOST_FOUND:
                self._found.clear()
            found = self._found[method, path] = self._sought(method, path)
            return found

    def _sought(self, method: str, path: str) -> Match[T] | None:
        wanted = "GET" if method == "HEAD" else method
        for taken, route in self._routes:
            if taken.method == wanted:
                found = taken.expression.fullmatch(path)
                if found is not None:
                    return Match(route=route, arguments=found.groupdict())
        return None

    def on_path(self, path: str) -> list[tuple[Pattern, T]]:
        """Return the routes that take this path with whatever method."""
        return [(taken, route) for taken, route in self._routes if taken.expression.fullmatch(path)]

    def nearest(self, method: str, path: str, most: int = 3) -> list[Pattern]:
        """Return the patterns that look most like a request, best first."""
        wanted = f"{method} {path}"

        def likeness(taken: Pattern) -> float:
            return SequenceMatcher(None, _HOLE.sub("x" * 8, str(taken)), wanted).ratio()

        return sorted((taken for taken, _ in self._routes), key=likeness, reverse=True)[:most]

"""What a request comes to before anything is done: the route that takes it, who asks, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fakejobs.commands import Ask, Principal
from fakejobs.dialect.credentials import Refusal, identify, lasts
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.reading import Reading, read
from fakejobs.world import World

_KEPT = "asked"


class Asked(NamedTuple):
    """A request on a route, who it speaks for, or why nobody, and what it asks for, or why the vendor would refuse it.

    ``entry`` is what the journal tells of it so far.
    """

    dialect: Dialect
    route: Route
    arguments: Mapping[str, str]
    speaker: Principal | Refusal
    reading: Reading | Refusal
    entry: Mapping[str, Any]


class Kept(NamedTuple):
    """What a request came to while a world played so many scenarios."""

    world: World
    played: int
    asked: Asked

    def holds_in(self, world: World) -> bool:
        """Say whether it comes to the same in a world as that is now."""
        return self.world is world and self.played == len(world.scenarios)


def asked_in(world: World, ask: Ask) -> Asked | None:
    """Return what a request comes to in a world, or None where no route takes it; nothing is changed.

    Who polls asks the same each time: what a request comes to is found once, unless it depends on the instant.
    """
    kept = kept_in(world, ask)
    if kept is not None:
        return kept.asked
    match = world.router.match(ask.method, ask.path)
    if match is None:
        return None
    dialect, route = match.route
    directory = world.directory(dialect.name)
    speaker = identify(dialect.credentials, ask, directory)
    reading = read(dialect, route, match.arguments, ask, speaker, world.options(dialect.name))
    id = None if route.do in ("group", "upload") else match.arguments.get("id")
    entry = {"dialect": dialect.name, "operation": route.operation, "job": id, **_teller(speaker)}
    asked = Asked(dialect, route, match.arguments, speaker, reading, entry)
    if (
        ask.kept is not None
        and isinstance(reading, Reading)
        and reading.is_plain_look
        and lasts(dialect.credentials, speaker, directory)
    ):
        ask.kept[_KEPT] = Kept(world, len(world.scenarios), asked)
    return asked


def kept_in(world: World, ask: Ask) -> Kept | None:
    """Return what was kept of a request that comes to the same in a world each time, or None."""
    kept: Kept | None = None if ask.kept is None else ask.kept.get(_KEPT)
    return kept if kept is not None and kept.holds_in(world) else None


def _teller(speaker: Principal | Refusal) -> dict[str, Any]:
    """Return what the journal tells of who asks."""
    if isinstance(speaker, Refusal):
        return {}
    return {
        "tenant": speaker.tenant,
        "app": speaker.app,
        "credential": speaker.credential,
        "reason": speaker.note,
    }

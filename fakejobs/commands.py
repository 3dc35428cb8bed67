"""What a client can ask of jobs, once a dialect has read its request: the only verbs that the world knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakejobs.lifecycle import Position, Script

Json = Any
"""A plain JSON value: dict, list, str, int, float, bool or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who a credential speaks for.

    ``credential`` is the dialect's name of the credential's kind; ``sees_tenant`` says that all jobs of the tenant
    are in view, else the app's own alone; ``note`` tells what is worth telling of how it was accepted.
    """

    tenant: str
    app: str | None = None
    scopes: frozenset[str] | None = None
    credential: str = ""
    sees_tenant: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request as the dialect reads it, free of sockets and WSGI.

    ``path`` is decoded, ``query`` holds each parameter's values in order, ``headers`` has lower-case names, ``body``
    is raw, ``at`` is the instant of the request and ``real`` the same moment on the machine's own clock, both in
    microseconds since the epoch; ``base`` is ``scheme://host:port`` as the client sees it.
    """

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    body_refused: bool = False
    at: int = 0
    real: int | None = None
    base: str = ""

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the client gets: ``delay`` is how long it waits for it on the test's clock, in microseconds.

    ``shows`` names the jobs whose documents are in it, each by its serial number, with the word that is to be read.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: int = 0
    shows: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One job as it stands at an instant: all that a reply may be made from.

    ``overlays`` is what the scenario lays over the rendered document, ``given`` and ``collections`` what it says under
    the keys that the dialect declares, ``facts`` what the request that made the job said; ``serial`` counts jobs.
    """

    dialect: str
    id: str
    tenant: str
    app: str | None = None
    serial: int = 0
    at: int = 0
    script: Script
    position: Position
    overlays: tuple[Json, ...] = ()
    given: Mapping[str, Json] = field(default_factory=dict)
    collections: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    tenant_keys: Mapping[str, str] = field(default_factory=dict)
    app_keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The name of the present state."""
        return self.script.steps[self.position.index].state


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """See one job by its id. ``counts`` says that the look is a poll of the job itself."""

    id: str
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """See all jobs in view, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Make a job. ``facts`` is what a submission's ``when`` may match; ``mint`` makes an id from a seed."""

    facts: Mapping[str, Json]
    mint: Callable[[str], str]


Command = Look | List | Create

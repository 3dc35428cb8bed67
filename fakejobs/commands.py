"""What a client can ask of jobs, once a dialect has read its request: the only verbs that the world knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from fakejobs.breaks import Break
    from fakejobs.lifecycle import Position, Script

Json = Any
"""A plain JSON value: dict, list, str, int, float, bool or None."""

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
"""No names at all."""

# Values that every poll makes anew are named tuples here and elsewhere: dataclasses that are frozen take thrice as long
# to make, which was a third of the time of a reply.


class Principal(NamedTuple):
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


class Ask(NamedTuple):
    """One request as the dialect reads it, free of sockets and WSGI.

    ``path`` is decoded, ``query`` holds each parameter's values in order, ``headers`` has lower-case names, ``body``
    is raw, ``at`` is the instant of the request and ``real`` the same moment on the machine's own clock, both in
    microseconds since the epoch; ``real`` is None while the client's time is driven. ``base`` is ``scheme://host:port``
    as the client sees it. ``kept`` takes what follows from the request alone, where the same may come again.
    """

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = NOTHING
    headers: Mapping[str, str] = NOTHING
    body: bytes = b""
    body_refused: bool = False
    at: int = 0
    real: int | None = None
    base: str = ""
    kept: dict[str, Any] | None = None

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None


class Reply(NamedTuple):
    """What the client gets: ``delay`` is how long it waits for it on the test's clock, in microseconds.

    ``shows`` names the jobs whose documents are in it, each by its serial number, with the word that is to be read;
    ``broken`` is what befalls the connection under it.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: int = 0
    shows: tuple[tuple[int, str], ...] = ()
    broken: Break | None = None


class View(NamedTuple):
    """One job as it stands at an instant: all that a reply may be made from.

    ``overlays`` is what the scenario lays over the rendered document, ``given`` and ``collections`` what it says under
    the keys that the dialect declares, ``facts`` what the request that made the job said; ``serial`` counts jobs, and
    ``group`` is the id of the group that the job is in, where the dialect has groups. ``plan`` is what the job was
    made by, as long as it is as that has it: then all here follows from the plan, `key`, ``at`` and ``position``.
    ``kept`` takes those parts of the job's document that stay the same in its present step, or is None.
    """

    dialect: str
    id: str
    tenant: str
    script: Script
    position: Position
    app: str | None = None
    serial: int = 0
    at: int = 0
    overlays: tuple[Json, ...] = ()
    given: Mapping[str, Json] = NOTHING
    collections: Mapping[str, tuple[Json, ...]] = NOTHING
    facts: Mapping[str, Json] = NOTHING
    tenant_keys: Mapping[str, str] = NOTHING
    app_keys: Mapping[str, str] = NOTHING
    group: str | None = None
    plan: object | None = None
    kept: dict[str, Json] | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells its job from others of the same plan."""
        keys = (*self.tenant_keys.items(), *self.app_keys.items())
        return self.id, self.tenant, self.app, self.serial, self.group, keys

    @property
    def state(self) -> str:
        """The name of the present state."""
        return self.script.steps[self.position.index].state


class Look(NamedTuple):
    """See one job by its id. ``counts`` says that the look is a poll of the job itself."""

    id: str
    counts: bool = True


class List(NamedTuple):
    """See the jobs in view: all of them in the order of their making, or a stretch, where ``most`` says how many.

    A stretch is in the order of creation, or of what ``key`` finds, and begins behind the place ``after``, which is
    such a key with the job's serial number; going ``back`` it ends before that place. ``rank`` makes of a key what
    compares as the order wants. ``group`` is the one whose jobs alone are meant; ``keeps`` says of a job whether it is
    wanted.
    """

    group: str | None = None
    most: int | None = None
    after: tuple[Json, int] | None = None
    descending: bool = False
    back: bool = False
    key: Callable[[View], Json] | None = None
    rank: Callable[[Json], Any] | None = None
    keeps: Callable[[View], bool] | None = None


class Beyond(NamedTuple):
    """Whether a list goes on beyond a stretch of it: behind its end, and before its beginning."""

    more: bool = False
    earlier: bool = False


ENDS_HERE: Final = Beyond()
"""A list that is shown whole."""


class Cancel(NamedTuple):
    """Bring a job that has not ended to its end in ``state``; ``is_gone`` says that nobody sees it from then on."""

    id: str
    state: str
    is_gone: bool = False


class Offer(NamedTuple):
    """Make a place for a file that is to be uploaded; ``name`` is what the client calls it, or None."""

    name: str | None = None


class Upload(NamedTuple):
    """Put a file's bytes in the place that was made for it."""

    id: str
    content: bytes


class Create(NamedTuple):
    """Make a job, or one for each of ``tasks``, in one group.

    ``facts`` is what a submission's ``when`` may match, with the task under ``task``; ``mint`` makes an id from a seed.
    """

    facts: Mapping[str, Json]
    mint: Callable[[str], str]
    tasks: tuple[Json, ...] = ()

    @property
    def requests(self) -> tuple[Mapping[str, Json], ...]:
        """The facts of each job that is to be made."""
        return tuple({**self.facts, "task": task} for task in self.tasks) if self.tasks else (self.facts,)


Command = Look | List | Create | Cancel | Offer | Upload

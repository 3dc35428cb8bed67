"""A scenario, checked: what a world plays. Spans and instants are microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fakejobs.breaks import Break
from fakejobs.commands import Json
from fakejobs.dialect.directory import Holder
from fakejobs.dialect.model import Dialect
from fakejobs.lifecycle import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a reply; None is as the vendor would.

    Another status, body or headers, a delay in microseconds, and what befalls the connection under it. With a status
    the request is not carried out.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    delay: int = 0
    broken: Break | None = None

    def __str__(self) -> str:
        parts = [] if self.status is None else [str(self.status)]
        if self.status is None and self.body is not None:
            parts.append("another body")
        says_type = self.body is not None  # a body brings its type along, which is not worth a word
        parts.extend(f"{name}: {value}" for name, value in self.headers if not says_type or name != "Content-Type")
        if self.delay:
            parts.append(f"delayed by {self.delay / 1_000_000:g} s")
        if self.broken is not None:
            parts.append(str(self.broken))
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFault:
    """A fault over a script; ``pointer`` is its place in the scenario."""

    fault: Fault
    pointer: str
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JobPlan:
    """A job that is to be: its script, and for each step the body that is laid over its document.

    It equals itself alone. ``created`` is an instant where ``created_absolute``, else an offset from the instant of
    playing. ``faults`` goes with the script's overlays, ``bodies`` and ``unlawful`` with its steps.
    """

    id: str | None
    tenant: str
    app: str | None
    script: Script
    pointer: str
    group: str | None = None
    created: int = 0
    created_absolute: bool = False
    body: Json = None
    bodies: tuple[Json, ...] = ()
    unlawful: tuple[bool, ...] = ()
    faults: tuple[StepFault, ...] = ()
    given: Mapping[str, Json] = field(default_factory=dict)
    collections: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What becomes of a job that a client creates, if the request fits ``when``; None as ``times`` is any number."""

    when: Mapping[str, Json]
    plan: JobPlan
    times: int | None
    optional: bool
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFault:
    """A fault of the requests ``nth`` to ``nth + times - 1`` of an operation or a verb."""

    on: str
    nth: int
    times: int
    fault: Fault
    optional: bool
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A checked scenario. ``clock`` is its start instant, ``"now"``, or None where it does not say."""

    name: str
    file: str
    dialect: Dialect
    holders: tuple[Holder, ...]
    clock: int | str | None
    options: Mapping[str, bool]
    jobs: tuple[JobPlan, ...]
    submissions: tuple[Submission, ...]
    faults: tuple[RequestFault, ...]
    default: JobPlan | None

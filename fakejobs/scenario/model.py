"""A scenario, checked: what a world plays. Spans and instants are microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from fakejobs.breaks import Break
from fakejobs.clock import span_text
from fakejobs.commands import Json
from fakejobs.dialect.directory import Holder
from fakejobs.dialect.model import Dialect
from fakejobs.documents.spelling import counted
from fakejobs.lifecycle import Script
from fakejobs.structs import struct


@struct
class Fault:
    """What goes wrong with a reply; None is as the vendor would.

    Another status, body or headers, a delay in microseconds, and what befalls the connection under it. With a status
    the request is not carried out. ``stale`` is how many microseconds earlier the job is shown as it was.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    delay: int = 0
    broken: Break | None = None
    stale: int = 0

    def __str__(self) -> str:
        parts = [] if self.status is None else [str(self.status)]
        if self.stale:
            parts.append(f"as it was {self.stale / 1_000_000:g} s before")
        if self.status is None and self.body is not None:
            parts.append("another body")
        says_type = self.body is not None  # a body brings its type along, which is not worth a word
        parts.extend(f"{name}: {value}" for name, value in self.headers if not says_type or name != "Content-Type")
        if self.delay:
            parts.append(f"delayed by {self.delay / 1_000_000:g} s")
        if self.broken is not None:
            parts.append(str(self.broken))
        return ", ".join(parts)


@struct
class StepFault:
    """A fault over a script; ``pointer`` is its place in the scenario."""

    fault: Fault
    pointer: str
    optional: bool


@struct
class Lag:
    """How many microseconds late what becomes of a job is to be seen: by its id, and in lists."""

    get: int = 0
    list: int = 0

    def __str__(self) -> str:
        spans = (("by its id", self.get), ("in lists", self.list))
        return " and ".join(f"{span_text(span)} late {where}" for where, span in spans if span)

    @property
    def spans(self) -> frozenset[int]:
        """How late anything of the job is seen, where it is not seen at once."""
        return frozenset(span for span in (self.get, self.list) if span)


NO_LAG = Lag()
"""What is to be seen at once."""


@struct(eq=False)
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
    lag: Lag = NO_LAG

    @property
    def looks_back(self) -> bool:
        """Whether a job is ever shown as it was earlier."""
        is_late = bool(self.lag.get or self.lag.list)
        return is_late or (bool(self.faults) and any(met.fault.stale for met in self.faults))

    @property
    def is_unmoved_by_looks(self) -> bool:
        """Whether a look shows it as it is, and leaves it so: it has no lag, no faults, no steps that count looks."""
        return not self.lag.get and not self.faults and all(step.looks is None for step in self.script.steps)


@struct
class Submission:
    """What becomes of a job that a client creates, if the request fits ``when``; None as ``times`` is any number."""

    when: Mapping[str, Json]
    plan: JobPlan
    times: int | None
    optional: bool
    pointer: str


@struct
class RequestFault:
    """A fault of the requests ``nth`` to ``nth + times - 1`` of an operation or a verb, of those that fit ``when``."""

    on: str
    nth: int
    times: int
    fault: Fault
    optional: bool
    pointer: str
    when: Mapping[str, Json] = field(default_factory=dict)


Repeat = Literal["replay", "refuse", "ignore"]
"""What becomes of a creation whose key is known: the same reply again, a refusal, or what there would be without."""


@struct
class Idempotency:
    """How creations with a key in the header ``header`` are taken that ask for the same as before, or for other things.

    ``keeps`` is for how many microseconds a key is known, None for ever.
    """

    header: str
    same: Repeat
    other: Repeat
    keeps: int | None

    def __str__(self) -> str:
        keeps = "" if self.keeps is None else f", known for {span_text(self.keeps)}"
        return f"{self.header}: {self.same} the same, {self.other} another{keeps}"


@struct
class Rate:
    """At most so many requests of a tenant, an app, a credential or all within ``span``; one beyond meets ``fault``.

    ``on`` is the operation or the verb whose requests alone count; None is any of the API.
    """

    requests: int
    span: int
    of: Literal["tenant", "app", "credential", "all"]
    on: str | None
    fault: Fault
    pointer: str

    def __str__(self) -> str:
        whose = {"all": "", "app": " of an app"}.get(self.of, f" of a {self.of}")
        on = "" if self.on is None else f" on {self.on}"
        return f"{counted(self.requests, 'request')} per {span_text(self.span)}{whose}{on}"


@struct
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
    idempotency: Idempotency | None = None
    rates: tuple[Rate, ...] = ()

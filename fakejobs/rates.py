"""Rates: of somebody's requests no more than so many are taken within a span; one beyond is refused, and counts not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import field
from typing import NamedTuple

from fakejobs.clock import span_text
from fakejobs.commands import Ask, Principal
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.refusals import Refusal
from fakejobs.documents.spelling import counted
from fakejobs.keeping import Back, fields_kept
from fakejobs.scenario.model import Fault, Rate, Scenario
from fakejobs.structs import record, replace

Who = tuple[str, ...]
"""Whose requests are counted together, as far as a rate tells them apart."""

_SECOND = 1_000_000


class Window:
    """The instants at which requests were taken lately: of all that lie within a span, there are at most so many.

    The span is half-open: what was taken at its beginning counts until just before its end.
    """

    __slots__ = ("most", "span", "taken")

    def __init__(self, most: int, span: int) -> None:
        self.most = most
        self.span = span
        self.taken: deque[int] = deque()

    def wait(self, now: int) -> int:
        """Return how long it is until a request would be taken: 0 if it would be now."""
        taken = self.taken
        while taken and taken[0] + self.span <= now:
            taken.popleft()
        return taken[0] + self.span - now if len(taken) >= self.most else 0

    def take(self, now: int) -> None:
        """Take a request, for which there is room."""
        self.taken.append(now)

    def keep(self) -> Back:
        """Return what puts the window back."""
        return fields_kept(self)


@record
class CountedRate:
    """A rate, what was taken lately of each whom it tells apart, and how many requests it has refused."""

    scenario: Scenario
    rule: Rate
    windows: dict[Who, Window] = field(default_factory=dict)
    refused: int = 0

    def __str__(self) -> str:
        return f"{self.rule.pointer} ({self.rule})"

    def window(self, who: Who) -> Window:
        """Return the window of somebody, which is empty where nothing was asked yet."""
        return self.windows.setdefault(who, Window(self.rule.requests, self.rule.span))

    def keep(self) -> Back:
        """Return what puts its windows and its count back."""
        return fields_kept(self)


class Excess(NamedTuple):
    """A request beyond a rate: the fault that it meets, and why."""

    fault: Fault
    reason: str


def excess(
    rates: Iterable[CountedRate], dialect: Dialect, route: Route, ask: Ask, speaker: Principal | Refusal
) -> Excess | None:
    """Count a request and return None, or return what it meets where it is beyond a rate: then it counts for none.

    Of several that refuse it, it is the one that does so for longest.
    """
    now, windows, longest = ask.at, [], 0
    met: CountedRate | None = None
    for each in rates:
        who = _who(each.rule, dialect, ask, speaker) if _is_of(each, dialect, route) else None
        if who is None:
            continue
        window = each.window(who)
        windows.append(window)
        wait = window.wait(now)
        if wait > longest:
            met, longest = each, wait
    if met is None:
        for window in windows:
            window.take(now)
        return None
    met.refused += 1
    rule = met.rule
    fault = _with_retry_after(rule.fault, -(-longest // _SECOND))
    whose = "" if rule.of == "all" else f" of this {rule.of}"
    reason = f"{counted(rule.requests, 'request')}{whose} came within {span_text(rule.span)} before it"
    return Excess(fault, f"fault at {rule.pointer}: {fault}; {reason}")


def _is_of(rate: CountedRate, dialect: Dialect, route: Route) -> bool:
    """Say whether a rate counts requests of a route; what is public is not behind the API, unless it is named."""
    if rate.scenario.dialect is not dialect:
        return False
    on = rate.rule.on
    if on is None:
        return not route.public
    return on == route.operation or (on == route.do and route.counts)


def _who(rule: Rate, dialect: Dialect, ask: Ask, speaker: Principal | Refusal) -> Who | None:
    """Return whose a request is, or None if it is nobody's whom the rate counts."""
    if rule.of == "all":
        return ()
    if rule.of == "credential":
        named = ((each.name, each.named(ask)) for each in dialect.credentials)
        return next(((name, value) for name, value in named if value is not None), None)
    if isinstance(speaker, Refusal):
        return None
    if rule.of == "tenant":
        return (speaker.tenant,)
    return None if speaker.app is None else (speaker.tenant, speaker.app)


def _with_retry_after(fault: Fault, seconds: int) -> Fault:
    if any(name.lower() == "retry-after" for name, _ in fault.headers):
        return fault
    return replace(fault, headers=(*fault.headers, ("Retry-After", str(seconds))))

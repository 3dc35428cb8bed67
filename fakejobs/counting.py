"""What of a scenario is used up: submissions and faults with their counts, and which plans a client's request takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fakejobs.commands import Json
from fakejobs.dialect.model import Dialect
from fakejobs.dialect.overlays import covers
from fakejobs.keeping import Back, fields_kept
from fakejobs.scenario.model import JobPlan, RequestFault, Scenario, Submission
from fakejobs.structs import record

Plan = tuple[Scenario, JobPlan]


@record
class CountedSubmission:
    """A submission, and how many jobs were made by it."""

    scenario: Scenario
    rule: Submission
    taken: int = 0

    def __str__(self) -> str:
        times = "any number of times" if self.rule.times is None else f"{self.taken} of {self.rule.times} used"
        return f"{self.rule.pointer} {json.dumps(self.rule.when)} ({times})"

    def keep(self) -> Back:
        """Return what puts its count back."""
        return fields_kept(self)


@record
class CountedFault:
    """A fault of requests, how many requests were held against it, and how many met it."""

    scenario: Scenario
    rule: RequestFault
    asked: int = 0
    taken: int = 0

    def __str__(self) -> str:
        where = f" where {json.dumps(self.rule.when, ensure_ascii=False)}" if self.rule.when else ""
        return f"{self.rule.pointer} on {self.rule.on}{where}: {self.rule.fault}"

    def keep(self) -> Back:
        """Return what puts its counts back."""
        return fields_kept(self)


def chosen_plans(
    submissions: Sequence[CountedSubmission],
    dialect: Dialect,
    requests: Sequence[Mapping[str, Json]],
    default: Plan | None,
) -> list[Plan] | None:
    """Return a plan for each job that a request makes, and count the submissions that they take.

    None, and nothing is counted, if there is one that none takes.
    """
    known = [counted for counted in submissions if counted.scenario.dialect is dialect]
    taken = [0] * len(known)
    plans: list[Plan] = []
    for facts in requests:
        number = _fitting(known, taken, facts)
        if number is not None:
            taken[number] += 1
            plans.append((known[number].scenario, known[number].rule.plan))
        elif not known and default is not None:
            plans.append(default)
        else:
            return None
    for counted, times in zip(known, taken, strict=True):
        counted.taken += times
    return plans


def _fitting(known: Sequence[CountedSubmission], taken: Sequence[int], facts: Mapping[str, Json]) -> int | None:
    """Return the number of the first submission that takes a job, those in ``taken`` counted as used."""
    for number, counted in enumerate(known):
        rule = counted.rule
        if covers(facts, rule.when) and (rule.times is None or counted.taken + taken[number] < rule.times):
            return number
    return None


def group_for(plans: Sequence[JobPlan], tenant: str, dialect: Dialect, serial: int) -> str | None:
    """Return the id of the group that jobs made together are in; None where the dialect has no groups.

    It is what a plan says, else the head of an id that a plan says, else made up from the first job's ``serial``.
    """
    if dialect.groups is None:
        return None
    given = [plan.group for plan in plans if plan.group is not None]
    heads = [dialect.groups.head_of(plan.id) for plan in plans if plan.id is not None]
    return next(iter((*given, *heads)), None) or dialect.groups.ids.mint(f"{dialect.name}:{tenant}:{serial}:group")


def joined(dialect: Dialect, group: str | None, id: str) -> str:
    """Return a job's id that was made up, behind its group's where the dialect has groups."""
    return id if dialect.groups is None else f"{group}{dialect.groups.joins}{id}"

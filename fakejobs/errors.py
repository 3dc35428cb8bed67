"""Every error that fakejobs raises on purpose; each carries its evidence as attributes."""

from __future__ import annotations

from dataclasses import dataclass


class FakeJobsError(Exception):
    """The root: catch this to catch whatever fakejobs says on purpose."""


class UsageError(FakeJobsError):
    """fakejobs was asked for something that it cannot do or does not have."""


class ClockError(UsageError, ValueError):
    """Time was asked to do what time does not do: run backwards, or sleep for NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a document: where it stands, what was found, what would be right.

    ``line`` and ``column`` count from 1, and are 0 where the document has no text; ``pointer`` is a JSON pointer
    (``""`` is the whole document).
    """

    file: str
    line: int
    column: int
    message: str
    pointer: str

    def __str__(self) -> str:
        place = f" (at {self.pointer})" if self.pointer else ""
        position = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{position}: {self.message}{place}"


class DocumentError(FakeJobsError, ValueError):
    """A document is wrong; ``problems`` holds every mistake found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ExpectationError(FakeJobsError, AssertionError):
    """What was scripted did not happen, what happened was not scripted, or a client polled otherwise than it should.

    ``findings`` says so, a line each; ``timeline`` is what happened.
    """

    def __init__(self, findings: tuple[str, ...], timeline: str) -> None:
        super().__init__(findings, timeline)
        self.findings = findings
        self.timeline = timeline

    def __str__(self) -> str:
        return "\n".join([*self.findings, "", self.timeline])

"""Law 4 under pytest: which fakes a test answers for, what it is told, and what its report shows.

A fake of the test's own is held against it whole, with what its resets have put away. One of the session is held
against a test whole if it was reset for it; otherwise the test answers for the requests that came while it ran, and
what was scripted for the session is judged when the session is over, whether or not a reset has put it away by then.
"""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import field
from itertools import takewhile
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import pytest

from fakejobs.structs import record

if TYPE_CHECKING:
    from pathlib import Path

    from fakejobs.fake import FakeJobs
    from fakejobs.scenario.search import Search
    from fakejobs.world import World

SECTION = "fakejobs timeline"
FINDINGS = "fakejobs findings"
_LONGEST_NAME = 120
_HOME = os.path.join(os.path.dirname(__file__), "")  # noqa: PTH118, PTH120 - pathlib takes longer
"""How the paths of fakejobs' own files begin."""


@record
class Docket:
    """The fakes of a session: those that last as long as it, and those of the test that runs; where they search."""

    of_session: list[FakeJobs] = field(default_factory=list)
    of_test: list[FakeJobs] = field(default_factory=list)
    before: dict[int, tuple[World, int, int]] = field(default_factory=dict)
    judged: list[tuple[World, int]] = field(default_factory=list)
    put_away: list[tuple[FakeJobs, World, str]] = field(default_factory=list)
    test: str = ""
    excused: list[World] = field(default_factory=list)
    searches: dict[Path, Search] = field(default_factory=dict)

    def add(self, fake: FakeJobs) -> None:
        """Add a fake that lasts as long as the session."""
        self.before[len(self.of_session)] = (fake.world, 0, -1)  # the test that has it made has had it
        self.of_session.append(fake)
        fake.told_of_reset = self.note_reset

    def note_reset(self, fake: FakeJobs, world: World) -> None:
        """Note a world that a reset has put away, and in which test."""
        self.put_away.append((fake, world, self.test))

    def lend(self, fake: FakeJobs) -> None:
        """Add a fake that lasts as long as the test."""
        self.of_test.append(fake)
        fake.told_of_reset = self.note_reset

    def take_back(self, fake: FakeJobs) -> None:
        """Forget a fake of the test."""
        self.of_test.remove(fake)
        self.put_away = [each for each in self.put_away if each[0] is not fake]

    def begin_test(self, test: str) -> None:
        """Note where the fakes of the session stand."""
        self.test = test
        self.before = {}
        for number, fake in enumerate(self.of_session):
            journal = fake.world.journal
            self.before[number] = (fake.world, len(journal.strays), len(journal.records))

    def has_any(self) -> bool:
        """Say whether there is a fake that the test might have used."""
        return bool(self.of_test or self.of_session)

    def used(self) -> list[FakeJobs]:
        """Return the fakes that the test has had: its own, and those of the session at which anything happened."""
        found = [*self.of_test]
        for number, fake in enumerate(self.of_session):
            world, _, records = self.before[number]
            if fake.world is not world or len(world.journal.records) > records:
                found.append(fake)
        return found

    def findings(self) -> list[tuple[FakeJobs, tuple[str, ...]]]:
        """Return what the test has to answer for, by fake; those of which there is nothing are left out."""
        found = [(fake, (*self._left_by(fake), *fake.findings())) for fake in self.of_test]
        for number, fake in enumerate(self.of_session):
            world, seen, _ = self.before[number]
            if fake.world is world:
                found.append((fake, fake.findings(only=("requests",), since=seen)))
            else:
                self.judged.append((fake.world, len(fake.world.scenarios)))
                found.append((fake, fake.findings(since=seen)))
        return [(fake, lines) for fake, lines in found if lines]

    def _left_by(self, fake: FakeJobs) -> tuple[str, ...]:
        """Return what was scripted for a fake of the test, and did not happen before a reset."""
        left = [_unfinished(fake, world)[0] for other, world, _ in self.put_away if other is fake]
        return tuple(f"{line} (before a reset())" for lines in left for line in lines)

    def excuse(self) -> None:
        """Note that a test failed, which may have come no further than this with what it had scripted itself."""
        self.excused.extend(fake.world for fake in self.of_session)

    def end_session(self) -> list[tuple[tuple[str, ...], str]]:
        """Return what nobody has answered for yet, each with a timeline: what was scripted, and did not happen."""
        worlds = [each for each in self.put_away if not _is_among(each[1], self.excused)]
        worlds += [(fake, fake.world, "") for fake in self.of_session]
        # more may have been played in a world that was judged
        judged = [world for world, played in self.judged if len(world.scenarios) == played]
        found = [(*_unfinished(fake, world), test) for fake, world, test in worlds if not _is_among(world, judged)]
        return [
            (tuple(f"{line} (put away by a reset() in {test})" if test else line for line in lines), text)
            for lines, text, test in found
            if lines
        ]


def _unfinished(fake: FakeJobs, world: World) -> tuple[tuple[str, ...], str]:
    """Return what was scripted in a world and did not happen, and the world's timeline, though its clock began anew."""
    from fakejobs.expectations import FAULTS, SUBMISSIONS, findings  # noqa: PLC0415 - as with its errors
    from fakejobs.journal import last_instant  # noqa: PLC0415
    from fakejobs.timeline import timeline  # noqa: PLC0415

    lines = findings(world, fake.strict & {FAULTS, SUBMISSIONS})
    return lines, timeline(world, last_instant(world.journal.records, fake.clock.instant()))


def _is_among(world: World, worlds: list[World]) -> bool:
    return any(world is each for each in worlds)


def judge(docket: Docket, config: pytest.Config) -> None:
    """Raise `ExpectationError` for what a test that passed has to answer for."""
    for _, lines in docket.findings():
        from fakejobs.errors import ExpectationError  # noqa: PLC0415 - only a test that used a fake comes here

        never = config.getoption("fakejobs_timeline") == "never"
        raise ExpectationError(lines, "" if never else f"(see the section `{SECTION}`)")


def add_sections(docket: Docket, config: pytest.Config, call: pytest.CallInfo[None], report: Any) -> None:
    """Add to a report of setup or call what there is to see: findings beside another failure, and the timeline."""
    when = config.getoption("fakejobs_timeline")
    if not report.failed and (call.when != "call" or when != "all"):
        return
    error = call.excinfo.value if call.excinfo else None
    if report.failed:
        docket.excuse()
        told = getattr(error, "findings", ())
        lines = [line for _, found in docket.findings() for line in found if line not in told]
        if lines:
            report.sections.append((FINDINGS, "\n".join(lines)))
    is_told = len(docket.used()) == 1 and getattr(error, "timeline", "").startswith("timeline of ")
    if (when != "never" and not is_told) or (call.when == "call" and when == "all"):
        report.sections.extend((SECTION, fake.timeline()) for fake in docket.used())


def hide_own_lines(caught: pytest.ExceptionInfo[BaseException]) -> bool:
    """Have pytest leave out of a traceback how fakejobs came to say what is wrong; return whether it said it.

    pytest asks each line whether it is to be hidden: those beneath the last that is not of fakejobs say so from now on,
    of errors that are raised on purpose. ``--full-trace`` shows them.
    """
    from fakejobs.errors import FakeJobsError  # noqa: PLC0415 - only a test that failed comes here

    on_purpose = (FakeJobsError, pytest.UsageError)
    if not isinstance(caught.value, on_purpose):
        return False
    own = [*takewhile(lambda entry: str(entry.path).startswith(_HOME), reversed(caught.traceback))]
    for entry in own:
        entry.frame.f_globals["__tracebackhide__"] = methodcaller("errisinstance", on_purpose)
    return bool(own)


def drop_note(report: pytest.TestReport) -> None:
    """Leave out pytest's note that all lines are hidden, which leads to the insides of fakejobs: the error says all."""
    traceback = getattr(report.longrepr, "reprtraceback", None)
    if (getattr(traceback, "extraline", None) or "").startswith("All traceback entries are hidden"):
        traceback.extraline = None  # type: ignore[union-attr]


def _folder(config: pytest.Config) -> Path | None:
    """Return the folder that ``--fakejobs-timeline-svg`` names."""
    folder = config.getoption("fakejobs_timeline_svg")
    return None if folder is None else config.invocation_params.dir / folder


def make_folder(config: pytest.Config) -> None:
    """Make the folder for pictures, if there is to be one; `pytest.UsageError` where it cannot be."""
    folder = _folder(config)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = "it is a file" if folder.is_file() else error.strerror
            raise pytest.UsageError(
                f"--fakejobs-timeline-svg={folder}: {what}; right would be a folder, or where one can be made"
            ) from error


def draw(docket: Docket, config: pytest.Config, test: str) -> None:
    """Write a picture of what happened at each fake of a test into the folder of ``--fakejobs-timeline-svg``."""
    folder = _folder(config)
    if folder is None:
        return
    for number, fake in enumerate(docket.used(), 1):
        file = folder / f"{_file_name(test)}{'' if number == 1 else f'-{number}'}.svg"
        file.write_text(fake.timeline_svg(), encoding="utf-8")


def _file_name(test: str) -> str:
    """Return a name for the file of a test: its id, but for what file systems do not take.

    What comes of parameters, or is cut, may be the same for two tests: a checksum tells them apart.
    """
    name = re.sub(r"[^A-Za-z0-9_.=-]+", "-", test).strip("-")
    is_plain = "[" not in test and len(name) <= _LONGEST_NAME
    return name if is_plain else f"{name[:_LONGEST_NAME]}-{zlib.crc32(test.encode()):08x}"

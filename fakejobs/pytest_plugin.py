"""The pytest plugin: the fixtures, the marker, the options, and law 4 in the test's own call phase.

Only pytest is imported here when the plugin loads; the rest comes with the first test that asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from fakejobs.judging import SECTION, Docket, add_sections, draw, drop_note, hide_own_lines, judge, make_folder

if TYPE_CHECKING:
    from fakejobs.fake import FakeJobs
    from fakejobs.scenario.search import Search
    from fakejobs.server.engine import Engine

_MARKER = "fakejobs(*scenarios, strict=True, clock=None)"
_fakes: pytest.StashKey[Fakes] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini settings."""
    group = parser.getgroup("fakejobs")
    group.addoption(
        "--fakejobs-timeline",
        choices=("failed", "all", "never"),
        default="failed",
        help="when the timeline of a test's fake is printed: failed (default), all, never",
    )
    group.addoption(
        "--fakejobs-timeline-svg", metavar="DIR", help="write the timeline of each test's fake as a picture into DIR"
    )
    parser.addini("fakejobs_scenarios", "folders in which scenario files are searched, after the test's own", "paths")
    parser.addini("fakejobs_dialects", "folders that hold dialects, each in a folder of its own name", "paths")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what gives tests their fakes."""
    config.addinivalue_line("markers", f"{_MARKER}: play these scenarios with the fixture `fakejobs` before the test")
    make_folder(config)
    fakes = config.stash[_fakes] = Fakes(config)
    config.pluginmanager.register(fakes, "fakejobs fixtures")


@pytest.fixture(scope="session")
def fakejobs_factory(pytestconfig: pytest.Config) -> Iterator[Callable[..., FakeJobs]]:
    """Make fakes that last as long as the session, for applications that are configured once.

    It takes what ``FakeJobs`` takes; ``.reset()`` between tests gives a fresh world at the same address.
    """
    fakes = pytestconfig.stash[_fakes]
    yield fakes.make
    fakes.end_session()


class Fakes:
    """The fakes of one run of pytest: the fixture, and the hooks that hold fakes against their tests.

    The fixture is a method, which asks pytest for nothing: to make a ``request`` for each test takes it longer than to
    make a fake.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._docket = Docket()
        self._engine: Engine | None = None
        self._making = Lock()
        self._item: pytest.Item
        self._interrupted: list[str] = []

    # ------------------------------------------------------------------ where they come from

    @pytest.fixture
    def fakejobs(self) -> Iterator[FakeJobs]:
        """A fresh fake of job APIs, playing what the marker names; its socket opens at the first ``.url``."""
        from fakejobs.fake import FakeJobs  # noqa: PLC0415

        docket = self._docket
        scenarios, settings = _marked(self._item)
        fake = FakeJobs(search=self._search_beside(self._item.path), engine=self._shared_engine, **settings)
        docket.lend(fake)
        try:
            for scenario in scenarios:
                fake.play(scenario)
            yield fake
        finally:
            fake.close()
            docket.take_back(fake)
        _complain_of_late_requests(fake)

    def make(self, *args: Any, **kwargs: Any) -> FakeJobs:
        """Return a fake that lasts as long as the session; it takes what ``FakeJobs`` takes."""
        from fakejobs.fake import FakeJobs  # noqa: PLC0415

        kwargs.setdefault("search", self._search_beside(self._config.rootpath / "conftest.py"))
        kwargs.setdefault("engine", self._shared_engine)
        fake = FakeJobs(*args, **kwargs)
        self._docket.add(fake)
        return fake

    def end_session(self) -> None:
        """Close the fakes of the session, and raise for what nobody has answered for yet."""
        for fake in self._docket.of_session:
            fake.close()
        left = self._docket.end_session()
        if left:
            _complain(tuple(line for lines, _ in left for line in lines), "\n\n".join(text for _, text in left))

    def _shared_engine(self) -> Engine:
        """Return the thread in which all fakes of the run are served; a thread a test would cost more than a reply."""
        from fakejobs.server.engine import Engine  # noqa: PLC0415

        with self._making:
            if self._engine is None:
                self._engine = Engine()
            return self._engine

    def _search_beside(self, file: Path) -> Search:
        """Return where the scenarios of a test file are looked for."""
        from fakejobs.scenario.search import Search  # noqa: PLC0415

        search = self._docket.searches.get(file)
        if search is None:
            folders = (file.parent, *self._config.getini("fakejobs_scenarios"))
            search = Search(folders=folders, dialects=tuple(self._config.getini("fakejobs_dialects")))
            self._docket.searches[file] = search
        return search

    # ------------------------------------------------------------------ what becomes of a test

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Refuse a marker on a test that does not ask for the fixture: it would do nothing."""
        self._item = item
        marked = any(mark.name == "fakejobs" for mark in item.own_markers)
        if marked and "fakejobs" not in getattr(item, "fixturenames", ()):
            missing = "has the marker `fakejobs`, but does not ask for the fixture: add the argument `fakejobs`"
            raise pytest.UsageError(f"{item.nodeid} {missing}")
        self._docket.begin_test(item.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Hold each fake's expectations against the test, as part of its call."""
        docket = self._docket
        try:
            result = yield
        except KeyboardInterrupt:
            self._interrupted = [fake.timeline() for fake in docket.of_test]
            raise
        finally:
            for fake in docket.of_test:
                fake.world.journal.is_over = True
        judge(docket, self._config)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Give the next test its own time back, where this one had a clock drive it that outlives the test."""
        try:
            return (yield)
        finally:
            if driving := sys.modules.get("fakejobs.clock.driving"):
                driving.end_drive()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, pytest.TestReport]:
        """Show what there is to see of the test's fakes."""
        is_ours = call.excinfo is not None and hide_own_lines(call.excinfo)
        report: pytest.TestReport = yield
        if is_ours:
            drop_note(report)
        if call.when != "teardown" and self._docket.has_any():
            add_sections(self._docket, self._config, call, report)
            if call.when == "call":
                draw(self._docket, self._config, item.nodeid)
        return report

    # ------------------------------------------------------------------ the end

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """End the thread that the fakes were served in, if there was one."""
        if self._engine is not None:
            self._engine.close()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the timelines that no failure's sections show: of an interrupted test, and where all were asked for."""
        when = self._config.getoption("fakejobs_timeline")
        for text in self._interrupted if when != "never" else ():
            terminalreporter.write_sep("-", f"{SECTION} of the interrupted test")
            terminalreporter.write_line(text)
        if when == "all" and self._config.option.verbose >= -1:
            _print_passed(terminalreporter)


def _marked(item: pytest.Item) -> tuple[list[Any], dict[str, Any]]:
    """Return the scenarios of all markers, the farthest first, and the settings, of which the closest hold."""
    scenarios: list[Any] = []
    settings: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("fakejobs"))):
        unknown = mark.kwargs.keys() - {"strict", "clock"}
        if unknown:
            raise pytest.UsageError(f"the marker {_MARKER} takes no `{sorted(unknown)[0]}`")
        scenarios.extend(mark.args)
        settings.update(mark.kwargs)
    return scenarios, settings


def _complain_of_late_requests(fake: FakeJobs) -> None:
    from fakejobs.expectations import late_requests  # noqa: PLC0415

    late = late_requests(fake.world)
    if late:
        _complain(late, fake.timeline())


def _complain(lines: tuple[str, ...], text: str) -> None:
    from fakejobs.errors import ExpectationError  # noqa: PLC0415

    raise ExpectationError(lines, text)


def _print_passed(terminalreporter: Any) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == SECTION:
                terminalreporter.write_sep("-", f"{SECTION} of {report.nodeid}")
                terminalreporter.write_line(text)

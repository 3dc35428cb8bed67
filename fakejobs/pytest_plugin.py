"""The pytest plugin: the fixtures, the marker, the options, and law 4 in the test's own call phase.

Only pytest is imported here when the plugin loads; the rest comes with the first test that asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakejobs.judging import SECTION, Docket, add_sections, draw, judge

if TYPE_CHECKING:
    from fakejobs.fake import FakeJobs
    from fakejobs.scenario.search import Search
    from fakejobs.server.engine import Engine

_MARKER = "fakejobs(*scenarios, strict=True, clock=None)"
_docket: pytest.StashKey[Docket] = pytest.StashKey()
_engine: pytest.StashKey[Engine] = pytest.StashKey()
_interrupted: pytest.StashKey[list[str]] = pytest.StashKey()


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
    """Register the marker."""
    config.addinivalue_line("markers", f"{_MARKER}: play these scenarios with the fixture `fakejobs` before the test")


@pytest.fixture
def fakejobs(request: pytest.FixtureRequest) -> Iterator[FakeJobs]:
    """A fresh fake of job APIs, playing what the marker names; its socket opens at the first ``.url``."""
    from fakejobs.fake import FakeJobs  # noqa: PLC0415

    scenarios, settings = _marked(request.node)
    session = request.session
    docket = session.stash.setdefault(_docket, Docket())
    path = request.path
    search = docket.searches.get(path)
    if search is None:
        search = docket.searches[path] = _search(request.config, path)
    fake = FakeJobs(search=search, engine=lambda: _session_engine(session), **settings)
    docket.of_test.append(fake)
    try:
        _play(fake, scenarios)
        yield fake
    finally:
        fake.close()
        docket.of_test.remove(fake)
    _complain_of_late_requests(fake)


def _play(fake: FakeJobs, scenarios: list[Any]) -> None:
    """Play what the marker names; a mistake in it is told without the way that led to it."""
    from fakejobs.errors import FakeJobsError  # noqa: PLC0415

    for scenario in scenarios:
        try:
            fake.play(scenario)
        except FakeJobsError as error:
            raise error.with_traceback(None) from None


@pytest.fixture(scope="session")
def fakejobs_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., FakeJobs]]:
    """Make fakes that last as long as the session, for applications that are configured once.

    It takes what ``FakeJobs`` takes; ``.reset()`` between tests gives a fresh world at the same address.
    """
    from fakejobs.fake import FakeJobs  # noqa: PLC0415

    docket = request.session.stash.setdefault(_docket, Docket())

    def make(*args: Any, **kwargs: Any) -> FakeJobs:
        kwargs.setdefault("search", _search(request.config, request.config.rootpath / "conftest.py"))
        kwargs.setdefault("engine", lambda: _session_engine(request.session))
        fake = FakeJobs(*args, **kwargs)
        docket.add(fake)
        return fake

    yield make
    for fake in docket.of_session:
        fake.close()
    for fake, lines in docket.end_session():
        _complain(fake, lines)


def _session_engine(session: pytest.Session) -> Engine:
    """Return the thread in which all fakes of the session are served; a thread a test would cost more than a reply."""
    from fakejobs.server.engine import Engine  # noqa: PLC0415

    if _engine not in session.stash:
        session.stash[_engine] = Engine()
    return session.stash[_engine]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the thread that the session's fakes were served in, if there was one."""
    engine = session.stash.get(_engine, None)
    if engine is not None:
        engine.close()


def _search(config: pytest.Config, test_file: Path) -> Search:
    from fakejobs.scenario.search import Search  # noqa: PLC0415

    return Search(
        folders=(test_file.parent, *config.getini("fakejobs_scenarios")),
        dialects=tuple(config.getini("fakejobs_dialects")),
    )


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
        _complain(fake, late)


def _complain(fake: FakeJobs, lines: tuple[str, ...]) -> None:
    from fakejobs.errors import ExpectationError  # noqa: PLC0415

    __tracebackhide__ = True
    raise ExpectationError(lines, fake.timeline())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker on a test that does not ask for the fixture: it would do nothing."""
    marked = any(mark.name == "fakejobs" for mark in item.own_markers)
    if marked and "fakejobs" not in getattr(item, "fixturenames", ()):
        raise pytest.UsageError(
            f"{item.nodeid} has the marker `fakejobs`, but does not ask for the fixture: add the argument `fakejobs`"
        )
    if _docket in item.session.stash:
        item.session.stash[_docket].begin_test()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold each fake's expectations against the test, as part of its call."""
    __tracebackhide__ = True
    docket = item.session.stash.get(_docket, Docket())
    try:
        result = yield
    except KeyboardInterrupt:
        item.config.stash[_interrupted] = [fake.timeline() for fake in docket.of_test]
        raise
    finally:
        for fake in docket.of_test:
            fake.world.journal.is_over = True
    judge(docket, item.config)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Give the next test its own time back, where this one had a clock drive it that outlives the test."""
    try:
        return (yield)
    finally:
        if driving := sys.modules.get("fakejobs.clock.driving"):
            driving.end_drive()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Show what there is to see of the test's fakes."""
    report = yield
    if _docket in item.session.stash:
        add_sections(item.session.stash[_docket], item.config, call, report)
        if call.when == "call":
            draw(item.session.stash[_docket], item.config, item.nodeid)
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the timelines that no failure's sections show: of an interrupted test, and where all were asked for."""
    when = config.getoption("fakejobs_timeline")
    for text in config.stash.get(_interrupted, []) if when != "never" else ():
        terminalreporter.write_sep("-", f"{SECTION} of the interrupted test")
        terminalreporter.write_line(text)
    if when == "all" and config.option.verbose >= -1:
        _print_passed(terminalreporter)


def _print_passed(terminalreporter: Any) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == SECTION:
                terminalreporter.write_sep("-", f"{SECTION} of {report.nodeid}")
                terminalreporter.write_line(text)

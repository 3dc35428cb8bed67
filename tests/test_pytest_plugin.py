"""The pytest plugin: the fixtures, the marker, the options, and law 4 in the test's own call phase."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fakejobs

JOB = "57b5aa3b046abfb053d80b52"
CLIENT = f"""
import urllib.request, urllib.error, json
import pytest
JOB = "{JOB}"
def look(fake, job=JOB, tenant=None, path=None):
    request = urllib.request.Request(
        fake.url + (path or f"/api/v1/async-jobs/{{job}}"), headers=fake.credentials(tenant))
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None
"""


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(CLIENT + test)
    return pytester.runpytest("-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly", *options)


def test_a_marked_test_has_its_scenario_played(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.fakejobs("conversio/happy-path")
def test_it(fakejobs):
    assert look(fakejobs)[1]["data"]["status"] == "pending"
    fakejobs.clock.advance(minutes=6)
    assert look(fakejobs)[1]["data"]["status"] == "done"
    assert fakejobs.job(JOB).seen == ["pending", "done"]
""",
    )
    result.assert_outcomes(passed=1)


def test_the_fixture_is_there_for_methods_for_other_fixtures_and_for_one_that_lies_over_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(
        """
import pytest
@pytest.fixture
def fakejobs(fakejobs):
    return fakejobs.play("conversio/happy-path")
@pytest.fixture
def asked_for(request):
    return request.getfixturevalue("fakejobs")
"""
    )
    result = run(
        pytester,
        """
import unittest
class TestMethods:
    @pytest.mark.fakejobs(clock="2030-01-01T00:00:00Z")
    def test_it(self, asked_for, fakejobs):
        assert asked_for is fakejobs
        assert (look(fakejobs)[0], fakejobs.clock.now().year) == (200, 2030)
class Case(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def given(self, fakejobs):
        self.fake = fakejobs
    def test_it(self):
        assert look(self.fake)[0] == 200
""",
    )
    result.assert_outcomes(passed=2)


def test_every_test_has_a_world_and_a_port_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
urls = []
@pytest.mark.parametrize("number", range(5))
@pytest.mark.fakejobs("conversio/happy-path")
def test_it(fakejobs, number):
    assert fakejobs.journal == []
    assert fakejobs.clock.now().isoformat() == "2026-01-01T00:00:00+00:00"
    look(fakejobs); fakejobs.clock.advance(hours=1)
    assert fakejobs.url not in urls
    urls.append(fakejobs.url)
""",
    )
    result.assert_outcomes(passed=5)


def test_markers_of_class_and_test_add_up_and_the_closest_settings_hold(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.fakejobs("conversio/happy-path", strict=False, clock="2030-01-01T00:00:00Z")
class TestIt:
    @pytest.mark.fakejobs("wix-async-jobs/happy-path", clock="2031-01-01T00:00:00Z")
    def test_both_are_played(self, fakejobs):
        assert [job.id for job in fakejobs.jobs] == [JOB, "076e0505-6944-4645-a248-80b197ee9cfd"]
        assert fakejobs.clock.now().year == 2031
        import urllib.request, urllib.error
        with pytest.raises(urllib.error.HTTPError, match="501"):
            urllib.request.urlopen(fakejobs.url + "/nowhere")
    def test_that_does_not_ask_is_left_alone(self):
        pass
""",
    )
    result.assert_outcomes(passed=2)


def test_a_marker_on_a_test_that_does_not_ask_for_the_fixture_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = run(pytester, '@pytest.mark.fakejobs("conversio/happy-path")\ndef test_it(): pass\n')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*UsageError: *::test_it has the marker `fakejobs`, but does not ask for the fixture*"]
    )


def test_a_marker_with_a_setting_that_there_is_not_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = run(pytester, '@pytest.mark.fakejobs("conversio/happy-path", stict=False)\ndef test_it(fakejobs): pass\n')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker fakejobs(*scenarios, strict=True, clock=None) takes no `stict`*"])


def test_scenarios_are_found_beside_the_test_and_in_the_folders_of_the_ini(pytester: pytest.Pytester) -> None:
    scenario = json.dumps({"dialect": "conversio", "jobs": [{"id": JOB, "steps": [{"state": "queued"}]}]})
    (pytester.path / "beside.json").write_text(scenario)
    (pytester.path / "shared" / "deep").mkdir(parents=True)
    (pytester.path / "shared" / "deep" / "elsewhere.json").write_text(scenario)
    pytester.makeini("[pytest]\nfakejobs_scenarios = shared\n")
    result = run(
        pytester,
        """
@pytest.mark.fakejobs("beside.json")
def test_beside(fakejobs):
    assert fakejobs.job(JOB).state == "queued"
@pytest.mark.fakejobs("deep/elsewhere.json")
def test_elsewhere(fakejobs):
    assert fakejobs.job(JOB).state == "queued"
@pytest.mark.fakejobs("../../etc/passwd.json")
def test_outside(fakejobs):
    pass
@pytest.mark.fakejobs("besides.json")
def test_misspelt(fakejobs):
    pass
""",
    )
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*`../../etc/passwd.json` leads out of *", "*did you mean `beside.json`?*"])


def test_dialects_are_found_in_the_folders_of_the_ini(pytester: pytest.Pytester) -> None:
    shipped = Path(fakejobs.__file__).parent / "dialects" / "conversio"
    own = pytester.path / "vendors" / "acme"
    own.mkdir(parents=True)
    text = (shipped / "dialect.json").read_text().replace('"dialect": "conversio"', '"dialect": "acme"')
    (own / "dialect.json").write_text(text.replace("/api/v1/async-jobs", "/acme/jobs"))
    (own / "async-job.schema.json").write_text((shipped / "async-job.schema.json").read_text())
    pytester.makeini("[pytest]\nfakejobs_dialects = vendors\n")
    result = run(
        pytester,
        """
def test_it(fakejobs):
    fakejobs.play({"dialect": "acme", "jobs": [{"id": JOB, "steps": [{"state": "queued"}]}]})
    assert look(fakejobs, path=f"/acme/jobs/{JOB}")[0] == 200
""",
    )
    result.assert_outcomes(passed=1)


def test_a_broken_scenario_fails_the_setup_with_every_mistake_located(pytester: pytest.Pytester) -> None:
    (pytester.path / "broken.json").write_text('{\n  "dialect": "conversio",\n  "job": [],\n  "clok": "now"\n}\n')
    result = run(pytester, '@pytest.mark.fakejobs("broken.json")\ndef test_it(fakejobs): pass\n')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*broken.json:3:3: unknown key `job`; did you mean `jobs`?*", "*broken.json:4:3: *"])
    assert "def read_scenario" not in result.stdout.str()


# ---------------------------------------------------------------------- law 4

UNEXPECTED = """
@pytest.mark.fakejobs("conversio/happy-path")
def test_it(fakejobs):
    look(fakejobs, path="/api/v1/async-job/" + JOB)
"""
UNFIRED = """
@pytest.mark.fakejobs("conversio/export-expires")
def test_it(fakejobs):
    look(fakejobs, tenant="shop-a")
"""
UNSUBMITTED = """
@pytest.mark.fakejobs("conversio/submitted-export")
def test_it(fakejobs):
    look(fakejobs, tenant="shop-a")
"""


def test_an_unexpected_request_fails_the_test_in_its_call_and_says_what_would_have_matched(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, UNEXPECTED)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*unexpected request: GET /api/v1/async-job/57b5aa3b046abfb053d80b52: no route takes it; nearest:*"
            "GET /api/v1/async-jobs/{id}*",
            "*fakejobs timeline*",
            "*UNEXPECTED*",
        ]
    )


def test_a_fault_that_never_fired_fails_the_test_and_says_why(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNFIRED)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*fault that never fired: /jobs/0/steps/2 (503, Retry-After: 2) of job *: the job did not come to `done`*"]
    )


def test_a_submission_that_never_came_fails_the_test(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNSUBMITTED)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*submission that never came: /submissions/0 {*newsletter-recipients*"])


@pytest.mark.parametrize("test", [UNEXPECTED, UNFIRED, UNSUBMITTED])
def test_what_is_found_obeys_xfail(pytester: pytest.Pytester, test: str) -> None:
    marked = test.replace("\ndef test_it", "\n@pytest.mark.xfail(strict=True)\ndef test_it")
    run(pytester, marked).assert_outcomes(xfailed=1)


@pytest.mark.parametrize("test", [UNEXPECTED, UNFIRED, UNSUBMITTED])
@pytest.mark.parametrize("strict", ["False", "set()", "()"])
def test_without_strictness_nothing_is_held_against_the_test(pytester: pytest.Pytester, test: str, strict: str) -> None:
    run(pytester, test.replace('")\ndef', f'", strict={strict})\ndef')).assert_outcomes(passed=1)


def test_strictness_may_be_for_some_things_only(pytester: pytest.Pytester) -> None:
    only = '", strict={"faults", "submissions"})\ndef'
    run(pytester, UNEXPECTED.replace('")\ndef', only)).assert_outcomes(passed=1)
    run(pytester, UNFIRED.replace('")\ndef', only)).assert_outcomes(failed=1)


def test_strictness_for_a_thing_that_there_is_not_is_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNFIRED.replace('")\ndef', '", strict={"fault"})\ndef'))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*strict takes True, False or a set of faults, requests, submissions; found*fault*"])


def test_a_job_that_nobody_asked_for_is_state_and_not_an_expectation(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        '@pytest.mark.fakejobs("conversio/happy-path")\ndef test_it(fakejobs): print(fakejobs.timeline())\n',
        "-rP",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*nobody*asked for it by its id*"])


def test_a_test_that_failed_keeps_its_own_exception_and_gets_the_findings_as_a_section(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, UNFIRED + "    assert 1 == 2\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E  *assert 1 == 2*", "*fakejobs findings*", "fault that never fired: *", "*fakejobs timeline*"]
    )


def test_a_test_that_failed_for_its_own_reasons_alone_has_no_findings(pytester: pytest.Pytester) -> None:
    result = run(pytester, '@pytest.mark.fakejobs("conversio/happy-path")\ndef test_it(fakejobs): assert 1 == 2\n')
    result.assert_outcomes(failed=1)
    assert "- fakejobs findings -" not in result.stdout.str()


def test_a_request_after_the_call_is_an_error_at_teardown(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.fixture
def client(fakejobs):
    yield
    look(fakejobs)
@pytest.mark.fakejobs("conversio/happy-path")
def test_it(fakejobs, client):
    pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown*",
            "*request after the test was over: GET /api/v1/async-jobs/*",
            "*AFTER THE TEST WAS OVER*",
        ]
    )


def test_in_a_unittest_case_law_4_holds_as_well(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import unittest
class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _fake(self, fakejobs):
        self.fake = fakejobs.play("conversio/export-expires")
    def test_it(self):
        assert look(self.fake, tenant="shop-a")[0] == 200
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*fault that never fired*"])


# ---------------------------------------------------------------------- the timeline

PASSING = '@pytest.mark.fakejobs("conversio/happy-path")\ndef test_good(fakejobs): print(look(fakejobs))\n'


@pytest.mark.parametrize(
    ("option", "of_the_good", "of_the_bad"),
    [("failed", False, True), ("all", True, True), ("never", False, False)],
)
def test_the_timeline_is_printed_when_the_option_says_so(
    pytester: pytest.Pytester, option: str, of_the_good: bool, of_the_bad: bool
) -> None:
    result = run(pytester, PASSING + UNEXPECTED, f"--fakejobs-timeline={option}")
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert ("timeline of test_" in text and "::test_good" in text.split("timeline of test_")[1][:200]) is of_the_good
    assert ("- fakejobs timeline -" in text) is of_the_bad


def test_quietest_of_all_prints_no_timeline_of_what_passed(pytester: pytest.Pytester) -> None:
    result = run(pytester, PASSING, "--fakejobs-timeline=all", "-qq")
    assert "timeline" not in result.stdout.str()


def test_under_xdist_tests_pass_fail_and_show_their_timelines(pytester: pytest.Pytester) -> None:
    test = PASSING + UNEXPECTED + UNFIRED.replace("test_it", "test_unfired")
    result = run(pytester, test, "-n", "2", "--fakejobs-timeline=all")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines_random(
        ["*fakejobs timeline of *::test_good*", "*unexpected request: *", "*fault that never fired: *"]
    )


# ---------------------------------------------------------------------- the factory

FACTORY = """
import sys
@pytest.fixture(scope="session")
def configured_once(fakejobs_factory):
    return fakejobs_factory()
@pytest.fixture
def fake(configured_once):
    configured_once.reset()
    return configured_once.play("conversio/happy-path")
urls = set()
"""


def test_the_factory_makes_a_fake_for_the_session_that_is_reset_between_tests(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        FACTORY
        + """
@pytest.mark.parametrize("number", range(3))
def test_it(fake, number):
    urls.add(fake.url)
    assert len(urls) == 1
    assert fake.journal == []
    assert look(fake)[1]["data"]["status"] == "pending"
    fake.clock.advance(minutes=10)
""",
    )
    result.assert_outcomes(passed=3)


def test_a_finding_of_the_sessions_fake_is_held_against_the_test_it_happened_in_alone(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        FACTORY.replace("    configured_once.reset()\n", "    if configured_once.jobs: return configured_once\n")
        + """
def test_first(fake): look(fake, path="/nowhere")
def test_second(fake): look(fake)
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_first*"])


SCRIPTED = {
    "dialect": "conversio",
    "jobs": [{"steps": [{"fault": {"status": 503}, "for": {"polls": 1}}, {"state": "done"}]}],
}

RESET_AFTER_EACH = """
@pytest.fixture(scope="session")
def one(fakejobs_factory):
    return fakejobs_factory()
@pytest.fixture
def fake(one):
    yield one
    one.reset()
"""


@pytest.mark.parametrize(
    "tests",
    [
        f"""
@pytest.fixture(scope="session")
def fake(fakejobs_factory):
    return fakejobs_factory().play({SCRIPTED})
def test_first(fake): pass
def test_second(fake): fake.reset()
""",
        f"""{RESET_AFTER_EACH}
def test_first(fake): fake.play({SCRIPTED})
def test_second(fake): pass
""",
    ],
    ids=["by a later test", "at the end of each test"],
)
def test_what_a_reset_has_put_away_before_it_happened_is_told_when_the_session_is_over(
    pytester: pytest.Pytester, tests: str
) -> None:
    result = run(pytester, tests)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*fault that never fired: /jobs/0/steps/0 (503) of job*(put away by a reset() in *.py::test_*)",
            "*timeline of <scenario>*",
        ]
    )


def test_all_that_the_resets_of_a_session_have_put_away_is_told_each_with_the_test_it_was_in(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        f"""{RESET_AFTER_EACH}
@pytest.mark.parametrize("number", range(3))
def test_it(fake, number):
    if number != 1:
        fake.play({SCRIPTED})
""",
    )
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*never fired*in *.py::test_it[[]0]*", "*never fired*in *.py::test_it[[]2]*"])


def test_a_test_that_fails_shows_the_sessions_fake_only_if_it_had_to_do_with_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        FACTORY
        + """
def test_first(fake): look(fake)
def test_second(): assert 0
def test_third(configured_once):
    look(configured_once)
    assert 0
""",
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*_ test_third _*", "*fakejobs timeline*"])
    before, _, _ = result.stdout.str().partition("_ test_third _")
    assert "timeline of" not in before


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (
            "look(fakejobs.play('conversio/happy-path'), path='/nowhere')",
            "*unexpected request: GET /nowhere (at *, before a reset())*",
        ),
        (f"fakejobs.play({SCRIPTED})", "*fault that never fired: /jobs/0/steps/0 (503) of job*(before a reset())*"),
    ],
)
def test_what_a_test_puts_away_by_a_reset_of_its_own_fake_is_held_against_it(
    pytester: pytest.Pytester, line: str, finding: str
) -> None:
    result = run(
        pytester,
        f"""
def test_it(fakejobs):
    {line}
    fakejobs.reset()
def test_next(fakejobs): pass
""",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([finding])


def test_what_nobody_expected_of_the_sessions_fake_is_told_once_a_reset_between_or_not(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        FACTORY
        + """
def test_first(fake):
    look(fake, path="/nowhere")
    fake.reset()
def test_second(fake): look(fake)
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*unexpected request: GET /nowhere (at *, before a reset())*", "FAILED *::test_first*"]
    )


def test_what_is_played_in_a_world_of_the_session_after_it_was_judged_is_judged_at_the_end(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        f"""{RESET_AFTER_EACH.replace("    one.reset()", "")}
def test_first(fake): fake.reset()
def test_second(fake): fake.play({SCRIPTED})
""",
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*fault that never fired: /jobs/0/steps/0 (503) of job*"])


def test_a_clock_in_a_marker_serves_each_of_the_tests_that_have_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
from fakejobs.clock import VirtualClock
@pytest.mark.fakejobs("conversio/happy-path", clock=VirtualClock())
@pytest.mark.parametrize("number", range(2))
def test_it(fakejobs, number): fakejobs.clock.sleep(1)
""",
    )
    result.assert_outcomes(passed=2)


def test_what_a_test_that_failed_had_scripted_itself_is_not_held_against_the_session(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        f"""{RESET_AFTER_EACH}
def test_it(fake):
    fake.play({SCRIPTED})
    assert 0, "for another reason"
""",
    )
    result.assert_outcomes(failed=1)


def test_nothing_is_left_when_the_session_is_over(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import threading, os
        def descriptors():
            return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        def pytest_sessionstart(session):
            session.before = threading.active_count(), descriptors()
        def pytest_sessionfinish(session):
            threads, files = session.before
            assert threading.active_count() == threads, threading.enumerate()
            assert descriptors() <= files
        """
    )
    result = run(
        pytester,
        FACTORY + PASSING + "def test_of_the_factory(fake): look(fake)\n",
        "-p",
        "no:xdist",
        "-s",
    )
    result.assert_outcomes(passed=2)
    assert "AssertionError" not in result.stdout.str() + result.stderr.str()


def test_what_is_found_is_found_in_every_test_anew(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.parametrize("number", range(60))
def test_it(fakejobs, number):
    fakejobs.play("conversio/happy-path")
    fakejobs.app({"REQUEST_METHOD": "GET", "PATH_INFO": "/nope", "SERVER_NAME": "x", "SERVER_PORT": "1",
                  "wsgi.url_scheme": "http"}, lambda *_: None)
""",
    )
    result.assert_outcomes(failed=60)


def test_a_failure_in_a_fixture_shows_findings_and_timeline_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.fixture
def client(fakejobs):
    assert look(fakejobs, path="/nowhere")[0] == 200
@pytest.mark.fakejobs("conversio/happy-path")
def test_it(client, fakejobs): pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fakejobs findings*", "unexpected request: GET /nowhere*", "*fakejobs timeline*"])


def test_a_unittest_case_that_fails_by_itself_gets_the_findings_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import unittest
class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _fake(self, fakejobs):
        self.fake = fakejobs.play("conversio/happy-path")
    def test_it(self):
        self.assertEqual(look(self.fake, path="/nowhere")[0], 200)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*501 != 200*", "*fakejobs findings*"])


SESSION = """
@pytest.fixture(scope="session")
def fake(fakejobs_factory):
    return fakejobs_factory().play({"dialect": "conversio", "submissions": [{"steps": [{"state": "done"}]}]})
def create(fake):
    import urllib.request
    path = "/api/v1/segments/1/async-export"
    urllib.request.urlopen(urllib.request.Request(fake.url + path, b"", fake.credentials(), method="POST")).close()
def test_first(fake): look(fake)
"""


def test_what_is_scripted_for_the_session_may_come_in_any_of_its_tests(pytester: pytest.Pytester) -> None:
    run(pytester, SESSION + "def test_second(fake): create(fake)\n").assert_outcomes(passed=2)


def test_what_is_scripted_for_the_session_and_never_comes_is_an_error_at_its_end(pytester: pytest.Pytester) -> None:
    result = run(pytester, SESSION)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*submission that never came*"])


def test_what_was_scripted_after_a_reset_is_held_against_that_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        FACTORY.replace("conversio/happy-path", "conversio/export-expires")
        + "def test_it(fake): look(fake, tenant='shop-a')\n",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*fault that never fired*"])


def test_the_error_is_shown_without_the_plugins_own_code(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNEXPECTED)
    assert "def pytest_runtest_call" not in result.stdout.str()


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (
            "def test_it(fakejobs): fakejobs.play('exports.json')",
            "E   fakejobs.errors.UsageError: there is no scenario*",
        ),
        ("def test_it(fakejobs): fakejobs.clock.advance(60)", "E   fakejobs.errors.ClockError: found advance(60); *"),
        (
            "def test_it(fakejobs): fakejobs.exactly_one_job()",
            "E   fakejobs.errors.ExpectationError: no job was made: *",
        ),
        ("@pytest.mark.fakejobs('a/b')\ndef test_it(fakejobs): pass", "E   fakejobs.errors.UsageError: no scenario *"),
        ("@pytest.mark.fakejobs(stict=1)\ndef test_it(fakejobs): pass", "E   *UsageError: the marker *"),
        ("@pytest.mark.fakejobs('a/b')\ndef test_it(): pass", "E   *UsageError: *has the marker `fakejobs`*"),
        (UNEXPECTED, "E   fakejobs.errors.ExpectationError: unexpected request: *"),
    ],
)
def test_what_is_said_on_purpose_stands_alone_or_beneath_the_test_s_own_line(
    pytester: pytest.Pytester, test: str, said: str
) -> None:
    result = run(pytester, f"\n{test}\n")
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*All traceback entries are hidden*")
    result.stdout.no_fnmatch_line("*fakejobs/*.py:*")
    full = run(pytester, f"\n{test}\n", "--full-trace")
    full.stdout.fnmatch_lines(["*fakejobs/*.py:*"])


def test_a_mistake_of_fakejobs_itself_is_shown_with_all_its_lines(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_first(fakejobs): fakejobs.play("exports.json")
def test_second(fakejobs, monkeypatch):
    monkeypatch.setattr("fakejobs.fake.find_scenario", lambda *_: 1 / 0)
    fakejobs.play("exports.json")
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*fakejobs?fake.py:*: in play", "E   ZeroDivisionError: *"])


@pytest.mark.parametrize(("option", "times"), [("failed", 1), ("never", 0)])
def test_a_test_that_is_interrupted_shows_its_timeline(pytester: pytest.Pytester, option: str, times: int) -> None:
    pytester.makepyfile(
        CLIENT
        + """
@pytest.mark.fakejobs("conversio/happy-path")
def test_it(fakejobs):
    look(fakejobs)
    raise KeyboardInterrupt
"""
    )
    result = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", f"--fakejobs-timeline={option}", no_reraise_ctrlc=True
    )
    assert result.stdout.str().count("timeline of conversio/happy-path") == times


def test_pictures_of_the_timelines_are_written_where_they_are_wanted(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        def test_none(): pass

        @pytest.mark.parametrize("what", ["a/b", "a-b", "x" * 200])
        @pytest.mark.fakejobs("conversio/happy-path")
        def test_one(fakejobs, what): fakejobs.clock.advance(hours=1)

        def test_two(fakejobs, fakejobs_factory):
            fakejobs_factory()
            assert False
        """
    )
    pytester.runpytest("--fakejobs-timeline-svg=pictures/of").assert_outcomes(passed=4, failed=1)
    files = sorted(pytester.path.glob("pictures/of/*.svg"))
    assert len(files) == 5
    assert all(file.read_text().startswith("<svg ") and len(file.name) < 140 for file in files)
    assert sum("conversio/happy-path" in file.read_text() for file in files) == 3


def test_without_the_option_no_picture_is_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(fakejobs): pass")
    pytester.runpytest().assert_outcomes(passed=1)
    assert not list(pytester.path.rglob("*.svg"))


def test_pictures_that_have_nowhere_to_go_are_told_before_any_test(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("taken").write_text("")
    result = pytester.runpytest("--fakejobs-timeline-svg=taken")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--fakejobs-timeline-svg=*taken: it is a file; right would be a folder*"])
    result = pytester.runpytest("--fakejobs-timeline-svg=taken/below")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*taken?below: Not a directory; right would be a folder*"])

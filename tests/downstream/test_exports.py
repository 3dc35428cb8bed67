import os
from pathlib import Path

import pytest
import requests
from exports import ExportFailed, ExportGone, Exports

import fakejobs as installed
from fakejobs import FakeJobs

JOB = "57b5aa3b046abfb053d80b52"


def test_it_is_the_installed_wheel_that_is_tested() -> None:
    assert Path(installed.__file__).is_relative_to(os.environ["DOWNSTREAM_ENVIRONMENT"])


@pytest.mark.fakejobs("busy_week.json")
def test_an_export_of_six_days_is_awaited_and_fetched(fakejobs: FakeJobs, exports: Exports) -> None:
    url = exports.wait(JOB, interval=3600)
    assert requests.get(url, timeout=10).text == "email\n"
    assert fakejobs.job(JOB).polls == 1 + 2 + 145
    fakejobs.clock.advance(days=7)
    with pytest.raises(ExportGone):
        exports.wait(JOB)


@pytest.mark.fakejobs("busy_week.json", strict={"requests"})
def test_a_started_export_that_fails_says_why(exports: Exports) -> None:
    with pytest.raises(ExportFailed, match="No recipients"):
        exports.wait(exports.start("n-1"))


@pytest.mark.fakejobs("busy_week.json", strict={"requests"})
def test_an_app_does_not_see_the_shops_export(fakejobs: FakeJobs) -> None:
    exports = Exports(fakejobs.url, fakejobs.auth("shop-a", "newsletter-tool"), sleep=fakejobs.clock.sleep)
    with pytest.raises(ExportGone):
        exports.wait(JOB)
    exports.close()


@pytest.mark.xfail(
    strict=True,
    raises=installed.ExpectationError,
    reason="who asks for another job never comes by the 503 that is scripted for this one, which is told",
)
@pytest.mark.fakejobs("busy_week.json")
def test_giving_up_too_early_is_found_out(exports: Exports) -> None:
    with pytest.raises(ExportGone):
        exports.wait("57b5aa3b046abfb053d80bff")


@pytest.mark.parametrize("number", range(10))
@pytest.mark.fakejobs("conversio/happy-path")
def test_worlds_do_not_meet(fakejobs: FakeJobs, number: int) -> None:
    assert fakejobs.journal == []
    reply = requests.get(f"{fakejobs.url}/api/v1/async-jobs", auth=fakejobs.auth(), timeout=10)
    assert [job["status"] for job in reply.json()["data"]] == ["pending"]

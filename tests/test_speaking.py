"""Speaking for somebody: with scopes that are known, foreign on purpose, or wrong by a slip."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.errors import UsageError

LIST = "/api/v1/async-jobs"


def status(scopes: Any) -> int:
    """The status of a list that an app asks for with these scopes."""
    fake = FakeJobs().play("conversio/two-tenants")
    return Client(fake.app).get(LIST, headers=fake.credentials("shop-a", "app-1", scopes)).status_code


@pytest.mark.parametrize(
    ("scopes", "wanted"),
    [
        (None, 200),
        (["read_async_job"], 200),
        (("read_segments", "read_async_jobs"), 200),
        ([], 403),
        (["read_segments"], 403),
        ({"read_reports"}, 403),
        (["write_segments"], 403),
    ],
)
def test_scopes_are_known_foreign_or_none(scopes: Any, wanted: int) -> None:
    assert status(scopes) == wanted


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        (["read_asinc_jobs"], "conversio knows no scope `read_asinc_jobs`; did you mean `read_async_jobs`?"),
        (["admin", "Read_Async_Job"], "conversio knows no scope `Read_Async_Job`; did you mean `read_async_job`?"),
        ("read_async_jobs", "scopes is a list, like [\"read\"]; found str 'read_async_jobs'"),
        (["read_async_jobs", 7], "a scope is a str; found int 7"),
    ],
)
def test_scopes_that_are_wrong_by_a_slip_are_refused(scopes: Any, said: str) -> None:
    fake = FakeJobs().play("conversio/two-tenants")
    for ask in (fake.credentials, fake.auth):
        with pytest.raises(UsageError) as caught:
            ask("shop-a", "app-1", scopes)
        assert str(caught.value) == said


def test_a_dialect_that_is_not_played_is_told_which_is() -> None:
    fake = FakeJobs()
    with pytest.raises(UsageError, match=r"nothing of `wix` is played, .* tenants: play a scenario first, by @pytest"):
        fake.credentials(dialect="wix")
    fake.play("conversio/happy-path")
    with pytest.raises(UsageError, match=r"nothing of `wix` is played, .* tenants: played is `conversio`$"):
        fake.credentials(dialect="wix")
    fake.play("wix-async-jobs/happy-path")
    with pytest.raises(UsageError, match=r"no tenants: played are `conversio` or `wix-async-jobs`$"):
        fake.credentials(dialect="wix")

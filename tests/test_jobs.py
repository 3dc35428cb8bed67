"""What a test holds of a job, the levers on it, and what a newcomer is told who pulls the wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from playing import DONE, GUID, LIFE, QUEUED, START, STARTED, A, B, C, conversio, data_of, get, look, wix

from fakejobs import DocumentError, FakeJobs, UsageError
from fakejobs.jobs import JobHandle
from fakejobs.structs import replace

APPS = {"shop-a": {"apps": {"app-1": {"id": "app-id"}}}}


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs().play(conversio({"id": A, "tenant": "shop-a", "app": "app-1"}, tenants=APPS))


def refused(act: Any, *arguments: Any, kind: type[Exception] = UsageError, **named: Any) -> str:
    with pytest.raises(kind) as caught:
        act(*arguments, **named)
    return str(caught.value)


# ------------------------------------------------------------------ looking


def test_a_job_tells_whose_it_is_and_where_it_stands(fake: FakeJobs) -> None:
    job = fake.job(A)
    assert (job.id, job.tenant, job.app) == (A, "shop-a", "app-1")
    told = [(job.state, job.phase)]
    for seconds in (30, 300):
        fake.clock.advance(seconds=seconds)
        told.append((job.state, job.phase))
    assert told == [("queued", "waiting"), ("started", "running"), ("done", "succeeded")]
    assert repr(job) == f"<job {A} of shop-a: done>"


def test_looking_at_it_here_moves_nothing_and_counts_nowhere() -> None:
    steps = [{"state": "queued", "for": {"polls": 1}}, STARTED, DONE]
    job = FakeJobs().play(conversio({"id": A, "steps": steps})).job(A)
    assert [(job.state, job.document["status"]) for _ in range(3)] == [("queued", "pending")] * 3
    assert (job.polls, job.seen) == (0, [])


def test_its_document_is_what_its_owner_s_widest_credential_sees(fake: FakeJobs) -> None:
    assert fake.job(A).document == {
        "id": A,
        "kind": "newsletter-recipients",
        "status": "pending",
        "partnerApp": "app-id",
    }
    assert fake.job(A).document == data_of(look(fake, A, "shop-a"))


def test_words_are_seen_in_good_replies_alone_and_looks_are_counted_in_all(fake: FakeJobs) -> None:
    faults = [{"on": "look", "nth": 2, "fault": {"status": 503}}]
    fake.play(conversio({"id": B, "tenant": "shop-a"}, tenants=APPS, faults=faults))
    for _ in range(2):
        look(fake, B, "shop-a")
    assert (fake.job(B).seen, fake.job(B).polls) == (["pending"], 2)
    fake.clock.advance(minutes=6)
    get(fake, "/api/v1/async-jobs", "shop-a")
    assert (fake.job(B).seen, fake.job(B).polls) == (["pending", "done"], 2)
    fake.clock.advance(days=8)
    look(fake, B, "shop-a")
    assert fake.job(B).polls == 3


def test_an_id_that_no_job_has_is_told_the_nearest(fake: FakeJobs) -> None:
    assert refused(fake.job, A[:-1] + "3") == f"no job has the id `{A[:-1]}3`; did you mean `{A}`?"
    assert refused(fake.job, "zzz") == f"no job has the id `zzz`; there are `{A}`"
    assert refused(fake.job, A, "shop-b").startswith(f"no job has the id `{A}` and the tenant `shop-b`; ")
    assert refused(FakeJobs().job, A) == f"no job has the id `{A}`; there is none yet"


def test_an_id_that_two_tenants_have_needs_the_tenant() -> None:
    tenants: dict[str, Any] = {"shop-a": {}, "shop-b": {}}
    fake = FakeJobs().play(conversio({"id": A, "tenant": "shop-a"}, {"id": A, "tenant": "shop-b"}, tenants=tenants))
    assert refused(fake.job, A) == f"2 jobs have the id `{A}`; name the tenant: `shop-a` or `shop-b`"
    assert fake.job(A, "shop-b").tenant == "shop-b"


# ------------------------------------------------------------------ hold and release


def test_a_held_job_s_time_stands_still_until_it_is_released(fake: FakeJobs) -> None:
    job = fake.job(A)
    fake.clock.advance(seconds=10)
    job.hold()
    fake.clock.advance(days=1)
    assert job.state == "queued"
    job.release()
    fake.clock.advance(seconds=19)
    assert job.state == "queued"
    fake.clock.advance(seconds=1)
    assert job.state == "started"


def test_a_step_that_awaits_release_ends_with_it() -> None:
    job = FakeJobs().play(conversio({"id": A, "steps": [{"state": "queued", "for": "release"}, STARTED, DONE]})).job(A)
    job.release()
    assert job.state == "started"


def test_what_nothing_keeps_cannot_be_released(fake: FakeJobs) -> None:
    assert refused(fake.job(A).release) == (
        f"job {A} is in `queued`: it is not held, and its step does not await release"
    )


# ------------------------------------------------------------------ finish and fail


def test_finish_and_fail_bring_a_job_to_its_dialect_s_first_such_end(fake: FakeJobs) -> None:
    fake.play(conversio({"id": B, "tenant": "shop-a"}, tenants=APPS))
    fake.clock.advance(seconds=10)
    fake.job(A).finish()
    fake.job(B).fail()
    done, failed = fake.job(A), fake.job(B)
    assert (done.state, done.document["completedAt"]) == ("done", "2026-01-01T00:00:10.000Z")
    assert (failed.state, failed.document["error"]) == ("failed", "The job has failed")
    shown = data_of(look(fake, B, "shop-a"))
    assert shown == failed.document


def test_a_state_and_a_body_may_be_given(fake: FakeJobs) -> None:
    fake.job(A).finish("failed", {"error": {"$fake": "sentence"}, "partnerApp": {"$absent": True}})
    document = fake.job(A).document
    assert document["status"] == "failed"
    assert document["error"].endswith(".")
    assert "partnerApp" not in document


def test_a_faked_value_in_a_body_by_hand_repeats() -> None:
    def made() -> Any:
        fake = FakeJobs().play(conversio({"id": A, "body": {"kind": "segments-export"}}, {"id": B}))
        for id in (A, B):
            fake.job(id).finish(body={"result": {"$fake": "file_name"}})
        return [fake.job(id).document["result"] for id in (A, B)]

    assert made() == made()
    assert len(set(made())) == 2


def test_a_held_job_may_be_finished(fake: FakeJobs) -> None:
    fake.job(A).hold()
    fake.job(A).finish()
    assert fake.job(A).state == "done"


def test_a_job_whose_progress_is_counted_is_cut_short_or_done() -> None:
    fake = FakeJobs().play(wix({"id": GUID, "counts": {"total": 40}}))
    fake.clock.advance(seconds=52)
    fake.job(GUID).fail()
    assert fake.job(GUID).document["counts"]["successCount"] == 20


def test_a_job_ends_once(fake: FakeJobs) -> None:
    fake.job(A).finish()
    for act in (fake.job(A).finish, fake.job(A).fail):
        assert refused(act) == f"job {A} has ended already: it is in `done`"


@pytest.mark.parametrize(
    ("state", "hint"),
    [
        ("don", "did you mean `done`?"),
        ("queued", "its ends are `done` or `failed`"),
        ("FAILED", "did you mean `failed`?"),
    ],
)
def test_an_end_that_the_dialect_does_not_have_is_told_which_it_has(fake: FakeJobs, state: str, hint: str) -> None:
    assert refused(fake.job(A).finish, state) == f"`{state}` is no end of a conversio job; {hint}"
    assert fake.job(A).state == "queued"


def test_a_dialect_without_such_an_end_says_so(fake: FakeJobs) -> None:
    (job,) = fake.world.jobs
    states = {name: state for name, state in job.dialect.states.items() if name != "failed"}
    job.dialect = replace(job.dialect, states=states)
    handle = JobHandle(fake.world, job, fake.clock.instant, lambda: "")
    assert refused(handle.fail) == "there is no end of the phase `failed` of a conversio job; its ends are `done`"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"reslut": "x"},
            f"the document of job {A} in `done`: unknown key `reslut`; did you mean `result`? (at /reslut)",
        ),
        ({"result": 7}, f"the document of job {A} in `done`: found a number (7); right would be a string (at /result)"),
        (
            {"result": {"$fake": "file_nam"}},
            f"the body for job {A}: Faker has no provider `file_nam`; did you mean `file",
        ),
        ({"$fake": "file_name"}, f"the body for job {A}: a body is an object; "),
        ({"result": {1, 2}}, f"the body for job {A}: "),
    ],
)
def test_a_body_that_the_vendor_would_not_send_is_told_where(fake: FakeJobs, body: Any, said: str) -> None:
    assert refused(fake.job(A).finish, body=body, kind=DocumentError).startswith(said)
    assert fake.job(A).state == "queued"


def test_a_job_that_is_not_made_yet_cannot_be_moved() -> None:
    fake = FakeJobs().play(conversio({"id": C, "created": {"minutes": 5}, "steps": LIFE}))
    job = fake.job(C)
    said = f"job {C} is made only at 2026-01-01T00:05:00Z: until then there is nothing to move by hand"
    for act in (job.hold, job.release, job.finish, job.fail):
        assert refused(act) == said
    fake.clock.advance(minutes=5)
    job.finish()
    assert job.document["completedAt"] == "2026-01-01T00:05:00.000Z"
    assert fake.world.jobs[0].created == START + 300_000_000


def test_steps_that_are_behind_a_job_stay_as_they_were(fake: FakeJobs) -> None:
    fake.clock.advance(seconds=40)
    fake.job(A).finish()
    assert fake.job(A).document["startedAt"] == "2026-01-01T00:00:30.000Z"
    assert [step.state for step in fake.world.jobs[0].script.steps] == ["queued", "started", "done"]
    assert QUEUED["state"] == "queued"

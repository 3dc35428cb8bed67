"""The timeline is never wider than 80 columns, whatever the names."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from playing import LIFE, START, A, conversio, get, look, world_of

from fakejobs import FakeJobs
from fakejobs.clock import Move
from fakejobs.journal import Entry, Request, Response
from fakejobs.timeline import WIDTH, timeline

NAMES = st.text(min_size=1, max_size=60) | st.text("abc", min_size=30, max_size=120)
SPANS = st.integers(0, 3 * 10**15)


def entries(tenant: str, path: str, method: str) -> st.SearchStrategy[Entry]:
    return st.builds(
        lambda asked, span, status, state, reason, unexpected, late: Entry(
            asked=START + asked,
            answered=START + asked + span,
            request=Request(method=method, target=path, headers=(), body=b""),
            response=Response(status=status, headers=(), body=b""),
            dialect="x",
            tenant=tenant,
            app=tenant,
            state=state,
            reason=reason,
            unexpected=unexpected,
            late=late,
        ),
        SPANS,
        st.sampled_from([0, 1, 10**12]),
        st.sampled_from([200, 404, 503]),
        st.none() | st.sampled_from(["queued", "INITIALIZED", "waiting-for-approval-of-everybody"]),
        NAMES | st.just(""),
        st.booleans(),
        st.booleans(),
    )


@settings(max_examples=60)
@given(st.data(), NAMES, NAMES, NAMES, st.sampled_from(["GET", "DELETE", "PROPPATCH-AND-THEN-SOME"]), SPANS)
def test_no_line_is_wider_than_80_columns_whatever_the_names(
    data: st.DataObject, tenant: str, app: str, id: str, method: str, later: int
) -> None:
    steps = [
        {"fault": {"status": 503, "body": id, "headers": {"X": "x" * 50}}, "for": {"polls": 1}},
        {"state": "queued", "unlawful": True},
    ]
    world = world_of(
        conversio(
            {"id": id, "tenant": tenant, "app": app, "steps": steps},
            tenants={tenant: {"apiKey": "key", "apps": {app: {}}}},
            submissions=[{"when": {"path": {"newsletter": id}}, "steps": LIFE}],
            faults=[{"on": "create", "fault": {"headers": {"Y": "y" * 60}}}],
        )
    )
    object.__setattr__(world.scenarios[0], "name", id)
    for entry in data.draw(st.lists(entries(tenant, "/" + id, method), max_size=2)):
        world.journal.write(entry)
        world.journal.moved(Move(before=entry.asked, after=entry.asked + later, why="advance"))
    text = timeline(world, START + later)
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert text.split("\n") == text.splitlines()


def test_what_is_too_long_for_its_column_shows_its_end() -> None:
    fake = FakeJobs().play(conversio({}, tenants={"a-shop-with-a-long-name": {"apps": {"app-1": {}}}}))
    get(fake, "/api/v1/async-jobs/" + "f" * 60 + A, app="app-1")
    line = fake.timeline().splitlines()[2]
    assert line.startswith("+0s          …g-name/app-1 GET …")
    assert A in line


def test_an_instant_that_is_too_long_for_its_column_has_a_line_of_its_own() -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    look(fake, A)
    fake.clock.advance(days=400, hours=3, minutes=2, seconds=1.25)
    look(fake, A)
    at = fake.timeline().splitlines().index("+400d3h2m1.25s")
    assert fake.timeline().splitlines()[at + 1].startswith(" " * 13 + "default")

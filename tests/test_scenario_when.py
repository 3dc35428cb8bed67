"""What submissions wait for: everything that some request can be is taken, everything else is refused in its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import acme
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, complaints, conversio, data_of
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.dialect.loader import load
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.queries import Parameter
from fakejobs.dialect.tasks import Makes
from fakejobs.errors import DocumentError
from fakejobs.scenario.owners import Owners
from fakejobs.scenario.search import Search, find_scenario
from fakejobs.scenario.when import complain_of_when
from fakejobs.structs import replace

TENANTS: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}}}, "shop-b": {"apps": {"app-2": {}}}}
OPERATIONS = "`export-newsletter-recipients`, `export-newsletter-emails`, `export-segment` or `delete-subscribers`"


def said(when: dict[str, Any]) -> list[str]:
    """What is complained of a when, a line each, with its place in the when."""
    found = complaints(conversio(tenants=TENANTS, submissions=[{"when": when, "steps": LIFE}]))
    return [each.replace("(at /submissions/0/when", "(at ") for each in found]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"operation": "get-async-job"}, f"`get-async-job` creates no job; there are {OPERATIONS} (at /operation)"),
        ({"operation": None}, f"no operation of conversio is called `null`; there are {OPERATIONS} (at /operation)"),
        (
            {"kind": "segment-export"},
            "no request that creates a job has the `kind` `segment-export`; did you mean `segments-export`? (at /kind)",
        ),
        (
            {"kind": 7, "operation": "export-segment"},
            "no `export-segment` has the `kind` `7`; it has `segments-export` (at /kind)",
        ),
        (
            {"kind": "newsletter-emails", "operation": "export-segment"},
            "no `export-segment` has the `kind` `newsletter-emails`; it has `segments-export` (at /kind)",
        ),
        (
            {"path": {"segmnt": "vip"}},
            "no request that creates a job has `segmnt` in its path; did you mean `segment`? (at /path/segmnt)",
        ),
        (
            {"path": {"segment": "vip", "zzz": "n-1"}},
            "no `export-segment` has `zzz` in its path; it has `segment` (at /path/zzz)",
        ),
        ({"path": {"segment": 7}}, "found 7; right would be a text, as in a path (at /path/segment)"),
        ({"path": {"segment": ""}}, 'found ""; right would be a text, as in a path (at /path/segment)'),
        (
            {"path": "/api/v1/segments/vip/async-export"},
            'found a string; right would be {"segment": "vip"}, of `export-segment` (at /path)',
        ),
        (
            {"operation": "POST /api/v1/segments/{segment}/async-export"},
            "no operation of conversio is called `POST /api/v1/segments/{segment}/async-export`; "
            "did you mean `export-segment`? (at /operation)",
        ),
        ({"path": "vip"}, 'found a string; right would be an object, like {"newsletter": …} (at /path)'),
        (
            {"query": {"sgment": {}}},
            "no request that creates a job has `sgment` in its query; did you mean `segment`? (at /query/sgment)",
        ),
        (
            {"operation": "export-segment", "query": {"segment": 1}},
            "no `export-segment` has `segment` in its query; it has none (at /query/segment)",
        ),
        (
            {"operation": "export-segment", "query": []},
            'found an array; right would be an object, like {"name": …} (at /query)',
        ),
        ({"body": 7}, "found a number; right would be an object, a subset of the client's body (at /body)"),
        (
            {"operation": "delete-subscribers", "body": {"a": 1}},
            "nothing reads the body of `delete-subscribers`; right would be no `body` here (at /body)",
        ),
        ({"tenant": "shop-c"}, "no tenant is called `shop-c`; did you mean `shop-a`? (at /tenant)"),
        ({"tenant": None}, "no tenant is called `null`; declared are `shop-a` or `shop-b` (at /tenant)"),
        ({"app": "app-3"}, "no app is called `app-3`; did you mean `app-1`? (at /app)"),
        ({"app": 7}, "no app is called `7`; there are `app-1` or `app-2` (at /app)"),
        (
            {"tenant": "shop-a", "app": "zzz"},
            "no app of `shop-a` is called `zzz`; it has `app-1` (at /app)",
        ),
    ],
)
def test_what_no_request_can_be_is_refused_in_its_place(when: dict[str, Any], message: str) -> None:
    assert said(when) == [message]


def test_every_part_is_told_its_mistake() -> None:
    wrong = {"kind": "segment-export", "path": {"segmnt": "x"}, "tenant": "shop-c", "app": "app-9", "bdy": {}}
    places = [each.rpartition(" (at ")[2] for each in said(wrong)]
    assert sorted(places) == ["/bdy)", "/kind)", "/path/segmnt)", "/tenant)"]


def test_an_app_that_nobody_declares_is_told_there_is_none() -> None:
    assert complaints(conversio(submissions=[{"when": {"app": "a"}, "steps": LIFE}])) == [
        "no app is called `a`; there are none (at /submissions/0/when/app)"
    ]


@pytest.mark.parametrize("when", [{"app": None}, {"body": None}, {"tenant": "shop-a", "app": None}, {}])
def test_null_is_who_speaks_for_a_whole_tenant_and_a_request_without_a_body(when: dict[str, Any]) -> None:
    assert said(when) == []


# ---------------------------------------------------------------------- faults


def said_of_fault(on: str, when: Any) -> list[str]:
    """What is complained of the when of a fault, a line each, with its place in the when."""
    faults = [{"on": on, "when": when, "fault": {"status": 503}}]
    found = complaints(conversio({"tenant": "shop-a"}, tenants=TENANTS, faults=faults))
    return [each.replace("(at /faults/0/when", "(at ") for each in found]


@pytest.mark.parametrize(
    ("on", "when"),
    [
        ("look", {}),
        ("look", {"path": {"id": "57b5aa3b046abfb053d80b52"}, "tenant": "shop-a", "app": None}),
        ("get-async-job", {"app": "app-2"}),
        ("create", {"path": {"segment": "vip"}}),
        ("create", {"path": {"segment": "vip"}, "body": {"to": {"name": "x"}}}),
        ("delete-subscribers", {"query": {"segment": {"a": [1]}}}),
    ],
)
def test_a_fault_may_wait_for_whatever_its_requests_can_be(on: str, when: dict[str, Any]) -> None:
    assert said_of_fault(on, when) == []


@pytest.mark.parametrize(
    ("on", "when", "message"),
    [
        (
            "look",
            {"kind": "segments-export"},
            "a request on `look` has no `kind`; known are `path`, `query`, `body`, `tenant` or `app` (at /kind)",
        ),
        ("look", {"path": {"ids": "x"}}, "no `get-async-job` has `ids` in its path; did you mean `id`? (at /path/ids)"),
        ("list", {"path": {"id": "x"}}, "no `list-async-jobs` has `id` in its path; it has none (at /path/id)"),
        ("look", {"path": {"id": 7}}, "found 7; right would be a text, as in a path (at /path/id)"),
        ("list", {"body": {}}, "nothing reads the body of `list-async-jobs`; right would be no `body` here (at /body)"),
        (
            "create",
            {"path": {"sgment": "vip"}},
            "no request on `create` has `sgment` in its path; did you mean `segment`? (at /path/sgment)",
        ),
        ("look", {"tenant": "shop-c"}, "no tenant is called `shop-c`; did you mean `shop-a`? (at /tenant)"),
        (
            "look",
            {"tenant": "shop-a", "app": "app-2"},
            "no app of `shop-a` is called `app-2`; did you mean `app-1`? (at /app)",
        ),
    ],
)
def test_a_fault_that_waits_for_what_no_request_can_be_is_refused_in_its_place(
    on: str, when: dict[str, Any], message: str
) -> None:
    assert said_of_fault(on, when) == [message]


def test_of_a_fault_on_nothing_that_alone_is_told() -> None:
    (found,) = said_of_fault("lok", {"kind": "x"})
    assert found.endswith("did you mean `look`? (at /faults/0/on)")


REQUESTS = st.sampled_from(
    [
        ("POST", "/api/v1/newsletters/n-1/recipients/async-export", {"newsletter": "n-1"}),
        ("POST", "/api/v1/newsletters/n-1/emails/async-export", {"newsletter": "n-1"}),
        ("POST", "/api/v1/segments/vip/async-export", {"segment": "vip"}),
        ("DELETE", "/api/v1/customer-lists/l-1/subscribers?segment=%7B%22a%22%3A%5B1%5D%7D", {"list": "l-1"}),
    ]
)


@given(REQUESTS, st.none() | st.just("app-1"), st.sampled_from([None, {}, {"to": {"name": "x"}}]), st.data())
def test_any_part_of_what_a_request_was_is_a_when_that_takes_it(
    request: tuple[str, str, dict[str, str]], app: str | None, body: Any, data: st.DataObject
) -> None:
    method, path, holes = request
    first = FakeJobs().play(conversio(tenants=TENANTS))
    sent: dict[str, Any] = {} if body is None else {"json": body}
    Client(first.app).open(path, method=method, headers=first.credentials("shop-a", app), **sent)
    facts = {**first.world.jobs[0].facts}
    when = {name: facts[name] for name in facts if data.draw(st.booleans())}
    fake = FakeJobs().play(conversio(tenants=TENANTS, submissions=[{"when": when, "steps": [DONE]}]))
    reply = Client(fake.app).open(path, method=method, headers=fake.credentials("shop-a", app), **sent)
    assert reply.status_code in (201, 202), reply.data
    assert facts["path"] == holes
    assert method == "DELETE" or data_of(reply)["status"] == "done"


# ---------------------------------------------------------------------- what comes before


@pytest.mark.parametrize(
    ("first", "second", "is_shadowed"),
    [
        ({}, {}, True),
        ({}, {"when": {"kind": "segments-export"}}, True),
        ({"when": {"kind": "segments-export"}}, {"when": {"kind": "segments-export", "app": None}}, True),
        ({"when": {"kind": "segments-export"}}, {}, False),
        ({"times": 9}, {}, False),
        ({"when": {"kind": "segments-export"}}, {"when": {"operation": "export-segment"}}, False),
    ],
)
def test_a_submission_behind_one_that_takes_all_that_it_would_is_refused(
    first: dict[str, Any], second: dict[str, Any], is_shadowed: bool
) -> None:
    found = complaints(conversio(submissions=[{**first, "steps": LIFE}, {**second, "steps": LIFE}]))
    message = "/submissions/0 takes all that this one would, any number of times; right would be it first"
    assert found == ([f"{message} (at /submissions/1)"] if is_shadowed else [])


def test_a_submission_that_cannot_be_read_shadows_none() -> None:
    (found,) = complaints(conversio(submissions=[{"steps": [{"state": "doen"}]}, {"steps": LIFE}]))
    assert found.startswith("`doen` is no state of conversio")


# ---------------------------------------------------------------------- other dialects


def of_acme(folder: Path, when: dict[str, Any], **route: Any) -> list[str]:
    """What is complained of a when at a vendor whose creator is changed so."""

    def change(file: dict[str, Any]) -> None:
        file["routes"][0].update(route)

    found: list[str] = []
    owners = Owners(names=(("default", None),), are_declared=False)
    dialect: Dialect = load(acme.write(folder, change))
    complain_of_when(dialect, owners, when, (), lambda path, message: found.append(f"{json.dumps(path)} {message}"))
    return found


QUERY = {
    "limit": {"kind": "integer", "default": 5, "least": 1, "most": 9},
    "offset": {"kind": "integer"},
    "urgent": {"kind": "boolean"},
    "name": {"kind": "string"},
    "must": {"kind": "string", "required": True},
    "only": {"kind": "string", "matches": {"all": {}, "bad": {}}},
    "filter": {"kind": "json", "required": True},
}


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ({"limit": 5}, None),
        ({"limit": 5.0}, None),
        ({"limit": 0}, "an integer from 1 to 9"),
        ({"limit": 10}, "an integer from 1 to 9"),
        ({"limit": 1.5}, "an integer from 1 to 9"),
        ({"limit": True}, "an integer from 1 to 9"),
        ({"limit": "5"}, "an integer from 1 to 9"),
        ({"limit": None}, "an integer from 1 to 9"),
        ({"offset": None}, None),
        ({"offset": -3}, None),
        ({"offset": "x"}, "an integer"),
        ({"urgent": True}, None),
        ({"urgent": "true"}, "`true` or `false`"),
        ({"name": "x"}, None),
        ({"name": ""}, "a text"),
        ({"name": 5}, "a text"),
        ({"must": None}, "a text"),
        ({"only": "bad"}, None),
        ({"only": "bda"}, "`all` or `bad`"),
        ({"filter": None}, None),
        ({"filter": [1]}, None),
    ],
)
def test_a_query_is_what_its_parameters_can_be(tmp_path: Path, query: dict[str, Any], form: str | None) -> None:
    ((name, value),) = query.items()
    wanted = [] if form is None else [f'["query", "{name}"] found {json.dumps(value)}; `{name}` is {form}']
    assert of_acme(tmp_path, {"query": query}, query=QUERY) == wanted


def test_a_body_that_is_always_there_is_never_null(tmp_path: Path) -> None:
    assert of_acme(tmp_path, {"body": None}, body="required") == [
        '["body"] found `null`, but `create-export` always has a body; right would be a part of it'
    ]


def of_routes(when: dict[str, Any], *routes: Route) -> list[str]:
    """What is complained of a when at a vendor with these routes."""
    found: list[str] = []
    owners = Owners(names=(("default", None),), are_declared=False)
    dialect = replace(acme.made(), routes=routes)
    complain_of_when(dialect, owners, when, (), lambda path, message: found.append(f"{json.dumps(path)} {message}"))
    return found


def test_a_text_that_may_be_spelt_in_several_ways_is_matched_by_what_it_means() -> None:
    route = acme.made().routes[0]
    spelt = Parameter(
        name="sort", kind="string", values=("asc", "1"), spellings={"asc": "up", "1": "up", "desc": "down"}
    )
    route = replace(route, query=(spelt,))
    assert of_routes({"query": {"sort": "up"}}, route) == []
    assert of_routes({"query": {"sort": "asc"}}, route) == ['["query", "sort"] found "asc"; `sort` is `up` or `down`']


def test_a_task_is_waited_for_only_where_requests_make_jobs_of_tasks() -> None:
    plain = acme.made().routes[0]
    making = replace(plain, operation="create-tasks", makes=Makes(task=lambda _: {}, keys=("region",)))
    assert of_routes({"task": {"region": "eu"}}, plain, making) == []
    assert of_routes({"task": {"regoin": "eu"}}, plain, making) == [
        '["task", "regoin"] no request that creates a job has `regoin` in its task; did you mean `region`?'
    ]
    assert of_routes({"task": "eu"}, plain, making) == [
        '["task"] found a string; right would be an object, like {"region": …}'
    ]
    assert of_routes({"operation": "create-export", "task": {}}, plain, making) == [
        '["task"] no `create-export` makes jobs of tasks; right would be no `task` here'
    ]
    (said,) = of_routes({"task": {}}, plain)
    assert said.startswith('["task"] a request that creates a job has no `task`; known are ')


def test_a_dialect_in_which_nobody_creates_jobs_takes_no_submissions(tmp_path: Path) -> None:
    acme.write(tmp_path, lambda file: file["routes"].pop(0))
    search = Search(dialects=(tmp_path,))
    with pytest.raises(DocumentError) as caught:
        find_scenario({"dialect": "acme-exports", "submissions": [{"steps": [{"state": "ready"}]}]}, search)
    (problem,) = caught.value.problems
    assert problem.message == "no request creates a job of acme-exports; right would be no `when`, and no submission"


def test_a_scenario_that_says_nothing_where_nobody_creates_jobs_is_refused(tmp_path: Path) -> None:
    acme.write(tmp_path, lambda file: file["routes"].pop(0))
    search = Search(dialects=(tmp_path,))
    assert find_scenario({"dialect": "acme-exports", "jobs": []}, search).jobs == ()
    with pytest.raises(DocumentError, match="nothing is scripted, and no client of acme-exports makes jobs"):
        find_scenario({"dialect": "acme-exports", "about": "nothing"}, search)

"""What the tests of scenarios share: scenarios in a line, and a client that asks a fake without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.test import Client, TestResponse

from fakejobs import FakeJobs
from fakejobs.commands import Principal
from fakejobs.documents import from_value
from fakejobs.errors import DocumentError
from fakejobs.scenario.model import Scenario
from fakejobs.scenario.reader import read_scenario
from fakejobs.world import World

START = 1_767_225_600_000_000
"""The instant at which a fake's clock starts: 2026-01-01T00:00:00Z."""

SECOND = 1_000_000
A, B, C = "57b5aa3b046abfb053d80b52", "57b5aa3b046abfb053d80b54", "57b5aa3b046abfb053d80b57"
GUID = "076e0505-6944-4645-a248-80b197ee9cfd"
QUEUED = {"state": "queued", "for": {"seconds": 30}}
STARTED = {"state": "started", "for": {"minutes": 5}}
DONE = {"state": "done"}
LIFE = [QUEUED, STARTED, DONE]
WIX_LIFE = [
    {"state": "INITIALIZED", "for": {"seconds": 2}},
    {"state": "PROCESSING", "for": {"seconds": 100}},
    {"state": "FINISHED"},
]


def conversio(*jobs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A scenario of the Conversio dialect; a job without steps has the usual life."""
    return {"dialect": "conversio", "jobs": [{"steps": LIFE, **job} for job in jobs], **more}


def wix(*jobs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A scenario of the Wix dialect; a job without steps has the usual life."""
    return {"dialect": "wix-async-jobs", "jobs": [{"steps": WIX_LIFE, **job} for job in jobs], **more}


def read(value: Any, name: str = "a test") -> Scenario:
    """The scenario in a mapping."""
    return read_scenario(from_value(value, "scenario.json"), name)


def world_of(*values: Any, at: int = START) -> World:
    """A world that plays scenarios since an instant."""
    world = World()
    for value in values:
        world.play(read(value), at)
    return world


def complaints(value: Any) -> list[str]:
    """What is wrong with a scenario, a line each."""
    try:
        read(value)
    except DocumentError as error:
        return [str(problem).removeprefix("scenario.json: ") for problem in error.problems]
    return []


def principal(tenant: str = "default", app: str | None = None) -> Principal:
    """Who sees all of a tenant, or an app's own alone."""
    return Principal(tenant=tenant, app=app, credential="oauth" if app else "api-key", sees_tenant=app is None)


def get(
    fake: FakeJobs, path: str, tenant: str | None = None, app: str | None = None, method: str = "GET"
) -> TestResponse:
    """The reply to a request that a tenant or an app signs."""
    return Client(fake.app).open(path, method=method, headers=fake.credentials(tenant, app))


def look(fake: FakeJobs, id: str, tenant: str | None = None, app: str | None = None) -> TestResponse:
    """The reply to a look at a Conversio job by its id."""
    return get(fake, f"/api/v1/async-jobs/{id}", tenant, app)


def create(fake: FakeJobs, what: str = "newsletters/n-1/recipients", tenant: str | None = None) -> TestResponse:
    """The reply to the start of a Conversio export."""
    return get(fake, f"/api/v1/{what}/async-export", tenant, method="POST")


def data_of(reply: TestResponse) -> Any:
    """What stands under ``data`` in a Conversio reply."""
    body: Any = reply.json
    return body["data"]

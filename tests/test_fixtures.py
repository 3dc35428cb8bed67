"""The fixtures: every scenario is played through its whole life, every document holds, every mistake is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from fakejobs import DocumentError, FakeJobs
from fakejobs.conformance import document_problems, reply_problems
from fakejobs.dialect.loader import dialect
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.overlays import covers, overlaid
from fakejobs.dialect.scope import value_at
from fakejobs.documents import read
from fakejobs.errors import ClockError
from fakejobs.scenario.search import find_scenario, shipped_folder, shipped_names

FOLDER = shipped_folder()
DOCUMENTS = sorted(FOLDER.glob("*/documents/*.json"))
MISTAKES = sorted(FOLDER.glob("*/invalid/*.json"))


def name_of(file: Path) -> str:
    return f"{file.parent.parent.name}/{file.stem}"


# ------------------------------------------------------------------ scenarios


class Walk:
    """A scenario on its way: everybody asks for everything, and whatever is answered is judged."""

    def __init__(self, name: str) -> None:
        self.fake = FakeJobs().play(name)
        (self.dialect,) = self.fake.world.dialects
        self.client = Client(self.fake.app)
        directory = self.fake.world.directory(self.dialect.name)
        self.principals = [(tenant, app) for tenant in directory.tenants for app in (None, *directory.apps(tenant))]
        self.judged = 0

    def ask(self, method: str, path: str, tenant: str, app: str | None, **more: Any) -> int:
        """The status of a reply, which holds unless it shows a step that is unlawful on purpose."""
        odd = {job.id for job in self.fake.world.jobs if job.plan.unlawful[self.index_of(job)]}
        reply = self.client.open(path, method=method, headers=self.fake.credentials(tenant, app), **more)
        entry = self.fake.journal[-1]
        if not odd or (entry.job is not None and entry.job not in odd):
            assert reply_problems(self.dialect, entry) == ()
            self.judged += 1
        return reply.status_code

    def index_of(self, job: Any) -> int:
        """The number of a job's step at this instant."""
        return self.fake.world.view(job, self.fake.clock.instant()).position.index

    def create(self) -> None:
        """Make a request that fits each submission, or one of each kind where there are none."""
        tenant, app = self.principals[0]
        whens = [counted.rule.when for counted in self.fake.world.submissions]
        for when in whens or [{"operation": route.operation} for route in self.dialect.routes if route.do == "create"]:
            route = next(each for each in self.dialect.routes if each.do == "create" and fits(each, when))
            method, path = filled(route, when.get("path", {}))
            query = "?" + "&".join(f"{each.name}={{}}" for each in route.query if each.required)
            body = overlaid(self.file_for(when.get("body", {}), tenant, app), when.get("body", {}))
            assert self.ask(method, path + query, tenant, app, json=body) in (200, 201, 202)

    def file_for(self, body: Any, tenant: str, app: str | None) -> Any:
        """What a request has to say of a file that it needs, which is uploaded first; nothing if it needs none."""
        uploads = self.dialect.uploads
        place = "" if uploads is None else uploads.used_at.rpartition(".")[0]
        if value_at(body, place) is None:
            return {}
        offer, upload = (next(each for each in self.dialect.routes if each.do == verb) for verb in ("offer", "upload"))
        assert self.ask(*filled(offer, {}), tenant, app) == 200
        file = self.fake.files[-1]
        assert self.ask(*filled(upload, {"id": file.id}), tenant, app, data=b"_id,title\n1,Mug\n") == 200
        held: Any = {"fileId": file.id}
        for part in reversed(place.split(".")):
            held = {part: held}
        return held

    def look_around(self, verbs: tuple[str, ...] = ("look", "list", "group", "collect")) -> None:
        """Ask for every job and every list, twice, as everybody."""
        for route in [each for each in self.dialect.routes if each.do in verbs] * 2:
            for tenant, app in self.principals:
                ids = {""} if route.do == "list" else {job.id for job in self.fake.jobs}
                if route.do == "group":
                    ids = {str(job.group) for job in self.fake.world.jobs}
                for id in sorted(ids):
                    method, path = filled(route, {"id": id})
                    assert self.ask(method, path, tenant, app) < 505

    def move_on(self) -> bool:
        """Let time come to the next event, or release what awaits it; say whether there was either."""
        try:
            self.fake.clock.advance_to_next_event()
        except ClockError:
            kept = [job for job in self.fake.world.jobs if job.script.steps[self.index_of(job)].awaits_release]
            for job in kept:
                self.fake.job(job.id, job.tenant).release()
            return bool(kept)
        return True


def fits(route: Route, when: Mapping[str, Any]) -> bool:
    facts = {"operation": route.operation, **route.facts, "path": when.get("path", {}), "body": when.get("body", {})}
    return covers(facts, {key: held for key, held in when.items() if key not in ("tenant", "app", "query", "task")})


def filled(route: Route, holes: dict[str, str]) -> tuple[str, str]:
    """A route's method, and its path with the holes filled."""
    pattern = route.patterns[0]
    return pattern.method, re.sub(r"\{(\w+)\}", lambda hole: holes.get(hole[1], "x-1"), pattern.text)


@pytest.mark.parametrize("name", shipped_names())
def test_a_scenario_plays_through_its_whole_life_and_every_reply_holds(name: str) -> None:
    walk = Walk(name)
    if walk.fake.world.submissions or not walk.fake.jobs:
        walk.create()
    for _ in range(100):
        walk.look_around()
        if not walk.move_on():
            break
    walk.look_around()
    walk.look_around(("cancel",))
    assert walk.judged > 0
    for job in walk.fake.world.jobs:
        assert walk.index_of(job) == len(job.script.steps) - 1, f"{job.id} did not come to its end"
    walk.fake.check()
    assert all(len(line) <= 80 for line in walk.fake.timeline().splitlines())


@pytest.mark.parametrize("name", [each for each in shipped_names() if "expir" in each])
def test_a_job_that_expires_is_gone_for_everybody(name: str) -> None:
    walk = Walk(name)
    while walk.move_on():
        pass
    look = next(route for route in walk.dialect.routes if route.do == "look")
    assert {walk.ask("GET", filled(look, {"id": job.id})[1], *who)
            for job in walk.fake.jobs for who in walk.principals} == {404}  # fmt: skip


@pytest.mark.parametrize("name", shipped_names())
def test_a_scenario_repeats_to_the_byte(name: str) -> None:
    def bodies() -> list[bytes]:
        walk = Walk(name)
        walk.look_around()
        return [entry.response.body for entry in walk.fake.journal]

    assert bodies() == bodies()


@pytest.mark.parametrize("name", shipped_names())
def test_a_scenario_says_what_it_is_about_and_which_schema_it_follows(name: str) -> None:
    dialect_name, _, stem = name.partition("/")
    file = FOLDER / dialect_name / "scenarios" / f"{stem}.json"
    entry = json.loads(file.read_text(encoding="utf-8"))
    assert entry["about"].endswith(".")
    assert (file.parent / entry["$schema"]).resolve().is_file()
    assert entry["dialect"] == dialect_name


# ------------------------------------------------------------------ documents


@pytest.mark.parametrize("file", DOCUMENTS, ids=name_of)
def test_a_document_is_as_the_dialect_says(file: Path) -> None:
    assert document_problems(read(file), dialect(file.parent.parent.name)) == ()


def documented(name: str) -> str:
    """A reply that the vendor's page prints, without its white space."""
    return json.dumps(json.loads((FOLDER / "conversio" / "documents" / f"{name}.json").read_text(encoding="utf-8")))


def test_the_vendor_s_printed_replies_are_reproduced_field_by_field() -> None:
    fake = FakeJobs().play("conversio/documented-examples")
    client, headers = Client(fake.app), fake.credentials()
    listed = client.get("/api/v1/async-jobs", headers=headers)
    assert json.dumps(listed.json) == documented("list-async-jobs")
    one = client.get("/api/v1/async-jobs/57b5aa3b046abfb053d80b52", headers=headers)
    assert json.dumps(one.json) == documented("get-async-job")


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize("file", MISTAKES, ids=name_of)
def test_a_mistake_is_refused_in_these_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(DocumentError) as caught:
        find_scenario(Path(file.name))
    assert str(caught.value).splitlines()[0] == file.with_suffix(".error").read_text(encoding="utf-8").rstrip("\n")


def test_every_mistake_has_its_words_and_all_words_their_mistake() -> None:
    words = {file.with_suffix(".json") for file in FOLDER.glob("*/invalid/*.error")}
    assert words == set(MISTAKES)


def dialects() -> Iterator[Dialect]:
    for folder in sorted(FOLDER.iterdir()):
        yield dialect(folder.name)


def test_every_state_of_a_dialect_is_played_by_a_scenario() -> None:
    for each in dialects():
        played = {
            step.state
            for name in shipped_names()
            if name.startswith(f"{each.name}/")
            for plan in find_scenario(name).jobs
            for step in plan.script.steps
        }
        assert played == set(each.states)

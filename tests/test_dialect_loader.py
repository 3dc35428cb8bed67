"""Dialect files, found and loaded; and a vendor that is nothing but a folder, played from end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import acme
import pytest
from werkzeug.test import Client

from fakejobs import DocumentError, ExpectationError, FakeJobs, UsageError
from fakejobs.dialect.credentials import Refusal
from fakejobs.dialect.loader import SHIPPED, dialect, dialect_names, load, own_schema
from fakejobs.scenario.search import Search


def problem(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Return the one complaint about a changed dialect file, without the place of the file."""
    file = acme.write(folder, change)
    with pytest.raises(DocumentError) as found:
        load(file)
    (only,) = found.value.problems
    assert only.file == str(file)
    assert only.line > 0
    return f"{only.pointer}: {only.message}"


# ---------------------------------------------------------------------- found


def test_the_dialects_that_come_along_are_known_and_those_of_a_folder_come_first(tmp_path: Path) -> None:
    assert {"conversio", "wix-async-jobs"} <= set(dialect_names())
    file = acme.write(tmp_path)
    assert next(iter(dialect_names([tmp_path]))) == "acme-exports"
    assert dialect_names([tmp_path])["acme-exports"] == file
    assert set(dialect_names([tmp_path, tmp_path / "nowhere"])) == {*dialect_names(), "acme-exports"}


def test_a_folder_may_put_another_in_the_place_of_one_that_comes_along(tmp_path: Path) -> None:
    (tmp_path / "conversio").mkdir()
    mine = tmp_path / "conversio" / "dialect.json"
    mine.write_text((SHIPPED / "conversio" / "dialect.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert dialect_names([tmp_path])["conversio"] == mine


@pytest.mark.parametrize(
    ("name", "hint"),
    [("conversion", "did you mean `conversio`\\?"), ("zzz", "there are `conversio`.* or `wix-")],
)
def test_a_name_that_no_dialect_has_is_refused_with_the_nearest_or_with_all(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no dialect is called `{name}`; {hint}"):
        dialect(name)


def test_a_file_is_loaded_once(tmp_path: Path) -> None:
    acme.write(tmp_path)
    assert dialect("acme-exports", [tmp_path]) is dialect("acme-exports", [tmp_path])


# ---------------------------------------------------------------------- wrong


def test_a_file_that_its_schema_refuses_gives_every_mistake_in_its_place(tmp_path: Path) -> None:
    def change(file: dict[str, Any]) -> None:
        file["time"] = "rfc3339ms"
        del file["errors"]["not_found"]
        file["routes"][0]["do"] = "make"

    with pytest.raises(DocumentError) as found:
        load(acme.write(tmp_path, change))
    assert {each.pointer for each in found.value.problems} == {"/time", "/errors", "/routes/0/do"}
    assert "did you mean" in str(found.value)


def test_an_error_that_the_engine_needs_must_not_be_missing(tmp_path: Path) -> None:
    found = problem(tmp_path, lambda file: file["errors"].pop("bad_cursor"))
    assert found.startswith("/errors: ")
    assert "bad_cursor" in found


def test_a_schema_that_is_not_there_is_a_mistake_in_the_dialect_file(tmp_path: Path) -> None:
    found = problem(tmp_path, lambda file: file["documents"]["export"].update(schema="exports.schema.json"))
    assert found == "/documents/export/schema: there is no file `exports.schema.json` beside this one"


def test_a_schema_that_is_no_object_is_a_mistake_in_the_schema(tmp_path: Path) -> None:
    file = acme.write(tmp_path)
    schema = file.parent / "line.schema.json"
    schema.write_text("[]", encoding="utf-8")
    with pytest.raises(DocumentError) as found:
        load(file)
    assert str(found.value) == f"{schema}:1:1: found something else; right would be an object"


def test_a_dialect_is_called_as_its_folder_is(tmp_path: Path) -> None:
    found = problem(tmp_path, lambda file: file.update(dialect="acme"))
    assert found == "/dialect: the dialect is called `acme`, and its folder `acme-exports`"


def test_a_file_that_is_no_json_is_refused_where_it_ends(tmp_path: Path) -> None:
    file = acme.write(tmp_path)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"dialect\.json:1:2"):
        load(file)


def test_the_errors_that_a_dialect_must_have_are_those_that_the_engine_answers_with() -> None:
    required = own_schema("dialect-1.schema.json").value["properties"]["errors"]["required"]  # type: ignore[index]
    package = Path(load.__code__.co_filename).parent.parent
    sources = "".join(file.read_text(encoding="utf-8") for file in package.rglob("*.py"))
    assert all(f'error="{name}"' in sources for name in required)
    assert Refusal(error=required[0], reason="").error in required


# ---------------------------------------------------------------------- a vendor is data

SCENARIO = {
    "dialect": "acme-exports",
    "tenants": {"shop": {"apps": {"app": {}}}, "other": {}},
    "jobs": [
        {
            "id": "exp000000001",
            "tenant": "shop",
            "app": "app",
            "label": "a,b\n1,2\n",
            "lines": [{"success": True}, {"success": False}, {"n": "two"}],
            "steps": [
                {"state": "queued", "for": {"seconds": 10}},
                {"state": "running", "for": {"seconds": 100}},
                {"state": "ready"},
            ],
        },
        {
            "id": "exp000000002",
            "tenant": "shop",
            "steps": [
                {"state": "queued", "for": {"polls": 1}},
                {"fault": {"status": 503}, "for": {"polls": 1}},
                {"state": "failed", "body": {"progress": 7}},
            ],
        },
    ],
}


@pytest.fixture
def fake(tmp_path: Path) -> FakeJobs:
    acme.write(tmp_path)
    return FakeJobs(search=Search(dialects=(tmp_path,))).play(SCENARIO)


def get(fake: FakeJobs, path: str, tenant: str = "shop", app: str | None = None, **more: Any) -> tuple[int, Any]:
    reply = Client(fake.app).get(path, headers=fake.credentials(tenant, app), **more)
    return reply.status_code, json.loads(reply.data) if reply.data else None


def test_a_vendor_of_the_tests_own_is_polled_through_its_life(fake: FakeJobs) -> None:
    path = "/v2/exports/exp000000001"
    started = {"status": "open", "progress": 0, "createdAt": 1_767_225_600_000, "rows": {"all": 3, "bad": 0}}
    status, reply = get(fake, path)
    assert status == 200
    assert reply == {"export": {"id": "exp000000001", **started}, "for": "shop"}
    fake.clock.advance(seconds=80)
    running = get(fake, path)[1]["export"]
    assert (running["status"], running["startedAt"], running["progress"]) == ("open", 1_767_225_610_000, 70)
    assert running["rows"] == {"all": 3, "bad": 1}
    assert get(fake, f"{path}/lines")[1]["count"] == 2
    assert Client(fake.app).get("/files/exp000000001.csv").status_code == 404
    fake.clock.advance(seconds=30)
    done = get(fake, path)[1]["export"]
    assert (done["status"], done["progress"]) == ("ready", 100)
    download = Client(fake.app).get(done["url"])
    assert (download.text, download.headers["Content-Type"]) == ("a,b\n1,2\n", "text/csv")
    assert fake.job("exp000000001").seen == ["open", "ready"]
    fake.clock.advance(hours=1)
    assert get(fake, path) == (404, {"at": 1_767_225_600_000 + 110_000 + 3_600_000})
    with pytest.raises(ExpectationError, match="fault that never fired: /jobs/1/steps/1"):
        fake.check()


def test_its_jobs_are_seen_by_their_tenant_and_by_their_app(fake: FakeJobs) -> None:
    both = ["exp000000001", "exp000000002"]
    for tenant, app, ids in (("other", None, []), ("shop", "app", both[:1]), ("shop", None, both)):
        assert [each["id"] for each in get(fake, "/v2/exports", tenant, app)[1]["items"]] == ids
        assert [id for id in both if get(fake, f"/v2/exports/{id}", tenant, app)[0] == 200] == ids


def test_its_polls_and_faults_and_bodies_are_played(fake: FakeJobs) -> None:
    path = "/v2/exports/exp000000002"
    assert [get(fake, path)[0] for _ in range(3)] == [200, 503, 200]
    assert get(fake, path)[1]["export"]["progress"] == 7
    fake.check()


def test_its_rows_are_walked_by_cursor_and_back(fake: FakeJobs) -> None:
    fake.clock.advance(seconds=200)
    path = "/v2/exports/exp000000001/lines"
    first = get(fake, path)[1]
    second = get(fake, path, query_string={"after": first["next"]})[1]
    assert [each["n"] for each in (*first["items"], *second["items"])] == [0, 1, "two"]
    assert get(fake, path, query_string={"after": second["previous"]})[1] == first
    assert get(fake, path, query_string={"ok": "false"})[1]["count"] == 1
    assert get(fake, path, query_string={"after": first["next"], "ok": "true"})[0] == 400
    assert get(fake, path, query_string={"limit": "11"})[1]["error"]["field"] == "limit"


def test_its_clients_create_jobs_that_run_the_dialects_own_script(fake: FakeJobs) -> None:
    reply = Client(fake.app).post("/v2/exports", headers=fake.credentials("other"))
    created = json.loads(reply.data)
    assert (reply.status_code, created["status"]) == (202, "open")
    fake.clock.advance(seconds=2)
    followed = Client(fake.app).get(reply.headers["Location"], headers=fake.credentials("other"))
    assert json.loads(followed.data)["export"] == created | {
        "status": "ready",
        "progress": 100,
        "url": f"http://localhost/files/{created['id']}.csv",
    }


def test_its_scopes_methods_and_paths_are_held(fake: FakeJobs) -> None:
    narrow = fake.credentials("shop", scopes=["list"])
    assert Client(fake.app).get("/v2/exports", headers=narrow).status_code == 403
    assert Client(fake.app).get("/v2/exports").status_code == 401
    wrong = Client(fake.app).delete("/v2/exports")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "HEAD, GET, POST")
    assert Client(fake.app).get("/v3/exports").status_code == 501

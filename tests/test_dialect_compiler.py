"""A dialect file, compiled; what is wrong with a template is told with its place in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import acme
import pytest

from fakejobs.dialect.model import Figure, KeySpec, Option, Paging
from fakejobs.errors import DocumentError

File = dict[str, Any]


def problem(change: Callable[[File], object]) -> str:
    with pytest.raises(DocumentError) as found:
        acme.made(change)
    (only,) = found.value.problems
    assert (only.file, only.line > 1, only.column > 0) == ("dialect.json", True, True)
    return f"{only.pointer}: {only.message}"


def test_a_file_is_compiled_entry_by_entry() -> None:
    dialect = acme.made()
    assert (dialect.name, dialect.title, dialect.time) == ("acme-exports", "Acme Exports", "epoch-ms")
    assert (dialect.retention, dialect.accept) == (3_600_000_000, None)
    assert dialect.states["running"].word == "open"
    assert dialect.states["ready"].word == "ready"
    assert dialect.states["running"].has == ("startedAt",)
    assert dialect.tenant_keys["token"] == KeySpec(
        name="token", default="Bearer ${tenant}", pattern="^Bearer ", about=""
    )
    assert list(dialect.app_keys) == ["id", "key", "secret"]
    assert dialect.carries_scopes == {"token"}
    assert dialect.figures == {"rows": Figure(name="rows", given="rows", items="lines")}
    assert dialect.options == {"links": Option(name="links", about="each export says where it stands")}
    assert [str(each) for route in dialect.routes for each in route.patterns][:2] == [
        "POST /v2/exports",
        "GET /v2/exports/{id}",
    ]
    lines = dialect.routes[3]
    assert lines.paging == Paging(limit="limit", cursor="after", bound=("ok", "only"))
    assert dict(zip([each.name for each in lines.query], lines.query, strict=True))["only"].values == ("all", "bad")
    assert dialect.routes[1].scopes == (frozenset({"read"}),)
    assert dialect.routes[2].scopes == (frozenset({"read", "list"}),)
    assert dialect.routes[4].scopes == ()


def test_what_a_file_leaves_out_is_as_little_as_can_be() -> None:
    def change(file: File) -> None:
        for part in ("retention", "options", "job", "figures", "tenants", "collections"):
            del file[part]
        file["ids"] = {"shape": "guid"}
        file["routes"] = file["routes"][1:2]
        file["templates"] = {"export": {"id": "${job.id}"}}
        file["documents"] = {"export": {"of": "job", "schema": "x"}}
        file["credentials"] = []

    dialect = acme.made(change)
    assert (dialect.retention, dialect.ids.length) == (None, 36)
    assert not any((dialect.options, dialect.job_keys, dialect.figures, dialect.tenant_keys, dialect.collections))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda file: file["templates"]["export"].update(status="${jbo.word}"),
            "/templates/export/status: `jbo` is not known here; known are `ask`, `base`",
        ),
        (
            lambda file: file["templates"]["export"].update(status="${job.wrod}"),
            "/templates/export/status: `job.wrod` is not known; `job` has `app`, `created`",
        ),
        (
            lambda file: file["templates"]["export"].update(status="${job.created|iso}"),
            "/templates/export/status: `iso` is not a filter; filters are `epoch`",
        ),
        (
            lambda file: file["templates"]["line"].update({"n": "${item.nubmer}"}),
            "/templates/line/n: `item.nubmer` is not known; `item` has `id`, `number`",
        ),
        (
            lambda file: file["templates"]["export"].update({"url?": {"$by": {"done": 1}}}),
            "/templates/export/url?/$by/done: `done` is no state and no phase; there are `cancelled`",
        ),
        (
            lambda file: file["templates"]["export"].update({"url?null": None}),
            "/templates/export/url?null: `option.null` is not known; `option` has `links`",
        ),
        (
            lambda file: file["routes"][1]["reply"].update(body={"job": {"$use": "exports"}}),
            "/routes/1/reply/body/job/$use: no template is called `exports`; there are `export`, `line`",
        ),
        (
            lambda file: file["routes"][2]["reply"].update(body={"items": {"$use": "export"}}),
            "/routes/2/reply/body/items/$use: `export` is the document of `job`, which is not at hand here",
        ),
        (
            lambda file: file["routes"][1]["reply"].update(body="${page.next}"),
            "/routes/1/reply/body: `page` is not known here; known are `ask`, `base`, `job`, `me`, `now`, `option`",
        ),
        (
            lambda file: file["routes"][1]["reply"].update(body="${me.tennant}"),
            "/routes/1/reply/body: `me.tennant` is not known; `me` has `app`, `credential`, `tenant`",
        ),
        (
            lambda file: file["routes"][0]["reply"]["headers"].update(Location="${job}"),
            "/routes/0/reply/headers/Location: `job` is not known; `job` has ",
        ),
        (
            lambda file: file["routes"][4]["reply"].update(text="${jobs}"),
            "/routes/4/reply/text: `jobs` is not known here",
        ),
        (
            lambda file: file["errors"]["not_found"].update(body={"id": "${job.id}"}),
            "/errors/not_found/body/id: `job` is not known here; known are `base`, `error`, `now`",
        ),
        (
            lambda file: file["errors"]["not_found"].update(body={"id": {"$use": "export"}}),
            "/errors/not_found/body/id/$use: `export` is the document of `job`, which is not at hand here",
        ),
        (
            lambda file: file["tenants"]["keys"]["token"].update(default="${tennant}"),
            "/tenants/keys/token/default: `tennant` is not known here; known are `app`, `seed`, `tenant`",
        ),
        (
            lambda file: file["tenants"]["apps"]["id"].update(default="${seed|guide}"),
            "/tenants/apps/id/default: `guide` is not a filter",
        ),
    ],
)
def test_what_a_template_cannot_say_is_one_mistake_in_its_place(
    change: Callable[[File], object], complaint: str
) -> None:
    assert problem(change).startswith(complaint)

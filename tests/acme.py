"""A vendor that exists in the tests alone: its dialect file and schemas, written into a folder or taken apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakejobs.dialect.compiler import compiled
from fakejobs.dialect.model import Dialect
from fakejobs.documents import Schema, parse

EXPORT_SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9a-zA-Z]{12}$"},
        "status": {"enum": ["open", "ready", "failed"]},
        "createdAt": {"type": "integer"},
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        "rows": {"type": "object"},
        "url": {"type": "string"},
    },
    "required": ["id", "status", "createdAt", "progress", "rows"],
    "additionalProperties": False,
}
ROW_SCHEMA = {"type": "object", "required": ["id", "n", "success"]}


def error(status: int) -> dict[str, Any]:
    return {"status": status, "body": {"error": {"field": "${error.field}", "text": "${error.description}"}}}


def dialect_file() -> dict[str, Any]:
    """Return the dialect file of acme-exports, anew each time."""
    return {
        "dialect": "acme-exports",
        "title": "Acme Exports",
        "docs": "https://docs.acme.example/exports",
        "time": "epoch-ms",
        "ids": {"shape": "token", "length": 12},
        "retention": {"hours": 1},
        "states": {
            "queued": {"phase": "waiting", "word": "open", "next": ["running", "failed"]},
            "running": {"phase": "running", "word": "open", "has": ["startedAt"], "next": ["ready", "failed"]},
            "ready": {"phase": "succeeded", "next": []},
            "failed": {"phase": "failed", "next": []},
        },
        "script": [
            {"state": "queued", "for": {"seconds": 1}},
            {"state": "running", "for": {"seconds": 1}},
            {"state": "ready"},
        ],
        "tenants": {
            "keys": {"token": {"default": "Bearer ${tenant}", "pattern": "^Bearer "}},
            "apps": {
                "id": {"default": "${seed|guid}"},
                "key": {"default": "${app}"},
                "secret": {"default": "${seed|token:40}"},
            },
        },
        "credentials": [
            {
                "name": "token",
                "kind": "key",
                "header": "Authorization",
                "of": "tenant",
                "key": "token",
                "sees": "tenant",
                "scopes": True,
            },
            {
                "name": "signed",
                "kind": "jws",
                "header": "Authorization",
                "scheme": "Signed",
                "of": "app",
                "key": "key",
                "secret": "secret",
                "claim": "sub",
                "stamp": "iat",
                "window": {"minutes": 1},
                "algorithms": ["HS256"],
                "sees": "app",
            },
        ],
        "options": {"links": {"about": "each export says where it stands"}},
        "job": {"label": {"type": "string"}},
        "figures": {"rows": {"kind": "tally", "given": "rows", "items": "lines"}},
        "collections": {"lines": {"document": "line"}},
        "templates": {
            "export": {
                "id": "${job.id}",
                "status": "${job.word}",
                "createdAt": "${job.created|time}",
                "startedAt?": {"$by": {"running": "${job.started|time}"}},
                "progress": "${job.percent}",
                "rows": {"all": "${job.rows.total}", "bad": "${job.rows.failed}"},
                "url?": {"$by": {"succeeded": "${base}/files/${job.id}.csv"}},
                "self?": {"$when": {"option.links": True}, "then": "${base}/v2/exports/${job.id}"},
            },
            "line": {"id": "${item.id}", "n": "${item.number}", "success": True, "at": "${base}/${job.id}"},
        },
        "documents": {
            "export": {"of": "job", "schema": "export.schema.json", "word": "status"},
            "line": {"of": "item", "schema": "line.schema.json"},
        },
        "routes": [
            {
                "operation": "create-export",
                "at": ["POST /v2/exports"],
                "do": "create",
                "body": "optional",
                "facts": {"kind": "export"},
                "query": {"urgent": {"kind": "boolean"}},
                "reply": {
                    "status": 202,
                    "headers": {"Location": "${base}/v2/exports/${job.id}", "Retry-After": "${job.given.wait}"},
                    "body": {"$use": "export"},
                },
            },
            {
                "operation": "get-export",
                "at": ["GET /v2/exports/{id}"],
                "do": "look",
                "scopes": ["read"],
                "reply": {"body": {"export": {"$use": "export"}, "for": "${me.tenant}"}},
            },
            {
                "operation": "list-exports",
                "at": ["GET /v2/exports"],
                "do": "list",
                "scopes": {"all": ["read", "list"]},
                "reply": {"body": {"items": {"$each": "jobs", "$use": "export"}}},
            },
            {
                "operation": "list-lines",
                "at": ["GET /v2/exports/{id}/lines"],
                "do": "collect",
                "collection": "lines",
                "query": {
                    "limit": {"kind": "integer", "default": 2, "least": 1, "most": 10},
                    "after": {"kind": "string"},
                    "ok": {"kind": "boolean", "matches": {"true": {"success": True}, "false": {"success": False}}},
                    "only": {"kind": "string", "matches": {"all": {}, "bad": {"success": False}}},
                },
                "page": {"limit": "limit", "cursor": "after", "bound": ["ok", "only"]},
                "reply": {
                    "body": {
                        "items": "${page.items}",
                        "count": "${page.count}",
                        "next?": "${page.next}",
                        "previous?": "${page.previous}",
                    }
                },
            },
            {
                "operation": "download",
                "at": ["GET /files/{id}.csv"],
                "do": "look",
                "public": True,
                "counts": False,
                "needs": ["succeeded"],
                "reply": {"headers": {"Content-Type": "text/csv"}, "text": "${job.given.label|or:id\n}"},
            },
        ],
        "errors": {
            "bad_request": error(400),
            "unauthorized": error(401),
            "forbidden": error(403),
            "not_found": {
                "status": 404,
                "headers": {"Content-Type": "application/problem+json"},
                "body": {"at": "${now|time}"},
            },
            "method_not_allowed": {"status": 405, "headers": {"Allow": "${error.allowed}"}},
            "not_acceptable": error(406),
            "too_large": error(413),
            "bad_cursor": error(400),
        },
    }


def schemas() -> dict[str, Any]:
    """Return the schemas of its documents, by file name, anew each time."""
    export = json.loads(json.dumps(EXPORT_SCHEMA))
    export["properties"] |= {"startedAt": {"type": "integer"}, "self": {"type": "string"}}
    return {"export.schema.json": export, "line.schema.json": ROW_SCHEMA}


def write(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    """Write the vendor's folder into ``folder``, its dialect file changed first; return the dialect file."""
    home = folder / "acme-exports"
    home.mkdir(parents=True, exist_ok=True)
    value = dialect_file()
    change(value)
    (home / "dialect.json").write_text(json.dumps(value, indent=1), encoding="utf-8")
    for name, schema in schemas().items():
        (home / name).write_text(json.dumps(schema), encoding="utf-8")
    return home / "dialect.json"


def made(change: Callable[[dict[str, Any]], object] = lambda _: None) -> Dialect:
    """Return the dialect, compiled without a file, its dialect file changed first."""
    value = dialect_file()
    change(value)
    rules = {"export": Schema(schemas()["export.schema.json"], "export"), "line": Schema(ROW_SCHEMA, "line")}
    return compiled(parse(json.dumps(value, indent=1), "dialect.json"), rules)

"""Dialect files: found, checked, and compiled into dialects, once a process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from fakejobs.commands import Json
from fakejobs.dialect.compiler import compiled
from fakejobs.dialect.model import Dialect
from fakejobs.documents import Document, Schema, listed, nearest, read
from fakejobs.errors import DocumentError, UsageError

SHIPPED = Path(__file__).parent.parent / "dialects"
SCHEMAS = Path(__file__).parent.parent / "schemas"


def dialect_names(folders: Sequence[Path] = ()) -> Mapping[str, Path]:
    """Return every dialect that can be had, by name: those in ``folders`` first, then those that come along."""
    found: dict[str, Path] = {}
    for folder in (*folders, SHIPPED):
        for file in sorted(folder.glob("*/dialect.json")):
            found.setdefault(file.parent.name, file)
    return found


def dialect(name: str, folders: Sequence[Path] = ()) -> Dialect:
    """Return a dialect by name; raise `UsageError` if there is none, `DocumentError` if its file is wrong."""
    known = dialect_names(folders)
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean `{near}`?" if near else f"there are {listed(sorted(known))}"
        raise UsageError(f"no dialect is called `{name}`; {hint}")
    return load(known[name])


def versions(folders: Sequence[Path]) -> tuple[object, ...]:
    """Return what tells whether the dialects in some folders are as they were."""
    return tuple(_version_of(file.parent) for folder in folders for file in folder.glob("*/dialect.json"))


def _version_of(folder: Path) -> tuple[object, ...]:
    """Return what tells whether the dialect in a folder is as it was."""
    found = [(file, file.stat()) for file in sorted(folder.absolute().glob("*.json"))]
    return tuple((file, status.st_mtime_ns, status.st_size) for file, status in found)


def load(file: Path) -> Dialect:
    """Return the dialect in a file; raise `DocumentError` with the mistakes found in it, each in its place.

    It is read once as long as what is in its folder stays as it is; those that come along do.
    """
    folder = file.parent
    return _loaded(file, () if folder.parent == SHIPPED else _version_of(folder))


@cache
def _loaded(file: Path, _version: tuple[object, ...]) -> Dialect:
    source = read(file)
    problems = _own_schema().problems(source)
    if not problems and _object(source)["dialect"] != file.parent.name:
        message = f"the dialect is called `{_object(source)['dialect']}`, and its folder `{file.parent.name}`"
        problems = (source.problem(("dialect",), message),)
    if problems:
        raise DocumentError(problems)
    return compiled(source, {name: _schema(source, file, name, entry) for name, entry in _documents(source).items()})


def _documents(source: Document) -> dict[str, Json]:
    documents: dict[str, Json] = _object(source)["documents"]
    return documents


def _object(document: Document) -> dict[str, Json]:
    if not isinstance(document.value, dict):
        raise DocumentError((document.problem((), "found something else; right would be an object"),))
    return document.value


def _schema(source: Document, file: Path, name: str, entry: Mapping[str, str]) -> Schema:
    path = file.parent / entry["schema"]
    if not path.is_file():
        problem = source.problem(("documents", name, "schema"), f"there is no file `{entry['schema']}` beside this one")
        raise DocumentError((problem,))
    return Schema(_object(read(path)), path.name)


@cache
def _own_schema() -> Schema:
    return own_schema("dialect-1.schema.json")


def own_schema(name: str) -> Schema:
    """Return one of the schemas that come along."""
    return Schema(_object(read(SCHEMAS / name)), name)

"""Where scenarios are found: beside the test, in the folders that were set, among those that come along."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fakejobs.commands import Json
from fakejobs.dialect.loader import versions
from fakejobs.documents import from_value, nearest, read
from fakejobs.documents.neighbours import json_files_below, meant
from fakejobs.errors import UsageError
from fakejobs.scenario.model import Scenario
from fakejobs.scenario.reader import read_scenario
from fakejobs.structs import struct

Reference = str | os.PathLike[str] | Mapping[str, Json]
_PACKAGE = Path(__file__).parent.parent
_READ: dict[object, Scenario] = {}
_GIVEN: dict[object, Scenario] = {}
"""What mappings were read as, the last of them: a property test may give any number."""

_MOST_GIVEN = 256
_FOUND: dict[tuple[str, tuple[Path, ...]], Path] = {}


@struct
class Search:
    """The folders in which a scenario called by its file's name is looked for, and those that hold dialects."""

    folders: tuple[Path, ...] = ()
    dialects: tuple[Path, ...] = ()


NO_FOLDERS: Final = Search()
"""A search among what comes along alone."""


def shipped_folder() -> Path:
    """Return the folder of the fixtures that come along: in the package, or in a checkout beside it."""
    inside = _PACKAGE / "fixtures"
    return inside if inside.is_dir() else _PACKAGE.parent / "fixtures"


def shipped_names() -> list[str]:
    """Return the names of all scenarios that come along, as ``dialect/name``."""
    return sorted(f"{file.parent.parent.name}/{file.stem}" for file in shipped_folder().glob("*/scenarios/*.json"))


def find_scenario(reference: Reference, search: Search = NO_FOLDERS) -> Scenario:
    """Return the scenario that a reference means; raise `UsageError` if there is none.

    A mapping is a scenario itself. A str that ends in ``.json`` is a file in one of the folders; any other is the name
    of one that comes along. A PathLike is taken as it is.
    """
    if isinstance(reference, Mapping):
        return _of_mapping(reference, search)
    if not isinstance(reference, str):
        path = Path(reference)
        return _of_file(path, (str(path.absolute()), _version_of(path)), path.stem, search)
    asked = (reference, search.folders)
    file = _FOUND.get(asked)
    version = None if file is None else _version_of(file)
    if file is None or version is None:  # where it was found once it is not sought again
        file = _FOUND[asked] = _file_called(reference, search)
        version = _version_of(file)
    return _of_file(file, (str(file), version), file.stem if reference.endswith(".json") else reference, search)


def _version_of(file: Path) -> tuple[int, int] | None:
    """Return what tells whether a file is as it was; None if there is none."""
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def _file_called(name: str, search: Search) -> Path:
    """Return the file of a scenario called so: in one of the folders, or one that comes along."""
    if name.endswith((".yaml", ".yml")):
        raise UsageError(f"{name}: scenarios are read from JSON; write {Path(name).with_suffix('.json')}")
    if name.endswith(".json"):
        return _in_folders(name, search.folders)
    dialect, _, rest = name.partition("/")
    file = shipped_folder() / dialect / "scenarios" / f"{rest}.json"
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name) or not file.is_file():
        raise UsageError(f"no scenario called `{name}` comes along; {_hint(name, search)}")
    return file


def _of_mapping(mapping: Mapping[str, Json], search: Search) -> Scenario:
    document = from_value(mapping, "<scenario>")
    key = (json.dumps(document.value), versions(search.dialects))  # the order of keys is seen in documents
    known = _GIVEN.get(key)
    if known is None:
        known = _GIVEN[key] = read_scenario(document, "<scenario>", search.dialects)
        while len(_GIVEN) > _MOST_GIVEN:
            _GIVEN.pop(next(iter(_GIVEN)), None)
    return known


def _of_file(file: Path, state: tuple[str, tuple[int, int] | None], name: str, search: Search) -> Scenario:
    """Return the scenario in a file, read once as long as the file stays as it is, and the dialects that were set."""
    if state[1] is None:
        return read_scenario(read(file), name, search.dialects)  # which says what is wrong with the file
    key = (state, name, versions(search.dialects))
    known = _READ.get(key)
    if known is None:
        known = _READ[key] = read_scenario(read(file), name, search.dialects)
    return known


def _in_folders(name: str, folders: Sequence[Path]) -> Path:
    """Return the file of that name in the first folder that has it."""
    if not folders:
        near = nearest(name.removesuffix(".json"), shipped_names())
        hint = f"did you mean `{near}`?" if near else "pass a pathlib.Path for a file"
        raise UsageError(f"no folder is set in which `{name}` could be; {hint}")
    for folder in folders:
        home = folder.resolve()
        file = (home / name).resolve()
        if not file.is_relative_to(home):
            raise UsageError(f"`{name}` leads out of {folder}; pass a pathlib.Path for a scenario that is elsewhere")
        if file.is_file():
            return file
    where = " or ".join(f"{folder}{'' if folder.is_dir() else ' (no such folder)'}" for folder in folders)
    raise UsageError(f"there is no scenario `{name}` in {where}{_meant(name, folders)}")


def _hint(name: str, search: Search) -> str:
    """Return what may have been meant by a name that no scenario which comes along has."""
    shipped = shipped_names()
    dialect, _, rest = name.partition("/")
    sisters = {each.partition("/")[2]: each for each in shipped if each.startswith(f"{dialect}/")}
    if rest and sisters:
        near = nearest(rest, sisters)
        return f"`fakejobs dialects` lists those of {dialect}" if near is None else f"did you mean `{sisters[near]}`?"
    alike = next((each for each in shipped if each.endswith(f"/{name}")), None)
    if alike is not None:
        return f"did you mean `{alike}`?"
    otherwise = "`fakejobs dialects` lists them; a file's name ends in .json"
    return _meant(name, search.folders).removeprefix("; ") or otherwise


def _meant(name: str, folders: Sequence[Path]) -> str:
    """Return the end of a complaint about a name: what was meant by it, of the files and of those that come along."""
    files = dict.fromkeys(name for folder in folders for name in json_files_below(folder))
    return meant(name, list(files), shipped_names())

"""Files that were perhaps meant by a name that leads nowhere: looked for near at hand, and never for long."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from fakejobs.documents.spelling import listed, nearest, quoted

MOST_ENTRIES = 2_000
"""How many entries of folders are looked at, at most, in search of a name."""

MOST_LISTED = 6
"""How many files are listed, at most, where none is near."""

_MADE_BY_TOOLS = ("node_modules", "__pycache__")


def json_files_below(folder: Path, most: int = MOST_ENTRIES) -> list[str]:
    """The JSON files in a folder and below, named from there, those in the folder itself first.

    Hidden folders, virtual environments and ``node_modules`` are left out; after ``most`` entries the search ends.
    """
    found: list[str] = []
    waiting = [folder]
    while waiting and most > 0:
        here = waiting.pop(0)
        entries = _entries(here, most)
        most -= len(entries)
        if here is not folder and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        files = [Path(entry.path) for entry in entries if entry.name.endswith(".json") and entry.is_file()]
        found += [file.relative_to(folder).as_posix() for file in files]
        waiting += [Path(entry.path) for entry in entries if _is_worth_entering(entry)]
    return found


def meant(name: str, files: Sequence[str], others: Iterable[str] = (), *, lists: bool = True) -> str:
    """The end of a complaint about a name: the nearest of files and others, else the files where they are few.

    It ``lists`` none where they are not those that were to be chosen from.
    """
    near = nearest(name, [*files, *others])
    if near is None:
        last = nearest(_last(name), [_last(file) for file in files])
        near = next((file for file in files if _last(file) == last), None)
    if near is not None:
        return f"; did you mean {quoted(near)}?"
    if not lists or not 0 < len(files) <= MOST_LISTED:
        return ""
    return f"; there {'is' if len(files) == 1 else 'are'} {listed(files)}"


def _last(name: str) -> str:
    """The name of a file without the folders before it."""
    return name.rpartition("/")[2]


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]]:
    """At most so many entries of a folder, by name; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(islice(entries, most), key=lambda entry: entry.name)
    except (OSError, ValueError):
        return []


def _is_worth_entering(entry: os.DirEntry[str]) -> bool:
    """Whether something may be a folder of files that people call by name."""
    hidden = entry.name.startswith(".") or entry.name in _MADE_BY_TOOLS
    return not hidden and entry.is_dir(follow_symlinks=False)

"""The group of a scenario's job: said by its own key, or by the head of its id, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.dialect.model import Dialect
from fakejobs.documents import Path
from fakejobs.scenario.bodies import Complain


def complain_of_group(dialect: Dialect, entry: Mapping[str, Any], path: Path, complain: Complain) -> None:
    """Complain of a job whose group its document would tell otherwise, or its id could not be told from."""
    groups = dialect.groups
    if groups is None:
        return
    steps: list[tuple[Path, Any]] = [
        (("steps", number, "body"), step.get("body")) for number, step in enumerate(entry["steps"])
    ]
    for place, body in [(("body",), entry.get("body")), *steps]:
        if isinstance(body, dict) and groups.at in body:
            where = (*path, *place, groups.at)
            complain(where, f"`{groups.at}` is the group that the job is in; right would be `group`, beside `steps`")
    group = entry.get("group", "")
    if groups.joins in group and "id" not in entry:
        found = f"found {group!r}; `{groups.joins}` joins a group's id and a job's own"
        complain((*path, "group"), f"{found}: right would be a group without it, or an `id` beside it")

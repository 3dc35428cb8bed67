"""The house: which module may import which, and what may be imported at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakejobs
from fakejobs.dialect.loader import dialect_names

PACKAGE = Path(fakejobs.__file__).parent
FLOORS = [
    {"errors", "structs", "threads"},
    {"clock", "lifecycle", "commands", "breaks", "keeping"},
    {"documents", "dialect"},
    {
        "scenario",
        "population",
        "rows",
        "counting",
        "journal",
        "world",
        "stage",
        "files",
        "outcomes",
        "stretches",
        "idempotency",
        "rates",
    },
    {"asking", "looking_again", "exchange", "callbacks"},
    {"app"},
    {"server", "certificates", "transports", "conformance"},
    {
        "expectations",
        "timeline",
        "picture",
        "polling",
        "jobs",
        "door",
        "speaking",
        "listeners",
        "snapshot",
        "timekeeping",
        "fake",
    },
    {"show", "demo", "serve"},
    {"judging", "pytest_plugin", "cli"},
    {"__main__"},
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}
HOMES = {
    "jsonschema": {"documents", "conformance"},
    "werkzeug": {"app", "server", "serve"},
    "httptools": {"server"},
    "faker": {"scenario"},
    "jwt": {"dialect"},
    "trustme": {"certificates"},
    "requests": {"transports"},
    "urllib3": {"transports"},
    "httpx": {"transports"},
    "httpcore": {"transports"},
    "pytest": {"judging", "pytest_plugin"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            if node.module == "fakejobs":
                yield from (f"fakejobs.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_imports_from_its_own_floor_and_from_below(file: Path) -> None:
    part = part_of(file)
    if part == "__init__":
        return
    for name in imported(file):
        if name.startswith("fakejobs."):
            other = name.split(".")[1]
            assert FLOOR_OF[other] <= FLOOR_OF[part], f"{part} imports {other}, which stands above it"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_library_from_outside_is_imported_only_where_it_lives(file: Path) -> None:
    for name in imported(file):
        top = name.split(".")[0]
        if top in ("fakejobs", "_typeshed") or top in sys.stdlib_module_names:
            continue
        assert part_of(file) in HOMES.get(top, set()), f"{file.name} imports {name}"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_is_of_one_thing_and_so_is_a_function(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 40, f"{file.name}: {node.name}"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_code_names_a_vendor(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings may have examples
    vendors = {name.partition("-")[0] for name in dialect_names()}
    assert len(vendors) > 1
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            named = [vendor for vendor in vendors if vendor in node.value.lower()]
            assert not named, f"{file.name}:{node.lineno} names {named[0]}"


def test_loading_the_plugin_loads_nothing_heavy() -> None:
    heavy = ["werkzeug", "jsonschema", "faker", "jwt", "httptools", "asyncio", "http.server", "fakejobs.fake"]
    script = (
        "import sys, pytest; before = set(sys.modules); import fakejobs.pytest_plugin;"
        f"print([name for name in {heavy!r} if name in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_pytest_run_that_uses_no_fake_loads_nothing_of_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_nothing_is_loaded():
            heavy = ["werkzeug", "jsonschema", "faker", "jwt", "httptools", "fakejobs.fake", "fakejobs.world"]
            assert "fakejobs.pytest_plugin" in sys.modules
            assert [name for name in heavy if name in sys.modules] == []
        """
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins load what they like
    pytester.runpytest_subprocess("-p", "fakejobs.pytest_plugin").assert_outcomes(passed=1)


def test_the_public_names_are_all_there() -> None:
    assert sorted(fakejobs.__all__) == dir(fakejobs)
    for name in fakejobs.__all__:
        assert getattr(fakejobs, name).__doc__


def test_a_name_that_is_not_public_is_said_not_to_be_there() -> None:
    with pytest.raises(AttributeError, match="module 'fakejobs' has no attribute 'FakeJob'"):
        fakejobs.FakeJob  # noqa: B018 - asked for on purpose

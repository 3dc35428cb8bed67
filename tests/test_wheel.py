"""The wheel, built and installed into a fresh environment: a downstream project's tests run against it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOWNSTREAM = Path(__file__).parent / "downstream"


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("fakejobs-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, and sees the libraries of this one, but not its fakejobs."""
    home = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    python = home / "bin" / "python"
    pip("--python", str(python), "install", "--no-index", "--no-deps", str(wheel))
    (site,) = home.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_the_wheel_holds_code_data_and_fixtures_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in names} == {"fakejobs"}
    for name in (
        "fakejobs/py.typed",
        "fakejobs/schemas/scenario-1.schema.json",
        "fakejobs/dialects/conversio/dialect.json",
        "fakejobs/dialects/conversio/README.md",
        "fakejobs/fixtures/conversio/scenarios/export-expires.json",
        "fakejobs/fixtures/wix-async-jobs/invalid/two-creators.json",
    ):
        assert name in names


def test_the_installed_command_finds_its_fixtures(python: Path, tmp_path: Path) -> None:
    command = [str(python.parent / "fakejobs"), "dialects"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "  conversio/export-expires" in done.stdout.splitlines()


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "under xdist"])
def test_a_downstream_project_tests_its_client(python: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    project = tmp_path / "project"
    shutil.copytree(DOWNSTREAM, project, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE_"))},
        "DOWNSTREAM_ENVIRONMENT": str(python.parent.parent),
    }
    done = subprocess.run(
        [str(python), "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly", "-q", *options],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passed, 1 xfailed" in done.stdout

"""The command line: what each command prints, and its exit code."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import acme
import pytest

from fakejobs.cli import main
from fakejobs.dialect.loader import dialect_names
from fakejobs.scenario.search import shipped_folder

JOB = "57b5aa3b046abfb053d80b52"
GOOD = {"dialect": "conversio", "jobs": [{"id": JOB, "steps": [{"state": "queued"}]}]}
BAD = {"dialect": "conversio", "jbos": []}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, value: Any) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


# ---------------------------------------------------------------------- demo, dialects, new, show


def test_demo_shows_success_failure_two_404s_and_the_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    printed = capsys.readouterr().out
    works, fails = (json.loads(text)["data"] for text in re.findall(r"^[^+\n]+: (\{\n.*?^\})$", printed, re.M | re.S))
    assert (works["status"], works["result"][:17]) == ("done", "http://127.0.0.1:")
    assert (fails["status"], fails["error"][:26]) == ("failed", "The newsletter was deleted")
    assert "asked for by another tenant: 404 Not Found" in printed
    assert "7d later: 404 Not Found" in printed
    assert "timeline of conversio/demo" in printed
    assert "it is a job of another tenant" in printed
    assert "it expired at" in printed
    assert max(map(len, printed.splitlines())) <= 90


def test_dialects_lists_each_with_its_states_and_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dialects"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "conversio: Conversio Async Jobs (queued, started, done, failed)" in printed
    assert "  wix-async-jobs/partial-success" in printed


@pytest.mark.parametrize("dialect", list(dialect_names()))
def test_new_prints_a_scenario_that_passes_the_check(
    dialect: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", dialect]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert main(["new", dialect, "-o", "mine.json"]) == 0
    assert capsys.readouterr().out == "wrote mine.json\n"
    assert json.loads((folder / "mine.json").read_text()) == printed
    assert main(["check", "mine.json"]) == 0
    assert main(["show", "mine.json"]) == 0


def test_new_does_not_overwrite(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.json").write_text("precious")
    assert main(["new", "conversio", "-o", "mine.json"]) == 2
    assert "mine.json: there is such a file, which stays as it is; name another" in capsys.readouterr().err
    assert (folder / "mine.json").read_text() == "precious"
    assert main(["new", "conversio", "-o", "nowhere/mine.json"]) == 2
    assert "nowhere/mine.json: No such file or directory" in capsys.readouterr().err


def test_new_of_a_dialect_that_there_is_not_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "wix-async-job"]) == 2
    assert "no dialect is called `wix-async-job`; did you mean `wix-async-jobs`?" in capsys.readouterr().err


def test_show_prints_a_scenario_that_comes_along_or_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "conversio/export-expires"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        f"job {JOB} of shop-a/app-1",
        "  +0s         queued (reads pending), for 30s",
        "  +30s        started (reads pending), for 5m",
        "              fault for 1 look: 503, Retry-After: 2",
        "  +5m30s      done",
        "              out of view 7d after it ended",
        "",
        "a created job (the dialect's own script)",
        "  +0s         queued (reads pending), for 5s",
        "  +5s         started (reads pending), for 30s",
        "  +35s        done",
        "              out of view 7d after it ended",
    ]
    write(folder / "mine.json", GOOD)
    assert main(["show", "mine.json", "--documents"]) == 0
    assert f'"id": "{JOB}"' in capsys.readouterr().out


def test_show_of_what_is_wrong_or_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "bad.json", BAD)
    assert main(["show", "bad.json"]) == 1
    assert "bad.json:1:26: unknown key `jbos`; did you mean `jobs`?" in capsys.readouterr().err
    assert main(["show", "conversio/hapy-path"]) == 2
    assert "did you mean `conversio/happy-path`?" in capsys.readouterr().err


# ---------------------------------------------------------------------- check


def test_check_says_how_many_are_right(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(folder / "good.json", GOOD)
    assert main(["check", good]) == 0
    assert capsys.readouterr().out == "1 file checked: all are right\n"
    assert main(["check", str(shipped_folder() / "conversio" / "scenarios"), good]) == 0


def test_check_prints_every_mistake_of_every_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "sub" / "bad.json", {**BAD, "clokc": 1})
    write(folder / "sub" / "good.json", GOOD)
    write(folder / "sub" / "worse.json", {"dialect": "conversio", "jobs": [{"steps": [{"state": "doen"}]}]})
    assert main(["check", "sub"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "sub/bad.json:1:26: unknown key `jbos`; did you mean `jobs`? (at /jbos)",
        "sub/bad.json:1:38: unknown key `clokc`; did you mean `clock`? (at /clokc)",
        "sub/worse.json:1:56: `doen` is no state of conversio; did you mean `done`? (at /jobs/0/steps/0/state)",
        "3 files checked: 2 are wrong",
    ]


def test_check_takes_the_name_of_a_scenario_that_comes_along(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "conversio/happy-path", "wix-async-jobs/two-tenants"]) == 0
    assert capsys.readouterr().out == "2 files checked: all are right\n"
    write(folder / "conversio" / "happy-path", BAD)
    assert main(["check", "conversio/happy-path"]) == 1
    assert "conversio/happy-path:1:26: unknown key `jbos`" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["check"], ["show"], ["serve"]])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "conversio/hapy-path",
            "no scenario called `conversio/hapy-path` comes along; did you mean `conversio/happy-path`?",
        ),
        (
            "conversio/hapy",
            "no scenario called `conversio/hapy` comes along; `fakejobs dialects` lists those of conversio",
        ),
        ("happy-path", "no scenario called `happy-path` comes along; did you mean `conversio/happy-path`?"),
        ("mine", "no scenario called `mine` comes along; did you mean `mine.json`?"),
        ("mien.json", "mien.json: there is no such file; did you mean `mine.json`?"),
        ("zebra.json", "zebra.json: there is no such file; there is `mine.json`"),
        ("./mine", "mine: there is no such file; did you mean `mine.json`?"),
        ("mine.yaml", "mine.yaml: scenarios are read from JSON; write mine.json"),
    ],
)
def test_what_is_no_file_and_no_name_is_told_the_nearest(
    command: list[str], name: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "mine.json", GOOD)
    assert main([*command, name]) == 2
    assert capsys.readouterr().err == f"fakejobs: {said}\n"


def test_check_of_a_folder_leaves_out_what_tools_have_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "good.json", GOOD)
    write(folder / ".venv" / "bad.json", BAD)
    write(folder / "node_modules" / "bad.json", BAD)
    assert main(["check", "."]) == 0
    assert capsys.readouterr().out == "1 file checked: all are right\n"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("nope", "nope: there is no such folder"),
        (
            "vendors/acme-exports",
            "vendors/acme-exports: found the folder of one dialect; right would be the one it",
        ),
        ("empty", "empty: found a folder without dialects; right would be one that holds NAME/dialect.json"),
    ],
)
def test_a_folder_that_holds_no_dialects_is_refused(
    option: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "vendors").mkdir()
    (folder / "empty").mkdir()
    acme.write(folder / "vendors")
    assert main(["dialects", "--dialects", "vendors"]) == 0
    assert "acme-exports: Acme Exports (" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main(["dialects", "--dialects", option])
    assert caught.value.code == 2
    assert f"argument --dialects: {said}" in capsys.readouterr().err


def test_check_holds_a_vendors_documents_against_its_schemas(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = shipped_folder() / "wix-async-jobs" / "documents"
    assert main(["check", "--dialect", "wix-async-jobs", str(documents)]) == 0
    assert capsys.readouterr().out == "2 files checked: all are right\n"
    write(folder / "job.json", {"data": {"id": JOB, "kind": "newsletter-emails", "status": "done"}})
    assert main(["check", "--dialect", "conversio", "job.json"]) == 1
    printed = capsys.readouterr().out
    assert [name for name in ("`startedAt`", "`completedAt`", "`result`") if f"{name} is missing" in printed]
    assert "job.json:1:10: " in printed
    write(folder / "item.json", {"id": "1", "success": True})
    assert main(["check", "--dialect", "wix-async-jobs", "--document", "item", "item.json"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "missing.json"], "missing.json: there is no such file"),
        (["check", "."], ".: the folder holds no JSON file"),
        (["check", "--document", "item", "x.json"], "--document goes with --dialect"),
        (["check", "--dialect", "conversoi", "x.json"], "no dialect is called `conversoi`; did you mean `conversio`?"),
        (["serve", "conversio/happy-path", "--speed", "0"], "--speed: "),
        (["serve", "conversio/nothing"], "no scenario called `conversio/nothing` comes along"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    if "x.json" in arguments:
        write(folder / "x.json", {})
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["polish"], ["check"], ["serve", "x", "--speed", "2", "--manual"]])
def test_wrong_words_are_exit_2_as_well(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: fakejobs" in capsys.readouterr().err


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "fakejobs", "dialects"],
        stdout=written,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    os.close(written)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_reader_that_goes_away_in_the_middle_is_no_error_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as file:

        class Gone:
            def write(self, text: str) -> int:
                raise BrokenPipeError

            def fileno(self) -> int:
                return file.fileno()

        monkeypatch.setattr(sys, "stdout", Gone())
        assert main(["dialects"]) == 1


def test_the_package_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["fakejobs", "dialects"])
    sys.modules.pop("fakejobs.__main__", None)
    with pytest.raises(SystemExit) as caught:
        importlib.import_module("fakejobs.__main__")
    assert caught.value.code == 0
    assert "conversio: " in capsys.readouterr().out

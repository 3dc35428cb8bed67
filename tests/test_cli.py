"""The command line: what each command prints, and its exit code."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakejobs import serve as serving
from fakejobs.cli import main
from fakejobs.dialect.loader import dialect_names
from fakejobs.errors import UsageError
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
    assert "an export that works: http://127.0.0.1:" in printed
    assert "one that fails: The newsletter was deleted" in printed
    assert "asked for by another shop: 404 Not Found" in printed
    assert "eight days later: 404 Not Found" in printed
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
    assert "mine.json: File exists" in capsys.readouterr().err
    assert (folder / "mine.json").read_text() == "precious"


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


# ---------------------------------------------------------------------- serve


class Served:
    """A serving thread, its address, and a client for it."""

    def __init__(self, scenarios: list[str | Path], **options: Any) -> None:
        self._over = threading.Event()
        said: list[str] = []
        listening = threading.Event()

        def say(line: str) -> None:
            said.append(line)
            listening.set()

        settings: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "speed": None, "dialects": []}
        arguments = {**settings, **options, "say": say, "until": self._over}
        self._thread = threading.Thread(target=serving.serve, args=(scenarios,), kwargs=arguments)
        self._thread.start()
        assert listening.wait(30)
        self.url = said[0].removeprefix("listening on ")

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, data=body, headers={"X-ApiKey": "key-default"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def served() -> Iterator[Served]:
    serving = Served(["conversio/happy-path"])
    yield serving
    serving.stop()


def test_serve_plays_to_clients_and_time_stands_until_it_is_moved(served: Served) -> None:
    status, text = served.ask(f"/api/v1/async-jobs/{JOB}")
    assert (status, json.loads(text)["data"]["status"]) == (200, "pending")
    before = json.loads(served.ask("/__fakejobs__/clock")[1])["now"]
    after = json.loads(served.ask("/__fakejobs__/advance", b'{"minutes": 6}')[1])["now"]
    assert before < after
    assert json.loads(served.ask(f"/api/v1/async-jobs/{JOB}")[1])["data"]["status"] == "done"


def test_serve_shows_jobs_and_timeline_and_resets(served: Served) -> None:
    served.ask(f"/api/v1/async-jobs/{JOB}")
    jobs = json.loads(served.ask("/__fakejobs__/jobs")[1])
    assert jobs == [{"id": JOB, "tenant": "default", "app": None, "state": "queued", "polls": 1, "seen": ["pending"]}]
    assert "timeline of conversio/happy-path" in served.ask("/__fakejobs__/timeline")[1]
    assert served.ask("/__fakejobs__/reset", b"")[0] == 200
    assert json.loads(served.ask("/__fakejobs__/jobs")[1])[0]["polls"] == 0


def test_serve_explains_its_control_and_refuses_what_it_does_not_know(served: Served) -> None:
    assert "POST /__fakejobs__/advance" in served.ask("/__fakejobs__/")[1]
    assert served.ask("/__fakejobs__/advnace", b"{}")[0] == 404
    for body in (b"{broken", b"[]", b'{"weeks": 1}', b'{"hours": -1}', b'{"hours": "x"}'):
        status, text = served.ask("/__fakejobs__/advance", body)
        assert (status, text[:42]) == (400, 'the body has to be like {"hours": 1}: ' + text[38:42])


def test_serve_starts_now_unless_a_scenario_says_when(tmp_path: Path) -> None:
    dated = Path(write(tmp_path / "dated.json", {**GOOD, "clock": "2020-02-02T00:00:00Z"}))
    serving = Served([dated])
    try:
        assert json.loads(serving.ask("/__fakejobs__/clock")[1])["now"] == "2020-02-02T00:00:00+00:00"
    finally:
        serving.stop()


def test_serve_lets_time_run_as_fast_as_it_is_told() -> None:
    serving = Served(["conversio/happy-path"], speed=1_000_000.0)
    try:
        statuses = set()
        while "done" not in statuses:
            statuses.add(json.loads(serving.ask(f"/api/v1/async-jobs/{JOB}")[1])["data"]["status"])
    finally:
        serving.stop()


def test_serve_refuses_a_port_that_is_taken(served: Served) -> None:
    with pytest.raises(UsageError, match="in use"):
        serving.serve(
            ["conversio/happy-path"],
            host="127.0.0.1",
            port=int(served.url.rpartition(":")[2]),
            speed=1.0,
            dialects=[],
            say=print,
        )


def test_serve_is_over_when_the_process_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        handlers[signal.SIGTERM](signal.SIGTERM, None)

    monkeypatch.setattr("builtins.print", lambda line, **_: say(line))
    assert main(["serve", "conversio/happy-path"]) == 0
    assert set(handlers) == {signal.SIGINT, signal.SIGTERM}
    assert said[0].startswith("listening on http://127.0.0.1:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_in_peace_when_it_is_interrupted(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "fakejobs", "serve", "conversio/happy-path", "--speed", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
        process.send_signal(number)
        _, error = process.communicate(timeout=30)
    assert (process.returncode, error) == (0, "")

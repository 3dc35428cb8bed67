"""The modules that a drive names."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from driving import START, is_restored, module, modules, passed

from fakejobs.clock import VirtualClock
from fakejobs.errors import ClockError

__all__ = ["modules"]
pytestmark = pytest.mark.usefixtures("modules")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that nobody has imported yet."""
    home = tmp_path / "patient"
    home.mkdir()
    (home / "__init__.py").write_text("")
    (home / "naps.py").write_text("from time import sleep\ndef nap(): sleep(60)\n")
    (home / "late.py").write_text("import time\ndef nap(): time.sleep(60)\n")
    (home / "broken.py").write_text("import nobody_has_this\n")
    (home / "models.py").write_text("import json\nclass Model: name = 'x'\n")
    monkeypatch.syspath_prepend(tmp_path)
    return home


@pytest.mark.usefixtures("package")
def test_a_module_that_is_not_loaded_yet_is_imported() -> None:
    clock = VirtualClock(START)
    with clock.drive("patient.naps"):
        sys.modules["patient.naps"].nap()
    assert passed(clock) == 60


@pytest.mark.usefixtures("package")
def test_a_package_is_driven_with_all_that_is_in_it_loaded_before_or_meanwhile() -> None:
    import patient.naps  # type: ignore[import-not-found]  # noqa: PLC0415

    clock = VirtualClock(START)
    with clock.drive("patient"):
        patient.naps.nap()
        import patient.late  # type: ignore[import-not-found]  # noqa: PLC0415

        patient.late.nap()
    assert passed(clock) == 120
    assert is_restored()


def test_a_module_may_be_given_itself() -> None:
    client = module("given_client", "import time\ndef nap(): time.sleep(60)")
    clock = VirtualClock(START)
    with clock.drive(client):
        client.nap()
    assert passed(clock) == 60


def test_calls_from_another_module_are_not_driven() -> None:
    module("given_client", "import time")
    other = module("given_other", "import time\ndef now(): return time.time()")
    with VirtualClock(START).drive("given_client"):
        assert other.now() > START.timestamp() + 60


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import sleep",
        "import asyncio",
        "from asyncio import wait_for",
        "from asyncio import Event",
        "import concurrent.futures",
        "from queue import Queue",
        "from threading import Event",
        "def nap():\n import time\n time.sleep(1)",
        "class Client:\n async def nap(self):\n  def inner():\n   import asyncio\n  inner()",
    ],
)
def test_whatever_a_module_waits_with_is_something_to_drive(source: str) -> None:
    module("given_client", source)
    with VirtualClock().drive("given_client"):
        pass
    assert is_restored()


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("patient.nap",), "there is no module `patient.nap`; did you mean `patient.naps`?"),
        (("zzzyzzx",), "there is no module `zzzyzzx`"),
        (("nowhere.at_all",), "there is no module `nowhere.at_all`"),
        (("patient.naps.nap",), '`patient.naps.nap` is no module, but a name in one: drive("patient.naps")'),
        (("patient.naps", "patient.models"), "`patient.models` has nothing to drive: it uses none of anyio, asyncio, "),
        (("given_dates",), "time; it reads `datetime.now`: add datetime=True"),
        (("time",), "`time` is what others wait with: name the modules that use it, or none, for this thread"),
        (("asyncio.tasks",), "`asyncio.tasks` is what others wait with"),
        (("concurrent.futures",), "`concurrent.futures` is what others wait with"),
        (("fakejobs.clock",), "`fakejobs.clock` looks after the test or waits for the real world"),
        (("subprocess",), "`subprocess` looks after the test or waits for the real world, and stays on real time"),
        (("",), "found drive(''); give names of modules, say \"mypkg.client\", or modules"),
        (("patient..naps",), "found drive('patient..naps'); give names"),
        ((5,), "found drive(5); give names"),
        ((time.sleep,), "found drive(<built-in function sleep>); give names"),
    ],
)
@pytest.mark.usefixtures("package")
def test_a_name_that_cannot_be_driven_is_refused_before_time_is_touched(names: Any, complaint: str) -> None:
    import patient.naps  # noqa: PLC0415, F401

    module("given_dates", "from datetime import datetime")
    clock = VirtualClock()
    with pytest.raises(ClockError) as caught:
        clock.drive(*names)
    assert complaint in str(caught.value)
    assert is_restored()
    assert not clock.is_driving
    with clock.drive():
        assert clock.is_driving


@pytest.mark.usefixtures("package")
def test_what_a_module_cannot_import_is_its_own_error() -> None:
    with pytest.raises(ModuleNotFoundError, match="nobody_has_this"):
        VirtualClock().drive("patient.broken")
    assert is_restored()


def test_an_import_that_fails_without_a_name_is_its_own_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "unnamed_failure.py").write_text("raise ModuleNotFoundError('no reason')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no reason"):
        VirtualClock().drive("unnamed_failure")

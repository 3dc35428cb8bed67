"""What the README tells of retry libraries is what is tested."""

from __future__ import annotations

import re
from pathlib import Path


def test_each_row_of_the_readme_is_a_test_of_what_a_library_survives_and_one_of_what_it_does_not() -> None:
    here = Path(__file__).parent
    text = (here.parent / "README.md").read_text(encoding="utf-8")
    rows = text.partition("| library | survives | does not survive |")[2].partition("\n\n")[0].splitlines()[2:]
    libraries = {re.split(r"[ |]+", row)[1].replace("-", "_") for row in rows}
    tests = "".join(
        (here / f"test_retry_{each}.py").read_text(encoding="utf-8") for each in ("libraries", "transports")
    )
    assert len(libraries) >= 8
    for does in ("survives", "does_not_survive"):
        assert libraries == set(re.findall(rf"^def test_(\w+?)_{does}_", tests, re.MULTILINE))

"""The README's own code is run, as printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import fakejobs

README = Path(__file__).parent.parent / "README.md"
FILES = dict(re.findall(r"<!-- (\S+\.\w+) -->\n```\w+\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))


def test_every_piece_of_code_is_named_or_a_command() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("```python") + text.count("```json") == len(FILES)
    assert set(FILES) == {
        "export_client.py",
        "export.json",
        "test_export.py",
        "test_polling.py",
        "test_driven.py",
        "test_without_a_socket.py",
        "test_recorded.py",
        "test_configured_once.py",
        "test_in_unittest.py",
        "test_with_hypothesis.py",
    }


@pytest.mark.parametrize(
    "options", [(), ("-n", "2"), ("-p", "no:faker")], ids=["alone", "under xdist", "without Faker's plugin"]
)
def test_the_printed_tests_pass_as_printed(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    for name, text in FILES.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *options)
    result.assert_outcomes(passed=11)


def test_without_strict_the_second_test_fails_and_shows_the_timeline_as_the_text_says(
    pytester: pytest.Pytester,
) -> None:
    for name, text in FILES.items():
        (pytester.path / name).write_text(text.replace(', strict={"requests"}', ""), encoding="utf-8")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_export.py")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*fault that never fired: /jobs/0/steps/2 (503, Retry-After: 2)*"])


def test_the_least_scenario_is_enough() -> None:
    least = re.search(r"The least is `(\{.*?\})`\.", README.read_text(encoding="utf-8"))
    assert least is not None
    with fakejobs.FakeJobs() as fake:
        assert fake.play(json.loads(least[1])).jobs[0].phase == "succeeded"


def test_every_dialect_that_comes_along_is_in_the_readme_with_its_page() -> None:
    text = README.read_text(encoding="utf-8")
    for folder in (Path(fakejobs.__file__).parent / "dialects").iterdir():
        if folder.is_dir():
            assert f"| `{folder.name}` |" in text
            assert f"(fakejobs/dialects/{folder.name}/README.md)" in text
            page = (folder / "README.md").read_text(encoding="utf-8")
            assert "## Evidenced" in page
            assert "## Chosen" in page


def test_links_within_the_project_lead_somewhere() -> None:
    for page in (README, *README.parent.glob("fakejobs/dialects/*/README.md")):
        for link in re.findall(r"\]\((?!https?://|#)([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), link

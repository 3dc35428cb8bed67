"""Bodies: what the three directives mean, what Faker makes up, and that it repeats."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.dialect.overlays import ABSENT
from fakejobs.documents import Path, pointer
from fakejobs.scenario.bodies import Fake, read_body, read_value, resolved

KEYS = st.text(max_size=4).filter(lambda key: not key.startswith("$"))
DIRECTIVES = ("$fake", "$absent", "$literal")
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def read(value: Any) -> tuple[Any, list[str]]:
    """What a value is read into, and what is complained of."""
    said: list[str] = []
    return read_value(value, (), lambda path, message: said.append(f"{pointer(path)}: {message}")), said


@settings(deadline=None)
@given(PLAIN)
def test_a_body_without_directives_is_taken_as_it_stands(value: Any) -> None:
    assert read(value) == (value, [])
    assert resolved(value, "a seed") == value


@settings(deadline=None)
@given(PLAIN)
def test_a_literal_is_taken_as_it_stands_whatever_is_in_it(value: Any) -> None:
    inside = {"$fake": value, "$absent": [value]}
    assert read({"a": [{"$literal": inside}]}) == ({"a": [inside]}, [])
    assert resolved(read({"$literal": {"$fake": value}})[0], "a seed") == {"$fake": value}


@settings(deadline=None)
@given(st.sampled_from(DIRECTIVES), PLAIN, KEYS.filter(lambda key: key not in DIRECTIVES), PLAIN)
def test_only_an_object_with_one_key_is_a_directive(directive: str, held: Any, other: str, value: Any) -> None:
    body = {directive: held, other: value}
    assert read(body) == (body, [])


def test_absent_marks_what_is_to_be_removed() -> None:
    assert read({"a": {"$absent": True}, "b": [{"$absent": True}]}) == ({"a": ABSENT, "b": [ABSENT]}, [])
    assert resolved({"a": ABSENT}, "a seed") == {"a": ABSENT}


@pytest.mark.parametrize("held", [False, None, 1, "yes"])
def test_absent_takes_true_and_nothing_else(held: Any) -> None:
    (said,) = read({"a": {"$absent": held}})[1]
    assert said.startswith("/a/$absent: found ")
    assert said.endswith("; right would be `true`, all that `$absent` takes")


@pytest.mark.parametrize(
    "value",
    [{"$absent": True}, {"$fake": "file_name"}, {"$literal": ["a"]}],
)
def test_a_whole_body_is_an_object(value: Any) -> None:
    said: list[tuple[Path, str]] = []
    assert read_body(value, ("body",), lambda path, message: said.append((path, message))) is None
    assert [path for path, _ in said] == [("body",)]
    assert said[0][1].startswith("a body is an object")


def test_a_whole_body_that_is_wrong_already_is_complained_of_once() -> None:
    said: list[str] = []
    assert read_body({"$fake": "file_nam"}, (), lambda _, message: said.append(message)) is None
    assert said == ["Faker has no provider `file_nam`; did you mean `file_name`?"]
    assert read_body({"$literal": {"$and": []}}, (), lambda _, message: said.append(message)) == {"$and": []}
    assert len(said) == 1


@pytest.mark.parametrize("key", ["$and", "$date", "$absolute", "$lit", "$ref", "$take-away", "fake", "absent", "$"])
def test_a_key_that_is_clearly_the_document_s_own_is_taken_as_it_stands(key: str) -> None:
    assert read({"a": {key: "file_name"}}) == ({"a": {key: "file_name"}}, [])


@pytest.mark.parametrize(
    ("key", "near"),
    [("$fak", "$fake"), ("$faker", "$fake"), ("$Fake", "$fake"), ("$absnt", "$absent"), ("$litteral", "$literal")],
)
def test_a_slip_in_a_directive_is_refused_and_told_how_to_mean_it(key: str, near: str) -> None:
    right = f'right would be `{near}`, or {{"$literal": {{"{key}": …}}}} for a document that holds it'
    assert read([{"a": {key: "x"}}]) == ([{"a": None}], [f"/0/a/{key}: `{key}` is no directive; {right}"])
    assert read({"$literal": {key: "x"}}) == ({key: "x"}, [])
    assert read({key: "x", "other": 1}) == ({key: "x", "other": 1}, [])


def test_a_fake_names_a_provider_or_a_provider_with_its_arguments() -> None:
    bare = read({"a": {"$fake": "file_name"}})[0]["a"]
    assert bare == Fake(provider="file_name", arguments={}, place="/a/$fake")
    given_more = read({"$fake": {"file_name": {"extension": "csv"}}})[0]
    assert given_more == Fake(provider="file_name", arguments={"extension": "csv"}, place="/$fake")
    assert resolved(given_more, "a seed").endswith(".csv")


@pytest.mark.parametrize("held", [7, None, [], {}, {"a": {}, "b": {}}, {"file_name": "csv"}])
def test_a_fake_of_another_form_is_told_the_form(held: Any) -> None:
    said = '/$fake: `$fake` takes a Faker provider: "file_name", or {"file_name": {"extension": "csv"}}'
    assert read({"$fake": held}) == (None, [said])


@pytest.mark.parametrize(
    "name", ["seed", "seed_instance", "unique", "optional", "items", "_proxy", "__init__", "", "é"]
)
def test_what_faker_can_do_beside_making_up_values_is_no_provider(name: str) -> None:
    value, (said,) = read({"$fake": name})
    assert value is None
    assert said.startswith(f"/$fake: Faker has no provider `{name}`")


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"binary": {"length": 2}}, '`binary` of {"length": 2}: it is made of bytes, which JSON cannot say'),
        ({"pyint": {"min_value": 3, "max_value": 1}}, '`pyint` of {"min_value": 3, "max_value": 1}: '),
        ("enum", "`enum`: Provider.enum() missing 1 required"),
    ],
)
def test_what_a_provider_cannot_make_is_told_with_its_arguments(held: Any, why: str) -> None:
    value, (said,) = read({"$fake": held})
    assert value is None
    assert said.startswith(f"/$fake: Faker cannot make {why}")
    assert "\n" not in said


@pytest.mark.parametrize(
    "provider",
    [
        *("file_name", "pybool", "pyint", "pyfloat", "pydecimal", "pylist", "pydict", "pyset", "date", "date_object"),
        *("uuid4", "time_delta", "null_boolean", "profile", "locale"),
    ],
)
def test_what_faker_makes_is_json(provider: str) -> None:
    def is_json(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and is_json(held) for key, held in value.items())
        if isinstance(value, list):
            return all(map(is_json, value))
        return value is None or isinstance(value, (str, int, float))

    value, said = read({"$fake": provider})
    assert said == []
    assert is_json(resolved(value, "a seed"))


@settings(deadline=None)
@given(st.text(max_size=8))
def test_a_faked_value_repeats_for_its_seed(seed: str) -> None:
    body, _ = read({"name": {"$fake": "name"}, "rows": [{"$fake": "sentence"}, {"$fake": "sentence"}]})
    once = resolved(body, seed)
    resolved(body, seed + "!")
    assert resolved(body, seed) == once
    assert once["rows"][0] != once["rows"][1]


def test_faked_values_are_the_same_in_every_run() -> None:
    script = (
        "from fakejobs.scenario.bodies import read_value, resolved;"
        "body = read_value({'a': {'$fake': 'name'}, 'b': {'$fake': 'words'}}, (), print);"
        "print(resolved(body, 'a seed'))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    body, _ = read({"a": {"$fake": "name"}, "b": {"$fake": "words"}})
    assert runs == {f"{resolved(body, 'a seed')}\n"}


def test_two_seeds_and_two_places_differ() -> None:
    here, there = read({"a": {"$fake": "uuid4"}, "b": {"$fake": "uuid4"}})[0].values()
    made = {resolved(each, seed) for each in (here, there) for seed in ("one", "two")}
    assert len(made) == 4


def test_faked_values_repeat_when_several_threads_make_them_up() -> None:
    body, _ = read({"a": {"$fake": {"pylist": {"nb_elements": 20, "value_types": ["int"]}}}})
    wanted = {seed: resolved(body, seed) for seed in map(str, range(4))}
    found: list[bool] = []

    def work(seed: str) -> None:
        found.extend(resolved(body, seed) == wanted[seed] for _ in range(25))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [True] * 100


def test_a_tuple_is_resolved_as_the_list_that_it_stands_for() -> None:
    assert resolved(({"a": 1}, 2), "a seed") == [{"a": 1}, 2]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"file_name": {"extensio": "csv"}}, "has no argument `extensio`; did you mean `extension`?"),
        ({"uuid4": {"zzz": 1}}, "has no argument `zzz`; it takes `cast_to`"),
        ({"am_pm": {"zzz": 1}}, "has no argument `zzz`; it takes none"),
    ],
)
def test_an_argument_that_a_provider_does_not_have_is_named_with_those_it_has(held: Any, said: str) -> None:
    complaints: list[str] = []
    read_body({"$fake": held}, (), lambda _, message: complaints.append(message))
    assert [said in complaint for complaint in complaints] == [True]

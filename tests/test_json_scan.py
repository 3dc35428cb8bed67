"""JSON text -> value and places, and the complaints about text that is none."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakejobs.documents import parse
from fakejobs.documents.json_scan import scan
from fakejobs.documents.json_text import Mark, Text
from fakejobs.errors import DocumentError

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
SPACE = st.text(" \t\n\r", max_size=3)
JSONISH = st.text(st.sampled_from(list('{}[]",:\\ \n\rtrue01.-eEnu/#\ud83d\ude00\u00a0\t\x00é')), max_size=40)


@st.composite
def spaced(draw: st.DrawFn) -> tuple[str, Any]:
    """A value, and its JSON with any white space between the tokens."""
    value = draw(JSON)
    ascii_only = draw(st.booleans())

    def write(part: Any) -> str:
        gap = [draw(SPACE) for _ in range(4)]
        if isinstance(part, dict):
            members = [f"{draw(SPACE)}{write(key)}{gap[0]}:{gap[1]}{write(inner)}" for key, inner in part.items()]
            return gap[2] + "{" + gap[0] + ",".join(members) + gap[1] + "}" + gap[3]
        if isinstance(part, list):
            return gap[2] + "[" + gap[0] + ",".join(write(inner) for inner in part) + gap[1] + "]" + gap[3]
        return gap[0] + json.dumps(part, ensure_ascii=ascii_only) + gap[1]

    return write(value), value


def load(text: Text) -> object:
    """The value of a text, by the quick way where that will do."""
    return parse(text.text, text.file).value


def complaint(text: str) -> str:
    """The one complaint about a text, without the name of the file."""
    with pytest.raises(DocumentError) as caught:
        load(Text(text, "x.json"))
    (problem,) = caught.value.problems
    return str(problem).removeprefix("x.json:")


@given(spaced())
def test_reading_agrees_with_the_standard_library_in_any_white_space(given_: tuple[str, Any]) -> None:
    text, value = given_
    assert json.dumps(load(Text(text, "x"))) == json.dumps(scan(Text(text, "x"))[0]) == json.dumps(value)
    assert load(Text("\ufeff" + text, "x")) == value


@given(spaced())
def test_every_mark_is_where_the_text_of_its_key_and_of_its_value_begins(given_: tuple[str, Any]) -> None:
    text, value = given_
    decoder = json.JSONDecoder()

    def check(mark: Mark, part: Any, step: str | int | None) -> None:
        assert json.dumps(decoder.raw_decode(text, mark.start)[0]) == json.dumps(part)
        assert decoder.raw_decode(text, mark.key)[0] == step if isinstance(step, str) else mark.key == -1
        steps = list(part) if isinstance(part, dict) else list(range(len(part))) if isinstance(part, list) else []
        assert list(mark.inside) == steps
        for inner in steps:
            check(mark.inside[inner], part[inner], inner)

    check(scan(Text(text, "x"))[1], value, None)


@given(st.text() | JSONISH | st.text(st.characters()))
@example('["\ud800"]')
def test_any_text_is_read_or_refused_with_one_problem_inside_it(text: str) -> None:
    source = Text(text, "x")
    try:
        value = load(source)
    except DocumentError as error:
        (problem,) = error.problems
        lines = source.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 2
    else:
        assert value == json.loads(source.text)


@given(st.text() | JSONISH)
def test_the_quick_reading_and_the_scan_take_and_refuse_the_same(text: str) -> None:
    def outcome(read: Any) -> str:
        try:
            return json.dumps(read(Text(text, "x")))
        except DocumentError as error:
            return str(error)

    assert outcome(load) == outcome(lambda source: scan(source)[0])


@given(spaced(), st.data())
def test_a_text_with_one_character_less_is_json_or_has_one_problem_inside_its_lines(
    given_: tuple[str, Any], data: st.DataObject
) -> None:
    text, _ = given_
    at = data.draw(st.integers(0, len(text) - 1))
    shorter = text[:at] + text[at + 1 :]
    try:
        load(Text(shorter, "x"))
    except DocumentError as error:
        (problem,) = error.problems
        assert 1 <= problem.line <= 1 + shorter.count("\n") + shorter.count("\r")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: found nothing; right would be a JSON document"),
        (" \n ", "1:1: found nothing; right would be a JSON document"),
        ('{"a": 1,\n "b": 2,\n}', "2:8: found a comma before `}`; right would be none after the last"),
        ("[1,]", "1:3: found a comma before `]`; right would be none after the last"),
        ('{"a": 1\n "b": 2}', "1:8: a comma is missing here"),
        ("[[] []]", "1:4: a comma is missing here"),
        ('{"j": [1 2]}', "1:9: a comma is missing here (at /j)"),
        ("[1,,2]", "1:4: found `,`; right would be a value"),
        ("[1, 2}", "1:6: found `}`; right would be `,` or `]`"),
        ('["a": 1]', "1:5: found `:`; right would be `,` or `]`"),
        ('{"a" 1}', "1:6: found `1`; right would be `:` after the key `a`"),
        ('{"a" b}', "1:6: found `b`; right would be `:` after the key `a`"),
        ('{"a": }', "1:7: found `}`; right would be a value"),
        ("{'a': 1}", "1:2: found `'`; right would be a double quote"),
        ("[“a”]", "1:2: found `“`; right would be a double quote"),
        ("{a: 1}", '1:2: found `a` without quotes; right would be `"a"`'),
        ("[foo-bar]", '1:2: found `foo-bar` without quotes; right would be `"foo-bar"`'),
        ("[True]", "1:2: found `True` without quotes; right would be `true`"),
        ("[None]", "1:2: found `None` without quotes; right would be `null`"),
        ("{true: 1}", '1:2: found `true` without quotes; right would be `"true"`'),
        ("{1: 2}", "1:2: found `1`; right would be a key in double quotes or `}`"),
        ('{"a": 1, 2: 2}', "1:10: found `2`; right would be a key in double quotes"),
        ("{} // end", "1:4: found a comment; right would be none, for JSON has no comments"),
        ("# top\n{}", "1:1: found a comment; right would be none, for JSON has no comments"),
        ("[1, /* two */ 2]", "1:5: found a comment; right would be none, for JSON has no comments"),
        ("{}\n{}", "2:1: found `{`; right would be nothing more: a file holds one document"),
        ('{"a":1}]', "1:8: found `]`; right would be nothing more: a file holds one document"),
        ("[NaN]", "1:2: found `NaN`, which is no JSON number; right would be a finite one, or `null`"),
        ("[-Infinity]", "1:2: found `-Infinity`, which is no JSON number; right would be a finite one, or `null`"),
        ("[01]", "1:2: found `01`, which is no JSON number; right would be one like 10, -0.5 or 1e3"),
        ("[.5]", "1:2: found `.5`, which is no JSON number; right would be one like 10, -0.5 or 1e3"),
        ("[-]", "1:2: found `-`, which is no JSON number; right would be one like 10, -0.5 or 1e3"),
        ("[1e999]", "1:2: found 1e999; right would be a number of at most 4300 digits and below 1.8e308"),
        ('["a]\n', '1:2: the string that begins here does not end on its line; right would be a closing `"`'),
        ('["a', '1:2: the string that begins here does not end on its line; right would be a closing `"`'),
        ('["a\tb"]', "1:4: found U+0009 (a tab) in a string; right would be `\\u0009`"),
        ('["\x01"]', "1:3: found U+0001 (a control character) in a string; right would be `\\u0001`"),
        ("[1,\u00a02]", "1:4: found U+00A0 (no-break space); right would be an ordinary space, or nothing"),
        ('["\\ud83d"]', "1:3: found half of a surrogate pair; right would be a whole character"),
        ('["\\n\\ude00"]', "1:5: found half of a surrogate pair; right would be a whole character"),
        ('["\\ud83d\\ude00\ud83d"]', "1:15: found half of a surrogate pair; right would be a whole character"),
        ('{"a": [1, 2\n\n', "1:12: the text ends here, inside the array of line 1; right would be `,` or `]` (at /a)"),
        ('{"a": {"b": 1}', "1:15: the text ends here, inside the object of line 1; right would be `,` or `}`"),
        ('{"id": 1,\r\n"id": 2}', "2:1: the key `id` stands here again; it stands on line 1 already"),
        ('[{"a": {"b": 1, "b": 1}}]', "1:17: the key `b` stands here again; it stands on line 1 already (at /0/a)"),
    ],
)
def test_a_slip_is_told_where_it_is_with_what_would_be_right(text: str, message: str) -> None:
    assert complaint(text) == message


@pytest.mark.parametrize(
    ("escape", "named"), [("\\q", "`\\q`"), ("\\u12", "`\\u12`"), ("\\\x02", "of U+0002 (a control character)")]
)
def test_an_escape_that_json_does_not_have_is_named(escape: str, named: str) -> None:
    assert complaint(f'["{escape}"]').startswith(f"1:3: found the escape {named}; right would be one of ")


def test_a_backslash_at_the_very_end_is_an_escape_of_nothing() -> None:
    assert complaint('["\\').startswith("1:3: found the escape `\\`; right would be one of ")


def test_a_number_of_too_many_digits_is_refused_shortened() -> None:
    limit = sys.get_int_max_str_digits()
    message = complaint("[" + "1" * (limit + 1) + "]")
    assert message.startswith("1:2: found 1111")
    assert message.endswith(f"right would be a number of at most {limit} digits and below 1.8e308")


@pytest.mark.parametrize("count", [201, 5_000, 500_000])
def test_nesting_too_deep_is_refused_where_it_becomes_so(count: int) -> None:
    assert complaint("[" * count) == "1:201: this is nested too deeply; right would be 200 levels at most"
    assert complaint("[" * count + "]" * count).startswith("1:201: this is nested")


def test_two_hundred_levels_are_read_without_much_room_on_the_stack() -> None:
    text = '{"a":' * 100 + "[" * 100 + "]" * 100 + "}" * 100
    value, _ = scan(Text(text, "x"))
    assert value == json.loads(text) == load(Text(text, "x"))


def test_lines_end_as_on_any_system_and_columns_count_characters() -> None:
    text = Text("a\r\nb\rc\nd\U0001f600e", "x")
    places = [text.line_and_column(text.text.index(letter)) for letter in "abcde"]
    assert places == [(1, 1), (2, 1), (3, 1), (4, 1), (4, 3)]


def test_escaped_whole_pairs_are_one_character() -> None:
    assert load(Text('["\\ud83d\\ude00\\u00e9"]', "x")) == ["\U0001f600é"]


def test_a_key_is_marked_apart_from_its_value() -> None:
    root = scan(Text('{"a": [true]}', "x"))[1]
    assert (root.key, root.start) == (-1, 0)
    assert (root.inside["a"].key, root.inside["a"].start) == (1, 6)
    assert (root.inside["a"].inside[0].key, root.inside["a"].inside[0].start) == (-1, 7)


@pytest.mark.parametrize("text", ["[1,]", '{"a": NaN}', '{"a": 1, "a": 2}', "[1e999]", '["\\ud83d"]', "[" * 300])
def test_a_complaint_stands_alone_without_that_of_the_standard_library(text: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load(Text(text, "x.json"))
    assert caught.value.__context__ is None or caught.value.__suppress_context__

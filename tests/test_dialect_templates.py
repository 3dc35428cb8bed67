"""Templates: JSON with holes, and what may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.dialect.overlays import ABSENT, settled
from fakejobs.dialect.templates import Language, Scope, TemplateError, written

PLAIN = Language(time="rfc3339")
STRICT = Language(
    time="rfc3339",
    templates=dict.fromkeys(("job", "item"), lambda _scope: {}),
    documents={"job": "job", "item": "item"},
    roots={"job": frozenset({"id", "word"}), "option": frozenset({"nulls"}), "page": frozenset({"items"})},
    here=frozenset({"job", "jobs", "option", "page", "base"}),
    states={"queued": "waiting", "done": "succeeded", "waiting": "waiting", "succeeded": "succeeded"},
)
literal_text = st.text().filter(lambda text: "${" not in text)
literal_keys = literal_text.filter(lambda text: "?" not in text and not text.startswith("$"))
literals: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | literal_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(literal_keys, inner, max_size=3),
    max_leaves=8,
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Job:
    """A job as far as templates see it."""

    names: Mapping[str, Any]
    overlays: tuple[Any, ...] = field(default=())
    noted: list[Any] = field(default_factory=list)

    def note(self, document: Any) -> None:
        self.noted.append(document)

    def get(self, name: str) -> Any:
        return self.names.get(name)


def rendered(template: Any, language: Language = PLAIN, **roots: Any) -> Any:
    return language.compile(template)(Scope(roots))


def complaint(template: Any, language: Language = STRICT) -> tuple[tuple[str | int, ...], str]:
    with pytest.raises(TemplateError) as found:
        language.compile(template)
    return found.value.path, found.value.message


# ---------------------------------------------------------------------- literals and holes


@settings(max_examples=60)
@given(literals)
def test_json_without_holes_and_directives_stands_for_itself(value: Any) -> None:
    assert rendered(value) == value


@settings(max_examples=60)
@given(anything)
def test_a_literal_is_taken_as_it_stands(value: Any) -> None:
    assert rendered({"a": {"$literal": value}}) == {"a": value}


@given(anything)
def test_a_hole_alone_keeps_the_type_of_what_it_names(value: Any) -> None:
    assert rendered(["${root.a.b}"], root={"a": {"b": value}}) == [value]


def test_a_hole_inside_a_text_is_written_out() -> None:
    values = {"text": "ä", "none": None, "yes": True, "count": 3, "list": ["ß", False], "empty": ""}
    template = "<${r.text}${r.none}|${r.yes}|${r.count}|${r.list}|${r.empty}>"
    assert rendered(template, r=values) == '<ä|true|3|["ß", false]|>'
    assert rendered("${r.text}${r.text}", r=values) == "ää"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), ("a", "a"), (True, "true"), (1.5, "1.5"), ({"a": 1}, '{"a": 1}')]
)
def test_a_value_is_written_as_json_but_for_texts_and_null(value: Any, text: str) -> None:
    assert written(value) == text


def test_what_is_not_there_is_null() -> None:
    assert rendered(["${a}", "${a.b.c}", "${text.b}", "${job.x}"], text="t", job=Job({})) == [None] * 4


def test_filters_follow_a_bar_and_work_one_after_the_other() -> None:
    assert rendered("${ job.at | time }", job=Job({"at": 0})) == "1970-01-01T00:00:00Z"
    assert rendered("${job.at|epoch}", job=Job({"at": 5_000_000})) == 5
    assert rendered("${job.none|time|or:never}", job=Job({})) == "never"
    assert rendered("at ${job.at|epoch-ms}", job=Job({"at": 5_000})) == "at 5"


def test_an_unclosed_hole_is_text() -> None:
    assert rendered("${job.id") == "${job.id"


# ---------------------------------------------------------------------- keys with a question mark


def test_a_key_with_a_question_mark_is_left_out_while_its_value_is_null() -> None:
    template = {"id": "${job.id}", "url?": "${job.url}"}
    assert rendered(template, job=Job({})) == {"id": None}
    assert rendered(template, job=Job({"id": "7", "url": ""})) == {"id": "7", "url": ""}


@pytest.mark.parametrize(("options", "document"), [({}, {}), ({"nulls": False}, {}), ({"nulls": True}, {"at": None})])
def test_a_key_that_names_an_option_is_null_where_the_option_is_on(options: Any, document: Any) -> None:
    assert rendered({"at?nulls": "${job.at}"}, job=Job({}), option=options) == document


def test_a_default_of_nothing_is_nothing() -> None:
    assert rendered({"by?": {"$default": "${job.app}"}}, job=Job({})) == {}


# ---------------------------------------------------------------------- directives


def test_use_puts_another_template_in_its_place() -> None:
    language = Language(time="epoch")
    language.templates["creator"] = language.compile({"name": "${job.tenant}"})
    assert rendered({"by": {"$use": "creator"}}, language, job=Job({"tenant": "a"})) == {"by": {"name": "a"}}


def test_over_a_document_the_bodies_of_its_subject_are_laid_one_after_the_other() -> None:
    language = Language(time="epoch", documents={"job": "job"})
    language.templates["job"] = language.compile({"id": "${job.id}", "by": {"$default": {"type": "user", "user": "u"}}})
    bodies = ({"by": {"type": "app"}, "extra": 1}, {"extra": ABSENT, "more": [ABSENT, 2]})
    assert rendered({"$use": "job"}, language, job=Job({"id": "7"}, bodies)) == {
        "id": "7",
        "by": {"type": "app"},
        "more": [2],
    }
    assert rendered({"$use": "job"}, language, job=Job({"id": "7"})) == {"id": "7", "by": {"type": "user", "user": "u"}}


def test_each_makes_a_list_of_one_value_for_each_of_a_row() -> None:
    language = Language(time="epoch", documents={"job": "job"})
    language.templates["job"] = language.compile({"id": "${job.id}"})
    jobs = [Job({"id": "1"}), Job({"id": "2"}, ({"x": 1},))]
    assert rendered({"$each": "jobs", "$use": "job"}, language, jobs=jobs) == [{"id": "1"}, {"id": "2", "x": 1}]
    assert rendered(
        {"$each": "page.rows", "as": "row", "value": "${row.n}-${base}"}, page={"rows": ({"n": 1},)}, base="b"
    ) == ["1-b"]


@pytest.mark.parametrize("row", [None, [], 5, "text", {"a": 1}])
def test_each_of_what_is_no_row_is_an_empty_list(row: Any) -> None:
    assert rendered({"$each": "ask.body", "as": "row", "value": "${row}"}, ask={"body": row}) == []


@pytest.mark.parametrize(
    ("state", "phase", "value"),
    [
        ("done", "succeeded", "by its state"),
        ("partial", "succeeded", "by its phase"),
        ("failed", "failed", "either"),
        ("cancelled", "failed", "either"),
        ("queued", "waiting", "else"),
    ],
)
def test_by_chooses_by_state_then_by_phase_then_by_the_star(state: str, phase: str, value: str) -> None:
    template = {"$by": {"succeeded": "by its phase", "done": "by its state", "failed|cancelled": "either", "*": "else"}}
    known = ("done", "failed", "cancelled", "succeeded")
    language = Language(time="epoch", states={**dict(zip(known, known, strict=True)), state: phase})
    assert rendered(template, language, job=Job({"state": state})) == value


def test_by_without_a_fitting_choice_is_null() -> None:
    assert rendered({"$by": {"done": 1}}, job=Job({"state": "queued"})) is None


def test_when_holds_if_all_of_its_tests_hold() -> None:
    template = {"$when": {"me.kind": "key", "me.app": None}, "then": "${me.name}", "else": ["no"]}
    assert rendered(template, me={"kind": "key", "name": "shop"}) == "shop"
    assert rendered(template, me={"kind": "key", "app": "a"}) == ["no"]
    assert rendered({"$when": {"me.kind": "key"}, "then": 1}, me={}) is None
    assert rendered({"$when": {"me.kind": "key"}, "else": 1}, me={"kind": "key"}) is None


def test_a_default_that_nothing_replaces_is_what_it_holds() -> None:
    assert settled(rendered({"$default": {"a": "${job.id}"}}, job=Job({"id": "7"}))) == {"a": "7"}


def test_a_key_with_a_dollar_that_is_no_directive_is_a_key() -> None:
    assert rendered({"$and": ["${base}"]}, base="b") == {"$and": ["b"]}


# ---------------------------------------------------------------------- mistakes, with their place


@pytest.mark.parametrize(
    ("template", "path", "message"),
    [
        (
            {"a": ["x ${jbo.id}"]},
            ("a", 0),
            "`jbo` is not known here; known are `base`, `job`, `jobs`, `option`, `page`",
        ),
        ({"a": "${}"}, ("a",), "`` is not known here"),
        ({"a": "${job.idd}"}, ("a",), "`job.idd` is not known; `job` has `id`, `word`"),
        ({"a": "${job}"}, ("a",), "`job` is not known; `job` has `id`, `word`"),
        ({"a": "${job.id|upper}"}, ("a",), "`upper` is not a filter; filters are `epoch`"),
        ({"a?null": None}, ("a?null",), "`option.null` is not known; `option` has `nulls`"),
        ({"a": {"$use": "jbo"}}, ("a", "$use"), "no template is called `jbo`; there are `item`, `job`"),
        ({"a": {"$use": "item"}}, ("a", "$use"), "`item` is the document of `item`, which is not at hand here"),
        ({"$use": {}}, ("$use",), "`$use` takes a text"),
        ({"$use": "job", "extra": 1}, ("extra",), "`extra` does not go with `$use`; it would be ignored"),
        ({"$each": "jbos", "$use": "job"}, ("$each",), "`jbos` is not known here"),
        ({"$each": ["jobs"], "$use": "job"}, ("$each",), "`$each` takes a text"),
        ({"$each": "jobs", "$use": 3}, ("$use",), "`$use` takes a text"),
        ({"$each": "jobs"}, (), "`$each` takes either `$use` or `value` beside it"),
        ({"$each": "jobs", "$use": "job", "value": 1}, (), "`$each` takes either `$use` or `value` beside it"),
        ({"$each": "jobs", "as": 3, "value": 1}, (), "and a text as `as`"),
        ({"$each": "jobs", "as": "row", "value": "${rwo}"}, ("value",), "`rwo` is not known here; known are `base`"),
        ({"$each": "jobs", "value": "${job.idd}"}, ("value",), "`job.idd` is not known"),
        (
            {"$each": "page.items", "$use": "job"},
            ("$use",),
            "`job` is the document of `job`, which is not at hand here",
        ),
        ({"$by": "done"}, ("$by",), "`$by` takes an object"),
        ({"$by": {"done|ended": 1}}, ("$by", "done|ended"), "`ended` is no state and no phase; there are `done`"),
        ({"$by": {"done": "${x}"}}, ("$by", "done"), "`x` is not known here"),
        ({"$when": ["a"]}, ("$when",), "`$when` takes an object"),
        ({"$when": {"x.y": 1}}, ("$when",), "`x` is not known here"),
        ({"$when": {}, "then": "${x}"}, ("then",), "`x` is not known here"),
        ({"$when": {}, "else": "${x}"}, ("else",), "`x` is not known here"),
        ({"$when": {}, "than": 1}, ("than",), "`than` does not go with `$when`"),
        ({"$default": "${x}"}, ("$default",), "`x` is not known here"),
        ({"$literal": 1, "then": 2}, ("then",), "`then` does not go with `$literal`"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(template: Any, path: tuple[str | int, ...], message: str) -> None:
    found = complaint(template)
    assert found[0] == path
    assert message in found[1]


def test_a_root_without_names_says_so() -> None:
    language = Language(time="epoch", roots={"option": frozenset()})
    assert complaint({"a?x": 1}, language)[1] == "`option.x` is not known; `option` has no names"


def test_a_name_given_to_each_of_a_row_is_known_inside_and_may_hide_another() -> None:
    template = {"$each": "page.items", "as": "row", "value": {"a": "${row.any.thing}", "b": "${job.id}"}}
    assert rendered(template, STRICT, page={"items": [{"any": {"thing": 1}}]}, job=Job({"id": "7"})) == [
        {"a": 1, "b": "7"}
    ]
    hiding = {"$each": "page.items", "as": "job", "value": "${job.any}"}
    assert rendered(hiding, STRICT, page={"items": [{"any": 1}]}) == [1]


def test_the_known_states_may_be_named_and_the_star() -> None:
    template = {"$by": {"done|waiting": 1, "*": 2}}
    assert rendered(template, STRICT, job=Job({"state": "done"})) == 1


# ---------------------------------------------------------------------- choosing, naming, laying


def test_a_switch_chooses_by_a_text_and_by_nothing_else() -> None:
    template = {"$switch": "${job.kind}", "cases": {"a|b": 1, "c": "${job.kind}", "*": "other"}}
    assert [rendered(template, job={"kind": kind}) for kind in ("a", "b", "c", "d", None, 7)] == [
        1,
        1,
        "c",
        "other",
        "other",
        "other",
    ]
    assert rendered({"$switch": {"$first": [None, "a"]}, "cases": {"b": 1}}) is None
    assert complaint({"$switch": "a"}) == ((), "`$switch` takes `cases` beside it, an object")
    assert complaint({"$switch": "a", "cases": {"a": "${nobody}"}})[0] == ("cases", "a")


def test_let_names_what_is_made_once_within_itself_alone() -> None:
    template = {
        "$let": {"a": "${job.n}", "b": {"c": 2}},
        "in": ["${let.a}", "${let.b.c}", {"$let": {"a": 3}, "in": "${let.a}"}],
    }
    assert rendered(template, job={"n": 1}) == [1, 2, 3]
    assert complaint({"$let": {}}) == ((), "`$let` takes `in` beside it")
    assert complaint({"$let": {"a": 1}, "in": "${let.b}"}) == (("in",), "`let.b` is not known; `let` has `a`")
    assert complaint("${let.a}")[1].startswith("`let` is not known here")


def test_what_is_laid_over_a_value_says_more_of_it_and_null_says_nothing() -> None:
    assert rendered({"$laid": [{"a": 1, "b": {"c": 2}}, "${job.over}"]}, job={"over": {"a": None, "b": {"d": 3}}}) == {
        "a": 1,
        "b": {"c": 2, "d": 3},
    }
    assert rendered({"$laid": [1, None, [2]]}) == [2]
    assert rendered({"$laid": []}) is None
    assert complaint({"$laid": {}}) == (("$laid",), "`$laid` takes a list")
    assert complaint({"$laid": [1, "${nobody}"]})[0] == ("$laid", 1)


def test_the_first_that_is_there_is_taken() -> None:
    assert rendered({"$first": [None, "${job.a}", "${job.b}", 3]}, job={"b": 0}) == 0
    assert rendered({"$first": []}) is None
    assert complaint({"$first": [1, "${nobody}"]})[0] == ("$first", 1)

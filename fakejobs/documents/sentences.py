"""One failed schema keyword -> what is said of it: found this, right would be that, did you mean the other?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fakejobs.documents.formats import FORMATS
from fakejobs.documents.json_text import Path
from fakejobs.documents.reach import Known
from fakejobs.documents.spelling import counted, either, kind, listed, nearest, noun, quoted, shown
from fakejobs.structs import replace, struct

OWN = "x-complaint"
"""The key by which a schema words its own complaint, with ``{found}`` where what was found is to be told."""


@struct
class Complaint:
    """What is wrong at a path below the value that was judged.

    ``rights`` are the phrases of what would be right and ``choices`` the words among them, for complaints that can
    be joined; ``known`` are the phrases of the keys that are known where one is not, ``word`` the key that is missing,
    or that an unknown one was meant to be; ``is_misplaced`` says of an unknown one that it is known elsewhere.
    """

    path: Path
    keyword: str
    message: str
    of_key: bool = False
    rights: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    word: str | None = None
    is_misplaced: bool = False


@struct
class Failure:
    """A keyword of a schema that a value fails: what the keyword wanted, what was found, and the schema around it.

    ``causes`` are the failures that this one was made of, if it was made of others.
    """

    keyword: str
    wanted: Any
    found: Any
    schema: Mapping[str, Any]
    causes: tuple[Failure, ...] = ()


def sentences(failure: Failure, path: Path) -> list[Complaint]:
    """What is to be said of one failure, which stands at ``path``; its branches, if it has some, are not looked at."""
    keyword = failure.keyword
    if keyword in _STRUCTURAL:
        return list(_STRUCTURAL[keyword](failure, path))
    if keyword in _PLAIN:
        return [Complaint(path=path, keyword=keyword, message=_PLAIN[keyword](failure))]
    right = f"right would be what the schema's {quoted(keyword)} asks for: {shown(failure.wanted)}"
    return [Complaint(path=path, keyword=keyword, message=f"found {shown(failure.found)}; {right}{_reason(failure)}")]


def misfit(keyword: str, path: Path, value: object, rights: Iterable[str], choices: Iterable[str]) -> Complaint:
    """The complaint that a value is none of what would be right."""
    rights, choices = tuple(dict.fromkeys(rights)), tuple(dict.fromkeys(choices))
    has_name = keyword == "type" and value is not None and not isinstance(value, bool)
    found = f"{kind(value)} ({shown(value)})" if has_name else shown(value)
    near = nearest(value, choices) if isinstance(value, str) else None
    message = f"found {found}; right would be {either(rights)}{_suggestion(near)}"
    return Complaint(path=path, keyword=keyword, message=message, rights=rights, choices=choices)


def missing(path: Path, words: Iterable[str]) -> Complaint:
    """The complaint that an object lacks a key, or all of some keys of which it needs one."""
    words = tuple(dict.fromkeys(words))
    message = f"{listed(words)} is missing"
    return Complaint(path=path, keyword="required", message=message, choices=words, word=words[0])


def unknown(path: Path, known: Iterable[str], near: str | None, homes: Iterable[str] = ()) -> Complaint:
    """The complaint that the key at ``path`` is none of those known, given as phrases.

    ``near`` is like it; inside of ``homes`` it would be known.
    """
    known, homes = tuple(dict.fromkeys(known)), tuple(homes)
    tail = _suggestion(near) if near else f"; known here: {', '.join(known) or 'none'}"
    tail = f"; right would be inside {listed(homes)}" if homes else tail
    message = f"unknown key {quoted(str(path[-1]))}{tail}"
    return Complaint(
        path=path, keyword="unknown", message=message, of_key=True, known=known, word=near, is_misplaced=bool(homes)
    )


def _types(failure: Failure, path: Path) -> Iterator[Complaint]:
    """The value is of the wrong type."""
    names = failure.wanted
    yield misfit("type", path, failure.found, map(noun, [names] if isinstance(names, str) else names), ())


def _choices(failure: Failure, path: Path) -> Iterator[Complaint]:
    """The value is none of those listed."""
    values = failure.wanted if failure.keyword == "enum" else [failure.wanted]
    words = [value for value in values if isinstance(value, str)]
    rights = map(quoted, words) if len(words) == len(values) else (f"`{shown(value)}`" for value in values)
    yield misfit("enum", path, failure.found, rights, words)


def _unknown(failure: Failure, path: Path) -> Iterator[Complaint]:
    """A key is none of those known; the error stands at the key."""
    known: Known = failure.wanted
    key = str(path[-1])
    absent = [name for name in known.names if name not in failure.found]
    near = None if known.homes else nearest(key, absent) or nearest(key, known.names)
    here = [quoted(name) for name in known.names]
    here += [f"keys that match {quoted(pattern)}" for pattern in known.patterns]
    yield unknown(path, here, near, known.homes)


def _key_names(failure: Failure, path: Path) -> Iterator[Complaint]:
    """A key has a wrong name; the error stands at the key, and what is wrong with the name is its context."""
    inner = [said for cause in failure.causes for said in sentences(cause, path)]
    for said in inner:
        yield Complaint(path=path, keyword="propertyNames", message=f"as a key, {said.message}", of_key=True)


def _never(failure: Failure, path: Path) -> Iterator[Complaint]:
    """A key stands where it must not."""
    message = f"{quoted(str(path[-1]))} must not be here{_reason(failure)}"
    yield Complaint(path=path, keyword="never", message=message, of_key=True)


def _required(failure: Failure, path: Path) -> Iterator[Complaint]:
    """Keys are missing."""
    for key in failure.wanted:
        if key not in failure.found:
            yield missing(path, [key])


def _dependent(failure: Failure, path: Path) -> Iterator[Complaint]:
    """Keys are missing beside another."""
    for key, needs in failure.wanted.items():
        for need in needs if key in failure.found else ():
            if need not in failure.found:
                message = f"{quoted(need)} is missing, which {quoted(key)} asks for"
                yield Complaint(path=path, keyword="required", message=message, word=need)


def _twice(failure: Failure, path: Path) -> Iterator[Complaint]:
    """An item stands twice; the second is complained about, if it equals the first to the letter."""
    seen: dict[str, list[int]] = {}
    for second, item in enumerate(failure.found):
        alike = seen.setdefault(shown(item), [])
        for first in alike:
            if failure.found[first] == item:
                message = f"found {shown(item)} a second time (first at {first}); right would be each item once"
                yield Complaint(path=(*path, second), keyword="uniqueItems", message=message)
                return
        alike.append(second)
    message = f"found an item twice in {shown(failure.found)}; right would be each item once"
    yield Complaint(path=path, keyword="uniqueItems", message=message)


def _own(failure: Failure, path: Path) -> Iterator[Complaint]:
    """The schema's own sentence, in place of what would have been said."""
    for said in sentences(failure.causes[0], path):
        message = str(failure.wanted).replace("{found}", shown(failure.found))
        near = nearest(failure.found, said.choices) if isinstance(failure.found, str) else None
        yield replace(said, keyword=OWN, message=message + _suggestion(near))


def _bound(right: str) -> Callable[[Failure], str]:
    """The sentence for a bound on a number, ``{}`` in ``right`` being the bound."""
    return lambda failure: f"found {shown(failure.found)}; right would be {right.format(failure.wanted)}"


def _size(limit: str, word: str) -> Callable[[Failure], str]:
    """The sentence for a bound on how many characters, items or keys there are."""

    def sentence(failure: Failure) -> str:
        found: Any = failure.found
        text = f"{shown(found)}, " if isinstance(found, str) else ""
        right = f"{limit} {counted(failure.wanted, word)}"
        return f"found {text}{counted(len(found), word)}; right would be {right}"

    return sentence


def _pattern(failure: Failure) -> str:
    """The sentence for a text that does not match, by the pattern's meaning if the schema gives it."""
    meaning = _text(failure, "description") or _text(failure, "title")
    right = f"be {meaning} (`{failure.wanted}`)" if meaning else f"match `{failure.wanted}`"
    return f"found {shown(failure.found)}; right would {right}"


def _format(failure: Failure) -> str:
    """The sentence for a text that is not of a format."""
    _, example = FORMATS[failure.wanted]
    return f"found {shown(failure.found)}; right would be a {failure.wanted} such as {example}"


def _several(failure: Failure) -> str:
    """The sentence for a value that fits more than one of the forms of which it must fit one."""
    return f"found {shown(failure.found)}, which fits more than one of the forms lawful here; right would be one alone"


def _nothing(_: Failure) -> str:
    """The sentence for a value where none may stand."""
    return "nothing may stand here"


def _reason(failure: Failure) -> str:
    """Why, if the schema says it in a comment or description."""
    why = _text(failure, "$comment") or _text(failure, "description")
    return f": {why}" if why else ""


def _text(failure: Failure, key: str) -> str:
    """A text that the failed schema holds under this key, without its full stop; "" if it holds none."""
    return str(failure.schema.get(key, "")).rstrip(".")


def _suggestion(near: str | None) -> str:
    """The question after the nearest right spelling, if there is one."""
    return f"; did you mean {quoted(near)}?" if near else ""


_STRUCTURAL: dict[str, Callable[[Failure, Path], Iterator[Complaint]]] = {
    "type": _types,
    "enum": _choices,
    "const": _choices,
    "unknown": _unknown,
    "propertyNames": _key_names,
    "never": _never,
    "required": _required,
    "dependentRequired": _dependent,
    "uniqueItems": _twice,
    OWN: _own,
}
_PLAIN: dict[str, Callable[[Failure], str]] = {
    "minimum": _bound("{} or more"),
    "maximum": _bound("{} or less"),
    "exclusiveMinimum": _bound("more than {}"),
    "exclusiveMaximum": _bound("less than {}"),
    "multipleOf": _bound("a multiple of {}"),
    "minLength": _size("at least", "character"),
    "maxLength": _size("at most", "character"),
    "minItems": _size("at least", "item"),
    "maxItems": _size("at most", "item"),
    "minProperties": _size("at least", "key"),
    "maxProperties": _size("at most", "key"),
    "pattern": _pattern,
    "format": _format,
    "oneOf": _several,
    "false": _nothing,
}

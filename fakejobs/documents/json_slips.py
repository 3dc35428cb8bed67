"""What people write where JSON wants something else, told in a sentence each. Pure functions of text and offset."""

from __future__ import annotations

import re
import unicodedata

from fakejobs.documents.spelling import quoted

_GOOD_CHARACTERS = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+')
_ESCAPE = re.compile(r"\\(?:u[0-9a-zA-Z]{0,4}|.)?", re.DOTALL)
_COMMENT = re.compile(r"//|/\*|#|<!--")
_QUOTE = re.compile("['`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]")
_WORD = re.compile(r"-?[^\W\d][\w$-]*")
_NUMBER = re.compile(r"[-+.]*[0-9][-+.\w]*|[-+]")
_MEANT = {"true": "true", "false": "false", "null": "null", "none": "null", "nil": "null", "undefined": "null"}
_UNSEEN = {"Zs", "Zl", "Zp", "Cf"}
_UNBOUNDED = {"nan", "-nan", "inf", "-inf", "infinity", "-infinity"}


def slip_in_string(text: str, at: int) -> tuple[int, str]:
    """Where and why the string whose quote opens at ``at`` is none."""
    good = _GOOD_CHARACTERS.match(text, at)
    stop = good.end() if good else at
    if stop == len(text) or text[stop] in "\r\n":
        return at, 'the string that begins here does not end on its line; right would be a closing `"`'
    if text[stop] == "\\":
        escape = _ESCAPE.match(text, stop)
        right = 'one of `\\"` `\\\\` `\\/` `\\b` `\\f` `\\n` `\\r` `\\t`, or `\\u` and four hex digits'
        return stop, f"found the escape {_plain(escape.group() if escape else '')}; right would be {right}"
    return stop, f"found {_character(text[stop])} in a string; right would be `\\u{ord(text[stop]):04x}`"


def stray(text: str, at: int, wanted: str, *, value: bool, key: bool) -> str:
    """The complaint about what stands at ``at``, where ``wanted`` would be right: a value, a key, or punctuation."""
    if _COMMENT.match(text, at):
        return "found a comment; right would be none, for JSON has no comments"
    if _QUOTE.match(text, at):
        return f"found {_character(text[at])}; right would be a double quote"
    word = _WORD.match(text, at)
    if word and (value or key):
        return _bare(word.group(), value=value)
    number = _NUMBER.match(text, at)
    if number and value:
        return f"found {quoted(number.group())}, which is no JSON number; right would be one like 10, -0.5 or 1e3"
    if unicodedata.category(text[at]) in _UNSEEN:
        return f"found {_character(text[at])}; right would be an ordinary space, or nothing"
    thing = word or number
    return f"found {quoted(thing.group()) if thing else _character(text[at])}; right would be {wanted}"


def _bare(word: str, *, value: bool) -> str:
    """The complaint about a word without quotes, where a value or a key would be right."""
    lowered = word.lower()
    if value and lowered in _UNBOUNDED:
        return f"found {quoted(word)}, which is no JSON number; right would be a finite one, or `null`"
    right = _MEANT.get(lowered) if value else None
    return f"found {quoted(word)} without quotes; right would be {quoted(right) if right else _in_quotes(word)}"


def _in_quotes(word: str) -> str:
    """The word as a JSON string, between backticks."""
    return quoted(word).replace("`", '`"', 1)[:-1] + '"`'


def _plain(escape: str) -> str:
    """An escape sequence between backticks as it stands, if it can be shown."""
    return f"`{escape}`" if escape.isprintable() else "of " + _character(escape[1])


def _character(character: str) -> str:
    """A character between backticks, or by its number and name where it would not be seen."""
    if character.isprintable():
        return f"`{character}`"
    name = {"\t": "a tab", "\n": "a line break", "\r": "a line break"}.get(character)
    name = name or unicodedata.name(character, "a control character").lower()
    return f"U+{ord(character):04X} ({name})"

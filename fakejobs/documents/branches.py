"""Which of several forms a wrong value was meant to have, so that only that form's complaints are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fakejobs.documents.json_text import Path
from fakejobs.documents.sentences import Complaint, misfit, missing, unknown
from fakejobs.documents.spelling import nearest
from fakejobs.structs import struct

_COSTS = {"unknown": 2, "never": 2, "required": 1}
"""How far a wrong key takes a value away from a form; a misspelt one only half as far."""


@struct
class Form:
    """One branch of an ``anyOf`` or ``oneOf``: what it complains of, and in how many telling keys the value fits."""

    complaints: tuple[Complaint, ...]
    fits: int


def settled(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """The complaints with each mistake told once.

    The wrong type goes unsaid where the right words are listed, and a missing key where its misspelling is named or
    where a key is misplaced: without that, the object may be of a kind that does not need it.
    """
    once = tuple({(said.path, said.of_key, said.message): said for said in complaints}.values())
    listed = {said.path for said in once if said.keyword == "enum"}
    misspelt = {(said.path[:-1], said.word) for said in once if said.keyword == "unknown"}
    confused = {said.path[:-1] for said in once if said.is_misplaced}
    return tuple(
        said
        for said in once
        if not (said.keyword == "type" and said.path in listed)
        and not (said.keyword == "required" and (said.path in confused or (said.path, said.word) in misspelt))
    )


def meant(forms: Sequence[Form], path: Path, value: object) -> tuple[Complaint, ...]:
    """What to say of a value at ``path`` that has none of the forms."""
    misfits = [said for form in forms for said in _misfits(form, path)]
    standing = [form for form in forms if not _misfits(form, path)]
    words = [word for said in misfits for word in said.choices]
    if not standing or (isinstance(value, str) and nearest(value, words)):
        return _joined(misfits, path, value)
    return (
        _all_missing(standing, path)
        or _one_key(standing, path, value)
        or _nothing_known(standing, path, value)
        or _likeliest(standing, path).complaints
    )


def _misfits(form: Form, path: Path) -> list[Complaint]:
    """The complaints that the value as a whole is not what this form is made of."""
    return [said for said in form.complaints if said.rights and said.path == path]


def _joined(misfits: Sequence[Complaint], path: Path, value: object) -> tuple[Complaint, ...]:
    """The misfits as one complaint that lists all that would be right."""
    if len(misfits) == 1:
        return tuple(misfits)
    keyword = "type" if all(said.keyword == "type" for said in misfits) else "enum"
    rights = [right for said in misfits for right in said.rights]
    words = [word for said in misfits for word in said.choices]
    return (misfit(keyword, path, value, rights, words),)


def _all_missing(forms: Sequence[Form], path: Path) -> tuple[Complaint, ...]:
    """The complaint that any one of some keys is missing, if each form lacks nothing but a key."""
    lacks = [said for form in forms for said in form.complaints]
    if len(lacks) > len(forms) or any(said.keyword != "required" or said.path != path for said in lacks):
        return ()
    return (missing(path, [word for said in lacks for word in said.choices]),)


def _one_key(forms: Sequence[Form], path: Path, value: object) -> tuple[Complaint, ...]:
    """The complaint about the key that tells the forms apart, if its value is that of no form."""
    if len(forms) == 1 or not isinstance(value, dict):
        return ()
    telling = [
        {said.path: said for said in form.complaints if said.keyword == "enum" and said.path[:-1] == path}
        for form in forms
    ]
    for place in telling[0]:
        if all(place in wrong for wrong in telling):
            return _joined([wrong[place] for wrong in telling], place, value[place[-1]])
    return ()


def _nothing_known(forms: Sequence[Form], path: Path, value: object) -> tuple[Complaint, ...]:
    """The complaint about each key, with the keys of all forms, if no form knows or guesses any of the value's."""
    strange = [
        said for form in forms for said in form.complaints if said.keyword == "unknown" and said.path[:-1] == path
    ]
    size = len(value) if isinstance(value, dict) else 0
    if len(strange) < size * len(forms) or not strange or any(said.word for said in strange):
        return ()
    here = [phrase for said in strange for phrase in said.known]
    return settled(unknown(said.path, here, None) for said in strange)


def _likeliest(forms: Sequence[Form], path: Path) -> Form:
    """The form that the value comes nearest to: by its telling keys, then by its keys, then by how much is wrong."""

    def distance(form: Form) -> tuple[int, int, int, int]:
        inner = [len(said.path) - len(path) for said in form.complaints]
        of_keys = sum(
            _COSTS.get(said.keyword, 0) - (said.keyword == "unknown" and said.word is not None)
            for said in form.complaints
        )
        return -form.fits, of_keys, len(inner), -max(inner)

    return min(forms, key=distance)

"""What a JSON Schema finds wrong with a value, as complaints: one a mistake, of the branch that was meant.

jsonschema judges. A value that it finds wrong is judged again by a reading of the schema that keeps what a complaint
needs: which keys are known where one is not, who forbade a key, and the schema's own words (``x-complaint``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from fakejobs.documents.branches import Form, meant, settled
from fakejobs.documents.formats import FORMATS
from fakejobs.documents.json_text import Path
from fakejobs.documents.reach import homes_of, in_force, known_keys, telling_fits
from fakejobs.documents.sentences import OWN, Complaint, Failure, sentences
from fakejobs.documents.spelling import shown
from fakejobs.errors import UsageError
from fakejobs.structs import replace

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    Judge = Callable[[Any, Any, Any, Mapping[str, Any]], Iterable[ValidationError] | None]

_AT_A_KEY = {"unknown", "never", "propertyNames"}
"""What is wrong with an object itself although the complaint stands at a key."""


class Rules:
    """A schema made ready to judge; the part that words complaints is made ready at the first."""

    __slots__ = ("_judge", "_witness", "file", "root")

    def __init__(self, schema: Mapping[str, Any], file: str) -> None:
        self.file = file
        self.root = {key: part for key, part in schema.items() if key != "$schema"}
        self._judge: Validator = Draft202012Validator(self.root, format_checker=_formats())
        self._witness: Validator | None = None

    def complaints(self, value: object) -> tuple[Complaint, ...]:
        """What is wrong with a plain JSON value; () if nothing. UsageError if the schema cannot be used."""
        judged: Any = value
        try:
            return () if self._judge.is_valid(judged) else self._told_of(judged)
        except RecursionError:
            message = "this is nested too deeply to be held against the schema; right would be fewer levels"
            return (Complaint(path=(), keyword="", message=message),)
        except Exception as error:
            # A broken schema fails in as many ways as there are keywords.
            raise UsageError(f"{self.file}: the schema cannot be used: {error}") from error

    def _told_of(self, value: Any) -> tuple[Complaint, ...]:
        """What is wrong with a value that is wrong."""
        if self._witness is None:
            self._witness = _witness(self.root)
        errors = self._witness.iter_errors(value)
        told = settled(said for error in errors for said in self._told(error, ()))
        message = f"found {shown(value)}; right would be what the schema asks for"
        return told or (Complaint(path=(), keyword="", message=message),)

    def _told(self, error: ValidationError, above: Path) -> Iterable[Complaint]:
        """What is to be said of an error below ``above``: of branches, that of the one that was meant."""
        path = (*above, *error.relative_path)
        if error.validator not in {"anyOf", "oneOf"} or not error.context:
            return sentences(_failure(error), path)
        told: dict[int, list[Complaint]] = defaultdict(list)
        for cause in error.context:
            # An error of the branch `false` comes without its number, and nothing can be said of it.
            for number in list(cause.relative_schema_path)[:1]:
                told[int(number)] += self._told(cause, path)
        if not told:
            return sentences(_failure(error.context[0]), path)
        branches: Any = error.validator_value
        forms = [
            Form(complaints=settled(said), fits=telling_fits(branches[number], error.instance, self.root))
            for number, said in told.items()
        ]
        return meant(forms, path, error.instance)


def _failure(error: ValidationError) -> Failure:
    """The failure that jsonschema tells of; one of the schema ``false`` is of the keyword ``false``."""
    causes = tuple(_failure(cause) for cause in error.context)
    if not isinstance(error.schema, Mapping) or error.validator is None:
        return Failure(keyword="false", wanted=False, found=error.instance, schema={})
    keyword = str(error.validator)
    return Failure(
        keyword=keyword, wanted=error.validator_value, found=error.instance, schema=error.schema, causes=causes
    )


def _formats() -> FormatChecker:
    """The formats of this house, for jsonschema."""
    checker = FormatChecker(formats=())
    for name, (is_of_format, _) in FORMATS.items():
        checker.checks(name)(_unless_text(is_of_format))
    return checker


def _unless_text(is_of_format: Callable[[str], bool]) -> Callable[[object], bool]:
    """The format's check, which has nothing to say of what is no text."""
    return lambda value: not isinstance(value, str) or is_of_format(value)


def _witness(root: Mapping[str, Any]) -> Validator:
    """A validator of this schema whose errors keep what complaints are made of."""
    usual: dict[str, Judge] = dict(Draft202012Validator.VALIDATORS)
    ours: dict[str, Judge] = {
        "additionalProperties": _closed(usual["additionalProperties"], root, lambda _, __, schema: [schema]),
        "unevaluatedProperties": _closed(usual["unevaluatedProperties"], root, _around(root)),
        "properties": _forbidding(usual["properties"], str.__eq__),
        "patternProperties": _forbidding(usual["patternProperties"], re.search),
        "propertyNames": _naming,
    }
    judges = {keyword: _worded(keyword, judge) for keyword, judge in (usual | ours).items()}
    witness: Callable[..., Validator] = extend(Draft202012Validator, judges)  # type: ignore[no-untyped-call]
    return witness(root, format_checker=_formats())


def _worded(keyword: str, judge: Judge) -> Judge:
    """The keyword, its errors put in the words of the schema that it stands in, if that has words of its own."""

    def worded(validator: Any, wanted: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        for error in judge(validator, wanted, value, schema) or ():
            is_about_value = not error.path or (error.validator in _AT_A_KEY and len(error.path) == 1)
            if OWN not in schema or error.validator == OWN or not is_about_value:
                yield error
                continue
            is_whole = error.validator is None or isinstance(error.validator, str)
            whole = ValidationError(
                error.message, keyword, context=error.context, validator_value=wanted, instance=value, schema=schema
            )
            yield ValidationError(
                error.message,
                OWN,
                path=error.path,
                context=[error if is_whole else whole],
                validator_value=schema[OWN],
                schema_path=error.schema_path,
                schema=schema,
                instance=value,
            )

    return worded


Reach = Callable[[Any, Any, Mapping[str, Any]], Iterable[Mapping[str, Any]]]


def _closed(usual: Judge, root: Mapping[str, Any], reach: Reach) -> Judge:
    """The keyword that closes an object, with an error a key that is not known in the schemas in its reach."""

    def closed(validator: Any, wanted: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        if wanted is not False:
            yield from usual(validator, wanted, value, schema) or ()
            return
        schemas = list(reach(validator, value, schema))
        known = known_keys(schemas)
        if known is not None and isinstance(value, dict):
            for key in value:
                if not known.takes(key):
                    here = replace(known, homes=homes_of(key, schemas, root))
                    yield ValidationError("", "unknown", [key], validator_value=here, instance=value, schema=schema)

    return closed


def _around(root: Mapping[str, Any]) -> Callable[[Any, Any, Mapping[str, Any]], Iterable[Mapping[str, Any]]]:
    """The reach of ``unevaluatedProperties``: whatever speaks about the same object."""

    def around(validator: Any, value: Any, schema: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        return in_force(schema, value, root, lambda part, of: bool(validator.evolve(schema=part).is_valid(of)))

    return around


def _forbidding(usual: Judge, names: Callable[[str, str], object]) -> Judge:
    """The keyword for an object's keys, with an error at each key that must not be there.

    ``names`` tells whether what the keyword lists speaks of a key. jsonschema leaves the key out of such an error.
    """

    def forbidding(validator: Any, wanted: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        forbidden = [name for name, part in wanted.items() if part is False]
        for key in value if isinstance(value, dict) else ():
            if any(names(name, key) for name in forbidden):
                yield ValidationError("", "never", [key], validator_value=False, instance=value, schema=schema)
        lawful = {name: part for name, part in wanted.items() if part is not False}
        yield from usual(validator, lawful, value, schema) or ()

    return forbidding


def _naming(validator: Any, wanted: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """The keyword for the names of keys, with an error a key."""
    for key in value if isinstance(value, dict) else ():
        wrong = list(validator.descend(key, wanted))
        if wrong:
            yield ValidationError("", "propertyNames", path=[key], context=wrong, instance=value, schema=schema)

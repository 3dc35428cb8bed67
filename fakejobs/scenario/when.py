"""What a submission or a fault waits for: its ``when``, held against all that a request which it is for can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from fakejobs.commands import Json
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.overlays import covers
from fakejobs.dialect.queries import Parameter
from fakejobs.documents import Path, listed, nearest
from fakejobs.documents.spelling import either, kind, shown
from fakejobs.scenario.bodies import Complain
from fakejobs.scenario.model import Submission
from fakejobs.scenario.owners import Owners, named


def complain_of_when(
    dialect: Dialect, owners: Owners, when: Mapping[str, Json], path: Path, complain: Complain
) -> None:
    """Complain of everything in a ``when`` that no request can be: such a submission would never be taken."""
    creators = [route for route in dialect.routes if route.do == "create"]
    if creators:
        _When(dialect, creators, "that creates a job", path, complain).read(when)
        _complain_of_owner(owners, when, path, complain)
    else:
        complain(path, f"no request creates a job of {dialect.name}; right would be no `when`, and no submission")


def complain_of_asked(
    dialect: Dialect, owners: Owners, on: str, when: Mapping[str, Json], path: Path, complain: Complain
) -> None:
    """Complain of everything in the ``when`` of a fault that no request on an operation or a verb can be."""
    routes = [route for route in dialect.routes if on == route.operation or (route.counts and on == route.do)]
    if routes:  # that there are none is told of `on`
        _When(dialect, routes, f"on {named(on)}", path, complain).read_asked(when)
        _complain_of_owner(owners, when, path, complain)


def complain_of_shadowed(submissions: Iterable[Submission | None], complain: Complain) -> None:
    """Complain of submissions that are never come to, for one before them takes all that they would."""
    endless: list[Submission] = []
    for number, each in enumerate(submissions):
        if each is None:
            continue
        first = next((before for before in endless if covers(each.when, before.when)), None)
        if first is not None:
            message = f"{first.pointer} takes all that this one would, any number of times; right would be it first"
            complain(("submissions", number), message)
        elif each.times is None:
            endless.append(each)


def unknown_operation(dialect: Dialect, name: Json, known: Sequence[str]) -> str:
    """Return the complaint about an operation that is none of those known here."""
    there = any(route.operation == name for route in dialect.routes)
    what = f"{named(name)} creates no job" if there else f"no operation of {dialect.name} is called {named(name)}"
    asked = _asked(dialect.routes, name)
    return f"{what}; {f'did you mean `{asked[0]}`?' if asked else _hint(name, known, 'there are')}"


def _asked(routes: Iterable[Route], text: Json) -> tuple[str, Mapping[str, str]] | None:
    """Return which operation a text like ``GET /v1/jobs/7`` asks for, and what stands in its path; None if none."""
    method, _, path = text.rpartition(" ") if isinstance(text, str) else ("", "", "")
    for route in routes:
        for pattern in route.patterns:
            found = pattern.expression.fullmatch(path) if method in ("", pattern.method) else None
            if found:
                return route.operation, found.groupdict()
    return None


def _complain_of_owner(owners: Owners, when: Mapping[str, Json], path: Path, complain: Complain) -> None:
    tenant, app = when.get("tenant"), when.get("app")
    known = "tenant" not in when or owners.knows_tenant(tenant, (*path, "tenant"), complain)
    if known and app is not None:  # an app that is null is nobody's: then the tenant itself has asked
        owners.knows_app(app, tenant, (*path, "app"), complain)


Names = Callable[[Route], Iterable[str]]
"""What finds the names that a part of a creator's requests has."""


class _When:
    """Reads one ``when``, part by part, each among the routes that fit what was read before it.

    So of two parts that exclude each other the second is complained of. ``creators`` are all routes that it may be for,
    which is mostly what creates jobs, and ``kind`` says in words what their requests are.
    """

    def __init__(self, dialect: Dialect, creators: Sequence[Route], kind: str, path: Path, complain: Complain) -> None:
        self.dialect = dialect
        self.kind = kind
        self.creators = creators
        self.fitting = creators
        self.path = path
        self.complain = complain

    def read(self, when: Mapping[str, Json]) -> None:
        facts = list(dict.fromkeys(key for route in self.creators for key in route.facts))
        tasks = ["task"] if any(route.makes for route in self.creators) else []
        self.keys(when, ["operation", *facts, "path", "query", "body", *tasks, "tenant", "app"])
        if "operation" in when:
            self.operation(when["operation"])
        for key in facts:
            if key in when:
                self.fact(key, when[key])
        self.asked(when)
        if "task" in when and tasks:
            self.task(when)

    def read_asked(self, when: Mapping[str, Json]) -> None:
        """Read the ``when`` of a fault."""
        self.keys(when, ["path", "query", "body", "tenant", "app"])
        self.asked(when)

    def asked(self, when: Mapping[str, Json]) -> None:
        for name, value in self.members(when, "path", _holes):
            if self.has(name, "path", _holes) and not (isinstance(value, str) and value):
                self.complain((*self.path, "path", name), f"found {shown(value)}; right would be a text, as in a path")
        for name, value in self.members(when, "query", _parameters):
            if self.has(name, "query", _parameters):
                self.parameter(name, value)
        if "body" in when:
            self.body(when["body"])

    def task(self, when: Mapping[str, Json]) -> None:
        if not any(route.makes for route in self.fitting):
            self.complain((*self.path, "task"), f"{self.nobody()} makes jobs of tasks; right would be no `task` here")
            return
        for name, _ in self.members(when, "task", _tasks):
            self.has(name, "task", _tasks)

    def keys(self, when: Mapping[str, Json], known: Sequence[str]) -> None:
        for key in when:
            if key not in known:
                hint = _hint(key, known, "known are")
                self.complain((*self.path, key), f"a request {self.kind} has no {named(key)}; {hint}")

    def operation(self, name: Json) -> None:
        known = [route.operation for route in self.creators]
        if name not in known:
            self.complain((*self.path, "operation"), unknown_operation(self.dialect, name, known))
        self.keep(route for route in self.fitting if route.operation == name)

    def fact(self, key: str, value: Json) -> None:
        known = [route.facts[key] for route in self.fitting if key in route.facts]
        if not any(covers(each, value) for each in known):
            message = f"{self.nobody()} has the {named(key)} {named(value)}; {self.hint(value, known)}"
            self.complain((*self.path, key), message)
        self.keep(route for route in self.fitting if key in route.facts and covers(route.facts[key], value))

    def parameter(self, name: str, value: Json) -> None:
        declared = [each for route in self.fitting for each in route.query if each.name == name]
        if not any(_may_be(parameter, value) for parameter in declared):
            forms = either(list(dict.fromkeys(map(_form, declared))))
            self.complain((*self.path, "query", name), f"found {shown(value)}; {named(name)} is {forms}")

    def body(self, wanted: Json) -> None:
        place = (*self.path, "body")
        if wanted is None:
            if all(route.body == "required" for route in self.fitting):
                self.complain(place, f"found `null`, but {self.names()} always has a body; right would be a part of it")
        elif not isinstance(wanted, dict):
            self.complain(place, f"found {kind(wanted)}; right would be an object, a subset of the client's body")
        elif all(route.body == "ignored" for route in self.fitting):
            self.complain(place, f"nothing reads the body of {self.names()}; right would be no `body` here")

    def members(self, when: Mapping[str, Json], part: str, names: Names) -> Iterable[tuple[str, Json]]:
        """Return what a ``when`` says of a part, name by name; complain of what has no names."""
        wanted = when.get(part, {})
        if isinstance(wanted, dict):
            return wanted.items()
        name = next((each for route in self.fitting for each in names(route)), "name")
        asked = _asked(self.creators, wanted)
        right = f"{shown(asked[1])}, of `{asked[0]}`" if asked else f'an object, like {{"{name}": …}}'
        self.complain((*self.path, part), f"found {kind(wanted)}; right would be {right}")
        return ()

    def has(self, name: str, part: str, names: Names) -> bool:
        """Say whether some creator has a name in this part; complain if none has."""
        fitting = [route for route in self.fitting if name in names(route)]
        if not fitting:
            known = [each for route in self.fitting for each in names(route)]
            message = f"{self.nobody()} has {named(name)} in its {part}; {self.hint(name, known)}"
            self.complain((*self.path, part, name), message)
        self.keep(fitting)
        return bool(fitting)

    def keep(self, fitting: Iterable[Route]) -> None:
        """Go on with these creators, or where none is left with those before, so that one mistake is told once."""
        self.fitting = list(fitting) or self.fitting

    def nobody(self) -> str:
        """Return the subject of a complaint that denies something of all creators that fit."""
        narrowed = len(self.fitting) < len(self.creators) or len(self.creators) == 1
        return f"no {self.names()}" if narrowed else f"no request {self.kind}"

    def names(self) -> str:
        """Return the creators that fit, by name."""
        return listed([route.operation for route in self.fitting])

    def hint(self, name: Json, known: Sequence[Json]) -> str:
        return _hint(name, known, "it has" if len(self.fitting) == 1 else "there are")


def _hint(name: Json, known: Sequence[Json], there: str) -> str:
    words = list(dict.fromkeys(each if isinstance(each, str) else shown(each) for each in known))
    near = nearest(name, words) if isinstance(name, str) else None
    there = "there is" if there == "there are" and len(words) == 1 else there
    return f"did you mean `{near}`?" if near else f"{there} {listed(words) if words else 'none'}"


def _holes(route: Route) -> Iterable[str]:
    """Return the names in a creator's paths."""
    return [name for pattern in route.patterns for name in sorted(pattern.holes)]


def _tasks(route: Route) -> Iterable[str]:
    """Return the names in what a creator's jobs are made of."""
    return () if route.makes is None else route.makes.keys


def _parameters(route: Route) -> Iterable[str]:
    """Return the names in a creator's query."""
    return [parameter.name for parameter in route.query]


def _may_be(parameter: Parameter, value: Json) -> bool:
    """Say whether a query parameter can have a value; null is one that was not given and has no default."""
    if parameter.kind == "json":
        return True
    if value is None:
        return parameter.default is None and not parameter.required
    if parameter.kind == "boolean":
        return isinstance(value, bool)
    if parameter.kind == "string":
        values = _values(parameter)
        return isinstance(value, str) and value != "" and (not values or value in values)
    least, most = parameter.least, parameter.most
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
    return whole and (least is None or value >= least) and (most is None or value <= most)


def _values(parameter: Parameter) -> tuple[str, ...]:
    """Return what a text in a query is read as; () if it may be anything."""
    return parameter.values if parameter.spellings is None else tuple(dict.fromkeys(parameter.spellings.values()))


def _form(parameter: Parameter) -> str:
    """Return what a query parameter's value is, in words."""
    if parameter.kind == "boolean":
        return "`true` or `false`"
    if parameter.kind == "string":
        values = _values(parameter)
        return listed(values) if values else "a text"
    least = "" if parameter.least is None else f" from {parameter.least}"
    most = "" if parameter.most is None else f" to {parameter.most}"
    return f"an integer{least}{most}"

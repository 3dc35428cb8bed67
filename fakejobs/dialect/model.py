"""A dialect, compiled: one vendor's job API as values that the engine plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from fakejobs.commands import Json
from fakejobs.dialect.fields import Field
from fakejobs.dialect.files import Uploads
from fakejobs.dialect.formats import MADE_UP
from fakejobs.dialect.listing import Order
from fakejobs.dialect.queries import Parameter
from fakejobs.dialect.refusals import Credential
from fakejobs.dialect.routing import Pattern
from fakejobs.dialect.sdk import SdkForm
from fakejobs.dialect.searching import Search
from fakejobs.dialect.tasks import Makes
from fakejobs.dialect.templates import Render
from fakejobs.lifecycle import Phase
from fakejobs.structs import struct

if TYPE_CHECKING:
    from fakejobs.documents import Document, Schema

Verb = Literal["look", "list", "group", "create", "collect", "cancel", "offer", "upload"]


@struct
class State:
    """A named state: its phase, what stands on the wire for it, its lawful successors.

    ``has`` names the fields by which a document tells this state from others with the same word.
    """

    name: str
    phase: Phase
    word: str
    next: tuple[str, ...]
    has: tuple[str, ...]


@struct
class ReplyTemplate:
    """A whole reply with holes; ``body`` is sent as JSON, ``text`` as it stands."""

    status: int = 200
    headers: tuple[tuple[str, Render], ...] = ()
    body: Render | None = None
    text: Render | None = None


@struct
class Paging:
    """How a route pages: the query parameters that hold the limit and the cursor, and those bound into the cursor.

    ``repeats`` says that those have to stand beside the cursor again, unchanged; else they may be left out, and have to
    be where the cursor stands ``alone``. With ``in_message`` all of them are places in the request's message, and
    ``default`` is the limit where none is given.
    """

    limit: str
    cursor: str
    bound: tuple[str, ...]
    repeats: bool = False
    alone: bool = False
    in_message: bool = False
    default: int | None = None


@struct(eq=False)
class Route:
    """What a request of one operation is read into, and how it is answered; equal to itself alone.

    ``scopes`` holds alternatives: a credential has to carry all scopes of one of them. ``needs`` names the phases in
    which a job has what the route serves. ``fields`` is what the body has to hold, ``makes`` what becomes of it where
    it makes several jobs, ``order`` that of a list; with the option ``empty_with`` on, a group that is not known is
    one without jobs. A body that may be ``anywhere`` stands in the query string of a GET, or in its parameter
    ``packed``; of the keys in ``either`` it holds one at most. ``search`` says what a list may be searched by, ``to``
    in which state a job ends that is cancelled; with the option ``gone_with`` on, it is out of view from then on.
    """

    operation: str
    do: Verb
    patterns: tuple[Pattern, ...]
    reply: ReplyTemplate
    public: bool = False
    scopes: tuple[frozenset[str], ...] = ()
    counts: bool = True
    needs: tuple[str, ...] = ()
    body: Literal["ignored", "optional", "required", "anywhere"] = "ignored"
    packed: str = ""
    query: tuple[Parameter, ...] = ()
    paging: Paging | None = None
    collection: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    either: tuple[str, ...] = ()
    makes: Makes | None = None
    order: Order | None = None
    search: Search | None = None
    empty_with: str = ""
    to: str = ""
    gone_with: str = ""


@struct
class DocumentKind:
    """A document that the vendor serves: of a job or of an item, with its template and its schema.

    ``word_at`` is the key under which a job's document holds its state's word; ``parts`` are the templates of what
    stands under its keys, without the bodies that a scenario lays over them. Those in ``steady`` are the same for as
    long as a job is in one step.
    """

    name: str
    of: Literal["job", "item"]
    render: Render
    schema: Schema
    word_at: str | None
    parts: Mapping[str, Render] = field(default_factory=dict)
    steady: frozenset[str] = frozenset()


@struct
class Groups:
    """How jobs are in groups: the shape of a group's id, and the key of a job's document that holds it.

    A job's id that is made up is its group's id, ``joins``, and an id of its own.
    """

    ids: IdShape
    joins: str
    at: str

    def head_of(self, id: str) -> str:
        """Return the group's id at the beginning of a job's id."""
        return id.partition(self.joins)[0]


@struct
class Callbacks:
    """Whom the vendor tells that a job has ended: templates over the root ``document``, the job's at its end.

    ``at`` is the document's key that asks for it. ``beyond`` names the option without which only this machine is
    called. Where the call fails, the job ends in ``state``, with ``failed`` laid over its document.
    """

    at: str
    url: Render
    headers: Render
    body: Render
    beyond: str
    state: str
    failed: Render


@struct
class IdShape:
    """How the ids look that the fake makes up."""

    shape: str
    length: int

    def mint(self, seed: str) -> str:
        """Return the id that a seed makes."""
        return MADE_UP[self.shape](seed, self.length)


@struct
class Figure:
    """A count that moves with time: from the job's key ``given``, or from its collection ``items``."""

    name: str
    given: str | None
    items: str | None


@struct
class Collection:
    """A row that belongs to a job: the document each of its entries is served as."""

    name: str
    document: str


@struct
class KeySpec:
    """A key that tenants or apps have: what its value is where a scenario leaves it out, and its form."""

    name: str
    default: str
    pattern: str | None
    about: str


@struct
class Option:
    """A switch of the dialect, off unless a scenario turns it on."""

    name: str
    about: str


@struct(eq=False)
class Dialect:
    """One vendor's job API, equal to itself alone.

    ``source`` is the checked dialect file; ``job_document`` is what a job is served as; ``retention`` is in
    microseconds.
    """

    name: str
    title: str
    docs: str
    source: Document
    states: Mapping[str, State]
    documents: Mapping[str, DocumentKind]
    job_document: DocumentKind
    routes: tuple[Route, ...]
    errors: Mapping[str, ReplyTemplate]
    credentials: tuple[Credential, ...]
    tenant_keys: Mapping[str, KeySpec]
    app_keys: Mapping[str, KeySpec]
    carries_scopes: frozenset[str]
    ids: IdShape
    time: str
    accept: str | None
    retention: int | None
    script: Json
    figures: Mapping[str, Figure] = field(default_factory=dict)
    collections: Mapping[str, Collection] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    job_keys: Mapping[str, Json] = field(default_factory=dict)
    groups: Groups | None = None
    callbacks: Callbacks | None = None
    uploads: Uploads | None = None
    sdk: SdkForm | None = None

    @property
    def speaks_by_apps(self) -> bool:
        """Whether nobody but apps can speak: then each tenant has one, and who names none means the first."""
        return all(credential.of_app for credential in self.credentials)

    def recognised(self, document: Json) -> State | None:
        """Return the state that a job's document shows, or None if its word is of no state.

        Among states that share a word it is the one most of whose telling fields are there, and not null.
        """
        at = self.job_document.word_at
        if not isinstance(document, dict) or at is None:
            return None
        fitting = [
            state
            for state in self.states.values()
            if state.word == document.get(at) and all(document.get(key) is not None for key in state.has)
        ]
        return max(fitting, key=lambda state: len(state.has), default=None)

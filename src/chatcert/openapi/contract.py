"""The contract of a create-chat operation as plain values."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from chatcert.openapi.streams import Stream, is_json_type, stream_form

Location = Literal["path", "query", "header", "cookie"]
WHOLE_QUERY: Final = "querystring"
"""The style of a parameter that is the whole query, as JSON or as a text."""
Schema = dict[str, Any]
JSON_MEDIA_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the operation.

    Attributes:
        schema: standalone JSON Schema 2020-12 of its value.
        example: the example of the document, or ``None``.
        resource: the ``x-chatcert-resource`` extension, if the parameter names a resource that has to exist.
        pointer: its place in the document (JSON Pointer).
        distinct: the ``x-chatcert-distinct`` extension of the parameter itself.
        style, explode, allow_reserved: how a value is serialised (OpenAPI 3.1, section 4.8.12.2); Swagger's
            ``collectionFormat`` is written as a style, ``tsv`` as ``tabDelimited``, and a parameter that is the whole
            query (``in: querystring``, OpenAPI 3.2) as ``querystring``.
        media_type: the media type of ``content``; empty where the value is serialised by its style.
    """

    name: str
    location: Location
    required: bool
    schema: Schema
    example: Any
    resource: Mapping[str, Any] | None
    pointer: str
    description: str = ""
    distinct: Mapping[str, Any] | bool | None = None
    style: str = "simple"
    explode: bool = False
    allow_reserved: bool = False
    media_type: str = ""

    @property
    def is_whole_query(self) -> bool:
        """Whether its value is the whole query, without a name."""
        return self.style == WHOLE_QUERY


REDIRECTS: Final = ("303", "302", "301")
"""Redirects that a client answers with GET: with them, a server can lead to what it has made."""
OF_SUCCESS: Final = ("2", "3")
"""First digits of the statuses that rules on successes are about."""


@dataclass(frozen=True, slots=True)
class Body:
    """The request body: its schema per media type, the preferred one first.

    Attributes:
        encodings: how the fields of a form are written, by media type (OpenAPI 3.1, section 4.8.15).
    """

    required: bool
    content: Mapping[str, Schema]
    examples: tuple[Any, ...]
    pointer: str
    schema_pointer: str
    encodings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def encoding(self) -> Mapping[str, Any]:
        """How the fields of a form are written, for the preferred media type."""
        return self.encodings.get(self.media_type, {})

    @property
    def media_type(self) -> str:
        """The media type of the requests that are sent."""
        return next(iter(self.content), JSON_MEDIA_TYPE)

    @property
    def schema(self) -> Schema:
        """The schema of the preferred media type."""
        return next(iter(self.content.values()), {})


@dataclass(frozen=True, slots=True)
class AnswerHeader:
    """One documented header of an answer, whose value is written in the style ``simple``.

    Attributes:
        schema: standalone JSON Schema 2020-12 of its value.
        pointer, schema_pointer: the places of the header and of its schema in the document (JSON Pointer).
        media_type: the media type of ``content``; empty where the value is serialised by its style.
        separator: what stands between the items of an array; a comma but for Swagger's ``collectionFormat``.
    """

    name: str
    required: bool
    schema: Schema
    pointer: str
    schema_pointer: str
    media_type: str = ""
    explode: bool = False
    separator: str = ","


@dataclass(frozen=True, slots=True)
class Answer:
    """One documented response.

    Attributes:
        status: as written in the document: ``200``, ``4XX`` or ``default``.
        content: standalone schema by media type; empty if the document describes no body.
        links: the OpenAPI links of this response.
        refusal: the ``x-chatcert-refusal`` extension of a success, its schema standalone.
        headers: the documented headers, ``Content-Type`` excepted.
        streams: the media types of ``content`` that are streams, whose schemas there are not those of a body.
    """

    status: str
    content: Mapping[str, Schema]
    description: str
    pointer: str
    schema_pointer: str
    links: Mapping[str, Any] = field(default_factory=dict)
    refusal: Mapping[str, Any] | None = None
    headers: tuple[AnswerHeader, ...] = ()
    streams: tuple[Stream, ...] = ()

    def header(self, name: str) -> AnswerHeader | None:
        """Return the documented header of that name, in any case."""
        return next((header for header in self.headers if header.name.lower() == name.lower()), None)

    @property
    def body_type(self) -> str:
        """The media type of a single body: the first one that is not a stream; empty where there is none."""
        return next((name for name in self.content if stream_form(name) is None), "")

    @property
    def schema(self) -> Schema | None:
        """The schema of a single body, if any."""
        return self.content.get(self.body_type)

    @property
    def is_json(self) -> bool:
        """Whether a single body is JSON, or may be by the range of media types that is documented for it."""
        return is_json_type(self.body_type) or self.body_type in ("*/*", "application/*")

    @property
    def other_types(self) -> tuple[str, ...]:
        """The media types that have one rule each: those on JSON bodies and on streams do not apply to them."""
        main = self.body_type if self.is_json else ""
        return tuple(
            name
            for name, schema in self.content.items()
            if name != main
            and not (main and is_json_type(name) and schema == self.schema)
            and stream_form(name) is None
        )

    def stream(self, media_type: str) -> Stream | None:
        """Return the documented stream of a media type, parameters and case aside."""
        base = media_type.partition(";")[0].strip().lower()
        return next((s for s in self.streams if s.media_type.partition(";")[0].strip().lower() == base), None)

    def covers(self, status: int) -> bool:
        """Return whether an HTTP status falls under this entry; ``default`` covers none by itself."""
        return self.status == str(status) or (self.status[1:].upper() == "XX" and self.status[0] == str(status)[0])


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential that a request carries.

    Attributes:
        scheme: the security scheme's name in the document.
        kind: ``bearer``, ``basic`` or ``apiKey``.
        location: the part of the request that carries it.
        name: header, query or cookie name.
        has_alternative: whether, by ``security``, the other credentials of a request are enough without this one.
        is_jwt: whether the document says that its value is a JSON Web Token (RFC 7519).
    """

    scheme: str
    kind: Literal["bearer", "basic", "apiKey"]
    location: Literal["header", "query", "cookie"]
    name: str
    pointer: str
    description: str = ""
    has_alternative: bool = False
    is_jwt: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """One alternative of ``security``: credentials that together are enough for a request.

    Attributes:
        schemes: names of security schemes; empty where a request without credentials is served.
        is_contradicted: whether parameters of the operation demand further credentials.
    """

    schemes: tuple[str, ...]
    is_contradicted: bool = False

    @property
    def name(self) -> str:
        """The schemes as they stand in an id."""
        return "+".join(self.schemes) or "anonymous"


@dataclass(frozen=True, slots=True)
class ChatOperation:
    """An operation on one chat: the id of the chat is the only parameter of its path.

    Attributes:
        method: in upper case.
        path: with the parameter in braces.
        parameter: the name of that parameter.
        id_path: where the answer to the create operation holds the id.
        body: the JSON value that is sent with the request, if one is.
        has_body: whether a body is sent.
        pointer: the place in the document that names the operation (JSON Pointer).
        source: the part of the page that states it.
        is_stated: whether the overlay names it; otherwise a link of the document does.
        may_be_unread: whether it may be applied to a chat that nothing shows to be the one that was created.
    """

    method: str
    path: str
    parameter: str
    id_path: tuple[str, ...]
    body: Any = None
    has_body: bool = False
    pointer: str = ""
    source: str = ""
    is_stated: bool = True
    may_be_unread: bool = False

    @property
    def name(self) -> str:
        """Method and path: ``GET /v1/chats/{id}``."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class ChatListing:
    """The operation that lists the chats of a user.

    Attributes:
        path: with its query, if it has one.
        items: where its answer holds the list.
        id_path: where an item of the list holds the id of its chat.
        page: name of the query parameter with the number of a page, from 1 on; empty where one answer holds all chats.
        pointer: the place in the document that names the operation (JSON Pointer).
    """

    path: str
    items: tuple[str, ...]
    id_path: tuple[str, ...]
    page: str = ""
    pointer: str = ""

    @property
    def name(self) -> str:
        """Method and path: ``GET /v1/chats``."""
        return f"GET {self.path}"


@dataclass(frozen=True, slots=True)
class SpecDefect:
    """A defect of the document itself, reported to its author; the server never fails because of it."""

    pointer: str
    problem: str


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract of one create-chat operation.

    Attributes:
        document: the document with its overlay applied.
        published: the document as the vendor publishes it, without overlay.
        overlay: the overlay, if there is one.
        credentials: every credential of an alternative that can be tried.
        alternatives: what is enough to authenticate, in the document's order; no credentials at all come last.
        certificate_is_enough: whether a client certificate authenticates without any of them.
        unwritten: the name of a required parameter that cannot be written, without which no request is valid.
        read: the operation that reads a chat which was created, if a link or the overlay names one.
        delete: the operation that removes such a chat, if the overlay names one; it is never guessed.
        listing: the operation that lists the chats of a user, if the overlay names one.
    """

    vendor: str
    title: str
    version: str
    method: str
    path: str
    operation_pointer: str
    operation_id: str
    servers: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: tuple[Answer, ...]
    credentials: tuple[Credential, ...]
    document: Mapping[str, Any]
    spec_digest: str
    overlay_digest: str
    defects: tuple[SpecDefect, ...] = ()
    published: Mapping[str, Any] = field(default_factory=dict, repr=False)
    overlay: Mapping[str, Any] | None = field(default=None, repr=False)
    alternatives: tuple[Alternative, ...] = ()
    certificate_is_enough: bool = False
    unwritten: str = ""
    read: ChatOperation | None = None
    delete: ChatOperation | None = None
    listing: ChatListing | None = None

    def chosen_alternative(self, configured: Container[str] | None = None) -> Alternative:
        """Return the alternative that requests carry: the first one all of whose credentials are configured.

        Args:
            configured: names of security schemes; ``None`` for all.
        """
        enough = (a for a in self.alternatives if configured is None or all(n in configured for n in a.schemes))
        return next(enough, Alternative(()))

    def usable_alternatives(self, configured: Container[str] | None = None) -> tuple[Alternative, ...]:
        """Return the alternatives with credentials that are enough by themselves, and all of whose are configured."""
        every = (a for a in self.alternatives if a.schemes and not a.is_contradicted)
        return tuple(a for a in every if configured is None or all(name in configured for name in a.schemes))

    @property
    def serves_anonymous(self) -> bool:
        """Whether, by ``security``, a request without credentials is served although there are some."""
        return bool(self.credentials) and any(not alternative.schemes for alternative in self.alternatives)

    def is_superfluous(self, credential: Credential) -> bool:
        """Return whether, by ``security``, each request that carries a credential is served without it too."""
        enough = [set(a.schemes) for a in self.alternatives if not a.is_contradicted]
        holding = [set(a.schemes) for a in self.alternatives if credential.scheme in a.schemes]
        return all(any(one <= held - {credential.scheme} for one in enough) for held in holding)

    @property
    def operation(self) -> str:
        """Method and path of the operation: ``POST /v1/chats``."""
        return f"{self.method} {self.path}"

    def answer_for(self, status: int) -> Answer | None:
        """Return the entry that documents ``status``: the exact one, else a range, else ``default``."""
        for candidate in self.answers:
            if candidate.status == str(status):
                return candidate
        for candidate in self.answers:
            if candidate.covers(status):
                return candidate
        return next((a for a in self.answers if a.status == "default"), None)

    @property
    def successes(self) -> tuple[Answer, ...]:
        """The documented success answers; where there are none, the documented redirects to what was made."""
        found = tuple(a for a in self.answers if a.status.startswith("2"))
        return found or tuple(a for a in self.answers if a.status in REDIRECTS)

    def redirects_to_chat(self, status: int) -> bool:
        """Return whether a status of class 3xx is a success: no other is documented (RFC 9110 section 15.4.4)."""
        return str(status) in REDIRECTS and any(answer.status == str(status) for answer in self.successes)

    @property
    def errors(self) -> tuple[Answer, ...]:
        """The documented error answers, ``default`` included."""
        return tuple(a for a in self.answers if a.status[0] in "45" or a.status == "default")

    def documents_redirect(self, status: int) -> bool:
        """Return whether the document describes an answer that sends the client elsewhere with this status."""
        return 300 <= status < 400 and any(a.covers(status) for a in self.answers if a.status != "default")

    def documented(self, *statuses: int) -> tuple[int, ...]:
        """Return those of ``statuses`` that the document names exactly."""
        named = {a.status for a in self.answers}
        return tuple(status for status in statuses if str(status) in named)

    @property
    def bad_request_statuses(self) -> tuple[int, ...]:
        """The documented statuses for an invalid request; 400 and 422 if the document names neither."""
        return self.documented(400, 422) or (400, 422)

    @property
    def refusal_statuses(self) -> tuple[int, ...]:
        """The documented statuses for wrong credentials; 401 and 403 if the document names neither."""
        return self.documented(401, 403) or (401, 403)

    @property
    def documents_errors(self) -> bool:
        """Whether the document describes any error answer at all."""
        return bool(self.errors)

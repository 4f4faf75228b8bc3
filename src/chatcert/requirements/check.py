"""Checks: what is tested for one requirement, one dataclass for each form of test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatcert.openapi.schemas.fields import Choice
from chatcert.requirements.framing_forms import Content, Framing
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.operation import KeepsChat
from chatcert.requirements.own_rule import InstalledRule


class Variation(StrEnum):
    """Variations of a valid request, each of which has to be accepted."""

    REQUIRED_ONLY = "required-only"
    ALL_FIELDS = "all-fields"
    PRESENT = "present"
    ABSENT = "absent"
    ENUM = "enum"
    NULL = "null"
    TYPE = "type"
    TEXT = "text"
    CHARACTERS = "characters"
    CONTENT = "content"
    BLANK = "blank"
    EXTRA = "extra"
    BODY_ABSENT = "body-absent"
    BODY_EMPTY = "body-empty"
    LINK = "link"
    MEDIA_TYPE = "media-type"
    PART_TYPE = "part-type"
    TYPED_ALTERNATIVE = "typed-alternative"
    ALTERNATIVE = "alternative"
    CREDENTIALS = "credentials"

    MIN_LENGTH = "minLength"
    MAX_LENGTH = "maxLength"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    EXCLUSIVE_MINIMUM = "exclusiveMinimum"
    EXCLUSIVE_MAXIMUM = "exclusiveMaximum"
    MIN_ITEMS = "minItems"
    MAX_ITEMS = "maxItems"
    MIN_PROPERTIES = "minProperties"
    MAX_PROPERTIES = "maxProperties"

    CONTENT_TYPE_CHARSET = "content-type-charset"
    CONTENT_TYPE_CASE = "content-type-case"
    HEADER_NAME_CASE = "header-name-case"
    SCHEME_CASE = "scheme-case"
    JSON_ESCAPES = "json-escapes"
    JSON_WHITESPACE = "json-whitespace"
    KEY_ORDER = "key-order"


class PayloadForm(StrEnum):
    """Forms of a payload that is wrong as a whole."""

    TRUNCATED = "truncated"
    UNCLOSED = "unclosed"
    GARBAGE = "garbage"
    TRAILING_BYTES = "trailing-bytes"
    MISSING_COMMA = "missing-comma"
    NAN = "nan"

    TRAILING_COMMA = "trailing-comma"
    COMMENT = "comment"
    SINGLE_QUOTES = "single-quotes"
    CONTROL_CHARACTER = "control-character"

    ABSENT = "absent"
    EMPTY = "empty"
    WHITE_SPACE = "white-space"

    TEXT_PLAIN = "text-plain"
    FORM = "form"
    XML = "xml"


class CredentialForm(StrEnum):
    """Forms in which a request carries a credential."""

    VALID = "valid"

    MISSING = "missing"
    EMPTY = "empty"
    WRONG = "wrong"
    CORRUPTED = "corrupted"
    TRUNCATED = "truncated"
    EXTENDED = "extended"
    PREFIX = "prefix"
    CASE = "case"
    QUERY = "query"
    NO_SCHEME = "no-scheme"
    BASIC_SCHEME = "basic-scheme"
    OTHER_SCHEME = "other-scheme"
    OTHER_HEADER = "other-header"
    SWAPPED = "swapped"
    PRECEDED = "preceded"
    UNDEFINED = "undefined"
    NULL = "null"
    LONG = "long"
    NON_ASCII = "non-ascii"
    JWT_SHAPED = "jwt-shaped"
    INJECTION = "injection"

    UNSIGNED = "unsigned"
    FOREIGN_SIGNED = "foreign-signed"
    EXPIRED = "expired"
    OTHER_AUDIENCE = "other-audience"

    OTHER_ACCOUNT = "other-account"

    DUPLICATED = "duplicated"
    SCHEME_LOWER = "scheme-lower"
    SCHEME_UPPER = "scheme-upper"
    NAME_LOWER = "name-lower"
    NAME_UPPER = "name-upper"


ODD_VALUES = (CredentialForm.LONG, CredentialForm.NON_ASCII, CredentialForm.JWT_SHAPED, CredentialForm.INJECTION)
"""Forms that a server may refuse with any status, since no client sends them by mistake."""

CONFIGURED_FORMS = (CredentialForm.EXPIRED, CredentialForm.OTHER_AUDIENCE)
"""Forms of a token that only its issuer can make, so that the target has to name one."""


def configured_as(scheme: str, form: CredentialForm) -> str:
    """Return the name under which a target has a token in one of ``CONFIGURED_FORMS``: ``bearerAuth_EXPIRED``."""
    return f"{scheme}_{form.upper().replace('-', '_')}"


def of_other_account(name: str) -> str:
    """Return the name under which a target has a credential or an existing thing of another account."""
    return f"other_{name}"


class ResourceForm(StrEnum):
    """Forms of an identifier that names no resource."""

    UNKNOWN = "unknown"
    MALFORMED = "malformed"


class AnswerGroup(StrEnum):
    """Groups of answers that are not the answers of one documented status."""

    ANY = "any"
    """Every answer of a run."""
    INVALID = "invalid"
    """Refusals of invalid requests, whatever their status."""
    UNAUTHENTICATED = "unauthenticated"
    """Refusals of requests with bad credentials, whatever their status."""


class Rule(StrEnum):
    """Rules that answers have to comply with, including keywords of JSON Schema."""

    STATUS = "status"
    DOCUMENTED_STATUS = "documented-status"
    FRAMING = "framing"
    CONTENT_TYPE = "content-type"
    JSON = "json"
    JSON_OBJECT = "json-object"
    MEDIA_TYPE = "media-type"
    NO_HTML = "no-html"
    SCHEMA = "schema"
    PROMISED = "promised"
    INFORMATIVE = "informative"
    NAMES_FIELD = "names-field"
    NO_SERVER_ERROR = "no-server-error"
    NO_STACK_TRACE = "no-stack-trace"
    NO_INTERNAL_DETAIL = "no-internal-detail"
    NO_CREDENTIAL = "no-credential"
    NO_OTHER_REQUEST = "no-other-request"
    NO_OTHER_CHAT = "no-other-chat"
    NO_REDIRECT = "no-redirect"
    LOCATION = "location"
    EVERY_TIME = "every-time"
    TWO_FAULTS = "two-faults"
    REFUSAL = "refusal"
    ALLOW = "allow"
    CHALLENGE = "www-authenticate"
    HEADER_FORM = "header-form"
    SINGLE_HEADERS = "single-headers"
    TERMINATOR = "terminator"
    STREAM_ERROR = "error"

    UNIQUE = "unique"
    EQUALS = "equals"
    INITIAL = "initial"
    CLOCK = "clock"
    CLOCK_MOVES = "clock-moves"
    NOT_BEFORE = "not-before"
    CONSTANT = "constant"
    REPLY = "reply"

    REQUIRED = "required"
    TYPE = "type"
    ENUM = "enum"
    CONST = "const"
    FORMAT = "format"
    PATTERN = "pattern"
    MIN_LENGTH = "minLength"
    MAX_LENGTH = "maxLength"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    EXCLUSIVE_MINIMUM = "exclusiveMinimum"
    EXCLUSIVE_MAXIMUM = "exclusiveMaximum"
    MULTIPLE_OF = "multipleOf"
    MIN_ITEMS = "minItems"
    MAX_ITEMS = "maxItems"
    UNIQUE_ITEMS = "uniqueItems"
    MIN_PROPERTIES = "minProperties"
    MAX_PROPERTIES = "maxProperties"
    ADDITIONAL_PROPERTIES = "additionalProperties"
    ONE_OF = "oneOf"
    ANY_OF = "anyOf"
    WRITE_ONLY = "writeOnly"
    BRANCH = "branch"
    DISCRIMINATOR = "discriminator"


@dataclass(frozen=True, slots=True)
class Accepts:
    """A valid request is accepted.

    Attributes:
        path: path of the field or name of the parameter that the variation is about; empty for the whole request.
        value: the enum member, the type name, the limit, the media type, the link's expression; of a part of a form,
            the media type of the form, its name, and its own media type; of an alternative in a further media type,
            this type and the alternatives that are chosen.
        place: ``body`` or the location of the parameter.
        choices: the alternatives of ``oneOf`` and ``anyOf`` that lead to the field.
    """

    variation: Variation
    path: tuple[str, ...] = ()
    value: Any = None
    place: str = "body"
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuses:
    """A request that breaks one schema keyword in one field or parameter is refused.

    Attributes:
        place: ``body`` or the location of the parameter.
        keyword: a keyword of JSON Schema; ``null`` for a null value where the schema allows none, ``empty-string``
            for the empty string where a least length forbids it, ``discriminator`` for a value that names no
            alternative, ``forbidden`` for a property that may not be there.
        choices: the alternatives of ``oneOf`` and ``anyOf`` that lead to the field.
    """

    place: str
    path: tuple[str, ...]
    keyword: str
    choices: tuple[Choice, ...] = ()


class Beside(StrEnum):
    """Valid circumstances that do not make an invalid request valid."""

    CHARSET = "charset"
    UNKNOWN_FIELD = "unknown-field"
    OTHER_FIELDS = "other-fields"
    LONG_NEIGHBOUR = "long-neighbour"
    KEY_ORDER = "key-order"
    ESCAPED_KEYS = "escaped-keys"
    LATER_ENTRY = "later-entry"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class RefusesBeside:
    """An invalid request is also refused in a circumstance that is valid in itself."""

    circumstance: Beside


@dataclass(frozen=True, slots=True)
class RefusesInMediaType:
    """Invalid bodies are also refused in another documented media type than the one in which all others are sent.

    Attributes:
        choices: the alternatives that the bodies are meant to be; by default, only what is outside them is broken.
    """

    media_type: str
    choices: tuple[Choice, ...] = ()


class Near(StrEnum):
    """Values that resemble valid ones, and are invalid."""

    ENUM = "near-miss"
    """A text that differs from a member of an enum in white space, in case, or in its first or last characters."""
    KEY = "key-case"
    """A required name in another case."""


@dataclass(frozen=True, slots=True)
class RefusesNear:
    """A request that merely resembles a valid one is refused.

    Attributes:
        path: the field of the body that has the enum, or that is required.
    """

    path: tuple[str, ...]
    near: Near


@dataclass(frozen=True, slots=True)
class RefusesRepeated:
    """A request that repeats a value that must be new is refused.

    Attributes:
        place: ``body`` or the location of the parameter.
        status: the status of the refusal; ``None`` where the document does not say it.
    """

    place: str
    path: tuple[str, ...]
    status: int | None = None


@dataclass(frozen=True, slots=True)
class RefusesPayload:
    """A payload that is not a JSON object of the right media type is refused."""

    form: PayloadForm


@dataclass(frozen=True, slots=True)
class Authenticates:
    """A request in which one credential is wrong is refused.

    Attributes:
        scheme: name of the security scheme; empty for all schemes together.
    """

    scheme: str
    form: CredentialForm


@dataclass(frozen=True, slots=True)
class Guards:
    """A request without valid credentials is not served, whatever else is unusual about it."""

    oddity: Oddity


@dataclass(frozen=True, slots=True)
class SeparatesAccounts:
    """A request that names the resources of one account is not served with the credentials of another account."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A rule that all answers of one status, or of one group, comply with.

    Attributes:
        status: the status as the document writes it (``201``, ``4XX``), or an ``AnswerGroup``.
        path: the field that the rule applies to; empty for the whole answer.
        detail: data of the rule: the content of an ``x-chatcert-*`` extension, or the value of a keyword.
        header: the documented header that the rule applies to, with ``path`` inside its value; empty for the body.
        stream: the documented media type of the streams that the rule applies to, with ``path`` inside an event.
        choices: the alternatives that a value has to be meant as for the rule to apply.
    """

    status: str
    rule: Rule
    path: tuple[str, ...] = ()
    detail: Any = None
    header: str = ""
    stream: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowsResource:
    """A request that names a resource that does not exist is refused.

    Attributes:
        open_question: whether the document leaves open that such a request may be served.
        optional: whether the body may lack the field: then the bad-request status is right for an unknown name, too.
    """

    place: str
    path: tuple[str, ...]
    form: ResourceForm
    open_question: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Withstands:
    """Hostile input in a well-framed request causes no crash, no hang and no dropped connection.

    Attributes:
        place: ``body``, ``payload``, ``nesting``, ``headers`` or the location of a parameter.
        path: the field or parameter; for ``nesting`` the number of levels.
    """

    place: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """Another HTTP method does not create a chat."""

    method: str


class Trigger(StrEnum):
    """Requests that may leave a server, or a connection, in a state in which the next request fails."""

    REFUSED_LOGIN = "refused-login"
    REFUSAL = "refusal"
    INVALID_BODY = "invalid-body"
    UNKNOWN_NAME = "unknown-name"
    OVERSIZED_BODY = "oversized-body"
    ABORTED_UPLOAD = "aborted-upload"


@dataclass(frozen=True, slots=True)
class ServesAfter:
    """A valid request is served right after a request that must have no effect on it."""

    trigger: Trigger


@dataclass(frozen=True, slots=True)
class Framed:
    """A request in another HTTP framing gets the same result as in the usual one.

    Attributes:
        content: whether the request is valid, invalid, or without credentials.
    """

    framing: Framing
    content: Content = Content.VALID


@dataclass(frozen=True, slots=True)
class Own:
    """What a user's own rule demands."""

    installed: InstalledRule


Check = (
    Accepts
    | Refuses
    | RefusesBeside
    | RefusesInMediaType
    | RefusesNear
    | RefusesRepeated
    | RefusesPayload
    | Authenticates
    | Guards
    | SeparatesAccounts
    | Answers
    | KnowsResource
    | Withstands
    | Method
    | Framed
    | ServesAfter
    | KeepsChat
    | Own
)

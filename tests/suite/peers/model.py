"""Requests, replies and the pipeline that every reference server runs."""

from __future__ import annotations

import abc
import hmac
import json
import re
import secrets
import string
import time
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Self

Headers = list[tuple[str, str]]
ALPHANUMERIC = string.ascii_letters + string.digits
DEEPEST = 200
BUGS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
STATUSES = {
    "path": 404,
    "method": 405,
    "auth": 401,
    "size": 413,
    "media": 415,
    "syntax": 400,
    "schema": 400,
    "resource": 404,
    "crash": 500,
}


class Exact(float):
    """A JSON number that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Keep the literal beside its value."""
        self = super().__new__(cls, text)
        self.text = text
        return self


def _integer(text: str) -> int | float:
    """Read an integer literal of any length."""
    return Exact(text) if text == "-0" or len(text) > 4000 else int(text)


def _no_constant(text: str) -> Any:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError(f"{text} is not JSON")


def loads(text: str, **options: Any) -> Any:
    """Parse strict JSON, numbers kept as written; options loosen it."""
    strict = {"parse_float": Exact, "parse_int": _integer, "parse_constant": _no_constant}
    return json.loads(text, **{**strict, **options})


def dumps(value: Any, *, ascii: bool = False, indent: int = 0, level: int = 0) -> str:
    """Write JSON, numbers as they were read."""
    if isinstance(value, Exact):
        return value.text
    if not isinstance(value, dict | list | tuple) or not value:
        return json.dumps(value, ensure_ascii=ascii)
    inner = "\n" + " " * indent * (level + 1) if indent else ""
    outer = "\n" + " " * indent * level if indent else ""

    def nested(item: Any) -> str:
        return dumps(item, ascii=ascii, indent=indent, level=level + 1)

    if isinstance(value, dict):
        colon = ": " if indent else ":"
        members = [json.dumps(str(key), ensure_ascii=ascii) + colon + nested(item) for key, item in value.items()]
        return "{" + inner + ("," + inner).join(members) + outer + "}"
    return "[" + inner + ("," + inner).join(map(nested, value)) + outer + "]"


def encode(value: Any) -> bytes:
    """Write JSON as UTF-8, lone surrogates as escapes."""
    try:
        return dumps(value).encode()
    except UnicodeEncodeError:
        return dumps(value, ascii=True).encode()


def depth(value: Any) -> int:
    """Count the levels of a parsed document."""
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return deepest


def texts(value: Any) -> Iterable[str]:
    """Yield every string of a parsed document, keys included."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            pending += [*node.keys(), *node.values()]
        elif isinstance(node, list):
            pending += node


def is_number(value: Any) -> bool:
    """Tell JSON numbers from booleans."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_json(media_type: str | None) -> bool:
    """Accept application/json in any case with any parameters."""
    return (media_type or "").split(";")[0].strip().lower() == "application/json"


def random_id(length: int) -> str:
    """Draw an unguessable alphanumeric id."""
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(length))


def iso(seconds: float) -> str:
    """Write a time as RFC 3339 with milliseconds, in UTC."""
    whole, milliseconds = divmod(int(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{milliseconds:03d}Z"


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    client: tuple[str, int] = ("", 0)
    target: str = ""

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next(iter(self.all(name)), None)

    def query_values(self) -> list[str]:
        """Return the decoded values of the query string."""
        return [value for _, value in urllib.parse.parse_qsl(self.query)]


@dataclass
class Reply:
    """What goes back, and how it travels."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    kind: str = ""
    delay: float = 0.0
    chunked: bool = False
    wire: str = ""
    finish: Callable[[], None] | None = None

    @property
    def good(self) -> bool:
        """Return whether a chat was created."""
        return not self.kind

    def set(self, name: str, value: str | None) -> None:
        """Replace a header, or remove it."""
        kept = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers = kept if value is None else [*kept, (name, value)]


class Refusal(Exception):
    """A request that is turned down."""

    def __init__(self, kind: str, message: str, fields: dict[str, str] | None = None) -> None:
        """Name the kind of refusal and its reason."""
        super().__init__(message)
        self.kind, self.message, self.fields = kind, message, fields or {}


@dataclass
class Turn:
    """One request on its way through the pipeline."""

    request: Request
    params: dict[str, str]
    text: str = ""
    payload: Any = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Rule:
    """What one request field must be."""

    name: str
    kind: type
    required: bool = False
    nullable: bool = False
    low: int = 0
    high: int | None = None
    enum: tuple[str, ...] = ()
    members: Callable[[Any], bool] | None = None
    measure: Callable[[str], int] = len
    fallback: Any = None
    accepts: list[tuple[Callable[[Any], bool], Callable[[Any], Any]]] = field(default_factory=list)
    refuses: list[Callable[[Any], bool]] = field(default_factory=list)

    def complaint(self, value: Any) -> str:
        """Say what is wrong with a value, or nothing."""
        if value is None:
            return "" if self.nullable else "must not be null"
        if not isinstance(value, self.kind):
            return f"must be {'an object' if self.kind is dict else 'a string'}"
        members: Any = value.values() if isinstance(value, dict) else ()
        if isinstance(value, str):
            size = self.measure(value)
            if size < self.low:
                return f"must have at least {self.low} characters"
            if self.high is not None and size > self.high:
                return f"must have at most {self.high} characters"
            if self.enum and value not in self.enum:
                return f"must be one of {', '.join(self.enum)}"
        elif self.members and not all(map(self.members, members)):
            return "must not hold null values"
        return ""


@dataclass
class Credential:
    """One header that authenticates."""

    scheme_id: str
    header: str
    value: str
    scheme: str = ""
    extra: list[Callable[[Request], bool]] = field(default_factory=list)
    strict: list[Callable[[Request], bool]] = field(default_factory=list)

    def presented(self, request: Request) -> str | None:
        """Return the token that a request presents, without its scheme."""
        values = request.all(self.header)
        if len(values) != 1:
            return None
        if not self.scheme:
            return values[0]
        scheme, _, token = values[0].partition(" ")
        return token.strip(" ") if scheme.lower() == self.scheme.lower() else None

    def admits(self, request: Request) -> bool:
        """Compare by exact value."""
        token = (self.presented(request) or "").encode("utf-8", "surrogateescape")
        exact = hmac.compare_digest(token, self.value.encode())
        if exact and any(refuse(request) for refuse in self.strict):
            return False
        return exact or any(accept(request) for accept in self.extra)


class Service(abc.ABC):
    """A create-chat endpoint: authenticate, parse, validate, find, respond."""

    vendor = ""
    route = re.compile("")
    success = 200
    largest = 10_000_000
    optional_body = False
    challenge = 'Bearer realm="api"'
    special: ClassVar[dict[str, int]] = {}

    def __init__(self, prefix: str = "") -> None:
        """Start as the reference does; hooks may be changed afterwards."""
        self.prefix = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self.methods = ["POST"]
        self.allow: str | None = "POST"
        self.rules = {rule.name: rule for rule in self.fields()}
        self.credentials = self.keys()
        self.statuses = {**STATUSES, **self.special}
        self.clock: Callable[[], float] = time.time
        self.error_clock: Callable[[], float] = time.time
        self.stamp: Callable[[float], Any] = iso
        self.make_id: Callable[[Turn], Any] = self.new_id
        self.decode: Callable[[bytes], str] = bytes.decode
        self.loads: Callable[[str], Any] = loads
        self.media: Callable[[str | None], bool] = is_json
        self.encode: Callable[[Any], bytes] = encode
        self.before: list[Callable[[Request], Reply | None]] = []
        self.after: list[Callable[[Request, Reply], Reply | None]] = []
        self.shapes: list[Callable[[Turn, Any], Any]] = []
        self.error_shapes: list[Callable[[Request, Refusal, Any], Any]] = []
        self.steps: list[Callable[[Turn], None]] = [
            self.authenticate,
            self.weigh,
            self.parse,
            self.validate,
            self.find,
        ]

    @abc.abstractmethod
    def fields(self) -> list[Rule]:
        """Return the rules of the request body."""

    @abc.abstractmethod
    def keys(self) -> list[Credential]:
        """Return the credentials that must all be presented."""

    @abc.abstractmethod
    def new_id(self, turn: Turn) -> Any:
        """Draw the id of a new chat."""

    @abc.abstractmethod
    def find(self, turn: Turn) -> None:
        """Look up what the request refers to."""

    @abc.abstractmethod
    def content(self, turn: Turn) -> dict[str, Any]:
        """Build the body of a success."""

    @abc.abstractmethod
    def problem(self, request: Request, refusal: Refusal, status: int) -> dict[str, Any]:
        """Build the body of an error."""

    def insert(self, step: Callable[[Turn], None], *, before: str) -> None:
        """Put a step in front of a named one."""
        names = [getattr(known, "__name__", "") for known in self.steps]
        self.steps.insert(names.index(before), step)

    def locate(self, request: Request) -> dict[str, str]:
        """Match the path, at the root or under the prefix."""
        path = request.path
        if self.prefix and path.startswith(self.prefix + "/"):
            path = path.removeprefix(self.prefix)
        match = self.route.fullmatch(path)
        if not match:
            raise Refusal("path", "No such path")
        return match.groupdict()

    def authenticate(self, turn: Turn) -> None:
        """Demand every credential."""
        if not all(credential.admits(turn.request) for credential in self.credentials):
            raise Refusal("auth", "Missing or invalid credentials")

    def weigh(self, turn: Turn) -> None:
        """Check the size and the media type of the body."""
        if len(turn.request.body) > self.largest:
            raise Refusal("size", "Request body is too large")
        if not turn.request.body:
            return
        if not self.media(turn.request.header("content-type")):
            raise Refusal("media", "Content-Type must be application/json")

    def parse(self, turn: Turn) -> None:
        """Read the JSON document."""
        if self.optional_body and not turn.request.body:
            turn.payload = {}
            return
        try:
            turn.text = self.decode(turn.request.body)
            turn.payload = self.loads(turn.text)
        except (ValueError, RecursionError):
            raise Refusal("syntax", "Malformed JSON") from None
        if depth(turn.payload) > DEEPEST:
            raise Refusal("syntax", "JSON is nested too deeply")

    def validate(self, turn: Turn) -> None:
        """Hold the body against its rules."""
        if not isinstance(turn.payload, dict):
            raise Refusal("schema", "Request body must be a JSON object")
        wrong: dict[str, str] = {}
        for name, rule in self.rules.items():
            if name not in turn.payload:
                if rule.required:
                    wrong[name] = f"{name} is required"
                elif rule.fallback is not None:
                    turn.values[name] = rule.fallback
                continue
            value = turn.payload[name]
            convert = next((then for test, then in rule.accepts if test(value)), None)
            if convert:
                turn.values[name] = convert(value)
                continue
            reason = rule.complaint(value)
            if not reason and any(refuse(value) for refuse in rule.refuses):
                reason = "is not acceptable"
            if reason:
                wrong[name] = f"{name} {reason}"
            turn.values[name] = value
        if wrong:
            raise Refusal("schema", "; ".join(wrong.values()), wrong)

    def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        reply = next((early for hook in self.before if (early := hook(request))), None)
        if reply is None:
            try:
                reply = self.handle(request)
            except Refusal as refusal:
                reply = self.refuse(request, refusal)
            except BUGS:
                reply = self.refuse(request, Refusal("crash", "Unexpected server error"))
        for late in self.after:
            reply = late(request, reply) or reply
        return reply

    def handle(self, request: Request) -> Reply:
        """Run the pipeline."""
        turn = Turn(request, self.locate(request))
        if request.method not in self.methods:
            raise Refusal("method", f"{request.method} is not allowed")
        for step in self.steps:
            step(turn)
        body: Any = self.content(turn)
        for shape in self.shapes:
            body = shape(turn, body)
        return self.reply(self.success, body)

    def reply(self, status: int, body: Any, kind: str = "") -> Reply:
        """Wrap a JSON body."""
        headers = [("content-type", "application/json")]
        return Reply(status, headers, self.encode(body), kind)

    def refuse(self, request: Request, refusal: Refusal) -> Reply:
        """Turn a refusal into an error reply."""
        status = self.statuses[refusal.kind]
        body: Any = self.problem(request, refusal, status)
        for shape in self.error_shapes:
            body = shape(request, refusal, body)
        reply = self.reply(status, body, refusal.kind)
        if refusal.kind == "auth" and status == 401:
            reply.set("www-authenticate", self.challenge)
        if refusal.kind == "method" and self.allow:
            reply.set("allow", self.allow)
        return reply


def phrase(status: int) -> str:
    """Return the reason phrase of a status."""
    return HTTPStatus(status).phrase

"""A user's own rule: its statement, the requests that it sends, how it judges answers, and what breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

MAX_NAME: Final = 64
MAX_TEXT: Final = 300
MAX_TRIALS: Final = 20
"""Requests that one rule sends at most."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,31}")
_LINE = re.compile(rf".{{1,{MAX_TEXT}}}")


class InvalidTrial(TypeError):
    """A rule gives a request that cannot be sent; the text names what is wrong, and quotes no value."""


class Headers(dict[str, str]):
    """Header fields by name, in lower case; names are looked up without regard to case (RFC 9110 section 5.1)."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in fields.items()})

    def __getitem__(self, name: str) -> str:
        """Return the value of a header."""
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        """Return whether there is a header of this name."""
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header, or ``default`` where there is none."""
        return super().get(name.lower(), default)


class CannotTell(Exception):
    """A rule cannot judge an answer; the text says why, and no verdict is *pass* then."""


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request as a rule sees it, its credentials masked.

    Attributes:
        headers: by name, in lower case, and found in any case.
        query: percent-encoded, without the question mark.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        """Let headers be found in any case."""
        object.__setattr__(self, "headers", Headers(self.headers))

    def json(self) -> Any:
        """Return the JSON value of the body; ``None`` if it is no JSON."""
        return _json(self.body)


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """An answer as a rule sees it.

    Attributes:
        headers: by name, in lower case, and found in any case; of several of a name, the last one.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        """Let headers be found in any case."""
        object.__setattr__(self, "headers", Headers(self.headers))

    @property
    def succeeded(self) -> bool:
        """Return whether its status is of class 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the JSON value of the body; ``None`` if it is no JSON."""
        return _json(self.body)

    def with_status(self, status: int) -> OwnAnswer:
        """Return the answer with another status."""
        return replace(self, status=status)

    def with_header(self, name: str, value: str | None) -> OwnAnswer:
        """Return the answer with another value of a header, or without it where the value is ``None``."""
        others = {key: text for key, text in self.headers.items() if key != name.lower()}
        return replace(self, headers=others if value is None else {**others, name.lower(): value})

    def with_json(self, value: Any) -> OwnAnswer:
        """Return the answer with another JSON value as its body."""
        return replace(self, body=json.dumps(value).encode())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Trial:
    """One request that a rule sends: a valid request with a change.

    Attributes:
        edit: what is changed, in words.
        body: the JSON value of the body; bytes are sent as they are, ``None`` leaves the body as it is.
        headers: headers to add or replace, texts alone: none can be taken away.
        query: query parameters to add or replace.

    Raises:
        InvalidTrial: the headers are no mapping of texts to texts.
    """

    edit: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the headers."""
        if not isinstance(self.headers, Mapping):
            raise InvalidTrial("the headers of a trial are no mapping of names to texts")
        if any(not isinstance(text, str) for field_ in self.headers.items() for text in field_):
            raise InvalidTrial("a header of a trial is no text: headers are added, and none is taken away")


Judge = Callable[[OwnRequest, OwnAnswer], str | None]
"""Given a request and its answer, what is wrong with the answer in a few words, or ``None`` if it keeps the rule."""
AnswerEdit = Callable[[OwnRequest, OwnAnswer], OwnAnswer]
"""Given a request and the answer of the mock, the answer that is sent instead."""
Planner = Callable[[OwnRequest], Iterable[Trial]]
"""Given a valid request, the requests to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A requirement of a user's own.

    Attributes:
        name: the end of its id, ``<vendor>/own/<name>``: words in lower case with hyphens between.
        version: changes with what the rule demands.
        level: ``must`` or ``should``.
        statement: what is required, in one sentence.
        source: where that is agreed, such as a section of a service agreement.
        judge: judges one answer; raises ``CannotTell`` where it cannot.
        fault: makes an answer that keeps the rule break it. A rule is used only if it fails on such answers, and
            passes on the answers of the mock without this.
        plan: the requests to send; one valid request by default.
        keep: makes an answer of the mock keep the rule, where it does not do so by itself.
        intrusive: whether its requests are not for a server in production, unless ``--with-robustness`` is given.

    Raises:
        ValueError: a value is invalid.
    """

    name: str
    version: str
    level: str
    statement: str
    judge: Judge = field(repr=False)
    fault: AnswerEdit = field(repr=False)
    plan: Planner | None = field(default=None, repr=False)
    keep: AnswerEdit | None = field(default=None, repr=False)
    source: str = ""
    intrusive: bool = False

    def __post_init__(self) -> None:
        """Check all values."""
        if not _matches(_NAME, self.name) or len(self.name) > MAX_NAME:
            raise ValueError(f"its name is {self.name!r}: give words in lower case with hyphens between")
        if not _matches(_VERSION, self.version):
            raise ValueError(f"{self.name}: its version is {self.version!r}: give a text such as '1' or '1.2'")
        if self.level not in ("must", "should"):
            raise ValueError(f"{self.name}: its level is {self.level!r}: give 'must' or 'should'")
        if not _matches(_LINE, self.statement) or not _matches(_LINE, self.source or "-"):
            raise ValueError(
                f"{self.name}: its statement or its source is not one line of at most {MAX_TEXT} characters"
            )
        functions: dict[str, Any] = {"judge": self.judge, "fault": self.fault, "plan": self.plan, "keep": self.keep}
        for what, value in functions.items():
            if not callable(value) and (value is not None or what in ("judge", "fault")):
                raise ValueError(f"{self.name}: its {what} is no function")


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class InstalledRule:
    """A rule and the module that it comes from.

    Attributes:
        digest: of the source of its module and of the modules of the same package that it imports, ``sha256:`` and 64
            hexadecimal digits.
        origin: the file or the entry point, for messages.
    """

    rule: OwnRule
    digest: str
    origin: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return name, version and digest: what a report says of the rule."""
        return self.rule.name, self.rule.version, self.digest

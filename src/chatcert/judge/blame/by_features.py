"""Blame by features: what fails because its requests have something that no request has which is served."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.evidence import Evidence
from chatcert.judge.values import format_brief
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.values.request_markers import markers_in
from chatcert.requirements.check import Accepts, Answers, Refuses, RefusesBeside, Rule, Withstands
from chatcert.transport.exchange import Exchange

Feature = tuple[str, str]
"""A field of the body, or nothing for the body itself, and what is there."""

MIN_SERVED: Final = 10
"""Served requests that tell what is special about others."""
MAX_SEARCHED: Final = 200_000
"""Characters of a text in which neighbours are looked at."""
MAX_SHOWN: Final = 40
"""Characters of a text that is a feature as a whole."""
MAX_NODES: Final = 20_000
"""Values of a body that are looked at."""
_PLAIN: Final = frozenset(string.ascii_letters + string.digits)
_SIGNS: Final = re.compile(r"[^a-zA-Z0-9]{2,}")
_DOUBLES, _LONGS = 2**53, 2**63


def with_one_feature(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold failures with the same answer whose requests all have a feature that no served request has.

    Valid requests explain hostile ones, and both explain the rules on all answers.
    """
    found = [failure for failure in left if failure.sign is not None and _rank(failure) is not None]
    found.sort(key=lambda failure: _rank(failure) or 0)
    if len(found) < 2 or len(run.evidence.successes) < MIN_SERVED:
        return
    of = Features(run.evidence).of
    served: set[Feature] = set().union(*map(of, run.evidence.successes))
    special = {failure.name: _shared(map(of, failure.exchanges)) - served for failure in found}
    for number, cause in enumerate(found):
        for failure in found[number + 1 :]:
            common = special[failure.name] & special[cause.name]
            if common and failure.sign == cause.sign:
                field, what = min(common, key=_length)
                where = f" in {field}" if field else ""
                yield failure, cause, f"both are broken by requests with {what}{where} alone, and no such one is served"


def _length(feature: Feature) -> tuple[bool, int, Feature]:
    """Return how well a feature can be read: words before codes, and the shorter the better."""
    return any(code in feature[1] for code in ("U+0", "U+1", "U+2", "class", "level")), len(feature[1]), feature


def _rank(failure: Failure) -> int | None:
    """Return how well a failure explains others: the lower, the better; ``None`` where bodies have no part in it."""
    match failure.requirement.check:
        case Accepts(place="body"):
            return 0
        case Refuses(place="body") | RefusesBeside():
            return 1
        case Withstands(place="body" | "nesting" | "payload"):
            return 2
        case Answers(rule=Rule.STATUS, status=status) if status.startswith("2"):
            return 3
        case Answers(rule=Rule.NO_SERVER_ERROR):
            return 4
        case _:
            return None


def _shared(found: Iterable[set[Feature]]) -> set[Feature]:
    """Return the features that all requests have; those whose body cannot be read say nothing."""
    first, *others = [features for features in found if features] or [set()]
    return first.intersection(*others)


class Features:
    """Finds the features of requests.

    Args:
        evidence: reads the requests, and knows the documented fields.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        body = evidence.contract.body
        fields = walk(body.schema, body.schema_pointer) if body is not None else ()
        self._names = {field.path[0] for field in fields if len(field.path) == 1}

    def of(self, exchange: Exchange) -> set[Feature]:
        """Return the features of the body of a request; none where it is no JSON."""
        body = self._evidence.sent_json(exchange)
        media = {("", "another media type than that of the document")} if self._is_of_another_type(exchange) else set()
        members = body if isinstance(body, dict) else {}
        absent = {(name, "nothing") for name in self._names if name not in members}
        if body is None:
            return media if exchange.sent.body else absent
        fields = body.items() if isinstance(body, dict) else [("", body)]
        found = {(field, feature) for field, value in fields for feature in _features(value)}
        is_more = bool(self._names and set(members) - self._names)
        other = {("", "a member that the document does not have")} if is_more else set()
        order = {("", f"{name} before all other fields") for name in [*members][:1] if len(members) > 1}
        return found | {("", feature) for _, feature in found} | absent | other | media | order

    def _is_of_another_type(self, exchange: Exchange) -> bool:
        """Return whether a body is of another media type than all that are documented."""
        body = self._evidence.contract.body
        sent = next((value for name, value in exchange.sent.headers if name.lower() == "content-type"), "")
        documented = {_base_type(name) for name in body.content} if body is not None else {"*/*"}
        is_open = any("*" in name for name in documented)
        return bool(exchange.sent.body) and not is_open and _base_type(sent) not in documented


def _base_type(media_type: str) -> str:
    """Return a media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def _features(value: Any) -> Iterator[str]:
    """Yield what is special about a value and the values inside it."""
    level, depth, seen = [value], 0, 0
    while level and seen < MAX_NODES:
        depth += 1
        yield f"{depth} levels"
        inner: list[Any] = []
        for node in level:
            for feature in _of_node(node):
                yield feature
                yield f"{feature} at level {depth}"
            if isinstance(node, dict):
                inner += node.values()
            elif isinstance(node, list):
                inner += node
        seen += len(inner)
        level = inner


def _of_node(node: Any) -> Iterator[str]:
    match node:
        case bool() | None:
            yield {True: "true", False: "false", None: "null"}[node]
        case int() | float():
            yield "a number"
            yield "a fraction" if isinstance(node, float) else "a whole number"
            yield f"the number {format_brief(node)}" if abs(node) < _DOUBLES else "a number beyond doubles"
            if abs(node) >= _LONGS:
                yield "a number beyond 64 bits"
        case str():
            yield from _of_text(node)
        case list() | dict():
            kind = "an object" if isinstance(node, dict) else "a list"
            yield kind if node else f"{kind} without members"
            yield from _of_size(len(node), "members")
            for name in node if isinstance(node, dict) else ():
                yield f"the name {format_brief(name)}"
                if name and name[0] not in _PLAIN:
                    yield f"a name that begins with U+{ord(name[0]):04X}"


def _of_text(text: str) -> Iterator[str]:
    yield "a text" if text.strip() else "a blank text" if text else "an empty text"
    yield from _of_size(len(text), "characters")
    yield from _of_size(max(map(len, text[:MAX_SEARCHED].split()), default=0), "characters without a blank")
    if len(text) <= MAX_SHOWN and not markers_in(text):  # a text with a marker is in one request alone
        yield f"the text {format_brief(text)}"
    for character in {*text} - _PLAIN:
        yield f"U+{ord(character):04X}"
        if not character.isascii():
            yield "a character beyond ASCII"
        yield f"a character of class {unicodedata.category(character)}"
        if character > "\uffff":
            yield "a character beyond U+FFFF"
    for run in _SIGNS.findall(text[:MAX_SEARCHED]):
        yield from (f"U+{ord(a):04X} before U+{ord(b):04X}" for a, b in pairwise(run))


def _of_size(size: int, unit: str) -> Iterator[str]:
    """Yield the powers of two up to a size."""
    yield from (f"{2**power} {unit}" for power in range(4, size.bit_length()))

"""Plan requests that merely resemble valid ones: near misses of the members of an enum, and names in another case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, Unplannable
from chatcert.cases.planning_context import edited
from chatcert.cases.request_builder import RequestBuilder
from chatcert.openapi.pointer import lookup, replaced
from chatcert.requirements.check import Near, RefusesNear
from chatcert.requirements.requirement import Requirement

MOST = 12
"""Near misses of one enum."""


def near_misses(requests: RequestBuilder, requirement: Requirement, check: RefusesNear) -> Iterator[Case]:
    """Yield invalid requests that resemble a valid one."""
    bodies, path = requests.bodies, check.path
    base, concrete = bodies.body_holding(path), bodies.concrete_path(path)
    control = requests.control_holding(path, bodies.settled(base))
    made = _of_enum(bodies.fields[path].schema["enum"]) if check.near is Near.ENUM else _of_key(path[-1])
    sent = 0
    for label, value in made:
        if check.near is Near.ENUM:
            body = replaced(base, concrete, value)
        else:
            holder = lookup(base, concrete[:-1])
            renamed = {value if name == concrete[-1] else name: member for name, member in holder.items()}
            body = replaced(base, concrete[:-1], renamed) if concrete[:-1] else renamed
        if bodies.whole.is_valid(body):
            continue
        sent += 1
        yield edited(requirement, requests.request(body), Expectation.REFUSED, f"{'/'.join(path)}: {label}", control)
    if not sent:
        raise Unplannable("whatever resembles it is valid too", Cause.NOTHING_TO_VARY)


def _of_enum(members: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield texts that are no members: every kind of near miss and every member is among them once."""
    texts = [member for member in members if isinstance(member, str) and member]
    for number in range(min(MOST, max(len(texts), len(_KINDS)))):
        text, (label, change) = texts[number % len(texts)], _KINDS[number % len(_KINDS)]
        changed = change(text)
        if changed not in members:
            yield f"{text!r} {label}", changed


_KINDS = (
    ("and a line feed", lambda text: f"{text}\n"),
    ("in plural", lambda text: f"{text}s"),
    ("after a tab", lambda text: f"\t{text}"),
    ("without its end", lambda text: text[:-1]),
    ("in another case", lambda text: text.swapcase()),
    ("and a no-break space", lambda text: f"{text}\u00a0"),
    ("and more, after a comma", lambda text: f"{text},{text}"),
)


def _of_key(name: str) -> Iterator[tuple[str, str]]:
    """Yield the name in another case."""
    changed = name.lower() if name != name.lower() else name.upper()
    yield f"the key {changed!r} in its place", changed

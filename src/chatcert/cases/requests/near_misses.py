"""Plan requests that merely resemble valid ones: near misses of the members of an enum, and names in another case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, Unplannable
from chatcert.cases.planning_context import edited
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.names import snake
from chatcert.openapi.schemas.pointer import lookup, replaced
from chatcert.requirements.check import Near, RefusesNear
from chatcert.requirements.requirement import Requirement

MOST = 12
"""Near misses of one enum."""


def near_misses(requests: RequestBuilder, requirement: Requirement, check: RefusesNear) -> Iterator[Case]:
    """Yield invalid requests that resemble a valid one."""
    bodies, path = requests.bodies, check.path
    base, concrete = bodies.body_holding(path), bodies.concrete_path(path)
    control = requests.control_holding(path, bodies.settled(base))
    if check.near is Near.ENUM:
        members = bodies.fields[path].schema["enum"]
        made = [(label, replaced(base, concrete, value)) for label, value in _of_enum(members)]
    else:
        others = _of_key(concrete[-1], lookup(base, concrete[:-1]))
        made = [(label, replaced(base, concrete[:-1], other)) for label, other in others]
    sent = 0
    for label, body in made:
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


def _of_key(name: str, holder: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the object with its member under names in another case and style, and where only its prototype has it."""
    value, rest = holder[name], {key: member for key, member in holder.items() if key != name}
    changed = name.lower() if name != name.lower() else name.upper()
    words = snake(name).lower().split("_")
    camel = "".join((words[0], *map(str.capitalize, words[1:])))
    styles = dict.fromkeys((changed, "_".join(words), "-".join(words), camel))
    alike = {style: value for style in styles if style != name}
    yield f"the keys {', '.join(map(repr, alike))} in its place", {**alike, **rest}
    yield f"{name!r} in '__proto__' alone", {"__proto__": {name: value}, **rest}

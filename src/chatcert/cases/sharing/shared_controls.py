"""Let the valid requests that a large document needs share requests, which are split where they are not served.

A refusal counts only beside a valid request that differs from it in one thing, and each optional field of each
alternative needs one that holds it. Those that can stand in one body are sent as one request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, Final

from chatcert.cases.case import Case, Expectation, JsonBody, Request
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.schemas.alternatives import alternatives_of, chosen, field_at
from chatcert.openapi.schemas.fields import Choice
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING, concrete_paths, lookup
from chatcert.openapi.schemas.validator import Validator
from chatcert.requirements.acceptance import choices_shown_beside_others
from chatcert.requirements.requirement import Requirement

MAX_MEMBERS: Final = 64
"""Cases that share a request."""
Choices = tuple[Choice, ...]
_Place = tuple[tuple[str, ...], str, int]
"""Where one of several alternatives is chosen: the field, the keyword, and which list of them."""


class SharedControls:
    """Groups of valid requests whose bodies can stand in one, of all alternatives that each of them is of.

    Attributes:
        groups: the cases that may share a request, in the order in which they were taken.
    """

    def __init__(self, requests: RequestBuilder) -> None:
        self.groups: list[list[Case]] = []
        self._requests = requests
        self._plain = requests.request()
        self._bodies: list[Any] = []
        self._open: list[int] = []
        self._alternatives: list[dict[_Place, int]] = []
        self._known: dict[str, Choices] = {}
        self._validators: dict[Choices, Validator] = {}
        self._merged: dict[tuple[str, ...], Request | None] = {}

    def take(self, requirement: Requirement, case: Case) -> bool:
        """Put a valid case into a group, if it can share a request; return whether it can.

        Args:
            requirement: the one that asks for it: it says of which alternatives the body is.
        """
        if case.id in self._known:
            return True
        choices = choices_shown_beside_others(requirement)
        if choices is None or not self._can_share(case):
            return False
        self._known[case.id] = choices
        body = _value_of(case)
        # the items of an array may be of different alternatives
        taken = {(one.path, one.keyword, one.slot): one.index for one in choices if ANY not in one.path}
        for number in self._open:
            group, before = self.groups[number], self._alternatives[number]
            if any(before.get(place, index) != index for place, index in taken.items()):
                continue
            both = joined(self._bodies[number], body)
            if both is not MISSING:
                group.append(case)
                self._bodies[number] = both
                before.update(taken)
                if len(group) == MAX_MEMBERS:
                    self._open.remove(number)
                return True
        self._open.append(len(self.groups))
        self.groups.append([case])
        self._bodies.append(body)
        self._alternatives.append(taken)
        return True

    def merged(self, cases: Sequence[Case]) -> Request | None:
        """Return the valid request that holds all that the requests of cases hold; ``None`` where there is none."""
        key = tuple(case.id for case in cases)
        if key not in self._merged:
            self._merged[key] = self._merge(cases)
        return self._merged[key]

    def _merge(self, cases: Sequence[Case]) -> Request | None:
        body = reduce(joined, map(_value_of, cases))
        if body is MISSING or not self._requests.bodies.whole.is_valid(body):
            return None
        held: dict[Choices, list[Any]] = {(): [body]}
        ways = {self._known[case.id] for case in cases}
        longest = ways - {way[:length] for way in ways for length in range(len(way))}
        return self._requests.request(body) if all(self._is_of(way, held) for way in longest) else None

    def parts(self, cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
        """Yield the cases in as many requests as it takes for each to be valid."""
        if len(cases) < 2 or self.merged(cases) is not None:
            yield cases
            return
        middle = len(cases) // 2
        yield from self.parts(cases[:middle])
        yield from self.parts(cases[middle:])

    def _can_share(self, case: Case) -> bool:
        """Return whether a case is surely valid, and differs from the smallest request in the body alone."""
        request = case.request
        return (
            case.expectation is Expectation.ACCEPTED
            and "json" in self._requests.media_type.replace("*/*", "json")
            and not (case.group or case.wait or case.is_conditional)
            and isinstance(request.body, JsonBody)
            and not (request.body.bindings or request.body.padding or request.credentials or request.repeats)
            and request.oddity is None
            and (request.headers, request.query) == (self._plain.headers, self._plain.query)
            and request.path_parameters == self._plain.path_parameters
            and request.body != self._plain.body
        )

    def _is_of(self, way: Choices, held: dict[Choices, list[Any]]) -> bool:
        """Return whether a valid body is of chosen alternatives, an array in one of its items.

        Args:
            held: what it holds where others are chosen; the body itself for none.
        """
        return not way or any(map(self._validator_of(way).is_valid, self._found(way, held)))

    def _found(self, way: Choices, held: dict[Choices, list[Any]]) -> list[Any]:
        """Return what a body holds where the last of some alternatives is chosen, below what is of the others."""
        before = way[:-1]
        if before not in held:
            held[before] = [*filter(self._validator_of(before).is_valid, self._found(before, held))]
        below = way[-1].path[len(before[-1].path) if before else 0 :]
        return [lookup(value, path) for value in held[before] for path in concrete_paths(value, below)]

    def _validator_of(self, way: Choices) -> Validator:
        """Return the validator of what stands where the last of some alternatives is chosen."""
        if way not in self._validators:
            root, choice = self._requests.bodies_of(way[:-1]).root, way[-1]
            field = field_at(root, choice.path, root) or {}
            schema = chosen(field, alternatives_of(field)[choice.slot], choice.index, root)
            self._validators[way] = self._requests.bodies.whole.part(schema)
        return self._validators[way]


def joined(one: Any, other: Any) -> Any:
    """Return a value that holds the members and items of two values; ``MISSING`` where they exclude each other."""
    if one is MISSING:
        return MISSING
    if isinstance(one, dict) and isinstance(other, dict):
        result = dict(one)
        for name, value in other.items():
            result[name] = joined(one[name], value) if name in one else value
            if result[name] is MISSING:
                return MISSING
        return result
    if isinstance(one, list) and isinstance(other, list):
        return _with_items(one, other)
    return one if type(one) is type(other) and one == other else MISSING


def _with_items(one: list[Any], other: list[Any]) -> list[Any]:
    """Return a list that holds the items of two lists: each at its place if it can be there, else after all others."""
    result = [*one]
    for number, item in enumerate(other):
        both = joined(result[number], item) if number < len(result) else MISSING
        if both is not MISSING:
            result[number] = both
        elif number >= len(one) or not any(_holds(held, item) for held in result):
            result.append(item)
    return result


def _holds(one: Any, other: Any) -> bool:
    """Return whether a value has all members and items of another one."""
    return bool(joined(one, other) == one)


def _value_of(case: Case) -> Any:
    return case.request.body.value if isinstance(case.request.body, JsonBody) else MISSING

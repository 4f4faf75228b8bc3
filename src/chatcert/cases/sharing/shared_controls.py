"""Let the valid requests that a large document needs share requests, which are split where they are not served.

A refusal counts only beside a valid request that differs from it in one thing, and each optional field of each
alternative needs one that holds it. Those that can stand in one body are sent as one request.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import reduce
from typing import Any, Final

from chatcert.cases.case import Case, Expectation, JsonBody, Request
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.schemas.fields import Choice
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.acceptance import choices_shown_beside_others
from chatcert.requirements.requirement import Requirement

MAX_MEMBERS: Final = 40
"""Cases that share a request."""
Choices = tuple[Choice, ...]


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
        self._chosen: list[dict[Hashable, int]] = []
        self._known: dict[str, Choices] = {}

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
        chosen: dict[Hashable, int] = {(one.path, one.keyword, one.slot): one.index for one in choices}
        for number, group in enumerate(self.groups):
            before = self._chosen[number]
            if len(group) >= MAX_MEMBERS or any(before.get(place, index) != index for place, index in chosen.items()):
                continue
            both = joined(self._bodies[number], body)
            if both is not MISSING:
                group.append(case)
                self._bodies[number] = both
                before.update(chosen)
                return True
        self.groups.append([case])
        self._bodies.append(body)
        self._chosen.append(chosen)
        return True

    def merged(self, cases: Sequence[Case]) -> Request | None:
        """Return the valid request that holds all that the requests of cases hold; ``None`` where there is none."""
        body = reduce(joined, map(_value_of, cases))
        ways = {self._known[case.id] for case in cases}
        longest = [way for way in ways if not any(way == other[: len(way)] and way != other for other in ways)]
        is_right = body is not MISSING and all(map(self._takes(body), longest))
        return self._requests.request(body) if is_right else None

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

    def _takes(self, body: Any) -> Callable[[Choices], bool]:
        """Return what tells whether a body is valid, and of chosen alternatives."""
        return lambda way: self._requests.bodies_of(way).validator.is_valid(body)


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
        items = [joined(*pair) for pair in zip(one, other, strict=False)]
        return MISSING if any(item is MISSING for item in items) else [*items, *one[len(other) :], *other[len(one) :]]
    return one if type(one) is type(other) and one == other else MISSING


def _value_of(case: Case) -> Any:
    return case.request.body.value if isinstance(case.request.body, JsonBody) else MISSING

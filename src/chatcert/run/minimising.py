"""Make the body of a failing request smaller, as long as it fails in the same way, with few requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from chatcert.cases.case import Case, JsonBody
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import FAMILIES
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.request_markers import MARKER
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.requirement import Requirement
from chatcert.transport.budget import Stopped
from chatcert.transport.exchange import Exchange

FINE: Final = 64
"""Characters of a text up to which each single one is left out in turn."""
RUNS: Final = 32
"""A longer text is divided into so many parts; a part is the shortest run that is left out."""
Step = tuple[str, ...]
_MARKED: Final = re.compile(rf" ?{MARKER.pattern}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Minimal:
    """The smallest body that was found.

    Attributes:
        requests: how many requests were sent for it.
        is_minimal: whether nothing can be taken away from it; otherwise the requests did not suffice.
    """

    body: Any
    requests: int
    is_minimal: bool


class Minimiser:
    """Minimises the body of one case.

    Args:
        requirement: the one that its answer breaks.
        send: sends a case once; it raises ``Stopped`` where nothing more may be sent.
        existing: names of things that exist on the server; they are not changed.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        requirement: Requirement,
        case: Case,
        send: Callable[[Case], Exchange],
        existing: Collection[str] = (),
    ) -> None:
        self._existing = existing
        self._catalogue = catalogue
        self._requirement = requirement
        self._case = case
        self._send = send
        self._tried: set[str] = set()
        self._vain: set[Step] = set()
        self._requests = 0

    def run(self, failing: Exchange, recorded: Iterable[Exchange]) -> Minimal | None:
        """Return the smallest body; ``None`` where the breach does not rest on this one request with a JSON body.

        Args:
            failing: the exchange of the case.
            recorded: what was sent before, in which a smaller body may have failed already.
        """
        body = self._case.request.body
        if not isinstance(body, JsonBody) or body.bindings or not self._breaks(failing):
            return None
        kinds = _kinds(self._catalogue.contract, body.value)
        current = min([body.value, *self._known(recorded, failing, kinds)], key=_size)
        try:
            while (found := self._smaller(current, kinds, failing)) is not None:
                current = found
        except (Stopped, RecursionError):
            return Minimal(current, self._requests, is_minimal=False)
        return Minimal(current, self._requests, is_minimal=True)

    def _known(self, recorded: Iterable[Exchange], failing: Exchange, kinds: frozenset[str]) -> Iterator[Any]:
        """Yield the bodies that failed in the same way before, without their markers."""
        for exchange in recorded:
            same = (exchange.expectation, exchange.sent.method, exchange.sent.path, exchange.status)
            if same != (failing.expectation, failing.sent.method, failing.sent.path, failing.status):
                continue
            try:
                value = json.loads(_MARKED.sub("", (exchange.sent.body or b"").decode()))
            except (ValueError, RecursionError):
                continue
            if _kinds(self._catalogue.contract, value) == kinds and self._breaks(exchange):
                yield value

    def _smaller(self, value: Any, kinds: frozenset[str], failing: Exchange) -> Any:
        """Return the first smaller body that fails in the same way; ``None`` if there is none.

        A step that did not help in a larger body is tried again only after all other steps.
        """
        for again in (False, True):
            for step, candidate in smaller_values(value, self._existing):
                if (step in self._vain) is again and self._fails(candidate, kinds, failing):
                    return candidate
                self._vain.add(step)
        return None

    def _fails(self, body: Any, kinds: frozenset[str], failing: Exchange) -> bool:
        """Send a body that was not sent before; return whether it fails in the same way."""
        key = json.dumps(body, sort_keys=True)
        if key in self._tried or _kinds(self._catalogue.contract, body) != kinds:
            return False
        self._tried.add(key)
        case = replace(self._case, id=f"{self._case.id}/{len(self._tried)}", control=None, shared=False, group="")
        case = replace(case, request=replace(case.request, body=JsonBody(body)), in_turn=False, wait=0.0, narrows="")
        exchange = self._send(replace(case, instead_of=None))
        self._requests += 1
        return _result(exchange) == _result(failing) and self._breaks(exchange)

    def _breaks(self, exchange: Exchange) -> bool:
        """Return whether an answer breaks the requirement by itself."""
        alone = replace(exchange, requirement=self._requirement.id, control_accepted=True, final=True)
        evidence = Evidence(self._catalogue.contract, self._catalogue.requirements, (alone,), provisional=True)
        return any(ruling.is_breach for ruling in FAMILIES[self._requirement.kind](evidence, self._requirement))


def _result(exchange: Exchange) -> tuple[int | None, str]:
    return exchange.status, str(exchange.error.kind) if exchange.error is not None else ""


def smaller_values(value: Any, existing: Collection[str]) -> Iterator[tuple[Step, Any]]:
    """Yield values with one thing less, those without a whole member first, each with the step that leads to it.

    Args:
        existing: texts that stay whole.

    Yields:
        The step (the path to what is changed, and what it becomes) and the smaller value.
    """
    match value:
        case dict():
            for key in value:
                yield (key,), {other: inner for other, inner in value.items() if other != key}
            for key, inner in value.items():
                yield from (((key, *step), {**value, key: less}) for step, less in smaller_values(inner, existing))
        case list():
            yield from (
                ((f"only {index}",), inner) for index, inner in enumerate(value) if isinstance(inner, list | dict)
            )
            if len(value) > 2:
                half = len(value) // 2
                yield from ((("first half",), value[:half]), (("second half",), value[half:]))
            for index in range(len(value)):
                yield (f"without {index} of {len(value)}",), value[:index] + value[index + 1 :]
            for index, inner in enumerate(value):
                for step, less in smaller_values(inner, existing):
                    yield (str(index), *step), [*value[:index], less, *value[index + 1 :]]
        case str() if value and value not in existing:
            yield from (((f"={less}",), less) for less in ("", *_without_runs(value)))
        case bool():
            return
        case int() | float() if value not in (0, 1):
            yield ("=0",), 0


def _without_runs(text: str) -> Iterator[str]:
    """Yield a text without each run of characters: first without a half, at last without a single character.

    Of a long text, single characters are left out at its ends alone.
    """
    size, least = len(text) // 2, 1 if len(text) <= FINE else len(text) // RUNS
    while size >= least:
        yield from (text[:start] + text[start + size :] for start in range(0, len(text), size))
        size //= 2
    yield from (text[1:], text[:-1])


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _kinds(contract: Contract, value: Any) -> frozenset[str]:
    """Return which keywords of the schema a body breaks, and at which field; nothing for a valid one."""
    if contract.body is None:
        return frozenset()
    breaches = validator_for(contract.body.schema).breaches(value)
    return frozenset(
        f"{'/'.join(part for part in path if not part.isdigit())} {keyword}" for path, keyword, _ in breaches
    )

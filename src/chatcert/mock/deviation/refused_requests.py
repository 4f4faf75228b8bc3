"""Refuse one kind of valid request: the call tests, and the requirements that break along with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.known_resources import values_at
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk
from chatcert.requirements.check import Accepts, Variation
from chatcert.requirements.requirement import Requirement

ValueTest = Callable[[Any], bool]


def refusing(
    draft: FaultDraft, requirement: Requirement, check: Accepts, variant: str, text: str, test: CallTest, **more: Any
) -> Fault:
    """Return the fault of refusing the valid requests that pass ``test``.

    Args:
        more: further deviations that it takes.
    """
    return draft.make(requirement, variant, text, *_also(draft, requirement, check), refusals=(test,), **more)


def any_value_at(path: tuple[str, ...], test: ValueTest) -> CallTest:
    """Return a test of calls: whether any value at ``path`` of the body passes ``test``."""
    return lambda call, body, backend: any(test(value) for value in values_at(body, path))


def members_of(contract: Contract) -> dict[str, Any]:
    """Return the documented members of the request body, by name, in the order of the document."""
    schema = contract.body.schema if contract.body is not None else {}
    return next((f.schema for f in walk(schema, "")), {}).get("properties") or {}


def _also(draft: FaultDraft, requirement: Requirement, check: Accepts) -> Iterator[str]:
    """Yield what else breaks where this valid request is refused: every other valid request of that kind."""
    match check.variation:
        case Variation.PRESENT:
            yield from ("accepts/all-fields", f"resource/{'/'.join(check.path)}/unknown")
            for other, inner in draft.checks(Accepts):
                if check.path and inner.path[: len(check.path)] == check.path and other is not requirement:
                    yield other.path
        case Variation.ABSENT | Variation.BODY_EMPTY | Variation.BODY_ABSENT:
            yield from ("accepts/required-only", "accepts/body-absent", "accepts/body-empty")
        case Variation.REQUIRED_ONLY:
            yield from ("accepts/body-absent", "accepts/body-empty", "accepts/all-fields")
            yield from (f"accepts/body/{name}/absent" for name in members_of(draft.contract))
        case Variation.ALL_FIELDS:
            yield "accepts/required-only"
            yield from (f"accepts/body/{name}/present" for name in members_of(draft.contract))
        case _ if check.path and check.place == "body":
            yield from _also_with_field(draft, check)


def _also_with_field(draft: FaultDraft, check: Accepts) -> Iterable[str]:
    """Yield the requirements whose valid requests hold the field of ``check``."""
    optional = f"accepts/body/{check.path[0]}/present"
    yield from ("accepts/all-fields", optional)
    yield from (
        other.path
        for other, inner in draft.checks(Accepts)
        if inner.path == check.path
        or (inner.variation is Variation.PRESENT and check.path[: len(inner.path)] == inner.path)
    )
    if f"{draft.contract.vendor}/{optional}" not in draft.requirements:
        yield "accepts/required-only"

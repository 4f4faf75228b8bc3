"""Faults that break *resource*: something unknown is served, or refused in a wrong way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason
from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.known_resources import values_at
from chatcert.mock.service import statuses_of
from chatcert.requirements.check import KnowsResource, Refuses, ResourceForm
from chatcert.requirements.requirement import Kind, Requirement

_USUAL = re.compile(r"[A-Za-z0-9_-]{4,}\Z")


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement that something unknown is not served."""
    for requirement, check in draft.family(Kind.RESOURCE, KnowsResource):
        name = "/".join(check.path)
        subject = f"{'an unknown' if check.form == 'unknown' else 'a malformed'} {name}"
        if not check.open_question:
            yield draft.make(
                requirement,
                "served",
                f"{subject} is served",
                "auth/other-account",
                unknown_served=(_names_unknown(check),),
            )
        if check.form == ResourceForm.UNKNOWN and not check.open_question:
            yield from _wrong_status(draft, requirement, check)
        yield draft.make(
            requirement,
            "crash",
            f"{subject} ends in a server error",
            "response/any/no-server-error",
            f"robustness/{check.place}/{name}",
            *_limits(draft, check),
            crashes=(_names_unknown(check),),
        )


def _limits(draft: FaultDraft, check: KnowsResource) -> Iterator[str]:
    """Yield the requirements on the limits of a name: values that break or exhaust them name nothing either."""
    yield from draft.accepting(check.place, check.path)
    for requirement, other in draft.checks(Refuses):
        if (other.place, other.path) == (check.place, check.path) and other.keyword not in ("required", "type", "null"):
            yield requirement.path


def _wrong_status(draft: FaultDraft, requirement: Requirement, check: KnowsResource) -> Iterator[Fault]:
    name = "/".join(check.path)
    unknown = statuses_of(draft.contract)[Reason.UNKNOWN]
    invalid = statuses_of(draft.contract)[Reason.INVALID]
    if draft.contract.documented(404) and unknown != invalid:
        yield draft.make(
            requirement,
            "status",
            f"an unknown {name} is answered with {invalid}",
            *draft.accepting(check.place, check.path),
            unknown_as_invalid=(_names_unknown(check),),
        )


def _values(check: KnowsResource, call: Call, body: Any) -> list[Any]:
    if check.place == "body":
        return list(values_at(body, check.path))
    if check.place == "path":
        return [call.arguments.get(check.path[0])]
    found = call.query_values if check.place == "query" else call.header_values
    return list(found(check.path[0]))


def _names_unknown(check: KnowsResource) -> CallTest:
    """Whether a call names something unknown whose shape is right (``unknown``) or wrong (``malformed``)."""
    usual = check.form == ResourceForm.UNKNOWN

    def test(call: Call, body: Any, backend: Backend) -> bool:
        known = backend.resources[check.place, check.path]
        return any(
            isinstance(value, str)
            and value != known
            and value not in backend.issued
            and (_USUAL.match(value) is not None) == usual
            for value in _values(check, call, body)
        )

    return test

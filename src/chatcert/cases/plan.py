"""The cases that are planned for a requirement, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from chatcert.cases.case import Case, Cause

INTRUSIVE = "hostile and malformed requests are not sent to a production server unless --with-robustness asks for them"
"""Why an intrusive requirement has no cases in a run that sends safe requests only."""

NOT_AT_QUICK = "nothing is sent for it under the profile quick"
"""Why a requirement has no cases that is tested under the larger profiles alone."""

NO_VALID_REQUEST = "a valid request"
NOT_MADE = "we could not make one"
CANNOT_EXIST = "cannot exist"
"""The beginning of a reason that a proof follows."""

TOO_MANY = "the body describes more than this profile has requests for: a larger profile tests it too"
"""Why a requirement of a large document has no cases: the profile left it out before anything was sent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of one requirement.

    Attributes:
        reason: why there are no cases; empty where there are.
        cause: the kind of that reason.
    """

    cases: tuple[Case, ...]
    reason: str = ""
    cause: Cause | None = None

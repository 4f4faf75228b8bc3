"""The cases that are planned for a requirement, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from chatcert.cases.case import Case

INTRUSIVE = "hostile and malformed requests are not sent to a production server unless --with-robustness asks for them"
"""Why an intrusive requirement has no cases in a run that sends safe requests only."""

NO_VALID_REQUEST = "no valid request could be made: the schema of the body seems to allow none"


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of one requirement.

    Attributes:
        reason: why there are no cases; empty where there are.
    """

    cases: tuple[Case, ...]
    reason: str = ""

"""The cases that are planned for a requirement, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from chatcert.cases.case import Case

SPARED = "hostile and malformed requests are not sent to a production server unless --with-robustness asks for them"
"""Why a requirement is not put to the test where traffic must be gentle."""

IMPOSSIBLE = "no valid request could be made: the schema of the body seems to allow none"


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of one requirement.

    Attributes:
        reason: why there is none, where there is none.
    """

    cases: tuple[Case, ...]
    reason: str = ""

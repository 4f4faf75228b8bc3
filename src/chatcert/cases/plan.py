"""What is planned for a requirement, and how plans are written down so that they need not be made again."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request

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


@dataclass
class Planned:
    """What was planned in one run.

    Attributes:
        control: the smallest valid request.
        options: each configured optional resource with the valid request that names it.
        plans: the plan of each requirement, by its id.
    """

    control: Case | None = None
    options: tuple[tuple[str, Case], ...] | None = None
    plans: dict[str, Plan] = field(default_factory=dict)

    def merged(self, other: Planned) -> Planned:
        """Both together; they are of the same run, so that what both hold is the same."""
        return Planned(
            self.control or other.control,
            self.options if self.options is not None else other.options,
            {**other.plans, **self.plans},
        )

    def to_text(self) -> str | None:
        """All of it as one line of JSON; ``None`` where it would not come back as it is."""
        written = _Writer()
        value: dict[str, Any] = {
            "control": written.place(self.control),
            "options": None if self.options is None else [[name, written.place(case)] for name, case in self.options],
            "plans": {
                name: [[written.place(case) for case in plan.cases], plan.reason] for name, plan in self.plans.items()
            },
            "cases": written.rows,
        }
        try:
            text = json.dumps(value, separators=(",", ":"))
            return text if Planned.from_text(text) == self else None
        except (TypeError, ValueError, RecursionError):
            return None

    @classmethod
    def from_text(cls, text: str) -> Planned:
        """The inverse of ``to_text``.

        Raises:
            ValueError, TypeError, KeyError, IndexError: it was written by something else.
        """
        value = json.loads(text)
        cases: list[Case] = []
        for row in value["cases"]:
            cases.append(_case(row, cases))
        options = value["options"]
        return cls(
            None if value["control"] is None else cases[value["control"]],
            None if options is None else tuple((name, cases[place]) for name, place in options),
            {
                name: Plan(tuple(cases[place] for place in places), reason)
                for name, (places, reason) in value["plans"].items()
            },
        )


class _Writer:
    """Writes each case once, its control before it."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._places: dict[int, int] = {}
        self._kept: list[Case] = []

    def place(self, case: Case | None) -> int | None:
        if case is None:
            return None
        if id(case) not in self._places:
            control = self.place(case.control)
            self._kept.append(case)  # so that no other object gets its id
            self._places[id(case)] = len(self.rows)
            self.rows.append(
                [
                    case.id,
                    case.requirement,
                    case.expectation.value,
                    case.edit,
                    control,
                    case.group,
                    case.shared,
                    case.wait,
                    _request_row(case.request),
                ]
            )
        return self._places[id(case)]


def _request_row(request: Request) -> list[Any]:
    body: Any = None
    if isinstance(request.body, JsonBody):
        body = ["json", request.body.value, dict(request.body.bindings)]
    elif isinstance(request.body, RawBody):
        body = ["raw", base64.b64encode(request.body.data).decode()]
    return [
        request.method,
        dict(request.path_parameters),
        request.query,
        request.headers,
        body,
        dict(request.credentials),
    ]


def _case(row: list[Any], known: list[Case]) -> Case:
    name, requirement, expectation, edit, control, group, shared, wait, request = row
    return Case(
        name,
        requirement,
        _request(request),
        Expectation(expectation),
        edit,
        None if control is None else known[control],
        group,
        shared,
        wait,
    )


def _request(row: list[Any]) -> Request:
    method, path_parameters, query, headers, content, credentials = row
    body: JsonBody | RawBody | None = None
    if content is not None:
        body = JsonBody(*content[1:]) if content[0] == "json" else RawBody(base64.b64decode(content[1]))
    return Request(method, path_parameters, _pairs(query), _pairs(headers), body, credentials)


def _pairs(rows: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in rows)

"""Plan the cases of own rules: the requests that the rule itself asks for, or one valid request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urlencode

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.own import installed_rule
from chatcert.requirements.own_rule import MAX_TRIALS, OwnRequest, OwnRule, Trial
from chatcert.requirements.requirement import Requirement


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests of an own rule, each with a valid one as its control.

    Raises:
        TypeError: the rule gives something else than trials, or too many of them.
    """
    rule, requests = installed_rule(requirement).rule, context.requests
    control = requests.control()
    for trial in _trials(rule, _seen(context.contract.path, control.request)):
        body = RawBody(trial.body) if isinstance(trial.body, bytes) else trial.body
        request = requests.request(
            MISSING if body is None else body, headers=dict(trial.headers), query=dict(trial.query)
        )
        yield edited(requirement, request, Expectation.ANY, trial.edit, control)


def _trials(rule: OwnRule, valid: OwnRequest) -> Iterable[Trial]:
    if rule.plan is None:
        return [Trial("a valid request")]
    found = list(islice(rule.plan(valid), MAX_TRIALS + 1))
    if len(found) > MAX_TRIALS:
        raise TypeError(f"more than {MAX_TRIALS} trials")
    if not all(isinstance(trial, Trial) for trial in found):
        raise TypeError("something else than trials")
    return found


def _seen(path: str, request: Request) -> OwnRequest:
    """Return a planned request as a rule sees it."""
    body = request.body
    data = json.dumps(body.value).encode() if isinstance(body, JsonBody) else body.data if body is not None else b""
    headers = {name.lower(): value for name, value in request.headers}
    return OwnRequest(request.method, path, urlencode(request.query), headers, data)

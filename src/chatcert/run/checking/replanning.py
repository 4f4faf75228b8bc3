"""Derive again what a run should have tried, and name the rows of its report that do not follow from that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from chatcert.cases.case import Case, Cause, JsonBody, Member, RawBody
from chatcert.cases.plan import INTRUSIVE, NOT_MADE, TOO_MANY
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.cases.requests.encoding import json_bytes
from chatcert.exceptions import UsageError
from chatcert.judge.verdict import VerdictKind
from chatcert.names import MOCK_STATUS_HEADER
from chatcert.openapi.distinct import DistinctPlace, distinct_places
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.schemas.pointer import concrete_paths, lookup, replaced
from chatcert.openapi.values.request_markers import MARKER, free_texts
from chatcert.report.model import Report, RequirementRow
from chatcert.report.seal.integrity import Remark, problem
from chatcert.report.selection import NOT_SELECTED
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.operation import Operation
from chatcert.requirements.requirement import Kind
from chatcert.run.security_alternatives import carrying, served_alternative
from chatcert.run.shards import ELSEWHERE, Shards, split
from chatcert.text import count, encodable, one_line
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.repetition import learnt_places, probed_places

_MARKED: Final = re.compile(f" {MARKER.pattern}", re.IGNORECASE)
MAX_DEPTH: Final = 20
"""Levels of a body at which a configured resource is looked for."""
MAY_BE_INEXPRESSIBLE: Final = frozenset(
    {
        CredentialForm.CASE,
        CredentialForm.SWAPPED,
        CredentialForm.OTHER_ACCOUNT,
        CredentialForm.PREFIX,
        CredentialForm.UNSIGNED,
        CredentialForm.FOREIGN_SIGNED,
    }
)
"""Forms that a credential may not have, depending on its value, which no report holds."""


def check_plan(
    report: Report, catalogue: Catalogue, exchanges: Sequence[Exchange], breaches: Mapping[str, bool]
) -> Iterator[Remark]:
    """Yield a problem for each row of a report that does not follow from the plan of its run.

    Args:
        breaches: whether the exchanges show a breach, by the id of each requirement that was judged again.
    """
    try:
        replanning = Replanning(report, catalogue, exchanges)
    except UsageError as error:
        yield problem(f"what should have been tried is unknown: {error.line()}")
        return
    yield from replanning.remarks(breaches)


class Replanning:
    """The plan of a report's run, made again from its document, profile and seed.

    Args:
        exchanges: the evidence of the report, which shows the configured resources.
    """

    def __init__(self, report: Report, catalogue: Catalogue, exchanges: Sequence[Exchange]) -> None:
        self._report = report
        self._catalogue = catalogue
        self._exchanges = exchanges
        self._sent = {exchange.case: exchange.edit for exchange in exchanges}
        served = [exchange for exchange in exchanges if exchange.final and exchange.succeeded]
        self._served_together = {case for exchange in served for case, _, _ in exchange.members}
        self._safe_only = bool(report.get("settings", {}).get("gentle"))
        self._planner = Planner(
            carrying(catalogue.contract, served_alternative(exchanges)),
            resources_in(catalogue, exchanges),
            profile_named(report["profile"]),
            report["seed"],
            safe_only=self._safe_only,
            status_header=MOCK_STATUS_HEADER if report["subject"]["mode"] == "mock" else "",
            credentials=report.get("settings", {}).get("credentials"),
        )
        self._shards = self._split()
        whole = all(row["verdict"] != VerdictKind.NOT_RUN for row in report["requirements"])
        self._is_complete = report.get("complete", whole)

    def _split(self) -> dict[str, int]:
        shards = self._report["subject"].get("shards")
        if shards is None:
            return {}
        return split(self._catalogue.requirements.values(), profile_named(self._report["profile"]), shards["of"])

    def remarks(self, breaches: Mapping[str, bool]) -> Iterator[Remark]:
        """Yield a problem for each row that does not follow from the plan.

        Args:
            breaches: ids of the requirements that were judged again, and whether their exchanges show a breach.
        """
        for exchange in self._exchanges:
            if exchange.members and (strange := self._not_shared(exchange)):
                yield problem(one_line(f"exchange {exchange.number}: {strange}"))
        for row in self._report["requirements"]:
            if row["id"] not in self._catalogue.requirements:
                continue
            what = self._trouble(row, shows_breach=breaches.get(row["id"], False))
            if what:
                yield problem(one_line(f"{row['id']}: {what}"))

    def _not_shared(self, exchange: Exchange) -> str:
        """Return why an exchange is not the shared request that it says it is; empty where it is."""
        planned, seed = self._planner.shared.requests.get(exchange.case), self._report["seed"]
        if planned is None or [*map(_sharing, planned.members)] != [*map(_sharing, exchange.members)]:
            return f"the cases that share it are not those of a request that seed {seed} makes"
        return "" if self._holds(exchange, planned) else f"it is not the request that seed {seed} makes"

    def _holds(self, exchange: Exchange, planned: Case) -> bool:
        """Return whether a request that was sent is a planned one, but for values that are new in each request."""
        contract, sent, body = self._catalogue.contract, exchange.sent.body or b"", planned.request.body
        if body is None:
            return not sent
        data = body.data if isinstance(body, RawBody) else json_bytes(body.value)
        learnt = (place for place, _ in learnt_places(contract, self._exchanges).values())
        probed = probed_places(contract) if exchange.role is Role.PROBE else ()
        new, texts = (*distinct_places(contract), *learnt, *probed), free_texts(contract)
        return sent == data or bool(_shape(sent, new, texts) == _shape(data, new, texts))

    def _trouble(self, row: RequirementRow, *, shows_breach: bool) -> str:
        match row["verdict"]:
            case VerdictKind.NOT_RUN:
                return self._not_run(row, shows_breach=shows_breach)
            case VerdictKind.NOT_APPLICABLE if not row["exchanges"] and not row["cases"]:
                return self._without_requests(row)
            case VerdictKind.INCONCLUSIVE if not row["cases"] and row["reason"].startswith(NOT_MADE):
                return self._without_requests(row)
            case VerdictKind.ERROR:
                return ""
            case _:
                return self._untried(row) if self._is_complete else ""

    def _not_run(self, row: RequirementRow, *, shows_breach: bool) -> str:
        requirement, reason = self._catalogue.requirements[row["id"]], row["reason"]
        if reason == INTRUSIVE:
            is_left_out = self._safe_only and requirement.intrusive
            return "" if is_left_out else "it says not-run, but its requests may be sent there"
        if reason == TOO_MANY:
            return "" if row["id"] in self._planner.left_out else "it says not-run, but the profile has requests for it"
        if reason == ELSEWHERE:
            shards = self._report["subject"].get("shards")
            held = Shards.from_dict(shards).held if shards is not None else ()
            is_elsewhere = shards is not None and self._shards[row["id"]] not in held
            return "" if is_elsewhere else "it says not-run, but it belongs to this shard"
        if shows_breach and reason != NOT_SELECTED and not self._report["reachability"]:
            return f"it says not-run ({reason}), but its exchanges show a breach"
        return ""

    def _without_requests(self, row: RequirementRow) -> str:
        """Check that there is no request for a row, and that the reason is the one that the document proves."""
        requirement = self._catalogue.requirements[row["id"]]
        plan = self._planner.plan(requirement)
        is_planned = plan.cause is not Cause.NOT_IN_PROFILE
        if requirement.run_wide and row["verdict"] == VerdictKind.NOT_APPLICABLE and is_planned:
            return ""  # the judge derives its reason from the exchanges
        is_open = row["verdict"] == VerdictKind.INCONCLUSIVE
        if (encodable(plan.reason) == row["reason"] and (plan.cause is Cause.NOT_MADE) is is_open) or (
            plan.cases and all(map(_depends_on_run, plan.cases))
        ):
            return ""
        if plan.cases:
            return f"it says {row['verdict']}, but {count(len(plan.cases), 'case')} should have been tried"
        return f"it says {row['verdict']} for another reason than: {plan.reason}"

    def _untried(self, row: RequirementRow) -> str:
        requirement = self._catalogue.requirements[row["id"]]
        cases = [case for case in self._planner.plan(requirement).cases if not _depends_on_run(case)]
        tried = self._sent.keys() | self._served_together
        own = [case.id for case in cases if case.id not in tried and case.id.startswith(f"{row['id']}#")]
        if own:
            many = count(len(own), "case that should have been tried is", "cases that should have been tried are")
            return f"{many} missing from its exchanges, the first is {own[0]}"
        if requirement.kind is Kind.RESOURCE:
            return ""  # the value may be made from a configured one, which no report has to hold
        other = [case for case in cases if self._sent.get(case.id, case.edit) != encodable(case.edit)]
        if not other:
            return ""
        many = count(len(other), "case is not the one", "cases are not those")
        seed = self._report["seed"]
        return f"{many} that seed {seed} makes: {self._sent[other[0].id]!r} was sent instead of {other[0].edit!r}"


def _sharing(member: Member) -> tuple[str, ...]:
    """Return a case that shares a request, without the part of its id that depends on the names of existing things."""
    case, requirement, expectation = member
    return case.rpartition("/")[0] if case.startswith("shared/") else case, requirement, expectation


def _shape(data: bytes, new: Iterable[DistinctPlace], texts: Iterable[tuple[str, ...]]) -> Any:
    """Return a JSON text without the values that are new in each request, and without markers."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    for place in new:
        for path in concrete_paths(value, place.path) if place.place == "body" else ():
            value = replaced(value, path, None)
    for path in texts:
        text = lookup(value, path)
        value = replaced(value, path, _MARKED.sub("", text)) if isinstance(text, str) else value
    return value


def _depends_on_run(case: Case) -> bool:
    """Return whether a run may leave a case out: because of a credential's value, an answer, or a verdict."""
    is_bound = isinstance(case.request.body, JsonBody) and bool(case.request.body.bindings)
    is_about_chat = case.request.operation is not Operation.CREATE
    is_conditional = case.is_conditional and not case.is_part
    may_stay = bool(case.wait or is_conditional) or is_about_chat or case.request.oddity is Oddity.UPPER_CASE
    return may_stay or is_bound or bool(MAY_BE_INEXPRESSIBLE & {*case.request.credentials.values()})


def resources_in(catalogue: Catalogue, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Return the names of existing things that valid requests carried, by the name of the field.

    What a request takes from an earlier answer, as one that follows a link does, is no name that was configured.
    """
    found: dict[str, Any] = {}
    linked = {key for key, one in catalogue.requirements.items() if one.kind is Kind.RELATION}
    for exchange in exchanges:
        if exchange.expectation != "accepted" or not exchange.succeeded or exchange.requirement in linked:
            continue
        members = dict(exchange.sent.headers)
        try:
            body = json.loads(exchange.sent.body or b"null")
        except (ValueError, RecursionError):
            body = None
        for name in resource_names(catalogue.contract):
            value = _member(body, name, 0)
            value = members.get(name) if value is None else value
            if value is not None:
                found.setdefault(name, value)
    return found


def _member(value: Any, name: str, depth: int) -> Any:
    """Return the first member of a name, at any place; ``None`` if there is none."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, dict):
        if name in value:
            return value[name]
        return next((m for inner in value.values() if (m := _member(inner, name, depth + 1)) is not None), None)
    if isinstance(value, list):
        return next((m for inner in value if (m := _member(inner, name, depth + 1)) is not None), None)
    return None

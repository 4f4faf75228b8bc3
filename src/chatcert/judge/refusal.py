"""Refusal: a request that breaks one rule of the document is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chatcert.judge.answers.chosen_answers import values_at
from chatcert.judge.answers.refusal_statuses import statuses_of_other_meaning
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, describe_trouble, doubtful, kept, vacuous
from chatcert.openapi.schemas.branched_fields import branched_fields
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.requirements.check import KnowsResource, Refuses, RefusesBeside, RefusesInMediaType, RefusesRepeated
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange

_NOT_FOUND = 404


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``refusal``."""
    if isinstance(requirement.check, RefusesRepeated):
        return judge_requests(evidence, requirement, _repeated)
    if isinstance(requirement.check, RefusesInMediaType):
        return judge_requests(evidence, requirement, _in_media_type)
    if isinstance(requirement.check, RefusesBeside):
        return (_beside(evidence, exchange) for exchange in evidence.of(requirement.id))
    level_of_not_found = Level.SHOULD if _names_resource(evidence, requirement) else None

    def rule(evidence: Evidence, exchange: Exchange) -> Ruling:
        contract, status = evidence.contract, exchange.status
        right = "status " + " or ".join(map(str, contract.bad_request_statuses))
        if status is None or not 400 <= status < 500:
            trimmed = exchange.succeeded and _fits_once_trimmed(evidence, requirement, exchange)
            return broken(exchange, right, describe_answer(exchange), Level.SHOULD if trimmed else None)
        if status == _NOT_FOUND and getattr(requirement.check, "place", "") == "path":
            return kept(exchange)  # a path that is none of the described ones leads nowhere (RFC 9110 section 15.5.5)
        if status in statuses_of_other_meaning(contract):
            # A server that looks a name up before it checks the limits of names is not plainly wrong.
            level = level_of_not_found if status == _NOT_FOUND else None
            return broken(exchange, right, f"status {status}, which means something else", level)
        return kept(exchange)

    return judge_requests(evidence, requirement, rule)


def _fits_once_trimmed(evidence: Evidence, requirement: Requirement, exchange: Exchange) -> bool:
    """Return whether the text that was too long is within its limit without the white space around it.

    The document does not say whether a server trims texts before it counts their characters.
    """
    check = requirement.check
    if not isinstance(check, Refuses) or check.keyword != "maxLength" or check.place != "body":
        return False
    body = evidence.contract.body
    fields = branched_fields(body.schema, "") if body is not None else ()
    field = next((f for f in fields if (f.path, f.choices) == (check.path, check.choices)), None)
    texts = list(values_at(evidence.sent_json(exchange), check.path))
    most = field.schema.get("maxLength") if field is not None else None
    return (
        isinstance(most, int)
        and bool(texts)
        and all(isinstance(text, str) and len(text.strip()) <= most < len(text) for text in texts)
    )


def _beside(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on an invalid request in a circumstance that is valid in itself: it is refused if it is refused alone.

    Where it is served alone, or its control is refused, its own requirement says what is wrong.
    """
    alone = evidence.numbered(exchange.control)
    if exchange.unsettled or (alone is not None and alone.unsettled):
        return doubtful(exchange, describe_trouble(exchange if alone is None or exchange.unsettled else alone))
    if alone is None or not _is_refused(alone) or alone.control_accepted is False:
        return vacuous(exchange)
    if _is_refused(exchange):
        return kept(exchange)
    right = f"a refusal, as of what is wrong alone in exchange {alone.number}: {describe_answer(alone)}"
    return broken(exchange, right, describe_answer(exchange), earlier=(alone,))


def _in_media_type(_: Evidence, exchange: Exchange) -> Ruling:
    """Rule on an invalid body in another media type; whether the status is the right one, is ruled on in the usual."""
    right = "a refusal: a valid body of this media type is accepted, and this one is invalid"
    return kept(exchange) if _is_refused(exchange) else broken(exchange, right, describe_answer(exchange))


def _is_refused(exchange: Exchange) -> bool:
    return exchange.refused or (exchange.status is not None and 400 <= exchange.status < 500)


def _repeated(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a request that repeats a value that must be new."""
    check = evidence.requirements[exchange.requirement].check
    assert isinstance(check, RefusesRepeated)
    named = (check.status,) if check.status is not None else (*evidence.contract.bad_request_statuses, 409)
    right, status = f"status {' or '.join(map(str, named))}", exchange.status
    if exchange.succeeded:
        return broken(
            exchange, right, f"{describe_answer(exchange)}: the value is in use since exchange {exchange.control}"
        )
    if status is None or status >= 500:
        return broken(exchange, right, describe_answer(exchange), Level.MUST)
    if status in named or not 400 <= status < 500:
        return kept(exchange) if status in named else broken(exchange, right, describe_answer(exchange))
    if check.status is None and not evidence.contract.documents_errors:
        return kept(exchange)
    return broken(exchange, right, describe_answer(exchange))


def _names_resource(evidence: Evidence, requirement: Requirement) -> bool:
    """Return whether the invalid field is a text that names a resource."""
    check = requirement.check
    return (
        isinstance(check, Refuses)
        and check.keyword not in ("required", "type", "null")
        and check.path in _resource_paths(evidence.requirements)
    )


@memoise_by_identity(maxsize=16)
def _resource_paths(requirements: Mapping[str, Requirement]) -> frozenset[tuple[str, ...]]:
    """Return the fields that name a resource of which the document says how an unknown one is answered."""
    checks = (requirement.check for requirement in requirements.values())
    return frozenset(check.path for check in checks if isinstance(check, KnowsResource))

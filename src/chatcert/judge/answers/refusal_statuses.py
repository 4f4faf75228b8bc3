"""Which statuses are right for a refusal, by the document and, where it is silent, by HTTP."""

from __future__ import annotations

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import CredentialForm, Rule
from chatcert.requirements.framing_forms import Content
from chatcert.transport.exchange import Exchange

ABSENT_FORMS = (
    CredentialForm.MISSING,
    CredentialForm.EMPTY,
    CredentialForm.QUERY,
    CredentialForm.OTHER_HEADER,
    CredentialForm.NO_SCHEME,
    CredentialForm.BASIC_SCHEME,
    CredentialForm.OTHER_SCHEME,
    CredentialForm.SWAPPED,
)
"""Forms in which the credential is not there at all: 400 for a missing header is as right as 401."""

_ABSENT_BODIES = ("request/body/absent", "request/body/empty", "body/white-space")
_LENGTH_REQUIRED, _UNSUPPORTED_MEDIA_TYPE = 411, 415


def statuses_of_other_meaning(contract: Contract) -> tuple[int, ...]:
    """Return the documented statuses that blame something else than the invalid part of a request.

    A status that the document does not have says nothing of its own: the rule on the status of refusals judges it.
    """
    return tuple(set(contract.documented(401, 403, 404)) - set(contract.bad_request_statuses))


def is_right_for_invalid(contract: Contract, exchange: Exchange) -> bool:
    """Return whether the status of an answer is right for an invalid request."""
    status = exchange.status
    if _is_covered_by_range(contract, status) or (contract.documents_errors and not contract.documented(400, 422)):
        return True
    without_body = exchange.requirement.endswith(_ABSENT_BODIES)
    return status in contract.bad_request_statuses or (
        without_body and status in (_LENGTH_REQUIRED, _UNSUPPORTED_MEDIA_TYPE)
    )


def is_right_for_unauthenticated(contract: Contract, exchange: Exchange) -> bool:
    """Return whether the status of an answer is right for a request with bad credentials."""
    absent = exchange.requirement.rpartition("/")[2] in (*ABSENT_FORMS, Rule.TWO_FAULTS, Content.UNAUTHENTICATED)
    return (
        _is_covered_by_range(contract, exchange.status)
        or exchange.status in (*contract.refusal_statuses, *contract.documented(429))
        or (absent and exchange.status in contract.bad_request_statuses)
    )


def _is_covered_by_range(contract: Contract, status: int | None) -> bool:
    answer = contract.answer_for(status) if status is not None else None
    return answer is not None and answer.status in ("4XX", "4xx", "default")

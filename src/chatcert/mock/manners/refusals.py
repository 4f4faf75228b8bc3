"""Manners of refusal: another right status, another order of checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.variations import Manner
from chatcert.mock.service import statuses_of


def refusal_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of the statuses that the page documents or leaves open, beside those of the plain mock."""
    contract, usual = draft.contract, statuses_of(draft.contract)
    for status in contract.refusal_statuses[1:] if contract.credentials else ():
        yield draft.make(
            f"credentials-{status}",
            f"bad credentials are refused with {status}",
            statuses=((Reason.CREDENTIALS, status),),
        )
    for status in contract.bad_request_statuses[1:]:
        yield draft.make(
            f"invalid-{status}", f"invalid requests are refused with {status}", statuses=((Reason.INVALID, status),)
        )
    for status in contract.documented(403, 409, 410) if usual[Reason.UNKNOWN] == 404 else ():
        yield draft.make(
            f"unknown-{status}", f"what does not exist is refused with {status}", statuses=((Reason.UNKNOWN, status),)
        )
    success = next((answer for answer in contract.successes[:1] if answer.refusal is not None), None)
    if success is not None and success.status.isdigit() and usual[Reason.INVALID] != int(success.status):
        reasons = (Reason.INVALID, Reason.CREDENTIALS, Reason.UNKNOWN, Reason.IN_USE)
        yield draft.make(
            f"refusals-{success.status}",
            f"requests are refused with status {success.status}, in the form of a refusal",
            statuses=tuple((reason, int(success.status)) for reason in reasons),
        )
    other = contract.bad_request_statuses[0] if usual[Reason.MEDIA_TYPE] == 415 else 415
    if contract.body is not None:
        yield draft.make(
            f"media-type-{other}", f"other media types are refused with {other}", statuses=((Reason.MEDIA_TYPE, other),)
        )
    yield draft.make(
        "method-404",
        "other methods are answered with 404, as if nothing were there",
        statuses=((Reason.METHOD, 404),),
        answers=(_without_allow,),
    )
    if contract.credentials and (contract.body is not None or contract.parameters):
        yield draft.make(
            "validation-first", "credentials are looked at after the rest of the request", validates_first=(True,)
        )


def _without_allow(call: Call, reply: Reply) -> Reply:
    if reply.status != 404:
        return reply
    return replace(reply, headers=[(name, value) for name, value in reply.headers if name != b"allow"])

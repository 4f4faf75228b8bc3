"""Plan the cases of lifecycle: the chat of an earlier request is read, by several people, and one is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case, Expectation, Request
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.contract import ChatOperation
from chatcert.requirements.check import CredentialForm, of_other_account
from chatcert.requirements.operation import KeepsChat, Operation, Stage
from chatcert.requirements.requirement import Requirement

LATER: Final = 5.0
"""Seconds after which a chat can be read, or is gone, wherever the server keeps it."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests that read a chat, or delete it; each has the request that created the chat as its control."""
    check, requests = requirement.check, context.requests
    assert isinstance(check, KeepsChat)
    created = requests.full_control()
    match check.stage:
        case Stage.CREATED:
            yield edited(requirement, _reading(requests), Expectation.ANY, "the chat is read", created)
            later = edited(requirement, _reading(requests), Expectation.ANY, "the chat is read later", created)
            yield replace(later, wait=LATER)
        case Stage.WITHOUT_CREDENTIALS:
            missing = dict.fromkeys(requests.carried.schemes, CredentialForm.MISSING)
            words = "the chat is read without credentials"
            yield edited(requirement, _reading(requests, missing), Expectation.UNSERVED, words, created)
        case Stage.OTHER_ACCOUNT:
            requests.check_configured(*(of_other_account(scheme) for scheme in requests.carried.schemes))
            others = dict.fromkeys(requests.carried.schemes, CredentialForm.OTHER_ACCOUNT)
            words = "the chat is read with the credentials of another account"
            yield edited(requirement, _reading(requests, others), Expectation.ANY, words, created)
        case Stage.DELETED:
            yield from _deleted(requests, requirement)


def _deleted(requests: RequestBuilder, requirement: Requirement) -> Iterator[Case]:
    """Yield a chat of its own that is read, deleted and read again, at once and later."""
    created = replace(requests.full_control(), id=f"shared/{requirement.id}", requirement=requirement.id)
    created = replace(created, request=replace(created.request, turn=1), edit="a chat to delete")
    delete = requests.contract.delete
    assert delete is not None
    for request, words in (
        (_reading(requests), "the chat is read before it is deleted"),
        (_request(requests, Operation.DELETE, delete, {}), "the chat is deleted"),
        (_reading(requests), "the chat is read after it was deleted"),
    ):
        case = edited(requirement, request, Expectation.ANY, words, created)
        yield replace(case, group=requirement.id, in_turn=True)
    later = edited(requirement, _reading(requests), Expectation.ANY, "the chat is read later", created)
    yield replace(later, wait=LATER)


def _reading(requests: RequestBuilder, credentials: Mapping[str, CredentialForm] | None = None) -> Request:
    read = requests.contract.read
    assert read is not None
    return _request(requests, Operation.READ, read, credentials or {})


def _request(
    requests: RequestBuilder, operation: Operation, known: ChatOperation, credentials: Mapping[str, CredentialForm]
) -> Request:
    return Request(method=known.method, path_parameters={}, credentials=credentials, operation=operation)

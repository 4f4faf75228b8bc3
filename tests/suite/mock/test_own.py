"""Own rules at the mock: it keeps them, or has the fault that each of them brings."""

from __future__ import annotations

import pytest

from chatcert.exceptions import UsageError
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reply
from chatcert.mock.deviation.faulty_service import FaultyService
from chatcert.mock.faults import deviations_of, faults_of
from chatcert.mock.faults.own import keeping
from chatcert.requirements.own_rule import InstalledRule, OwnRule
from chatcert.vendors import open_vendor

RULE = OwnRule(
    name="marked",
    version="1",
    level="must",
    statement="An answer is marked",
    judge=lambda request, answer: None if "x-mark" in answer.headers else "no mark",
    keep=lambda request, answer: answer.with_header("X-Mark", request.method),
    fault=lambda request, answer: answer.with_header("X-Mark", None).with_status(418),
)
INSTALLED = [InstalledRule(RULE, "sha256:0", "rules.py")]
FAULT = "agencii/fault/own/marked"


def _answer(*, faulty: bool) -> Reply:
    contract = open_vendor("agencii")
    deviations = keeping(INSTALLED)
    if faulty:
        deviations |= deviations_of([contract], [FAULT], {"agencii": INSTALLED})["agencii"]
    service = FaultyService(contract, Backend.of(contract, 1), deviations)
    return service.answer(Call("POST", "/agencii/create_new_chat", {}, b"", []))


def test_the_mock_keeps_rules() -> None:
    """What a rule brings to make the mock keep it is in each answer, a refusal too."""
    reply = _answer(faulty=False)

    assert 401 == reply.status
    assert (b"x-mark", b"POST") in reply.headers


def test_the_fault_of_a_rule() -> None:
    """The fault of a rule comes after what keeps it, and breaks that rule alone."""
    (fault,) = [one for one in faults_of(open_vendor("agencii"), INSTALLED) if one.id == FAULT]
    reply = _answer(faulty=True)

    assert ("agencii/own/marked",) == fault.breaks
    assert (418, False) == (reply.status, any(name == b"x-mark" for name, _ in reply.headers))


def test_without_the_rule_there_is_no_fault() -> None:
    """A fault of a rule that is not there is unknown."""
    with pytest.raises(UsageError, match="unknown fault"):
        deviations_of([open_vendor("agencii")], [FAULT])

"""Lifecycle: which answers about a chat say that it is there, another's, or gone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.values.request_markers import marker_of
from chatcert.requirements.catalogue import derive
from chatcert.requirements.operation import Operation
from chatcert.transport.exchange import Exchange, Received, Role, Sent
from chatcert.vendors import open_spec

CATALOGUE = derive(open_spec(Path(__file__).parents[1] / "documents" / "kept.yaml"))
TEXT = f"Hello {marker_of('run', 'one')}"
CHAT = {"id": "chat-1", "text": TEXT}
PASS, FAIL, NOTHING = VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.NOT_APPLICABLE


def exchange(number: int, stage: str, status: int, answer: Any, **more: Any) -> Exchange:
    """An exchange on the chat that the first one has created."""
    row = Exchange(
        number=number,
        case=f"{stage}#{number}",
        requirement=f"kept/lifecycle/{stage}",
        expectation=Expectation.ANY,
        role=Role.CASE,
        sent=Sent("GET", "http://kept/v1/chats/chat-1", "/v1/chats/chat-1", (), None),
        started=1000.0 + number,
        seconds=0.1,
        received=Received(status, (("Content-Type", "application/json"),), json.dumps(answer).encode()),
        control=1,
        control_accepted=True,
        operation=Operation.READ,
    )
    return replace(row, **more)


CREATED = exchange(
    1,
    "created",
    201,
    CHAT,
    case="shared/valid/whole",
    expectation=Expectation.ACCEPTED,
    role=Role.CONTROL,
    sent=Sent("POST", "http://kept/v1/chats", "/v1/chats", (), json.dumps({"text": TEXT}).encode()),
    control=None,
    operation=Operation.CREATE,
)
DELETION = {"operation": Operation.DELETE}


def verdict(stage: str, *exchanges: Exchange) -> VerdictKind:
    """The verdict on one requirement over these exchanges and the creation."""
    evidence = Evidence(CATALOGUE.contract, CATALOGUE.requirements, (CREATED, *exchanges), provisional=True)
    return judge(evidence, CATALOGUE.requirements[f"kept/lifecycle/{stage}"]).kind


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (200, CHAT, PASS),
        (200, {"data": CHAT}, PASS),
        (200, {**CHAT, "text": f"{TEXT} (edited)"}, FAIL),
        (200, {"id": "chat-1"}, PASS),
        (200, {**CHAT, "text": "another text"}, FAIL),
        (200, {**CHAT, "title": "made of the text"}, PASS),
        (200, {"ok": True}, NOTHING),
        (404, {"error": "no such chat"}, FAIL),
        (401, {"error": "who are you?"}, FAIL),
    ],
)
def test_what_is_read_of_a_chat(status: int, answer: Any, kind: VerdictKind) -> None:
    """The chat is there with what was said, in whatever form; what is not there says nothing."""
    assert kind == verdict("created", exchange(2, "created", status, answer))


def test_a_chat_that_can_be_read_later_is_there() -> None:
    """A server may need some seconds before it knows a chat everywhere."""
    late = exchange(2, "created", 404, {}), exchange(3, "created", 200, CHAT)
    never = exchange(2, "created", 404, {}), exchange(3, "created", 404, {})

    assert (PASS, FAIL) == (verdict("created", *late), verdict("created", *never))


@pytest.mark.parametrize("stage", ["without-credentials", "other-account"])
@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (401, {}, PASS),
        (403, {}, PASS),
        (404, {}, PASS),
        (200, CHAT, FAIL),
        (200, {"message": TEXT}, FAIL),
        (200, {"login": "please"}, PASS),
    ],
)
def test_what_strangers_read(stage: str, status: int, answer: Any, kind: VerdictKind) -> None:
    """Whatever shows nothing of the chat is right."""
    own = exchange(2, "created", 200, CHAT)

    assert kind == verdict(stage, own, exchange(3, stage, status, answer))


def test_nothing_follows_where_nobody_can_read() -> None:
    """A refusal to a stranger shows nothing where the owner is refused too."""
    own = exchange(2, "created", 404, {})

    assert PASS != verdict("other-account", own, exchange(3, "other-account", 404, {}))


@pytest.mark.parametrize(
    ("deletion", "after", "kind"),
    [
        ((204, None), [(404, {})], PASS),
        ((200, {"deleted": True}), [(410, {})], PASS),
        ((204, None), [(200, {"id": "chat-1", "deleted": True})], NOTHING),
        ((204, None), [(200, CHAT)], FAIL),
        ((202, None), [(200, CHAT), (404, {})], PASS),
        ((500, {}), [(200, CHAT)], FAIL),
        ((405, {}), [(200, CHAT)], FAIL),
    ],
)
def test_what_is_read_of_a_deleted_chat(deletion: Any, after: Any, kind: VerdictKind) -> None:
    """It is gone, at once or later, or says that it is deleted."""
    sent = [exchange(2, "deleted", 200, CHAT), exchange(3, "deleted", *deletion, **DELETION)]
    sent += [exchange(number, "deleted", *answer) for number, answer in enumerate(after, 4)]

    assert kind == verdict("deleted", *sent)


def test_other_rules_do_not_look_at_chats_that_exist() -> None:
    """A read without the members of a created chat breaks no rule on successes of the create operation."""
    evidence = Evidence(
        CATALOGUE.contract,
        CATALOGUE.requirements,
        (CREATED, exchange(2, "created", 200, {"messages": []}), exchange(3, "created", 500, {})),
        provisional=True,
    )
    names = [name for name in CATALOGUE.requirements if name.startswith("kept/response/")]

    assert names
    assert FAIL not in {judge(evidence, CATALOGUE.requirements[name]).kind for name in names}

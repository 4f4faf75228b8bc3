"""Faults of the family relation: an answer does not fit its request, the time, other answers or the next request."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from chatcert.mock.faults import faults_of
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.requirements.check import (
    Answers,
)
from chatcert.vendors import open_vendor

from .calling import Caller
from .fault_lookup import fault_named, faults_with


def test_ids_repeat(contract: Contract) -> None:
    """What should be unique repeats: always, for the same request, or within a second."""
    for fault, check, variant in faults_with(contract, Answers):
        if check.rule == "unique" and not fault.intermittent and variant != "per-second":
            caller = Caller(contract, fault)
            ids = [caller.post().json()[check.path[0]] for _ in range(3)]
            other = caller.post({**caller.body, "undocumented": 1}).json()[check.path[0]]

            assert 1 == len(set(ids))
            assert (variant == "constant") == (other in ids)


def test_clocks_go_wrong() -> None:
    """A clock is a day off, counts in another unit, or stands still."""
    contract = open_vendor("openwebui")
    now = time.time()

    def shown(path: str) -> list[int]:
        caller = Caller(contract, fault_named("openwebui", path))
        return [caller.post({"chat": {}}).json()[path.split("/")[2]] for _ in range(2)]

    assert shown("response/200/created_at/clock/stale")[0] < now - 80_000
    assert shown("response/200/updated_at/clock/future")[0] > now + 80_000
    assert shown("response/200/created_at/clock/milliseconds")[0] > 100 * now
    assert 1 == len(set(shown("response/200/created_at/clock-moves/frozen")))


def test_times_out_of_order() -> None:
    """The last change is before the creation."""
    body = (
        Caller(open_vendor("openwebui"), fault_named("openwebui", "response/200/updated_at/not-before")).post().json()
    )

    assert body["updated_at"] < body["created_at"]


@pytest.mark.parametrize(
    ("path", "chat", "reported"),
    [
        ("chat/equals", {"a": 1, "b": 2}, {"b": 2}),
        ("chat/equals/ascii", {"a": "é"}, {"a": "?"}),
        ("chat/equals/trimmed", {"a": " b "}, {"a": "b"}),
        ("chat/equals/cut", {"a": "b" * 99}, {"a": "b" * 64}),
        ("chat/equals/without-nulls", {"a": None, "b": [None]}, {"b": [None]}),
        ("chat/equals/text", {"a": 1, "b": 1.5, "c": True}, {"a": "1", "b": "1.5", "c": True}),
    ],
)
def test_echoes_go_wrong(path: str, chat: dict[str, Any], reported: dict[str, Any]) -> None:
    """What is sent back differs from what was sent in the way that the fault says."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", f"response/200/{path}"))

    assert reported == caller.post({"chat": chat}).json()["chat"]


@pytest.mark.parametrize(
    ("member", "wrong"),
    [("archived", True), ("pinned", True), ("meta", {"undocumented": True}), ("share_id", "other")],
)
def test_initial_values_change(member: str, wrong: Any) -> None:
    """A new chat has already changed."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", f"response/200/{member}/initial"))

    assert wrong == caller.post().json()[member]


def test_constants_change() -> None:
    """What should stay is another one each time."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", "response/200/user_id/constant"))

    assert caller.post().json()["user_id"] != caller.post().json()["user_id"]


def test_links_are_kept_out() -> None:
    """A server that forgets its own ids refuses them where a later request names one."""
    caller = Caller(open_vendor("sigmamind"), fault_named("sigmamind", "accepts/link/ContinueChat"))
    chat = caller.post().json()["chatId"]

    assert 400 == caller.post({**caller.body, "previousChatId": chat}).status_code
    assert 201 == caller.post({**caller.body, "previousChatId": "chat_other"}).status_code


SHORT = """
openapi: 3.1.0
info: {title: Short, version: "1"}
paths:
  /chats:
    post:
      operationId: createChat
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [code, title, topic]
              properties:
                code: {type: string, maxLength: 20}
                title: {type: string, maxLength: 300}
                topic: {type: string, enum: [sales, support]}
      responses:
        "201":
          description: Created
          content:
            application/json:
              schema:
                type: object
                properties:
                  code: {type: string, x-chatcert-equals: {expression: "$request.body#/code"}}
                  title: {type: string, x-chatcert-equals: {expression: "$request.body#/title"}}
                  topic: {type: string, x-chatcert-equals: {expression: "$request.body#/topic"}}
"""


def test_only_what_can_take_effect_is_listed() -> None:
    """A text of at most 20 characters is never cut after 64, and a member of an enum is never trimmed."""
    contract = read_contract(yaml.safe_load(SHORT), vendor="short", where="short.yaml")
    found = {fault.id.partition("response/201/")[2] for fault in faults_of(contract)}

    assert {"title/equals/cut", "title/equals/trimmed", "code/equals/trimmed", "code/equals/ascii"} <= found
    assert set() == found & {"code/equals/cut", "topic/equals/cut", "topic/equals/trimmed", "topic/equals/ascii"}

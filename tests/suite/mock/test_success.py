"""What a valid request is answered with."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.openapi.contract import Answer, Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Answers
from chatcert.vendors import open_vendor

from .calling import Caller

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def documented(contract: Contract, response: httpx.Response) -> Answer:
    """The documented answer of a response's status."""
    answer = contract.answer_for(response.status_code)
    assert answer is not None
    return answer


def check(contract: Contract, response: httpx.Response) -> Any:
    """The body, once an independent library has found it to match its documented schema."""
    answer = documented(contract, response)
    assert response.headers["content-type"].partition(";")[0] in answer.content
    body = response.json()
    jsonschema.Draft202012Validator(answer.schema or {}).validate(body)
    return body


def test_success_matches_schema(contract: Contract, caller: Caller) -> None:
    """A valid request is answered with the documented success, which matches its schema."""
    response = caller.post()

    assert contract.successes[0].status == str(response.status_code)
    assert check(contract, response)


def test_what_is_constant_is_so_in_every_mock() -> None:
    """A value that is the same in all answers is the same at another mock too: shards may each have their own."""
    contract = open_vendor("openwebui")

    assert Caller(contract).post().json()["user_id"] == Caller(contract).post().json()["user_id"]


def test_every_documented_member_is_there(contract: Contract, caller: Caller) -> None:
    """The answer holds every documented member, optional ones too."""
    body = caller.post().json()

    for requirement in derive(contract).requirements.values():
        match requirement.check:
            case Answers(status=status, rule="type", path=path) if status.startswith("2") and len(path) == 1:
                assert path[0] in body


def test_unique_members_never_repeat(contract: Contract, caller: Caller) -> None:
    """What is unique to a chat differs in each of many answers."""
    paths = [
        requirement.check.path
        for requirement in derive(contract).requirements.values()
        if isinstance(requirement.check, Answers) and requirement.check.rule == "unique"
    ]
    answers = [caller.post().json() for _ in range(50)]

    assert paths
    for (name,) in paths:
        assert len({answer[name] for answer in answers}) == 50


def test_clocks_show_the_time(contract: Contract, caller: Caller) -> None:
    """Members that are clocks show the present time."""
    before = int(time.time())
    body = caller.post().json()
    after = time.time()

    for name, value in body.items():
        if name.endswith("_at"):
            assert before <= value <= after


def test_constant_members_stay(contract: Contract, caller: Caller) -> None:
    """What is constant for a set of credentials is the same in two answers."""
    first, second = caller.post().json(), caller.post().json()

    for requirement in derive(contract).requirements.values():
        match requirement.check:
            case Answers(rule="constant", path=(name,)):
                assert first[name] == second[name]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(chat=st.dictionaries(TEXT, JSON_VALUES, max_size=4), title=TEXT)
def test_echo_is_verbatim(chat: dict[str, Any], title: str) -> None:
    """An object that is echoed comes back as it was sent, whatever it holds, big numbers included."""
    caller = Caller(open_vendor("openwebui"))
    sent = {**chat, "title": title}

    answer = caller.post({"chat": sent}).json()

    assert sent == answer["chat"]
    assert json.dumps(sent, sort_keys=True) == json.dumps(answer["chat"], sort_keys=True)
    assert title == answer["title"]


def test_echo_of_something_else_falls_back() -> None:
    """Where the echoed part is missing or of another type, the answer still matches its schema."""
    caller = Caller(open_vendor("openwebui"))

    for chat in ({}, {"title": 5}, {"title": None}):
        response = caller.post({"chat": chat})

        assert chat == check(caller.contract, response)["chat"]


def test_default_of_an_echo() -> None:
    """A member that repeats an optional one has its default where that one is absent, and null where it is null."""
    caller = Caller(open_vendor("openwebui"))
    known = caller.backend.resources["body", ("folder_id",)]

    assert caller.post({"chat": {}}).json()["folder_id"] is None
    assert caller.post({"chat": {}, "folder_id": None}).json()["folder_id"] is None
    assert known == caller.post({"chat": {}, "folder_id": known}).json()["folder_id"]


def test_prefixed_echo() -> None:
    """An echo with a prefix shows it once."""
    caller = Caller(open_vendor("sigmamind"))

    answer = caller.post().json()

    assert f"agent_{caller.body['agentId']}" == answer["agent"]["agentId"]


def test_issued_ids_are_accepted() -> None:
    """An id that the mock gave out may be named in a later request; so may one that it never saw."""
    caller = Caller(open_vendor("sigmamind"))
    issued = caller.post().json()["chatId"]

    for chat in (issued, "chat_neverseen", ""):
        assert 201 == caller.post({**caller.body, "previousChatId": chat}).status_code


@pytest.mark.parametrize("sent", [None, b"", b"{}", b" {} "])
def test_optional_body(sent: bytes | None) -> None:
    """Where the body is optional, none at all and an empty object are valid."""
    caller = Caller(open_vendor("polyai"))

    response = caller.post(raw=sent or b"", content_type=None if sent is None else "application/json")

    assert 200 == response.status_code
    assert check(caller.contract, response)["conversation_id"]

"""What the mock refuses, and with what."""

from __future__ import annotations

import json

import jsonschema
import pytest

from chatcert.mock.call import Reason
from chatcert.mock.payload import MAX_BYTES
from chatcert.mock.service import statuses_of
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk
from chatcert.vendors import open_vendor

from .calling import Caller, required_members

BROKEN = (
    b"",
    b" ",
    b"{",
    b'{"a":',
    b"{} x",
    b"{}{}",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":-Infinity}',
    b"{'a':1}",
    b'{"a" 1}',
    b"nothing",
    b"[" * 100_000,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"a":"\\ud800"}',
    b'{"\\udfff":1}',
    b'{"a":1e999}',
    b'{"a":' + b"9" * 5000 + b"}",
    '{"a":1}'.encode("utf-16"),
)


def refused(contract: Contract, caller: Caller, status: int, **sent: object) -> dict[str, object]:
    """The body of a refusal, once its status and its schema have been found right."""
    response = caller.post(**sent)  # type: ignore[arg-type]
    assert status == response.status_code, response.text
    assert "application/json" == response.headers["content-type"]
    answer = contract.answer_for(status)
    body = response.json()
    if answer is not None:
        jsonschema.Draft202012Validator(answer.schema or {}).validate(body)
    assert any(isinstance(value, str) and len(value) > 8 for value in body.values())
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_broken_json(contract: Contract, caller: Caller, raw: bytes) -> None:
    """What is not a JSON text is refused with the documented bad request, never a crash."""
    if not raw and contract.body is not None and not contract.body.required:
        assert caller.post(raw=raw).is_success
        return

    refused(contract, caller, contract.bad_request_statuses[0], raw=raw)


@pytest.mark.parametrize("value", [None, [], "text", 1, True])
def test_body_is_an_object(contract: Contract, caller: Caller, value: object) -> None:
    """A JSON value that is not an object is refused."""
    refused(contract, caller, contract.bad_request_statuses[0], body=value)


def test_required_members(contract: Contract, caller: Caller) -> None:
    """A body without one of its required members is refused, and the answer names it."""
    for name in required_members(contract):
        body = {key: value for key, value in caller.body.items() if key != name}

        answer = refused(contract, caller, contract.bad_request_statuses[0], body=body)

        assert name in json.dumps(answer)


def test_wrong_types(contract: Contract, caller: Caller) -> None:
    """A member of another type than the documented one is refused."""
    assert contract.body is not None
    for field in walk(contract.body.schema, ""):
        if len(field.path) == 1 and field.types[0] in ("string", "object"):
            wrong: object = 5 if "string" in field.types else "text"

            refused(contract, caller, contract.bad_request_statuses[0], body={**caller.body, field.path[0]: wrong})


@pytest.mark.parametrize("letter", ["a", "é", "😀", "e\u0301"])
def test_lengths_count_code_points(letter: str) -> None:
    """Limits of length are counted in code points: the limit itself is right, one more is wrong."""
    caller = Caller(open_vendor("sigmamind"))
    text = (letter * 20_480)[:20_480]

    assert 201 == caller.post({**caller.body, "input": text}).status_code
    assert 400 == caller.post({**caller.body, "input": text + letter[0]}).status_code
    assert 400 == caller.post({**caller.body, "input": ""}).status_code


def test_nul_and_big_numbers_are_json() -> None:
    """U+0000 and integers of any size are JSON like any other."""
    caller = Caller(open_vendor("openwebui"))

    answer = caller.post({"chat": {"nul": "\0", "big": 10**400}}).json()

    assert {"nul": "\0", "big": 10**400} == answer["chat"]


def test_deep_nesting_is_read(contract: Contract, caller: Caller) -> None:
    """Three hundred levels are read and refused for their type, where an object is wanted or a text."""
    deep = json.loads("[" * 300 + "]" * 300)
    for name in caller.body:
        refused(contract, caller, statuses_of(contract)[Reason.INVALID], body={**caller.body, name: deep})


def test_prose_is_not_enforced() -> None:
    """What the page says only in prose, or shows as an illustration, is not a reason to refuse."""
    polyai, openwebui = Caller(open_vendor("polyai")), Caller(open_vendor("openwebui"))

    assert 200 == polyai.post({"asr_lang_code": "klingon"}).status_code
    assert 200 == openwebui.post({"chat": {"history": "none", "title": 7}}).status_code


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ";;;"])
def test_wrong_media_type(contract: Contract, caller: Caller, media_type: str) -> None:
    """A body of another media type is refused with 415, or with the documented bad request."""
    status = statuses_of(contract)[Reason.MEDIA_TYPE]

    refused(contract, caller, status, content_type=media_type)


@pytest.mark.parametrize("media_type", ["APPLICATION/JSON", "application/json; charset=utf-8", None])
def test_spellings_of_the_media_type(caller: Caller, media_type: str | None) -> None:
    """The media type is compared without regard to case and parameters, and may be missing."""
    assert caller.post(content_type=media_type).is_success


def test_too_large(contract: Contract, caller: Caller) -> None:
    """A body of more than 8 MB is refused with 413; one just below is read."""
    filler = {**caller.body, "filler": "a" * (MAX_BYTES - 1000)}

    assert caller.post(filler).is_success
    refused(contract, caller, 413, body={**filler, "more": "a" * 1000})


def test_unknown_resources(contract: Contract, caller: Caller) -> None:
    """What names nothing that exists is refused with the documented status."""
    status = statuses_of(contract)[Reason.UNKNOWN]
    for place, path in caller.backend.resources:
        stranger = "stranger-00000000"
        if place == "path":
            known = str(caller.backend.resources[place, path])
            refused(contract, caller, status, path=caller.path.replace(known, stranger))
        elif path[0] in ("apiIntegrationId", "agentId", "folder_id"):
            refused(contract, caller, status, body={**caller.body, path[0]: stranger})


def test_hostile_path_parameters() -> None:
    """Odd characters in a path parameter name nothing; they do no harm."""
    caller = Caller(open_vendor("polyai"))
    known = caller.backend.resources["path", ("account_id",)]

    for text in ("%00", "%ff%fe", "..%2F..%2Fetc", "%F0%9F%98%80", "a" * 4000, ""):
        assert 404 == caller.post(path=caller.path.replace(known, text)).status_code


def test_errors_carry_status_path_and_time() -> None:
    """An error repeats its status and the request's path, names the wrong field, and leaves out what it cannot fill."""
    caller = Caller(open_vendor("sigmamind"))

    body = refused(caller.contract, caller, 400, body={})

    assert 400 == body["status"]
    assert caller.path == body["path"]
    assert "Bad Request" == body["error"]
    assert "agentId" in body["message"]
    assert {"agentId": body["message"]} == body["validationErrors"]
    assert "validationErrors" not in refused(caller.contract, caller, 400, raw=b"{")


def test_credentials_come_first(contract: Contract, caller: Caller) -> None:
    """A request that is wrong in every way is refused for its credentials."""
    refused(contract, caller, contract.refusal_statuses[0], raw=b"{", headers={}, content_type="text/plain")


def test_syntax_comes_before_resources(contract: Contract, caller: Caller) -> None:
    """An invalid body that names nothing that exists is refused for being invalid."""
    body = {
        **caller.body,
        "agentId": "stranger",
        "folder_id": "stranger",
        "apiIntegrationId": 5,
        "chat": 5,
        "channel": 5,
        "input": 5,
    }

    refused(contract, caller, contract.bad_request_statuses[0], body=body)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
def test_other_methods(contract: Contract, caller: Caller, method: str) -> None:
    """Other methods are refused with 405, which names the right one."""
    response = caller.post(method=method)

    assert 405 == response.status_code
    assert contract.method == response.headers["allow"]


def test_other_paths(contract: Contract, caller: Caller) -> None:
    """Nothing is served at any other path."""
    for path in ("/", f"/{contract.vendor}", caller.path + "/", caller.path + "x", contract.path, "//" + caller.path):
        response = caller.post(path=path)

        assert 404 == response.status_code
        assert response.json()

"""The manners: what the mock does in its own honest way, seen by a client."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import httpx
import pytest

from chatcert.exceptions import UsageError
from chatcert.mock.__main__ import main
from chatcert.mock.application import Application
from chatcert.mock.backend import resource_places
from chatcert.mock.manners import Manner, manners_of, variations_of
from chatcert.mock.process import running_mock
from chatcert.mock.server import create_app
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import lookup
from chatcert.openapi.schemas.validator import validator_for
from chatcert.vendors import known_vendors, open_vendor

from .calling import Caller

OFTEN = 25
UNUSUAL = {"Transfer-Encoding": "chunked", "Expect": "100-continue", "Accept": "application/json;q=0.9"}
TRANSIENT = {"busy", "busy-until", "unavailable", "reset"}


class Guest(Caller):
    """Somebody who calls a mock with manners."""

    def __init__(self, contract: Contract, manners: Sequence[str] = (), faults: Sequence[str] = ()) -> None:
        super().__init__(contract)
        self.app = create_app([contract], manners=manners, faults=faults, backends={contract.vendor: self.backend})  # type: ignore[assignment]


@dataclass(frozen=True)
class Heard:
    """The answers to one call of each kind, and to many valid ones."""

    contract: Contract
    valid: httpx.Response
    stranger: httpx.Response
    invalid: httpx.Response
    wrong_in_two: httpx.Response
    media_type: httpx.Response
    method: httpx.Response
    options: httpx.Response
    framed: httpx.Response
    page: httpx.Response
    twice: httpx.Response
    large: httpx.Response
    elsewhere: httpx.Response
    unknown: httpx.Response | None
    many: tuple[httpx.Response, ...]
    resets: int
    asked: float
    seconds: float

    @property
    def all(self) -> list[httpx.Response]:
        found = [self.valid, self.stranger, self.invalid, self.wrong_in_two, self.media_type, self.method, self.options]
        return [*found, *([self.unknown] if self.unknown is not None else []), *self.many]


def listen(guest: Caller, often: int = 0) -> Heard:
    contract = guest.contract
    many, resets = [], 0
    for _ in range(often):
        try:
            many.append(guest.post())
        except ConnectionResetError:
            resets += 1
    seconds = []
    for _ in range(3):
        asked = time.time()
        valid = guest.post()
        seconds.append(time.time() - asked)
    return Heard(
        contract=contract,
        valid=valid,
        stranger=guest.post(headers={}),
        invalid=guest.post(5),
        wrong_in_two=guest.post(5, headers={}),
        media_type=guest.post(raw=b"<a/>", content_type="text/xml"),
        method=guest.post(method="DELETE"),
        options=guest.post(method="OPTIONS"),
        framed=guest.post(more=UNUSUAL),
        page=guest.post(more={"Accept": "text/html"}),
        twice=guest.post(more={"content-type": "application/json"}),
        large=guest.post(more={"X-Note": "a" * 5000}),
        elsewhere=guest.post(path=f"{guest.path}/"),
        unknown=next(iter(unknown_resources(guest)), None),
        many=tuple(many),
        resets=resets,
        asked=asked,
        seconds=min(seconds),
    )


def unknown_resources(guest: Caller) -> Iterator[httpx.Response]:
    for place in resource_places(guest.contract):
        if place.refuses_unknown and place.place == "body" and len(place.path) == 1:
            yield guest.post({**guest.body, place.path[0]: "nothing-of-that-name"})
        elif place.refuses_unknown and place.place == "path":
            yield guest.post(path=guest.path.replace(str(guest.backend.resources[place.key]), "nothing-of-that-name"))


Sign = Callable[[Heard], bool]


def headed(name: str, value: str) -> Sign:
    return lambda heard: value in heard.valid.headers.get(name, "")


def written(pattern: str) -> Sign:
    return lambda heard: any(re.search(pattern.encode(), answer.content) for answer in heard.all)


def refused(kind: str, status: int) -> Sign:
    return lambda heard: (answer := getattr(heard, kind)) is not None and answer.status_code == status


def identified(pattern: str) -> Sign:
    def sign(heard: Heard) -> bool:
        schema = heard.contract.successes[0].schema or {}
        path = next(place.path for place in walk(schema, "") if "x-chatcert-unique" in place.schema)
        return re.fullmatch(pattern, lookup(heard.valid.json(), path)) is not None

    return sign


def late(low: float, high: float) -> Sign:
    def sign(heard: Heard) -> bool:
        times = [value for value in heard.valid.json().values() if isinstance(value, int) and value > 10**9]
        texts = re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", heard.valid.text)
        times += [datetime.fromisoformat(text).timestamp() for text in texts]
        return any(low < context - heard.asked < high for context in times)

    return sign


def put_off(status: int, retry_after: str) -> Sign:
    return lambda heard: any(
        answer.status_code == status and re.fullmatch(retry_after, answer.headers.get("retry-after", ""))
        for answer in heard.many
    )


def documented(heard: Heard) -> list[str]:
    return [place.path[0] for place in walk(heard.contract.successes[0].schema or {}, "") if len(place.path) == 1]


def reordered(heard: Heard) -> bool:
    names = list(heard.valid.json())
    return len(names) > 1 and names != [name for name in documented(heard) if name in names]


def escaped(heard: Heard) -> bool:
    return all(re.fullmatch(rb"(\\u[0-9a-f]{4})*", text) for text in re.findall(rb'"([^"]*)"', heard.valid.content))


SIGNS: dict[str, Sign] = {
    "extra-fields": lambda heard: not heard.valid.json().keys() <= set(documented(heard)),
    "extra-error-fields": lambda heard: "code" in heard.invalid.json(),
    "fewer-fields": lambda heard: heard.valid.json().keys() < set(documented(heard)),
    "fewer-error-fields": lambda heard: len(heard.invalid.json()) == 1,
    "time-offset": written(r"\d\d:\d\d:\d\d\.\d{3}\+05:30"),
    "time-whole-seconds": written(r"\d\d:\d\d:\d\dZ"),
    "time-lower-case": written(r"\d\dt\d\d:\d\d:\d\d\.\d{3}z"),
    "time-nanoseconds": written(r"\d\d:\d\d:\d\d\.\d{9}Z"),
    "clock-fast": late(10, 30),
    "clock-slow": late(-30, -10),
    "integers-as-doubles": written(r":\d+\.0[,}]"),
    "id-uuid": identified(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "id-digits": identified(r"[1-9][0-9]{17}"),
    "id-long": identified(r"[A-Za-z0-9_-]{100}"),
    "credentials-403": refused("stranger", 403),
    "invalid-422": refused("invalid", 422),
    "unknown-403": refused("unknown", 403),
    "media-type-400": refused("media_type", 400),
    "media-type-415": refused("media_type", 415),
    "method-404": lambda heard: heard.method.status_code == 404 and "allow" not in heard.method.headers,
    "validation-first": lambda heard: heard.wrong_in_two.status_code == heard.invalid.status_code,
    "lenient-paths": lambda heard: heard.elsewhere.is_success,
    "page-elsewhere": lambda heard: heard.elsewhere.is_success and heard.elsewhere.text.startswith("<!doctype html>"),
    "keys-reversed": reordered,
    "keys-shuffled": reordered,
    "pretty": written(r"^\s+\{\r\n    \""),
    "escaped": escaped,
    "cookies": lambda heard: len(heard.valid.headers.get_list("set-cookie")) == 2,
    "extra-headers": headed("server-timing", "dur"),
    "charset": headed("content-type", "; charset=utf-8"),
    "media-type-case": headed("content-type", "Application/JSON"),
    "header-case": lambda heard: any(name != name.lower() for name, _ in heard.valid.headers.raw),
    "challenge": lambda heard: "Token realm" in heard.stranger.headers.get("www-authenticate", ""),
    "options": lambda heard: heard.options.status_code == 204 and "OPTIONS" in heard.options.headers["allow"],
    "gzip": headed("content-encoding", "gzip"),
    "chunked": lambda heard: "content-length" not in heard.valid.headers,
    "latency": lambda heard: heard.seconds >= 0.05,
    "chunks-411": refused("framed", 411),
    "expect-417": refused("framed", 417),
    "accept-406": refused("framed", 406),
    "browsable": lambda heard: "text/html" in heard.page.headers["content-type"],
    "repeated-headers-400": refused("twice", 400),
    "large-headers-431": refused("large", 431),
    "errors-close": lambda heard: (
        heard.stranger.headers.get("connection") == "close" != heard.valid.headers.get("connection")
    ),
    "connection-close": headed("connection", "close"),
    "busy": put_off(429, "[01]"),
    "busy-until": put_off(429, r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
    "unavailable": put_off(503, ""),
    "reset": lambda heard: heard.resets == OFTEN // 25,
}
"""What a client sees of each manner, and never of the plain mock."""


@cache
def heard_of(vendor: str) -> tuple[Heard, dict[Manner, Heard]]:
    """The answers of a plain mock, and those of one with each manner."""
    contract = open_vendor(vendor)
    manners = manners_of(contract)
    return listen(Guest(contract), OFTEN), {
        manner: listen(Guest(contract, [manner.id]), OFTEN if manner.name in TRANSIENT else 0) for manner in manners
    }


@pytest.mark.slow
def test_every_manner_shows(contract: Contract) -> None:
    """A client can distinguish each manner from the plain mock, by what it is meant to change."""
    plain, heard = heard_of(contract.vendor)
    for manner, answers in heard.items():
        assert SIGNS[manner.name](answers), manner.id
        assert not SIGNS[manner.name](plain), manner.id


@pytest.mark.slow
def test_every_answer_is_valid(contract: Contract) -> None:
    """Whatever the manner, answers of a documented status match their schemas, and others are JSON as well."""
    for manner, answers in heard_of(contract.vendor)[1].items():
        for response in answers.all:
            answer = contract.answer_for(response.status_code)
            value = response.json() if response.status_code != 204 else None
            if answer is not None and answer.schema is not None:
                assert [] == list(validator_for(answer.schema).breaches(value)), manner.id


@pytest.mark.slow
def test_success_and_refusal_stay(contract: Contract) -> None:
    """Whatever the manner, a valid request is served and a wrong one refused, apart from transient failures."""
    for manner, answers in heard_of(contract.vendor)[1].items():
        if manner.name not in TRANSIENT:
            assert contract.successes[0].covers(answers.valid.status_code), manner.id
            assert answers.stranger.status_code in contract.refusal_statuses, manner.id
            assert answers.invalid.status_code in contract.bad_request_statuses, manner.id


def test_ids(contract: Contract) -> None:
    """Every manner has an id of its own and a description; ids are stable."""
    manners = manners_of(contract)

    assert len(manners) == len({manner.id for manner in manners})
    assert [manner.id for manner in manners] == [manner.id for manner in manners_of(contract)]
    assert all(manner.id == f"{contract.vendor}/manner/{manner.name}" for manner in manners)
    assert all(manner.description for manner in manners)


def test_every_sign_is_of_a_manner() -> None:
    """No manner has gone without its sign."""
    assert set(SIGNS) == {manner.name for vendor in known_vendors() for manner in manners_of(open_vendor(vendor))}


def test_a_plain_mock_pays_nothing() -> None:
    """Without manners nothing stands around the application."""
    assert isinstance(create_app([open_vendor("agencii")]), Application)


def test_manners_stay_with_their_vendor() -> None:
    """A manner of one vendor leaves the others plain."""
    contracts = [open_vendor(name) for name in known_vendors()]
    app = create_app(contracts, manners=["polyai/manner/cookies"])
    caller = Caller(open_vendor("agencii"))
    caller.app = app  # type: ignore[assignment]

    assert {"polyai"} == set(variations_of(contracts, ["polyai/manner/cookies", "polyai/manner/gzip"]))
    assert 401 == caller.post().status_code
    assert "set-cookie" not in caller.post().headers
    assert "set-cookie" in caller.ask("POST", "/polyai/v1/a/b/chat/create", [], b"{}").headers


def test_several_manners_at_once() -> None:
    """Manners add up in an order of their own: what is compressed has been indented before."""
    contract = open_vendor("sigmamind")
    manners = [f"sigmamind/manner/{name}" for name in ("gzip", "pretty", "keys-reversed", "extra-fields", "cookies")]

    response = Guest(contract, manners).post()

    assert "gzip" == response.headers["content-encoding"]
    assert response.text.startswith("\r\n\t {\r\n    ")
    assert "traceId" == list(response.json())[-1]
    assert "session" in response.cookies


def test_manners_beside_faults() -> None:
    """A faulty mock can have manners, and stays faulty."""
    guest = Guest(
        open_vendor("agencii"),
        ["agencii/manner/pretty", "agencii/manner/extra-headers"],
        ["agencii/fault/response/200/chatId/promised/dropped"],
    )

    response = guest.post()

    assert {} == response.json()
    assert response.content.startswith(b"\r\n")


def test_compression_is_for_those_who_accept_it() -> None:
    """A client that does not accept gzip gets uncompressed answers."""
    guest = Guest(open_vendor("agencii"), ["agencii/manner/gzip"])

    for accepted in ("identity", "gzip;q=0", "br, deflate"):
        assert "content-encoding" not in guest.post(more={"Accept-Encoding": accepted}).headers
    assert "gzip" == guest.post(more={"Accept-Encoding": "br;q=1.0, gzip;q=0.8"}).headers["content-encoding"]


def test_on_the_wire() -> None:
    """What is done to headers, bodies and connections arrives as it is meant."""
    names = ("header-case", "chunked", "gzip", "connection-close", "reset")
    with running_mock(vendors=["agencii"], manners=[f"agencii/manner/{name}" for name in names]) as mock:
        token = mock.environment["CHATCERT_AGENCII_BEARER_AUTH"]
        body = {"apiIntegrationId": mock.environment["CHATCERT_AGENCII_API_INTEGRATION_ID"]}
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
            with client.stream("POST", f"{mock.url}/agencii/create_new_chat", json=body) as answer:
                raw = b"".join(answer.iter_raw())
            statuses = [client.get(f"{mock.url}/agencii/create_new_chat").status_code for _ in range(23)]
            with pytest.raises(httpx.ReadError):
                client.post(f"{mock.url}/agencii/create_new_chat", json=body)
            after = client.post(f"{mock.url}/agencii/create_new_chat", json=body)

    assert {b"cOnTeNt-tYpE", b"cOnNeCtIoN"} <= {name for name, _ in answer.headers.raw}
    assert "chunked" == answer.headers["transfer-encoding"]
    assert "content-length" not in answer.headers
    assert "close" == answer.headers["connection"]
    assert ["chatId"] == list(json.loads(gzip.decompress(raw)))
    assert {405} == set(statuses)
    assert 200 == after.status_code


def contract_of(answer: Any, **operation: Any) -> Contract:
    """A contract whose one success has this schema."""
    content = {"application/json": {"schema": answer}} if answer is not None else {}
    success: dict[str, Any] = {"description": "d", "content": content, **operation.pop("links", {})}
    post = {"responses": {"200": success}, **operation}
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/chats": {"post": post}}}
    return read_contract(document, vendor="odd", where="odd.yaml")


def names_of(contract: Contract) -> set[str]:
    return {manner.name for manner in manners_of(contract)}


def test_manners_of_a_bare_document() -> None:
    """A document without bodies, credentials and parameters has the manners that make sense without them."""
    bare = names_of(contract_of(None))

    assert {"cookies", "gzip", "reset", "extra-error-fields", "method-404"} <= bare
    assert not {"extra-fields", "validation-first", "media-type-400", "credentials-403", "id-long"} & bare


def test_closed_objects_stay_closed() -> None:
    """Nothing is added where the schema allows nothing more, and still is where it does."""
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}
    closed = {"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": False}
    contract = contract_of(closed)
    value = Guest(contract, ["odd/manner/extra-fields"]).post(raw=b"").json()

    assert {"a"} == set(value)
    assert {"b", "traceId"} < set(value["a"])


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({}, {"id-uuid", "id-digits", "id-long"}),
        ({"maxLength": 40}, {"id-uuid", "id-digits"}),
        ({"pattern": "^[0-9]+$"}, {"id-digits"}),
        ({"format": "uuid"}, {"id-uuid"}),
        ({"minLength": 90}, {"id-long"}),
    ],
)
def test_ids_keep_their_limits(schema: dict[str, Any], allowed: set[str]) -> None:
    """Ids take only shapes that their schemas allow."""
    field = {"type": "string", "x-chatcert-unique": {"source": "s"}, **schema}
    contract = contract_of({"type": "object", "properties": {"id": field}})

    assert allowed == {name for name in names_of(contract) if name.startswith("id-")}


def test_ids_fit_where_they_are_taken() -> None:
    """An id that a later request has to name is no longer than that request's field allows."""
    answer = {"type": "object", "properties": {"id": {"type": "string", "x-chatcert-unique": {"source": "s"}}}}
    body = {"type": "object", "properties": {"earlier": {"type": "string", "maxLength": 36}}}
    link = {"links": {"Again": {"operationId": "x", "requestBody": {"earlier": "$response.body#/id"}}}}
    contract = contract_of(answer, links=link, requestBody={"content": {"application/json": {"schema": body}}})

    assert {"id-uuid", "id-digits"} == {name for name in names_of(contract) if name.startswith("id-")}


def test_new_ids_are_known() -> None:
    """An id of another shape names an existing chat in a later request."""
    resource = {"unknown": "refused", "required": False, "source": "s"}
    answer = {"type": "object", "properties": {"id": {"type": "string", "x-chatcert-unique": {"source": "s"}}}}
    body = {"type": "object", "properties": {"earlier": {"type": "string", "x-chatcert-resource": resource}}}
    link = {"links": {"Again": {"operationId": "x", "requestBody": {"earlier": "$response.body#/id"}}}}
    contract = contract_of(answer, links=link, requestBody={"content": {"application/json": {"schema": body}}})
    guest = Guest(contract, ["odd/manner/id-long"])

    made = guest.post({}).json()["id"]

    assert 100 == len(made)
    assert 200 == guest.post({"earlier": made}).status_code
    assert 404 == guest.post({"earlier": made[1:]}).status_code


@pytest.mark.slow
def test_echoes_stay_as_they_were() -> None:
    """No manner touches the value of what comes back from the request."""
    contract = open_vendor("openwebui")
    body = {
        "chat": {"title": " é\u200d ", "n": 2**60, "half": 0.5, "when": "2020-01-01T00:00:00Z", "z": None, "a": [1, {}]}
    }
    for manner in manners_of(contract):
        assert body["chat"] == Guest(contract, [manner.id]).post(body).json()["chat"], manner.id


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("agencii/manner/gzipp", "did you mean agencii/manner/gzip?"), ("", "chatcert faults --manners lists them")],
)
def test_unknown_manner(wanted: str, part: str) -> None:
    """An id that no contract has is a usage error whose hint names the nearest, or what lists them."""
    with pytest.raises(UsageError, match="unknown manner") as raised:
        create_app([open_vendor("agencii")], manners=[wanted])

    assert part in raised.value.hint


def test_unknown_manner_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The option --manner takes ids; a wrong one is one line and exit 2."""
    assert 2 == main(["--vendor", "agencii", "--manner", "agencii/manner/coookies"])
    assert "did you mean agencii/manner/cookies?" in capsys.readouterr().err

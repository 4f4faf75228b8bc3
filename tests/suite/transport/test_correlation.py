"""Each request carries an id of its own by which a server's log shows it again, unless the document has that header."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.transport.correlation import DEFAULT, header_names, request_id
from chatcert.vendors import open_spec

TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")
DOCUMENT = """
openapi: 3.1.0
info: {title: Tracked, version: "1"}
paths:
  /chats:
    post:
      parameters:
        - {name: x-request-id, in: header, required: true, schema: {type: string, minLength: 3}}
      requestBody: {content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}
      responses: {"201": {description: created}, "400": {description: refused}}
"""


def test_each_attempt_has_an_id_of_its_own(fake: Any, behaviours: Any, talk: Any) -> None:
    """Both headers are on every request, retries and probes included, and the evidence has the id of each."""
    server = fake(behaviours.answers(behaviours.message(503), behaviours.message(201, b'{"chatId": "c"}')))
    run = talk(server.url, correlation=DEFAULT)
    run.session.send(run.plan("accepts/required-only")[0])
    run.session.probe(run.plan("accepts/required-only")[0])
    ids = [one.header("X-Request-ID") for one in server.requests]
    traces = [one.header("traceparent") or "" for one in server.requests]

    assert 3 == len({*ids}) == len({*traces})
    assert ids == [exchange.request_id for exchange in run.exchanges]
    assert all(TRACE.fullmatch(trace) for trace in traces)
    assert [str(one).replace("-", "") for one in ids] == [trace.split("-")[1] for trace in traces]
    assert not any(str(one) in run.line(exchange) for one, exchange in zip(ids, run.exchanges, strict=True))


def test_the_id_follows_from_run_and_number() -> None:
    """The same run, process and number give the same id, and any other of them another one."""
    ids = {request_id(run, process, number) for run in "ab" for process in ("x", "y") for number in (1, 2)}

    assert 8 == len(ids)
    assert request_id("a", "x", 1) == request_id("a", "x", 1)
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one) for one in ids)


def test_names_can_be_chosen(fake: Any, behaviours: Any, talk: Any) -> None:
    """Headers of other names carry the id, and none at all where that is wanted."""
    server = fake(behaviours.healthy)
    run = talk(server.url, correlation=header_names("X-Correlation-ID"))
    run.session.send(run.plan("accepts/required-only")[0])
    run = talk(server.url, correlation=header_names("none"))
    run.session.send(run.plan("accepts/required-only")[0])
    first, second = server.requests

    assert run.exchanges[0].request_id == ""
    assert first.header("X-Correlation-ID")
    assert not any(one.header(name) for one in (first, second) for name in DEFAULT)
    assert not second.header("X-Correlation-ID")
    for wrong in ("", "X Y", "X-Id,é"):
        with pytest.raises(UsageError, match="no name of a header"):
            header_names(wrong)


def test_a_documented_header_is_left_to_the_document(
    fake: Any, behaviours: Any, talk: Any, tmp_path: Path, requirements_of: Any
) -> None:
    """Where the document has a parameter of that name, its requests carry the parameter's values alone, or none."""
    path = tmp_path / "tracked.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    contract = open_spec(path)
    server = fake(behaviours.healthy)
    run = talk(server.url, contract=contract, correlation=DEFAULT)
    for name in requirements_of(contract, "x-request-id"):
        for case in run.planner.plan(run.catalogue.requirements[name]).cases:
            run.session.send(case)

    values = [[value for name, value in one.headers if name.lower() == "x-request-id"] for one in server.requests]
    assert [] in values
    assert all(len(each) <= 1 for each in values)
    assert not any(exchange.request_id in each for exchange, each in zip(run.exchanges, values, strict=True))
    assert all(one.header("traceparent") for one in server.requests)


@pytest.fixture
def requirements_of() -> Any:
    """The ids of the requirements with a word in them."""
    from chatcert.requirements.catalogue import derive

    return lambda contract, word: [name for name in derive(contract).requirements if word in name]

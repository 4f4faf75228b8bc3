"""Rules on refusals: their status and content."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive


@pytest.mark.parametrize("answer", [{}, {"error_message": ""}, {"error_message": None}, [], "text"])
def test_an_error_that_says_nothing_is_a_remark(bench: Any, answer: Any) -> None:
    """An empty error breaks no schema; an object of other fields only has another form than the documented one."""
    made = bench("polyai")

    assert VerdictKind.WARN == made.verdict("response/400/informative", made.refusal(answer=answer)).kind


def test_a_code_that_the_page_has_for_something_else_belongs_elsewhere(bench: Any) -> None:
    """An invalid request that is answered 404 is judged with its own requirement, not with the status of all."""
    made = bench("sigmamind")

    verdict = made.verdict("response/400/status", made.refusal(), made.refusal(status=404))

    assert VerdictKind.PASS == verdict.kind


def test_a_field_that_its_control_does_not_have_may_be_refused_for_its_presence(bench: Any) -> None:
    """A list of ids of which none is configured: the status of its refusal says nothing of what is wrong inside it."""
    made = bench("agencii")
    items = {"type": "object", "properties": {"tool_ids": {"type": "array", "uniqueItems": True}}}
    schema = {"type": "object", "properties": {"events": {"type": "array", "items": items}}}
    answers = {"200": {"description": "ok"}, "422": {"description": "no"}}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/chats": {"post": {"requestBody": body, "responses": answers}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    made.catalogue = derive(read_contract(document, vendor="agencii", where=""))
    made.contract = made.catalogue.contract
    wrong = {"events": [{"tool_ids": ["a", "a"]}]}

    def status(sent: Any) -> str:
        """The verdict on the status of refusals, where a case whose control sent this is refused with 400."""
        control = made.exchange("accepts/body/events/present", status=200, answer={}, sent=sent)
        path = "request/body/events/*/tool_ids/uniqueItems"
        return str(
            made.verdict(
                "response/422/status", control, made.refusal(path, 400, {}, sent=wrong, control=control.number)
            ).kind
        )

    assert "not-applicable" == status({"events": [{}]})
    assert "fail" == status({"events": [{"tool_ids": ["a"]}]})


def test_a_requested_error_is_judged_by_its_form(bench: Any) -> None:
    """A server error that the mock was asked for has to have the documented form, and accuses nobody of failing."""
    made = bench("sigmamind")
    error = made.exchange("response/500/schema", "requested-error", 500, made.problem(500))

    assert "pass" == made.verdict("response/500/json", made.success(), error).kind
    assert "pass" == made.verdict("response/any/no-server-error", made.success(), error).kind
    malformed = made.exchange("response/500/schema", "requested-error", 500, b"<html>")
    assert "fail" == made.verdict("response/500/json", made.success(), malformed).kind


@pytest.mark.parametrize("status", [400, 422])
def test_where_no_error_is_documented_two_statuses_are_right(bench: Any, status: int) -> None:
    """Open WebUI documents no error: 400 and 422 are equally right."""
    made = bench("openwebui")

    assert [] == made.breaches([made.success(), made.refusal(status=status), made.stranger(status=403)])


@pytest.mark.parametrize("without", ["timestamp", "status", "error", "message", "path", "validationErrors"])
def test_an_error_may_carry_fewer_fields(bench: Any, without: str) -> None:
    """No field of an error is required: one that lacks any of them is an error still."""
    made = bench("sigmamind")
    answer = {name: value for name, value in made.problem(400).items() if name != without}

    assert [] == made.breaches([made.refusal(answer=answer)])


@pytest.mark.parametrize(
    ("status", "kind"), [(403, VerdictKind.PASS), (401, VerdictKind.WARN), (404, VerdictKind.FAIL)]
)
def test_where_only_403_is_documented_401_is_a_remark(bench: Any, status: int, kind: VerdictKind) -> None:
    """HTTP has 401 for missing credentials: a page that leaves it out makes it no breach of a must."""
    made = bench("agencii")
    answers = [replace(one, status="403") if one.status == "401" else one for one in made.contract.answers]
    made.contract = replace(made.contract, answers=tuple(answers))
    made.catalogue = derive(made.contract)
    refusal = made.exchange("auth/Authorization/missing", "unauthenticated", status, made.problem(status))

    assert kind == made.verdict("response/403/status", made.success(), refusal).kind


@pytest.mark.parametrize(
    ("body", "verdicts"),
    [
        (b'data: {"code": 7}\n\n', ("pass", "pass")),
        (b'data: {"code": "7"}\n\n', ("pass", "fail")),
        (b'{"code": 7}', ("fail", "not-applicable")),
    ],
)
def test_an_error_that_is_a_stream_is_read(bench: Any, body: bytes, verdicts: tuple[str, str]) -> None:
    """Its form is judged, and each event by the schema that the document has for it."""
    made, kind = bench("agencii"), "text/event-stream"
    chat = {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}
    event = {"type": "object", "properties": {"code": {"type": "integer"}}}
    operation = {"responses": {"200": chat, "400": {"description": "bad", "content": {kind: {"schema": event}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    made.catalogue = derive(read_contract(document, vendor="agencii", where=""))
    made.contract = made.catalogue.contract
    refused = made.exchange("request/method", "refused", 400, body, headers=(("Content-Type", kind),))
    rows = [made.verdict(f"response/400/stream/{rule}", made.success(), refused) for rule in ("framing", "schema")]

    assert verdicts == tuple(row.kind for row in rows)


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ({"agentId": "too long"}, VerdictKind.PASS),
        ({"agent_id": "too long"}, VerdictKind.PASS),
        ({"/body/agentId": "too long"}, VerdictKind.PASS),
        ({"input": "too long"}, VerdictKind.WARN),
        (None, VerdictKind.NOT_APPLICABLE),
    ],
)
def test_errors_name_the_field_that_is_wrong(bench: Any, named: Any, kind: VerdictKind) -> None:
    """Any spelling is right, another field is not, and an error that names none says nothing of it."""
    made = bench("sigmamind")
    answer = {**made.problem(400), "message": "That is not right.", "validationErrors": named}
    refusal = made.refusal("request/body/agentId/maxLength", answer=answer)

    assert kind == made.verdict("response/400/names-field", refusal, made.success()).kind


@pytest.mark.parametrize(
    ("field", "answer", "kind"),
    [
        ("t", {"field": "t", "message": "too long"}, VerdictKind.PASS),
        ("t", {"field": "body.t", "message": "too long"}, VerdictKind.PASS),
        ("t", {"field": "title", "message": "too long"}, VerdictKind.WARN),
        ("a", {"field": "title", "message": "That is a long text"}, VerdictKind.NOT_APPLICABLE),
        ("id", {"field": "chatId", "message": "invalid"}, VerdictKind.PASS),
        ("id", {"field": "title", "message": "invalid"}, VerdictKind.WARN),
        ("v1", {"field": "/v1", "message": "no"}, VerdictKind.PASS),
    ],
)
def test_short_names_are_words(bench: Any, field: str, answer: dict[str, str], kind: VerdictKind) -> None:
    """A name of a few letters is in almost any text: it counts as a word of its own alone."""
    made, text = bench("agencii"), {"type": "string"}
    error = {"type": "object", "properties": {"field": text, "message": text}}
    body = {"type": "object", "properties": {field: {"type": "string", "maxLength": 9}}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}},
            "400": {"description": "bad", "content": {"application/json": {"schema": error}}},
        },
    }
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    made.catalogue = derive(read_contract(document, vendor="agencii", where=""))
    made.contract = made.catalogue.contract
    refusal = made.refusal(f"request/body/{field}/maxLength", answer=answer)

    assert kind == made.verdict("response/400/names-field", refusal, made.success()).kind


def test_a_malformed_body_has_no_wrong_field(bench: Any) -> None:
    """Where no field is wrong, whatever is named blames nobody."""
    made = bench("sigmamind")
    refusal = made.refusal("request/json/garbage", answer={"validationErrors": {"body": "no JSON"}})

    assert VerdictKind.NOT_APPLICABLE == made.verdict("response/400/names-field", refusal, made.success()).kind


@pytest.mark.parametrize(
    ("status", "expected"), [(400, "pass"), (401, "pass"), (404, "pass"), (200, "fail"), (500, "fail"), (301, "fail")]
)
def test_two_faults(bench: Any, status: int, expected: str) -> None:
    """Which of two faults is named, the server chooses; it refuses the request, and does not fail."""
    made = bench("polyai")
    path = "response/any/two-faults"
    sent = made.exchange(path, "unauthenticated", status, made.problem(status), control_accepted=True)

    assert expected == made.verdict(path, made.success(), sent).kind.value
    for rule in ("response/401/status", "response/400/status"):
        assert status in (404, 301, 500) or made.verdict(rule, made.success(), sent).kind.value != "fail"


def test_the_form_of_an_error_about_two_faults(bench: Any) -> None:
    """It is the documented one, like that of any other error."""
    made = bench("agencii")
    sent = made.exchange(
        "response/any/two-faults", "unauthenticated", 401, {"detail": ["a", "b"]}, control_accepted=True
    )

    assert "fail" == made.verdict("response/401/schema", made.success(), sent).kind.value

"""Rules on successes: their status, and what they hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

NESTED = {
    "type": "object",
    "properties": {
        "thread": {"type": ["object", "null"], "required": ["owner"], "properties": {"owner": {"type": "string"}}},
        "replies": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["text"],
                "properties": {"text": {"type": ["string", "null"], "minLength": 1}},
            },
        },
    },
}


def use(made: Any, content: dict[str, Any], status: str = "200") -> None:
    """Judge by a document whose only answer has this content."""
    made.catalogue = derive(
        read_contract(
            {
                "openapi": "3.1.0",
                "info": {"title": "Made for a test", "version": "1"},
                "paths": {"/chats": {"post": {"responses": {status: {"description": "made", "content": content}}}}},
            },
            vendor=made.vendor,
            where="made.yaml",
        )
    )
    made.contract = made.catalogue.contract


def test_a_status_that_comes_and_goes_is_a_breach(bench: Any) -> None:
    """A valid request that is refused once and served the next time is not always served."""
    made = bench("sigmamind")
    refused = made.success(status=400, case="flaky", final=False)
    served = made.success(case="flaky", attempt=2)

    assert VerdictKind.FAIL == made.verdict("response/201/status", refused, served).kind
    assert (
        VerdictKind.PASS == made.verdict("response/201/status", replace(refused, received=served.received), served).kind
    )


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_transient_failure_that_is_over_is_not_a_breach(bench: Any, status: int) -> None:
    """An answer of an overloaded gateway that is gone at the next attempt is not a breach."""
    made = bench("agencii")
    scene = [made.success(status=status, case="transient", final=False), made.success(case="transient", attempt=2)]

    words = made.words(scene)

    assert "pass" == words["response/200/status"]
    assert not {"fail", "warn"} & set(words.values())


@pytest.mark.parametrize("value", ["", " ", [], {}])
def test_an_empty_value_counts_as_missing(bench: Any, value: Any) -> None:
    """A promised field without anything in it is not there."""
    made = bench("sigmamind")

    assert (
        VerdictKind.FAIL
        == made.verdict("response/201/response/promised", made.success(change={"response": value})).kind
    )


@pytest.mark.parametrize("value", [0, False, "x", [0]])
def test_a_value_is_one_however_false(bench: Any, value: Any) -> None:
    """A promised field may hold zero or false: whether that is of the right type is another question."""
    made = bench("sigmamind")

    assert (
        VerdictKind.PASS
        == made.verdict("response/201/response/promised", made.success(change={"response": value})).kind
    )


def test_a_chat_out_of_its_status_is_held_to_the_contract(bench: Any) -> None:
    """A success of an undocumented status is wrong in its status alone: its body is judged as the documented one."""
    made = bench("sigmamind")

    words = made.words([made.success(status=200)])

    assert "fail" == words["response/201/status"]
    assert "pass" == words["response/201/chatId/promised"]


def test_an_undocumented_success_beside_a_documented_one_is_wrong_in_its_status_alone(bench: Any) -> None:
    """Where the documented status came too, the body of an answer with another status is not judged by it."""
    made = bench("sigmamind")
    partial = made.success({"detail": "it is queued"}, status=202)

    words = made.words([made.success(), partial])

    assert "fail" == words["response/201/status"]
    assert "pass" == words["response/201/chatId/promised"]
    assert "pass" == words["response/201/schema"]


# No requirement of its own judges the refusal of a generated body.
def test_a_generated_valid_body_that_is_refused_is_a_breach(bench: Any) -> None:
    """Every valid request is answered with the documented success, the generated ones included."""
    made = bench("sigmamind")
    refused = made.exchange("response/201/status", "accepted", 400, made.problem(400), edit="generated body 7")

    verdict = made.verdict("response/201/status", made.success(), refused)

    assert VerdictKind.FAIL == verdict.kind
    assert verdict.finding is not None
    assert (refused.number,) == verdict.finding.exchanges


@pytest.mark.parametrize(
    ("path", "answer", "word"),
    [
        ("thread/owner/required", {}, VerdictKind.NOT_APPLICABLE),
        ("thread/owner/required", {"thread": None}, VerdictKind.NOT_APPLICABLE),
        ("thread/owner/required", {"thread": {"owner": "a"}}, VerdictKind.PASS),
        ("thread/owner/required", {"thread": {}}, VerdictKind.FAIL),
        ("replies/*/text/required", {"replies": []}, VerdictKind.NOT_APPLICABLE),
        ("replies/*/text/required", {"replies": [{"text": None}]}, VerdictKind.PASS),
        ("replies/*/text/required", {"replies": [{"text": "a"}, {}]}, VerdictKind.FAIL),
        ("replies/*/text/minLength", {"replies": [{"text": None}]}, VerdictKind.NOT_APPLICABLE),
        ("replies/*/text/minLength", {"replies": [{"text": None}, {"text": "a"}]}, VerdictKind.PASS),
        ("replies/*/text/minLength", {"replies": [{"text": None}, {"text": ""}]}, VerdictKind.FAIL),
        ("replies/*/text/type", {"replies": [{"text": None}]}, VerdictKind.PASS),
        ("thread/type", {"thread": None}, VerdictKind.PASS),
    ],
)
def test_what_no_answer_held_was_not_looked_at(
    bench: Any, path: str, answer: dict[str, Any], word: VerdictKind
) -> None:
    """Rules on a member of an object that never came, or on the length of a text that is null, do not pass."""
    made = bench("openwebui")
    content = {"application/json": {"schema": NESTED}}
    use(made, content)

    verdict = made.verdict(f"response/200/{path}", made.success(answer))

    assert word == verdict.kind
    assert (word is VerdictKind.NOT_APPLICABLE) == ("no answer held" in verdict.reason)


@pytest.mark.parametrize(
    ("parts", "word"),
    [(["v1", 2], VerdictKind.PASS), (["v2"], VerdictKind.FAIL), ([], VerdictKind.NOT_APPLICABLE)],
)
def test_items_at_a_place_are_looked_at(bench: Any, parts: list[Any], word: VerdictKind) -> None:
    """A rule on the first item has been tested where an answer held one."""
    made = bench("openwebui")
    first = {"type": "array", "prefixItems": [{"const": "v1"}]}
    use(made, {"application/json": {"schema": {"type": "object", "properties": {"parts": first}}}})

    assert word == made.verdict("response/200/parts/0/const", made.success({"parts": parts})).kind


def test_optional_fields_may_be_absent(bench: Any) -> None:
    """A field that the page does not promise may be missing: its rules neither pass nor are broken."""
    made = bench("sigmamind")

    words = made.words([made.success(answer={"chatId": "a", "response": [{"content": ["Hi"]}]})])

    assert not {"fail", "warn"} & set(words.values())
    assert "not-applicable" == words["response/201/createdAt/format"]
    assert "not-applicable" == words["response/201/agent/name/type"]


JSON, XML, TEXT, OTHER = "application/json", "application/xml", "text/plain", "application/vnd.chat+json"
NAMED = {"type": "object", "required": ["id"], "properties": {"id": {}}}
RENAMED = {"type": "object", "required": ["name"], "properties": {"name": {}}}
LABELLED: dict[str, tuple[dict[str, Any], str, bytes, dict[str, str]]] = {
    "XML": (
        {XML: {"schema": NAMED}},
        XML,
        b"anything",
        {"media-type/application~1xml": f"bodies of type {XML} are not read here: they were not judged"},
    ),
    "XML beside JSON": (
        {JSON: {"schema": NAMED}, XML: {"schema": NAMED}},
        XML,
        b"anything",
        {
            "media-type/application~1xml": f"bodies of type {XML} are not read here: they were not judged",
            "json": f"no answer of status 200 was of type {JSON}",
            "schema": f"no answer of status 200 was of type {JSON}",
            "id/required": f"no answer of status 200 was of type {JSON}",
        },
    ),
    "JSON beside XML": (
        {JSON: {"schema": NAMED}, XML: {"schema": NAMED}},
        JSON,
        b'{"id": 1}',
        {
            "media-type/application~1xml": f"no answer of status 200 was of type {XML}",
            "json": "pass",
            "schema": "pass",
            "id/required": "pass",
        },
    ),
    "JSON of its own schema": (
        {JSON: {"schema": NAMED}, OTHER: {"schema": RENAMED}},
        OTHER,
        b'{"name": 1}',
        {
            "media-type/application~1vnd.chat+json": "pass",
            "json": f"no answer of status 200 was of type {JSON}",
            "schema": f"no answer of status 200 was of type {JSON}",
            "id/required": f"no answer of status 200 was of type {JSON}",
        },
    ),
    "JSON against its own schema": (
        {JSON: {"schema": NAMED}, OTHER: {"schema": RENAMED}},
        OTHER,
        b'{"id": 1}',
        {
            "media-type/application~1vnd.chat+json": "fail",
            "json": f"no answer of status 200 was of type {JSON}",
            "schema": f"no answer of status 200 was of type {JSON}",
            "id/required": f"no answer of status 200 was of type {JSON}",
        },
    ),
    "JSON of the same schema": (
        {JSON: {"schema": NAMED}, OTHER: {"schema": NAMED}},
        OTHER,
        b"{}",
        {"json": "pass", "schema": "pass", "id/required": "fail"},
    ),
    "a text": (
        {TEXT: {"schema": {"type": "string", "maxLength": 3}}},
        TEXT,
        b"abc",
        {"media-type/text~1plain": "pass"},
    ),
    "a long text": (
        {TEXT: {"schema": {"type": "string", "maxLength": 3}}},
        TEXT,
        b"abcd",
        {"media-type/text~1plain": "fail"},
    ),
    "any text": (
        {TEXT: {"schema": {"type": "string"}}},
        TEXT,
        b"abcd",
        {"media-type/text~1plain": "no answer could break this"},
    ),
    "JSON of any type": (
        {"*/*": {"schema": NAMED}},
        JSON,
        b"{}",
        {"json": "pass", "schema": "pass", "id/required": "fail"},
    ),
    "a page of any type": (
        {"*/*": {"schema": NAMED}},
        "text/html",
        b"<p>",
        dict.fromkeys(("json", "schema", "id/required"), "no answer could break this"),
    ),
}


@pytest.mark.parametrize(("content", "sent", "body", "expected"), [*LABELLED.values()], ids=[*LABELLED])
def test_an_answer_is_judged_by_its_own_media_type(
    bench: Any, content: dict[str, Any], sent: str, body: bytes, expected: dict[str, str]
) -> None:
    """What cannot be read is no pass, and the reason is true; nothing is judged by the schema of another type."""
    made = bench("agencii")
    operation = {"responses": {"200": {"description": "ok", "content": content}}}
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    made.catalogue = derive(read_contract(document, vendor="agencii", where=""))
    made.contract = made.catalogue.contract
    found = made.verdicts([made.exchange(answer=body, headers=(("Content-Type", sent),))]).values()
    prefix, around = "agencii/response/200/", ("status", "framing", "content-type")
    rows = {v.requirement.removeprefix(prefix): v for v in found if v.requirement.startswith(prefix)}

    assert expected == {path: v.reason or v.kind.value for path, v in rows.items() if path not in around}
    assert {"pass"} == {rows[path].kind.value for path in around}


def test_members_that_a_pattern_describes_are_judged(bench: Any) -> None:
    """A member whose name matches a pattern of the schema is judged by what the document says of it."""
    schema = {"type": "object", "patternProperties": {"^x-": {"type": "string", "maxLength": 3}}}
    made = bench("agencii")
    use(made, {"application/json": {"schema": schema}})
    row = "response/200/*^x-/maxLength"

    words = [
        made.verdict(row, made.success(answer)).kind for answer in ({"x-a": "abc"}, {"x-a": "abcd"}, {"y": "abcd"})
    ]

    assert [VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.NOT_APPLICABLE] == words


@pytest.mark.parametrize(("headers", "kind"), [((("Location", "/chats/1"),), VerdictKind.PASS), ((), VerdictKind.WARN)])
def test_a_redirect_that_is_the_success_says_where_the_chat_is(bench: Any, headers: Any, kind: VerdictKind) -> None:
    """Without `Location`, a client cannot find what was made."""
    made = bench("agencii")
    use(made, {}, status="303")
    moved = replace(made.success(status=303, answer=b"", headers=headers), moved=True)

    assert kind == made.verdict("response/303/location", moved).kind
    assert VerdictKind.PASS == made.verdict("response/303/status", moved).kind

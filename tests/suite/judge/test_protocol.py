"""Rules on other methods and on what HTTP says of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import VerdictKind

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "request/content-type/xml", "unsupported", 415, "pass"),
    ("sigmamind", "request/content-type/xml", "unsupported", 400, "pass"),
    ("sigmamind", "request/content-type/xml", "unsupported", 201, "warn"),
    ("sigmamind", "request/content-type/xml", "unsupported", "reset", "warn"),
    ("sigmamind", "protocol/method/PUT", "method", 405, "pass"),
    ("sigmamind", "protocol/method/PUT", "method", 404, "pass"),
    ("sigmamind", "protocol/method/GET", "method", 200, "pass"),
    ("sigmamind", "protocol/method/PUT", "method", "reset", "warn"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


def test_another_method_that_makes_a_chat_is_a_breach(bench: Any) -> None:
    """PUT that answers with all that a created chat holds has created one."""
    made = bench("sigmamind")
    control = made.success(role="control")
    created = made.exchange(
        "protocol/method/PUT", "method", 201, made.chat(9), control=control.number, control_accepted=True
    )
    page = made.exchange(
        "protocol/method/GET", "method", 200, {"status": "ok"}, control=control.number, control_accepted=True
    )

    assert VerdictKind.WARN == made.verdict("protocol/method/PUT", control, created).kind
    assert VerdictKind.PASS == made.verdict("protocol/method/GET", control, page).kind


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_is_not_documented_is_refused(bench: Any, method: str, elsewhere: bool) -> None:
    """A success says that something was done; where the document has an operation for it, it may well be right."""
    made = bench("sigmamind")
    path = f"protocol/method/{method}"
    done = replace(made.exchange(path, "method", 204, None), sent=replace(made.success().sent, method=method))
    item = {**made.contract.document["paths"]["/v1/chats"], method.lower(): {}}
    held: dict[str, Any] = {"paths": {"/v1/chats": item}}
    if elsewhere:
        held = {
            "paths": {"/v1/chats": {"$ref": "#/components/pathItems/Chats"}},
            "components": {**made.contract.document["components"], "pathItems": {"Chats": item}},
        }
    documented = replace(made.contract, document={**made.contract.document, **held})
    requirement = made.catalogue.requirements[f"sigmamind/{path}"]

    assert VerdictKind.WARN == made.verdict(path, done).kind
    assert VerdictKind.PASS == judge(Evidence(documented, made.catalogue.requirements, (done,)), requirement).kind


@pytest.mark.parametrize(("headers", "word"), [((("allow", "POST"),), "pass"), ((), "warn")])
def test_a_405_names_what_is_allowed(bench: Any, headers: Any, word: str) -> None:
    """Every 405 has an Allow header; without a 405 there is nothing to say."""
    made = bench("sigmamind")
    exchange = made.exchange("protocol/method/PUT", "method", 405, {}, headers=headers)

    assert word == made.verdict("protocol/allow", exchange).kind
    assert VerdictKind.NOT_APPLICABLE == made.verdict("protocol/allow", made.success()).kind


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ((("allow", "GET, HEAD"),), "warn"),
        ((("allow", ""),), "warn"),
        ((("allow", "OPTIONS,post"),), "pass"),
        ((("allow", "GET"), ("allow", "POST")), "pass"),
    ],
)
def test_allow_names_the_method_that_was_served(bench: Any, headers: Any, word: str) -> None:
    """Where the documented method was served, Allow has it among others; where it was not, nothing can be said."""
    made = bench("sigmamind")
    exchange = made.exchange("protocol/method/PUT", "method", 405, {}, headers=headers)

    assert word == made.verdict("protocol/allow", made.success(), exchange).kind
    assert VerdictKind.PASS == made.verdict("protocol/allow", exchange).kind


@pytest.mark.parametrize("documented", [False, True])
def test_a_documented_redirect_is_neither_a_success_nor_a_breach(bench: Any, documented: bool) -> None:
    """Of a valid request nothing is concluded then; where the document has no redirect, it has to be served."""
    made = bench("sigmamind")
    moved = made.success(status=303, headers=(("Location", "/chats/1"),))
    more = (replace(made.contract.answers[0], status="303", content={}),) if documented else ()
    evidence = Evidence(
        replace(made.contract, answers=(*made.contract.answers, *more)), made.catalogue.requirements, (moved,)
    )

    def word(path: str) -> str:
        return judge(evidence, made.catalogue.requirements[f"sigmamind/{path}"]).kind.value

    assert ("inconclusive" if documented else "fail") == word("accepts/required-only")
    assert ("pass" if documented else "warn") == word("response/any/no-redirect")

"""Which answers to valid requests are right."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "accepts/all-fields", "accepted", 201, "pass"),
    ("sigmamind", "accepts/all-fields", "accepted", 202, "pass"),
    ("sigmamind", "accepts/all-fields", "accepted", 400, "fail"),
    ("sigmamind", "accepts/all-fields", "accepted", 500, "fail"),
    ("sigmamind", "accepts/all-fields", "accepted", "reset", "fail"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 201, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 404, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 403, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 400, "fail"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 500, "fail"),
    ("sigmamind", "accepts/body/previousChatId/maxLength", "limit", 400, "not-applicable"),
    ("sigmamind", "accepts/body/previousChatId/maxLength", "limit", 404, "pass"),
    ("sigmamind", "accepts/body/previousChatId/maxLength", "limit", 500, "fail"),
    ("polyai", "accepts/body/variant_id/present", "limit", 400, "not-applicable"),
    ("agencii", "accepts/all-fields", "limit", 400, "not-applicable"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


def test_a_bad_request_for_an_optional_name_blames_its_form_where_unknown_names_are_served(bench: Any) -> None:
    """A server that serves an unknown name and refuses a longer one refuses its length, which is within the limits."""
    made = bench("sigmamind")
    path = "accepts/body/previousChatId/maxLength"
    refused = made.refusal(path, 400, expectation="limit")
    served = made.success(path="resource/previousChatId/unknown", expectation="unknown")
    too = made.refusal("resource/previousChatId/unknown", 400, expectation="unknown")

    assert "fail" == made.verdict(path, refused, served).kind
    assert "not-applicable" == made.verdict(path, refused, too).kind


@pytest.mark.parametrize(("documented", "kind"), [(("400", "404"), "warn"), (("400",), "not-applicable")])
def test_a_bad_request_for_a_name_in_the_path_is_a_remark_where_not_found_is_documented(
    bench: Any, documented: tuple[str, ...], kind: str
) -> None:
    """The value is within its limits, so that nothing but its absence is a reason to refuse it."""
    made = bench("agencii")
    number = {"name": "v", "in": "path", "required": True, "schema": {"type": "integer", "maximum": 9}}
    answers = {"200": {"description": "made"}, **{status: {"description": "no"} for status in documented}}
    paths = {"/rooms/{v}/chats": {"post": {"parameters": [number], "responses": answers}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    made.catalogue = derive(read_contract(document, vendor="agencii", where=""))
    made.contract = made.catalogue.contract
    path = "accepts/path/v/maximum"

    assert kind == made.verdict(path, made.refusal(path, 400, expectation="limit")).kind
    assert "pass" == made.verdict(path, made.exchange(path, status=200, expectation="limit")).kind

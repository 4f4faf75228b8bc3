"""Protocol: what is derived from the RFCs of HTTP and JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind, Level, Requirement

Derived = Callable[..., dict[str, Requirement]]
CONTENT = "/paths/~1teams~1{team}~1chats/post/requestBody/content"


def test_every_other_method_is_tried(derived: Derived) -> None:
    """The documented method is left out; safe methods must not create a chat, the others should be refused."""
    levels = {path: r.level for path, r in derived().items() if path.startswith("protocol/method/")}

    assert {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"} == {path.rpartition("/")[2] for path in levels}
    assert Level.MUST == levels["protocol/method/GET"]
    assert Level.SHOULD == levels["protocol/method/PUT"]


def test_allow_is_a_rule_on_answers_of_status_405(derived: Derived) -> None:
    """The Allow header is judged on every 405 of the run, and a request is sent to get one."""
    allow = derived()["protocol/allow"]

    assert Answers("405", Rule.ALLOW) == allow.check
    assert (True, True, 1) == (allow.run_wide, allow.intrusive, allow.cost.requests)


def test_spellings_of_json_follow_the_media_type(derived: Derived) -> None:
    """Escapes, white space and order mean something in JSON alone; header names are there always."""
    json_spellings = {"accepts/wire/json-escapes", "accepts/wire/json-whitespace", "accepts/wire/key-order"}
    form: dict[str, Any] = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
    forms = set(derived({CONTENT: form}))

    assert set() == json_spellings & forms
    assert "accepts/wire/header-name-case" in forms


def test_spellings_of_json(derived: Derived) -> None:
    """A JSON document has them all."""
    wire = {path.rpartition("/")[2] for path in derived() if path.startswith("accepts/wire/")}

    assert {
        "content-type-charset",
        "content-type-case",
        "header-name-case",
        "json-escapes",
        "json-whitespace",
        "key-order",
    } == wire


@pytest.mark.parametrize(
    ("offered", "left_out"), [("text/plain", "text-plain"), ("application/*", "xml"), ("text/xml", "xml")]
)
def test_an_offered_media_type_is_not_refused(derived: Derived, offered: str, left_out: str) -> None:
    """A media type that the document takes, in a range too, is not a mistake."""
    assert f"request/content-type/{left_out}" in derived()
    assert f"request/content-type/{left_out}" not in derived({f"{CONTENT}/{offered.replace('/', '~1')}": {}})


def test_no_redirect_is_our_inference(derived: Derived) -> None:
    """No RFC forbids a redirect: it is a recommendation of this family."""
    rule = derived()["response/any/no-redirect"]

    assert (Kind.PROTOCOL, Level.SHOULD) == (rule.kind, rule.level)

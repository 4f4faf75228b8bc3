"""Requirements of the family own: one for each rule of the user's, after all others."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive, with_rules
from chatcert.requirements.own_rule import InstalledRule, OwnAnswer, OwnRule
from chatcert.requirements.requirement import is_own


def _rule(**given: Any) -> OwnRule:
    values = {"name": "short-id", "version": "1", "level": "must", "statement": "An id is short"}
    functions = {"judge": lambda request, answer: None, "fault": lambda request, answer: answer}
    return OwnRule(**values | functions | given)


def test_own_rules_come_last_and_change_nothing_else(contract: Contract) -> None:
    """A catalogue with own rules has them at its end, in the order of their names, and all others as before."""
    plain = derive(contract)
    rules = [InstalledRule(_rule(name=name), "sha256:0", "rules.py") for name in ("zulu", "alpha")]
    whole = with_rules(plain, rules)

    own = [f"{contract.vendor}/own/{name}" for name in ("alpha", "zulu")]
    assert [*plain.requirements, *own] == [*whole.requirements]
    assert not any(map(is_own, plain.requirements))
    assert plain.digest != whole.digest


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Short"},
        {"name": "a" * 65},
        {"version": ""},
        {"level": "may"},
        {"statement": "a\nb"},
        {"judge": 1},
    ],
)
def test_wrong_values(wrong: dict[str, Any]) -> None:
    """A rule with a value that means nothing cannot be made."""
    with pytest.raises(ValueError, match=r"."):
        _rule(**wrong)


def test_answers_are_edited_in_copies() -> None:
    """The edits of an answer leave the answer as it was."""
    answer = OwnAnswer(200, {"x-a": "1"}, b'{"id": 1}')

    assert OwnAnswer(500, {"x-b": "2"}, b'{"id": 2}') == (
        answer.with_status(500).with_header("X-A", None).with_header("X-B", "2").with_json({"id": 2})
    )
    assert OwnAnswer(200, {"x-a": "1"}, b'{"id": 1}') == answer
    assert OwnAnswer(200, body=b"{").json() is None


def test_headers_are_found_in_any_case() -> None:
    """A rule need not know how a name is written, and sees names in lower case."""
    answer = OwnAnswer(200, {"X-Region": "eu"}).with_header("X-Zone", "1")

    assert ["eu", "eu", None] == [answer.headers["X-REGION"], answer.headers.get("x-Region"), answer.headers.get("X-B")]
    assert "X-zone" in answer.headers
    assert ["x-region", "x-zone"] == list(answer.headers)

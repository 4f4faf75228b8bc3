"""Relation: what is derived of answers that agree with requests, with each other and with time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

Derived = Callable[..., dict[str, Requirement]]
ID = "/components/schemas/Chat/properties/id"
LINKS = "/paths/~1teams~1{team}~1chats/post/responses/201/links"


def test_nothing_is_related_by_itself(derived: Derived) -> None:
    """Only an overlay or a link relates an answer to anything."""
    assert [] == [path for path, r in derived().items() if r.kind is Kind.RELATION]


@pytest.mark.parametrize(
    ("name", "extension", "rules"),
    [
        ("unique", {}, {"unique"}),
        ("equals", {"expression": "$request.body#/text"}, {"equals"}),
        ("initial", {"value": "new"}, {"initial"}),
        ("clock", {"unit": "date-time"}, {"clock", "clock-moves"}),
        ("constant", {}, {"constant"}),
    ],
)
def test_each_extension_gives_its_rules(
    derived: Derived, name: str, extension: dict[str, Any], rules: set[str]
) -> None:
    """An extension on a field of an answer is a rule of its own name; a clock has to move, too."""
    found = derived({f"{ID}/x-chatcert-{name}": {"source": "a sentence", **extension}})

    assert rules == {path.rpartition("/")[2] for path, r in found.items() if r.kind is Kind.RELATION}
    assert {(Level.MUST, True)} == {(r.level, r.run_wide) for r in found.values() if r.kind is Kind.RELATION}


def test_uniqueness_needs_many_answers(derived: Derived) -> None:
    """Ten requests are sent for it, after the others."""
    unique = derived({f"{ID}/x-chatcert-unique": {"source": "a sentence"}})["response/201/id/unique"]

    assert (Cost(10), Rank.MANY_REQUESTS) == (unique.cost, unique.rank)


@pytest.mark.parametrize(("promised", "level"), [({}, Level.SHOULD), ({"source": "a sentence"}, Level.MUST)])
def test_a_link_binds_only_where_the_page_promises_it(derived: Derived, promised: dict[str, Any], level: Level) -> None:
    """A link does not say from when on it can be followed: it is binding if an overlay cites the page."""
    link: dict[str, Any] = {"operationId": "createChat", "requestBody": {"text": "$response.body#/id"}}
    found = derived({LINKS: {"again": link | ({"x-chatcert-promised": promised} if promised else {})}})

    assert (Kind.RELATION, level) == (found["accepts/link/again"].kind, found["accepts/link/again"].level)

"""Unusual spellings of paths: each names the same operation for a server that reads it loosely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.openapi.contract import Parameter
from chatcert.requirements.oddities import Oddity
from chatcert.transport.credentials.credential_forms import Inexpressible
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.odd_paths import odd_path
from chatcert.transport.preparation import prepare
from chatcert.transport.target import Target


@pytest.mark.parametrize(
    ("oddity", "path"),
    [
        (Oddity.TRAILING_SLASH, "/v1/a%2FB/chats/"),
        (Oddity.DOUBLED_SLASH, "/v1/a%2FB//chats"),
        (Oddity.UPPER_CASE, "/v1/a%2FB/CHATS"),
        (Oddity.PERCENT_ENCODED, "/v1/a%2FB/chat%73"),
        (Oddity.PATH_PARAMETER, "/v1/a%2FB/chats;x=1"),
        (Oddity.SUFFIX, "/v1/a%2FB/chats.json"),
        (Oddity.DOT_SEGMENT, "/v1/a%2FB/./chats"),
        (Oddity.REWRITTEN, "/"),
        (Oddity.LARGE_BODY, "/v1/a%2FB/chats"),
        (None, "/v1/a%2FB/chats"),
    ],
)
def test_each_spelling(oddity: Oddity | None, path: str) -> None:
    """One path in each spelling."""
    assert path == odd_path("/v1/a%2FB/chats", oddity)


def test_what_names_something_keeps_its_case() -> None:
    """A path parameter is not put in capitals, and where there is nothing else, there is no such spelling."""
    assert "/CHATS/abc" == odd_path("/chats/abc", Oddity.UPPER_CASE, "/chats/{id}")
    with pytest.raises(Inexpressible):
        odd_path("/1/abc", Oddity.UPPER_CASE, "/1/{id}")


def test_a_digit_of_an_escape_is_not_escaped_again() -> None:
    """The last letter that stands for itself is percent-encoded."""
    assert "/cha%74/%2F" == odd_path("/chat/%2F", Oddity.PERCENT_ENCODED)


def test_each_spelling_arrives(fake: Any, behaviours: Any, talk: Any) -> None:
    """The HTTP client leaves the path as it is, and the record and the command line have it too."""
    server = fake(behaviours.healthy)
    made = talk(f"{server.url}/any")
    control = made.planner.requests.control()
    for oddity in (Oddity.DOT_SEGMENT, Oddity.DOUBLED_SLASH, Oddity.PERCENT_ENCODED, Oddity.REWRITTEN):
        made.session.send(replace(control, id=oddity, shared=False, request=replace(control.request, oddity=oddity)))

    paths = ["/any/v1/./chats", "/any/v1//chats", "/any/v1/chat%73", "/any/"]
    assert paths == [seen.target for seen in server.requests]
    assert paths == [exchange.sent.path for exchange in made.exchanges]
    assert "/any/v1/chats" == server.requests[-1].header("X-Original-URL")
    assert "--path-as-is" in made.line(made.exchanges[0])
    assert "--path-as-is" not in made.line(made.exchanges[1])


def test_spellings_leave_the_query_of_a_path_alone(fake: Any, behaviours: Any, talk: Any) -> None:
    """Where the document has a query in its path, a spelling changes the path before it."""
    server = fake(behaviours.healthy)
    made = talk(server.url, path="/chats?mode=new")
    control = made.planner.requests.control()
    for oddity in (Oddity.TRAILING_SLASH, Oddity.UPPER_CASE, Oddity.PERCENT_ENCODED):
        made.session.send(replace(control, id=oddity, shared=False, request=replace(control.request, oddity=oddity)))

    paths = ["/chats/?mode=new", "/CHATS?mode=new", "/chat%73?mode=new"]
    assert paths == [seen.target for seen in server.requests]


def test_a_query_parameter_in_a_path_is_sent_once(fake: Any, behaviours: Any, talk: Any) -> None:
    """A path that repeats its query parameters in braces does not send the braces."""
    made = talk(fake(behaviours.healthy).url)
    contract = made.catalogue.contract
    kind = Parameter("kind", "query", True, {}, None, None, pointer="")
    asks = replace(contract, path="/chats?kind={kind}&v=1", parameters=(*contract.parameters, kind))
    request = replace(made.planner.requests.control().request, query=(("kind", "a"),))

    prepared = prepare(request, None, asks, Target("http://127.0.0.1:1", {"BearerAuth": Secret("x" * 24)}))

    assert prepared.url.endswith("/chats?v=1&kind=a")

"""What requests name instead of the hosts of others that a document shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.contract import Contract
from chatcert.openapi.values.third_parties import harmless
from chatcert.requirements.catalogue import derive

Read = Callable[..., Contract]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("callback", "https://hooks.acme.com/in?x=1", "https://hooks.acme.com.invalid/in?x=1"),
        ("callback", "http://user@acme.com:8080", "http://user@acme.com.invalid:8080"),
        ("callback", "https://example.com", "https://example.com.invalid"),
        ("stream", "wss://acme.io/s#a", "wss://acme.io.invalid/s#a"),
        ("id_server", "matrix.org", "matrix.org.invalid"),
        ("homeserver", "matrix.org:8448", "matrix.org.invalid:8448"),
        ("invite", ["@anna:matrix.org"], ["@anna:matrix.org.invalid"]),
        ("contact", "anna@acme.com", "anna@example.org"),
        ("ip", "8.8.8.8", "192.0.2.8"),
        ("target", "10.1.2.3:5432", "192.0.2.3:5432"),
        ("metadata", "http://169.254.169.254/latest", "http://192.0.2.254/latest"),
        ("hook", "https://user@1.1.1.1:8443/hook?x=1", "https://user@192.0.2.1:8443/hook?x=1"),
        ("resolver", "2606:4700:4700::1111", "2001:db8::1111"),
        ("resolver", "[2606:4700::1111]:53", "[2001:db8::1111]:53"),
        ("hook", "https://[2606:4700::1111]/a", "https://[2001:db8::1111]/a"),
        ("invite", "@anna:8.8.4.4:8448", "@anna:192.0.2.4:8448"),
        ("allowed", ["8.8.8.8", "1.1.1.1"], ["192.0.2.8", "192.0.2.1"]),
        ("any", {"hook": {"url": "https://acme.com"}}, {"hook": {"url": "https://acme.com.invalid"}}),
    ],
)
def test_hosts_of_others(name: str, value: Any, expected: Any) -> None:
    """A host that somebody may have is replaced; the rest of the value stays."""
    assert expected == next(harmless(value, name, {}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("file", "report.pdf"),
        ("model", "gpt-4.1"),
        ("app", "com.acme.chat"),
        ("host", "localhost"),
        ("host", "chat.acme.test"),
        ("host", "https"),
        ("url", "https://localhost:8000/x"),
        ("url", "https://192.0.2.1/x"),
        ("url", "https://chat.acme.test/x"),
        ("url", "http://127.0.0.1:8000/x"),
        ("url", "http://[::1]/x"),
        ("ip", "203.0.113.7"),
        ("ip", "2001:0db8::7"),
        ("bind", "0.0.0.0"),
        ("ip", "999.1.1.1"),
        ("network", "10.0.0.0/8"),
        ("appVersion", "1.4.0.2"),
        ("mac", "00:11:22:33:44:55:66:77"),
        ("url", "https://{tenant}/x"),
        ("contact", "user@example.com"),
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
        ("@context", "https://schema.org"),
        ("server", 5),
        ("text", "See https://acme.com for more."),
    ],
)
def test_what_is_left_alone(name: str, value: Any) -> None:
    """Files, versions, identifiers, prose and names that are reserved are no hosts of others."""
    assert [] == list(harmless(value, name, {}))


def _sent(contract: Contract) -> str:
    planner = Planner(contract, {}, profile_named("standard"), 1)
    plans = [planner.plan(requirement) for requirement in derive(contract).requirements.values()]
    return " ".join(repr(case.request) for plan in plans for case in plan.cases)


_FOREIGN_ADDRESSES = ("8.8.8.8", "1.0.0.1", "9.9.9.9", "1.1.1.1", "10.0.0.1", "203.100.113.100")


@pytest.mark.slow
def test_no_request_names_a_host_of_others(read: Read, flawless: dict[str, Any]) -> None:
    """Whatever a document shows by example, default or format, no case of any requirement names it."""
    operation = flawless["paths"]["/teams/{team}/chats"]["post"]
    operation["parameters"] += [
        {"name": "origin", "in": "query", "schema": {"type": "string"}, "example": "acme.com"},
        {
            "name": "X-Hook",
            "in": "header",
            "schema": {"type": "string", "format": "uri", "example": "https://acme.com/a"},
        },
    ]
    request = flawless["components"]["schemas"]["ChatRequest"]
    request["properties"] |= {
        "hook": {"$ref": "#/components/schemas/Hook"},
        "id_server": {"type": "string", "default": "acme.com"},
        "homepage": {"type": "string", "format": "uri"},
        "host": {"type": "string", "format": "hostname"},
        "ip": {"type": "string", "format": "ipv4", "example": "8.8.8.8"},
        "short_ip": {"type": "string", "format": "ipv4", "minLength": 7, "maxLength": 7},
        "long_ip": {"type": "string", "format": "ipv4", "minLength": 15},
        "peer": {"type": "string", "default": "https://[2606:4700::1111]/a"},
        "resolvers": {"type": "array", "items": {"type": "string"}, "example": ["1.0.0.1", "9.9.9.9:53"]},
    }
    flawless["components"]["schemas"]["Hook"] = {
        "type": "object",
        "required": ["url"],
        "properties": {"url": {"type": "string", "example": "https://acme.com/hook", "maxLength": 22}},
    }
    operation["requestBody"]["content"]["application/json"]["example"] = {
        "text": "a",
        "hook": {"url": "https://acme.com"},
    }
    contract = read(flawless)
    sent = _sent(contract)

    assert "acme.com'" not in sent
    assert "acme.com/" not in sent
    assert "a.invalid" in sent
    assert "example.org/" not in sent
    assert not [text for text in _FOREIGN_ADDRESSES if f"{text}'" in sent or f"{text}:" in sent]
    assert "2606:4700" not in sent
    assert "192.0.2.8" in sent
    assert not any("names a host of others" in defect.problem for defect in contract.defects)


@pytest.mark.parametrize(
    "rule",
    [
        {"const": "acme.com"},
        {"enum": ["acme.com", "acme.org"]},
        {"pattern": "^acme[.]com$"},
        {"const": "8.8.8.8", "example": "8.8.8.8"},
        {"enum": ["8.8.8.8", "1.1.1.1"], "default": "1.1.1.1", "example": "8.8.8.8"},
        {"pattern": "^8[.]8[.]8[.]8$", "example": "8.8.8.8"},
    ],
)
def test_what_allows_nothing_else_is_named(read: Read, flawless: dict[str, Any], rule: dict[str, Any]) -> None:
    """Where the document allows no other value it is sent, and the report says so."""
    flawless["components"]["schemas"]["ChatRequest"]["properties"]["id_server"] = {"example": "acme.com", **rule}

    problems = [defect.problem for defect in read(flawless).defects]
    assert 1 == sum("id_server names a host of others" in problem for problem in problems)

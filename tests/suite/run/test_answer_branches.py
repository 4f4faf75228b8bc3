"""Runs against the mock of a document whose answers are one of several alternatives."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chatcert.mock.process import running_mock

PART = {
    "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Plain"}],
    "discriminator": {"propertyName": "kind"},
}
TEXT = {"type": "string"}
SCHEMAS = {
    "Part": PART,
    "Card": {
        "type": "object",
        "required": ["kind", "title"],
        "properties": {"kind": TEXT, "title": {"type": "string", "maxLength": 40}},
    },
    "Plain": {"type": "object", "required": ["kind", "text"], "properties": {"kind": TEXT, "text": TEXT}},
    "Block": {"type": "object", "required": ["kind"], "properties": {"kind": TEXT}, **PART},
}
REFERENCE = {"$ref": "#/components/schemas/Part"}
CHAT = {
    "type": "object",
    "required": ["first"],
    "properties": {
        "first": REFERENCE,
        "parts": {"type": "array", "items": REFERENCE},
        "block": {"$ref": "#/components/schemas/Block"},
    },
}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The document."""
    content = {"application/json": {"schema": CHAT}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Parts", "version": "1"},
        "paths": {"/chats": {"post": {"responses": {"201": {"description": "made", "content": content}}}}},
        "components": {"schemas": SCHEMAS},
    }
    path = tmp_path / "parts.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_the_mock_answers_with_an_alternative(spec: Path, certify: Callable[..., Any]) -> None:
    """Its answers name what they are; the alternative that it never answers with is not applicable."""
    run = certify("--spec", spec, "--profile", "quick")

    assert 0 == run.status, run.text
    assert "parts/response/201/block/oneOf/Card/title/maxLength" in run.with_word("parts", "pass")
    assert "parts/response/201/parts/*/oneOf/Plain/branch" in run.with_word("parts", "not-applicable")


@pytest.mark.parametrize("rule", ["branch", "title/type", "title/maxLength", "title/required"])
@pytest.mark.slow
def test_a_fault_in_an_alternative_breaks_its_rule_alone(rule: str, spec: Path, certify: Callable[..., Any]) -> None:
    """The alternative that is named is blamed, and nothing else."""
    broken = f"parts/response/201/first/oneOf/Card/{rule}"
    fault = broken.replace("parts/", "parts/fault/", 1)

    with running_mock(spec=spec, name="parts", faults=[fault]) as mock:
        run = certify("--spec", spec, "--profile", "quick", "--url", f"{mock.url}/parts")

    assert [broken] == run.with_word("parts", "warn" if rule == "branch" else "fail")


class _OpenAlternatives(BaseHTTPRequestHandler):
    """Looks at the name of an alternative and at nothing else that could tell it from the other one."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement

    def do_POST(self) -> None:
        """Echo a text or an image; refuse what is neither."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            message = json.loads(content, parse_constant=float.fromhex)["message"]
            kind = message["kind"]
            texts = [message.get("text", "")] if kind == "text" else [message.get("url", "")]
            is_right = kind in ("text", "image") and all(isinstance(text, str) for text in texts)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            is_right = False
        is_right = is_right and "json" in (self.headers.get("Content-Type") or "").lower()
        self._answer(*((201, {"message": message}) if is_right else (422, {"detail": "wrong"})))

    def _answer(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Print nothing."""


@pytest.mark.slow
def test_open_alternatives_are_told_apart_by_their_names(tmp_path: Path, certify: Callable[..., Any]) -> None:
    """Where nothing but the discriminator tells alternatives apart, both are valid, in requests and in answers."""
    kind = {"type": "object", "required": ["kind"]}
    schemas = {
        "Text": {**kind, "properties": {"kind": TEXT, "text": TEXT}},
        "Image": {**kind, "properties": {"kind": TEXT, "url": TEXT}},
        "Message": {
            "oneOf": [{"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/Image"}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"text": "#/components/schemas/Text", "image": "#/components/schemas/Image"},
            },
        },
        "Chat": {
            "type": "object",
            "required": ["message"],
            "properties": {"message": {"$ref": "#/components/schemas/Message"}},
        },
        "Wrong": {"type": "object", "required": ["detail"], "properties": {"detail": TEXT}},
    }

    def content(name: str) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}

    operation = {
        "requestBody": {"required": True, **content("Chat")},
        "responses": {
            "201": {"description": "made", **content("Chat")},
            "422": {"description": "wrong", **content("Wrong")},
        },
    }
    path = tmp_path / "open.json"
    document = {"openapi": "3.1.0", "info": {"title": "Open", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    path.write_text(json.dumps({**document, "components": {"schemas": schemas}}), encoding="utf-8")

    with ThreadingHTTPServer(("127.0.0.1", 0), _OpenAlternatives) as server:
        server.daemon_threads, server.block_on_close = True, False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        run = certify("--spec", path, "--profile", "quick", "--url", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join(5)

    assert 0 == run.status, run.text
    assert [] == run.with_word("open", "inconclusive")
    assert "open/accepts/body/message/oneOf/Image" in run.with_word("open", "pass")
    assert "open/response/201/message/oneOf/Text/branch" in run.with_word("open", "pass")

"""Write the overlay that a new vendor starts with: its operation, and the candidates as comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from chatcert.onboarding.candidates import Candidate
from chatcert.onboarding.overlay_target import target_of
from chatcert.openapi.contract import Contract

_HEAD = """\
# What the vendor's page says of this operation outside its schemas. Apply to openapi.yaml.
#
# The actions that are commented out are candidates: what names, types and examples suggest. Take the "# " off the
# lines of those that the page states, and write into `source` where it does. What is right though stated nowhere takes
# `provenance: inferred` beside its source: a breach of it is remarked on, and no reason to fail.
"""
_PLAIN = re.compile(r"[A-Za-z$][A-Za-z0-9 _$@./()\[\]'?=,;-]*[A-Za-z0-9_./)\]]")
_NO_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def starter_overlay(contract: Contract, candidates: Iterable[Candidate]) -> str:
    """Return an OpenAPI Overlay 1.1 document as YAML; no text of the vendor can break out of its line."""
    operation = {
        "target": target_of(contract.document, contract.operation_pointer),
        "description": f"{contract.operation} is the operation that creates a chat.",
        "update": {"x-chatcert-creates": "chat"},
    }
    heading = {
        "overlay": "1.1.0",
        "info": {"title": f"{contract.title} - what the page says only in prose", "version": "1.0.0"},
        "extends": "openapi.yaml",
    }
    lines = [*_mapping(heading), "actions:", *_item(operation)]
    for candidate in candidates:
        lines += ["", *(f"  # {line.removeprefix('  ')}" for line in _item(candidate.action))]
    return _HEAD + "\n".join(lines) + "\n"


def _item(action: Mapping[str, Any]) -> Iterator[str]:
    for number, line in enumerate(_mapping(action)):
        yield f"  {'- ' if number == 0 else '  '}{line}"


def _mapping(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield f"{indent}{_text(name)}:"
            yield from _mapping(inner, f"{indent}  ")
        else:
            yield f"{indent}{_text(name)}: {_text(inner) if isinstance(inner, str) else _value(inner)}"


def _text(text: str) -> str:
    """Return a text as one line of YAML: plain if YAML cannot misread it, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    return yaml.safe_dump(text, default_style='"', width=10**9, allow_unicode=True).rstrip("\n")


def _value(value: Any) -> str:
    """Return any other value as one line of YAML: its JSON form, whose escapes YAML reads alike."""
    return json.dumps(value)

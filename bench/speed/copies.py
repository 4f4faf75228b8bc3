"""chatcert with as many vendors as are wanted, and documents with as many constraints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import chatcert
from chatcert.vendors import specs_folder


def with_vendors(folder: Path, vendor: str, number: int) -> Path:
    """Copy the package, laid out as a wheel installs it, with that many copies of one vendor's files and no other.

    Returns:
        The folder to be put into ``PYTHONPATH``.
    """
    package = Path(chatcert.__file__).resolve().parent
    shutil.copytree(package, folder / "chatcert", ignore=shutil.ignore_patterns("specs", "__pycache__"))
    for place in range(1, number + 1):
        shutil.copytree(specs_folder() / vendor, folder / "chatcert" / "specs" / f"vendor{place:03}")
    return folder


def document(constraints: int) -> dict[str, Any]:
    """An OpenAPI document whose body is under that many constraints, each on a field of its own but for ``type``."""
    fields = {f"field{number:04}": schema for number, schema in enumerate(islice(_schemas(), constraints))}
    answer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Growth {constraints}", "version": "1"},
        "paths": {
            "/chats": {
                "post": {
                    "summary": "Start a chat",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"type": "object", "properties": fields}}},
                    },
                    "responses": {
                        "201": {"description": "Started.", "content": {"application/json": {"schema": answer}}},
                        "400": {"description": "Refused.", "content": {"application/json": {"schema": {}}}},
                    },
                }
            }
        },
    }


def written(folder: Path, constraints: int) -> Path:
    """That document as a file."""
    path = folder / f"growth-{constraints}.json"
    path.write_text(json.dumps(document(constraints)), encoding="utf-8")
    return path


def _schemas() -> Iterator[dict[str, Any]]:
    """Yield an endless series of fields, each with one constraint beside its type."""
    kinds = [
        ("string", "maxLength", 40),
        ("integer", "minimum", 1),
        ("string", "minLength", 2),
        ("string", "enum", ["red", "green"]),
        ("number", "maximum", 9),
        ("array", "maxItems", 3),
    ]
    return cycle([{"type": type_name, keyword: value} for type_name, keyword, value in kinds])

"""Extract the parameters of a call, convert them to the types of their schemas, and validate them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from chatcert.mock.call import Call
from chatcert.mock.payload import Malformed, read_json, typed
from chatcert.mock.schema_parts import types_of
from chatcert.mock.validators import Validator
from chatcert.openapi.contract import Contract, Parameter
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.pointer import MISSING

_NO_JSON = object()
"""In place of the value of a parameter that ought to be JSON and is not."""

_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


class Argument:
    """Reads one parameter of the operation in its style (OpenAPI 3.1, section 4.8.12.6).

    Attributes:
        parameter: its description in the contract.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        self._schema = flattened(parameter.schema, parameter.schema)
        kinds = types_of(self._schema)
        self._is_array, self._is_object = "array" in kinds, "object" in kinds
        self._validator = Validator(parameter.schema)

    def read(self, call: Call) -> Any:
        """Return the value that a call has, or ``MISSING``."""
        if self.parameter.media_type:
            texts = self._texts(call)
            return self._decoded(texts[0]) if texts else MISSING
        if self._is_object and self.parameter.location in ("query", "cookie"):
            return self._object_of_pairs(call)
        texts = self._texts(call)
        if not texts:
            return MISSING
        if self.parameter.location == "path":
            texts = self._without_prefix(texts[0])
        if self._is_object:
            return self._object_of_text(texts)
        if self._is_array:
            items = flattened(self._schema.get("items", True), self.parameter.schema)
            return [typed(part, items) for part in self._parts(texts)]
        return typed(texts[0], self._schema)

    def _decoded(self, text: str) -> Any:
        try:
            return read_json(text.encode())
        except Malformed:
            return _NO_JSON

    def _parts(self, texts: list[str]) -> list[str]:
        exploded = self.parameter.explode and self.parameter.location in ("query", "cookie")
        if exploded or len(texts) > 1:
            return texts
        return texts[0].split(_SEPARATORS.get(self.parameter.style, ","))

    def _without_prefix(self, text: str) -> list[str]:
        """Take the prefixes of the styles ``label`` and ``matrix`` off a path segment; empty if they are missing."""
        name, style, explode = self.parameter.name, self.parameter.style, self.parameter.explode
        if style == "label":
            if not text.startswith("."):
                return [""]
            return text[1:].split(".") if explode and (self._is_array or self._is_object) else [text[1:]]
        if style != "matrix":
            return [text]
        pairs = [part.partition("=") for part in text.removeprefix(";").split(";")]
        if explode and self._is_object:
            return [f"{key}={value}" for key, _, value in pairs]
        return [value for key, _, value in pairs if key == name] if text.startswith(";") else [""]

    def _object_of_text(self, texts: list[str]) -> dict[str, Any]:
        parts = texts if len(texts) > 1 else texts[0].split(",")
        if self.parameter.explode:
            pairs = [(key, value) for key, _, value in (part.partition("=") for part in parts)]
        else:
            pairs = list(zip(parts[::2], parts[1::2], strict=False))
        return self._typed_members(pairs)

    def _object_of_pairs(self, call: Call) -> Any:
        name, pairs = self.parameter.name, list(self._pairs(call))
        if self.parameter.style == "deepObject":
            found = [(m[1], text) for key, text in pairs if (m := re.fullmatch(rf"{re.escape(name)}\[(.*)\]", key))]
        elif self.parameter.explode:
            known = self._schema.get("properties") or {}
            found = [(key, text) for key, text in pairs if key in known]
        else:
            texts = [text for key, text in pairs if key == name]
            return self._object_of_text(texts) if texts else MISSING
        return self._typed_members(found) if found else MISSING

    def _typed_members(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        properties, rest = self._schema.get("properties") or {}, self._schema.get("additionalProperties", True)
        whole = self.parameter.schema
        return {key: typed(text, flattened(properties.get(key, rest), whole)) for key, text in pairs}

    def _pairs(self, call: Call) -> Iterator[tuple[str, str]]:
        if self.parameter.location == "query":
            yield from parse_qsl(call.query.decode("latin-1"), keep_blank_values=True)
            return
        for line in call.header_values("cookie"):
            for part in line.split(";"):
                key, _, value = part.strip().partition("=")
                yield key, value

    def _texts(self, call: Call) -> list[str]:
        name = self.parameter.name
        match self.parameter.location:
            case "path":
                return [call.arguments[name]] if name in call.arguments else []
            case "query" if self.parameter.is_whole_query:
                return [unquote(call.query.decode("latin-1"))] if call.query else []
            case "query":
                return call.query_values(name)
            case "header":
                return call.header_values(name)
            case _:
                return call.cookie_values(name)

    def problem(self, value: Any) -> str:
        """Return why a value is invalid; empty if it is valid."""
        name = self.parameter.name
        if value is _NO_JSON:
            return f"the parameter {name} is not a JSON text"
        if value is MISSING:
            return f"the parameter {name} is required" if self.parameter.required else ""
        return "" if self._validator.accepts(value) else self._validator.problem(value, f"the parameter {name}")


def arguments_of(contract: Contract) -> tuple[Argument, ...]:
    """Return one reader for each parameter."""
    return tuple(Argument(parameter) for parameter in contract.parameters)

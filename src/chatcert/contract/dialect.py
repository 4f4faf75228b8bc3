"""One dialect for all schemas: OpenAPI 3.0, 3.1 and Swagger 2.0 schemas become JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from chatcert.contract.pointer import resolve

Direction = Literal["request", "response"]
Schema = dict[str, Any]

ORIGIN = "x-chatcert-origin"
"""On a shared definition: its pointer in the document."""

_SUBSCHEMAS = ("additionalProperties", "items", "not", "propertyNames", "contains", "if", "then", "else",
               "unevaluatedProperties", "unevaluatedItems", "additionalItems")  # fmt: skip
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")


class Converter:
    """Converts the schemas of one document for one direction, sharing definitions.

    Args:
        document: the whole OpenAPI document, in which ``$ref`` pointers are looked up.
        direction: ``readOnly`` properties are not required in requests, ``writeOnly`` ones not in responses
            (OpenAPI 3.0.3, Schema Object).
    """

    def __init__(self, document: Mapping[str, Any], direction: Direction) -> None:
        self._document = document
        self._modern = str(document.get("openapi", "")).startswith("3.1")
        self._hidden = "readOnly" if direction == "request" else "writeOnly"

    def standalone(self, schema: Any) -> Schema:
        """The schema with all that it refers to under ``$defs``, valid on its own."""
        definitions: dict[str, Any] = {}
        pending: dict[str, str] = {}
        result = self._convert(schema, definitions, pending)
        if not isinstance(result, dict):
            return {} if result else {"not": {}}
        if definitions:
            result = {**result, "$defs": {**result.get("$defs", {}), **definitions}}
        return result

    def _convert(self, schema: Any, definitions: dict[str, Any], names: dict[str, str]) -> Any:
        if not isinstance(schema, Mapping):
            return schema if isinstance(schema, bool) else True
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema, definitions, names)
        result: Schema = {}
        for key, value in schema.items():
            if key in _SUBSCHEMAS and isinstance(value, Mapping | bool):
                result[key] = self._convert(value, definitions, names)
            elif key in _SCHEMA_LISTS and isinstance(value, list):
                result[key] = [self._convert(item, definitions, names) for item in value]
            elif key in _SCHEMA_MAPS and isinstance(value, Mapping):
                result[key] = {name: self._convert(item, definitions, names) for name, item in value.items()}
            elif key == "items" and isinstance(value, list):
                result["prefixItems"] = [self._convert(item, definitions, names) for item in value]
            else:
                result[key] = value
        self._modernise(result)
        return result

    def _reference(self, schema: Mapping[str, Any], definitions: dict[str, Any], names: dict[str, str]) -> Any:
        reference = schema["$ref"]
        if reference not in names:
            names[reference] = name = _definition_name(reference, definitions)
            definitions[name] = True
            converted = self._convert(resolve(self._document, reference), definitions, names)
            if isinstance(converted, dict):
                converted.setdefault(ORIGIN, reference.removeprefix("#"))
            definitions[name] = converted
        inner = {"$ref": f"#/$defs/{names[reference]}"}
        # Siblings of $ref count in 3.1 only; our own extensions count everywhere.
        siblings = {
            key: value for key, value in schema.items()
            if key != "$ref" and (self._modern or key.startswith("x-chatcert-") or key == "nullable")
        }  # fmt: skip
        if not siblings:
            return inner
        converted = self._convert(siblings, definitions, names)
        if isinstance(converted, dict) and siblings.get("nullable") is True and not self._modern:
            return {"anyOf": [inner, {"type": "null"}]}
        return {**inner, **converted} if isinstance(converted, dict) else inner

    def _modernise(self, schema: Schema) -> None:
        """Rewrite OpenAPI 3.0 keywords in place."""
        for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            flag = schema.get(exclusive)
            if isinstance(flag, bool):
                del schema[exclusive]
                if flag and limit in schema:
                    schema[exclusive] = schema.pop(limit)
        if schema.pop("nullable", False) is True and not self._modern:
            declared = schema.get("type")
            if isinstance(declared, str):
                schema["type"] = [declared, "null"]
            if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
                schema["enum"] = [*schema["enum"], None]
        if schema.get("type") == "file":
            schema["type"] = "string"
        properties = schema.get("properties")
        if isinstance(properties, dict) and isinstance(schema.get("required"), list):
            kept = [name for name in schema["required"] if not self._is_hidden(properties.get(name))]
            if kept:
                schema["required"] = kept
            else:
                del schema["required"]
        elif not isinstance(schema.get("required", []), list):
            del schema["required"]  # Swagger habit: a boolean on the property itself

    def _is_hidden(self, schema: Any) -> bool:
        return isinstance(schema, Mapping) and schema.get(self._hidden) is True


def _definition_name(reference: str, taken: Mapping[str, Any]) -> str:
    name = "".join(c if c.isalnum() or c in "_-" else "_" for c in reference.rsplit("/", 1)[-1]) or "schema"
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate

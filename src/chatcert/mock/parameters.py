"""Extract the parameters of a call, convert them to the types of their schemas, and validate them."""

from __future__ import annotations

from typing import Any

from chatcert.mock.call import Call
from chatcert.mock.payload import typed
from chatcert.mock.schema_parts import types_of
from chatcert.mock.validators import Validator
from chatcert.openapi.contract import Contract, Parameter
from chatcert.openapi.fields import flattened
from chatcert.openapi.pointer import MISSING


class Argument:
    """Reads one parameter of the operation.

    Attributes:
        parameter: its description in the contract.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        self._schema = flattened(parameter.schema, parameter.schema)
        self._items = flattened(self._schema.get("items", True), parameter.schema)
        self._is_array = "array" in types_of(self._schema)
        self._validator = Validator(parameter.schema)

    def read(self, call: Call) -> Any:
        """Return the value that a call has, or ``MISSING``."""
        texts = self._texts(call)
        if not texts:
            return MISSING
        if self._is_array:
            parts = texts[0].split(",") if len(texts) == 1 else texts
            return [typed(part, self._items) for part in parts]
        return typed(texts[0], self._schema)

    def _texts(self, call: Call) -> list[str]:
        name = self.parameter.name
        match self.parameter.location:
            case "path":
                return [call.arguments[name]] if name in call.arguments else []
            case "query":
                return call.query_values(name)
            case "header":
                return call.header_values(name)
            case _:
                return call.cookie_values(name)

    def problem(self, value: Any) -> str:
        """Return why a value is invalid; empty if it is valid."""
        name = self.parameter.name
        if value is MISSING:
            return f"the parameter {name} is required" if self.parameter.required else ""
        return "" if self._validator.accepts(value) else self._validator.problem(value, f"the parameter {name}")


def arguments_of(contract: Contract) -> tuple[Argument, ...]:
    """Return one reader for each parameter."""
    return tuple(Argument(parameter) for parameter in contract.parameters)

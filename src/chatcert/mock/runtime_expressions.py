"""OpenAPI runtime expressions (OpenAPI 3.1, section 4.8.20.3), compiled once and evaluated for each answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.openapi.schemas import pointer
from chatcert.openapi.schemas.pointer import MISSING

Expression = Callable[[AnswerContext], Any]


def expression(text: str) -> Expression:
    """Compile a runtime expression; it evaluates to ``MISSING`` where the request does not have the value."""
    if text == "$statusCode":
        return lambda context: context.status
    if text == "$method":
        return lambda context: context.call.method
    if text in ("$url", "$request.path"):
        return lambda context: context.call.path
    if text == "$request.body":
        return lambda context: context.body
    if text.startswith("$request.body#"):
        tokens = pointer.tokens_of(text.partition("#")[2])
        return lambda context: _looked_up(context.body, tokens)
    source, _, name = text.removeprefix("$request.").partition(".")
    match source:
        case "header":
            return lambda context: _first(context.call.header_values(name))
        case "query":
            return lambda context: _first(context.call.query_values(name))
        case "path":
            return lambda context: context.call.arguments.get(name, MISSING)
        case _:
            return lambda context: MISSING


def _looked_up(body: Any, tokens: tuple[str, ...]) -> Any:
    value = pointer.lookup(body, tokens)
    return MISSING if value is MISSING else value


def _first(values: list[str]) -> Any:
    return values[0] if values else MISSING

"""Manners of serialisation: order of members, white space, escapes in JSON."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.call import Call, Reply
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.variations import AnswerEdit, Manner
from chatcert.openapi.streams import stream_form

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def layout_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of other texts for the same JSON values."""
    yield draft.make("keys-reversed", "members of objects are written in reverse order", values=(_reversed,))
    yield draft.make("keys-shuffled", "members of objects are written in another order each time", values=(_shuffled,))
    yield draft.make("pretty", "JSON is indented, with white space around it", answers=(_rewritten(_pretty),))
    yield draft.make(
        "escaped", "every character of a JSON string is written as an escape", answers=(_rewritten(_escaped),)
    )


def _reversed(context: AnswerContext, value: Any) -> Any:
    return _ordered(value, lambda names: names[::-1])


def _shuffled(context: AnswerContext, value: Any) -> Any:
    return _ordered(value, _in_another_order)


def _ordered(value: Any, order: Callable[[list[str]], list[str]]) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name], order) for name in order(list(value))}
    return [_ordered(item, order) for item in value] if isinstance(value, list) else value


def _in_another_order(names: list[str]) -> list[str]:
    """Return any order but the given one, if there is another."""
    other = names[:]
    while len(names) > 1 and other == names:
        random.shuffle(other)
    return other


def _rewritten(rewrite: Callable[[bytes], bytes]) -> AnswerEdit:
    """Return an edit of JSON bodies that are not compressed."""

    def edit(call: Call, reply: Reply) -> Reply:
        headers = dict(reply.headers)
        media_type = headers.get(b"content-type", b"").lower()
        if b"json" not in media_type or stream_form(media_type.decode("latin-1")) or b"content-encoding" in headers:
            return reply
        try:
            return replace(reply, body=rewrite(reply.body))
        except ValueError:  # a fault has made it malformed: leave it as it is
            return reply

    return edit


def _pretty(body: bytes) -> bytes:
    value = json.loads(body)
    try:
        text = json.dumps(value, ensure_ascii=False, indent=4).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        text = json.dumps(value, indent=4).encode()
    return b"\r\n\t " + text.replace(b"\n", b"\r\n") + b" \r\n"


def _escaped(body: bytes) -> bytes:
    return _STRING.sub(lambda found: b'"' + _escapes(json.loads(found[0])) + b'"', body)


def _escapes(text: str) -> bytes:
    units = text.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4)).encode()

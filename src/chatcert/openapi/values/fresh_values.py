"""Make values that were never used before out of values that were, alike in length, characters and format."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.sample_values import SampleBuilder

ENOUGH = 8
"""Letters and digits that have to vary for a text to be new."""
MAX_VARIED = 24
"""Characters of a text that vary."""
ADDED = 12
"""Characters that are added to a text that is too short to vary."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z0-9]+")
_LETTERS = string.ascii_lowercase + string.digits
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
_WIDE = (0x4E00, 0x9FA5)
"""Letters outside ASCII, of which there are many: a text of one or two of them can be new."""
_BEYOND_BMP = (0x20000, 0x2A6DF)
_DRAWN, _REPEATED = 64, 4
"""Values that are drawn to see how many there are, and how many of them may be equal where there are many."""
_INTEGERS = (100_000_000, 2_000_000_000)


def fresh(value: Any, schema: Schema, root: Schema, random: Random) -> Any:
    """Return a new valid value for a place, in the form of a valid one; ``MISSING`` where none was found.

    Args:
        value: a valid value: its beginning and its separators stay.
        schema: the schema of the place, a part of ``root``.
        random: the generator from which the new value follows.
    """
    accepts = validator_for(root).part(schema).is_valid
    for candidate in _fresh_candidates(value, schema, root, random):
        if candidate != value and candidate is not MISSING and accepts(candidate):
            return candidate
    return MISSING


def varied(value: Any, schema: Schema, root: Schema, random: Random, *, ascii_only: bool = False) -> Any:
    """Return a value that differs and breaks or keeps the very same rules: of the same length, for example.

    A value that cannot vary, such as null or an empty text, is returned as it is.

    Args:
        ascii_only: whether texts may vary in ASCII only: in a header, servers count the bytes of other characters.
    """
    validator = validator_for(root).part(schema)

    def breaches(candidate: Any) -> list[tuple[tuple[str, ...], str]]:
        return [(path, keyword) for path, keyword, _ in validator.breaches(candidate)]

    wanted = breaches(value)
    for change in (_with_narrow_characters,) if ascii_only else (_with_other_characters, _with_narrow_characters):
        candidate = _changed(value, random, change)
        if candidate != value and breaches(candidate) == wanted:
            return candidate
    return value


def is_scarce(value: Any, schema: Schema, root: Schema) -> bool:
    """Return whether few values keep and break the same rules as one, so that many runs would use them up."""
    others = {repr(varied(value, schema, root, Random(number))) for number in range(_DRAWN)}
    return len(others) < _DRAWN - _REPEATED


def _fresh_candidates(value: Any, schema: Schema, root: Schema, random: Random) -> Iterator[Any]:
    if isinstance(value, str):
        yield from _texts(value, random)
        yield _with_narrow_characters(value, random)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield _integer(schema, random)
    yield SampleBuilder(root, generator=lambda _: random).value(schema)
    yield varied(value, schema, root, random)


def _texts(value: str, random: Random) -> Iterator[str]:
    """Yield new texts in the form of one: its last run of letters and digits varies, or more of them are added."""
    if _UUID.fullmatch(value):
        yield _uuid(random)
        return
    local = re.split(r"[@:/?#]", value.lstrip("@#/"))[0] if "://" not in value else value
    start = value.find(local)
    end = start + len(local)
    runs = list(_RUN.finditer(local))
    added = "".join(random.choice(_LETTERS) for _ in range(ADDED))
    if runs and len(runs[-1][0]) >= ENOUGH and any(character.isdigit() for character in runs[-1][0]):
        run = runs[-1]
        yield value[: start + run.start()] + _like(run[0], random) + value[start + run.end() :]
    separator = next((mark for mark in ("-", "_") if mark in local), "")
    yield value[:end] + separator + added + value[end:]
    yield added


def _uuid(random: Random) -> str:
    """Return a UUID of version 4 (RFC 9562 section 5.4)."""
    digits = f"{random.getrandbits(128):032x}"
    parts = (digits[:8], digits[8:12], "4" + digits[13:16], "89ab"[random.randrange(4)] + digits[17:20], digits[20:])
    return "-".join(parts)


def _like(text: str, random: Random) -> str:
    """Return letters and digits in place of letters and digits, hexadecimal ones where all are."""
    if len(text) >= ENOUGH and any(c.isdigit() for c in text) and set(text) <= set("0123456789abcdef"):
        return "".join(random.choice("0123456789abcdef") for _ in text)
    return "".join(_other(character, random) for character in text)


def _other(character: str, random: Random) -> str:
    return next((random.choice(kind) for kind in _ALPHABETS if character in kind), character)


def _integer(schema: Schema, random: Random) -> int:
    least = max(int(schema.get("minimum", _INTEGERS[0])), _INTEGERS[0])
    most = min(int(schema.get("maximum", _INTEGERS[1])), max(_INTEGERS[1], least))
    if most < least:
        least = int(schema.get("minimum", 1))
    return random.randint(min(least, most), most)


def _changed(value: Any, random: Random, change: Callable[[str, Random], str]) -> Any:
    """Return a JSON value with its texts and numbers changed."""
    if isinstance(value, str):
        return _uuid(random) if _UUID.fullmatch(value) else change(value, random)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value + random.randint(*_INTEGERS)
    if isinstance(value, list):
        return [_changed(item, random, change) for item in value]
    if isinstance(value, dict):
        return {name: _changed(item, random, change) for name, item in value.items()}
    return value


def _with_narrow_characters(text: str, random: Random) -> str:
    """Return a text of the same length in which the last ASCII letters and digits are others of their kind."""
    return _replaced_from_end(text, lambda character: _other(character, random))


def _with_other_characters(text: str, random: Random) -> str:
    """Return a text of the same length; where few of its characters are ASCII letters, they vary more widely."""
    if sum(character in string.ascii_letters + string.digits for character in text) >= ENOUGH:
        return _with_narrow_characters(text, random)

    only = len(text) == 1 and not text.isspace()

    def other(character: str) -> str:
        if ord(character) > 0xFFFF:
            return chr(random.randint(*_BEYOND_BMP))
        return chr(random.randint(*_WIDE)) if character.isalnum() or only else character

    return _replaced_from_end(text, other)


def _replaced_from_end(text: str, other: Callable[[str], str]) -> str:
    characters, left = list(text), MAX_VARIED
    for index in range(len(characters) - 1, -1, -1):
        new = other(characters[index]) if left else characters[index]
        left -= new != characters[index]
        characters[index] = new
    return "".join(characters)

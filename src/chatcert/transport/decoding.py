"""Undo the encodings of a text layer by layer, and trace every character to its position in the original text.

Each layer is the one before with its escapes undone. From each layer, further readings are derived: lists of bytes in
hexadecimal and in decimal, octal escapes and quoted-printable, base64, and compressed data in base64. Their number is
fixed and their size is at most proportional to that of the text, so that the search takes linear time.
"""

from __future__ import annotations

import binascii
import re
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from html.entities import html5

MAX_LAYERS = 5
"""How many layers of escapes are undone; values that are encoded more often are not found."""
LEAST_INFLATED = 1024 * 1024
"""Characters; so much of compressed data is decompressed, or ``MOST_INFLATED`` times the text if that is more."""
MOST_INFLATED = 16

_ESCAPE = re.compile(
    r"(?=[%\\&\r\n\x00])(?:"
    r"%([0-9a-f]{2})"  # URL-encoding
    r"|\\(?:u00([0-9a-f]{2})|x([0-9a-f]{2})|u\{0*([0-9a-f]{2})\})"  # JSON, and what programs print
    r"|&\#0*([0-9]{1,3});?|&\#x0*([0-9a-f]{1,2});?|&([a-z]{2,8};)"  # HTML and XML
    r"|\\([\"'/\\&<>$`!#=+%-])"  # one character behind a backslash
    r"|((?:[\r\n\x00]|\\r|\\n)+)"  # a line that was folded; a half of UTF-16
    r")",
    re.IGNORECASE,
)
_HINT = re.compile(r"[%\\&\r\n\x00]")
"""The first characters of all escapes; most texts contain none."""
_BASES = {1: 16, 2: 16, 3: 16, 4: 16, 5: 10, 6: 16}
_ENTITY = 7
_PLAIN = 8
_LOWER = {code: chr(code).lower() for code in range(0x41, 0x5B)}
_PLAINLY = _LOWER | {ord(" "): "+"}
_PACKED = _LOWER | {ord(" "): "+", ord("-"): "+", ord("_"): "/"}
_BYTES = tuple("".join(map(chr, range(256))).translate(table).encode("latin-1") for table in (_PLAINLY, _PACKED))

_OCTAL = re.compile(
    r"\\0?([0-3][0-7]{2}|[4-7][0-7])"  # octal, as in C, and with the leading zero of POSIX's printf
    r"|=([0-9a-f]{2})"  # quoted-printable (RFC 2045, section 6.7)
    r"|=[ \t]*((?:[\r\n]|\\r|\\n)+)",  # its soft line break
    re.IGNORECASE,
)
_OCTAL_HINT = re.compile(r"\\0?[0-7]{2}|=[0-9a-f\r\n \t\\]", re.IGNORECASE)
_OCTAL_BASES = {1: 8, 2: 16}
_LIST = re.compile(r"[0-9a-fxh\s,;:.|\"'_/+()\[\]{}<>\\-]{17,}", re.IGNORECASE)
"""A text that may list bytes: no shorter one holds eight of them."""
_LIST_IN_LINES = re.compile(r"(?:[0-9a-fxh\s,;:.|\"'_/+()\[\]{}<>\\-]++|(?<=\\)[nrt])++", re.IGNORECASE)
"""The same, with the escapes of white space between the bytes."""
_LINE_HINT = re.compile(r"[0-9a-f][,;]?\\[nrt]", re.IGNORECASE)
_BETWEEN_HEX = re.compile(r"(?:(?<![0-9a-f])|(?<=0x[0-9a-f]{2}))0x|[^0-9a-f]+", re.IGNORECASE)
_LEAST_DIGITS = 16
"""Digits of a list of eight bytes that can be printed, in hexadecimal and in decimal."""
_DECIMAL = re.compile(r"(?:\"\d+\"\s*:\s*)?0*(\d+)")  # a number, also as the value of a numbered member
_WITHOUT_DIGITS = dict.fromkeys(map(ord, "0123456789abcdefABCDEF"))
_LETTER = re.compile(r"(?:(?<!\\)|(?![nrt]))[a-z]", re.IGNORECASE)
"""A letter, other than that of an escape of white space."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_STANDARD = {ord("-"): "+", ord("_"): "/"}
_COMPRESSED = re.compile("\x1f\x8b\x08|x[\x01\x5e\x9c\xda]")  # gzip (RFC 1952) and zlib (RFC 1950)
_CHUNK = 1024
_BREAK = "\x01"


class Form(Enum):
    """What a reading consists of, which decides what is searched in it."""

    TEXT = "text"
    HEX = "hexadecimal digits without what separates them"
    DECIMAL = "decimal numbers with commas between them"


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Maps the characters of a layer to their positions in the layer before.

    Attributes:
        starts: for each character, its position in the layer before; and for the end of the text.
        width: characters of the layer before that each character takes; 0: all up to the next one's.
    """

    starts: array[int]
    width: int = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the layer before."""
        last = self.starts[end]
        return self.starts[start], min(self.starts[end - 1] + self.width, self.starts[-1]) if self.width else last


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in one layer of decoding.

    Attributes:
        decoded: the text of this layer.
        source_maps: for each layer, where its characters come from in the layer before.
        form: what the text consists of.
        inside: the text that was decompressed to get this one, and its span there; such a text is traced as a whole.
    """

    decoded: str
    source_maps: tuple[SourceMap, ...] = ()
    form: Form = Form.TEXT
    inside: tuple[Reading, int, int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text that characters ``start`` to ``end`` come from."""
        if self.inside is not None:
            outer, start, end = self.inside
            return outer.span(start, end)
        for source_map in reversed(self.source_maps):
            start, end = source_map.span(start, end)
        return start, end

    def derived(self, text: str, *source_maps: SourceMap, form: Form = Form.TEXT) -> Reading:
        """Return a reading that comes from this one."""
        return Reading(text, (*self.source_maps, *source_maps), form, self.inside)


def fold(text: str, *, packed: bool = False) -> str:
    """Normalise a text without changing its length: letters become lower case, a space becomes a plus.

    Args:
        packed: also replace the characters of URL-safe base64 by those of standard base64 (RFC 4648).
    """
    table = _PACKED if packed else _PLAINLY
    if text.isascii():
        return text.translate(table)
    try:  # of other texts, bytes are translated much faster
        return text.encode("latin-1").translate(_BYTES[packed]).decode("latin-1")
    except UnicodeEncodeError:
        return text.translate(table)


def readings(text: str) -> Iterator[Reading]:
    """Yield the text itself, then with its escapes undone once, twice, and so on, and what is derived from each."""
    room = max(LEAST_INFLATED, MOST_INFLATED * len(text))
    for layer in _layers(Reading(text)):
        yield from _listed(layer)
        for unpacked in _unpacked(layer):
            yield from _with_escapes_undone(unpacked)
            for content in _inflated(unpacked, room):
                room -= len(content.decoded)
                for inner in _layers(content):
                    yield from _listed(inner)


def _layers(reading: Reading) -> Iterator[Reading]:
    """Yield a reading, then with its escapes undone while that changes it."""
    for _ in range(MAX_LAYERS):
        yield reading
        text, positions = _undone(reading.decoded)
        if positions is None:
            return
        reading = reading.derived(text, SourceMap(positions))
    yield reading


def _with_escapes_undone(reading: Reading) -> Iterator[Reading]:
    """Yield a reading, and once more with one layer of escapes undone."""
    yield reading
    text, positions = _undone(reading.decoded)
    if positions is not None:
        yield reading.derived(text, SourceMap(positions))


def _listed(layer: Reading) -> Iterator[Reading]:
    """Yield a layer, with its octal escapes and quoted-printable undone, and the lists of bytes in it."""
    yield layer
    if _OCTAL_HINT.search(layer.decoded):
        text, positions = _rewritten(layer.decoded, _OCTAL, _octal)
        if positions is not None:
            yield layer.derived(text, SourceMap(positions))
    pattern = _LIST_IN_LINES if _LINE_HINT.search(layer.decoded) else _LIST
    lists = [match.span() for match in pattern.finditer(layer.decoded) if _holds_digits(match[0])]
    if lists:
        for form, collect in ((Form.HEX, _digits), (Form.DECIMAL, _numbers)):
            parts: list[str] = []
            positions = array("I")
            for start, end in lists:
                collect(layer.decoded, start, end, parts, positions)
                parts.append(_BREAK)
                positions.append(end)
            positions.append(len(layer.decoded))
            yield layer.derived("".join(parts), SourceMap(positions, 1), form=form)


def _holds_digits(text: str) -> bool:
    """Whether a text holds so many digits that it may list bytes."""
    return len(text) - len(text.translate(_WITHOUT_DIGITS)) >= _LEAST_DIGITS


def _digits(text: str, start: int, end: int, parts: list[str], positions: array[int]) -> None:
    """Collect the hexadecimal digits between two positions."""
    done = start
    for match in _BETWEEN_HEX.finditer(text, start, end):
        parts.append(text[done : match.start()])
        positions.extend(range(done, match.start()))
        done = match.end()
    parts.append(text[done:end])
    positions.extend(range(done, end))


def _numbers(text: str, start: int, end: int, parts: list[str], positions: array[int]) -> None:
    """Collect the numbers between two positions, without leading zeros, and without the zeros of UTF-16."""
    done = start
    for match in _DECIMAL.finditer(text, start, end):
        first, last = match.span(1)
        if text[first:last] == "0":
            continue
        parts += [_BREAK if _LETTER.search(text, done, match.start()) else ",", text[first:last]]
        positions.append(done)
        positions.extend(range(first, last))
        done = last


def _unpacked(layer: Reading) -> Iterator[Reading]:
    """Yield what base64 in a text stands for, as Latin-1, for each of the four places where a group may begin."""
    parts: list[str] = []
    positions = array("I")
    for match in _BASE64.finditer(layer.decoded):
        start, end = match.span()
        parts.append(match[0])
        positions.extend(range(start, end))
        parts.append("A")
        positions.append(end)
    if not parts:
        return
    positions.append(len(layer.decoded))
    packed = "".join(parts).translate(_STANDARD)
    for first in range(4):
        group = packed[first:]
        content = binascii.a2b_base64(group + "A" * (-len(group) % 4)).decode("latin-1")
        content = content[: len(group) * 6 // 8]
        if content:
            starts = array("I", bytes(4 * (len(content) + 1)))
            for rest in range(3):  # three bytes are four characters, and each byte begins in another one
                size = len(starts[rest::3])
                starts[rest::3] = array("I", range(first + rest, first + rest + 4 * size, 4))
            yield layer.derived(content, SourceMap(positions, 1), SourceMap(starts, 2))


def _inflated(packed: Reading, room: int) -> Iterator[Reading]:
    """Yield the contents of compressed data in a text of bytes.

    Args:
        packed: the text, each character a byte.
        room: how many bytes are decompressed at most; at most as many are tried as begin.
    """
    data = packed.decoded.encode("latin-1", "replace")
    work = MOST_INFLATED * len(data) + LEAST_INFLATED // 16
    at = 0
    while room > 0 and work > 0 and (match := _COMPRESSED.search(packed.decoded, at)):
        start = match.start()
        content, size = _inflate(data, start, min(room, work))
        work -= max(size + len(content), _CHUNK)
        room -= len(content)
        at = start + size if content else start + 1
        if content:
            yield Reading(content.decode("latin-1"), inside=(packed, start, min(start + size, len(data))))


def _inflate(data: bytes, start: int, room: int) -> tuple[bytes, int]:
    """Decompress what begins at a position, up to its end or a defect; return it and the size of what was read."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 32)
    found = bytearray()
    done = start
    while done < len(data) and len(found) < room and not reader.eof:
        chunk = reader.unconsumed_tail or data[done : done + _CHUNK]
        try:
            found += reader.decompress(chunk, room - len(found))
        except zlib.error:
            break
        done += len(chunk) - len(reader.unconsumed_tail) - len(reader.unused_data)
    return bytes(found), done - start


def _undone(text: str) -> tuple[str, array[int] | None]:
    """Undo one layer of escapes, and return the position that each character comes from."""
    if not _HINT.search(text):
        return text, None
    return _rewritten(text, _ESCAPE, _decoded)


def _rewritten(
    text: str, escape: re.Pattern[str], decode: Callable[[re.Match[str]], str | None]
) -> tuple[str, array[int] | None]:
    """Replace escapes by what they stand for, and return the position that each character comes from."""
    parts: list[str] = []
    positions: array[int] = array("I")
    done = 0
    for match in escape.finditer(text):
        decoded = decode(match)
        if decoded is None:
            continue
        start = match.start()
        parts.append(text[done:start])
        positions.extend(range(done, start))
        parts.append(decoded)
        positions.extend([start] * len(decoded))
        done = match.end()
    if not done:
        return text, None
    parts.append(text[done:])
    positions.extend(range(done, len(text) + 1))
    return "".join(parts), positions


def _decoded(match: re.Match[str]) -> str | None:
    """Return the character of an escape; empty for a line break, ``None`` for an unknown entity."""
    group = match.lastindex or 0
    found = match[group]
    if group in _BASES:
        return chr(int(found, _BASES[group]))
    if group == _ENTITY:
        character = html5.get(found) or html5.get(found.lower(), "")
        return character if len(character) == 1 else None
    return found if group == _PLAIN else ""


def _octal(match: re.Match[str]) -> str:
    """Return the character of an octal or quoted-printable escape; empty for a soft line break."""
    group = match.lastindex or 0
    return chr(int(match[group], _OCTAL_BASES[group])) if group in _OCTAL_BASES else ""

"""Undo the encodings of a text layer by layer, and trace every character to its position in the original text.

Each layer is the one before with its escapes undone. From each layer, further readings are derived: lists of bytes in
hexadecimal and in decimal, octal escapes and quoted-printable, base64, and compressed data in base64. Their number is
fixed and their size is at most proportional to that of the text, so that the search takes linear time.

A value may contain what looks like an escape, such as the ``%41`` of ``a%41<b``. Where the value is written in
another syntax, ``a%41&lt;b``, undoing both at once would destroy it. For such values there are layers as well in which
the escapes of the value's own syntaxes are left alone (``spared_for``).
"""

from __future__ import annotations

import binascii
import re
import zlib
from array import array
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from html.entities import html5
from itertools import combinations

MAX_LAYERS = 5
"""How many layers of escapes are undone; values that are encoded more often are not found."""
MOST_LAYERS = 32
"""How many layers there are at most, those included in which some escapes are spared."""
LEAST_INFLATED = 1024 * 1024
"""Characters; so much of compressed data is decompressed, or ``MOST_INFLATED`` times the text if that is more."""
MOST_INFLATED = 16


class Syntax(Enum):
    """A family of escapes."""

    PERCENT = "URL-encoding"
    BACKSLASH = "escapes of JSON and of programming languages, octal ones included"
    ENTITY = "references of HTML and XML"
    QUOTED = "quoted-printable (RFC 2045, section 6.7)"


Spared = frozenset[Syntax]
"""Families of escapes that are left alone."""
_NONE: Spared = frozenset()
_Alternatives = tuple[tuple[Syntax | None, str], ...]

_ESCAPES: _Alternatives = (
    (Syntax.PERCENT, r"%(?P<percent>[0-9a-f]{2})"),
    (Syntax.BACKSLASH, r"\\(?:u00(?P<u>[0-9a-f]{2})|x(?P<x>[0-9a-f]{2})|u\{0*(?P<braces>[0-9a-f]{2})\})"),
    (Syntax.ENTITY, r"&\#0*(?P<decimal>[0-9]{1,3});?|&\#x0*(?P<hexadecimal>[0-9a-f]{1,2});?|&(?P<entity>[a-z]{2,8};)"),
    (Syntax.BACKSLASH, r"\\(?P<plain>[\"'/\\&<>$`!#=+%-])"),  # one character behind a backslash
    (Syntax.BACKSLASH, r"(?P<written>(?:[\r\n\x00]|\\r|\\n)+)"),  # a line that was folded, and shown as in JSON
    (None, r"(?P<folded>[\r\n\x00]+)"),  # a line that was folded; a half of UTF-16
)
_HINT = re.compile(r"[%\\&\r\n\x00]")
"""The first characters of all escapes; most texts contain none."""
_BASES = {"percent": 16, "u": 16, "x": 16, "braces": 16, "decimal": 10, "hexadecimal": 16, "octal": 8, "quoted": 16}
_LOWER = {code: chr(code).lower() for code in range(0x41, 0x5B)}
_PLAINLY = _LOWER | {ord(" "): "+"}
_PACKED = _LOWER | {ord(" "): "+", ord("-"): "+", ord("_"): "/"}
_BYTES = tuple("".join(map(chr, range(256))).translate(table).encode("latin-1") for table in (_PLAINLY, _PACKED))

_OCTAL: _Alternatives = (
    (Syntax.BACKSLASH, r"\\0?(?P<octal>[0-3][0-7]{2}|[4-7][0-7])"),  # as in C, or with the zero of POSIX's printf
    (Syntax.QUOTED, r"=(?P<quoted>[0-9a-f]{2})"),
    (Syntax.QUOTED, r"=[ \t]*(?P<soft>(?:[\r\n]|\\r|\\n)+)"),  # a soft line break
)
_OCTAL_HINT = re.compile(r"\\0?[0-7]{2}|=[0-9a-f\r\n \t\\]", re.IGNORECASE)
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
    except UnicodeEncodeError:  # one character at a time takes a fifth of what they take in a table
        for code, other in table.items():
            text = text.replace(chr(code), other)
        return text


def spared_for(value: str) -> tuple[Spared, ...]:
    """Return which families of escapes have to be left alone for a value to be found that contains such escapes itself.

    There is one set for each choice of these families, since any of them may be the one in which the value is quoted.
    """
    own = [syntax for syntax in Syntax if any(_has_escape(value, syntax, each) for each in (_ESCAPES, _OCTAL))]
    return tuple(frozenset(some) for size in range(1, len(own) + 1) for some in combinations(own, size))


def unescaped(value: str) -> str:
    """Return a value with all its layers of escapes undone, as it is found where only the rest of it was escaped.

    So a browser writes ``a%41"b`` as ``a%41%22b`` in an address (URL Standard, section 4.4).
    """
    *_, last = _layers(Reading(value), ())
    return last.decoded


def _has_escape(value: str, syntax: Syntax, alternatives: _Alternatives) -> bool:
    return any(re.search(pattern, value, re.IGNORECASE) for family, pattern in alternatives if family is syntax)


@cache
def _pattern(alternatives: _Alternatives, spared: Spared) -> re.Pattern[str]:
    """Compile the escapes of all families but some."""
    start = r"(?=[%\\&\r\n\x00])" if alternatives is _ESCAPES else ""
    kept = "|".join(pattern for family, pattern in alternatives if family not in spared)
    return re.compile(f"{start}(?:{kept or '(?!)'})", re.IGNORECASE)


def readings(text: str, spared: Collection[Spared] = ()) -> Iterator[Reading]:
    """Yield the text itself, then with its escapes undone once, twice, and so on, and what is derived from each.

    Args:
        spared: for each of these sets, layers are also undone with the escapes of its families left alone.
    """
    return _distinct(_every(text, spared)) if spared else _every(text, ())


def _distinct(found: Iterable[Reading]) -> Iterator[Reading]:
    """Yield readings of the same place once; layers in which some escapes are spared have most of theirs in common."""
    known: set[tuple[Form, int, tuple[int, int]]] = set()  # the texts themselves would take much memory
    for reading in found:
        key = reading.form, hash(reading.decoded), reading.span(0, len(reading.decoded))
        if key not in known:
            known.add(key)
            yield reading


def _every(text: str, spared: Collection[Spared]) -> Iterator[Reading]:
    room = max(LEAST_INFLATED, MOST_INFLATED * len(text))
    for layer in _layers(Reading(text), spared):
        yield from _listed(layer, spared)
        for unpacked in _unpacked(layer):
            yield unpacked
            yield from _rewritten(unpacked, _ESCAPES, spared)
            for content in _inflated(unpacked, room):
                room -= len(content.decoded)
                for inner in _layers(content, spared):
                    yield from _listed(inner, spared)


def _layers(reading: Reading, spared: Collection[Spared]) -> Iterator[Reading]:
    """Yield a reading, then with its escapes undone while that changes it, and then what comes of sparing some."""
    known: dict[str, Reading] = {}
    last: Reading | None = reading
    for _ in range(MAX_LAYERS + 1):
        if last is None:
            break
        yield last
        if spared:
            known[last.decoded] = last
        last = next(_rewritten(last, _ESCAPES), None)
    waiting = deque(known.values())
    while waiting:
        for inner in _rewritten(waiting.popleft(), _ESCAPES, spared):
            if inner.decoded not in known and len(known) < MOST_LAYERS:
                known[inner.decoded] = inner
                waiting.append(inner)
                yield inner


def _listed(layer: Reading, spared: Collection[Spared]) -> Iterator[Reading]:
    """Yield a layer, with its octal escapes and quoted-printable undone, and the lists of bytes in it."""
    yield layer
    if _OCTAL_HINT.search(layer.decoded):
        yield from _rewritten(layer, _OCTAL, spared)
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


def _rewritten(reading: Reading, alternatives: _Alternatives, spared: Collection[Spared] = ()) -> Iterator[Reading]:
    """Yield a reading with one layer of escapes undone, all of them and with some spared, where that changes it."""
    if alternatives is _ESCAPES and not _HINT.search(reading.decoded):
        return
    for alone in (_NONE, *spared):
        text, positions = _undone(reading.decoded, _pattern(alternatives, alone))
        if positions is not None:
            yield reading.derived(text, SourceMap(positions))


def _undone(text: str, escape: re.Pattern[str]) -> tuple[str, array[int] | None]:
    """Replace escapes by what they stand for, and return the position that each character comes from."""
    parts: list[str] = []
    positions: array[int] = array("I")
    done = 0
    for match in escape.finditer(text):
        decoded = _decoded(match)
        if decoded is None:
            continue
        start = match.start()
        if start > done:  # not so where escapes stand one after the other, as in a text that consists of them
            parts.append(text[done:start])
            positions.extend(range(done, start))
        if decoded:
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
    kind = match.lastgroup or ""
    found = match[kind]
    if kind in _BASES:
        return chr(int(found, _BASES[kind]))
    if kind == "entity":
        character = html5.get(found) or html5.get(found.lower(), "")
        return character if len(character) == 1 else None
    return found if kind == "plain" else ""

"""Masking: find credentials by value in answers, in the usual encodings, and replace them by their names."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chatcert.transport.credentials.secret_values import MASK_LENGTH, Secret, mask
from chatcert.transport.redaction.decoding import Form, Reading, Spared, fold, readings, spared_for, unescaped
from chatcert.transport.redaction.repetitive_texts import without_repetitions

Span = tuple[int, int, str]
_BLANK = "\x01"

SHORT = 512
"""Characters; results for texts up to this length, mostly headers, are cached."""
MOST_KNOWN = 1024
MOST_LEARNT = 256
"""Values that are added to a masker while it is used, at most."""
MOST_ALTERED = 64
"""Altered values whose encodings are kept at once, at most."""
GRAM = 5
"""Characters of the shortest probe."""
MANY_PROBES = 400
BLOCK = 64
"""Characters of the pieces of which each different one is looked at once: large texts mostly repeat themselves."""
MOST_JOINED = 64 * 1024
"""Characters; the readings of texts up to this length are held in memory at once, and searched together first."""


@dataclass(frozen=True)
class _Code:
    """A value in one encoding, normalised by ``fold``.

    Attributes:
        text: the characters that depend on the value alone, not on text before or after it.
        least: how many of them result from any ``MASK_LENGTH`` characters of the value.
        probe: length of the substring that is searched first.
        forms: what kinds of readings are searched for it.
        packed: whether the encoding is base64.
    """

    text: str
    least: int
    probe: int
    forms: tuple[Form, ...] = (Form.TEXT,)
    packed: bool = False

    @cached_property
    def grams(self) -> frozenset[str]:
        """The beginnings of the probes."""
        return frozenset(probe[:GRAM] for probe in self.probes)

    @property
    def leak(self) -> int:
        """How many characters count as a leak: half of the value."""
        return max(self.least, (len(self.text) + 1) // 2)

    @property
    def probes(self) -> Iterator[str]:
        """Substrings of which at least one is in every text that contains the value, or a part of it."""
        if len(self.text) < self.least:
            yield self.text
        for first, final in self._strides():
            yield self.text[final : first + self.least]

    def _strides(self) -> Iterator[tuple[int, int]]:
        """Ranges of positions in the value whose windows of ``least`` characters have a probe in common."""
        stride = self.least - self.probe + 1
        last = len(self.text) - self.least
        for first in range(0, last + 1, stride):
            yield first, min(first + stride - 1, last)

    def runs(self, text: str, public: Sequence[str]) -> Iterator[tuple[str, list[tuple[int, int, int]]]]:
        """Find substrings of the value in a normalised text, as (start, end, position in the value).

        A substring of ``least`` characters contains one of a few probes; a text without these is not searched further.
        The text is yielded as well, with everything that was found so far blanked out.
        """
        for first, final in self._strides():
            if self.text[final : first + self.least] not in text:
                continue
            for place in range(first, final + 1):
                window = self.text[place : place + self.least]
                if window not in text or any(window in known for known in public):
                    continue
                found = list(self._extended(text, window, place))
                text = _blanked(text, [(start, end) for start, end, _ in found])
                yield text, found

    def _extended(self, text: str, window: str, place: int) -> Iterator[tuple[int, int, int]]:
        at = text.find(window)
        while at >= 0:
            end, step = at + self.least, place + self.least
            while end < len(text) and step < len(self.text) and text[end] == self.text[step]:
                end, step = end + 1, step + 1
            yield at, end, place
            at = text.find(window, end)


@dataclass(frozen=True)
class _Probes:
    """The probes of several values, by whether they are base64.

    Attributes:
        whole: the probes themselves.
        grams: their beginnings.
    """

    whole: Mapping[bool, tuple[str, ...]]
    grams: Mapping[bool, frozenset[str]]

    @classmethod
    def of(cls, codes: Iterable[_Code]) -> _Probes:
        """Return the probes of all codes."""
        every = list(codes)
        whole = {
            packed: tuple(dict.fromkeys(probe for code in every if code.packed is packed for probe in code.probes))
            for packed in (False, True)
        }
        return cls(whole, {packed: frozenset(probe[:GRAM] for probe in each) for packed, each in whole.items()})

    def may_be_in(self, folded: Mapping[bool, str]) -> bool:
        """Whether a value, or a part of one, may be in a text; most texts hold none.

        It is looked for whatever there is less of: each probe in the text, or each piece of the text among the probes.

        Args:
            folded: the text, normalised by ``fold``, by whether it is read as base64.
        """
        for packed, text in folded.items():
            probes = self.whole[packed]
            if len(probes) > MANY_PROBES or len(text) <= len(probes):
                if not self.grams[packed].isdisjoint(_grams_of(text)):
                    return True
            elif any(probe in text for probe in probes):
                return True
        return False


@dataclass(frozen=True)
class _Altered:
    """What is searched for an altered value.

    Attributes:
        codes: its encodings.
        probes: their probes.
        spared: which families of escapes are left alone for it.
    """

    codes: tuple[_Code, ...]
    probes: _Probes
    spared: tuple[Spared, ...]

    @classmethod
    def of(cls, value: str) -> _Altered:
        """Encode a value; one that is too short to be masked has no encodings."""
        codes = _codes(value) if len(value) >= MASK_LENGTH else ()
        return cls(codes, _Probes.of(codes), spared_for(value))


class Masker:
    """Replaces credentials by their masks.

    A whole value is masked, and so is any substring of ``MASK_LENGTH`` characters: unchanged, in either case, and in
    UTF-16; URL-encoded, escaped as in JSON or HTML, also several times; in octal escapes and quoted-printable; in
    hexadecimal and in decimal, with or without separators; in base64 together with other bytes, also twice; and in
    gzip or zlib within base64, where all of it is masked. Other encodings are not found (docs/live-targets.md lists
    them). Shorter values cannot be distinguished from other text and are not masked; live targets refuse them
    (``target.check_maskable``).

    Args:
        secrets: values by name.
        public: texts that may be shown; substrings that a value shares with them are not masked.
    """

    def __init__(self, secrets: Mapping[str, Secret], public: Iterable[str] = ()) -> None:
        values = [(name, secret.reveal()) for name, secret in secrets.items()]
        self._codes = [(name, _codes(value)) for name, value in values if len(value) >= MASK_LENGTH]
        self._probes = _Probes.of(code for _, codes in self._codes for code in codes)
        self._spared = tuple(dict.fromkeys(each for _, value in values for each in spared_for(value)))
        self._public = tuple(fold(text) for text in public)
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[str, tuple[str, ...]]] = {}
        self._altered: dict[str, _Altered] = {}
        self._fixed = len(self._codes)
        self._learnt: list[str] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Masker({', '.join(name for name, _ in self._codes)})"

    def learn(self, name: str, secret: Secret) -> None:
        """Mask one more value from now on; those that are known stay, although one of the same name is no longer used.

        Of very many values, those are forgotten that were learnt first.
        """
        value = secret.reveal()
        if len(value) < MASK_LENGTH:
            return
        with self._lock:
            if value in self._learnt:
                return
            self._learnt.append(value)
            codes = [*self._codes, (name, _codes(value))]
            if len(self._learnt) > MOST_LEARNT:
                del self._learnt[0], codes[self._fixed]
            self._codes, self._probes = codes, _Probes.of(code for _, each in codes for code in each)
            self._spared = tuple(dict.fromkeys((*self._spared, *spared_for(value))))
            self._known = {}

    def masked(
        self, text: str, presented: Mapping[str, str] | None = None, said: str = ""
    ) -> tuple[str, tuple[str, ...]]:
        """Mask every credential in a text, and return the names of those that it leaks.

        A substring shorter than half of a value is masked but is not a leak, since many keys begin with a public
        ``sk-vendor-``.

        Args:
            presented: altered values that this request carried, by name; they are masked and count as leaks too.
            said: a text that may be shown, such as that of the request.
        """
        if len(text) < MASK_LENGTH:
            return text, ()
        if len(text) > SHORT or said:
            return self._masked(text, presented or {}, said)
        key = text, tuple((presented or {}).items())
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_KNOWN:  # another thread may do so at any time
                self._known.clear()
            found = self._known[key] = self._masked(text, presented or {})
        return found

    def _masked(self, text: str, presented: Mapping[str, str], said: str = "") -> tuple[str, tuple[str, ...]]:
        altered = [(name, self._encoded(value)) for name, value in presented.items()]
        if not (self._codes or any(value.codes for _, value in altered)):
            return text, ()
        spared = dict.fromkeys(self._spared + tuple(each for _, value in altered for each in value.spared))
        short = without_repetitions(text) if len(text) > MOST_JOINED else text
        found = list(readings(short, spared)) if len(short) <= MOST_JOINED else None
        if found is not None:
            is_cut = short != text and any(one.inside for one in found)  # of packed data, no part may be missing
            joined = _BLANK.join(reading.decoded for reading in found)
            folded = {packed: fold(joined, packed=packed) for packed in (False, True)}
            probes = [self._probes, *(value.probes for _, value in altered)]
            if not (is_cut or any(each.may_be_in(folded) for each in probes)):
                return text, ()
        search = _Search((*self._public, fold(said)) if said else self._public)
        for reading in found if found is not None and short == text else readings(text, spared):
            search.begin(reading)
            for name, value in altered:
                search.whole(value.codes, name, mask(name, "altered"))
            known = search.possible(self._codes)
            for name, possible in known:
                search.whole(possible, name, mask(name))
            for name, possible in known:
                search.parts(possible, name)
        return _replaced(text, search.spans), tuple(dict.fromkeys(search.found))

    def _encoded(self, value: str) -> _Altered:
        """Return the encodings of an altered value; every part of an answer is searched for the same ones."""
        found = self._altered.get(value)
        if found is None:
            if len(self._altered) >= MOST_ALTERED:  # another thread may do so at any time
                self._altered.clear()
            found = self._altered[value] = _Altered.of(value)
        return found


class _Search:
    """Search of one text. Each match is blanked out, so that it is found once in a layer.

    Attributes:
        spans: spans of the original text, with their masks.
        found: names of the values that are leaked.
    """

    def __init__(self, public: Sequence[str]) -> None:
        self._public = public
        self.spans: list[Span] = []
        self.found: list[str] = []

    def begin(self, reading: Reading) -> None:
        """Begin with the next layer of the same text."""
        self._reading = reading
        self._left = {packed: fold(reading.decoded, packed=packed) for packed in (False, True)}

    def whole(self, codes: Sequence[_Code], name: str, label: str) -> None:
        """Find whole values."""
        for code in self._searchable(codes):
            text, size = self._left[code.packed], len(code.text)
            at = text.find(code.text)
            while at >= 0:
                self.spans.append((*self._reading.span(at, at + size), label))
                self.found.append(name)
                at = text.find(code.text, at + size)
            self._left[code.packed] = text.replace(code.text, _BLANK * size)

    def possible(self, values: Sequence[tuple[str, Sequence[_Code]]]) -> list[tuple[str, list[_Code]]]:
        """Return the codes of values of which this layer may hold a part: it has the beginning of a probe."""
        grams = {packed: _grams_of(text) for packed, text in self._left.items()}
        return [
            (name, [code for code in self._searchable(codes) if not code.grams.isdisjoint(grams[code.packed])])
            for name, codes in values
        ]

    def _searchable(self, codes: Sequence[_Code]) -> Iterator[_Code]:
        return (code for code in codes if self._reading.form in code.forms)

    def parts(self, codes: Sequence[_Code], name: str) -> None:
        """Find substrings of a value."""
        for code in self._searchable(codes):
            for left, runs in code.runs(self._left[code.packed], self._public):
                self._left[code.packed] = left
                for start, end, place in runs:
                    label = mask(name, "part" if place else "beginning")
                    self.spans.append((*self._reading.span(start, end), label))
                    if end - start >= code.leak:
                        self.found.append(name)


def _grams_of(text: str) -> set[str]:
    """Return all substrings of ``GRAM`` characters."""
    blocks = {text[at : at + BLOCK + GRAM - 1] for at in range(0, len(text), BLOCK)}
    return {block[at : at + GRAM] for block in blocks for at in range(len(block) - GRAM + 1)}


def _codes(value: str) -> tuple[_Code, ...]:
    """Encode a value: unchanged, in hexadecimal and decimal, and in base64 after any number of other bytes."""
    raw = value.encode("utf-8", "surrogatepass")
    wide = [value.encode(encoding, "surrogatepass") for encoding in ("utf-16-le", "utf-16-be")]
    narrow = dict.fromkeys([raw, *(each.replace(b"\0", b"") for each in wide)])  # zeros are dropped from a text
    texts = dict.fromkeys([value, raw.decode("latin-1")])
    if len(plain := unescaped(value)) >= MASK_LENGTH:
        texts[plain] = None
    codes = [_Code(fold(text), MASK_LENGTH, 5) for text in texts]
    codes.append(_Code(raw.hex(), 2 * MASK_LENGTH, 8, (Form.TEXT, Form.HEX)))
    codes += [_Code(each.hex(), 4 * MASK_LENGTH - 2, 8, (Form.TEXT, Form.HEX)) for each in wide]
    codes += [_decimals(each) for each in narrow]
    codes += _packed(raw, MASK_LENGTH + 1)
    if not value.isascii():  # of others, UTF-16 is the value itself once its zeros are dropped
        codes += [code for each in wide for code in _packed(each, 2 * MASK_LENGTH + 4)]
    return tuple(codes)


def _packed(raw: bytes, least: int) -> Iterator[_Code]:
    """Encode bytes in base64 after any number of other bytes."""
    for before in range(3):
        packed = base64.b64encode(bytes(before) + raw).decode()
        first, end = -(-8 * before // 6), 8 * (before + len(raw)) // 6  # the characters made of these bits alone
        yield _Code(fold(packed[first:end], packed=True), least, 5, packed=True)


def _decimals(raw: bytes) -> _Code:
    """Encode bytes as decimal numbers with commas between them."""
    numbers = [str(byte) for byte in raw]
    sizes = [len(number) + 1 for number in numbers]
    shortest = min(sum(sizes[at : at + MASK_LENGTH]) for at in range(len(sizes) - MASK_LENGTH + 1))
    return _Code(",".join(numbers), shortest - 1, 8, (Form.DECIMAL,))


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += [text[done:start], _BLANK * (end - start)]
        done = end
    return "".join([*parts, text[done:]])


def _replaced(text: str, spans: Iterable[Span]) -> str:
    """Replace spans by labels; of several that overlap, the longest one decides."""
    merged: list[tuple[int, int, int, str]] = []
    for start, end, label in sorted(spans):
        if merged and start < merged[-1][1]:
            first, last, longest, shown = merged[-1]
            longer = end - start > longest
            merged[-1] = first, max(last, end), max(longest, end - start), label if longer else shown
        else:
            merged.append((start, end, end - start, label))
    parts: list[str] = []
    done = 0
    for start, end, _, label in merged:
        parts += [text[done:start], label]
        done = end
    return "".join([*parts, text[done:]])

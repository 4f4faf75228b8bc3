"""Masking: credentials in answers are found by their values in the usual encodings, and nothing else is touched."""

from __future__ import annotations

import base64
import gzip
import html
import json
import logging
import quopri
import re
import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chatcert.transport.credentials.credential_forms import wrong_value
from chatcert.transport.credentials.secret_values import MASK_LENGTH, Secret, mask
from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.redaction.client_logs import masked_by_all
from chatcert.transport.redaction.decoding import fold
from chatcert.transport.redaction.masking import Masker
from chatcert.transport.redaction.redactor import MAX_CUT, MAX_MESSAGE, Redactor, public_texts
from chatcert.transport.redaction.repetitive_texts import BLOCK, without_repetitions
from chatcert.transport.target import Target
from chatcert.vendors import open_vendor

printable = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
long_secrets = st.text(printable, min_size=MASK_LENGTH, max_size=40)
KEY = "Kq7/t+Zp=4&m\"W<x'9%bR~s2vLd"


def spellings(secret: str) -> dict[str, str]:
    """The forms in which a credential may come back."""
    raw = secret.encode()
    return {
        "as it is": secret,
        "in base64": base64.b64encode(raw).decode(),
        "in base64 without padding": base64.b64encode(raw).decode().rstrip("="),
        "in URL-safe base64": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "as basic credentials": base64.b64encode(raw + b":").decode(),
        "URL-encoded": quote(secret, safe=""),
        "in a path": quote(secret),
        "in a JSON text": json.dumps(secret)[1:-1],
    }


@given(
    secret=long_secrets,
    kind=st.sampled_from(sorted(spellings(""))),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
@example(secret="abcabcabcabc", kind="as it is", before="abc", after="abc")
@example(secret="aaaaaaaa", kind="as it is", before="aaa", after="aaaa")
@example(secret='q"u\\o/te+%&', kind="in a JSON text", before='{"a": "', after='"}')
def test_masked_text_does_not_hold_the_secret(secret: str, kind: str, before: str, after: str) -> None:
    """Whatever stands around a credential, and however it is written, it is masked and named."""
    name = "key"
    assume(not any(secret in shown or secret[:MASK_LENGTH] in shown for shown in (mask(name), mask(name, "beginning"))))
    spelling = spellings(secret)[kind]

    masked, found = Masker({name: Secret(secret)}).masked(before + spelling + after)

    assert spelling not in masked
    assert secret not in masked
    assert (name,) == found


@given(words=st.lists(st.text(printable, min_size=4, max_size=12), min_size=2, max_size=3))
def test_a_secret_with_spaces_is_masked_as_it_stands_in_a_query(words: list[str]) -> None:
    """A target that repeats its address repeats a credential from the query with a plus for each space."""
    secret = " ".join(words)

    masked, found = Masker({"key": Secret(secret)}).masked(f"GET /?access_token={quote_plus(secret)} HTTP/1.1")

    assert quote_plus(secret) not in masked
    assert ("key",) == found


@given(secret=long_secrets, length=st.integers(MASK_LENGTH, 40), after=st.text(max_size=10))
def test_the_beginning_of_a_secret_is_masked(secret: str, length: int, after: str) -> None:
    """The beginning of a credential is never written; from half of it on, an answer that shows it has leaked it."""
    assume(length < len(secret))

    masked, found = Masker({"key": Secret(secret)}).masked(f"…{secret[:length]}…{after}")

    assert secret[:MASK_LENGTH] not in masked
    assert (("key",) if length >= (len(secret) + 1) // 2 else ()) == found


def test_a_public_beginning_is_no_leak() -> None:
    """An honest answer may say how its keys begin, and is not blamed for it, though no one writes it down."""
    secret = "sk-agencii-9fQ2vX7LmT4bR8wZ"

    masked, found = Masker({"key": Secret(secret)}).masked("Keys begin with sk-agencii-, see your profile.")

    assert () == found
    assert "sk-agencii" not in masked


@given(long_secrets, st.text(st.characters(exclude_characters="".join(map(chr, range(0x21, 0x7F)))), max_size=60))
def test_other_text_is_left_alone(secret: str, text: str) -> None:
    """Text without a credential stays as it is, and accuses nobody."""
    assert (text, ()) == Masker({"key": Secret(secret)}).masked(text)


@given(st.lists(long_secrets, min_size=2, max_size=4, unique=True))
def test_several_secrets_are_each_named(values: list[str]) -> None:
    """Every one of several credentials is masked, and named by its own name."""
    assume(not any(a[:MASK_LENGTH] in b for a in values for b in values if a is not b))
    named = {f"«{index}»": Secret(value) for index, value in enumerate(values)}

    masked, found = Masker(named).masked("\n".join(values))

    assert set(named) == set(found)
    assert not any(value in masked for value in values)


@given(long_secrets)
def test_an_altered_value_counts_for_the_request_that_carried_it(secret: str) -> None:
    """A wrong credential that comes back is one that comes back, though only that request knows of it."""
    altered = wrong_value(secret)
    assume(not any(secret[i : i + MASK_LENGTH] in altered for i in range(len(secret) - MASK_LENGTH + 1)))
    masker = Masker({"key": Secret(secret)})

    masked, found = masker.masked(f"no such key: {altered}", {"key": altered})

    assert altered not in masked
    assert ("key",) == found
    assert () == masker.masked(f"no such key: {altered}")[1]


def escapes(character: str) -> list[str]:
    """The ways in which one character may be written."""
    code = ord(character)
    written = [
        character,
        f"%{code:02x}",
        f"%{code:02X}",
        f"%25{code:02X}",
        f"\\u00{code:02x}",
        f"\\x{code:02x}",
        f"&#{code};",
        f"&#x{code:X};",
        html.escape(character),
    ]
    return written + ([] if character.isalnum() else [f"\\{character}"] if character in "\"'/\\" else [])


@given(
    st.data(),
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="%\\&"),
        min_size=MASK_LENGTH,
        max_size=24,
    ),
)
def test_any_mixture_of_escapes_is_seen_through(data: st.DataObject, secret: str) -> None:
    """Nobody can hide a credential by escaping some of its characters one way and some another."""
    spelt = "".join(data.draw(st.sampled_from(escapes(character))) for character in secret)

    masked, found = Masker({"key": Secret(secret)}).masked(f'{{"a": "{spelt}"}}')

    assert ("key",) == found
    assert f'{{"a": "{mask("key")}"}}' == masked


LOOKING_ESCAPED = [
    "k8%ECBP\"W/Q't<EpBqq",
    "k&lt;\"W'Q<8&#65t&gt;",
    "k\\n'W\"Q<t\\u0041\\'<qq",
    "k=4d\"W'Q<t=0AEp'\"Bq",
    "k%41&amp;\\n=4d\"'<W/Q%41",
]
"""Values that contain what looks like escapes, and characters that are escaped in other texts."""
QUOTED: dict[str, Callable[[str], str]] = {
    "raw": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON twice": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML": html.escape,
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "HTML in JSON": lambda text: json.dumps(html.escape(text))[1:-1],
    "JSON in HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "Python": lambda text: repr(text + "'\"")[1:-4],
    "percent": lambda text: quote(text, safe=""),
    "percent in HTML": lambda text: html.escape(quote(text, safe="/'")),
    "octal": lambda text: re.sub(r"[^\w%&;=#]", lambda match: f"\\{ord(match[0]):03o}", text),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
    "JSON in base64": lambda text: base64.b64encode(json.dumps({"key": text}).encode()).decode(),
}


@pytest.mark.parametrize("secret", LOOKING_ESCAPED)
@pytest.mark.parametrize("name", QUOTED)
def test_what_looks_like_an_escape_hides_no_secret(secret: str, name: str) -> None:
    """A credential whose own characters look like escapes is found, and each part of it, however it is quoted."""
    masker = Masker({"key": Secret(secret)})
    starts = range(len(secret) - MASK_LENGTH + 1)
    parts = [secret[start : start + MASK_LENGTH] for start in starts]
    if name == "JSON in base64":
        parts = []  # the first and last characters share groups of base64 with others

    assert ("key",) == masker.masked(f"<{QUOTED[name](secret)}>")[1]
    assert [] == [part for part in parts if QUOTED[name](part) in masker.masked(f"<{QUOTED[name](part)}>")[0]]


@pytest.mark.parametrize("secret", [KEY, *LOOKING_ESCAPED])
def test_each_of_two_equal_packages_is_masked(secret: str) -> None:
    """Compressed data that holds a credential is masked wherever it stands, however often it is repeated."""
    packed = base64.b64encode(gzip.compress(secret.encode(), mtime=0)).decode()

    assert packed not in Masker({"key": Secret(secret)}).masked(f'["{packed}", "{packed}"]')[0]


def test_a_browsers_spelling_of_an_escape_is_found() -> None:
    """A browser leaves what looks like a percent-encoded byte as it is, and encodes the rest of the credential."""
    secret = 'k8%ECBP"W/Q<Ep'

    assert ("key",) == Masker({"key": Secret(secret)}).masked(f"/login?key={quote(secret, safe='%/')}&a=b")[1]


@given(long_secrets, st.binary(max_size=12), st.binary(max_size=12), st.booleans())
def test_a_secret_within_longer_base64_is_masked(secret: str, before: bytes, after: bytes, urlsafe: bool) -> None:
    """Whatever else was packed together with a credential, nobody can unpack the credential from what is left."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    packed = encode(before + secret.encode() + after).decode()

    masked, found = Masker({"key": Secret(secret)}).masked(f"Basic {packed}")

    assert ("key",) == found
    first, _, last = masked.removeprefix("Basic ").partition(mask("key"))
    assert len(first) <= (8 * len(before) + 6) // 6 + 1
    assert len(last) <= (8 * len(after) + 5) // 6 + 4


DISGUISES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "hexadecimal": lambda value: value.encode().hex(),
    "hexadecimal in upper case": lambda value: value.encode().hex().upper(),
    "JSON in JSON": lambda value: json.dumps(json.dumps(value)),
    "HTML in JSON": lambda value: json.dumps(html.escape(value)),
    "URL in HTML in JSON": lambda value: json.dumps(html.escape(quote(value))),
    "three times in a URL": lambda value: quote(quote(quote(value))),
    "folded base64": lambda value: base64.encodebytes(f"user name that is long: {value * 3}".encode()).decode(),
    "folded base64 in JSON": lambda value: json.dumps(base64.encodebytes(f"{value}{value}".encode()).decode()),
    "base64 in a URL": lambda value: quote(base64.b64encode(f"u:{value}".encode()).decode(), safe=""),
    "UTF-16": lambda value: value.encode("utf-16-le").decode(),
    "bytes in Python": lambda value: repr(bytearray(value.encode())),
}


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguised_secret_is_found(name: str) -> None:
    """Encodings on top of each other, and those of other formats, are seen through."""
    masked, found = Masker({"key": Secret(KEY)}).masked(f"<p>{DISGUISES[name](KEY)}</p>")

    assert ("key",) == found
    assert mask("key") in masked
    assert not any(KEY[i : i + MASK_LENGTH].lower() in masked.lower() for i in range(len(KEY) - MASK_LENGTH + 1))


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def joined(form: str, between: str = "") -> Callable[[bytes], str]:
    """Write each byte in a form, with a text between them."""
    return lambda raw: between.join(form.format(byte) for byte in raw)


def percent(times: int) -> Callable[[bytes], str]:
    """Percent-encode every byte, and every percent sign of that again."""
    return lambda raw: "".join(f"%{'25' * (times - 1)}{byte:02X}" for byte in raw)


BYTEWISE: dict[str, Callable[[bytes], str]] = {
    "decimal list": joined("{}", ", "),
    "decimal list without spaces": joined("{}", ","),
    "decimal with spaces": joined("{}", " "),
    "decimal with leading zeros": joined("{:03}", " "),
    "decimal, a line each": joined("{}", ",\n    "),
    "hexadecimal": joined("{:02x}"),
    "hexadecimal with colons": joined("{:02x}", ":"),
    "hexadecimal with spaces": joined("{:02X}", " "),
    "hexadecimal with hyphens": joined("{:02x}", "-"),
    "hexadecimal escapes": joined("\\x{:02x}"),
    "hexadecimal escapes with spaces": joined("\\x{:02x}", " "),
    "hexadecimal list": joined("0x{:02x}", ", "),
    "hexadecimal list without anything between": joined("0x{:02x}"),
    "hexadecimal list without spaces": joined("0x{:02X}", ","),
    "octal": joined("\\{:03o}"),
    "octal with a leading zero": joined("\\0{:03o}"),
    "quoted-printable": joined("={:02X}"),
    "percent three times": percent(3),
    "percent four times": percent(4),
}
"""Encodings of one byte after the other: each part of a value is a part of the encoded value."""

PACKED: dict[str, Callable[[str], str]] = {
    "base64 twice": lambda value: base64_of(base64_of(value.encode()).encode()),
    "URL-safe base64 twice": lambda value: base64.urlsafe_b64encode(
        base64.urlsafe_b64encode(value.encode()).rstrip(b"=")
    ).decode(),
    "base64 of UTF-16, little end first": lambda value: base64_of(value.encode("utf-16-le")),
    "base64 of UTF-16, big end first": lambda value: base64_of(value.encode("utf-16-be")),
    "base64 of UTF-16 with a mark": lambda value: base64_of(value.encode("utf-16")),
    "base64 of hexadecimal": lambda value: base64_of(value.encode().hex().encode()),
}
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zlib, fast": lambda raw: zlib.compress(raw, 1),
    "zlib, stored": lambda raw: zlib.compress(raw, 0),
    "zlib, small": lambda raw: zlib.compress(raw, 9),
}
any_secret = st.one_of(long_secrets, st.text(st.characters(min_codepoint=0x21, codec="utf-8"), min_size=8, max_size=24))
around = st.text(max_size=12) | st.text("0123456789abcdefx ,:%=\\&;", max_size=12)


def shows(masked: str, secret: bytes, encode: Callable[[bytes], str]) -> bool:
    """Whether a text holds eight characters' worth of a value in an encoding of its bytes."""
    longest = MASK_LENGTH if secret.isascii() else 4 * MASK_LENGTH
    return any(encode(secret[i : i + longest]) in masked for i in range(max(1, len(secret) - longest + 1)))


@given(any_secret, st.sampled_from(sorted(BYTEWISE)), around, around)
@example("abcdefgh", "decimal list without spaces", "1", "1")
@example("abcdefgh", "hexadecimal with colons", "a", "b")
@example("abcdefgh", "hexadecimal with colons", "12:", ":34")
@example("12345678", "decimal with leading zeros", "0", "0")
@example("00000000", "hexadecimal escapes with spaces", "0x", "Xa")
@example("00000000", "hexadecimal list without spaces", "1", "xa")
def test_no_run_of_a_secret_is_left_in_an_encoding_of_its_bytes(
    secret: str, kind: str, before: str, after: str
) -> None:
    """Whatever stands around a credential whose bytes are written one after the other, none of it is kept."""
    encode, raw = BYTEWISE[kind], secret.encode()
    name = "\u2022"
    text = before + encode(raw) + after

    masked, found = Masker({name: Secret(secret)}).masked(text)

    assert not shows(masked, raw, encode)
    assert (name,) == found


def groups(text: str) -> list[bytes]:
    """Everything that base64 in a text can stand for."""
    runs = re.findall(r"[A-Za-z0-9+/]+", text.replace("-", "+").replace("_", "/"))
    cut = [run[first:] for run in runs for first in range(4)]
    return [base64.b64decode(run + "A" * (-len(run) % 4)) for run in cut]


@given(any_secret, st.sampled_from(sorted(PACKED)), around, around)
@example("abcdefgh", "base64 twice", "abc", "abc")
def test_no_run_of_a_secret_is_left_in_nested_base64(secret: str, kind: str, before: str, after: str) -> None:
    """Nobody can unpack a credential from what is left of its base64, whatever stands around it."""
    name = "\u2022"
    masked, found = Masker({name: Secret(secret)}).masked(before + PACKED[kind](secret) + after)

    assert (name,) == found
    once = [content.replace(b"\0", b"") for content in groups(masked)]
    contents = [*once, *(inner for content in once for inner in groups(content.decode("latin-1")))]
    for form in (secret.encode(), secret.encode("utf-16-le").replace(b"\0", b""), secret.encode().hex().encode()):
        assert not any(
            shows(content.decode("latin-1"), form, lambda raw: raw.decode("latin-1")) for content in contents
        )


@given(
    any_secret,
    st.sampled_from(sorted(COMPRESSED)),
    st.booleans(),
    st.text(max_size=200),
    st.text(max_size=200),
    around,
    around,
)
def test_compressed_data_with_a_secret_is_masked(
    secret: str, kind: str, urlsafe: bool, start: str, end: str, before: str, after: str
) -> None:
    """Base64 of compressed data that holds a credential is masked as a whole."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    name = "\u2022"
    packed = encode(COMPRESSED[kind]((start + secret + end).encode())).decode()

    masked, found = Masker({name: Secret(secret)}).masked(before + packed + after)

    assert (name,) == found
    assert packed.rstrip("=")[:-2] not in masked
    assert not any(packed[i : i + 16] in masked for i in range(4, len(packed) - 20))


DISGUISES_OF_BODIES: dict[str, Callable[[str], str]] = {
    "percent three times": lambda value: quote(quote(quote(value))),
    "quoted-printable": lambda value: quopri.encodestring((value * 4).encode()).decode(),
    "quoted-printable in JSON": lambda value: json.dumps(quopri.encodestring((value * 4).encode()).decode()),
    "bytes in JSON": lambda value: json.dumps(list(value.encode()), indent=4),
    "decimal lines in JSON": lambda value: json.dumps("\n".join(map(str, value.encode()))),
    "hexadecimal lines in JSON": lambda value: json.dumps(value.encode().hex("\n")),
    "an array of JavaScript": lambda value: json.dumps(dict(enumerate(value.encode()))),
    "UTF-16 in decimal": lambda value: json.dumps(list(value.encode("utf-16-le"))),
    "UTF-16 in hexadecimal": lambda value: value.encode("utf-16-be").hex(" "),
    "hexadecimal in groups": lambda value: value.encode().hex(" ", 2),
    "octal in JSON": lambda value: json.dumps("".join(f"\\{byte:03o}" for byte in value.encode())),
    "gzip in base64": lambda value: base64_of(gzip.compress(value.encode())),
    "gzip in folded base64": lambda value: base64.encodebytes(
        gzip.compress((value + "\u20ac" * 400).encode())
    ).decode(),
    "gzip in base64 in a URL": lambda value: quote(base64_of(gzip.compress(value.encode())), safe=""),
    "base64 of JSON": lambda value: base64_of(json.dumps({"key": value}).encode()),
    "base64 twice": PACKED["base64 twice"],
}


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 400_000])
@pytest.mark.parametrize("name", DISGUISES_OF_BODIES)
def test_a_body_of_any_size_is_searched(name: str, size: int) -> None:
    """A credential is found in long bodies as in short ones, and the text around it stays."""
    filler = "so it goes; " * (size // 12)

    masked, found = Masker({"key": Secret(KEY)}).masked(
        f"<p>{filler}<b>{DISGUISES_OF_BODIES[name](KEY)}</b>{filler}</p>"
    )

    assert ("key",) == found
    assert masked.startswith(f"<p>{filler}<b>")
    assert masked.endswith(f"</b>{filler}</p>")


def test_what_stands_beside_a_list_of_bytes_stays() -> None:
    """The brackets of a list, and what follows it, are not part of a credential."""
    masker = Masker({"key": Secret("abcdefgh")})

    assert '{"a": [«key»], "b": 2}' == masker.masked(f'{{"a": {list(b"abcdefgh")}, "b": 2}}')[0]
    assert '{"a": "«key»", "b": 2}' == masker.masked(f'{{"a": "{b"abcdefgh".hex(":")}", "b": 2}}')[0]
    assert '{"a": "«key»c9", "b": 2}' == masker.masked(f'{{"a": "{PACKED["base64 twice"]("abcdefgh")}", "b": 2}}')[0]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(list(range(256))),
        bytes(range(256)).hex(":"),
        bytes(range(256)).hex(),
        "2026-01-01 12:34:56, 1234 5678, 12 34 56 78, 550e8400-e29b-41d4-a716-446655440000",
        base64_of(bytes(range(256))),
        base64_of(gzip.compress(b"a text without credentials" * 20, mtime=0)),
        "H4sIAAAAAAAA eJwAAAAA eJw= eNoBAAAA =3D=3D \\101\\102 =\r\n",
        "dead beef 12:34:56:78",
    ],
)
@pytest.mark.parametrize("secret", [KEY, "31415926", "deadbeef12", "11111111"])
def test_innocent_lists_and_packed_texts_stay(text: str, secret: str) -> None:
    """Numbers, times, digests and packed texts without a credential stay, even if it consists of digits."""
    assert (text, ()) == Masker({"key": Secret(secret)}).masked(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", ["%25", "eJwA", "H4sI", "115, ", "73:", "\\163", "=73", "\n", "a-", '"1":', "x ", "0x"]
)
def test_the_search_takes_linear_time(part: str) -> None:
    """Eight times the text takes no more than some eight times as long, whatever a server fills it with."""
    masker = Masker({"key": Secret(KEY)})

    def seconds(size: int) -> float:
        text = part * (size // len(part))
        started = time.process_time()
        masker.masked(text)
        return time.process_time() - started

    assert seconds(400_000) <= 24 * max(min(seconds(50_000) for _ in range(2)), 0.01)


def test_words_of_the_request_may_come_back() -> None:
    """What a secret has in common with the request itself is no secret; the whole value is masked all the same."""
    redactor = Redactor({"key": Secret("s3cret-of-the-client-9fQ2")})
    said = b'{"id": "chosen-by-the-client"}'

    echoed, _, leaks = redactor.redacted(received(said), {}, said)
    other, _, _ = redactor.redacted(received(said), {}, b"{}")
    whole, _, leaked = redactor.redacted(received(said + b"s3cret-of-the-client-9fQ2"), {}, said)

    assert (said, ()) == (echoed.body, leaks)
    assert "chosen-by«key part»".encode() in other.body
    assert (("key",), b'"chosen-by-the-client"}\xc2\xabkey') == (leaked, whole.body[7:35])


@pytest.mark.slow
def test_many_renewed_values_do_not_slow_the_search_down() -> None:
    """A large text takes about as long with forty values as with one, and each of them is still found in it."""
    values = [f"{number:02}{KEY[::-1]}{number * 7919}" for number in range(40)]
    text = f"{'ab 12 ' * 50_000}{values[3]}{base64_of(values[31].encode())}{values[39][:20].upper()}"

    def search(known: list[str]) -> tuple[float, str]:
        masker = Masker({"key": Secret(known[0])})
        for value in known[1:]:
            masker.learn("key", Secret(value))
        started = time.process_time()
        masked, _ = masker.masked(text)
        return time.process_time() - started, masked

    one, _ = search(values[:1])
    forty, masked = search(values)
    assert forty <= 3 * max(one, 0.1)
    assert 3 == masked.count("«key")


@pytest.mark.slow
def test_a_bomb_is_unpacked_within_bounds() -> None:
    """Compressed data that would fill the memory is read in part."""
    bomb = base64_of(zlib.compress(bytes(200_000_000), 9))
    started = time.process_time()

    Masker({"key": Secret(KEY)}).masked(bomb)

    assert time.process_time() - started < 20


@given(st.integers(0, len(KEY) - MASK_LENGTH), st.integers(MASK_LENGTH, len(KEY)))
def test_a_part_is_masked(start: int, length: int) -> None:
    """A credential in two places is no safer than in one: any part that is long enough is masked."""
    part = KEY[start : start + length]
    assume(len(part) >= MASK_LENGTH)

    masked, found = Masker({"key": Secret(KEY)}).masked(f"{{{part}}}")

    assert part not in masked
    assert masked[0] + masked[-1] == "{}"
    assert (("key",) if len(part) >= (len(KEY) + 1) // 2 else ()) == found


def test_what_is_public_is_no_part_of_a_secret() -> None:
    """What a credential has in common with a public name stays as it is, the rest of it is masked all the same."""
    secret = "application-server-Kq7tZp4mWx9b"
    masker = Masker({"key": Secret(secret)}, ["application/json", "my-server"])

    assert ("Content-Type: application/json", ()) == masker.masked("Content-Type: application/json")
    assert mask("key") == masker.masked(secret)[0]
    assert "Kq7tZp4m" not in masker.masked(secret[8:])[0]


@pytest.mark.parametrize("value", ["", "a", "abc", "1234567"])
def test_what_is_too_short_is_left_alone(value: str) -> None:
    """A value that may stand anywhere by chance does not destroy what is written."""
    text = "abc 1234567 a abcabc"

    assert (text, ()) == Masker({"key": Secret(value)}).masked(text, {"key": value})


@given(st.text(max_size=80), st.lists(st.sampled_from(["%41", "&amp;", "\\n", "\\u0041", "%2541", "&#65;"])))
def test_escapes_without_a_secret_stay(text: str, more: list[str]) -> None:
    """Looking through escapes changes none of them."""
    whole = text.join(["", *more, ""])

    assert (whole, ()) == Masker({"key": Secret(KEY)}).masked(whole)


def received(body: bytes = b"", *headers: tuple[str, str], truncated: bool = False) -> Received:
    return Received(201, headers, body, truncated=truncated)


def test_names_and_values_of_headers_are_masked() -> None:
    """A credential is a leak in a header's name, in its value, or half in a header and half in the body."""
    redactor = Redactor({"key": Secret(KEY)})
    half = len(KEY) // 2

    for answer in (
        received(b"", (f"X-{KEY.encode().hex()}", "1")),
        received(b"", ("Set-Cookie", f"a={KEY}; Path=/")),
        received(KEY[half:].encode(), ("X-First", KEY[:half])),
    ):
        shown, _, leaks = redactor.redacted(answer, {})
        assert ("key",) == leaks
        assert shown is not None
        assert KEY.encode().hex() not in repr(shown)
        assert KEY[:half] not in repr(shown)
        assert KEY[half:] not in repr(shown)


def test_a_transport_error_is_masked_and_short() -> None:
    """What the client says of an answer that is none may quote it, and does so masked and within bounds."""
    reported = TransportError(ErrorKind.PROTOCOL, f"illegal status line: {bytearray(KEY.encode())!r}" + "a" * 100_000)

    _, error, _ = Redactor({"key": Secret(KEY)}).redacted(reported, {})

    assert error is not None
    assert mask("key") in error.message
    assert len(error.message) < MAX_MESSAGE + 10


def test_bodies_that_are_no_text_are_masked() -> None:
    """Bytes around a credential that are not UTF-8 do not hide it, and stay as they are."""
    shown, _, leaks = Redactor({"key": Secret(KEY)}).redacted(received(b"\xff" + KEY.encode() + b"\xfe\x00"), {})

    assert ("key",) == leaks
    assert shown is not None
    assert b"\xff" + mask("key").encode() + b"\xfe\x00" == shown.body


def test_what_is_kept_of_a_run_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a run has kept a lot, long bodies are cut and said to be; short ones never are."""
    monkeypatch.setattr("chatcert.transport.redaction.redactor.MAX_KEPT", 4 * MAX_CUT)
    redactor = Redactor({})
    long, short = b"a" * 2 * MAX_CUT, b"b"

    shown = [redactor.redacted(received(body), {})[0] for body in (long, long, long, short)]
    endless = Redactor({}).redacted(received(long, truncated=True), {})[0]

    kept = [(len(answer.body), answer.truncated) for answer in [*shown, endless] if answer is not None]
    assert [(2 * MAX_CUT, False), (2 * MAX_CUT, False), (MAX_CUT, True), (1, False), (MAX_CUT, True)] == kept


def test_what_is_kept_is_counted_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of quotes takes twice its size in the evidence, and counts twice."""
    monkeypatch.setattr("chatcert.transport.redaction.redactor.MAX_KEPT", 4 * MAX_CUT)
    redactor = Redactor({})

    shown = [redactor.redacted(received(b'"' * 2 * MAX_CUT), {})[0] for _ in range(2)]

    assert [False, True] == [answer.truncated for answer in shown if answer is not None]


def test_the_documents_own_words_are_public() -> None:
    """Names of the document and of what is configured are not taken for credentials."""
    contract = open_vendor("sigmamind")
    names = public_texts(contract, Target("http://h/prefix", {}, {"agentId": "agent-of-mine-1"}))

    assert {"agentId", "application/json", "agent-of-mine-1", "X-API-Key"} <= set(names)
    assert any("/prefix" in name for name in names)
    assert all(isinstance(name, str) for name in names)


def test_log_lines_of_the_client_are_masked(fake: Any, behaviours: Any, talk: Any, caplog: Any) -> None:
    """Whoever turns on all logging sees what the client does, addresses and headers included, without credentials."""
    caplog.set_level(logging.NOTSET)
    for name in ("httpx", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, name)
    talk = talk(fake(behaviours.echoes).url, secrets={"apiKeyAuth": KEY})
    (case,) = talk.plan("auth/X-API-Key/query")

    talk.session.send(case)

    assert "receive_response_headers.complete" in caplog.text
    assert mask("apiKeyAuth") in caplog.text
    for text in (KEY, quote_plus(KEY), KEY[:MASK_LENGTH], KEY[-MASK_LENGTH:]):
        assert text not in caplog.text
    assert mask("apiKeyAuth") == masked_by_all(KEY)


@pytest.mark.parametrize("packing", ["gzip", "deflate", "gzip, gzip"])
def test_a_packed_echo_is_masked(fake: Any, behaviours: Any, talk: Any, recorded: Any, packing: str) -> None:
    """A credential within a packed answer is found once it is unpacked."""
    body = gzip.compress(f'{{"chatId": "{KEY}"}}'.encode())
    if packing == "deflate":
        body = zlib.compress(KEY.encode())
    elif packing == "gzip, gzip":
        body = gzip.compress(body)
    raw = behaviours.message(201, body, ("Content-Encoding", packing), ("Content-Type", "application/json"))
    talk = talk(fake(behaviours.answers(raw)).url, secrets={"apiKeyAuth": KEY})

    exchange = talk.session.send(talk.plan("accepts/required-only")[0])

    assert ("apiKeyAuth",) == exchange.leaks
    assert mask("apiKeyAuth") in recorded([exchange])


def test_what_another_thread_forgets_is_masked_all_the_same() -> None:
    """A text is masked though what was found in it is forgotten at once, as when another thread makes room."""

    class Forgetful(dict[Any, Any]):
        def __setitem__(self, key: Any, value: Any) -> None:
            self.clear()

    masker = Masker({"apiKeyAuth": Secret(KEY)})
    masker._known = Forgetful()

    assert f"says {mask('apiKeyAuth')}" == masker.masked(f"says {KEY}")[0]


REPEATED = ("a", "ab", "AAAA", "0", "[", '{"a":', "\\u0041", "%25", "é", "so it goes; ", "\x00")


@pytest.mark.slow
@given(
    st.sampled_from(sorted(DISGUISES_OF_BODIES)),
    st.lists(st.tuples(st.sampled_from(REPEATED), st.integers(0, 30_000)), min_size=1, max_size=3),
    st.integers(0, 3),
)
@settings(max_examples=30)
def test_repetitions_hide_no_secret(kind: str, parts: list[tuple[str, int]], place: int) -> None:
    """Long repetitive texts are shortened before they are searched: whatever is held beside them is found anyway."""
    texts = [f"{part * (count // len(part))}<b>" for part, count in parts] + ["x" * 70_000]
    texts.insert(place, f" {DISGUISES_OF_BODIES[kind](KEY)} ")

    masked, found = Masker({"key": Secret(KEY)}).masked("".join(texts))

    assert ("key",) == found
    assert KEY not in masked


@pytest.mark.slow
def test_packed_data_with_repetitions_is_searched_whole() -> None:
    """A stored block of zeros within compressed data is no repetition that may be left out."""
    packed = base64_of(zlib.compress(bytes(300_000) + KEY.encode(), 0))

    assert len(packed) > len(without_repetitions(packed)) + 300_000
    assert ("key",) == Masker({"key": Secret(KEY)}).masked(f"<p>{packed}</p>")[1]


@given(st.lists(st.sampled_from(["a" * BLOCK, "ab" * (BLOCK // 2), "b", "c" * 100]), max_size=30))
def test_what_stands_in_a_block_stays(parts: list[str]) -> None:
    """Each part of a text of up to the size of a block is in the shortened text, which is no longer than the text."""
    text = "".join(parts)
    short = without_repetitions(text)

    assert len(short) <= len(text)
    assert all(text[at : at + BLOCK] in short for at in range(0, len(text), 97))


@given(st.text() | st.text("aZ -_\u00c9\u0130\u20ac\U0001f469", max_size=40), st.booleans())
def test_each_character_is_folded_by_itself(text: str, packed: bool) -> None:
    """Whatever stands beside a character, it is folded alike, and into one character."""
    assert [fold(character, packed=packed) for character in text] == list(fold(text, packed=packed))

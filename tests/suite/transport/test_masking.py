"""Masking: what returns of a credential is found by its value, however it is spelt, and nothing else is touched."""

from __future__ import annotations

import base64
import gzip
import html
import json
import logging
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chatcert.transport.client_logs import masked_by_all
from chatcert.transport.credential_forms import wrong_value
from chatcert.transport.credentials import MASK_LENGTH, Secret, mask
from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.masking import Masker
from chatcert.transport.redaction import MAX_CUT, MAX_MESSAGE, Redactor, public_texts
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
    assume(altered[:MASK_LENGTH] != secret[:MASK_LENGTH] and secret[:MASK_LENGTH] not in altered)
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


DISGUISES = {
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
    told = TransportError(ErrorKind.PROTOCOL, f"illegal status line: {bytearray(KEY.encode())!r}" + "a" * 100_000)

    _, error, _ = Redactor({"key": Secret(KEY)}).redacted(told, {})

    assert error is not None
    assert mask("key") in error.message
    assert len(error.message) < MAX_MESSAGE + 10


def test_bodies_that_are_no_text_are_masked() -> None:
    """Bytes around a credential that are no UTF-8 do not hide it, and stay as they are."""
    shown, _, leaks = Redactor({"key": Secret(KEY)}).redacted(received(b"\xff" + KEY.encode() + b"\xfe\x00"), {})

    assert ("key",) == leaks
    assert shown is not None
    assert b"\xff" + mask("key").encode() + b"\xfe\x00" == shown.body


def test_what_is_kept_of_a_run_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a run has kept a lot, long bodies are cut and said to be; short ones never are."""
    monkeypatch.setattr("chatcert.transport.redaction.MAX_KEPT", 4 * MAX_CUT)
    redactor = Redactor({})
    long, short = b"a" * 2 * MAX_CUT, b"b"

    shown = [redactor.redacted(received(body), {})[0] for body in (long, long, long, short)]
    endless = Redactor({}).redacted(received(long, truncated=True), {})[0]

    kept = [(len(answer.body), answer.truncated) for answer in [*shown, endless] if answer is not None]
    assert [(2 * MAX_CUT, False), (2 * MAX_CUT, False), (MAX_CUT, True), (1, False), (MAX_CUT, True)] == kept


def test_what_is_kept_is_counted_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of quotes takes twice its size in the evidence, and counts twice."""
    monkeypatch.setattr("chatcert.transport.redaction.MAX_KEPT", 4 * MAX_CUT)
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
        import zlib

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

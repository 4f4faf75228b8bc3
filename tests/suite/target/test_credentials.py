"""The forms of a credential: a mistake is always another credential, and what returns of it is always masked."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chatcert.contract.authentication import _forms
from chatcert.contract.model import Credential
from chatcert.target.credentials import MASK_LENGTH, Inexpressible, Masker, Secret, _wrong, carry, mask

BEARER = Credential("BearerAuth", "bearer", "header", "Authorization", "")
BASIC = Credential("BasicAuth", "basic", "header", "Authorization", "")
KEY = Credential("KeyAuth", "apiKey", "header", "X-API-Key", "")
QUERY_KEY = Credential("QueryAuth", "apiKey", "query", "api_key", "")
COOKIE_KEY = Credential("CookieAuth", "apiKey", "cookie", "session", "")
CREDENTIALS = (BEARER, BASIC, KEY, QUERY_KEY, COOKIE_KEY)

FORMS = {credential.scheme: [*_forms(credential), "swapped"] for credential in CREDENTIALS}
SPELLINGS = ("scheme-lower", "scheme-upper", "name-lower", "name-upper")

printable = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
secrets = st.text(printable, min_size=1, max_size=40) | st.sampled_from(["a", "AA", "--", "a b", "12345678", "abcabc"])
long_secrets = st.text(printable, min_size=MASK_LENGTH, max_size=40)


def read_by_a_server(credential: Credential, carried: Any) -> set[str]:
    """What a strict server takes for the value of a credential in a request."""
    if credential.location == "query":
        return {value for name, value in carried.query if name == credential.name}
    if credential.location == "cookie":
        return {value for name, value in carried.cookies if name == credential.name}
    values = {value.strip() for name, value in carried.headers if name.lower() == credential.name.lower()}
    if credential.kind == "apiKey":
        return values
    schemes = {scheme.lower(): rest.strip() for scheme, _, rest in (value.partition(" ") for value in values)}
    return {schemes[credential.kind]} if credential.kind in schemes else set()


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda c: c.scheme)
@given(data=st.data(), value=secrets, other=secrets)
def test_a_mistake_never_presents_the_valid_value(
    credential: Credential, data: st.DataObject, value: str, other: str
) -> None:
    """Whatever the secret is, a server that reads strictly finds no valid credential in a mistaken request."""
    form = data.draw(st.sampled_from(FORMS[credential.scheme]))
    secret, another = Secret(value), Secret(other)
    (valid,) = read_by_a_server(credential, carry(credential, secret, "valid", "CHATCERT_V_KEY", another))

    try:
        carried = carry(credential, secret, form, "CHATCERT_V_KEY", another)
    except Inexpressible:
        assert form in ("case", "prefix", "swapped")
        return

    assert valid not in read_by_a_server(credential, carried)


@pytest.mark.parametrize("credential", [BEARER, KEY], ids=lambda c: c.scheme)
@given(value=secrets, form=st.sampled_from(SPELLINGS))
def test_another_spelling_presents_the_valid_value(credential: Credential, value: str, form: str) -> None:
    """A change of case in a header's or scheme's name leaves the credential what it was."""
    carried = carry(credential, Secret(value), form, "CHATCERT_V_KEY")

    assert {value} == read_by_a_server(credential, carried)
    assert carried.headers != carry(credential, Secret(value), "valid", "CHATCERT_V_KEY").headers or credential is KEY


@given(secrets)
def test_a_wrong_value_is_wrong(value: str) -> None:
    """The wrong value never equals the right one, has its length where it can, and is the same every time."""
    wrong = _wrong(value)

    assert value != wrong
    assert wrong == _wrong(value)
    assert len(wrong) in (len(value), len(value) + 1)


@given(st.text("abcdefgABCDEFG0123456789", min_size=16, max_size=40))
def test_a_wrong_value_tells_nothing(value: str) -> None:
    """A server that compares no more than a beginning does not take the wrong value for the right one."""
    assert value[:6] != _wrong(value)[:6]


@given(st.text("abcdefghABCDEFGH12345678", min_size=12, max_size=40))
def test_a_near_miss_begins_like_the_right_value(value: str) -> None:
    """The form `prefix` shares exactly the beginning with the right value."""
    (presented,) = read_by_a_server(KEY, carry(KEY, Secret(value), "prefix", "CHATCERT_V_KEY"))

    assert value[:MASK_LENGTH] == presented[:MASK_LENGTH]
    assert len(value) == len(presented)
    assert value != presented


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda c: c.scheme)
def test_what_is_shown_of_a_credential_is_masked(credential: Credential) -> None:
    """The shown headers and the shell expressions hold a name and a variable in place of the value."""
    secret, other = Secret("Secret-Value-1234"), Secret("Other-Value-98765")
    for form in ("valid", "duplicated", *FORMS[credential.scheme], *SPELLINGS):
        carried = carry(credential, secret, form, "CHATCERT_V_KEY", other)

        text = repr((carried.shown, carried.shell))
        assert "Secret-V" not in text
        assert "Other-Va" not in text
        assert len(carried.shown) == len(carried.headers) + len(carried.query) + len(carried.cookies)


def test_a_form_that_changes_nothing_is_inexpressible() -> None:
    """A value without letters has no other case; the reason names the credential, not the value."""
    with pytest.raises(Inexpressible, match="KeyAuth") as caught:
        carry(KEY, Secret("12345678"), "case", "CHATCERT_V_KEY")

    assert "12345678" not in str(caught.value)


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
    secret=long_secrets, kind=st.sampled_from(sorted(spellings(""))), before=st.text(max_size=20),
    after=st.text(max_size=20),
)  # fmt: skip
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
    altered = _wrong(secret)
    assume(altered[:MASK_LENGTH] != secret[:MASK_LENGTH] and secret[:MASK_LENGTH] not in altered)
    masker = Masker({"key": Secret(secret)})

    masked, found = masker.masked(f"no such key: {altered}", {"key": altered})

    assert altered not in masked
    assert ("key",) == found
    assert () == masker.masked(f"no such key: {altered}")[1]

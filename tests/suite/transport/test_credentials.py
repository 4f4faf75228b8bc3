"""The forms of a credential: a mistake is always another credential, and what returns of it is always masked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.openapi.contract import Credential
from chatcert.requirements.authentication import _forms
from chatcert.transport.credentials.credential_forms import OTHER_HEADER, Inexpressible, carry, wrong_value
from chatcert.transport.credentials.secret_values import MASK_LENGTH, Secret

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
    (valid,) = read_by_a_server(credential, carry(credential, secret, "valid", another))

    try:
        carried = carry(credential, secret, form, another)
    except Inexpressible:
        assert form in ("case", "prefix", "swapped")
        return

    assert valid not in read_by_a_server(credential, carried)


@pytest.mark.parametrize("credential", [BEARER, KEY], ids=lambda c: c.scheme)
@given(value=secrets, form=st.sampled_from(SPELLINGS))
def test_another_spelling_presents_the_valid_value(credential: Credential, value: str, form: str) -> None:
    """A change of case in a header's or scheme's name leaves the credential what it was."""
    carried = carry(credential, Secret(value), form)

    assert {value} == read_by_a_server(credential, carried)
    assert carried.headers != carry(credential, Secret(value), "valid").headers or credential is KEY


@given(secrets)
def test_a_wrong_value_is_wrong(value: str) -> None:
    """The wrong value never equals the right one, has its length where it can, and is the same every time."""
    wrong = wrong_value(value)

    assert value != wrong
    assert wrong == wrong_value(value)
    assert len(wrong) in (len(value), len(value) + 1)


@given(st.text("abcdefgABCDEFG0123456789", min_size=16, max_size=40))
def test_a_wrong_value_tells_nothing(value: str) -> None:
    """A server that compares no more than a beginning does not take the wrong value for the right one."""
    assert value[:6] != wrong_value(value)[:6]


@given(st.text("abcdefghABCDEFGH12345678", min_size=12, max_size=40))
def test_a_near_miss_begins_like_the_right_value(value: str) -> None:
    """The form `prefix` shares exactly the beginning with the right value."""
    (presented,) = read_by_a_server(KEY, carry(KEY, Secret(value), "prefix"))

    assert value[:MASK_LENGTH] == presented[:MASK_LENGTH]
    assert len(value) == len(presented)
    assert value != presented


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda c: c.scheme)
def test_what_is_shown_of_a_credential_is_masked(credential: Credential) -> None:
    """The shown headers and the shell expressions hold a name and a variable in place of the value."""
    secret, other = Secret("Secret-Value-1234"), Secret("Other-Value-98765")
    for form in ("valid", "duplicated", *FORMS[credential.scheme], *SPELLINGS):
        carried = carry(credential, secret, form, other)

        text = repr(carried.masked)
        assert "Secret-V" not in text
        assert "Other-Va" not in text
        assert len(carried.masked) == len(carried.headers) + len(carried.query) + len(carried.cookies)


def test_a_form_that_changes_nothing_is_inexpressible() -> None:
    """A value without letters has no other case; the reason names the credential, not the value."""
    with pytest.raises(Inexpressible, match="KeyAuth") as caught:
        carry(KEY, Secret("12345678"), "case")

    assert "12345678" not in str(caught.value)


def test_a_documented_place_is_no_wrong_place() -> None:
    """What the document reads a credential from is left out of the query and of other headers."""
    taken = {("query", "access_token"), ("header", "authorization")}

    assert ["X-API-Key", "api_key", "token"] == [n for n, _ in carry(KEY, Secret("a" * 9), "query", None, taken).query]
    assert [OTHER_HEADER] == [name for name, _ in carry(KEY, Secret("a" * 9), "other-header", None, taken).headers]

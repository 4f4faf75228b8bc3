"""Where a run goes and with what: every mistake of a person is one line that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.names import snake, variable_name
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import resource_names
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.target import check_maskable, check_url, from_environment
from chatcert.vendors import known_vendors, open_vendor

POLYAI = {
    "CHATCERT_POLYAI_API_KEY_AUTH": "key",
    "CHATCERT_POLYAI_TOKEN_AUTH": "token",
    "CHATCERT_POLYAI_ACCOUNT_ID": "account",
    "CHATCERT_POLYAI_PROJECT_ID": "project",
}


def test_everything_that_is_missing_is_named_at_once() -> None:
    """One line names every variable that a run needs, so that one look is enough."""
    with pytest.raises(ConfigurationError) as caught:
        from_environment(open_vendor("polyai"), {})

    assert 78 == caught.value.exit_code
    assert 1 == len(caught.value.line().splitlines())
    assert all(name in caught.value.line() for name in POLYAI)
    assert "VARIANT" not in caught.value.line()


@pytest.mark.parametrize("missing", [name for name in POLYAI if name.endswith("_ID")])
@pytest.mark.parametrize("blank", [None, "", "  \t"])
def test_a_single_missing_variable_is_named_alone(missing: str, blank: str | None) -> None:
    """A variable that is not set, or blank, is named; those that are set are not."""
    environment: dict[str, str] = {**POLYAI, missing: blank or ""}
    if blank is None or (blank.strip() == "" and blank and missing.endswith("_ID")):
        environment.pop(missing)

    with pytest.raises(ConfigurationError) as caught:
        from_environment(open_vendor("polyai"), environment)

    assert [missing] == [name for name in POLYAI if name in caught.value.line()]


@pytest.mark.parametrize("left_out", [name for name in POLYAI if name.endswith("_AUTH")])
def test_one_alternative_is_enough(left_out: str) -> None:
    """Where `security` lists alternatives, credentials of a single one are enough."""
    credentials, _ = from_environment(open_vendor("polyai"), {**POLYAI, left_out: " "})

    assert 1 == len(credentials)


def test_optional_names_may_be_left_out() -> None:
    """What a request needs not name needs no value, and gets one if it is there."""
    contract = open_vendor("polyai")

    _, without = from_environment(contract, POLYAI)
    _, together = from_environment(contract, {**POLYAI, "CHATCERT_POLYAI_VARIANT_ID": "variant"})

    assert {"account_id": "account", "project_id": "project"} == without
    assert {**without, "variant_id": "variant"} == together


@pytest.mark.parametrize("value", ["with\nbreak", "“quoted”", "caf\u00e9", "nul\x00"])
def test_a_value_that_no_header_can_carry_is_reported_before_anything_is_sent(value: str) -> None:
    """A pasted line break or typographic quote is named by its variable, and not shown."""
    with pytest.raises(ConfigurationError) as caught:
        from_environment(
            open_vendor("agencii"), {"CHATCERT_AGENCII_BEARER_AUTH": value, "CHATCERT_AGENCII_API_INTEGRATION_ID": "x"}
        )

    assert "CHATCERT_AGENCII_BEARER_AUTH" in caught.value.line()
    assert value not in caught.value.line()


def test_white_space_around_a_credential_is_no_part_of_it() -> None:
    """A trailing line break, as files have it, is dropped."""
    credentials, _ = from_environment(open_vendor("openwebui"), {"CHATCERT_OPENWEBUI_BEARER_AUTH": " sk-1\n"})

    assert "sk-1" == credentials["BearerAuth"].reveal()


def test_the_names_of_the_bundled_vendors() -> None:
    """The variables are those that the documentation promises."""
    wanted = {
        "agencii": {"CHATCERT_AGENCII_BEARER_AUTH", "CHATCERT_AGENCII_API_INTEGRATION_ID"},
        "openwebui": {"CHATCERT_OPENWEBUI_BEARER_AUTH", "CHATCERT_OPENWEBUI_FOLDER_ID"},
        "polyai": {*POLYAI, "CHATCERT_POLYAI_VARIANT_ID"},
        "sigmamind": {
            "CHATCERT_SIGMAMIND_API_KEY_AUTH",
            "CHATCERT_SIGMAMIND_AGENT_ID",
            "CHATCERT_SIGMAMIND_PREVIOUS_CHAT_ID",
        },
    }

    found = {}
    for vendor in known_vendors():
        contract = open_vendor(vendor)
        names = [credential.scheme for credential in contract.credentials] + list(resource_names(contract))
        found[vendor] = {variable_name(vendor, name) for name in names}

    assert wanted == found


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_variable_can_be_set_in_any_shell(vendor: str, name: str) -> None:
    """Whatever a document calls things, the variable is of letters, digits and underscores."""
    variable = variable_name(vendor, name)

    assert variable.startswith("CHATCERT_")
    assert variable.isascii()
    assert variable.replace("_", "a").isalnum()
    assert variable == variable.upper()


@pytest.mark.parametrize(
    ("name", "snaked"),
    [
        ("apiKeyAuth", "API_KEY_AUTH"),
        ("API-Key-Auth", "API_KEY_AUTH"),
        ("BearerAuth", "BEARER_AUTH"),
        ("account_id", "ACCOUNT_ID"),
        ("HTTPBearer", "HTTP_BEARER"),
        ("oauth2Token", "OAUTH2_TOKEN"),
    ],
)
def test_names_in_snake_case(name: str, snaked: str) -> None:
    """Camel case, hyphens and abbreviations come out as a person would write them."""
    assert snaked == snake(name)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host",
        "host:8000",
        "ftp://host",
        "http://",
        "http://:80",
        "http://host:0",
        "http://host:99999",
        "http://host:x",
        "http://[::1",
        "http://a b/",
        "http://user:password@host/",
        "http://user@host",
        "http://host/?q=1",
        "http://host/#f",
        "file:///etc/passwd",
        "//host/path",
    ],
)
def test_a_bad_address_is_a_mistake_of_usage(url: str) -> None:
    """What is not an http(s) address, or holds more than one, is refused with the form that is meant."""
    with pytest.raises(UsageError) as caught:
        check_url(url)

    assert 2 == caught.value.exit_code
    assert "--url" in caught.value.line()
    assert "password" not in caught.value.line() or "with a password" in caught.value.line()


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://host", "http://host"),
        ("http://host/", "http://host"),
        ("https://host:8443/a/b/", "https://host:8443/a/b"),
        ("http://127.0.0.1:8765/sigmamind", "http://127.0.0.1:8765/sigmamind"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("HTTP://Host", "HTTP://Host"),
    ],
)
def test_a_good_address_keeps_its_prefix(url: str, base: str) -> None:
    """The path of an address stays, without its last slash."""
    assert base == check_url(url)


@given(st.text())
def test_any_text_is_an_address_or_a_mistake(text: str) -> None:
    """No text, however odd, leads to anything but an address or an error of the user's."""
    with suppress(UsageError):
        assert text.rstrip("/") == check_url(text)


PUBLIC = {"CHATCERT_V_AGENT": "agent-of-Mine-4711", "the address": "http://127.0.0.1/staging"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "0 characters"),
        ("abc", "3 characters"),
        ("1234567", "7 characters"),
        ("of-mine-", "CHATCERT_V_AGENT"),
        ("127.0.0.1", "the address"),
    ],
)
def test_a_credential_that_cannot_be_hidden_is_refused(value: str, words: str) -> None:
    """A value that may stand in any text, or that stands in what a report shows, is an error that does not show it."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        check_maskable({"CHATCERT_V_KEY": Secret(value)}, PUBLIC)

    assert "CHATCERT_V_KEY" in caught.value.line()
    assert not value or value not in caught.value.line()


def test_a_credential_of_some_length_is_fine() -> None:
    """Eight characters that stand nowhere else are enough."""
    check_maskable({"CHATCERT_V_KEY": Secret("12345678")}, PUBLIC)


def test_every_field_has_a_variable(read: Callable[..., Contract]) -> None:
    """Whatever the document calls a field or a parameter, its value may be configured, but for a credential's name."""
    schema = {"type": "object", "properties": {"user_ids": {"type": "array", "items": {"type": "string"}}, "key": {}}}
    operation = {
        "parameters": [{"name": "database", "in": "query", "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "d"}},
        "security": [{"key": []}],
    }
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    contract = read(
        {
            "openapi": "3.1.0",
            "info": {},
            "paths": {"/chats": {"post": operation}},
            "components": {"securitySchemes": schemes},
        }
    )
    given = {"KEY": "secret-of-8", "DATABASE": "main", "USER_IDS": "a,b"}
    variables = {f"CHATCERT_SAMPLE_{name}": value for name, value in given.items()}

    credentials, resources = from_environment(contract, variables)

    assert ["key"] == list(credentials)
    assert {"database": "main", "user_ids": "a,b"} == resources

"""A credential's value never shows, however it is looked at."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Credential
from chatcert.transport.credentials.credential_forms import carry
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_vendor

VALUE = "sk-never-shown-4711"

PRINTERS: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": format,
    "format with a width": lambda secret: f"{secret:>40}",
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "a list of it": lambda secret: f"{[secret]}{(secret,)}{ {'key': secret} }",
    "pprint": pprint.pformat,
    "json with a default": lambda secret: json.dumps({"key": secret}, default=str),
    "a copy of it": lambda secret: repr(copy.copy(Target("http://h", {"key": secret}))),
}


@pytest.mark.parametrize("name", PRINTERS)
def test_printing_shows_a_mask(name: str) -> None:
    """Every way of printing shows dots in place of the value."""
    shown = str(PRINTERS[name](Secret(VALUE)))

    assert VALUE not in shown
    assert "•••" in shown or "\\u2022" in shown


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy, json.dumps, vars], ids=lambda write: write.__name__)
def test_writing_is_refused(write: Callable[[Any], object]) -> None:
    """What would write the value down fails, and its message does not hold the value."""
    with pytest.raises(TypeError) as caught:
        write(Secret(VALUE))

    assert VALUE not in str(caught.value)


def test_a_traceback_with_locals_shows_a_mask() -> None:
    """A traceback that prints all local variables prints no credential."""

    def fail(secret: Secret, target: Target) -> None:
        raise ValueError(f"{secret} at {target}")

    secret = Secret(VALUE)
    try:
        fail(secret, Target("http://h", {"key": secret}))
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    assert "•••" in text
    assert VALUE not in text


def test_a_log_line_shows_a_mask(caplog: pytest.LogCaptureFixture) -> None:
    """Logging formats a credential as a mask."""
    logging.getLogger("test").warning("sent %s of %r", Secret(VALUE), Target("http://h", {"key": Secret(VALUE)}))

    assert "•••" in caplog.text
    assert VALUE not in caplog.text


def test_reveal_is_the_one_way_out() -> None:
    """The value itself is there for whoever asks for it by name."""
    assert VALUE == Secret(VALUE).reveal()


def test_a_target_from_the_environment_shows_masks() -> None:
    """What a run is configured with can be printed."""
    environment = {
        "CHATCERT_POLYAI_API_KEY_AUTH": VALUE,
        "CHATCERT_POLYAI_TOKEN_AUTH": f"{VALUE}-two",
        "CHATCERT_POLYAI_ACCOUNT_ID": "a",
        "CHATCERT_POLYAI_PROJECT_ID": "p",
    }

    credentials, resources = from_environment(open_vendor("polyai"), environment)

    assert VALUE not in repr((credentials, Target("http://h", credentials, resources)))
    assert {"account_id": "a", "project_id": "p"} == resources


# Its fields hold the real headers, and a traceback with locals (`pytest -l`) prints fields.
def test_what_is_carried_shows_masks() -> None:
    """The prepared form of a credential can be printed as well."""
    credential = Credential("apiKeyAuth", "apiKey", "header", "X-API-Key", "/components/securitySchemes/apiKeyAuth")

    for form in ("valid", "query", "truncated", "duplicated"):
        assert VALUE[:-1] not in repr(carry(credential, Secret(VALUE), form))

"""Sources of credentials, in environment variables and in tables of the targets file; what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import ConfigurationError
from chatcert.transport.credentials.credential_sources import (
    ClientAuthentication,
    CommandSource,
    FileSource,
    OAuthSource,
)
from chatcert.transport.credentials.live_credentials import live_of
from chatcert.transport.destination import Destination, check_destination, configured_credentials, resolve
from chatcert.transport.targets_file import read_targets
from chatcert.vendors import open_vendor

OWN = "CHATCERT_SIGMAMIND_API_KEY_AUTH"
OAUTH = {f"{OWN}_TOKEN_URL": "https://login.internal/token/?tenant=1", f"{OWN}_CLIENT_ID": "nightly"}


@pytest.fixture
def resolved(tmp_path: Path) -> Callable[..., Any]:
    """The sources of a target at an address, with these variables; nothing is fetched."""

    def resolve_it(variables: dict[str, str]) -> Any:
        contract = open_vendor("sigmamind")
        destination = Destination(url="http://127.0.0.1:9")
        environment = {"CHATCERT_SIGMAMIND_AGENT_ID": "agent_1", "XDG_RUNTIME_DIR": str(tmp_path), **variables}
        live = live_of(resolve(destination, contract, environment).credentials)
        assert ["apiKeyAuth"] == configured_credentials(destination, contract, environment)
        return live.sources["apiKeyAuth"] if live is not None else None

    return resolve_it


@pytest.fixture
def in_file(tmp_path: Path) -> Callable[..., Any]:
    """The sources of a target in a file with this table of credentials."""

    def resolve_it(table: str, variables: dict[str, str] | None = None) -> Any:
        path = tmp_path / "targets.toml"
        head = '[targets.t]\nvendor = "sigmamind"\nurl = "http://127.0.0.1:9"\nresources = { agentId = "agent_1" }\n'
        path.write_text(head + table, encoding="utf-8")
        contract, entry = open_vendor("sigmamind"), read_targets(path)["t"]
        destination = Destination(url=entry.url, name="t", entry=entry, file=path)
        check_destination(destination, contract, allow_production=False)
        live = live_of(
            resolve(destination, contract, {"XDG_RUNTIME_DIR": str(tmp_path), **(variables or {})}).credentials
        )
        return live.sources["apiKeyAuth"] if live is not None else None

    return resolve_it


def test_variables_describe_an_authorisation_server(resolved: Any) -> None:
    """Every part of a token request has its variable; the address keeps its query, and reports show it without."""
    more = {
        "CLIENT_SECRET": "s3cret-9fQ2vX",
        "SCOPE": "chats:write",
        "AUDIENCE": "chats",
        "CLIENT_AUTHENTICATION": "body",
    }
    source = resolved(OAUTH | {f"{OWN}_{name}": value for name, value in more.items()})

    assert isinstance(source, OAuthSource)
    assert ("https://login.internal/token/?tenant=1", "nightly") == (source.token_url, source.client_id)
    assert ("chats:write", "chats") == (source.scope, source.audience)
    assert ClientAuthentication.BODY is source.client_authentication
    assert ("https://login.internal/token/", f"{OWN}_TOKEN_URL") == (source.address, source.where)
    assert "s3cret-9fQ2vX" not in repr(source)


def test_variables_describe_a_command_or_a_file(resolved: Any) -> None:
    """A command is a JSON list, so that no shell is needed to divide it."""
    words = '["vault", "kv", "get", "-field=token", "secret/chat"]'
    command = resolved({f"{OWN}_COMMAND": words, f"{OWN}_LIFETIME": "300"})
    file = resolved({f"{OWN}_FILE": "/run/secrets/token"})

    assert isinstance(command, CommandSource)
    assert isinstance(file, FileSource)
    assert (("vault", "kv", "get", "-field=token", "secret/chat"), 300) == (command.command, command.lifetime)
    assert (Path("/run/secrets/token"), "token") == (file.path, file.address)


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({OWN: "sk-9fQ2vX7LmT", **OAUTH}, f"sigmamind: {OWN} and {OWN}_TOKEN_URL are both set (unset one of them)"),
        ({f"{OWN}_TOKEN_URL": "https://login.internal/token"}, f"no value for {OWN}_CLIENT_ID"),
        (OAUTH | {f"{OWN}_GRANT": "passwort"}, f"{OWN}_GRANT: 'passwort' is no grant (did you mean password?)"),
        (OAUTH | {f"{OWN}_GRANT": "password"}, f"no value for {OWN}_USERNAME and {OWN}_PASSWORD"),
        (OAUTH | {f"{OWN}_TOKEN_URL": "login.internal"}, "'login.internal' is not an http(s) address"),
        (OAUTH | {f"{OWN}_TOKEN_URL": "https://u:p@login.internal"}, "an address with a password in it"),
        (
            OAUTH | {f"{OWN}_TOKEN_URL": "https://login.example.com/token"},
            "/token is a placeholder",
        ),
        ({f"{OWN}_COMMAND": "vault kv get"}, f"{OWN}_COMMAND: is no list of texts"),
        ({f"{OWN}_COMMAND": "[]"}, f"{OWN}_COMMAND: is no list of texts"),
        ({f"{OWN}_COMMAND": '["x"]', f"{OWN}_LIFETIME": "soon"}, f"{OWN}_LIFETIME: is no number of seconds"),
    ],
)
def test_wrong_variables_are_named(resolved: Any, variables: dict[str, str], line: str) -> None:
    """A variable that is missing or wrong ends the run before it begins, by name and without any secret."""
    with pytest.raises(ConfigurationError) as error:
        resolved(variables)

    assert line in error.value.line()
    assert "sk-9fQ2vX7LmT" not in error.value.line()


def test_tables_describe_the_same(in_file: Any, tmp_path: Path) -> None:
    """A table of the targets file has the same parts as variables; paths begin at the folder of the file."""
    oauth = in_file(
        '[targets.t.credentials.apiKeyAuth]\ntoken_url = "https://${HOST}/token"\nclient_id = "nightly"\n'
        'client_secret = "${SECRET}"\nscope = "a b"\n',
        {"HOST": "login.internal", "SECRET": "s3cret-9fQ2vX"},
    )
    command = in_file('[targets.t.credentials]\napiKeyAuth = { command = ["./token.sh", "$HOME"], lifetime = 60 }\n')
    file = in_file('[targets.t.credentials]\napiKeyAuth = { file = "secrets/token" }\n')

    assert ("https://login.internal/token", "a b") == (oauth.token_url, oauth.scope)
    assert "s3cret-9fQ2vX" == oauth.secrets["client_secret"].reveal()
    assert (("./token.sh", "$HOME"), tmp_path, 60) == (command.command, command.folder, command.lifetime)
    assert tmp_path / "secrets/token" == file.path
    assert in_file('credentials = { apiKeyAuth = "${KEY}" }\n', {"KEY": "sk-9fQ2vX7LmT"}) is None


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ('token_url = "https://l.internal"', "'client_id' is missing"),
        ('token_url = "https://l.internal"\nclient_id = "a"\nclientsecret = "b"', "did you mean client_secret?"),
        ('token_url = "https://l.internal"\nclient_id = "a"\nclient_secret = "plain"', "credential in plain text"),
        ('token_url = "https://u:p@l.internal"\nclient_id = "a"', "not the address of a token endpoint"),
        ('token_url = "https://l.internal"\nclient_id = "a"\ngrant = "password"', "no username and no password"),
        (
            'token_url = "https://${NO_HOST}/t"\nclient_id = "a"',
            "apiKeyAuth.token_url: no value for NO_HOST",
        ),
        ('command = "vault kv get"', "'command' is one text, and no shell reads it"),
        ('command = ["x"]\nfile = "y"', "'file' is a key of another source than 'command'"),
        ('fille = "y"', "unknown key 'fille'"),
    ],
)
def test_wrong_tables_are_named(in_file: Any, table: str, line: str) -> None:
    """A wrong table is named with its key, and no value of it is shown."""
    with pytest.raises(ConfigurationError) as error:
        in_file(f"[targets.t.credentials.apiKeyAuth]\n{table}\n")

    assert line in error.value.line()
    assert "plain " not in error.value.line().replace("plain text", "")

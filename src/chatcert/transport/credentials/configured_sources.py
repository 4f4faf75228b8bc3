"""Sources of credentials as they are configured: in a table of the targets file, or in environment variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.names import did_you_mean, variable_name
from chatcert.transport.credentials.credential_sources import (
    GRANTS,
    ClientAuthentication,
    CommandSource,
    CredentialSource,
    FileSource,
    OAuthSource,
    SourceKind,
)
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.expansion import expanded
from chatcert.transport.hosts import is_placeholder
from chatcert.transport.target import check_url

if TYPE_CHECKING:
    from chatcert.transport.credentials.source_tables import CredentialTable

NEEDED: Final[Mapping[SourceKind, tuple[str, ...]]] = {
    SourceKind.CLIENT_CREDENTIALS: ("token_url", "client_id"),
    SourceKind.PASSWORD: ("token_url", "client_id", "username", "password"),
    SourceKind.REFRESH_TOKEN: ("token_url", "client_id", "refresh_token"),
}
_BEGIN: Final = ("token_url", "command", "file")
"""What shows by which means a credential is fetched."""
_OAUTH: Final = (
    "token_url",
    "grant",
    "client_id",
    "client_secret",
    "client_authentication",
    "scope",
    "audience",
    "username",
    "password",
    "refresh_token",
)
_SECRET: Final = ("client_secret", "password", "refresh_token")


def source_in_table(
    table: CredentialTable, environment: Mapping[str, str], folder: Path, where: str
) -> CredentialSource:
    """Return the source that a table of the targets file describes.

    Args:
        folder: that of the targets file.
        where: the place that error messages name.

    Raises:
        ConfigurationError: the address of the token endpoint cannot be used.
    """
    from chatcert.transport.credentials.source_tables import CommandTable, FileTable

    match table:
        case CommandTable():
            return CommandSource(where, tuple(table.command), folder, table.lifetime)
        case FileTable():
            return FileSource(where, folder / expanded(table.file, environment))
    given = {name: getattr(table, name) for name in _OAUTH}
    texts = {name: expanded(text, environment) for name, text in given.items() if text is not None}
    return _oauth(texts, where)


def sources_in_environment(
    vendor: str, schemes: Iterable[str], environment: Mapping[str, str], taken: Iterable[str]
) -> dict[str, CredentialSource]:
    """Return the sources that ``CHATCERT_<VENDOR>_<SCHEME>_TOKEN_URL``, ``…_COMMAND`` and ``…_FILE`` describe.

    Args:
        taken: variables that mean something else, such as the value of another credential or field.

    Raises:
        ConfigurationError: a variable is missing, or has a value that cannot be used.
    """
    others = {*taken}
    found: dict[str, CredentialSource] = {}
    for scheme in schemes:
        own = variable_name(vendor, scheme)
        variables = {key: f"{own}_{key.upper()}" for key in (*_OAUTH, "command", "lifetime", "file")}
        texts = {
            key: environment[name].strip()
            for key, name in variables.items()
            if name not in others and environment.get(name, "").strip()
        }
        begun = [key for key in _BEGIN if key in texts]
        if not begun:
            continue
        ways = [*([own] if environment.get(own, "").strip() else []), *(variables[key] for key in begun)]
        if len(ways) > 1:
            raise ConfigurationError(f"{' and '.join(ways)} are both set", where=vendor, hint="unset one of them")
        found[scheme] = _in_variables(begun[0], texts, variables)
    return found


def _in_variables(way: str, texts: Mapping[str, str], variables: Mapping[str, str]) -> CredentialSource:
    where = variables[way]
    match way:
        case "command":
            return CommandSource(where, _words(texts[way], where), lifetime=_seconds(texts, variables["lifetime"]))
        case "file":
            return FileSource(where, Path(texts[way]))
    grant = texts.get("grant", SourceKind.CLIENT_CREDENTIALS)
    if grant not in GRANTS:
        hint = did_you_mean(grant, [*GRANTS])
        raise ConfigurationError(f"{grant!r} is no grant", where=variables["grant"], hint=hint)
    missing = [variables[key] for key in NEEDED[SourceKind(grant)] if key not in texts]
    if missing:
        hint = "set the environment variable" + ("s" if len(missing) > 1 else "")
        raise ConfigurationError(f"no value for {' and '.join(missing)}", where=where, hint=hint)
    way = texts.get("client_authentication", ClientAuthentication.BASIC)
    if way not in list(ClientAuthentication):
        raise ConfigurationError(f"{way!r} is neither basic nor body", where=variables["client_authentication"])
    return _oauth(texts, where)


def _words(text: str, where: str) -> tuple[str, ...]:
    try:
        words: Any = json.loads(text)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigurationError(
            "is no list of texts",
            where=where,
            hint='give the program and its arguments as JSON: ["vault", "kv", "get"]',
        )
    return tuple(words)


def _seconds(texts: Mapping[str, str], where: str) -> float | None:
    if "lifetime" not in texts:
        return None
    try:
        seconds = float(texts["lifetime"])
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise ConfigurationError("is no number of seconds", where=where, hint="give a number greater than 0")
    return seconds


def _oauth(texts: Mapping[str, str], where: str) -> OAuthSource:
    url = texts["token_url"]
    address = url.partition("?")[0]
    try:
        check_url(address)
    except UsageError as error:
        raise ConfigurationError(f"token_url: {error.what}", where=where, hint=error.hint) from None
    if is_placeholder(url):
        raise ConfigurationError(
            f"{address} is a placeholder", where=where, hint="give the address of your token endpoint"
        )
    secrets = {name: Secret(texts[name]) if name in texts else None for name in _SECRET}
    return OAuthSource(
        where=where,
        grant=SourceKind(texts.get("grant", SourceKind.CLIENT_CREDENTIALS)),
        token_url=url,
        client_id=texts["client_id"],
        client_authentication=ClientAuthentication(texts.get("client_authentication", ClientAuthentication.BASIC)),
        scope=texts.get("scope", ""),
        audience=texts.get("audience", ""),
        username=texts.get("username", ""),
        **secrets,
    )

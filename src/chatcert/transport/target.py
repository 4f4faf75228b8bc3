"""Target of a run: address, credentials, names of existing resources, and limits."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract, Credential
from chatcert.openapi.existing_names import configurable_names, resource_names
from chatcert.requirements.check import CONFIGURED_FORMS, configured_as, of_other_account
from chatcert.transport.credentials.credential_values import recognised
from chatcert.transport.credentials.secret_values import MASK_LENGTH, Secret
from chatcert.transport.limits import Limits
from chatcert.transport.request_hook import RequestHook

"""The file of named targets, unless ``--targets-file`` names another."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one vendor's requests go, credentials included.

    Attributes:
        url: base address; its path is a prefix of the operation's path.
        credentials: values by security scheme.
        resources: names of existing resources by field.
        limits: what the run may spend.
        path: replaces the operation's path, where the vendor serves another one.
        mode: ``mock``, ``url`` or the name of a target.
        headers: sent with every request as well; secret values are masked wherever they are written.
        proxy: address of an HTTP proxy, which may hold a password; ``None`` for a direct connection.
        ca_bundle: certificates to trust instead of the system's.
        client_certificate: paths of a certificate and its key.
        may_delete: whether a chat may be deleted that the run has created.
        safe_only: leave intrusive and malformed requests out.
        correlation: names of the headers that carry the id of a request.
        hook: adds headers to each request.
        variables: names of the environment variables that hold a credential, by security scheme, where a targets file
            names them.
        status_header: the request header that asks for a documented error status; only the bundled mock has one.
    """

    url: str
    credentials: Mapping[str, Secret]
    resources: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    path: str = ""
    mode: str = "url"
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    proxy: Secret | None = None
    ca_bundle: Path | None = None
    client_certificate: tuple[Path, Path] | None = None
    safe_only: bool = False
    may_delete: bool = True
    status_header: str = ""
    correlation: tuple[str, ...] = ()
    hook: RequestHook | None = None
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def supplied(self) -> frozenset[str]:
        """The security schemes whose credential the hook adds."""
        return self.hook.supplies if self.hook is not None else frozenset()

    @property
    def configured(self) -> frozenset[str]:
        """The names of all credentials that requests can carry."""
        return frozenset(self.credentials) | self.supplied


def other_secrets(target: Target) -> dict[str, Secret]:
    """Return what has to be masked besides the credentials: secret header values and the proxy's password.

    Values shorter than ``MASK_LENGTH`` are left out, since their text may occur in any answer, and so are names of
    existing resources, which an answer may have to repeat.
    """
    found = {name: value for name, value in target.headers.items() if isinstance(value, Secret)}
    password = urlsplit(target.proxy.reveal()).password if target.proxy is not None else None
    found |= {"proxy": Secret(unquote(password))} if password else {}
    return {
        name: secret
        for name, secret in found.items()
        if len(secret.reveal()) >= MASK_LENGTH and secret.reveal() not in target.resources.values()
    }


def check_url(url: str) -> str:
    """Check a base address, and return it without a slash at its end.

    Raises:
        UsageError: it is not an http(s) address, or has credentials, a query or a fragment in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(
            f"{url!r} is not a valid address", where="--url", hint="give http://host:port/prefix"
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or " " in url:
        raise UsageError(f"{url!r} is not an http(s) address", where="--url", hint="give http://host:port/prefix")
    if parts.username or parts.password:
        raise UsageError(
            "an address with a password in it", where="--url", hint="credentials come from environment variables"
        )
    if parts.query or parts.fragment:
        raise UsageError("an address with a query or fragment", where="--url", hint="give the base address only")
    return url.rstrip("/")


def from_environment(
    contract: Contract, environment: Mapping[str, str], fetched: Container[str] = ()
) -> tuple[dict[str, Secret], dict[str, Any]]:
    """Read the credentials and resources of a vendor from its ``CHATCERT_<VENDOR>_…`` variables.

    Whatever field or parameter has a variable of its name gets its value, also where nothing says that it names a
    resource; a credential's variable is never one of them.

    Args:
        fetched: credentials that have no value yet, because they are fetched.

    Raises:
        ConfigurationError: a needed variable is missing or blank; the message names every such variable.
    """
    names = credential_names(contract)
    variables = {name: variable_name(contract.vendor, name) for name in names}
    given = {name: environment.get(variable, "") for name, variable in variables.items()}
    credentials = {name: Secret(recognised(names[name], text)[0]) for name, text in given.items() if text.strip()}
    known = [name for name in names if name in credentials or name in fetched]
    missing = [variables[name] for name in missing_credentials(contract, known)]
    resources: dict[str, Any] = {}
    taken = {*variables.values()}
    needed = resource_names(contract)
    configurable = configurable_names(contract)
    for name in dict.fromkeys((*needed, *configurable, *map(of_other_account, (*needed, *configurable)))):
        variable = variable_name(contract.vendor, name)
        value = environment.get(variable, "")
        if value and (name in needed or variable not in taken):
            resources[name] = value
        elif needed.get(name):
            missing.append(variable)
    if missing:
        raise ConfigurationError(
            f"no value for {' and '.join(missing)}",
            where=contract.vendor,
            hint="set the environment variable" + ("s" if len(missing) > 1 else ""),
        )
    for name, secret in credentials.items():
        check_printable(secret, variable_name(contract.vendor, name))
    return credentials, resources


def credential_names(contract: Contract) -> dict[str, Credential]:
    """Return the names of all credentials that a target may have.

    They are the schemes, tokens that only their issuer can make, and the same schemes of another account.
    """
    names = {credential.scheme: credential for credential in contract.credentials}
    for credential in contract.credentials:
        if credential.is_jwt:
            names |= {configured_as(credential.scheme, form): credential for form in CONFIGURED_FORMS}
    return names | {of_other_account(credential.scheme): credential for credential in contract.credentials}


def missing_credentials(contract: Contract, configured: Container[str]) -> tuple[str, ...]:
    """Return which schemes have no value, if no alternative of ``security`` is configured as a whole.

    None is missing where a client certificate is an alternative, and nothing of another one is configured.
    Of several alternatives, those of the first one are named that is configured in part, else those of the first.
    """
    alternatives = contract.alternatives
    left = [tuple(name for name in a.schemes if name not in configured) for a in alternatives]
    if not left or not all(left):
        return ()
    begun = (names for names, a in zip(left, alternatives, strict=True) if len(names) < len(a.schemes))
    return next(begun, () if contract.certificate_is_enough else left[0])


def check_printable(secret: Secret, where: str) -> None:
    """Check that a header can carry a credential: no pasted line break, no typographic quote.

    Args:
        where: the environment variable or key of the targets file that the value comes from.

    Raises:
        ConfigurationError: it holds such a character; the value is not shown.
    """
    if not secret.reveal().isprintable() or not secret.reveal().isascii():
        raise ConfigurationError(
            "holds characters that no header can carry", where=where, hint="check for line breaks or quotes"
        )


def check_maskable(credentials: Mapping[str, Secret], public: Mapping[str, str]) -> None:
    """Check that credentials can be distinguished from other text, and thus be masked in a report.

    Args:
        credentials: values by the environment variable or key that each comes from.
        public: texts that the report shows unmasked, by what they are: the address, names of resources.

    Raises:
        ConfigurationError: a value is shorter than ``MASK_LENGTH`` characters, or part of a public text.
    """
    for where, secret in credentials.items():
        value = secret.reveal()
        if len(value) < MASK_LENGTH:
            raise ConfigurationError(
                f"a credential of {len(value)} characters is too short to be masked in the report",
                where=where,
                hint=f"use one of {MASK_LENGTH} characters or more",
            )
        holder = next((name for name, text in public.items() if value.lower() in text.lower()), None)
        if holder is not None:
            raise ConfigurationError(
                f"the credential is part of {holder}, which the report shows",
                where=where,
                hint="check both values: were they mixed up?",
            )

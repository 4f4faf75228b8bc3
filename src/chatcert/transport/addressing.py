"""An aim: where one vendor's requests are to go, all that is known of it before a credential is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chatcert.exceptions import ConfigurationError
from chatcert.names import did_you_mean, variable_name
from chatcert.openapi.contract import Contract
from chatcert.transport.credentials import Secret
from chatcert.transport.expansion import UnsetVariableError, expanded, variables_in
from chatcert.transport.hosts import host_in, is_placeholder, is_server_of
from chatcert.transport.target import (
    Target,
    check_printable,
    check_tellable,
    check_url,
    from_environment,
    resource_names,
)
from chatcert.transport.tls import tls_context

if TYPE_CHECKING:
    from chatcert.transport.targets_file import Entry

DEFAULT_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Aim:
    """Where one vendor's requests are to go.

    Attributes:
        url: base address; its path is a prefix of the operation's path.
        name: the target's name in its file, empty for an address given by itself.
        entry: what the file says of it, ``None`` for an address given by itself.
        file: the targets file.
        path: replaces the operation's path.
        jobs: requests in flight, ``None`` where nobody said.
        timeout: seconds for one request.
        rate: requests a second.
        max_requests: how many may be sent.
        max_time: seconds after which nothing is sent any more.
        with_robustness: hostile and malformed requests are sent to a production server too.
    """

    url: str
    name: str = ""
    entry: Entry | None = None
    file: Path = Path()
    path: str = ""
    jobs: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    rate: float | None = None
    max_requests: int | None = None
    max_time: float | None = None
    with_robustness: bool = False

    @property
    def where(self) -> str:
        """What an error about it points to."""
        return f"{self.file}, [targets.{self.name}]" if self.name else "--url"

    @property
    def environment(self) -> str:
        """What the target is, in its owner's words."""
        return self.entry.environment if self.entry is not None else ""

    @property
    def region(self) -> str:
        """Where the target runs, in its owner's words."""
        return self.entry.region if self.entry is not None else ""

    def is_production(self, contract: Contract) -> bool:
        """Whether real customers are served there: the file says so, or the document names the host as a server."""
        return (self.entry is not None and self.entry.production) or is_server_of(contract, self.url)

    def is_gentle(self, contract: Contract) -> bool:
        """Whether hostile and malformed requests are left out."""
        return self.is_production(contract) and not self.with_robustness

    def deviations(self, contract: Contract) -> tuple[str, ...]:
        """In which ways this is not the operation as the document describes it, a sentence each."""
        found = []
        if self.path and self.path != contract.path:
            found.append(f"The operation was tested at {self.path}; the document has it at {contract.path}.")
        if self.entry is not None and self.entry.headers:
            found.append(f"Every request carried headers of the target's own: {', '.join(self.entry.headers)}.")
        if self.entry is not None and self.entry.proxy:
            found.append("Requests went through a proxy.")
        return tuple(found)


def check_aim(aim: Aim, contract: Contract, *, allow_production: bool) -> None:
    """Refuse to aim at nobody, or at paying customers without being told to; and names that the document lacks.

    Raises:
        ConfigurationError: the host is a placeholder or a production server, or the entry does not fit the contract.
    """
    if is_placeholder(aim.url):
        raise ConfigurationError(
            f"{aim.url} only stands for an address", where=aim.where, hint="give the address of your own server"
        )
    if aim.is_production(contract) and not allow_production:
        why = "its entry says so" if not is_server_of(contract, aim.url) else "its document names it"
        raise ConfigurationError(
            f"{host_in(aim.url)} is a production server of {contract.vendor}: {why}",
            where=aim.where,
            hint="give --allow-production to send there",
        )
    if aim.entry is not None:
        _check_entry(aim, aim.entry, contract)


def _check_entry(aim: Aim, entry: Entry, contract: Contract) -> None:
    schemes = [credential.scheme for credential in contract.credentials]
    fields = resource_names(contract)
    for table, given, known in (("credentials", entry.credentials, schemes), ("resources", entry.resources, fields)):
        for name in given:
            if name not in known:
                raise ConfigurationError(
                    f"{contract.vendor} knows no {name!r}",
                    where=_table(aim, table),
                    hint=did_you_mean(name, list(known)),
                )
    needed = {"credentials": schemes, "resources": [name for name, required in fields.items() if required]}
    for table, names in needed.items():
        for name in names:
            if name not in getattr(entry, table):
                line = f'{name} = "${{{variable_name(contract.vendor, name)}}}"'
                raise ConfigurationError(f"no {name}", where=_table(aim, table), hint=f"add {line}")
    taken = {c.name.lower(): c.scheme for c in contract.credentials if c.location == "header"}
    taken |= {p.name.lower(): p.name for p in contract.parameters if p.location == "header"}
    for name in entry.headers:
        if name.lower() in taken:
            raise ConfigurationError(
                f"{name} is {taken[name.lower()]} of the document",
                where=_table(aim, "headers"),
                hint="leave it out: chatcert sends it",
            )


def _table(aim: Aim, table: str) -> str:
    return f"{aim.file}, [targets.{aim.name}.{table}]"


def target_of(aim: Aim, contract: Contract, environment: Mapping[str, str]) -> Target:
    """The target with its credentials.

    Raises:
        ConfigurationError: a variable is not set, or a certificate cannot be used; no value is shown.
    """
    common: dict[str, Any] = {
        "url": check_url(aim.url),
        "timeout": aim.timeout,
        "rate": aim.rate,
        "max_requests": aim.max_requests,
        "path": aim.path,
        "mode": aim.name or "url",
        "gentle": aim.is_gentle(contract),
    }
    if aim.entry is None:
        credentials, resources = from_environment(contract, environment)
        return Target(credentials=credentials, resources=resources, **common)
    entry, folder = aim.entry, aim.file.parent
    _check_variables(aim, entry, environment)
    bundle = folder / entry.ca_bundle if entry.ca_bundle is not None else None
    pair = entry.client_certificate
    certificate = (folder / pair.cert, folder / pair.key) if pair is not None else None
    tls_context(bundle, certificate)
    headers: dict[str, str | Secret] = {
        name: Secret(expanded(text, environment)) if variables_in(text) else expanded(text, environment)
        for name, text in entry.headers.items()
    }
    target = Target(
        credentials={name: Secret(expanded(text, environment)) for name, text in entry.credentials.items()},
        resources={name: expanded(text, environment) for name, text in entry.resources.items()},
        headers=headers,
        proxy=Secret(_proxy(entry.proxy, environment)) if entry.proxy is not None else None,
        ca_bundle=bundle,
        client_certificate=certificate,
        **common,
    )
    for table, secrets in (("credentials", target.credentials), ("headers", headers)):
        for name, secret in secrets.items():
            if isinstance(secret, Secret):
                check_printable(secret, f"{_table(aim, table)}, {name}")
    return target


def check_secrecy(target: Target, aim: Aim, contract: Contract) -> None:
    """Refuse credentials that could not be kept out of a report (``settings.check_tellable``).

    Raises:
        ConfigurationError: one is too short, or part of what the report shows.
    """

    def place(table: str, name: str) -> str:
        return variable_name(contract.vendor, name) if aim.entry is None else f"{_table(aim, table)}, {name}"

    public = {place("resources", name): str(value) for name, value in target.resources.items()}
    check_tellable(
        {place("credentials", name): secret for name, secret in target.credentials.items()},
        {"the address": target.url, "the path": target.path, **public},
    )


def _proxy(text: str, environment: Mapping[str, str]) -> str:
    """A proxy's address; a variable that is only a part of it, such as a password, may hold any character."""
    if len(variables_in(text)) == 1 and text.startswith("${") and text.endswith("}"):
        return expanded(text, environment)
    return expanded(text, {name: quote(environment[name].strip(), safe="") for name in variables_in(text)})


def known_resources(aim: Aim, contract: Contract, environment: Mapping[str, str]) -> dict[str, Any]:
    """Names of existing things as far as they are known; what a variable that is not set would hold is left out."""
    if aim.entry is None:
        names = {name: variable_name(contract.vendor, name) for name in resource_names(contract)}
        return {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
    found: dict[str, Any] = {}
    for name, text in aim.entry.resources.items():
        try:
            found[name] = expanded(text, environment)
        except UnsetVariableError:
            continue
    return found


def variables_of(aim: Aim, contract: Contract) -> tuple[str, ...]:
    """Names of the environment variables that the target may read."""
    if aim.entry is not None:
        return tuple(dict.fromkeys(name for _, text in _texts(aim.entry) for name in variables_in(text)))
    names = [*(credential.scheme for credential in contract.credentials), *resource_names(contract)]
    return tuple(variable_name(contract.vendor, name) for name in names)


def _texts(entry: Entry) -> list[tuple[str, str]]:
    """What may refer to variables, each with its key."""
    tables = ("credentials", "resources", "headers")
    texts = [(f"{table}.{name}", text) for table in tables for name, text in getattr(entry, table).items()]
    return texts + ([("proxy", entry.proxy)] if entry.proxy is not None else [])


def _check_variables(aim: Aim, entry: Entry, environment: Mapping[str, str]) -> None:
    texts = _texts(entry)
    missing = list(dict.fromkeys(name for _, text in texts for name in _missing(text, environment)))
    if missing:
        users = [key for key, text in texts if set(_missing(text, environment))]
        raise ConfigurationError(
            f"no value for {_listed(missing)}",
            where=f"{aim.where}, {_listed(users)}",
            hint="set the environment variable" + ("s" if len(missing) > 1 else ""),
        )


def _missing(text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    try:
        expanded(text, environment)
    except UnsetVariableError as unset:
        return unset.names
    return ()


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)

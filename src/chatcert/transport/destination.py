"""Destination of one vendor's requests, before any credential is read, and its resolution into a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chatcert.exceptions import ConfigurationError
from chatcert.names import did_you_mean, variable_name
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import configurable_names, resource_names
from chatcert.requirements.check import of_other_account
from chatcert.transport.credentials.configured_sources import source_in_table, sources_in_environment
from chatcert.transport.credentials.credential_cache import private_folder
from chatcert.transport.credentials.credential_sources import CredentialSource
from chatcert.transport.credentials.credential_values import recognised
from chatcert.transport.credentials.live_credentials import LiveCredentials
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.expansion import UnsetVariableError, expanded, variables_in
from chatcert.transport.hosts import host_in, is_placeholder, is_server_of
from chatcert.transport.limits import Limits
from chatcert.transport.request_hook import RequestHook
from chatcert.transport.target import (
    Target,
    check_maskable,
    check_printable,
    check_url,
    credential_names,
    from_environment,
    missing_credentials,
)
from chatcert.transport.tls import tls_context
from chatcert.transport.user_headers import SECRET_NAME

if TYPE_CHECKING:
    from chatcert.transport.targets_file import Entry


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one vendor's requests go, before any credential is read.

    Attributes:
        url: base address; its path is a prefix of the operation's path.
        name: the target's name in the targets file; empty for an address from the command line.
        entry: the target's entry in that file; ``None`` for an address from the command line.
        file: the targets file.
        path: replaces the operation's path.
        with_robustness: send intrusive and malformed requests to a production server too.
        with_deletion: delete chats of the run on a production server too.
        headers: sent with every request, by name; ${VARIABLE} may stand in them. ``None`` for those of the entry.
        correlation: names of the headers that carry the id of a request.
        hook: adds headers to each request.
    """

    url: str
    name: str = ""
    entry: Entry | None = None
    file: Path = Path()
    path: str = ""
    limits: Limits = field(default_factory=Limits)
    with_robustness: bool = False
    with_deletion: bool = False
    headers: Mapping[str, str] | None = None
    correlation: tuple[str, ...] = ()
    hook: RequestHook | None = None

    @property
    def own_headers(self) -> Mapping[str, str]:
        """The headers that are sent with every request, by name."""
        if self.headers is None:
            return self.entry.headers if self.entry is not None else {}
        return self.headers

    @property
    def where(self) -> str:
        """The location that error messages name."""
        return f"{self.file}, [targets.{self.name}]" if self.name else "--url"

    @property
    def environment(self) -> str:
        """The target's environment as its entry names it, such as ``staging``."""
        return self.entry.environment if self.entry is not None else ""

    @property
    def region(self) -> str:
        """The target's region as its entry names it."""
        return self.entry.region if self.entry is not None else ""

    def is_production(self, contract: Contract) -> bool:
        """Return whether it serves real customers: its entry says so, or the document lists its host as a server."""
        return (self.entry is not None and self.entry.production) or is_server_of(contract, self.url)

    def is_safe_only(self, contract: Contract) -> bool:
        """Return whether intrusive and malformed requests are left out."""
        return self.is_production(contract) and not self.with_robustness

    def deviations(self, contract: Contract) -> tuple[str, ...]:
        """Return how the tested operation differs from the one in the document, one sentence for each difference."""
        found = []
        if self.path and self.path != contract.path:
            found.append(f"The operation was tested at {self.path}; the document has it at {contract.path}.")
        if self.own_headers:
            found.append(f"Every request carried headers of the target's own: {', '.join(self.own_headers)}.")
        if self.hook is not None:
            found.append(f"A hook added headers to each request: {self.hook.name}.")
        if self.entry is not None and self.entry.proxy:
            found.append("Requests went through a proxy.")
        return tuple(found)


def check_destination(destination: Destination, contract: Contract, *, allow_production: bool) -> None:
    """Check that requests may be sent there, and that the target's entry fits the contract.

    Args:
        allow_production: whether a production server may be tested.

    Raises:
        ConfigurationError: the host is a placeholder, or a production server without ``allow_production``; or the entry
            names a credential, a resource or a header that the contract rules out, or lacks one that it needs.
    """
    if is_placeholder(destination.url):
        raise ConfigurationError(
            f"{destination.url} is a placeholder", where=destination.where, hint="give the address of your own server"
        )
    if destination.is_production(contract) and not allow_production:
        why = "its entry says so" if not is_server_of(contract, destination.url) else "its document names it"
        raise ConfigurationError(
            f"{host_in(destination.url)} is a production server of {contract.vendor}: {why}",
            where=destination.where,
            hint="give --allow-production to send there",
        )
    _check_headers(destination, contract)
    if destination.entry is not None:
        _check_entry(destination, destination.entry, contract)


def _check_headers(destination: Destination, contract: Contract) -> None:
    """Check that no header of the target's own is one that the document describes."""
    taken = {c.name.lower(): c.scheme for c in contract.credentials if c.location == "header"}
    taken |= {p.name.lower(): p.name for p in contract.parameters if p.location == "header"}
    places = {*(one.location for one in contract.credentials), *(one.location for one in contract.parameters)}
    if "cookie" in places:
        taken["cookie"] = "a cookie"
    of_file = destination.entry.headers if destination.entry is not None else {}
    for name in destination.own_headers:
        if name.lower() in taken:
            raise ConfigurationError(
                f"{name} is {taken[name.lower()]} of the document",
                where=_table(destination, "headers") if name in of_file else "--header",
                hint="leave it out: chatcert sends it",
            )


def _check_entry(destination: Destination, entry: Entry, contract: Contract) -> None:
    schemes = list(credential_names(contract))
    fields = resource_names(contract)
    own = (*fields, *configurable_names(contract))
    names = (*own, *map(of_other_account, own))
    for table, given, known in (("credentials", entry.credentials, schemes), ("resources", entry.resources, names)):
        for name in given:
            if name not in known:
                raise ConfigurationError(
                    f"{contract.vendor} knows no {name!r}",
                    where=_table(destination, table),
                    hint=did_you_mean(name, list(known)),
                )
    needed = {
        "credentials": missing_credentials(contract, {*entry.credentials, *_supplied(destination)}),
        "resources": [name for name, required in fields.items() if required],
    }
    for table, wanted in needed.items():
        for name in wanted:
            if name not in getattr(entry, table):
                line = f'{name} = "${{{variable_name(contract.vendor, name)}}}"'
                raise ConfigurationError(f"no {name}", where=_table(destination, table), hint=f"add {line}")


def _supplied(destination: Destination) -> frozenset[str]:
    """Return the security schemes whose credential a hook adds."""
    return destination.hook.supplies if destination.hook is not None else frozenset()


def _table(destination: Destination, table: str) -> str:
    return f"{destination.file}, [targets.{destination.name}.{table}]"


def resolve(destination: Destination, contract: Contract, environment: Mapping[str, str]) -> Target:
    """Read the credentials and resources of a destination, and return the target.

    Raises:
        ConfigurationError: a variable is not set, a certificate cannot be used, or a credential is too short or part of
            what the report shows, so that it cannot be masked. Messages never show a value.
    """
    common: dict[str, Any] = {
        "url": check_url(destination.url),
        "limits": destination.limits,
        "path": destination.path,
        "mode": destination.name or "url",
        "safe_only": destination.is_safe_only(contract),
        "may_delete": destination.with_deletion or not destination.is_production(contract),
        "headers": own_headers(destination.own_headers, environment, destination),
        "correlation": destination.correlation,
        "hook": destination.hook,
    }
    sources = sources_of(destination, contract, environment)
    if destination.entry is None:
        credentials, resources = from_environment(contract, environment, {*sources, *_supplied(destination)})
        target = Target(credentials=credentials, resources=resources, **common)
    else:
        target = _named_target(destination, destination.entry, contract, environment, common)
    _check_maskable(target, destination, contract, target.credentials)
    return _with_sources(target, destination, contract, sources, environment)


def sources_of(
    destination: Destination, contract: Contract, environment: Mapping[str, str]
) -> dict[str, CredentialSource]:
    """Return the sources of the credentials that are fetched, by name; nothing is fetched.

    Raises:
        ConfigurationError: a variable is not set, or a value cannot be used.
    """
    if destination.entry is None:
        names = credential_names(contract)
        others = (*names, *resource_names(contract), *configurable_names(contract))
        taken = [variable_name(contract.vendor, name) for name in others]
        return sources_in_environment(contract.vendor, names, environment, taken)
    _check_variables(destination, destination.entry, environment)
    return {
        name: source_in_table(
            table, environment, destination.file.parent, f"{_table(destination, 'credentials')}, {name}"
        )
        for name, table in destination.entry.credentials.items()
        if not isinstance(table, str)
    }


def _with_sources(
    target: Target,
    destination: Destination,
    contract: Contract,
    sources: Mapping[str, CredentialSource],
    environment: Mapping[str, str],
) -> Target:
    """Return a target whose other credentials are fetched when its run begins, and checked then."""
    if not sources:
        return target
    names = credential_names(contract)

    def accepted(name: str, text: str) -> Secret:
        secret = Secret(recognised(names[name], text)[0])
        check_printable(secret, sources[name].where)
        _check_maskable(target, destination, contract, {name: secret})
        return secret

    live = LiveCredentials(target.credentials, sources, accepted, private_folder(environment))
    return replace(target, credentials=live)


def _named_target(
    destination: Destination,
    entry: Entry,
    contract: Contract,
    environment: Mapping[str, str],
    common: Mapping[str, Any],
) -> Target:
    names = credential_names(contract)
    folder = destination.file.parent
    _check_variables(destination, entry, environment)
    bundle = folder / entry.ca_bundle if entry.ca_bundle is not None else None
    pair = entry.client_certificate
    certificate = (folder / pair.cert, folder / pair.key) if pair is not None else None
    tls_context(bundle, certificate)
    target = Target(
        credentials={
            name: Secret(recognised(names[name], expanded(text, environment))[0])
            for name, text in entry.credentials.items()
            if isinstance(text, str)
        },
        variables={name: variables_in(text) for name, text in entry.credentials.items() if isinstance(text, str)},
        resources={name: expanded(text, environment) for name, text in entry.resources.items()},
        proxy=Secret(_proxy(entry.proxy, environment)) if entry.proxy is not None else None,
        ca_bundle=bundle,
        client_certificate=certificate,
        **common,
    )
    for name, secret in target.credentials.items():
        check_printable(secret, f"{_table(destination, 'credentials')}, {name}")
    return target


def own_headers(
    headers: Mapping[str, str], environment: Mapping[str, str], destination: Destination | None = None
) -> dict[str, str | Secret]:
    """Return the values of headers that are sent with every request; what may be a credential is a ``Secret``.

    Args:
        headers: texts by name, in which ${VARIABLE} may stand.
        destination: whose headers they are; error messages name its table where they are in it.

    Raises:
        ConfigurationError: a variable is not set, or a value cannot be sent.
    """
    found: dict[str, str | Secret] = {}
    of_file = destination.entry.headers if destination is not None and destination.entry is not None else {}
    for name, text in headers.items():
        where = _table(destination, "headers") if destination is not None and name in of_file else "--header"
        try:
            value = expanded(text, environment)
        except UnsetVariableError as unset:
            raise ConfigurationError(
                f"no value for {_listed(unset.names)}", where=f"{where}, {name}", hint="set the environment variable"
            ) from None
        check_printable(Secret(value), f"{where}, {name}")
        found[name] = Secret(value) if variables_in(text) or SECRET_NAME.search(name) else value
    return found


def _check_maskable(
    target: Target, destination: Destination, contract: Contract, credentials: Mapping[str, Secret]
) -> None:

    def place(table: str, name: str) -> str:
        return (
            variable_name(contract.vendor, name)
            if destination.entry is None
            else f"{_table(destination, table)}, {name}"
        )

    public = {place("resources", name): str(value) for name, value in target.resources.items()}
    check_maskable(
        {place("credentials", name): secret for name, secret in credentials.items()},
        {"the address": target.url, "the path": target.path, **public},
    )


def _proxy(text: str, environment: Mapping[str, str]) -> str:
    """A proxy's address. A variable that is only a part of it, such as a password, is percent-encoded."""
    if len(variables_in(text)) == 1 and text.startswith("${") and text.endswith("}"):
        return expanded(text, environment)
    return expanded(text, {name: quote(environment[name].strip(), safe="") for name in variables_in(text)})


def configured_credentials(destination: Destination, contract: Contract, environment: Mapping[str, str]) -> list[str]:
    """Return the names of the credentials that a destination has a value for."""
    if destination.entry is not None:
        return [*destination.entry.credentials, *_supplied(destination)]
    fetched = {*sources_of(destination, contract, environment), *_supplied(destination)}
    names = credential_names(contract)
    return [
        name for name in names if name in fetched or environment.get(variable_name(contract.vendor, name), "").strip()
    ]


def credential_remarks(destination: Destination, contract: Contract, environment: Mapping[str, str]) -> list[str]:
    """Return what was taken off configured credentials, one sentence each, which shows no value."""
    texts = destination.entry.credentials if destination.entry is not None else {}
    found = []
    for name, credential in credential_names(contract).items():
        variable = variable_name(contract.vendor, name)
        if destination.entry is None:
            text = environment.get(variable, "")
        elif isinstance(given := texts.get(name), str):
            variable = f"{_table(destination, 'credentials')}, {name}"
            text = expanded(given, environment)
        else:
            continue
        removed = recognised(credential, text)[1]
        if removed:
            found.append(
                f"{variable}: used without {removed}; write it so, since curl lines take the variable as it is."
            )
    return found


def known_resources(destination: Destination, contract: Contract, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the names of existing resources, without those whose variable is not set."""
    if destination.entry is None:
        own = resource_names(contract)
        names = {name: variable_name(contract.vendor, name) for name in (*own, *map(of_other_account, own))}
        return {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
    found: dict[str, Any] = {}
    for name, text in destination.entry.resources.items():
        try:
            found[name] = expanded(text, environment)
        except UnsetVariableError:
            continue
    return found


def _texts(entry: Entry) -> list[tuple[str, str]]:
    """The texts of an entry that may refer to variables, each with its key."""
    from chatcert.transport.credentials.source_tables import texts_of

    tables = ("resources", "headers")
    texts = [(f"{table}.{name}", text) for table in tables for name, text in getattr(entry, table).items()]
    for name, given in entry.credentials.items():
        place = f"credentials.{name}"
        own = {place: given} if isinstance(given, str) else {f"{place}.{k}": v for k, v in texts_of(given).items()}
        texts += own.items()
    return texts + ([("proxy", entry.proxy)] if entry.proxy is not None else [])


def _check_variables(destination: Destination, entry: Entry, environment: Mapping[str, str]) -> None:
    texts = _texts(entry)
    missing = list(dict.fromkeys(name for _, text in texts for name in _missing(text, environment)))
    if missing:
        users = [key for key, text in texts if set(_missing(text, environment))]
        raise ConfigurationError(
            f"no value for {_listed(missing)}",
            where=f"{destination.where}, {_listed(users)}",
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

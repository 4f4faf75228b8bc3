"""Hosts: canonical spelling, the servers that a document lists, and placeholders."""

from __future__ import annotations

import ipaddress
import itertools
import re
import socket
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import idna

from chatcert.openapi.contract import Contract

ANY = "*"
"""Wildcard in a server's host, for a variable that may have any value."""
MAX_SPELLINGS = 1000
"""How many combinations of a server's variables are considered."""

_AUTHORITY = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//([^/?#\\]*)", re.IGNORECASE)
_BARE = re.compile(r"([^/?#:@]+\.[^/?#:@]+)(?::[^/]*)?(?:[/?#]|$)")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_OWN_DOMAIN = re.compile(r"(?:\*|[^.*]*\*[^.]*)(?:\.[^.*]+){2,}")

_RESERVED = ("example.com", "example.org", "example.net", "example", "invalid", "test")
"""Reserved names that belong to nobody, subdomains included (RFC 2606, RFC 6761)."""
_STAND_IN = re.compile(r"[<>{}\[\]$%*…]|(?:^|\.)your(?:[-_.]|$|domain|company|server|host|tenant|instance|org|site)")


def canonical(host: str) -> str:
    """Return the canonical spelling of a host: case, trailing dot, IDN and numeric forms (RFC 5890)."""
    text = unicodedata.normalize("NFKC", unquote(host)).strip().strip("[]")
    with suppress(idna.IDNAError):
        text = idna.uts46_remap(text, std3_rules=False)
    text = ".".join(_ascii(label) for label in text.lower().rstrip(".").split("."))
    with suppress(ValueError):
        address = ipaddress.ip_address(text)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return str(mapped or address)
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", text):
        with suppress(OSError):
            return socket.inet_ntoa(socket.inet_aton(text))
    return text


def _ascii(label: str) -> str:
    try:
        return idna.alabel(label).decode("ascii")
    except UnicodeError:  # cannot be registered; it is compared unchanged
        return label


def host_in(url: str) -> str:
    """Return the canonical host of an address, without port and user; empty if it has none."""
    found = _AUTHORITY.match(url.strip()) or _BARE.match(url.strip())
    if found is None:
        return ""
    authority = found[1].rpartition("@")[2]
    bracketed = re.match(r"\[([^\]]*)\]", authority)
    return canonical(bracketed[1] if bracketed else authority.partition(":")[0])


def server_hosts(contract: Contract) -> frozenset[str]:
    """Return every host that the document lists as a server, for this operation or any other.

    Variables of a server are replaced by each of the values that the document lists. A variable that may have any value
    becomes ``*``, provided that a registrable domain follows it (``*.vendor.dev``, but not ``*``).
    """
    found: set[str] = set()
    for server in _servers(contract.document):
        for url in _spellings(server):
            host = host_in(url)
            if host and (ANY not in host or _OWN_DOMAIN.fullmatch(host)):
                found.add(host)
    return frozenset(found)


def is_server_of(contract: Contract, url: str) -> bool:
    """Return whether the document lists an address's host as a server; never true for this machine."""
    host = host_in(url)
    if not host or is_loopback(host):
        return False
    return any(host == known or (ANY in known and _matches(host, known)) for known in server_hosts(contract))


def _matches(host: str, pattern: str) -> bool:
    return re.fullmatch(".+".join(map(re.escape, pattern.split(ANY))), host) is not None


def is_loopback(host: str) -> bool:
    """Return whether a canonical host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_placeholder(url: str) -> bool:
    """Return whether an address's host is a placeholder: an example, or still to be filled in."""
    found = _AUTHORITY.match(url.strip())
    authority = found[1] if found else ""
    if authority.startswith("[") and "]" in authority:
        return False
    host = canonical(authority.rpartition("@")[2].partition(":")[0])
    return any(host == name or host.endswith(f".{name}") for name in _RESERVED) or _STAND_IN.search(host) is not None


def _servers(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every server object of a document: its own, those of its paths and those of their operations."""
    if "swagger" in document and document.get("host"):
        yield {"url": f"//{document['host']}"}
    paths = document.get("paths")
    items = [item for item in paths.values() if isinstance(item, Mapping)] if isinstance(paths, Mapping) else []
    operations = [inner for item in items for inner in item.values() if isinstance(inner, Mapping)]
    for holder in (document, *items, *operations):
        servers = holder.get("servers")
        yield from (server for server in servers if isinstance(server, Mapping)) if isinstance(servers, list) else ()


def _spellings(server: Mapping[str, Any]) -> Iterator[str]:
    """Yield a server's address with every combination of the values of its variables."""
    url = str(server.get("url", ""))
    variables = server.get("variables")
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    choices = [_values(variables.get(name) if isinstance(variables, Mapping) else None) for name in names]
    for chosen in itertools.islice(itertools.product(*choices), MAX_SPELLINGS):
        text = url
        for name, value in zip(names, chosen, strict=True):
            text = text.replace("{" + name + "}", value)
        yield text


def _values(variable: Any) -> list[str]:
    if not isinstance(variable, Mapping):
        return [ANY]
    listed = variable.get("enum")
    given = [str(value) for value in listed] if isinstance(listed, list) and listed else [ANY]
    default = variable.get("default")
    return list(dict.fromkeys([*([str(default)] if default is not None else []), *given]))

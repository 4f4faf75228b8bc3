"""Host names, addresses and mail addresses of others in a document's examples: what requests name instead.

A server may contact whatever a request names, so requests name hosts that cannot exist (``.invalid``, RFC 6761) and
addresses that nobody has (RFC 5737, RFC 3849). Mail addresses get the domain ``example.org`` (RFC 2606), because common
validators refuse mail addresses of ``.invalid``. ``localhost`` and loopback addresses are the server itself, and stay.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from chatcert.names import snake
from chatcert.openapi.contract import Body, Parameter, Schema
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.validator import validator_for

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME: Final = rf"{_LABEL}(?:\.{_LABEL})*\.[a-z][a-z0-9-]*[a-z0-9]"
_NUMBERS: Final = r"\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3}"
"""An address, as URLs write it (RFC 3986 section 3.2.2)."""
_ANY_HOST: Final = rf"{_NAME}|{_NUMBERS}"
_HOST: Final = re.compile(rf"({_NAME})(:\d+)?", re.IGNORECASE)
_PORT: Final = re.compile(rf"({_NUMBERS})(:\d+)?", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    rf"((?:https?|wss?|ftps?|sips?):(?://)?(?:[^/@\s]*@)?)({_ANY_HOST})((?:[:/?#].*)?)", re.IGNORECASE | re.DOTALL
)
_MAIL: Final = re.compile(rf"([^@\s<>:]+@)({_NAME})", re.IGNORECASE)
_FEDERATED: Final = re.compile(rf"([@!#+$][^:\s]+:)({_ANY_HOST})((?::\d+)?)", re.IGNORECASE)
"""An id that names a server after a colon, as those of Matrix do."""

_RESERVED: Final = re.compile(r"(^|\.)(invalid|test|localhost|local|internal|onion|home\.arpa)$", re.IGNORECASE)
_EXAMPLES: Final = re.compile(r"(^|\.)example(\.(com|net|org))?$", re.IGNORECASE)
_NOWHERE: Final = re.compile(r"(?:[a-z0-9-]+\.)+invalid(:\d+)?", re.IGNORECASE)
_NAMES_HOST: Final = re.compile(r"host|domain|server|origin|site|instance|fqdn|endpoint|dns", re.IGNORECASE)
_NAMES_IDENTIFIER: Final = re.compile(r"^[$@]|schema|namespace|xmlns|context|type$|profile$|^iss(uer)?$", re.IGNORECASE)
"""Names of fields whose addresses identify something and are not contacted."""
_NO_ADDRESS: Final = {"VERSION", "RELEASE", "BUILD", "REVISION", "OID", "MAC", "EUI", "EUI64", "FINGERPRINT", "HASH"}
"""Words in names of fields whose values look like addresses and are none, such as the version 1.0.0.1."""
_SHORTEST: Final = "a.invalid"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NOBODYS: Final = tuple(
    map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"))
)
"""Networks for documentation (RFC 5737, RFC 3849, RFC 9637)."""


def harmless(value: Any, name: str, schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values that stand for one that names hosts of others, the most similar first; none if it names none.

    Args:
        name: the field or parameter that has the value.
        schema: the schema of the value.
    """
    for shortest in (False, True):
        changed = _changed(value, name, str(schema.get("format", "")), shortest=shortest)
        if changed != value:
            yield changed


def names_nothing_reachable(value: Any) -> bool:
    """Return whether a value holds the name of a host, not as part of an address, that nobody can look up."""
    match value:
        case dict():
            return any(map(names_nothing_reachable, value.values()))
        case list():
            return any(map(names_nothing_reachable, value))
        case str():
            return _NOWHERE.fullmatch(value) is not None
        case _:
            return False


def without_third_parties(schema: Schema, name: str = "") -> tuple[Schema, tuple[str, ...]]:
    """Return a standalone schema whose examples and defaults name no host of others.

    Returns:
        The schema, and the names of fields for which it allows nothing else: by ``const``, ``enum`` or a pattern.
    """
    kept: dict[str, None] = {}
    changed = _schema(schema, name, schema, kept)
    return (schema if changed == schema else changed), tuple(kept)


def replacement(value: Any, name: str, schema: Schema) -> Any:
    """Return a valid value that names no host of others; ``MISSING`` if there is none or the value names none."""
    is_valid = validator_for(schema).is_valid
    return next((new for new in harmless(value, name, schema) if is_valid(new)), MISSING)


def harmless_body(body: Body) -> tuple[Body, tuple[str, ...]]:
    """Return a body whose examples name no host of others, and the fields for which there is no other value."""
    content: dict[str, Schema] = {}
    kept: dict[str, None] = {}
    for media_type, schema in body.content.items():
        content[media_type], names = without_third_parties(schema)
        kept |= dict.fromkeys(names)
    examples = []
    for example in body.examples:
        new = replacement(example, "", body.schema)
        is_others = next(harmless(example, "", {}), MISSING) is not MISSING
        kept |= {"an example of the body": None} if is_others and new is MISSING else {}
        examples.append(example if new is MISSING else new)
    return replace(body, content=content, examples=tuple(examples)), tuple(kept)


def harmless_parameter(parameter: Parameter) -> tuple[Parameter, tuple[str, ...]]:
    """Return a parameter whose examples name no host of others, and its name if there is no other value for it."""
    schema, kept = without_third_parties(parameter.schema, parameter.name)
    is_others = next(harmless(parameter.example, parameter.name, schema), MISSING) is not MISSING
    new = replacement(parameter.example, parameter.name, schema)
    if is_others and new is MISSING:
        kept = (*kept, parameter.name)
    example = parameter.example if new is MISSING else new
    return replace(parameter, schema=schema, example=example), tuple(dict.fromkeys(kept))


def _schema(part: Any, name: str, root: Schema, kept: dict[str, None]) -> Any:
    if isinstance(part, list):
        return [_schema(inner, name, root, kept) for inner in part]
    if not isinstance(part, Mapping):
        return part
    fixed = part["enum"] if isinstance(part.get("enum"), list) else [part["const"]] if "const" in part else []
    if fixed and all(next(harmless(value, name, part), MISSING) is not MISSING for value in fixed):
        kept[name] = None
    found: dict[str, Any] = {}
    for keyword, inner in part.items():
        if keyword in ("properties", "patternProperties", "$defs", "dependentSchemas") and isinstance(inner, Mapping):
            found[keyword] = {str(own): _schema(value, str(own), root, kept) for own, value in inner.items()}
        elif keyword in ("example", "default"):
            found[keyword] = _value(inner, name, part, root, kept)
        elif keyword == "examples" and isinstance(inner, list):
            found[keyword] = [_value(value, name, part, root, kept) for value in inner]
        elif keyword in ("enum", "const", "required") or keyword.startswith("x-"):
            found[keyword] = inner
        else:
            found[keyword] = _schema(inner, name, root, kept)
    return found


def _value(value: Any, name: str, part: Mapping[str, Any], root: Schema, kept: dict[str, None]) -> Any:
    if next(harmless(value, name, part), MISSING) is MISSING:
        return value
    new = replacement(value, name, {**part, "$defs": root.get("$defs", {})})
    if new is MISSING:
        kept[name] = None
        return value
    return new


def _changed(value: Any, name: str, form: str, *, shortest: bool) -> Any:
    match value:
        case dict():
            return {key: _changed(inner, str(key), "", shortest=shortest) for key, inner in value.items()}
        case list():
            return [_changed(inner, name, form, shortest=shortest) for inner in value]
        case str():
            return _text(value, name, form, shortest=shortest)
        case _:
            return value


def _text(text: str, name: str, form: str, *, shortest: bool) -> str:
    if (found := _ADDRESS.fullmatch(text)) is not None and not _NAMES_IDENTIFIER.search(name):
        host = _replaced(found[2], shortest=shortest)
        return text if host == found[2] else f"{found[1]}{host}{'' if shortest else found[3]}"
    if (found := _MAIL.fullmatch(text)) is not None:
        is_others = not _EXAMPLES.search(found[2]) and not _RESERVED.search(found[2])
        return f"{found[1]}example.org" if is_others else text
    if (found := _FEDERATED.fullmatch(text)) is not None:
        return f"{found[1]}{_replaced(found[2], shortest=shortest)}{found[3]}"
    if not _NO_ADDRESS.intersection(snake(name).split("_")):
        if _address(text) is not None:
            return _replaced(text, shortest=shortest)
        if (found := _PORT.fullmatch(text)) is not None:
            return f"{_replaced(found[1], shortest=shortest)}{found[2] or ''}"
    is_host = form in ("hostname", "idn-hostname") or _NAMES_HOST.search(name) is not None
    if is_host and (found := _HOST.fullmatch(text)) is not None:
        return f"{_replaced(found[1], shortest=shortest)}{found[2] or ''}"
    return text


def _replaced(host: str, *, shortest: bool) -> str:
    text = host.strip("[]")
    if (address := _address(text)) is not None and _is_others(address):
        return host.replace(text, _documentation(address, shortest=shortest))
    if address is not None or _RESERVED.search(host) or not _HOST.fullmatch(host):
        return host
    return _SHORTEST if shortest else f"{host}.invalid"


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_others(address: _Address) -> bool:
    is_itself = address.is_loopback or address.is_unspecified
    return not is_itself and not any(address in network for network in _NOBODYS)


def _documentation(address: _Address, *, shortest: bool) -> str:
    """Return an address that nobody has, with the end of another one, so that different ones mostly stay different."""
    if isinstance(address, ipaddress.IPv4Address):
        return f"192.0.2.{1 if shortest else int(address) % 256 or 1}"
    return f"2001:db8::{1 if shortest else int(address) % 0x10000 or 1:x}"

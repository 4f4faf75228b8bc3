"""Which credentials a request carries: by security schemes, and by parameters that carry one without saying so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Credential
from chatcert.openapi.pointer import dereferenced, join

_NAME = re.compile(
    r"(x-)?([a-z0-9]+-){0,3}?(api-?key|apikey|(api|access|auth|bearer)-?token|auth|authori[sz]ation|authentication"
    r"|auth-?key|secret(-?key)?|subscription-?key)|x-([a-z0-9]+-)?token|token"
)
_NO_CREDENTIAL = re.compile(r"csrf|xsrf|idempotency|proxy|public")
_FIXED = ("enum", "const", "default")


def credentials_of(
    document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any], pointer: str, path: str
) -> Iterator[Credential]:
    """Yield the credentials that every request carries.

    The first alternative of ``security`` is used. If schemes are required parameters as well, they are needed with
    every alternative, and all of them are used instead.
    """
    named = list(_of_schemes(document, item, details))
    yield from named
    carried: set[tuple[str, str]] = {(c.location, c.name.lower()) for c in named}
    for place, value in _parameters(document, item, details, pointer, path):
        where = str(value.get("in")), str(value.get("name", "")).lower()
        if where not in carried and carries_credential(value):
            carried.add(where)
            yield _of_parameter(value, place)


def carries_credential(parameter: Mapping[str, Any]) -> bool:
    """Return whether a required header or query parameter has the name of a credential, and no documented value."""
    name = str(parameter.get("name", "")).lower().replace("_", "-")
    schema = parameter.get("schema")
    members = {**(schema if isinstance(schema, Mapping) else {}), **parameter}
    if parameter.get("required") is not True or parameter.get("in") not in ("header", "query"):
        return False
    if any(word in members for word in _FIXED) or _NO_CREDENTIAL.search(name):
        return False
    if parameter.get("in") == "query" and name in ("token", "auth"):
        return False  # more often a cursor in a list, or a kind of authentication
    return _NAME.fullmatch(name) is not None


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any], pointer: str, path: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for holder, base in ((item, join("", "paths", path)), (details, pointer)):
        listed = holder.get("parameters")
        for index, raw in enumerate(listed if isinstance(listed, list) else ()):
            try:
                value, moved = dereferenced(document, raw)
            except UsageError:
                continue
            yield moved or join(base, "parameters", index), value


def _of_parameter(value: Mapping[str, Any], pointer: str) -> Credential:
    name, location = str(value.get("name")), cast("Any", value.get("in"))
    schema = value.get("schema")
    shown = [
        value.get("description"),
        value.get("example"),
        *(
            [schema.get("example"), schema.get("examples"), schema.get("pattern"), schema.get("description")]
            if isinstance(schema, Mapping)
            else []
        ),
    ]
    text = json.dumps(shown, default=str).lower()
    kind = next((k for k in ("bearer", "basic") if re.search(rf"\b{k}\b", text)), "apiKey")
    if name.lower() != "authorization":
        kind = "apiKey"
    return Credential(name, cast("Any", kind), location, name, pointer, str(value.get("description", "")))


def _of_schemes(
    document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any]
) -> Iterator[Credential]:
    components = document.get("components")
    declared = components.get("securitySchemes") if isinstance(components, Mapping) else None
    declared = declared or document.get("securityDefinitions")
    container = declared if isinstance(declared, Mapping) else {}
    security = details.get("security", document.get("security"))
    base = "/securityDefinitions" if "securityDefinitions" in document else "/components/securitySchemes"
    alternatives = (
        [list(entry) for entry in security or () if isinstance(entry, Mapping)] if isinstance(security, list) else []
    )
    required = {
        (str(value.get("in")), str(value.get("name", "")).lower())
        for _, value in _parameters(document, item, details, "", "")
        if value.get("required")
    }
    anonymous = [] in alternatives
    alternatives = [
        [name for name in entry if not _is_mutual_tls(document, container.get(name))] for entry in alternatives
    ]
    names = [n for n in dict.fromkeys(n for a in alternatives for n in a) if n in container]
    known = {n: c for n in names if (c := _of_scheme(document, n, container[n], join(base, n)))}
    needed = [n for n, c in known.items() if (c.location, c.name.lower()) in required]
    first: list[str] = next((a for a in alternatives if a and all(n in known for n in a)), [])
    if anonymous and not needed:
        return  # anonymous use is documented
    carried = needed or first
    for name in carried:
        others = set(carried) - {name}
        yield replace(known[name], has_alternative=any(set(entry) <= others for entry in alternatives))


def _is_mutual_tls(document: Mapping[str, Any], raw: Any) -> bool:
    """Return whether a scheme is a client certificate: a connection has it, and no request carries anything for it."""
    try:
        return dereferenced(document, raw)[0].get("type") == "mutualTLS"
    except UsageError:
        return False


def _of_scheme(document: Mapping[str, Any], name: str, raw: Any, pointer: str) -> Credential | None:
    try:
        scheme, _ = dereferenced(document, raw)
    except UsageError:
        return None
    kind, description = scheme.get("type"), str(scheme.get("description", ""))
    if kind == "apiKey" and scheme.get("in") in ("header", "query", "cookie"):
        return Credential(name, "apiKey", scheme["in"], str(scheme.get("name", "")), pointer, description)
    if kind == "basic" or (kind == "http" and str(scheme.get("scheme", "")).lower() == "basic"):
        return Credential(name, "basic", "header", "Authorization", pointer, description)
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and str(scheme.get("scheme", "")).lower() == "bearer"):
        return Credential(name, "bearer", "header", "Authorization", pointer, description)
    return None

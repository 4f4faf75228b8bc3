"""Which credentials a request carries: by security schemes, and by parameters that carry one without saying so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Alternative, Credential
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.pointer import dereferenced, join

_NAME = re.compile(
    r"(x-)?([a-z0-9]+-){0,3}?(api-?key|apikey|(api|access|auth|bearer)-?token|auth|authori[sz]ation|authentication"
    r"|auth-?key|secret(-?key)?|subscription-?key)|x-([a-z0-9]+-)?token|token"
)
_NO_CREDENTIAL = re.compile(r"csrf|xsrf|idempotency|proxy|public")
_JWT = re.compile(r"\bJWTs?\b|\bJSON Web Tokens?\b", re.IGNORECASE)
_FIXED = ("enum", "const", "default")


@dataclass(frozen=True, slots=True)
class Security:
    """What ``security`` and the parameters of an operation ask for.

    Attributes:
        credentials: every credential of an alternative that can be tried.
        alternatives: what is enough to authenticate, in the document's order; no credentials at all come last.
        untestable: schemes that no request can be made for, each with its reason.
        certificate_is_enough: whether one alternative is a client certificate and nothing else.
    """

    credentials: tuple[Credential, ...]
    alternatives: tuple[Alternative, ...]
    untestable: Mapping[str, str]
    certificate_is_enough: bool = False


def security_of(
    document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any], pointer: str, path: str
) -> Security:
    """Read the credentials of an operation, and which of them are enough.

    If schemes are required parameters as well, they are needed with every alternative, and all of them are carried
    together. What a parameter carries without a scheme belongs to every alternative.
    """
    schemes = _Schemes.of(document, item, details)
    found: dict[str, Credential] = {name: schemes.known[name] for a in schemes.alternatives for name in a.schemes}
    carried: set[tuple[str, str]] = {(c.location, c.name.lower()) for c in found.values()}
    undeclared: list[Credential] = []
    for place, value in _parameters(document, item, details, pointer, path):
        where = str(value.get("in")), str(value.get("name", "")).lower()
        if where not in carried and carries_credential(value):
            carried.add(where)
            undeclared.append(_of_parameter(value, place))
    alternatives = schemes.alternatives or ((Alternative(()),) if undeclared else ())
    more = tuple(credential.scheme for credential in undeclared)
    alternatives = tuple(replace(a, schemes=(*a.schemes, *more)) for a in alternatives)
    credentials = (_with_alternatives(c, alternatives) for c in (*found.values(), *undeclared))
    enough = schemes.certificate_is_enough and not more
    return Security(tuple(credentials), alternatives, schemes.untestable, enough)


def _with_alternatives(credential: Credential, alternatives: Sequence[Alternative]) -> Credential:
    """Return a credential that says whether those that are carried along with it are enough without it."""
    own = next(a.schemes for a in alternatives if credential.scheme in a.schemes)
    others = set(own) - {credential.scheme}
    return replace(credential, has_alternative=any(a.schemes and set(a.schemes) <= others for a in alternatives))


@memoise_by_identity(16)
def places_of_schemes(document: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return where the schemes of a document are carried, each as location and name in lower case.

    Schemes that no operation names are among them: a server may read its credentials there.
    """
    components = document.get("components")
    holder = components if isinstance(components, Mapping) else {}
    found: set[tuple[str, str]] = set()
    for declared in (holder.get("securitySchemes"), document.get("securityDefinitions")):
        for name, raw in declared.items() if isinstance(declared, Mapping) else ():
            if (credential := _of_scheme(document, str(name), raw, "")) is not None:
                found.add((credential.location, credential.name.lower()))
    return frozenset(found)


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


MUTUAL_TLS = "mutualTLS"
"""The kind of the schemes that a connection has, and no request carries anything for."""


@dataclass(frozen=True, slots=True)
class _Schemes:
    """The declared schemes that ``security`` names: those that a request can carry, and why it cannot the others."""

    known: Mapping[str, Credential]
    alternatives: tuple[Alternative, ...]
    untestable: Mapping[str, str]
    certificate_is_enough: bool

    @classmethod
    def of(cls, document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any]) -> _Schemes:
        components = document.get("components")
        declared = components.get("securitySchemes") if isinstance(components, Mapping) else None
        declared = declared or document.get("securityDefinitions")
        container = declared if isinstance(declared, Mapping) else {}
        security = details.get("security", document.get("security"))
        base = "/securityDefinitions" if "securityDefinitions" in document else "/components/securitySchemes"
        entries = [entry for entry in (security if isinstance(security, list) else ()) if isinstance(entry, Mapping)]
        listed = [[str(n) for n in entry if not _is_mutual_tls(document, container.get(n))] for entry in entries]
        by_certificate = any(entry and not left for entry, left in zip(entries, listed, strict=True))
        anonymous = {} in entries
        names = [n for n in dict.fromkeys(n for entry in listed for n in entry) if n in container]
        known = {n: c for n in names if (c := _of_scheme(document, n, container[n], join(base, n)))}
        untestable = {n: _kind_of(document, container[n]) for n in names if n not in known}
        declared = [n for entry in entries for n in entry if n in container]
        untestable |= {n: MUTUAL_TLS for n in declared if _is_mutual_tls(document, container[n])}
        required = {
            (str(value.get("in")), str(value.get("name", "")).lower())
            for _, value in _parameters(document, item, details, "", "")
            if value.get("required")
        }
        needed = tuple(n for n, c in known.items() if (c.location, c.name.lower()) in required)
        usable = [tuple(entry) for entry in listed if entry and all(n in known for n in entry)]
        found = [Alternative(schemes) for schemes in dict.fromkeys(usable)]
        if needed:
            weaker = [replace(a, is_contradicted=True) for a in found if set(a.schemes) < set(needed)]
            return cls(known, (Alternative(needed), *weaker), untestable, certificate_is_enough=False)
        nothing = (Alternative(()),) if anonymous else ()
        return cls(known, (*found, *nothing), untestable, by_certificate)


def _kind_of(document: Mapping[str, Any], raw: Any) -> str:
    """Return what a scheme is, in the words of the document."""
    try:
        scheme, _ = dereferenced(document, raw)
    except UsageError:
        return "a scheme that is not described"
    words = (str(scheme[key]) for key in ("type", "scheme", "in") if scheme.get(key))
    return " ".join(words) or "a scheme without a type"


def _is_mutual_tls(document: Mapping[str, Any], raw: Any) -> bool:
    """Return whether a scheme is a client certificate: a connection has it, and no request carries anything for it."""
    try:
        return dereferenced(document, raw)[0].get("type") == MUTUAL_TLS
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
        is_jwt = kind == "http" and bool(_JWT.search(f"{scheme.get('bearerFormat')} {description}"))
        return Credential(name, "bearer", "header", "Authorization", pointer, description, is_jwt=is_jwt)
    return None

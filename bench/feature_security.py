"""The credentials that ``bench/features.py`` tries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feature import ALL, MODERN, THREE, Feature, operation_document
from feature_server import Request, Server, json_body, refused, reply

Door = Callable[[Request], bool]
KEY = "k3y-Of-The-Bench-7Qz"
OTHER_KEY = "An0ther-K3y-Of-It-Wb"
USER = "bench:pa55-Of-The-Bench"
_SIGNED_WITH = b"the key of the bench that signs its tokens"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(text: str) -> str:
    return _text(hmac.new(_SIGNED_WITH, text.encode(), hashlib.sha256).digest())


_START = ".".join((_text(b'{"alg":"HS256","typ":"JWT"}'), _text(b'{"sub":"bench","exp":4102444800}')))
TOKEN = f"{_START}.{_signature(_START)}"


def _is_token(request: Request, *, unsigned: bool = False, foreign: bool = False) -> bool:
    """Return whether a request carries a token of the bench (RFC 7519), or one that a careless server takes for it."""
    words = (request.bearer() or "").split(".")
    if len(words) != 3:
        return False
    try:
        algorithm, claims = json.loads(_bytes(words[0]))["alg"], json.loads(_bytes(words[1]))
    except (ValueError, KeyError, TypeError):
        return False
    if not isinstance(claims, dict) or claims.get("sub") != "bench":
        return False
    if algorithm == "none":
        return unsigned
    right = hmac.compare_digest(words[2].encode(), _signature(f"{words[0]}.{words[1]}").encode())
    return right or (foreign and bool(words[2]))


def _serving(door: Door) -> Server:
    """Return a server that creates chats for whoever the door lets in."""

    def serve(request: Request) -> Any:
        if not door(request):
            return refused(401, WWW_Authenticate="Bearer")
        try:
            return reply(json_body(request))
        except ValueError:
            return refused()

    return serve


def _nobody(request: Request) -> bool:
    return False


def _all(request: Request) -> bool:
    return True


_REFUSED = {"401": {"description": "who are you?"}}


def _feature(
    name: str,
    schemes: Mapping[str, Mapping[str, Mapping[str, Any]]],
    security: Sequence[Mapping[str, Any]],
    honest: Door,
    secrets: Mapping[str, str],
    *,
    looser: Sequence[Door] = (_all,),
    stricter: Sequence[Door] = (_nobody,),
    accepts: Sequence[str] = ("accepts/required-only", "accepts/security/.*"),
    refuses: Sequence[str] = ("auth/.*",),
) -> Feature:
    """Return how credentials are tried; the schemes are given by dialect."""
    return Feature(
        name,
        lambda dialect: operation_document(dialect, schemes=schemes[dialect], security=security, refusals=_REFUSED),
        _serving(honest),
        stricter=[_serving(door) for door in stricter],
        looser=[_serving(door) for door in looser],
        accepts=accepts,
        refuses=refuses,
        dialects=frozenset(schemes),
        secrets=secrets,
    )


def _in(place: str, name: str = "X-Key") -> dict[str, Any]:
    return {"type": "apiKey", "in": place, "name": name}


def _http(scheme: str, **more: Any) -> dict[str, Any]:
    return {"type": "http", "scheme": scheme, **more}


def _same(dialects: frozenset[str], **schemes: Mapping[str, Any]) -> dict[str, Mapping[str, Mapping[str, Any]]]:
    return dict.fromkeys(dialects, schemes)


def _has_key(request: Request) -> bool:
    return request.header("x-key") == KEY


def _has_other(request: Request) -> bool:
    return request.header("x-other") == OTHER_KEY


def _has_either(request: Request) -> bool:
    """One right credential is enough; what is sent beside it has to be right nevertheless."""
    known = {"x-key": KEY, "x-other": OTHER_KEY}
    sent = [(name, value) for name, value in request.headers if name in known]
    return bool(sent) and all(known[name] == value for name, value in sent)


_TWO = _same(ALL, Key=_in("header"), Other=_in("header", "X-Other"))
_BOTH_KEYS = {"Key": KEY, "Other": OTHER_KEY}
_FLOWS = {"password": {"tokenUrl": "https://feature.invalid/token", "scopes": {}}}
_TOKEN_FLOW = {"type": "oauth2", "flow": "password", "tokenUrl": "https://feature.invalid/token", "scopes": {}}

SECURITY = (
    _feature("apiKey in header", _same(ALL, Key=_in("header")), [{"Key": []}], _has_key, {"Key": KEY}),
    _feature(
        "apiKey in query",
        _same(ALL, Key=_in("query", "key")),
        [{"Key": []}],
        lambda request: [text for name, text in request.pairs() if name == "key"] == [KEY],
        {"Key": KEY},
    ),
    _feature(
        "apiKey in cookie",
        _same(THREE, Key=_in("cookie", "key")),
        [{"Key": []}],
        lambda request: request.cookie("key") == KEY,
        {"Key": KEY},
    ),
    _feature(
        "basic",
        _same(THREE, Basic=_http("basic")) | {"2.0": {"Basic": {"type": "basic"}}},
        [{"Basic": []}],
        lambda request: request.basic() == USER,
        {"Basic": USER},
    ),
    _feature(
        "bearer", _same(THREE, Bearer=_http("bearer")), [{"Bearer": []}], lambda r: r.bearer() == KEY, {"Bearer": KEY}
    ),
    _feature(
        "oauth2",
        _same(THREE, OAuth={"type": "oauth2", "flows": _FLOWS}) | {"2.0": {"OAuth": _TOKEN_FLOW}},
        [{"OAuth": []}],
        lambda request: request.bearer() == KEY,
        {"OAuth": KEY},
    ),
    _feature(
        "openIdConnect",
        _same(THREE, Id={"type": "openIdConnect", "openIdConnectUrl": "https://feature.invalid/id"}),
        [{"Id": []}],
        lambda request: request.bearer() == KEY,
        {"Id": KEY},
    ),
    _feature(
        "bearerFormat: JWT, unsigned",
        _same(THREE, Bearer=_http("bearer", bearerFormat="JWT")),
        [{"Bearer": []}],
        _is_token,
        {"Bearer": TOKEN},
        looser=(lambda request: _is_token(request, unsigned=True),),
        refuses=("auth/.*/unsigned",),
    ),
    _feature(
        "bearerFormat: JWT, foreign signature",
        _same(THREE, Bearer=_http("bearer", bearerFormat="JWT")),
        [{"Bearer": []}],
        _is_token,
        {"Bearer": TOKEN},
        looser=(lambda request: _is_token(request, foreign=True),),
        refuses=("auth/.*/foreign-signed",),
    ),
    _feature(
        "security: alternatives",
        _TWO,
        [{"Key": []}, {"Other": []}],
        _has_either,
        _BOTH_KEYS,
        looser=(
            lambda request: not _has_other(request) or _has_either(request),
            lambda r: _has_key(r) or not _has_key(r),
        ),
        stricter=(_has_key, _has_other),
    ),
    _feature(
        "security: conjunction",
        _TWO,
        [{"Key": [], "Other": []}],
        lambda request: _has_key(request) and _has_other(request),
        _BOTH_KEYS,
        looser=(_has_key, _has_other, _has_either),
    ),
    _feature(
        "security: optional",
        _TWO,
        [{"Key": []}, {}],
        lambda request: request.header("x-key") in (None, KEY),
        _BOTH_KEYS,
        stricter=(_has_key,),
    ),
    _feature(
        "security: key and client certificate",
        _same(MODERN, Key=_in("header"), Certificate={"type": "mutualTLS"}),
        [{"Key": [], "Certificate": []}],
        _has_key,
        {"Key": KEY},
    ),
)

UNTESTED_SECURITY = (
    Feature(
        "http digest",
        lambda dialect: operation_document(dialect, schemes={"D": _http("digest")}, security=[{"D": []}]),
        _serving(_all),
        dialects=THREE,
        untested=r"security scheme D \(http digest\) is not tested",
    ),
)

"""Defects of authentication."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    ALL,
    CREDENTIALS,
    SECRETS,
    Call,
    Defect,
    valid,
)
from .model import Credential, Request, Service, Turn

Test = Callable[[Credential, Request], bool]


def admitting(index: int, test: Test) -> Callable[[Service], None]:
    """Let one credential also be accepted when a test holds."""

    def apply(service: Service) -> None:
        credential = service.credentials[index]
        credential.extra.append(lambda request: test(credential, request))

    return apply


def token(credential: Credential, request: Request) -> str:
    """Return the presented token, or an empty string."""
    return credential.presented(request) or ""


def is_basic(credential: Credential, request: Request) -> bool:
    """Find the credential in a Basic header, encoded or not."""
    scheme, _, rest = (request.header("authorization") or "").partition(" ")
    try:
        decoded = base64.b64decode(rest.strip() + "==").decode("latin-1")
    except ValueError:
        decoded = ""
    parts = {rest.strip(), decoded, *decoded.split(":")}
    return scheme.lower() == "basic" and credential.value in parts


def swap(value: str) -> str:
    """Swap the case of a value."""
    return value.swapcase()


def per_credential() -> Iterator[Defect]:
    """Yield what can be wrong with each credential of each vendor."""
    for vendor in ALL:
        for index, (name, shown) in enumerate(CREDENTIALS[vendor].items()):
            secret = SECRETS[vendor][index]
            start = shown.removesuffix(secret)
            base = valid(vendor)
            slug = "" if len(SECRETS[vendor]) == 1 else name.lower() + "-"
            only_one = len(SECRETS[vendor]) > 1
            rows: list[tuple[str, str, str, Test, Call, str]] = [
                (
                    "missing-accepted",
                    "a request without the header is served",
                    "missing",
                    lambda c, r: not r.all(c.header),
                    base.header(name),
                    "should" if only_one else "must",
                ),
                (
                    "any-accepted",
                    "any non-empty value passes",
                    "wrong",
                    lambda c, r: bool(token(c, r)),
                    base.header(name, start + secret[:-4] + "0000"),
                    "must",
                ),
                (
                    "empty-accepted",
                    "an empty value passes",
                    "empty",
                    lambda c, r: (
                        bool(r.all(c.header))
                        and not token(c, r).strip()
                        and (r.header(c.header) or "").strip().lower() in ("", "bearer")
                    ),
                    base.header(name, start.strip()),
                    "must",
                ),
                (
                    "prefix-accepted",
                    "a truncated value passes",
                    "truncated",
                    lambda c, r: bool(token(c, r)) and c.value.startswith(token(c, r)),
                    base.header(name, shown[:-1]),
                    "must",
                ),
                (
                    "extension-accepted",
                    "a value with more characters behind passes",
                    "extended",
                    lambda c, r: token(c, r).startswith(c.value),
                    base.header(name, shown + "x"),
                    "must",
                ),
                (
                    "head-compared",
                    "only the first twelve characters are compared",
                    "wrong",
                    lambda c, r: token(c, r)[:12] == c.value[:12],
                    base.header(name, shown[:-1] + "0"),
                    "must",
                ),
                (
                    "case-insensitive",
                    "the value is compared without regard to case",
                    "case",
                    lambda c, r: token(c, r).lower() == c.value.lower(),
                    base.header(name, start + swap(secret)),
                    "must",
                ),
                (
                    "query-accepted",
                    "the credential is also read from the query string",
                    "query",
                    lambda c, r: c.value in r.query_values(),
                    base.header(name).ask(f"api_key={secret}&token={secret}"),
                    "should",
                ),
            ]
            for flaw, description, clause, test, call, severity in rows:
                yield Defect(
                    f"auth-{slug}{flaw}",
                    vendor,
                    f"{name}: {description}",
                    admitting(index, test),
                    (call,),
                    breaks=f"auth/{name}/{clause}",
                    severity=severity,
                )


def refusing(index: int, test: Test) -> Callable[[Service], None]:
    """Refuse a good credential when a test holds."""

    def apply(service: Service) -> None:
        credential = service.credentials[index]
        credential.strict.append(lambda request: test(credential, request))

    return apply


def remembering(key: Callable[[Request], Any]) -> Callable[[Service], None]:
    """Wave through whoever succeeded once."""

    def apply(service: Service) -> None:
        known: set[Any] = set()
        check = service.authenticate

        def authenticate(turn: Turn) -> None:
            who = key(turn.request)
            if who not in known:
                check(turn)
                known.add(who)

        service.steps[service.steps.index(check)] = authenticate

    return apply


def every_tenth_open(service: Service) -> None:
    """Forget to check each tenth request."""
    check, seen = service.authenticate, 0

    def authenticate(turn: Turn) -> None:
        nonlocal seen
        seen += 1
        if seen % 10:
            check(turn)

    service.steps[service.steps.index(check)] = authenticate


def wrong_scheme(vendor: str) -> Iterator[Defect]:
    """Yield what can be wrong with a bearer scheme."""
    secret = SECRETS[vendor][0]
    base = valid(vendor)
    basic = base64.b64encode(f"{secret}:".encode()).decode()

    def other(credential: Credential, request: Request) -> bool:
        scheme, _, rest = (request.header("authorization") or "").partition(" ")
        return scheme.lower() not in ("bearer", "basic") and rest.strip() == credential.value

    def scheme_case(credential: Credential, request: Request) -> bool:
        return not (request.header("authorization") or "").startswith("Bearer ")

    rows: list[tuple[str, str, str, Callable[[Service], None], str, str]] = [
        (
            "basic-accepted",
            "the token passes under the Basic scheme",
            "scheme",
            admitting(0, is_basic),
            f"Basic {basic}",
            "should",
        ),
        (
            "other-scheme-accepted",
            "the token passes under any other scheme",
            "scheme",
            admitting(0, other),
            f"Token {secret}",
            "should",
        ),
        (
            "raw-token-accepted",
            "the token passes without a scheme",
            "scheme",
            admitting(0, lambda c, r: r.header("authorization") == c.value),
            secret,
            "should",
        ),
        (
            "scheme-case-sensitive",
            "a lower-case scheme is refused",
            "scheme-case",
            refusing(0, scheme_case),
            f"bearer {secret}",
            "must",
        ),
        (
            "crash-without-token",
            "a scheme without a token is a 500",
            "empty",
            crash_if(lambda r: (r.header("authorization") or "").strip().lower() == "bearer"),
            "Bearer",
            "must",
        ),
    ]
    for flaw, description, clause, apply, value, severity in rows:
        yield Defect(
            f"auth-{flaw}",
            vendor,
            f"Authorization: {description}",
            apply,
            (base.header("Authorization", value),),
            breaks=f"auth/Authorization/{clause}",
            severity=severity,
        )


def crash_if(test: Callable[[Request], bool]) -> Callable[[Service], None]:
    """Fail before anything is checked."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if test(turn.request):
                raise RuntimeError("unexpected")

        service.insert(step, before="authenticate")

    return apply


def key_header(vendor: str) -> Iterator[Defect]:
    """Yield what can be wrong with a key in a header of its own."""
    for index, (name, secret) in enumerate(CREDENTIALS[vendor].items()):
        slug = "" if len(SECRETS[vendor]) == 1 else name.lower() + "-"

        def miscased(credential: Credential, request: Request, name: str = name) -> bool:
            return all(key != name for key, _ in request.headers)

        def elsewhere(credential: Credential, request: Request) -> bool:
            return (request.header("authorization") or "").split(" ")[-1] == credential.value

        yield Defect(
            f"auth-{slug}header-case-sensitive",
            vendor,
            f"{name} is only found when written in exactly this case",
            refusing(index, miscased),
            (valid(vendor).header(name).header(name.lower(), secret),),
            raw=True,
            breaks="protocol/header-case",
        )
        yield Defect(
            f"auth-{slug}bearer-accepted",
            vendor,
            f"the value of {name} also passes as an Authorization header",
            admitting(index, elsewhere),
            (valid(vendor).header(name).header("Authorization", f"Bearer {secret}"),),
            breaks=f"auth/{name}/scheme",
            severity="should",
        )


def polyai_pair() -> Iterator[Defect]:
    """Yield what can be wrong with two credentials."""
    (key_name, key), (token_name, secret) = CREDENTIALS["polyai"].items()
    base = valid("polyai")

    def either(service: Service) -> None:
        first, second = service.credentials
        exact = [first.value, second.value]

        def one(request: Request) -> bool:
            return [request.header(key_name), request.header(token_name)] != exact and (
                request.header(key_name) == key or request.header(token_name) == secret
            )

        first.extra.append(one)
        second.extra.append(one)

    def swapped(service: Service) -> None:
        def crossed(request: Request) -> bool:
            return request.header(key_name) == secret and request.header(token_name) == key

        for credential in service.credentials:
            credential.extra.append(crossed)

    yield Defect(
        "auth-either-suffices",
        "polyai",
        "one right credential outweighs a wrong one",
        either,
        (base.header(key_name, "pk_wrong"), base.header(token_name, "tok_wrong")),
        breaks="auth/*/wrong",
    )
    yield Defect(
        "auth-swapped-accepted",
        "polyai",
        "key and token may change places",
        swapped,
        (base.header(key_name, secret).header(token_name, key),),
        breaks="auth/*/wrong",
    )
    for index, name in enumerate(CREDENTIALS["polyai"]):
        yield Defect(
            f"auth-{name.lower()}-unchecked",
            "polyai",
            f"{name} is not looked at at all",
            admitting(index, lambda c, r: True),
            (base.header(name, "nonsense"),),
            breaks=f"auth/{name}/wrong",
        )


DEFECTS: list[Defect] = [
    *per_credential(),
    *(defect for vendor in ("agencii", "openwebui") for defect in wrong_scheme(vendor)),
    *(defect for vendor in ("polyai", "sigmamind") for defect in key_header(vendor)),
    *polyai_pair(),
]

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
    anonymous,
    on_reply,
    setting_body,
    setting_header,
    valid,
    wrong_key,
)
from .model import Credential, Reply, Request, Service, Turn

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
                    "missing-accepted", "a request without the header is served", "missing",
                    lambda c, r: not r.all(c.header), base.header(name),
                    "should" if only_one else "must",
                ),
                (
                    "any-accepted", "any non-empty value passes", "wrong",
                    lambda c, r: bool(token(c, r)),
                    base.header(name, start + secret[:-4] + "0000"), "must",
                ),
                (
                    "empty-accepted", "an empty value passes", "empty",
                    lambda c, r: bool(r.all(c.header)) and not token(c, r).strip()
                    and (r.header(c.header) or "").strip().lower() in ("", "bearer"),
                    base.header(name, start.strip()), "must",
                ),
                (
                    "prefix-accepted", "a truncated value passes", "truncated",
                    lambda c, r: bool(token(c, r)) and c.value.startswith(token(c, r)),
                    base.header(name, shown[:-1]), "must",
                ),
                (
                    "extension-accepted", "a value with more characters behind passes", "extended",
                    lambda c, r: token(c, r).startswith(c.value),
                    base.header(name, shown + "x"), "must",
                ),
                (
                    "head-compared", "only the first twelve characters are compared", "wrong",
                    lambda c, r: token(c, r)[:12] == c.value[:12],
                    base.header(name, shown[:-1] + "0"), "must",
                ),
                (
                    "case-insensitive", "the value is compared without regard to case", "case",
                    lambda c, r: token(c, r).lower() == c.value.lower(),
                    base.header(name, start + swap(secret)), "must",
                ),
                (
                    "query-accepted", "the credential is also read from the query string", "query",
                    lambda c, r: c.value in r.query_values(),
                    base.header(name).ask(f"api_key={secret}&token={secret}"), "should",
                ),
            ]
            for flaw, description, clause, test, call, severity in rows:
                yield Defect(
                    f"auth-{slug}{flaw}", vendor, f"{name}: {description}",
                    admitting(index, test), (call,),
                    breaks=f"auth/{name}/{clause}", severity=severity,
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
        ("basic-accepted", "the token passes under the Basic scheme", "scheme",
         admitting(0, is_basic), f"Basic {basic}", "should"),
        ("other-scheme-accepted", "the token passes under any other scheme", "scheme",
         admitting(0, other), f"Token {secret}", "should"),
        ("raw-token-accepted", "the token passes without a scheme", "scheme",
         admitting(0, lambda c, r: r.header("authorization") == c.value), secret, "should"),
        ("scheme-case-sensitive", "a lower-case scheme is refused", "scheme-case",
         refusing(0, scheme_case), f"bearer {secret}", "must"),
        ("crash-without-token", "a scheme without a token is a 500", "empty",
         crash_if(lambda r: (r.header("authorization") or "").strip().lower() == "bearer"),
         "Bearer", "must"),
    ]
    for flaw, description, clause, apply, value, severity in rows:
        yield Defect(
            f"auth-{flaw}", vendor, f"Authorization: {description}", apply,
            (base.header("Authorization", value),),
            breaks=f"auth/Authorization/{clause}", severity=severity,
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
            f"auth-{slug}header-case-sensitive", vendor,
            f"{name} is only found when written in exactly this case",
            refusing(index, miscased),
            (valid(vendor).header(name).header(name.lower(), secret),),
            raw=True, breaks="protocol/header-case",
        )
        yield Defect(
            f"auth-{slug}bearer-accepted", vendor,
            f"the value of {name} also passes as an Authorization header",
            admitting(index, elsewhere),
            (valid(vendor).header(name).header("Authorization", f"Bearer {secret}"),),
            breaks=f"auth/{name}/scheme", severity="should",
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
        "auth-either-suffices", "polyai", "one right credential outweighs a wrong one", either,
        (base.header(key_name, "pk_wrong"), base.header(token_name, "tok_wrong")),
        breaks="auth/*/wrong",
    )
    yield Defect(
        "auth-swapped-accepted", "polyai", "key and token may change places", swapped,
        (base.header(key_name, secret).header(token_name, key),),
        breaks="auth/*/wrong",
    )
    for index, name in enumerate(CREDENTIALS["polyai"]):
        yield Defect(
            f"auth-{name.lower()}-unchecked", "polyai", f"{name} is not looked at at all",
            admitting(index, lambda c, r: True), (base.header(name, "nonsense"),),
            breaks=f"auth/{name}/wrong",
        )


def status(code: int, headers: dict[str, str] | None = None) -> Callable[[Service], None]:
    """Refuse credentials with another status."""

    def change(_: Request, reply: Reply) -> None:
        reply.status = code
        reply.set("www-authenticate", None)
        for name, value in (headers or {}).items():
            reply.set(name, value)

    return on_reply(change, "auth")


BAD_SHAPES = {
    "agencii": b'{"detail":[{"loc":["header"],"msg":"Not authenticated"}]}',
    "polyai": b'{"error_message":{"code":"unauthorized"}}',
    "sigmamind": b'{"status":"401","error":401,"message":["unauthorized"],"path":null}',
    "openwebui": b'"Unauthorized"',
}
LOGIN = b"<!doctype html><title>Sign in</title><h1>401 Unauthorized</h1>"


def answers() -> Iterator[Defect]:
    """Yield wrong answers to bad credentials."""
    for vendor in ALL:
        call = (wrong_key(vendor),)
        soft = "should" if vendor == "openwebui" else "must"
        rows: list[tuple[str, str, Callable[[Service], None], str]] = [
            ("status-400", "answered 400", status(400), soft),
            ("status-404", "answered 404", status(404), soft),
            ("status-500", "answered 500", status(500), "must"),
            ("redirect", "answered by a redirect to a login page",
             status(302, {"location": "/login"}), soft),
            ("status-200", "answered 200 with an error body", status(200), "must"),
            ("body-html", "answered with a page", setting_body(LOGIN, "text/html", "auth"), soft),
            ("body-empty", "answered with no body", setting_body(b"", "", "auth"), soft),
            ("body-text", "answered with plain text",
             setting_body(b"Unauthorized", "text/plain", "auth"), soft),
            ("body-shape", "answered with a body of other types",
             setting_body(BAD_SHAPES[vendor], None, "auth"), soft),
            ("no-challenge", "answered without WWW-Authenticate",
             setting_header("www-authenticate", None, "auth"), "should"),
        ]
        if vendor == "agencii":
            rows.append(("status-403", "answered 403, not documented", status(403), "must"))
        for flaw, description, apply, severity in rows:
            yield Defect(
                f"auth-{flaw}", vendor, f"bad credentials are {description}", apply, call,
                breaks="response/401", severity=severity,
            )


def leak(service: Service) -> None:
    """Say in the error which credential was expected or presented."""

    def shape(request: Request, refusal: Any, body: Any) -> Any:
        if refusal.kind == "auth":
            values = [v for c in service.credentials for v in request.all(c.header)]
            key = next(k for k in ("message", "detail", "error_message") if k in body)
            body[key] = f"Invalid credentials: {', '.join(values)}"
        return body

    service.error_shapes.append(shape)


def leak_headers(service: Service) -> None:
    """Return what was presented in a response header."""

    def late(request: Request, reply: Reply) -> Reply:
        shown = next((v for c in service.credentials for v in request.all(c.header)), "")
        if shown:
            reply.set("x-debug-credential", shown.encode("ascii", "replace").decode())
        return reply

    service.after.append(late)


def leak_expected(service: Service) -> None:
    """Disclose the expected credential to whoever presents a wrong one."""

    def shape(request: Request, refusal: Any, body: Any) -> Any:
        if refusal.kind == "auth":
            key = next(k for k in ("message", "detail", "error_message") if k in body)
            body[key] = f"Expected {service.credentials[0].value}"
        return body

    service.error_shapes.append(shape)


def lacking(header: str) -> Callable[[Request], bool]:
    """Test for a request without a header."""
    return lambda request: not request.all(header)


def common() -> Iterator[Defect]:
    """Yield defects of state and of disclosure."""
    for vendor in ALL:
        header = next(iter(CREDENTIALS[vendor]))
        rows: list[tuple[str, str, Callable[[Service], None], tuple[Call, ...], str, str]] = [
            ("remembers-address", "an address that succeeded once needs no credentials",
             remembering(lambda r: r.client[0]), (valid(vendor), anonymous(vendor)),
             "auth/*/missing", "must"),
            ("remembers-connection", "a connection that succeeded once needs no credentials",
             remembering(lambda r: r.client), (valid(vendor), anonymous(vendor)),
             "auth/*/missing", "must"),
            ("each-tenth-open", "each tenth request is not checked", every_tenth_open,
             (anonymous(vendor).repeat(21),), "auth/*/missing", "must"),
            ("echo-in-error", "the presented credential is quoted in the error", leak,
             (wrong_key(vendor),), "security/credential-echo", "must"),
            ("echo-in-header", "the credential comes back in a response header", leak_headers,
             (valid(vendor),), "security/credential-echo", "must"),
            ("expected-disclosed", "the error tells the expected credential", leak_expected,
             (wrong_key(vendor),), "security/credential-echo", "must"),
            ("crash-on-missing", "a request without credentials is a 500",
             crash_if(lacking(header)), (anonymous(vendor),),
             "auth/*/missing", "must"),
        ]
        for flaw, description, apply, calls, clause, severity in rows:
            yield Defect(
                f"auth-{flaw}", vendor, description, apply, calls, breaks=clause, severity=severity
            )


DEFECTS: list[Defect] = [
    *per_credential(),
    *(defect for vendor in ("agencii", "openwebui") for defect in wrong_scheme(vendor)),
    *(defect for vendor in ("polyai", "sigmamind") for defect in key_header(vendor)),
    *polyai_pair(),
    *answers(),
    *common(),
]

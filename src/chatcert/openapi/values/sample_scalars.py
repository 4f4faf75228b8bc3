"""Sample texts and numbers within the limits of a schema."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from random import Random

from chatcert.names import snake
from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.pattern_texts import text_for
from chatcert.openapi.patterns.regex import compiled
from chatcert.openapi.schemas.dialect import UNREAD
from chatcert.openapi.schemas.formats import INTEGERS
from chatcert.openapi.schemas.keywords import LOWER_LIMITS, UPPER_LIMITS
from chatcert.openapi.values.format_texts import completed, texts_of_length, variants_of

MAX_LENGTH = 1_000_000
"""Characters of a sample text; a schema that asks for more gets none."""

PATTERN_ATTEMPTS = 24
"""Texts that are built for one pattern: a lookahead may refuse many of them."""

FORMAT_SAMPLES: Mapping[str, str] = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "duration": "PT1S",
    "email": "user@example.org",
    "idn-email": "user@example.org",
    "uuid": "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f",
    "uri": "https://a.invalid/",
    "url": "https://a.invalid/",
    "iri": "https://a.invalid/",
    "uri-reference": "/",
    "iri-reference": "/",
    "uri-template": "/chats/{id}",
    "json-pointer": "/",
    "relative-json-pointer": "0",
    "regex": ".*",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "a.invalid",
    "idn-hostname": "a.invalid",
    "byte": "aGVsbG8=",
    "base64url": "aGVsbG8",
}
"""A text of each format that is checked (JSON Schema 2020-12 section 7.3, the format registry of OpenAPI).

Hosts cannot exist, since a server may contact what a request names (RFC 6761)."""

_OTHER_FORMATS: Mapping[str, str] = {
    **dict.fromkeys(("base64", "base64-url", "base64_url"), "aGVsbG8="),
    **dict.fromkeys(("decimal", "decimal128", "double", "float", "number", "money"), "1.5"),
    **dict.fromkeys((*INTEGERS, "integer", "bigint"), "1"),
    **dict.fromkeys(("datetime", "iso8601", "iso-8601", "date-time-iso", "timestamp"), "2026-01-02T03:04:05Z"),
    **dict.fromkeys(("phone", "phone-number", "tel", "e164"), "+15550100"),
    **dict.fromkeys(("color", "hex-color", "hexcolor"), "#336699"),
    **dict.fromkeys(("language", "lang", "bcp47"), "en"),
    **dict.fromkeys(("timezone", "time-zone", "iana-timezone"), "UTC"),
    **dict.fromkeys(("objectid", "object-id", "mongoid", "mongo-id"), "507f1f77bcf86cd799439011"),
    **dict.fromkeys(("ip", "ip-address", "ipvanyaddress"), "192.0.2.1"),
    **dict.fromkeys(("cidr", "ipvanynetwork", "ipv4-cidr"), "192.0.2.0/24"),
    **dict.fromkeys(("uuid1", "uuid4", "guid"), "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f"),
    **dict.fromkeys(("json", "json-string"), "{}"),
    **dict.fromkeys(("mime-type", "media-type", "media-range"), "text/plain"),
    **dict.fromkeys(("char", "sf-token"), "a"),
    "country": "US",
    "cron": "0 * * * *",
    "currency": "USD",
    "http-date": "Fri, 02 Jan 2026 03:04:05 GMT",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.dGVzdA",
    "locale": "en-US",
    "mac": "00:00:5e:00:53:01",
    "semver": "1.0.0",
    "sf-binary": ":aGVsbG8=:",
    "sf-boolean": "?1",
    "sf-decimal": "1.5",
    "sf-integer": "1",
    "sf-string": '"text"',
    "slug": "example",
    "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "uuid7": "01926e5c-3d2f-7c4b-8a1e-2f3a4b5c6d7e",
}
"""A text of other formats that documents name: nobody can check them, and a server may."""


def sample_of_format(name: str) -> str | None:
    """Return a text that has a format, or ``None`` for a format of which nothing is known; case does not count."""
    return FORMAT_SAMPLES.get(name, _OTHER_FORMATS.get(name.lower()))


_ENCODINGS: Mapping[str, str] = {
    "base16": "68656C6C6F",
    "base32": "NBSWY3DP",
    "base64": "aGVsbG8=",
    "base64url": "aGVsbG8",
    "quoted-printable": "hello",
}
"""A text in each encoding that a schema may name (JSON Schema 2020-12 section 8.3, RFC 4648, RFC 2045)."""


def sample_of_encoding(schema: Schema) -> str | None:
    """Return a text in the ``contentEncoding`` of a schema: an annotation, which servers enforce nevertheless."""
    return _ENCODINGS.get(str(schema.get("contentEncoding")).lower())


_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("alias", "handle", "slug", "token", "nonce", "fingerprint", "hash"), "example-1"),
    **dict.fromkeys(("id", "ids", "uuid", "guid", "key", "identifier", "ref", "username", "code"), "example-1"),
    **dict.fromkeys(("uri", "url", "link", "href", "website", "webhook"), FORMAT_SAMPLES["uri"]),
    **dict.fromkeys(("host", "hostname", "server", "domain"), FORMAT_SAMPLES["hostname"]),
    **dict.fromkeys(("lang", "language", "locale"), "en"),
    **dict.fromkeys(("timezone", "tz", "zone"), "UTC"),
    **dict.fromkeys(("phone", "tel", "mobile"), _OTHER_FORMATS["phone"]),
    **dict.fromkeys(("mime", "mimetype"), "text/plain"),
    **dict.fromkeys(("model", "provider", "type", "kind", "medium", "channel", "platform", "state"), "example"),
    "country": "US",
    "currency": "USD",
    "email": FORMAT_SAMPLES["email"],
    "role": "user",
    "status": "active",
    "timestamp": FORMAT_SAMPLES["date-time"],
    "version": "1",
}
"""A text for members whose name says what they hold, by its last word: a server may refuse any other."""


def sample_of_name(name: str) -> str | None:
    """Return a text that fits the name of a member, or ``None`` for a name that says nothing."""
    words = snake(name).lower().split("_")
    named = next((word for word in words if word in ("alias", "handle", "slug")), words[-1])
    return _NAMES.get(named)


def texts(
    schema: Schema, plain: str, random: Callable[[str], Random], fresh: Mapping[str, Callable[[], str]]
) -> Iterator[str]:
    """Yield texts for a schema, the likeliest first; the caller confirms them.

    Args:
        schema: what it says of texts: length, pattern and format.
        plain: the text for a schema that says nothing more.
        random: returns a generator of random numbers for a pattern.
        fresh: formats for which a new text is made each time.
    """
    schema = with_hints(schema)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if least > MAX_LENGTH:
        return
    name = str(schema.get("format"))
    if name in fresh:
        yield fresh[name]()
    for pattern in _patterns(schema):
        expression = compiled(pattern)
        if expression is not None:
            generator = random(pattern)
            limits = int(least), None if most is None else int(most)
            for attempt in range(PATTERN_ATTEMPTS):
                text = text_for(expression, generator, *limits, shortest=attempt == 0)
                yield text
                yield from completed(name, text)
                if attempt and not text:  # another attempt would build none either
                    break
    text = sample_of_format(name) or sample_of_encoding(schema) or plain
    shortest, longest = int(least), None if most is None else int(most)
    fitting = text[:longest].ljust(shortest, "a")
    if fitting != text:
        yield from texts_of_length(name, shortest, longest)
    yield fitting
    yield from variants_of(name)


def with_hints(schema: Schema) -> Schema:
    """Return a schema with what its constraints that cannot be read seem to mean, which makes likely values only."""
    hints: Schema = {}
    for keyword, value in (schema.get(UNREAD) or {}).items():
        if keyword in (*LOWER_LIMITS, *UPPER_LIMITS) and isinstance(value, str) and _NUMBER.fullmatch(value):
            hints[keyword] = float(value) if "." in value else int(value)
        elif keyword == "pattern" and isinstance(value, str):
            hints[keyword] = _INLINE_FLAGS.sub("", value)
    return {**hints, **schema}


_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_INLINE_FLAGS = re.compile(r"\(\?[a-z]+\)")


def _patterns(schema: Schema) -> Iterator[str]:
    """Yield the patterns that hold at once: the schema's own, and those that ``allOf`` adds."""
    for part in (schema, *schema.get("allOf", ())):
        if isinstance(part, Mapping) and isinstance(part.get("pattern"), str):
            yield part["pattern"]


def numbers(schema: Schema, *, whole: bool) -> Iterator[int | float]:
    """Yield numbers for a schema, the likeliest first: 1 if it is allowed, the limits, then multiples.

    The caller confirms them.
    """
    schema = with_hints(schema)
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + (1 if "exclusiveMinimum" in schema else 0))
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 2))
    bottom = schema.get("minimum", schema.get("exclusiveMinimum", high - 2))
    yield max(low, min(1, schema.get("maximum", 1)))
    yield from (low, high, high - 1, bottom, bottom + 1)
    middle = (bottom + high) / 2
    yield math.floor(middle) if whole and math.isfinite(middle) else middle
    step = schema.get("multipleOf", 1 if whole else 0)
    if step and math.isfinite(bottom / step) and math.isfinite(high / step):
        for count in (math.ceil(bottom / step), math.floor(bottom / step) + 1, math.floor(high / step)):
            yield count * step

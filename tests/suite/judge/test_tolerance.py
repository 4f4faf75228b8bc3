"""What is conformant, however odd: as much a duty of the judge as strictness elsewhere."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.transport.exchange import Exchange

START = 1_800_000_000
Change = Callable[[Exchange], Exchange]
BLAME = {"fail", "warn", "error", "inconclusive"}


def with_body(change: Callable[[Any], Any]) -> Change:
    """Changes the JSON value of an answer."""

    def apply(exchange: Exchange) -> Exchange:
        assert exchange.received is not None
        value = change(json.loads(exchange.received.body))
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return replace(exchange, received=replace(exchange.received, body=data))

    return apply


def with_headers(change: Callable[[tuple[str, str]], tuple[str, str]], *more: tuple[str, str]) -> Change:
    """Changes every header of an answer, and adds some."""

    def apply(exchange: Exchange) -> Exchange:
        assert exchange.received is not None
        headers = (*map(change, exchange.received.headers), *more)
        return replace(exchange, received=replace(exchange.received, headers=headers))

    return apply


def typed(media_type: str) -> Change:
    """Another spelling of the media type."""
    return with_headers(lambda pair: (pair[0], media_type) if pair[0] == "Content-Type" else pair)


def reversed_keys(value: Any) -> Any:
    """Every object with its members in the other order."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def with_more(value: Any) -> Any:
    """Fields that nobody documented, at every level that nobody echoes."""
    return {**value, "undocumented": {"a": [1]}, "links": [], "traceId": "b-1", "nothing": None}


def as_floats(value: Any) -> bytes:
    """Every integer written with a fraction of zero, which JSON Schema takes for an integer."""

    def written(inner: Any) -> Any:
        if isinstance(inner, dict):
            return {key: written(item) for key, item in inner.items()}
        if isinstance(inner, list):
            return [written(item) for item in inner]
        return float(inner) if isinstance(inner, int) and not isinstance(inner, bool) else inner

    return json.dumps(written(value)).encode()


TOLERATED: dict[str, Change] = {
    "as it is": lambda exchange: exchange,
    "extra fields": with_body(with_more),
    "another order of keys": with_body(reversed_keys),
    "1.0 for 1": with_body(as_floats),
    "white space": with_body(lambda value: b"\r\n" + json.dumps(value, indent=4).encode() + b"\n\t "),
    "escapes": with_body(lambda value: json.dumps(value, ensure_ascii=True).replace("/", "\\/").encode()),
    "raw UTF-8": with_body(lambda value: json.dumps(value, ensure_ascii=False).encode()),
    "lower case headers": with_headers(lambda pair: (pair[0].lower(), pair[1])),
    "upper case headers": with_headers(lambda pair: (pair[0].upper(), pair[1])),
    "extra headers": with_headers(lambda pair: pair, ("X-Request-Id", "7"), ("Server", "odd/1"), ("Set-Cookie", "a=b")),
    "no Date header": with_headers(lambda pair: pair if pair[0] != "Date" else ("X-Date", "none")),
    "a broken Date header": with_headers(lambda pair: (pair[0], "yesterday") if pair[0] == "Date" else pair),
    "charset": typed("application/json; charset=utf-8"),
    "quoted charset": typed('application/json;charset="UTF-8"'),
    "other case of the media type": typed("Application/JSON"),
    "another parameter": typed("application/json; profile=x; q=1"),
    "HTTP/1.0": lambda exchange: replace(exchange, received=replace(exchange.received, http_version="HTTP/1.0")),
    "a slow answer": lambda exchange: replace(exchange, seconds=8.5),
}


@pytest.mark.parametrize("name", TOLERATED)
def test_an_odd_answer_is_conformant(each_bench: Any, name: str) -> None:
    """Every requirement that an honest run keeps is kept by an odd one too, and nothing else is blamed."""
    honest = each_bench.honest()

    plain, odd = each_bench.words(honest), each_bench.words(map(TOLERATED[name], honest))

    assert not BLAME & set(plain.values()), [path for path, word in plain.items() if word in BLAME]
    assert plain == odd


MOMENTS = [
    "2027-01-15T08:00:00Z",
    "2027-01-15T08:00:00.5Z",
    "2027-01-15T08:00:00.123456Z",
    "2027-01-15T08:00:00.123456789Z",
    "2027-01-15t08:00:00z",
    "2027-01-15 08:00:00Z",
    "2027-01-15T08:00:00+00:00",
    "2027-01-15T08:00:00-00:00",
    "2027-01-15T10:00:00+02:00",
    "2027-01-15T13:30:00.000+05:30",
    "2027-01-14T22:00:00-10:00",
    "2027-01-15T07:59:60Z",
    "2027-01-15T08:01:30Z",
    "2027-01-15T07:58:30Z",
]


@pytest.mark.parametrize("written", MOMENTS)
def test_every_spelling_of_a_time_is_one(bench: Any, written: str) -> None:
    """Whatever RFC 3339 allows is a time: fractions, offsets, small letters, a space, a leap second."""
    made = bench("sigmamind")
    scene = [
        made.success(change={"createdAt": written}),
        made.refusal(answer={**made.problem(400), "timestamp": written}),
    ]

    words = made.words(scene)

    assert not {"fail", "warn"} & set(words.values()), [path for path, word in words.items() if word in BLAME]
    assert "pass" == words["response/201/createdAt/clock"]
    assert "pass" == words["response/201/createdAt/format"]
    assert "pass" == words["response/400/timestamp/clock"]


@pytest.mark.parametrize(
    "written",
    [
        "2027-01-15T08:00:00",
        "2027-01-15",
        "15.01.2027 08:00",
        "1800000000",
        "",
        "2027-13-15T08:00:00Z",
        "2027-01-15T8:00:00Z",
        "2027-01-15T08:00Z",
        "2027-01-15T24:00:00Z",
    ],
)
def test_a_text_that_is_not_a_time_is_wrong(bench: Any, written: str) -> None:
    """What RFC 3339 does not allow breaks the format, and the clock is not blamed for it."""
    made = bench("sigmamind")

    words = made.words([made.success(change={"createdAt": written})])

    assert "fail" == words["response/201/createdAt/format"]
    assert words["response/201/createdAt/clock"] != "fail"


@given(offset=st.integers(-14 * 60, 14 * 60), skew=st.floats(-110, 110), digits=st.integers(0, 6))
def test_a_clock_that_is_nearly_right_is_right(bench: Any, offset: int, skew: float, digits: int) -> None:
    """In any zone, with any precision, a clock may be two minutes off."""
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    when = datetime.datetime.fromtimestamp(START + skew, zone)
    fraction = f".{when.strftime('%f')[:digits]}" if digits else ""
    zone_text = f"{when:%z}"
    written = f"{when:%Y-%m-%dT%H:%M:%S}{fraction}{zone_text[:3]}:{zone_text[3:]}"

    assert "pass" == bench_word(bench, "response/201/createdAt/clock", {"createdAt": written})
    assert "pass" == bench_word(bench, "response/201/createdAt/format", {"createdAt": written})


def bench_word(bench: Any, path: str, change: dict[str, Any]) -> str:
    """The word on one requirement after one success with a change."""
    made = bench("sigmamind")
    return str(made.verdict(path, made.success(change=change)).kind.value)


@given(st.one_of(st.floats(130, 10**8), st.floats(-(10**8), -130)))
def test_a_clock_that_is_wrong_is_wrong(bench: Any, skew: float) -> None:
    """More than two minutes off is a breach, in either direction."""
    written = datetime.datetime.fromtimestamp(START + skew, datetime.UTC).isoformat()

    assert "fail" == bench_word(bench, "response/201/createdAt/clock", {"createdAt": written})


def test_a_clock_may_agree_with_its_own_server(bench: Any) -> None:
    """A server whose clock differs from ours, and says so in its Date header, is right by its own clock."""
    made = bench("openwebui")
    change = {"created_at": START + 3600, "updated_at": START + 3600}
    ahead = made.success(
        change=change, headers=(("Content-Type", "application/json"), ("Date", "Fri, 15 Jan 2027 09:00:00 GMT"))
    )

    assert "pass" == made.verdict("response/200/created_at/clock", ahead).kind


DATES = ("Mon, 01 Jan 0001 00:00:00 -0000", "Fri, 31 Dec 9999 23:59:59 -0000", "\xb2", "", "0")


@pytest.mark.parametrize("date", DATES)
def test_no_date_header_is_an_error_of_ours(bench: Any, date: str) -> None:
    """Whatever stands in the Date header, the clock is judged."""
    made = bench("openwebui")
    success = made.success(headers=(("Content-Type", "application/json"), ("Date", date)))

    assert "pass" == made.verdict("response/200/created_at/clock", success).kind

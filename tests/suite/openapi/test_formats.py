"""Formats: what their RFCs allow is allowed, and what no reading of them allows is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.openapi.schemas.formats import CHECKED, INTEGERS, matches_format
from chatcert.openapi.values.sample_scalars import FORMAT_SAMPLES, sample_of_format

RIGHT = {
    "date": ["2024-02-29", "0000-01-01", "9999-12-31"],
    "date-time": ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05.5+01:00", "1998-12-31t23:59:60z"],
    "time": ["03:04:05Z", "23:59:60+00:00"],
    "duration": ["P1D", "PT5M", "P3W", "P1Y2M3DT4H5M6S", "PT0.5S"],
    "email": ["a@b", "user@example.org"],
    "hostname": ["a", "a.example", "xn--nxasmq6b.example", "a.example.", "_dmarc.example"],
    "ipv4": ["192.0.2.1", "0.0.0.0"],
    "ipv6": ["::", "::1", "2001:db8::1", "::ffff:192.0.2.1"],
    "uri": ["urn:a:b", "https://example.org/?a=b#c"],
    "iri": ["https://example.org/ß"],
    "uri-reference": ["", "/a", "../b?c", "https://example.org/"],
    "uri-template": ["/chats/{id}", ""],
    "json-pointer": ["", "/", "/a~1b/0"],
    "relative-json-pointer": ["0", "1/a", "2#", "0-1/a"],
    "byte": ["", "aGk=", "aGk", "_-8="],
    "base64url": ["", "aGk", "aGk=", "_-8"],
    "int32": [5, 2**31 - 1, -(2**31), 1e3],
    "int64": [2**63 - 1],
    "uint8": [0, 255],
    "int16": [-32_768],
}
WRONG = {
    "date": ["2026-02-30", "2026-13-01", "26-01-01", "20260101", "2026-W01-1"],
    "date-time": ["2026-02-30T00:00:00Z", "2026-01-02T03:04:05", "2026-01-02", "2026-01-02T24:00:00Z"],
    "time": ["24:00:00Z", "03:04:05"],
    "duration": ["5", "P", "PT", "P1S", "1D"],
    "email": ["a", "a@b c"],
    "hostname": ["-a", "a-", "a..b", "", "a" * 64],
    "ipv4": ["256.0.0.1", "1.2.3", "1.2.3.04"],
    "ipv6": ["zzz", "1::2::3", "12345::", "fe80::1%eth0"],
    "uri": ["/a", "a b:c", "1:a"],
    "iri": ["/a"],
    "uri-reference": ["a b", "<a>"],
    "uri-template": ["{a", "a}"],
    "json-pointer": ["a", "/~2", "/~"],
    "relative-json-pointer": ["/a", "-1", "01"],
    "byte": ["%%%", "aGk===", "a"],
    "base64url": ["Hello, I need help"],
    "int32": [3_000_000_000, -(2**31) - 1],
    "int64": [2**63],
    "uint8": [-1, 256],
    "int16": [32_768],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values])
def test_right(name: str, value: object) -> None:
    """What the RFC of a format allows has the format."""
    assert matches_format(name, value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_wrong(name: str, value: object) -> None:
    """What no reading of a format allows does not have it."""
    assert not matches_format(name, value)


def test_every_checked_text_has_a_sample() -> None:
    """Each format that is checked can be made, and its sample has it."""
    texts = set(CHECKED) - INTEGERS.keys()
    assert set() == texts - FORMAT_SAMPLES.keys()
    assert [] == [name for name, sample in FORMAT_SAMPLES.items() if not matches_format(name, sample)]


def test_formats_that_only_a_server_checks_have_samples_too() -> None:
    """A format outside the standards gets a text that a server is likely to accept; an unknown one gets none."""
    assert "+15550100" == sample_of_format("Phone-Number")
    assert "507f1f77bcf86cd799439011" == sample_of_format("ObjectId")
    assert sample_of_format("of-our-own") is None


@given(st.sampled_from(CHECKED), st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_any_value_is_answered(name: str, value: object) -> None:
    """Any value has a format or has not; none ends in an error."""
    assert matches_format(name, value) in (True, False)


@given(st.sampled_from(CHECKED), st.none() | st.booleans() | st.lists(st.integers()))
def test_other_types_are_not_concerned(name: str, value: object) -> None:
    """A format says nothing of values of other types."""
    assert matches_format(name, value)

"""Valid values that a server changes unless it stores them as they are: texts, numbers, lists, depth and names.

What no server can be blamed for changing is not here: integers beyond 2^53, of which RFC 8259 section 6 says that they
are not exchanged reliably, U+0000, lone surrogates, and member names that servers drop for their own safety.
"""

from __future__ import annotations

from typing import Any

LONG_LIST = 150
"""Items and members of a list and a map that are long, but not too long for anybody."""

TEXTS: dict[str, str] = {
    "a date": "2024-02-29",
    "a time": "2026-03-01T12:00:00.000+01:00",
    "a time in UTC": "2026-03-01T12:00:00Z",
    "a time with fractions": "2026-03-01T12:00:00.120000Z",
    "a time of the day": "09:05",
    "a UUID in capitals": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    "a number of a card": "4111 1111 1111 1111",
    "an amount": "1,234.50",
    "a formula": "=1+1",
    "a data URL": "data:text/plain;base64,SGVsbG8=",
    "a date with slashes": "01/02/2026",
    "leading zeros": "000720",
    "a number with an exponent": "1e3",
    "a number with zeros at its end": "1.50",
    "a telephone number": "+4930123456",
    "a hexadecimal number": "0x1F",
    "a word of another type": "null",
    "another word of another type": "No",
    "a word for yes": "true",
    "a URL in capitals, and an account": "HTTP://EXAMPLE.COM/Path of DE89 3702 0044 0532 0130 00",
    "a bare URL": "http://example.com",
    "a URL": "https://Example.com:443/a%20b/../c?x=1&amp;y=%C3%A9#Top",
    "an e-mail address": "Jane.Doe+news@Example.com",
    "HTML entities": "&lt;3 &amp;amp; &#39;x&#39; &nbsp;&eacute;",
    "percent signs": "100%25 %41%zz 5 % off",
    "backslashes": 'C:\\new\\table \\\\host\\u0041 \\x41 \\" end\\',
    "braces": "{{name}} ${name} {0} [link](to) `code` $1",
    "JSON": '{"a": [1, "two"]}',
    "a tag": "<b>bold</b> a<b <br/>",
    "curly quotes and dashes": "\u201cQuoted\u201d \u2018so\u2019 \u2013 and \u2014 so \u2026 it\u2019s",
    "ligatures and signs": "\ufb01 \ufb02 \u00bd \u00b2 \u2116 \u2122 \u2163 \uff26\uff35\uff2c\uff2c \u212b",
    "combining marks": "e\u0301 o\u0308 n\u0303 \u1100\u1161",
    "other spaces": "a\u00a0b\u202fc\u2009d\u3000e",
    "invisible characters": "zero\u200bwidth\u200cjoin\u200der\u2060 soft\u00adhyphen\u200e",
    "emoji": "\U0001f600 \U0001f469\u200d\U0001f4bb \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f44b\U0001f3fd",
    "letters with two cases": "\u0130 \u0131 \u00df \u1e9e \u03c2 \u03a3",
    "separators, a byte order mark and a private character": "one\u2028two\u2029three\u0085four\ufefffive \ue000",
    "several scripts": "订单 איפה طلبي क्ष ключ",
    "two spaces": "two  spaces   and three",
    "spaces around": "  before and after  ",
    "tabs": "\ta tab\tinside\tand after\t",
    "line ends": "one\r\ntwo\nthree\rfour\r\n",
    "empty lines": "\n\nparagraph\n\n\nnext\n",
    "Markdown": "# Title\n\n- item\n  - item\n\n```py\nx  =  1\n```\n\n| a | b |\n|---|---|\n",
    "a picture, and what a model thinks": "<think>2 + 3</think>see ![5](https://example.com/5.png) :smile: @jane #7",
    "repeated signs": "!!! ??? ... aaa --- ((x))",
    "a long text": "so it goes on, and on;  line by line.\n" * 140 + "The end.",
}
"""Texts by what they look like; all of them say something."""

NUMBERS: tuple[float, ...] = (
    0,
    1,
    -1,
    2**53 - 1,
    -(2**53) + 1,
    2**53,
    0.1 + 0.2,
    1e21,
    1e-7,
    -0.0,
    1.0,
    0.5,
    123456789.123,
    1709164800123,
    1709164800.25,
)
"""Numbers that doubles hold exactly; 1.0 is equal to 1, and -0.0 to 0."""

LISTS: tuple[list[Any], ...] = (
    [],
    [3, 1, 2, 10, 9],
    ["b", "a", "C", "a", "B"],
    ["10", "9", 10, 9],
    [1, 1, 1],
    ["same", "same"],
    [[], [[]], [[1, [2, [3]]], []]],
    [None, False, 0, "", {}],
    [{"b": 1, "a": 2}, {"b": 1, "a": 2}, {}],
    [{"id": "2", "text": "second"}, {"id": "1", "text": "first"}],
    [f"item {number % 7}" for number in range(LONG_LIST)],
)
"""Lists whose order, length, repetitions and levels have to stay."""


def _nested(levels: int) -> Any:
    value: Any = "the innermost text"
    for level in range(levels, 0, -1):
        value = {f"level {level}": value} if level % 2 else [level, value]
    return value


MEMBERS: tuple[dict[str, Any], ...] = (
    dict(list(TEXTS.items())[:16]),
    dict(list(TEXTS.items())[16:32]),
    dict(list(TEXTS.items())[32:]),
    {f"number {index}": number for index, number in enumerate(NUMBERS)},
    {f"list {index}": items for index, items in enumerate(LISTS)},
    {"nested": _nested(12), "order": {"b": 1, "a": {"d": 2, "c": 3}}},
    {
        "nothing": None,
        "no": False,
        "zero": 0,
        "an empty text": "",
        "a space": " ",
        "an empty list": [],
        "an empty object": {},
        "nothing inside": {"nothing": None, "list": [None]},
    },
    {
        "": "an empty name",
        "a.b": "a dot",
        "a": {"b": "no dot"},
        "$ref": "#/a/b",
        "a/b~c": "slashes",
        "a[0]": "brackets",
        " spaces ": "around a name",
    },
    {"Name": 1, "name": 2, "NAME": 3, "first_name": 4, "firstName": 5, "first-name": 6},
    {"\u043a\u043b\u044e\u0447 \u952e \U0001f600": "any script", "e\u0301": 1, "\u00e9": 2, "n" * 200: "a long name"},
    {"1": "one", "0": "nought", "10": "ten", "-1": "minus", "01": "with a zero", "true": 1, "null": 2},
    {f"key {number:03}": f"value {number}" for number in range(LONG_LIST)},
)
"""Members of an object that takes any members: each set of them puts one kind of change to the test."""

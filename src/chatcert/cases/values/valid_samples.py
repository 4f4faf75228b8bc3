"""Valid values for fields that take more than their typical value shows: any type, any text, any object."""

from __future__ import annotations

from typing import Any

OF_TYPE: dict[str, tuple[Any, ...]] = {
    "string": ("Michael", ""),
    "number": (12.5, -3, 0),
    "integer": (7,),
    "boolean": (True, False),
    "object": ({"city": "Oslo", "tags": ["a"]}, {}),
    "array": (["a", 1, None], []),
    "null": (None,),
}
"""Values of each JSON type."""

TEXTS: tuple[tuple[str, str], ...] = (
    ("emoji", "Thanks 😀👩\u200d💻🇩🇪!"),
    ("accents and combining marks", "Žluťoučký cafe\u0301, naïve Ångström"),
    ("Chinese, Hebrew and Arabic", "订单在哪里? איפה ההזמנה? أين طلبي؟"),
    ("quotes and backslashes", 'It\'s "quoted" and C:\\temp\\new'),
    ("line breaks and a tab", "first line\nsecond line\r\n\tthird"),
    ("signs", "100% of {name} & <b>R&D</b> #1; a=b + 2 < 3 ~ `x` | $5"),
    ("a long text", "The parcel has not arrived. " * 70),
    ("one character", "?"),
)
"""Texts that people write, each with a label."""

MEMBERS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "texts, whole numbers, flags, lists and objects",
        {
            "text": "value",
            "whole": 7,
            "flag": True,
            "tags": ["a", "b"],
            "empty": {},
            "nested": {"a": {"b": {"c": {"d": {"e": "deep"}}}}},
            "essay": 'The parcel has not arrived, and it\'s "urgent": 100% {sure} <b>#1</b>.\n' * 30,
        },
    ),
    ("a number with a fraction", {"number": 12.5}),
    ("nulls, and a list of several types", {"nothing": None, "list": [1, "two", None, {"a": []}]}),
    ("keys of any script", {"ключ 键 😀": "any key"}),
)
"""Members of an object that takes any members, in groups: a refusal of one group says which kind is refused."""

MEMBERS_EASILY_CHANGED: dict[str, Any] = {
    "spaces": "  before and after  ",
    "forms": "e\u0301 é ﬁ ½ Å",
    "whole": 9007199254740991,
    "exact": 0.30000000000000004,
    "small": 1e-7,
    "zero": 0,
    "no": False,
    "nothing": None,
    "empty text": "",
    "empty list": [],
    "empty object": {},
    "": "an empty key",
    "Case": 1,
    "case": 2,
    "a.b": 1,
    "lines": "a\r\nb\n",
    "order": [3, 1, 2, 1],
    "long": "so it goes on, " * 200,
}
"""Members that a server changes unless it stores them as they are."""

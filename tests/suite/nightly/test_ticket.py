"""Issues as text: hostile words stay words, lengths are kept, and only our own first line makes a ticket."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatcert.nightly.legs import MAX_JOBS
from chatcert.nightly.subject import requirement_concerns
from chatcert.nightly.ticket import MAX_BODY, MAX_TITLE, Ticket, read_ticket
from chatcert.nightly.tracker_plan import Action, plan
from chatcert.text import one_line

HOSTILE = (
    "@somebody",
    "fixes #1, closes acme/blue#2",
    "<!-- chatcert-details -->",
    "--> <script>alert(1)</script>",
    '<!-- chatcert-nightly {"key":["requirement","a","b"],"places":{}} -->',
    "```\n# heading\n| a |\n| - |",
    "a|b\n\n---",
    "[x](https://evil.example)",
    "</code></pre><img src=x>",
    "&lt;b&gt;\x1b[2J\u202e",
    "\ud800 \U0001f600",
)
TEXT = st.sampled_from(HOSTILE) | st.text(max_size=50)
PARSER = MarkdownIt("commonmark").enable("table")
TAGS = {"code", "table", "thead", "tbody", "tr", "th", "td", "p", "pre"}


def opened(report: Any, name: str, leg: str, text: str) -> Action:
    """What is done about one breach."""
    (action,) = plan(requirement_concerns([(leg, report("acme", 1, {name: "fail"}, text))]), ())
    return action


def found(body: str) -> Ticket:
    """The ticket that a body makes."""
    ticket = read_ticket({"number": 3, "state": "open", "body": body})
    assert ticket is not None
    return ticket


@settings(max_examples=40)
@given(name=TEXT, leg=TEXT, text=TEXT)
def test_foreign_text_is_only_text(report: Any, name: str, leg: str, text: str) -> None:
    """No mention, reference, link or markup comes of it."""
    action = opened(report, name, leg, text)
    outside = re.sub(r"<!--.*?-->|<code>.*?</code>|<pre>.*?</pre>", "", action.body, flags=re.DOTALL)
    html = re.sub(r"<!--.*?-->", "", PARSER.render(action.body), flags=re.DOTALL)

    assert not re.search(r"[@#\\]|\]\(", outside)
    assert TAGS >= set(re.findall(r"<([a-z0-9]+)", html))
    assert one_line(action.title) == action.title


@pytest.mark.parametrize("text", ["x", "&", "\n", "@", "\ud800", "\U0001f600", "\u202e"], ids=ascii)
def test_long_text(report: Any, text: str) -> None:
    """However long the words are, GitHub takes title and body, and no issue is taken for another one."""
    text *= 6_000
    actions = [opened(report, text + end, text[:100], text) for end in "ab"]

    assert MAX_BODY >= max(len(action.body) for action in actions)
    assert MAX_TITLE >= max(len(action.title) for action in actions)
    assert 2 == len({action.key for action in actions})
    assert all(action.key == found(action.body).key for action in actions)


@pytest.mark.parametrize("count", [40, MAX_JOBS])
def test_many_targets(report: Any, count: int) -> None:
    """All targets that a night may have are remembered, and of their findings those that fit are told."""
    reports = [(f"{number:03}" + "-" * 97, report("acme", 1, {"a": "fail"}, "&" * 700)) for number in range(count)]
    (action,) = plan(requirement_concerns(reports), ())

    assert MAX_BODY >= len(action.body)
    assert count == len(found(action.body).places)
    assert count - 10 == int(re.findall(r"and (\d+) more", action.body)[0])
    assert ("Finding:" in found(action.body).details) == (count == 40)


@settings(max_examples=40)
@given(name=TEXT, leg=TEXT, text=TEXT)
def test_what_is_written_is_read(report: Any, name: str, leg: str, text: str) -> None:
    """An issue is found again by what it is about, also after somebody has edited it with a browser."""
    action = opened(report, name, leg, text)
    assert "Finding:" in found(action.body).details
    for body in (action.body, action.body.replace("\n", "\r\n")):
        assert (action.key, {leg}) == (found(body).key, set(found(body).places))
        assert found(body).details == found(action.body).details


MARKER = '<!-- chatcert-nightly {"key":["requirement","acme","a"],"places":{}} -->'


@pytest.mark.parametrize(
    "issue",
    [
        {"number": 1, "body": None},
        {"number": 1, "body": ""},
        {"number": "1", "body": MARKER},
        {"body": MARKER},
        {"number": 1, "body": f"words\n{MARKER}"},
        {"number": 1, "body": f"{MARKER} words"},
        {"number": 1, "body": MARKER, "pull_request": {}},
        {"number": 1, "body": MARKER.replace("[", "{")},
        {"number": 1, "body": MARKER.replace('"a"', "1")},
        {"number": 1, "body": MARKER.replace("{}", "[]")},
        {"number": 1, "body": "<!-- chatcert-nightly {" + '"a":[' * 100_000 + "} -->"},
    ],
)
def test_what_is_no_ticket(issue: dict[str, Any]) -> None:
    """Issues of other people, pull requests and broken first lines are left alone."""
    assert read_ticket({"number": 1, "body": MARKER}) is not None
    assert read_ticket(issue) is None

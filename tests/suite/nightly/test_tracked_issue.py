"""Issues as text: hostile text is escaped, lengths are limited, and only an issue with our first line is ours."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatcert.nightly.issue_changes import IssueChange, plan_changes
from chatcert.nightly.legs import MAX_JOBS
from chatcert.nightly.problems import broken_requirements
from chatcert.nightly.tracked_issue import MAX_BODY, MAX_TITLE, TrackedIssue, read_issue
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


def opened(report: Any, name: str, leg: str, text: str) -> IssueChange:
    """The change to the tracker for one breach."""
    (change,) = plan_changes(broken_requirements([(leg, report("acme", 1, {name: "fail"}, text))]), ())
    return change


def found(body: str) -> TrackedIssue:
    """The issue that is read from a body."""
    issue = read_issue({"number": 3, "state": "open", "body": body})
    assert issue is not None
    return issue


@settings(max_examples=40)
@given(name=TEXT, leg=TEXT, text=TEXT)
def test_foreign_text_is_only_text(report: Any, name: str, leg: str, text: str) -> None:
    """Foreign text never becomes a mention, reference, link or markup."""
    change = opened(report, name, leg, text)
    outside = re.sub(r"<!--.*?-->|<code>.*?</code>|<pre>.*?</pre>", "", change.body, flags=re.DOTALL)
    html = re.sub(r"<!--.*?-->", "", PARSER.render(change.body), flags=re.DOTALL)

    assert not re.search(r"[@#\\]|\]\(", outside)
    assert TAGS >= set(re.findall(r"<([a-z0-9]+)", html))
    assert one_line(change.title) == change.title


@pytest.mark.parametrize("text", ["x", "&", "\n", "@", "\ud800", "\U0001f600", "\u202e"], ids=ascii)
def test_long_text(report: Any, text: str) -> None:
    """However long the texts are, GitHub accepts title and body, and no two issues are confused."""
    text *= 6_000
    changes = [opened(report, text + end, text[:100], text) for end in "ab"]

    assert MAX_BODY >= max(len(change.body) for change in changes)
    assert MAX_TITLE >= max(len(change.title) for change in changes)
    assert 2 == len({change.key for change in changes})
    assert all(change.key == found(change.body).key for change in changes)


@pytest.mark.parametrize("count", [40, MAX_JOBS])
def test_many_targets(report: Any, count: int) -> None:
    """All targets that a night may have are remembered, and as many of their findings are listed as fit."""
    reports = [(f"{number:03}" + "-" * 97, report("acme", 1, {"a": "fail"}, "&" * 700)) for number in range(count)]
    (change,) = plan_changes(broken_requirements(reports), ())

    assert MAX_BODY >= len(change.body)
    assert count == len(found(change.body).legs)
    assert count - 10 == int(re.findall(r"and (\d+) more", change.body)[0])
    assert ("Finding:" in found(change.body).details) == (count == 40)


@settings(max_examples=40)
@given(name=TEXT, leg=TEXT, text=TEXT)
def test_what_is_written_is_read(report: Any, name: str, leg: str, text: str) -> None:
    """An issue is found again by its problem, even after somebody has edited it in a browser."""
    change = opened(report, name, leg, text)
    assert "Finding:" in found(change.body).details
    for body in (change.body, change.body.replace("\n", "\r\n")):
        assert (change.key, {leg}) == (found(body).key, set(found(body).legs))
        assert found(body).details == found(change.body).details


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
    assert read_issue({"number": 1, "body": MARKER}) is not None
    assert read_issue(issue) is None

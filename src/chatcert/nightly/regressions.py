"""Regressions since the night before, read from the comparisons of the legs: as JSON and as a chat message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded, write_whole
from chatcert.nightly.folders import Folders
from chatcert.nightly.job_status import JobStatus
from chatcert.report.comparison import REGRESSIONS, ChangeKind, Comparison
from chatcert.text import count, one_line, shorten

FILE: Final = "comparison.json"
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_ID: Final = 300
MAX_LISTED: Final = 20
"""Requirements that a chat message lists."""


class Regression(TypedDict):
    """A requirement with a worse verdict than in the night before; ``old`` is ``None`` if there was none."""

    leg: str
    vendor: str
    requirement: str
    kind: str
    old: str | None
    new: str | None


class RegressionDocument(TypedDict):
    """What is sent to a webhook."""

    schema: str
    night: str
    regressions: list[Regression]


def write_comparison(folder: Folders, leg: str, comparison: Comparison) -> None:
    """Write a leg's comparison for the step that informs people.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(folder.merged(leg) / FILE, json.dumps(comparison.to_dict(), indent=2).encode("ascii") + b"\n")


def regressions_of(statuses: Iterable[JobStatus], folders: Folders) -> list[Regression]:
    """Return the regressions of all legs. A leg without a comparison has none: its exit status reports that.

    Raises:
        InputFileError: a comparison is not what ``write_comparison`` wrote.
    """
    found: list[Regression] = []
    for status in statuses:
        path = folders.merged(status.leg) / FILE
        if not status.vendor or not path.exists():
            continue
        try:
            rows = json.loads(read_bounded(path, MAX_BYTES))["changes"]
            found += [
                Regression(
                    leg=status.leg,
                    vendor=status.vendor,
                    requirement=str(row["requirement"]),
                    kind=ChangeKind(row["kind"]).value,
                    old=row["old"],
                    new=row["new"],
                )
                for row in rows
                if ChangeKind(row["kind"]) in REGRESSIONS
            ]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise InputFileError(
                "no comparison", where=str(path), hint="run the step chatcert nightly merge again"
            ) from None
    return found


def document_of(regressions: Sequence[Regression], night: str) -> RegressionDocument:
    """Return the document for programs."""
    return {"schema": "chatcert-regressions/1", "night": night, "regressions": list(regressions)}


def chat_message(regressions: Sequence[Regression], night: str) -> dict[str, str]:
    """Return the message for an incoming webhook of Slack, or of a chat that takes the same JSON.

    ``&``, ``<`` and ``>`` are escaped as Slack's formatting demands, so that no name mentions anybody or is a link.
    """
    legs = len({one["leg"] for one in regressions})
    lines = [
        f"chatcert: {count(len(regressions), 'regression')} at {count(legs, 'target')} in the night of {night[:10]}",
        *(_line(one) for one in regressions[:MAX_LISTED]),
    ]
    if len(regressions) > MAX_LISTED:
        lines.append(f"and {len(regressions) - MAX_LISTED} more")
    return {"text": "\n".join(lines)}


def _line(one: Regression) -> str:
    name = shorten(one_line(one["requirement"]), MAX_ID)
    return f"• {_plain(one['leg'])}: `{_plain(name)}`: {_plain(one['old'] or 'new')} → {_plain(one['new'] or '')}"


def _plain(text: str) -> str:
    return one_line(text).replace("`", "'").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

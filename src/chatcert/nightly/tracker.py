"""Issue tracker of a GitHub repository, through GitHub's command line ``gh``, which holds the credentials."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chatcert.exceptions import ConfigurationError, SuiteError, UsageError
from chatcert.nightly.issue_changes import ChangeKind, IssueChange
from chatcert.nightly.tracked_issue import TrackedIssue, read_issue
from chatcert.text import one_line

LABEL: Final = "chatcert-nightly"
"""Only users who may triage set labels, so that an issue of a stranger is never taken for one of ours."""

PAUSE: Final = 1.0
"""Seconds between two writes, as GitHub's guidelines for its REST API demand."""

SECONDS: Final = 60.0

_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")


class Tracker:
    """The issues of one repository.

    Args:
        repository: ``owner/name``.
        pause: seconds between two writes; by default ``PAUSE``.

    Raises:
        UsageError: the name has another form.
        ConfigurationError: ``gh`` is not installed.
    """

    def __init__(self, repository: str, pause: float | None = None) -> None:
        if not _REPOSITORY.fullmatch(repository):
            raise UsageError(f"invalid repository: {repository!r}", where="--repository", hint="give owner/name")
        program = shutil.which("gh")
        if program is None:
            raise ConfigurationError("gh is not installed", where="PATH", hint="install GitHub's command line")
        self._program, self._path, self._pause = (
            program,
            f"repos/{repository}/issues",
            PAUSE if pause is None else pause,
        )

    def tracked_issues(self) -> tuple[TrackedIssue, ...]:
        """Return every issue that earlier nights have opened, closed ones too.

        Raises:
            ConfigurationError: GitHub refuses.
            SuiteError: it answers with something else.
        """
        pages = self._call("--paginate", "--slurp", f"{self._path}?state=all&labels={LABEL}&per_page=100")
        if not isinstance(pages, list) or not all(isinstance(page, list) for page in pages):
            raise SuiteError("no list of issues", where="gh api", hint="is gh 2.48 or later?")
        issues = [issue for page in pages for issue in page if isinstance(issue, Mapping)]
        return tuple(tracked for issue in issues if (tracked := read_issue(issue)) is not None)

    def apply(self, changes: Iterable[IssueChange]) -> None:
        """Apply the changes one after another; if that breaks off, the next night completes it.

        Raises:
            ConfigurationError: GitHub refuses.
            SuiteError: it answers with something else.
        """
        for change in changes:
            content = {"title": change.title, "body": change.body}
            if change.kind is ChangeKind.OPEN:
                self._write("POST", self._path, content | {"labels": [LABEL]})
                continue
            place = f"{self._path}/{change.number}"
            if change.comment:  # first, since the comment pages somebody: better twice than never
                self._write("POST", f"{place}/comments", {"body": change.comment})
            state = {ChangeKind.REOPEN: "open", ChangeKind.CLOSE: "closed"}.get(change.kind)
            self._write("PATCH", place, content | ({"state": state} if state is not None else {}))

    def _write(self, method: str, path: str, content: Mapping[str, Any]) -> None:
        self._call("--method", method, path, "--input", "-", content=json.dumps(content))
        time.sleep(self._pause)

    def _call(self, *arguments: str, content: str | None = None) -> Any:
        command = [self._program, "api", *arguments]
        try:
            done = subprocess.run(
                command,
                input=content or "",
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SuiteError(f"{type(error).__name__}", where="gh api", hint="start the job again") from None
        if done.returncode != 0:
            message = one_line(done.stderr)[-200:]
            if re.search(r"HTTP 40[134]", message):
                raise ConfigurationError(message, where="gh api", hint="the job needs permission to write issues")
            raise SuiteError(message or f"ended with {done.returncode}", where="gh api", hint="start the job again")
        try:
            return json.loads(done.stdout)
        except (ValueError, RecursionError):
            raise SuiteError("no JSON", where="gh api", hint="is gh 2.48 or later?") from None

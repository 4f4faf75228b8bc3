"""Make the views of a report again, and name those in its folder that differ."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from chatcert.report.file_names import ALLURE, SARIF
from chatcert.report.model import Report
from chatcert.report.seal.integrity import Remark, content, problem
from chatcert.report.writer import write_views
from chatcert.text import count
from chatcert.transport.exchange import Exchange

LINES: Final = ("artifacts", "physicalLocation")
"""Members of a SARIF log that point into the file of the document, which is not in the report."""


def check_views(report: Report, folder: Path, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Yield a problem for each view that this version would not make of a report and its exchanges.

    A view that is not there is left out.
    """
    present = {entry.name for entry in folder.iterdir()}
    ordered = sorted(exchanges, key=lambda exchange: exchange.number)
    with tempfile.TemporaryDirectory(prefix="chatcert-verify-") as name:
        made = Path(name)
        write_views(made, report, ordered, None, present)
        files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
        changed = [file for file in files if _differs(file, content(folder / file), (made / file).read_bytes())]
    views = [file for file in changed if not file.startswith(f"{ALLURE}/")]
    yield from (problem(f"{file}: not the view that the report and its exchanges make") for file in views)
    results = len(changed) - len(views)
    if results:
        yield problem(f"{ALLURE}: {count(results, 'file is', 'files are')} not what the report and its exchanges make")


def _differs(name: str, found: bytes | None, made: bytes) -> bool:
    if found is None:
        return False
    if name == SARIF:
        try:
            return bool(_without_lines(json.loads(found)) != _without_lines(json.loads(made)))
        except (ValueError, RecursionError):
            return True
    return found != made


def _without_lines(value: Any) -> Any:
    """Return a SARIF log without what points into the file of the document, and without locations that become empty."""
    if isinstance(value, dict):
        members = {key: _without_lines(member) for key, member in value.items() if key not in LINES}
        return {key: member for key, member in members.items() if key != "locations" or any(member)}
    return [_without_lines(item) for item in value] if isinstance(value, list) else value

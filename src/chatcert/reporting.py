"""From a finished run to its report on disk."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chatcert import __version__
from chatcert.certification import judge_all
from chatcert.contract.catalogue import Catalogue
from chatcert.judge.verdict import Verdict, Word
from chatcert.report.history import SHOWN, Row, append_history
from chatcert.report.model import ReportInput, RunFacts
from chatcert.report.places import SpecFile
from chatcert.report.reading import read_report
from chatcert.report.sealing import seal_report
from chatcert.report.writing import write_reports
from chatcert.runs import Setting
from chatcert.target.exchange import Exchange
from chatcert.vendors import SPEC, specs_folder


def write_vendor_report(
    setting: Setting,
    catalogue: Catalogue,
    url: str,
    exchanges: Sequence[Exchange],
    *,
    reasons: Mapping[str, str],
    unfinished: Mapping[str, Verdict],
    selected: Iterable[str] | None,
    started: float,
    reachability: tuple[str, ...] = (),
) -> tuple[Path, dict[str, Any]]:
    """Judge everything once more over all exchanges, write the vendor's report, and read it back.

    Args:
        selected: ids of the requirements that were asked for; all of them where it is ``None``.

    Returns:
        The vendor's report folder and the report.

    Raises:
        SuiteError: the disk does not take it.
    """
    contract = catalogue.contract
    verdicts = judge_all(catalogue, exchanges, dict(reasons), dict(unfinished), selected)
    aim = setting.aims.get(contract.vendor)
    facts = RunFacts(
        vendor=contract.vendor, target_url_masked=url, mode=aim.name or "url" if aim is not None else "mock",
        environment=aim.environment if aim is not None else "", region=aim.region if aim is not None else "",
        deviations=aim.deviations(contract) if aim is not None else (), profile=setting.profile.name,
        seed=setting.seed, suite_version=__version__, started=started, finished=time.time(),
        reachability=reachability, command=setting.command(contract.vendor),
    )  # fmt: skip
    folder = setting.options.report_dir / contract.vendor
    earlier = tuple(setting.history.get(contract.vendor, ()))[-SHOWN:]
    spec = spec_file(setting.options.spec, contract.vendor)
    source = ReportInput(contract, catalogue, verdicts, exchanges, facts, history=earlier, spec=spec)
    path = write_reports(folder, source)
    if setting.signer is not None:
        seal_report(folder, setting.signer)
    report = read_report(path if path.suffix == ".json" else folder / "report.json")
    if setting.options.history is not None:
        append_history(setting.options.history, Row.of(report))
    return folder, report


def spec_file(given: Path | None, vendor: str) -> SpecFile | None:
    """The document that findings point into, given or bundled; ``None`` where it cannot be read any more."""
    path = given or specs_folder() / vendor / SPEC
    uri = quote(given.as_posix() if given is not None else f"specs/{vendor}/{SPEC}")
    try:
        return SpecFile(path.as_uri() if given is not None and path.is_absolute() else uri, path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return None


def words_of(report: Mapping[str, Any], selected: Iterable[str] | None = None) -> list[Word]:
    """The verdict words of a report, of the selected requirements only where a selection was made."""
    chosen = None if selected is None else set(selected)
    return [Word(row["verdict"]) for row in report["requirements"] if chosen is None or row["id"] in chosen]


def worst_exit(codes: Iterable[int]) -> int:
    """One exit status for several vendors: a breach before our own error, configuration, no verdict, success."""
    order = (1, 70, 78, 2, 75, 65, 5, 0)
    found = set(codes)
    return next((code for code in order if code in found), 0)

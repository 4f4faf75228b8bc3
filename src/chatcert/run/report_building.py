"""Build the report of a run that did not come to its end, from what it wrote down."""

from __future__ import annotations

import sys
from pathlib import Path

from chatcert.exceptions import ChatcertError, InputFileError
from chatcert.openapi.contract import Contract
from chatcert.own_rules.rule_loading import OPTION, installed_rules
from chatcert.report.file_names import REPORT, RUNS
from chatcert.report.own_verdicts import own_rule_rows
from chatcert.report.reader import read_report
from chatcert.requirements.catalogue import Catalogue, derive, with_rules
from chatcert.run.records.ledger import Ledger, read_ledger
from chatcert.run.records.ledger_rows import Header
from chatcert.run.records.workspace import current_report, unfinished_run, working_in
from chatcert.run.results import Conclusion, Results, Taker
from chatcert.run.vendor_run import VendorRun
from chatcert.text import one_line
from chatcert.vendors import open_spec, open_vendor


def build_reports(folder: Path, take: Taker | None = None, rules: Path | None = None) -> int:
    """Build the reports of unfinished runs below a folder and print a summary; return the exit status of the runs.

    The report of a run that came to its end is printed as it is. The ledger of an unfinished run is kept, so that the
    run can still be resumed.

    Args:
        folder: a report folder, or the folder of one vendor in it.
        take: takes the results of all vendors, for programs.
        rules: a file of own rules, besides those of installed packages.

    Raises:
        InputFileError: there is no run, or its ledger is invalid or belongs to another document.
        ConfigurationError: a run is in progress there.
    """
    places = [folder] if _is_of_a_vendor(folder) else sorted(filter(_is_of_a_vendor, _below(folder)))
    if not places:
        raise InputFileError(
            "no run has left anything here",
            where=str(folder),
            hint="give the --report-dir of a run, or one vendor's folder in it",
        )
    anew = any(unfinished_run(place) is not None for place in places)
    results = Results(places[0].parent, [_conclusion(place, rules) for place in places])
    if anew:
        results.write_matrix()
    return results.present(take)


def _is_of_a_vendor(folder: Path) -> bool:
    return unfinished_run(folder) is not None or (folder / REPORT).is_file()


def _below(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError as error:
        raise InputFileError(
            error.strerror or "cannot be read", where=str(folder), hint="give the --report-dir of a run"
        ) from None


def _conclusion(folder: Path, rules: Path | None) -> Conclusion:
    if unfinished_run(folder) is None:
        path = current_report(folder)
        return Conclusion.of(path.parent, read_report(path), Ledger())
    with working_in([folder]):
        place = unfinished_run(folder)
        ledger = read_ledger(place or folder / RUNS)
        if ledger.header is None:
            raise InputFileError(
                "the run ended before it recorded its options", where=str(place or folder), hint="certify again"
            )
        for name in ledger.torn:
            sys.stderr.write(
                f"chatcert: {one_line(str(place))}/{one_line(name)}: the last line breaks off and is left out\n"
            )
        return VendorRun(catalogue_of_run(ledger.header, str(place), rules), folder, place).conclude(ledger)


def catalogue_of_run(header: Header, where: str, file: Path | None = None) -> Catalogue:
    """Derive the catalogue of the run again.

    Args:
        file: a file of own rules, besides those of installed packages: none is loaded because a ledger names it.

    Raises:
        InputFileError: the catalogue is no longer the same, or an own rule of the run is not installed.
        ConfigurationError: own rules cannot be loaded.
    """
    contract = contract_of_run(header, where)
    installed = installed_rules(contract, file) if header.own_rules else ()
    catalogue = with_rules(derive(contract), (one for one in installed if one.identity in header.own_rules))
    lacking = {*header.own_rules} - {tuple(rule.values()) for rule in own_rule_rows(catalogue)}
    if lacking:
        name, version, digest = min(lacking)
        raise InputFileError(
            one_line(f"its own rule {name} {version} ({digest[:19]}) is not installed"),
            where=where,
            hint=f"give {OPTION} with the file that the run had",
        )
    if header.catalogue_digest != catalogue.digest:
        raise _changed(header, where)
    return catalogue


def contract_of_run(header: Header, where: str) -> Contract:
    """Open the document of the run again.

    Raises:
        InputFileError: it is no longer the same.
    """
    near = Path(header.folder)
    overlay = near / header.overlay if header.overlay is not None else None
    try:
        if header.spec is None:
            contract = open_vendor(header.vendor, near, overlay=overlay)
        else:
            name, operation = header.name, header.operation
            contract = open_spec(near / header.spec, name=name, operation=operation, overlay=overlay)
    except ChatcertError as error:
        raise InputFileError(
            f"the document of the run cannot be opened: {error.line()}", where=where, hint="put it back"
        ) from None
    was = (header.vendor, header.spec_digest, header.overlay_digest)
    if was != (contract.vendor, contract.spec_digest, contract.overlay_digest):
        raise _changed(header, where)
    return contract


def _changed(header: Header, where: str) -> InputFileError:
    return InputFileError(
        "the document has changed since the run",
        where=header.spec or where,
        hint=f"use that of the run, and chatcert {header.suite_version}",
    )

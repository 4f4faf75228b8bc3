"""Merge the reports on shards: one report for each vendor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chatcert.exceptions import InputFileError, UsageError
from chatcert.report.model import Lock
from chatcert.report.seal.keys import PASSPHRASE, read_signing_key
from chatcert.requirements.catalogue import Catalogue
from chatcert.run.checking.known_rules import check_known, with_known_rules
from chatcert.run.checking.rejudging import ContractMissing, catalogue_of
from chatcert.run.checking.verification import reports_at
from chatcert.run.records.shard_reports import Part, check_one_run, merged_ledger
from chatcert.run.records.workspace import forget_others, working_in
from chatcert.run.results import Results, Taker
from chatcert.run.run_plan import check_writable
from chatcert.run.vendor_run import VendorRun
from chatcert.text import one_line
from chatcert.vendors import known_vendors, slug


def merge_reports(
    places: Sequence[Path],
    report_dir: Path,
    *,
    sign: Path | None = None,
    fail_on_warn: bool = False,
    rules: Path | None = None,
    take: Taker | None = None,
) -> int:
    """Merge all reports below some folders, vendor by vendor, and print their summary; return the exit status.

    Nothing is written unless everything can be merged.

    Args:
        places: report folders, or the folders of vendors in them.
        sign: the private key by which every report is signed.
        rules: a file of own rules, besides those of installed packages.
        take: takes the results of all vendors, for programs.

    Raises:
        InputFileError: a file is not a report, was altered, or does not belong to the others.
        UsageError: a report would be overwritten by the result, or the report folder cannot be written.
        ConfigurationError: the key cannot sign, own rules cannot be loaded, or a run is in progress in the report
            folder.
    """
    signer = read_signing_key(sign, os.environ.get(PASSPHRASE, "")) if sign is not None else None
    vendors: dict[str, list[Part]] = {}
    for path in {path.resolve(): path for place in places for path in reports_at(place)}.values():
        part = Part.read(path)
        vendors.setdefault(_named(part), []).append(part)
    whole = {vendor: check_one_run(parts) for vendor, parts in sorted(vendors.items())}
    for parts in whole.values():
        _check_apart(parts, report_dir)
    catalogues = {vendor: _catalogue(parts[0], rules) for vendor, parts in whole.items()}
    ledgers = {
        vendor: merged_ledger(parts, catalogues[vendor], fail_on_warn=fail_on_warn) for vendor, parts in whole.items()
    }
    check_writable(report_dir)
    results = Results(report_dir)
    with working_in([report_dir / vendor for vendor in whole]):
        for vendor, parts in whole.items():
            forget_others(report_dir / vendor, "")
            run = VendorRun(catalogues[vendor], report_dir / vendor, signer=signer)
            results.conclusions.append(run.conclude(ledgers[vendor], packages=partial(_lock, parts)))
    results.write_matrix()
    return results.present(take)


def _named(part: Part) -> str:
    """Return the vendor of a report, and check that its name can be that of a folder."""
    vendor = str(part.report["vendor"])
    if vendor not in known_vendors() and slug(vendor) != vendor:
        raise InputFileError(
            f"{one_line(vendor)!r} is not the name of a vendor",
            where=one_line(str(part.place)),
            hint="give a report.json that chatcert wrote",
        )
    return vendor


def _check_apart(parts: Sequence[Part], report_dir: Path) -> None:
    for part in parts:
        if part.place.resolve() == (report_dir / str(part.report["vendor"])).resolve():
            raise UsageError(
                "it would be overwritten by what is made of it",
                where=one_line(str(part.place)),
                hint="give another --report-dir",
            )


def _catalogue(part: Part, rules: Path | None) -> Catalogue:
    where = one_line(str(part.place))
    try:
        catalogue = with_known_rules(part.report, catalogue_of(part.report, part.place), rules)
    except ContractMissing as why:
        raise InputFileError(str(why), where=where, hint="give the whole folder") from None
    check_known(part.report, catalogue, where)
    return catalogue


def _lock(parts: Sequence[Part]) -> Lock | None:
    """Return the packages that all shards ran with; ``None`` where they differ."""
    first, *others = [part.report["suite"].get("lock") for part in parts]
    return first if all(other == first for other in others) else None

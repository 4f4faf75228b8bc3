"""``chatcert requirements``, ``faults`` and ``vendors``: tables for people, JSON for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.vendors import bundled_vendors, check_vendor, open_spec, open_vendor

PIPED_WIDTH = 400
"""Columns of a table that goes into a pipe: nothing is folded there, so that it can be searched."""


def contracts_of(options: argparse.Namespace) -> list[Contract]:
    """The contracts that a command's VENDOR and --spec arguments name.

    Raises:
        UsageError: both are given, or one of them is unknown.
    """
    if options.spec is not None:
        if options.vendors:
            raise UsageError("a vendor and --spec do not go together", hint="name the vendor with --name")
        return [open_spec(options.spec, name=options.name, operation=options.operation)]
    if options.name or options.operation:
        raise UsageError("--name and --operation go with --spec only", hint="leave them out")
    return [open_vendor(check_vendor(name)) for name in options.vendors or bundled_vendors()]


def list_requirements(options: argparse.Namespace) -> int:
    """Print every requirement: id, level, provenance, and the clause that it comes from."""
    rows: list[dict[str, Any]] = [
        {
            "id": r.id,
            "kind": r.kind.value,
            "level": r.level.value,
            "provenance": r.provenance.value,
            "clause": {"text": r.clause.text, "pointer": r.clause.pointer, "source": r.clause.source},
        }
        for contract in contracts_of(options)
        for r in derive(contract).requirements.values()
    ]
    shown = [(r["id"], r["level"], r["provenance"], r["clause"]["text"]) for r in rows]
    return _print(options, rows, ("requirement", "level", "provenance", "clause"), shown)


def list_faults(options: argparse.Namespace) -> int:
    """Print every fault of the mock with the requirement that it breaks."""
    from chatcert.mock.faults import faults_of

    rows = [
        {"id": f.id, "family": f.family, "breaks": list(f.breaks), "description": f.description}
        for contract in contracts_of(options)
        for f in faults_of(contract)
    ]
    shown = [(str(r["id"]), str(r["family"]), ", ".join(r["breaks"]), str(r["description"])) for r in rows]
    return _print(options, rows, ("fault", "family", "breaks", "what it does"), shown)


def list_vendors(options: argparse.Namespace) -> int:
    """Print the bundled vendors with their operation."""
    rows = []
    for name in bundled_vendors():
        contract = open_vendor(name)
        rows.append(
            {
                "vendor": name,
                "title": contract.title,
                "operation": f"{contract.method} {contract.path}",
                "requirements": len(derive(contract).requirements),
            }
        )
    shown = [tuple(str(value) for value in row.values()) for row in rows]
    return _print(options, rows, ("vendor", "title", "operation", "requirements"), shown)


def _print(
    options: argparse.Namespace, rows: list[dict[str, Any]], heads: Sequence[str], shown: Sequence[Sequence[str]]
) -> int:
    if options.format == "json":
        json.dump(rows, sys.stdout, indent=2, ensure_ascii=False)
        print()
        return 0
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head in ("level", "provenance", "family", "vendor"))
    for row in shown:
        table.add_row(*(str(cell).replace("[", r"\[") for cell in row))
    console.print(table)
    if getattr(options, "spec", None) is not None:
        console.print(
            "".join(f"\n{c.vendor}: {c.operation}" for c in contracts_of(options)), highlight=False, markup=False
        )
    console.print(f"\n{len(shown)} {heads[0]}s" if len(shown) != 1 else f"\n1 {heads[0]}", highlight=False)
    return 0

"""Tables for people and JSON for programs, of what the vendors on the command line have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chatcert.cli.json_answer import give
from chatcert.exceptions import UsageError
from chatcert.text import count

if TYPE_CHECKING:
    from chatcert.openapi.contract import Contract
    from chatcert.requirements.own_rule import InstalledRule

NEVER_FOLDED = (
    "level",
    "provenance",
    "family",
    "vendor",
    "version",
    "from",
    "title",
    "requirements",
    "status",
    "until",
)
"""Columns that stay whole in a narrow terminal, beside the first one: what people copy or compare."""


def contracts_of(options: argparse.Namespace) -> list[Contract]:
    """Return the contracts that a command's VENDOR and --spec arguments name.

    Raises:
        UsageError: both are given, or one of them is unknown.
    """
    from chatcert.vendors import check_vendor, known_vendors, open_spec, open_vendor

    if options.spec is not None:
        if options.vendors:
            raise UsageError("a vendor and --spec do not go together", hint="name the vendor with --name")
        return [open_spec(options.spec, name=options.name, operation=options.operation, overlay=options.overlay)]
    if options.name or options.operation:
        raise UsageError("--name and --operation go with --spec only", hint="leave them out")
    names = options.vendors or known_vendors()
    if options.overlay is not None and len(names) != 1:
        raise UsageError("--overlay goes with one vendor", hint="name the vendor that it is for")
    return [open_vendor(check_vendor(name), overlay=options.overlay) for name in names]


def own_rules_of(options: argparse.Namespace, contracts: Sequence[Contract]) -> dict[str, tuple[InstalledRule, ...]]:
    """Return the user's own rules by vendor; vendors without any are left out.

    Raises:
        ConfigurationError: they cannot be loaded.
    """
    from chatcert.own_rules.rule_loading import rules_of

    found = {contract.vendor: rules_of(contract, options.rules, spec=options.spec) for contract in contracts}
    return {vendor: rules for vendor, rules in found.items() if rules}


def print_rows(
    options: argparse.Namespace, rows: list[dict[str, Any]], heads: Sequence[str], shown: Sequence[Sequence[str]]
) -> int:
    """Print rows as the option ``--format`` says; return the exit status.

    Args:
        rows: the JSON form.
        heads, shown: the table.
    """
    if give(rows):
        return 0
    from rich.console import Console

    from chatcert.run.table_printing import print_table

    console = Console()
    print_table(console, heads, shown, never_folded=NEVER_FOLDED)
    if getattr(options, "spec", None) is not None:
        console.print(
            "".join(f"\n{c.vendor}: {c.operation}" for c in contracts_of(options)),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    several = f"{heads[0][:-1]}ies" if heads[0].endswith("y") else f"{heads[0]}s"
    console.print(f"\n{count(len(shown), heads[0], several)}", highlight=False)
    return 0

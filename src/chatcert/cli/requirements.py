"""``chatcert requirements``: what is tested of each vendor."""

from __future__ import annotations

import argparse
from typing import Any

from chatcert.cli.parsing import add_format
from chatcert.cli.tables import contracts_of, own_rules_of, print_rows
from chatcert.run.options import DOCUMENT, add_options


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=list_requirements)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR")
    add_options(parser, only=DOCUMENT)
    add_format(parser)


def list_requirements(options: argparse.Namespace) -> int:
    """Print every requirement: id, level, provenance, and the clause that it comes from."""
    from chatcert.requirements.catalogue import derive, with_rules

    contracts = contracts_of(options)
    rules = own_rules_of(options, contracts)
    rows: list[dict[str, Any]] = [
        {
            "id": r.id,
            "kind": r.kind.value,
            "level": r.level.value,
            "provenance": r.provenance.value,
            "clause": {"text": r.clause.text, "pointer": r.clause.pointer, "source": r.clause.source},
        }
        for contract in contracts
        for r in with_rules(derive(contract), rules.get(contract.vendor, ())).requirements.values()
    ]
    shown = [(r["id"], r["level"], r["provenance"], r["clause"]["text"]) for r in rows]
    return print_rows(options, rows, ("requirement", "level", "provenance", "clause"), shown)

"""``chatcert faults``: the faults that the mock can have."""

from __future__ import annotations

import argparse

from chatcert.cli.parsing import add_format
from chatcert.cli.tables import contracts_of, own_rules_of, print_rows
from chatcert.run.options import DOCUMENT, add_options


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=list_faults)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR")
    add_options(parser, only=DOCUMENT)
    parser.add_argument("--manners", action="store_true", help="list the ids for mock --manner instead")
    add_format(parser)


def list_faults(options: argparse.Namespace) -> int:
    """Print every fault of the mock with the requirement that it breaks, or every manner, which breaks none."""
    if options.manners:
        return _list_manners(options)
    from chatcert.mock.faults import faults_of

    contracts = contracts_of(options)
    rules = own_rules_of(options, contracts)
    rows = [
        {"id": f.id, "family": f.family, "breaks": list(f.breaks), "description": f.description}
        for contract in contracts
        for f in faults_of(contract, rules.get(contract.vendor, ()))
    ]
    shown = [(str(r["id"]), str(r["family"]), ", ".join(r["breaks"]), str(r["description"])) for r in rows]
    return print_rows(options, rows, ("fault", "family", "breaks", "what it does"), shown)


def _list_manners(options: argparse.Namespace) -> int:
    from chatcert.mock.manners import manners_of

    found = [manner for contract in contracts_of(options) for manner in manners_of(contract)]
    rows = [{"id": manner.id, "description": manner.description} for manner in found]
    return print_rows(options, rows, ("manner", "what it does"), [tuple(row.values()) for row in rows])

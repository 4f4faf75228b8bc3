"""``chatcert vendors``: the vendors that have a folder."""

from __future__ import annotations

import argparse

from chatcert.cli.parsing import add_format
from chatcert.cli.tables import print_rows


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=list_vendors)
    add_format(parser)


def list_vendors(options: argparse.Namespace) -> int:
    """Print the vendors that have a folder, bundled or in the current folder, with their operations."""
    from chatcert.requirements.catalogue import derive
    from chatcert.vendors import known_vendors, open_vendor

    rows = []
    for name in known_vendors():
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
    return print_rows(options, rows, ("vendor", "title", "operation", "requirements"), shown)

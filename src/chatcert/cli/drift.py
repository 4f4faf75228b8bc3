"""``chatcert drift``: what another version of a vendor's document changes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chatcert.cli.json_answer import give
from chatcert.cli.parsing import add_format


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=print_drift)
    parser.epilog = (
        "compares requirement by requirement, the vendor's overlay applied to both documents as far as it fits\n"
        "the new one: what is added, removed, tightened, loosened or changed, each with both clauses and what it\n"
        "does to a client: breaking, may break (a strict client alone), or harmless. Texts and examples are not\n"
        "compared.\n\n"
        "exit status: 0 nothing breaks a client; 1 something does; 2 a document that cannot be used\n\n"
        "examples:\n"
        "  chatcert drift polyai downloaded.yaml\n"
        '  chatcert drift sigmamind new.json --operation "POST /v2/chats" --format markdown'
    )
    parser.add_argument("vendor", metavar="VENDOR", help="a vendor that has a folder")
    parser.add_argument("file", type=Path, metavar="NEW_FILE", help="the other version of its document")
    parser.add_argument(
        "--operation", metavar="OP", help='which operation of NEW_FILE: "POST /path" or its operationId'
    )
    add_format(parser, "markdown")


def print_drift(parsed: argparse.Namespace) -> int:
    """Print what changes; return 1 if it breaks a client, else 0.

    Raises:
        UsageError: no such vendor, or a document that cannot be used.
    """
    from chatcert.cli.misspelt import is_document_first
    from chatcert.drift.other_document import drift_of
    from chatcert.drift.rendering import drift_dict, drift_markdown, drift_text
    from chatcert.exceptions import UsageError
    from chatcert.vendors import open_vendor

    if is_document_first(parsed.vendor, parsed.file):
        raise UsageError(
            f"{parsed.vendor} stands where the vendor's name does", hint="give the name first, then the file"
        )
    found = drift_of(open_vendor(parsed.vendor), parsed.file, parsed.operation)
    if not give(drift_dict(found)):
        text = drift_text(found, is_terminal=sys.stdout.isatty())
        print(drift_markdown(found) if parsed.format == "markdown" else text, end="")
    return 1 if found.breaks else 0

"""``chatcert add``: a folder for a new vendor, with its document and a starter overlay."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from pathlib import Path

MOCK_URL = "http://127.0.0.1:8765"


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=add)
    parser.epilog = (
        "writes specs/VENDOR in the current folder, where certify, mock, requirements and pytest find it: the\n"
        "document as it is, with the files of its folder that it refers to, and an overlay whose actions are\n"
        "commented out. Nothing is overwritten.\n\n"
        "examples:\n"
        "  chatcert add acme openapi.yaml\n"
        '  chatcert add acme swagger.json --operation "POST /v1/conversations"'
    )
    parser.add_argument("vendor", metavar="VENDOR", help="its name: lower-case letters, digits and single hyphens")
    parser.add_argument("file", type=Path, metavar="FILE", help="OpenAPI 3.0, 3.1 or Swagger 2.0, YAML or JSON")
    parser.add_argument(
        "--operation",
        metavar="OP",
        help='which operation creates a chat: "POST /path" or its operationId (default: the one that plainly does)',
    )


def add(parsed: argparse.Namespace) -> int:
    """Write the folder, and print what is in it and what to do next; return the exit status.

    Raises:
        UsageError: the name is invalid or taken, or the document cannot be used.
    """
    from chatcert.cli.json_answer import give
    from chatcert.cli.misspelt import is_document_first
    from chatcert.exceptions import UsageError
    from chatcert.names import variable_name
    from chatcert.onboarding.candidates import RULES
    from chatcert.onboarding.vendor_folder import add_vendor
    from chatcert.openapi.existing_names import resource_names
    from chatcert.requirements.catalogue import derive
    from chatcert.text import count, one_line
    from chatcert.vendors import OVERLAY, SPEC

    if is_document_first(parsed.vendor, parsed.file):
        raise UsageError(
            f"{parsed.vendor} stands where the vendor's name does", hint="give the name first, then the file"
        )
    added = add_vendor(parsed.vendor, parsed.file, parsed.operation)
    contract, candidates, folder = added.contract, added.candidates, added.folder
    name, place = contract.vendor, Path("specs") / contract.vendor
    counted = Counter(candidate.rule for candidate in candidates)
    kinds = ", ".join(f"{counted[rule]} {rule}" for rule in RULES if counted[rule])
    print(f"{place / SPEC}: {one_line(contract.title)}" + ("" if added.is_verbatim else ", its files as one document"))
    print(f"{place / OVERLAY}: {count(len(candidates), 'candidate')}{f' ({kinds})' if kinds else ''}, commented out")
    print(f"operation: {one_line(contract.operation)}, {count(len(derive(contract).requirements), 'requirement')}")
    if contract.defects:
        print(f"the document has {count(len(contract.defects), 'defect')} of its own: a report lists them")
    variables = [variable_name(name, credential.scheme) for credential in contract.credentials]
    variables += [variable_name(name, field) for field, needed in resource_names(contract).items() if needed]
    give(
        {
            "vendor": name,
            "folder": folder,
            "operation": contract.operation,
            "requirements": len(derive(contract).requirements),
            "candidates": dict(counted),
            "defects": len(contract.defects),
            "variables": variables,
        }
    )
    print(f"""
next, from {shlex.quote(str(folder.parents[1]))}:
  look through {place / OVERLAY}: un-comment what the page states; how: docs/overlays.md
  chatcert requirements {name}
  chatcert certify {name} --profile quick
or, against a server that is started by hand:
  chatcert mock {name} --env-file {name}.env
  . ./{name}.env
  chatcert certify {name} --url {MOCK_URL}/{name}""")
    if variables:
        print("a live server's address goes there instead; its credentials and existing things into")
        print("\n".join(f"  {variable}" for variable in variables))
    else:
        print("a live server's address goes there instead; it needs no variables")
    return 0

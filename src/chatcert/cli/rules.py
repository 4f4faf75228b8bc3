"""``chatcert rules``: your own rules, and whether each of them is proven."""

from __future__ import annotations

import argparse
from typing import Final

from chatcert.cli.parsing import add_format
from chatcert.cli.tables import contracts_of, own_rules_of, print_rows
from chatcert.run.options import DOCUMENT, add_options

_PROVEN: Final = "passes on the mock, fails with its fault"


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=prove_rules)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR")
    add_options(parser, only=DOCUMENT)
    add_format(parser)
    parser.epilog = (
        "each rule is tried on the mock, which keeps it, and on the mock with the rule's own fault. Only a rule that\n"
        "passes on the first and fails on the second is used. exit status: 0 all are proven, 5 there is none, 78 not"
    )


def prove_rules(options: argparse.Namespace) -> int:
    """Print each own rule and whether it is proven; return the exit status.

    Raises:
        ConfigurationError: the rules cannot be loaded.
        NothingSelectedError: there is none.
    """
    from chatcert.exceptions import ConfigurationError, NothingSelectedError
    from chatcert.requirements.catalogue import derive, with_rules
    from chatcert.requirements.own import installed_rule
    from chatcert.run.rule_proof import proofs_of

    contracts = contracts_of(options)
    rules = own_rules_of(options, contracts)
    if not rules:
        raise NothingSelectedError("no own rules", hint="give --rules FILE; docs/own-rules.md shows how to write them")
    rows = []
    for contract in contracts:
        for proof in proofs_of(with_rules(derive(contract), rules.get(contract.vendor, ()))):
            installed = installed_rule(proof.requirement)
            rows.append(
                {
                    "id": proof.requirement.id,
                    "version": installed.rule.version,
                    "level": proof.requirement.level.value,
                    "from": installed.origin,
                    "digest": installed.digest,
                    "proven": not proof.problem,
                    "says": f"{proof.problem} ({proof.advice})" if proof.problem else _PROVEN,
                }
            )
    shown = [[str(row[name]) for name in ("id", "version", "level", "from", "says")] for row in rows]
    print_rows(options, rows, ("rule", "version", "level", "from", "proof"), shown)
    return 0 if all(row["proven"] for row in rows) else ConfigurationError.exit_code

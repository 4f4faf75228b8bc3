"""``python -m chatcert.mock``: the mock for other programs; people use ``chatcert mock``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from chatcert.exceptions import ChatcertError
from chatcert.mock.server import serve
from chatcert.openapi.contract import Contract
from chatcert.requirements.own_rule import InstalledRule
from chatcert.vendors import known_vendors, open_spec, open_vendor


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, and print one line of JSON once the mock answers: ``url``, ``environment``, ``vendors``."""
    options = _parser().parse_args(arguments)
    try:
        contracts = _contracts(options)
        names = [contract.vendor for contract in contracts]

        def announce(url: str, environment: dict[str, str]) -> None:
            print(json.dumps({"url": url, "environment": environment, "vendors": names}), flush=True)

        return serve(
            contracts,
            host=options.host,
            port=options.port,
            faults=options.fault,
            manners=options.manner,
            latency_ms=options.latency,
            seed=options.seed,
            rules=_rules(options, contracts),
            announce=announce,
            stdin_watch=options.stdin_watch,
        )
    except ChatcertError as error:
        print(error.line(), file=sys.stderr)
        return error.exit_code


def _rules(options: argparse.Namespace, contracts: Sequence[Contract]) -> dict[str, tuple[InstalledRule, ...]]:
    if not options.own_rules:
        return {}
    from chatcert.own_rules.rule_loading import rules_of

    found = {contract.vendor: rules_of(contract, options.rules, spec=options.spec) for contract in contracts}
    return {vendor: rules for vendor, rules in found.items() if rules}


def _contracts(options: argparse.Namespace) -> list[Contract]:
    contracts = [open_vendor(name, overlay=options.overlay) for name in dict.fromkeys(options.vendor)]
    if options.spec is not None:
        contracts.append(
            open_spec(options.spec, name=options.name, operation=options.operation, overlay=options.overlay)
        )
    return contracts or [open_vendor(name) for name in known_vendors()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chatcert.mock", description="Serve mocked create-chat operations.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes any free one")
    parser.add_argument("--vendor", action="append", default=[], help="a bundled vendor; all without this and --spec")
    parser.add_argument("--spec", type=Path, help="an OpenAPI document to serve")
    parser.add_argument("--operation", help='which of its operations: "POST /path" or an operationId')
    parser.add_argument("--name", help="the vendor's name for that document")
    parser.add_argument("--overlay", type=Path, help="an overlay that adds to the document")
    parser.add_argument("--own-rules", action="store_true", help="keep the user's own rules")
    parser.add_argument("--rules", type=Path, help="a file of own rules")
    parser.add_argument("--fault", action="append", default=[], metavar="ID", help="a fault that the mock shall have")
    parser.add_argument("--manner", action="append", default=[], metavar="ID", help="a manner that it shall have")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="milliseconds before each answer")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same resources")
    parser.add_argument("--stdin-watch", action="store_true", help="stop when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())

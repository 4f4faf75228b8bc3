"""``chatcert mock``: the bundled server for people."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from chatcert.exceptions import UsageError
from chatcert.run.options import DOCUMENT, add_options

MAX_LATENCY_MS = 600_000


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=serve_vendors)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR", help="bundled vendors (default: all)")
    add_options(parser, only=DOCUMENT)
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=8765, help="default: 8765; 0 picks a free one")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID", help="have this fault (see chatcert faults)"
    )
    parser.add_argument(
        "--manner",
        action="append",
        default=[],
        metavar="ID",
        help="be peculiar, though honest, in this way (see chatcert faults --manners)",
    )
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds before each answer")
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="write the variables there instead of printing them"
    )


def serve_vendors(options: argparse.Namespace) -> int:
    """Print how to reach the mock and serve until interrupted; return the exit status."""
    from rich.console import Console

    from chatcert.cli.json_answer import give
    from chatcert.cli.tables import contracts_of, own_rules_of
    from chatcert.mock.server import serve

    if not 0 <= options.port <= 65535:
        raise UsageError(f"invalid port: {options.port}", where="--port", hint="give 0 to 65535")
    if not 0 <= options.latency < MAX_LATENCY_MS:
        raise UsageError(f"invalid latency: {options.latency}", where="--latency", hint="give milliseconds")
    contracts = contracts_of(options)
    names = [contract.vendor for contract in contracts]
    console = Console(soft_wrap=True, highlight=False)

    def announce(url: str, environment: dict[str, str]) -> None:
        servers = {name: f"{url}/{name}" for name in names}
        give({"url": url, "servers": servers, "environment": environment, "faults": options.fault}, now=True)
        lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
        if options.env_file is not None:
            _write_private(options.env_file, "\n".join(lines) + "\n")
            console.print(f"variables written to {options.env_file}: source it before you certify", markup=False)
        else:
            console.print("\n".join(lines), markup=False)
        spec = f"--spec {shlex.quote(str(options.spec))}" if options.spec else ""
        extra = f" --name {shlex.quote(options.name)}" if options.name else ""
        extra += f" --operation {shlex.quote(options.operation)}" if options.operation else ""
        for contract in contracts if options.spec else ():
            console.print(f"{contract.vendor}: {contract.operation}", markup=False)
        for name in names:
            console.print(f"chatcert certify {spec + extra or name} --url {url}/{name}", markup=False)
        console.print(f"serving {', '.join(names)} at {url} (Ctrl-C stops it)", markup=False)
        if options.fault:
            console.print(f"with {len(options.fault)} fault{'s' if len(options.fault) > 1 else ''}", markup=False)

    return serve(
        contracts,
        host=options.host,
        port=options.port,
        faults=options.fault,
        manners=options.manner,
        latency_ms=options.latency,
        rules=own_rules_of(options, contracts),
        announce=announce,
    )


def _write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read: it holds credentials."""
    from chatcert.files import write_whole

    try:
        write_whole(path, text, mode=0o600)
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise UsageError(reason, where=f"--env-file {path}", hint="give a path that you may write to") from None

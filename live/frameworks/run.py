"""Certify honest servers built with real frameworks: install them, serve each on loopback, certify it, stop it.

    tox -e frameworks
    tox -e frameworks -- flask express --profile thorough --seed 7

The reports are left in reports/frameworks/<stack>. Each server keeps to its vendor's page, so a breach of a *must* is
either a false alarm of chatcert or a mistake of the server that the page itself names; the run ends with 1 then, and
with 0 where every server is conformant, remarks included. Otherwise it ends as the certification without a verdict did.

Needs Node.js with npm, nginx and, the first time, package indexes. Every server speaks to this machine alone, and is
stopped whatever happens.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from packages import install
from serving import serving
from stacks import ROOT, STACKS, Places, Stack

from chatcert.exceptions import ChatcertError, SuiteError

SECONDS = 900.0
"""How long the certification of one server may take."""
COLUMNS = ("pass", "warn", "fail", "inconclusive", "not-applicable", "not-run", "error")


@dataclass(frozen=True, slots=True)
class Certified:
    """How the certification of one server ended.

    Attributes:
        status: the exit status of ``chatcert certify``.
        report: the content of report.json; empty where there is none.
    """

    stack: Stack
    status: int
    report: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many requirements have each verdict."""
        kinds = [requirement["verdict"] for requirement in self.report.get("requirements", [])]
        return {kind: kinds.count(kind) for kind in COLUMNS}


def certify(stack: Stack, url: str, certificates: Path, options: argparse.Namespace) -> Certified:
    """Certify one server in a process of its own; what chatcert prints is shown."""
    folder = options.report_dir / stack.name
    written = folder / stack.vendor / "report.json"
    written.unlink(missing_ok=True)  # the report of an earlier run must not stand for this one
    command = [sys.executable, "-m", "chatcert", "certify", "--report-dir", str(folder)]
    command += ["--profile", options.profile, "--seed", str(options.seed)]
    if stack.behind_tls:
        targets = certificates / "targets.toml"
        targets.write_text(_target(stack, url), encoding="utf-8")
        command += ["--targets-file", str(targets), "--target", stack.name]
    else:
        command += [stack.vendor, "--url", url]
    try:
        status = subprocess.run(command, env={**os.environ, **stack.variables}, check=False, timeout=SECONDS).returncode
    except subprocess.TimeoutExpired:
        raise SuiteError(f"the certification took more than {SECONDS:g} s", where=stack.name) from None
    return Certified(stack, status, json.loads(written.read_text(encoding="utf-8")) if written.exists() else {})


def _target(stack: Stack, url: str) -> str:
    """Return a targets file whose one target trusts the certificate that was made for the proxy."""
    lines = [f"[targets.{stack.name}]", f'vendor = "{stack.vendor}"', f'url = "{url}"', 'ca_bundle = "client.pem"']
    lines += [f"[targets.{stack.name}.credentials]", 'apiKeyAuth = "${CHATCERT_SIGMAMIND_API_KEY_AUTH}"']
    lines += [f"[targets.{stack.name}.resources]", 'agentId = "${CHATCERT_SIGMAMIND_AGENT_ID}"']
    return "\n".join(lines) + "\n"


def certify_all(options: argparse.Namespace) -> list[Certified]:
    """Install, serve and certify each stack; prints a table and what each report holds against its server.

    Raises:
        ChatcertError: a framework cannot be installed or a server cannot be started.
    """
    print(f"installing the frameworks below {options.work_dir}", flush=True)
    places = install(options.work_dir.resolve())
    chosen = [stack for stack in STACKS if not options.stacks or stack.name in options.stacks]
    results = [_certified(stack, places, options) for stack in chosen]
    print(f"\n{'stack':<18} {'vendor':<10} {'exit':>4}  {'requests':>8}  " + "  ".join(COLUMNS))
    for one in results:
        counts = "  ".join(f"{count:>{len(kind)}}" for kind, count in one.verdicts.items())
        requests = one.report.get("requests", 0)
        print(f"{one.stack.name:<18} {one.stack.vendor:<10} {one.status:>4}  {requests:>8}  {counts}")
    for one in results:
        for requirement in one.report.get("requirements", []):
            finding = requirement.get("finding")
            if requirement["verdict"] in ("fail", "warn", "error") and finding:
                came = f"expected {finding['expected']}, came {finding['actual']}"
                print(f"{one.stack.name}: {requirement['verdict']} {requirement['id']}: {came}")
    return results


def _certified(stack: Stack, places: Places, options: argparse.Namespace) -> Certified:
    print(f"\n{stack.name}, {stack.vendor}", flush=True)
    with tempfile.TemporaryDirectory(prefix=f"{stack.name}-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with serving(stack, places, folder) as url:
            return certify(stack, url, folder, options)


def exit_status(results: list[Certified]) -> int:
    """0 where every server is conformant; else the worst exit status of its certification."""
    return max((one.status for one in results), default=0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [stack.name for stack in STACKS]
    parser.add_argument("stacks", nargs="*", metavar="STACK", help=f"which of {', '.join(names)}; all by default")
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=ROOT / ".tox" / "frameworks-packages",
        metavar="DIR",
        help="where the frameworks are installed (default: %(default)s)",
    )
    parser.add_argument(
        "--report-dir",
        type=Path,
        default=ROOT / "reports" / "frameworks",
        metavar="DIR",
        help="where the reports go (default: %(default)s)",
    )
    parser.add_argument("--profile", default="standard", metavar="P", help="quick, standard (default) or thorough")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same requests (default: 1)")
    options = parser.parse_args()
    unknown = [name for name in options.stacks if name not in names]
    if unknown:
        parser.error(f"unknown stack {unknown[0]!r}: choose from {', '.join(names)}")
    return options


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> int:
    """The script; returns its exit status."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)  # the servers are stopped on the way out
    try:
        return exit_status(certify_all(options))
    except ChatcertError as error:
        print(f"frameworks: {error.line()}", file=sys.stderr)
        return error.exit_code
    except (OSError, subprocess.SubprocessError) as error:
        print(f"frameworks: {SuiteError(str(error)).line()}", file=sys.stderr)
        return SuiteError.exit_code
    except KeyboardInterrupt:
        print("frameworks: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

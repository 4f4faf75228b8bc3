"""Certify a real server with a create operation: install it, start it on loopback, certify it, stop it.

    tox -e live-synapse
    tox -e live-langgraph -- --profile thorough --seed 7
    tox -e live-adk

The report is left in reports/live-<server>. What deviates is the result of such a run and no error: it ends with 0 as
soon as the certification came to a verdict, whichever it is; otherwise as the certification did: 75 no verdict,
78 configuration, 70 something broke.

Needs a package index the first time. The server keeps its data in a temporary folder, speaks to this machine alone, and
is stopped whatever happens.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import httpx
from processes import free_port, running
from servers import HERE, SERVERS, Server, environment

from chatcert.exceptions import ChatcertError, SuiteError

ROOT = HERE.parents[1]
INSTALL_SECONDS, CERTIFY_SECONDS = 900.0, 900.0


def install(server: Server, folder: Path) -> Path:
    """Install what requirements.txt pins below ``folder``, each package checked by its hash; return its programs.

    Raises:
        SuiteError: the installation failed.
    """
    target = folder / server.name
    if not (target / "pyvenv.cfg").exists():
        _run([sys.executable, "-m", "venv", str(target)])
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--requirement", str(HERE / server.name / "requirements.txt")])
    return target / "bin"


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise SuiteError(str(error)[:300], where=command[0]) from None


def certify(server: Server, options: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """Install, start and certify a server; return the exit status of ``chatcert certify`` and its report.

    Raises:
        ChatcertError: it cannot be installed, started or made ready.
    """
    print(f"installing {server.package} below {options.work_dir}", flush=True)
    programs = install(server, options.work_dir.resolve())
    secret = secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory(prefix=f"{server.name}-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        prepared = server.prepare(folder, programs, port, secret)
        print("starting it", flush=True)
        variables = {**environment(folder), **prepared.variables}
        with running(prepared.command, variables, folder, folder / "server.log", port):
            url = f"http://127.0.0.1:{port}"
            known = server.configure(url, secret)
            status = _certified(server, url, server.document(url, folder), known, options)
    written = options.report_dir / server.name / "report.json"
    return status, json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}


def _certified(server: Server, url: str, document: Path, known: dict[str, str], options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "chatcert", "certify", "--spec", str(document), "--name", server.name]
    command += ["--operation", server.operation, "--url", url + server.base, "--report-dir", str(options.report_dir)]
    command += ["--profile", options.profile, "--seed", str(options.seed)]
    (options.report_dir / server.name / "report.json").unlink(missing_ok=True)  # that of an earlier run
    try:
        return subprocess.run(command, env={**os.environ, **known}, check=False, timeout=CERTIFY_SECONDS).returncode
    except subprocess.TimeoutExpired:
        raise SuiteError(f"the certification took more than {CERTIFY_SECONDS:g} s", where=server.name) from None


def summary(report: dict[str, Any]) -> list[str]:
    """Return a line with the counts, and one for each requirement that is broken."""
    rows = report.get("requirements", [])
    kinds = [row["verdict"] for row in rows]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    lines = [f"{report.get('outcome', 'no report')}, {report.get('requests', 0)} requests: {counts}"]
    for row in rows:
        if row["verdict"] in ("fail", "warn", "error") and row.get("finding"):
            came = f"expected {row['finding']['expected']}, came {row['finding']['actual']}"
            lines.append(f"{row['verdict']:<5} {row['id']}: {came}")
    return lines


def exit_status(status: int) -> int:
    """Return 0 where there was a verdict, whichever; else the exit status of the certification."""
    return 0 if status in (0, 1) else status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", choices=sorted(SERVERS), help="which server")
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=ROOT / ".tox" / "live-servers",
        metavar="DIR",
        help="where it is installed (default: %(default)s)",
    )
    parser.add_argument("--report-dir", type=Path, metavar="DIR", help="default: reports/live-<server>")
    parser.add_argument("--profile", default="standard", metavar="P", help="quick, standard (default) or thorough")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same requests (default: 1)")
    options = parser.parse_args()
    options.report_dir = options.report_dir or ROOT / "reports" / f"live-{options.server}"
    return options


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> int:
    """The script; returns its exit status."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)  # the server is stopped on the way out
    name = f"live-{options.server}"
    try:
        status, report = certify(SERVERS[options.server], options)
    except ChatcertError as error:
        print(f"{name}: {error.line()}", file=sys.stderr)
        return error.exit_code
    except (OSError, httpx.HTTPError) as error:
        print(f"{name}: {SuiteError(str(error)).line()}", file=sys.stderr)
        return SuiteError.exit_code
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130
    print(*summary(report), sep="\n")
    print("\nDeviations are the result of this run, not an error of it.")
    return exit_status(status)


if __name__ == "__main__":
    sys.exit(main())

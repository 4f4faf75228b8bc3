"""Certify a real Open WebUI: install it, start it on loopback, certify it at two paths, stop it.

    tox -e live-openwebui
    tox -e live-openwebui -- --profile thorough --seed 7

It is certified twice: at the path that the vendor's page documents, and at the one that it really serves. The reports
are left in reports/live-openwebui/documented and reports/live-openwebui/served. Each run deletes its chats at the end,
and what is left is printed; --kills 10 kills ten more in their course and cleans up after each. What deviates is the
result of such a run and no error: it ends with 0 as soon as both certifications came to a verdict, whichever it is.
Where the documented path is not served, whatever is sent there gets one answer, and its certification ends with 78: the
address or the credentials are wrong. That is the result as well. Otherwise the command ends as the certification
without a verdict did: 75 no verdict, 78 configuration, 70 something broke (no room on the disk, say).

Needs 1.5 GB of disk and, the first time, a package index. The server keeps its data in a temporary folder, speaks to
this machine alone, and is stopped whatever happens.
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

import httpx
from account import Account, create_account
from installation import install
from server import running, variables
from traces import Traces, clean_up, kill_at, make_own_chats

from chatcert.exceptions import ChatcertError, ConfigurationError, SuiteError

ROOT = Path(__file__).resolve().parents[2]
OVERLAY = Path(__file__).with_name("overlay.yaml")
PATHS = {"documented": "", "served": "/api/v1/chats/new"}
"""The name of each certification, and the path that it gives to chatcert; none is that of the vendor's page."""
JOBS = 4
"""Requests in flight of the runs that are killed."""
VERDICTS = ("conformant", "conformant-with-remarks", "not-conformant")


@dataclass(frozen=True, slots=True)
class Certified:
    """How one certification ended.

    Attributes:
        status: the exit status of ``chatcert certify``.
        report: the content of report.json; empty where there is none.
    """

    name: str
    status: int
    report: dict[str, Any]

    @property
    def has_verdict(self) -> bool:
        """Whether it says what the server is worth."""
        return self.status in (0, 1) and self.report.get("outcome") in VERDICTS

    @property
    def is_result(self) -> bool:
        """Whether it has a verdict, or says that the path of the vendor's page is not served."""
        return self.has_verdict or (self.status == ConfigurationError.exit_code and not PATHS[self.name])


def command_of(name: str, url: str, folder: Path, options: argparse.Namespace) -> list[str]:
    """Return the command line that certifies one path and deletes its chats again."""
    path = PATHS[name]
    command = [
        sys.executable,
        "-m",
        "chatcert",
        "certify",
        "openwebui",
        "--url",
        url,
        "--report-dir",
        str(folder),
        "--profile",
        options.profile,
        "--seed",
        str(options.seed),
        "--overlay",
        str(OVERLAY),
        "--clean-up",
    ]
    return [*command, "--path", path] if path else command


def variables_of(account: Account) -> dict[str, str]:
    """Return the environment variables with what a certification needs."""
    return {"CHATCERT_OPENWEBUI_BEARER_AUTH": account.key, "CHATCERT_OPENWEBUI_FOLDER_ID": account.folder}


def certify(name: str, url: str, account: Account, options: argparse.Namespace) -> Certified:
    """Certify one path, in a process of its own; what chatcert prints is shown."""
    folder = options.report_dir / name
    command, known = command_of(name, url, folder, options), variables_of(account)
    written = folder / "openwebui" / "report.json"
    written.unlink(missing_ok=True)  # the report of a former run must not stand for this one
    print(f"\n{name}: {PATHS[name] or 'the path of the page'}", flush=True)
    status = subprocess.run(command, env={**os.environ, **known}, check=False).returncode
    report = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
    return Certified(name, status, report)


def deviations(certified: Certified) -> list[str]:
    """A line for each requirement that is broken, and one for those that could not be judged."""
    requirements = certified.report.get("requirements", [])
    lines = [
        f"{one['verdict']:<5} {one['id']}: expected {one['finding']['expected']}, came {one['finding']['actual']}"
        for one in requirements
        if one["verdict"] in ("fail", "warn")
    ]
    unjudged = sum(one["verdict"] in ("inconclusive", "not-run", "error") for one in requirements)
    return [*lines, f"{unjudged} of {len(requirements)} requirements could not be judged"] if unjudged else lines


def exit_status(results: list[Certified]) -> int:
    """0 where all came to a result; else the exit status of the first that did not."""
    return next((one.status if one.status > 1 else 70 for one in results if not one.is_result), 0)


def kill_and_clean_up(url: str, account: Account, traces: Traces, options: argparse.Namespace) -> None:
    """Kill certifications in their course, delete the chats of each, and print what is left."""
    folder = options.report_dir / "killed"
    command = [*command_of("served", url, folder, options), "--jobs", str(JOBS)]
    for number in range(options.kills):
        before = traces.left
        kill_at(command, variables_of(account), number / max(options.kills - 1, 1), folder)
        print(f"\nkilled, {JOBS} requests in flight at most:")
        print(clean_up(folder / "openwebui", variables_of(account)).rstrip())
        print(f"{traces.left - before} chats more than before; {traces.line()}", flush=True)


def keep_log(log: Path, kept: Path, key: str) -> None:
    """Put what the server printed beside the reports; the addresses in it hold the key, where a case put it there."""
    text = log.read_text(encoding="utf-8", errors="replace")
    kept.write_text(text.replace(key, "(key)"), encoding="utf-8")


def certify_all(options: argparse.Namespace) -> list[Certified]:
    """Install, start, certify, stop; prints what deviates.

    Raises:
        ChatcertError: Open WebUI cannot be installed, started or made ready.
    """
    print(f"installing Open WebUI below {options.work_dir}", flush=True)
    command = install(options.work_dir.resolve())
    options.report_dir.mkdir(parents=True, exist_ok=True)
    kept = options.report_dir / "server.log"
    with tempfile.TemporaryDirectory(prefix="openwebui-", ignore_cleanup_errors=True) as name:
        folder, log = Path(name), Path(name) / "server.log"
        print("starting it", flush=True)
        with running([str(command)], variables(folder), folder, log, options.ready_timeout) as url:
            account = create_account(url)
            traces = make_own_chats(url, account, folder / "webui.db")
            results = []
            for path in PATHS:
                results.append(certify(path, url, account, options))
                print(f"{path}: {traces.line()}", flush=True)
            kill_and_clean_up(url, account, traces, options)
        keep_log(log, kept, account.key)
    print(f"\nOpen WebUI {account.version}, profile {options.profile}, seed {options.seed}; its own log is {kept}")
    for one in results:
        print(f"\n{one.name}: {one.report.get('outcome', 'no report')}, {one.report.get('requests', 0)} requests")
        for line in deviations(one):
            print(f"  {line}")
    print("\nDeviations are the result of this run, not an error of it.")
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=ROOT / ".tox" / "openwebui",
        metavar="DIR",
        help="where Open WebUI is installed (default: %(default)s)",
    )
    parser.add_argument(
        "--report-dir",
        type=Path,
        default=ROOT / "reports" / "live-openwebui",
        metavar="DIR",
        help="where the reports go (default: %(default)s)",
    )
    parser.add_argument("--profile", default="standard", metavar="P", help="quick, standard (default) or thorough")
    parser.add_argument(
        "--kills",
        type=int,
        default=0,
        metavar="N",
        help="kill N certifications in their course, and clean up after each",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same requests (default: 1)")
    parser.add_argument(
        "--ready-timeout",
        type=float,
        default=180.0,
        metavar="S",
        help="seconds that the server may take to start (default: 180)",
    )
    return parser.parse_args()


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> int:
    """The script; returns its exit status."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)  # the server is stopped on the way out
    try:
        return exit_status(certify_all(options))
    except ChatcertError as error:
        print(f"live-openwebui: {error.line()}", file=sys.stderr)
        return error.exit_code
    except (OSError, httpx.HTTPError) as error:
        print(f"live-openwebui: {SuiteError(str(error)).line()}", file=sys.stderr)
        return SuiteError.exit_code
    except KeyboardInterrupt:
        print("live-openwebui: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

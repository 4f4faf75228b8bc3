"""Exit statuses of commands: what works, and what a user gets wrong."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from behaviour.derived import DOCUMENTS
from behaviour.runs import CERTIFY, PROCESSES, Server, mock, status_of

ALONE = """
--help
--version
certify --help
requirements --format json
requirements polyai
requirements nobody
requirements polyai --spec classic.yaml
requirements --spec classic.yaml
requirements --name acme
faults polyai --format json
faults nobody
vendors
unheard-of
certify nobody
certify polyai --profile enormous
certify polyai --unheard-of
certify polyai --plan --profile quick
certify --spec missing.yaml
certify --spec impossible.yaml --profile quick
certify --spec muddle.yaml --operation nothing
certify polyai --jobs 0
certify polyai --rate 0
certify polyai --rate many
certify polyai --max-requests 0
certify polyai --max-time -1
certify polyai --timeout 0
certify polyai --seed one
certify polyai --shard 3/2
certify polyai --shard 0/2
certify polyai --url ftp://127.0.0.1
certify polyai --url http://user:password@127.0.0.1
certify polyai --url http://127.0.0.1:9
certify polyai --target nothing
certify polyai --fail-on nothing
certify polyai --waivers missing.yaml
certify polyai --sign missing.key
certify polyai --resume
certify polyai --max-requests 5
report missing
merge missing
verify missing
compare missing missing
drift nobody classic.yaml
drift polyai missing.yaml
drift polyai openapi.yaml
add Polyai classic.yaml
add polyai classic.yaml
add acme classic.yaml
add acme missing.yaml
mock nobody
mock polyai --fault nothing
mock polyai --manner nothing
mock polyai --port 70000
mock polyai --latency -1
keygen --out missing/key
keygen
nightly
nightly plan
"""
"""One command a line; each runs in a new folder that holds the documents of the suite and one vendor's document."""

AFTER = """
verify reports
verify reports/polyai/report.json
report reports
compare reports/polyai reports/polyai
compare reports/polyai reports/sigmamind
merge reports --report-dir merged
certify polyai --resume --report-dir reports
"""
"""Commands on a finished report of two vendors."""

UNREACHABLE = {"CHATCERT_SIGMAMIND_API_KEY_AUTH": "an-example-of-a-key", "CHATCERT_SIGMAMIND_AGENT_ID": "agent"}


def statuses(vendor_document: Path) -> dict[str, dict[str, Any]]:
    """The exit status of each command, and the files that a run of two vendors leaves beside their folders.

    Args:
        vendor_document: the document of the vendor polyai.
    """
    with ThreadPoolExecutor(PROCESSES) as pool:
        found = dict(pool.map(lambda line: (line, _alone(line, vendor_document)), ALONE.strip().splitlines()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certify = ["certify", "polyai", "sigmamind", *CERTIFY, "--report-dir", "reports"]
        found["certify polyai sigmamind"] = _status(certify, folder)
        left = sorted(path.name for path in (folder / "reports").iterdir())
        found |= {line: _status(line.split(), folder) for line in AFTER.strip().splitlines()}
        evidence = folder / "reports" / "polyai" / "evidence.jsonl"
        evidence.write_text(evidence.read_text(encoding="utf-8").replace("200", "201", 1), encoding="utf-8")
        found["verify reports, altered"] = _status(["verify", "reports"], folder)
        closed = ["certify", "sigmamind", "--url", "http://127.0.0.1:9", *CERTIFY]
        found["certify, unreachable"] = _status(closed, folder, UNREACHABLE)
        with mock(Server("sigmamind", "plain", "sigmamind")) as (url, variables):
            wrong = {name: "wrong" if name.endswith("AUTH") else value for name, value in variables.items()}
            found["certify, credentials refused"] = _status(
                ["certify", "sigmamind", "--url", url, *CERTIFY], folder, wrong
            )
    return {"exit status": found, "files": {"certify polyai sigmamind": left}}


def _alone(line: str, vendor_document: Path) -> int | str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in DOCUMENTS.iterdir():
            if path.is_file():
                (folder / path.name).write_bytes(path.read_bytes())
        (folder / "openapi.yaml").write_bytes(vendor_document.read_bytes())
        return _status(line.split(), folder)


def _status(arguments: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> int | str:
    return status_of([sys.executable, "-m", "chatcert", *arguments], folder, variables)

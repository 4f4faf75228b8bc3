"""Make the sample register in reports/register/ anew: a rehearsal, from real reports on the bundled mock.

    python bench/sample_register.py                  certify all vendors twice, and run the register over 40 days
    python bench/sample_register.py --out FOLDER     write elsewhere, with the private keys beside it in FOLDER.keys

Four vendors have two versions each. Of the first versions one expired with its waiver, one was contested and stands,
one was revoked, one is certified. Private keys are thrown away: nobody can add to the sample. It is as fresh as its
last day: verify it with `chatcert register verify --register reports/register --at DAY`; reports/README.md has the day.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatcert.cli.main import main as chatcert
from chatcert.mock.process import running_mock
from chatcert.vendors import known_vendors

SAMPLE = Path(__file__).resolve().parents[1] / "reports" / "register"
README = SAMPLE.parent / "README.md"
LAST_DAY = 40
"""How many days after its first one the sample is signed for the last time."""
FAULTS = {
    ("sigmamind", 1): "sigmamind/fault/request/body/agentId/maxLength",
    ("polyai", 1): "polyai/fault/request/json/trailing-comma",
}
"""The faults that first versions have: a breach that is waived, and a recommendation that is not followed."""
WAIVER = """\
[[waiver]]
requirement = "sigmamind/request/body/agentId/maxLength"
vendor = "sigmamind"
reason = "A gateway cuts longer ids off; mended in version 2.0."
owner = "Rehearsal"
ticket = "CHAT-1"
expires = {day}
"""


def main(arguments: list[str] | None = None) -> int:
    """Make the register in a temporary folder, and put it in its place."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=SAMPLE, metavar="FOLDER", help="default: reports/register")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name)
        story = Story(stage)
        day = story.tell()
        shutil.rmtree(options.out, ignore_errors=True)
        shutil.copytree(stage / "register", options.out)
        if options.out == SAMPLE:
            text = re.sub(r"(?<=--at )\d{4}-\d\d-\d\d", day, README.read_text(encoding="utf-8"))
            README.write_text(text, encoding="utf-8")
        else:
            shutil.copytree(stage / "keys", options.out.with_name(f"{options.out.name}.keys"))
    print(f"{options.out}: verify it with --at {day}")
    return 0


class Story:
    """What happens to the register, day by day; every step is a command.

    Args:
        stage: an empty folder.
    """

    def __init__(self, stage: Path) -> None:
        self.stage = stage
        self.start = datetime.now(UTC)
        self.keys = stage / "keys"
        self.entries: dict[tuple[str, int], str] = {}

    def tell(self) -> str:
        """Run all steps; return the last day."""
        vendors = known_vendors()
        self._found(vendors)
        for vendor in vendors:
            self._certify(vendor, 1)
            self._certify(vendor, 2)
        self.start = datetime.now(UTC) + timedelta(minutes=1)  # the reports are older
        for vendor in vendors:
            self._submit(vendor, 1, 0)
        for vendor in vendors:
            self._submit(vendor, 2, 10)
        first, contested, expiring, revoked = (self.entries[name, 1] for name in _cast(vendors))
        self._sign(2, "countersign", first, "--by", "auditor-example", "--text", "Report and evidence were looked at.")
        requirement = f"{contested.partition('-')[0]}/accepts/required-only"
        said = "Refused with status 400 on a Sunday night."
        self._sign(
            12,
            "dispute",
            contested,
            "--by",
            "challenger-buyer",
            "--requirement",
            requirement,
            "--exchange",
            "1",
            "--text",
            said,
        )
        challenge = self._listed(12, contested)["challenges"][0]["challenge"]["challenge"]
        self._sign(15, "reply", challenge, "--text", "That was an announced maintenance; see our status page.")
        self._sign(
            20, "resolve", challenge, "--dismiss", "--text", "Not reproduced in three runs; the page confirms it."
        )
        self._sign(25, "revoke", revoked, "--text", "The vendor says that another build was tested than was released.")
        self._sign(LAST_DAY, "refresh")
        statuses = {entry: self._listed(LAST_DAY, entry)["status"] for entry in self.entries.values()}
        assert tuple(statuses[entry] for entry in (first, contested, expiring, revoked)) == (
            "certified",
            "certified",
            "expired",
            "revoked",
        )
        return self._day(LAST_DAY)

    def _found(self, vendors: tuple[str, ...]) -> None:
        self._run("init", "--name", "Example programme", "--keys", str(self.keys), "--rehearsal")
        parties = [*(("vendor", vendor) for vendor in vendors), ("auditor", "example"), ("challenger", "buyer")]
        for role, name in parties:
            key = self.keys / f"{role}-{name}.key"
            call("keygen", "--out", str(key))
            self._run("enrol", role, name, "--pub", f"{key}.pub", "--key", str(self.keys))

    def _certify(self, vendor: str, version: int) -> None:
        place = self.stage / f"reports-{version}"
        key = self.keys / f"vendor-{vendor}.key"
        common = ["certify", vendor, "--profile", "quick", "--seed", str(version), "--report-dir", str(place)]
        common += ["--sign", str(key), "--history", str(self.stage / "history.jsonl")]
        fault = FAULTS.get((vendor, version))
        if fault is None:
            call(*common)
        else:
            (self.stage / "waivers.toml").write_text(WAIVER.format(day=(self.start + timedelta(days=20)).date()))
            with running_mock(vendors=[vendor], faults=[fault]) as mock, variables(dict(mock.environment)):
                call(*common, "--url", f"{mock.url}/{vendor}", "--waivers", str(self.stage / "waivers.toml"))
        call("sign", str(place / vendor), "--key", str(self.keys / "auditor-example.key"))

    def _submit(self, vendor: str, version: int, day: int) -> None:
        report = self.stage / f"reports-{version}" / vendor
        history = ["--history", str(self.stage / "history.jsonl")]
        text = self._sign(day, "submit", str(report), "--product-version", f"{version}.0", *history)
        found = re.search(r"^entry: (\S+)", text, re.MULTILINE)
        assert found is not None, text
        self.entries[vendor, version] = found[1]

    def _sign(self, day: int, *step: str) -> str:
        return self._run(*step, "--key", str(self.keys), "--at", self._time(day))

    def _listed(self, day: int, entry: str) -> dict[str, object]:
        text = self._run("list", "--format", "json", "--at", self._time(day))
        return next(row for row in json.loads(text)["result"] if row["entry"] == entry)

    def _time(self, day: int) -> str:
        return (self.start + timedelta(days=day)).isoformat(timespec="seconds")

    def _day(self, day: int) -> str:
        return (self.start + timedelta(days=day, hours=24)).date().isoformat()

    def _run(self, *step: str) -> str:
        return call("register", *step, "--register", str(self.stage / "register"))


def _cast(vendors: tuple[str, ...]) -> tuple[str, str, str, str]:
    """Return whose first version is certified, contested, expires and is revoked."""
    with_waiver, with_remark = (vendor for vendor, _ in FAULTS)
    others = [vendor for vendor in vendors if vendor not in (with_waiver, with_remark)]
    return others[0], with_remark, with_waiver, others[1]


def call(*arguments: str) -> str:
    """Run a command of chatcert; return what it prints.

    Raises:
        SystemExit: it ends with another status than 0.
    """
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = chatcert(list(arguments))
    if status != 0:
        raise SystemExit(f"chatcert {' '.join(arguments)} ended with {status}: {output.getvalue()}")
    return output.getvalue()


@contextlib.contextmanager
def variables(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the block."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    sys.exit(main())

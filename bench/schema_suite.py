"""Whether chatcert agrees with the JSON-Schema-Test-Suite on which request bodies are valid.

    python bench/schema_suite.py --work-dir DIR          downloads the suite, once, and writes docs/schema-suite.md

The suite is part of the source archive of jsonschema, which pip downloads in the pinned version, its hash checked. Each
schema of draft 2020-12 becomes the request body of a document. Then

- the validator that confirms every case is asked about each instance: what the suite calls valid must not be broken,
  what it calls invalid must not be valid. Where only a format decides, neither is claimed.
- every request that is planned for that body is given to jsonschema itself, with the schema as the suite has it: what
  has to be accepted must be valid, what has to be refused must not be, and no proof that no body exists may be refuted.

What differs has to be listed below with its reason, and what is listed has to differ. Exit status: 0 if so, else 1.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

from chatcert.cases.case import Cause, Expectation, JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.catalogue import derive

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "schema-suite.md"
PINS = ROOT / "requirements" / "tests.txt"
BASE = "http://localhost:1234/"
"""Where the suite says that its remote schemas are."""
PER_SCHEMA = 20.0
"""Seconds of planning after which the rest of a schema's requirements are left out."""

EXCEPTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "refRemote.json",
        "",
        "A reference to another server is not fetched: it asserts nothing, and is a defect of the document.",
    ),
    ("ref.json", "remote ref, containing refs itself", "The same, for the schema of JSON Schema itself."),
    ("defs.json", "validate definition against metaschema", "The same."),
    (
        "dynamicRef.json",
        "",
        "A $dynamicRef that can lead to several schemas asserts nothing, and is a defect of the document.",
    ),
    ("optional/dynamicRef.json", "", "The same."),
    ("unevaluatedItems.json", "unevaluatedItems with $dynamicRef", "The same, and what depends on it."),
    ("unevaluatedProperties.json", "unevaluatedProperties with $dynamicRef", "The same."),
    ("vocabulary.json", "", "The schema of a schema is not read: every document is of the vocabulary of OpenAPI."),
    ("optional/dependencies-compatibility.json", "", "dependencies is no keyword of JSON Schema 2020-12."),
    ("optional/unknownKeyword.json", "", "An $id is taken for one inside unknown keywords as well."),
    ("optional/format/idn-hostname.json", "", "The format idn-hostname is not checked, as the report says."),
    ("optional/format/regex.json", "", "The format regex is not checked, as the report says."),
    ("optional/format/ecmascript-regex.json", "", "The same."),
    (
        "optional/format/email.json",
        "",
        "Of an address, no more is checked than that there is something on each side of @.",
    ),
    ("optional/format/hostname.json", "", "Underscores are allowed in host names, since DNS has them."),
    ("optional/format/iri.json", "", "Of a URI, the scheme and the characters are checked, not the address in it."),
    ("optional/format/time.json", "", "Whether a leap second is at midnight, UTC, is not checked."),
    ("optional/format/date-time.json", "", "The same."),
)
"""What differs: the file, the beginning of the schema's description, and why."""
NOT_BY_PYTHON = ("optional/ecmascript-regex.json",)
"""Files whose planned cases jsonschema cannot judge: it matches patterns as Python does."""


@dataclass(frozen=True)
class Difference:
    """One pair on which the suite and chatcert differ, or one case that jsonschema sees otherwise."""

    file: str
    schema: str
    what: str


def main() -> int:
    """Compare, write the page, and return the exit status."""
    options = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    options.add_argument("--work-dir", type=Path, required=True, help="keeps the archive that is downloaded")
    options.add_argument("--without-cases", action="store_true", help="compare the instances only; writes no page")
    chosen = options.parse_args()
    began = time.monotonic()
    version, suite = fetch(chosen.work_dir)
    result = Comparison(suite)
    result.run(with_cases=not chosen.without_cases)
    unlisted, stale = result.unlisted(), result.stale()
    print(result.summary())
    for difference in unlisted:
        print(f"differs: {difference.file}: {difference.schema}: {difference.what}")
    for file, schema, _ in stale:
        print(f"listed, and does not differ: {file} {schema}")
    if not chosen.without_cases:
        PAGE.write_text(result.page(version), encoding="utf-8")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if unlisted or stale else 0


def fetch(folder: Path) -> tuple[str, Path]:
    """Return the version of jsonschema, and the folder of the suite; the archive is downloaded if it is not there."""
    lines = PINS.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("jsonschema=="))
    pin = [lines[start], *(line for line in lines[start + 1 : start + 3] if "--hash" in line)]
    version = re.split(r"[= ;\\]+", pin[0])[1]
    target = folder / f"jsonschema-{version}"
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            pins = Path(place) / "pins.txt"
            pins.write_text("\n".join(pin).rstrip("\\ ") + "\n", encoding="utf-8")
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "jsonschema"]
            command += ["--require-hashes", "--dest", place, "--requirement", str(pins)]
            subprocess.run(command, check=True)
            with tarfile.open(Path(place) / f"jsonschema-{version}.tar.gz") as archive:
                archive.extractall(place, filter="data")
            (Path(place) / target.name).rename(target)
    return version, target / "json"


class Comparison:
    """Compares chatcert with the suite.

    Attributes:
        counts: how many pairs and cases agree, by kind.
        differences: what differs.
    """

    def __init__(self, suite: Path) -> None:
        self._tests = suite / "tests" / "draft2020-12"
        self._registry = _remotes(suite / "remotes")
        self.counts: Counter[str] = Counter()
        self.differences: list[Difference] = []

    def run(self, *, with_cases: bool) -> None:
        """Compare every schema of the suite."""
        for path in sorted(self._tests.rglob("*.json")):
            file = path.relative_to(self._tests).as_posix()
            for group in json.loads(path.read_text(encoding="utf-8")):
                self._compare(file, group, with_cases=with_cases)

    def _compare(self, file: str, group: Mapping[str, Any], *, with_cases: bool) -> None:
        contract = read_contract(_document(group["schema"]), vendor="suite", where=file)
        assert contract.body is not None
        validator = validator_for(contract.body.schema)
        self.counts["schemas"] += 1
        differs = partial(Difference, file, group["description"])
        excepted = bool(_exception(Difference(file, group["description"], "")))
        for test in group["tests"]:
            self.counts["pairs"] += 1
            is_valid, is_broken = validator.is_valid(test["data"]), validator.is_broken(test["data"])
            if (test["valid"] and is_broken) or (not test["valid"] and is_valid):
                word = "valid" if test["valid"] else "invalid"
                self.differences.append(differs(f"{test['description']}: {word} by the suite"))
                self.counts["differing"] += 1
            else:
                self.counts["agreeing"] += 1
                self.counts["open"] += not is_valid and not is_broken
        if with_cases and not excepted and file not in NOT_BY_PYTHON:
            right = jsonschema.Draft202012Validator(group["schema"], registry=self._registry)
            known = [test["data"] for test in group["tests"] if test["valid"]]
            self.differences += map(
                differs, self._cases(Planner(contract, {}, profile_named("quick"), 1), right, known)
            )

    def _cases(self, planner: Planner, right: Any, known: list[Any]) -> Iterator[str]:
        """Yield the planned cases that are not what they claim to be."""
        ends = time.monotonic() + PER_SCHEMA
        seen: set[str] = set()
        for requirement in derive(planner.requests.contract).requirements.values():
            if requirement.run_wide or not requirement.path.startswith(("accepts/", "request/")):
                continue
            if time.monotonic() > ends:
                self.counts["left out"] += 1
                continue
            try:
                plan = planner.plan(requirement)
            except Exception as error:  # noqa: BLE001  whatever it is, it is a difference
                yield f"{requirement.path}: chatcert breaks: {error!r}"
                continue
            self.counts["proofs"] += plan.cause is Cause.CANNOT_EXIST
            self.counts["not made"] += plan.cause is Cause.NOT_MADE
            if plan.cause is Cause.CANNOT_EXIST and requirement.path == "accepts/required-only" and known:
                yield f"{plan.reason}: refuted by {json.dumps(known[0])}"
            for case in plan.cases:
                body = case.request.body
                if case.request.key in seen or not isinstance(body, JsonBody):
                    continue
                seen.add(case.request.key)
                if case.expectation in (Expectation.ACCEPTED, Expectation.REFUSED):
                    is_right = right.is_valid(body.value) is (case.expectation is Expectation.ACCEPTED)
                    only_format = requirement.path.endswith("/format")
                    self.counts[f"{case.expectation} bodies"] += 1
                    if not is_right and not only_format:
                        yield f"{requirement.path}: {json.dumps(body.value)[:200]} is not {case.expectation}"

    def unlisted(self) -> list[Difference]:
        """Return what differs and is not listed."""
        return [difference for difference in self.differences if not _exception(difference)]

    def stale(self) -> list[tuple[str, str, str]]:
        """Return what is listed and does not differ."""
        used = {_exception(difference) for difference in self.differences}
        return [row for row in EXCEPTIONS if row not in used]

    def summary(self) -> str:
        """Return the figures in one line."""
        c = self.counts
        return (
            f"{c['schemas']} schemas, {c['pairs']} pairs: {c['agreeing']} agree ({c['open']} of them are decided by a "
            f"format alone), {c['differing']} differ; {c['accepted bodies']} valid bodies and "
            f"{c['refused bodies']} invalid ones were made, {c['proofs']} requirements cannot be put to the test, "
            f"{c['not made']} were not, {c['left out']} were left out"
        )

    def page(self, version: str) -> str:
        """Return the page of the documentation."""
        c = self.counts
        by_row = Counter(_exception(difference) for difference in self.differences)
        rows = "\n".join(f"| `{row[0]}` | {row[1] or 'all'} | {by_row[row]} | {row[2]} |" for row in EXCEPTIONS)
        return f"""# JSON Schema Test Suite

Written by `tox -e schema-suite`, with the suite in the source archive of jsonschema {version}: every schema of draft
2020-12, optional ones and formats too, as the body of a request.

| what | how many |
|---|---|
| schemas | {c["schemas"]} |
| pairs of a schema and an instance | {c["pairs"]} |
| pairs on which chatcert agrees with the suite | {c["agreeing"]} |
| of these, pairs on which a format alone decides, so that chatcert claims neither | {c["open"]} |
| pairs on which it differs | {c["differing"]} |
| bodies made to be accepted, all valid by jsonschema itself | {c["accepted bodies"]} |
| bodies made to be refused, all invalid by jsonschema itself | {c["refused bodies"]} |
| requirements that cannot be put to the test, with a proof | {c["proofs"]} |
| requirements for which no request was found | {c["not made"]} |
| requirements left out after {PER_SCHEMA:.0f} seconds | {c["left out"]} |

## Where it differs

| file | schema | pairs | why |
|---|---|---|---|
{rows}
"""


def _exception(difference: Difference) -> tuple[str, str, str] | None:
    rows = (row for row in EXCEPTIONS if row[0] == difference.file and difference.schema.startswith(row[1]))
    return next(rows, None)


def _document(schema: Any) -> dict[str, Any]:
    """Return a document whose request body has a schema of its own address, which its references start from."""
    own = {"$id": "https://chat.invalid/schema", **schema} if isinstance(schema, dict) else schema
    content = {"application/json": {"schema": own}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "d"}}}
    info = {"title": "Suite", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {"/chats": {"post": operation}}}


def _remotes(folder: Path) -> Any:
    files = ((path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*.json")))
    pairs = (
        (
            BASE + name,
            referencing.Resource.from_contents(json.loads(path.read_text()), default_specification=DRAFT202012),
        )
        for path, name in files
    )
    return referencing.Registry().with_resources(pairs)


if __name__ == "__main__":
    sys.exit(main())

"""Try every feature of OpenAPI with a small document, and write docs/feature-matrix.md.

    python bench/features.py            make the matrix anew
    python bench/features.py --check    say whether it is what the page shows; exit status 1 if it is not
    python bench/features.py --only enum   try some features and print them

Each cell is the result of a run, against an independent server that is written here or against the mock:

- accepted: a server that refuses a value at the limit of the feature is blamed, and an honest one is not
- refused: a server that does not enforce the feature is blamed, and an honest one is not
- judged: a server whose answers break the feature is blamed, and an honest one is not
- mocked: the mock, which has no fault, is not blamed for anything
- fault: the mock with a fault at this feature is blamed for it
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import uvicorn
from feature_table import DIALECTS, FEATURES, Feature, Schema, document
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from chatcert.cases.case import JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.judge.judging import BREACHES
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.faults import faults_of
from chatcert.mock.server import create_app, environment
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Requirement
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_spec

PAGE = Path(__file__).resolve().parents[1] / "docs" / "feature-matrix.md"
COLUMNS = ("accepted", "refused", "judged", "mocked", "fault")
NOTHING = "-"
"""A cell for which there is nothing to try."""
MAX_FAULTS = 3
"""Faults that are tried for one cell."""


@dataclass
class Switchboard:
    """A server whose application is exchanged between runs."""

    app: Any = None
    address: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the application of the moment does."""
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class IndependentServer:
    """A server that reads its rules from the table, and knows nothing of chatcert.

    Attributes:
        schema: what ``v`` has to keep to.
        answer: what it answers to every valid request, in place of what was sent.
    """

    feature: Feature
    schema: Schema
    answer: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Create a chat where the body and the parameter are valid; give back what was sent."""
        text = b""
        while True:
            message = await receive()
            text += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, answer = self._answer(scope, text)
        headers = [(b"content-type", b"application/json"), (b"allow", b"POST")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, scope: Any, text: bytes) -> tuple[int, Any]:
        try:
            body = json.loads(text)
        except ValueError:
            return 400, {"detail": "no JSON"}
        if not isinstance(body, dict):
            return 400, {"detail": "no object"}
        value = body.get("v", _MISSING) if self.feature.place == "body" else self._parameter(scope)
        if value is _MISSING or not _Exact(self.schema, format_checker=_FORMATS).is_valid(value):
            return 400, {"detail": "v is wrong"}
        return 200, body if self.answer is None else self.answer

    def _parameter(self, scope: Any) -> Any:
        found = self._texts(scope)
        if not found:
            return _MISSING
        if self.feature.schema["type"] == "array":
            return found[0].split(self.feature.separator) if self.feature.separator else found
        try:
            return int(found[0])
        except ValueError:
            return found[0]

    def _texts(self, scope: Any) -> list[str]:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        match self.feature.place:
            case "query":
                pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
                return [value for name, value in pairs if name == "v"]
            case "header":
                return [headers["v"]] if "v" in headers else []
            case "cookie":
                cookies = SimpleCookie(headers.get("cookie", ""))
                return [cookies["v"].value] if "v" in cookies else []
        return [unquote(scope["raw_path"].decode().rpartition("/")[2])]


_MISSING = object()
_FORMATS = Draft202012Validator.FORMAT_CHECKER


def _multiple_of(validator: Any, step: float, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Compare decimals as they are written: 19.99 is a multiple of 0.01."""
    if isinstance(value, int | float) and not isinstance(value, bool) and Decimal(str(value)) % Decimal(str(step)):
        yield ValidationError(f"{value} is no multiple of {step}")


_Exact = extend(Draft202012Validator, {"multipleOf": _multiple_of})


class Trial:
    """One feature in one dialect."""

    verbose = False

    def __init__(self, board: Switchboard, feature: Feature, contract: Contract) -> None:
        self._board, self._feature, self._contract = board, feature, contract
        self._catalogue = derive(contract)
        self._backend = Backend.of(contract)
        rows = self._catalogue.requirements.values()
        end = f"/{feature.keyword}"
        here = f"request/{feature.place}/v"
        self._refuses = [r for r in rows if r.path.startswith(here) and f"/{r.path}".endswith(end)]
        self._accepts = [r for r in rows if r.path.startswith((f"accepts/{feature.place}/v", "accepts/required-only"))]
        self._answers = [r for r in rows if r.path.startswith("response/200")]
        self._planner = Planner(contract, {}, PROFILES["quick"], 1)

    def cells(self) -> dict[str, str]:
        """Return the cells of the feature by column: yes, no, or a dash where there is nothing to try."""
        feature = self._feature
        honest = self._doubted(IndependentServer(feature, feature.schema), [*self._accepts, *self._refuses])
        looser = self._blamed(IndependentServer(feature, feature.looser), self._refuses)
        strict = feature.stricter
        stricter = self._blamed(IndependentServer(feature, strict), self._accepts) if strict is not None else set()
        everything = [*self._accepts, *self._refuses, *self._answers]
        mock = self._doubted(self._mock(), everything)
        is_optional = feature.looser == feature.schema
        return {
            "accepted": NOTHING if strict is None else _word(bool(stricter) and not honest),
            "refused": NOTHING if is_optional else _word(bool(looser) and not honest),
            "judged": NOTHING if is_optional or feature.place != "body" else self._judged(),
            "mocked": _word(not mock),
            "fault": NOTHING if is_optional else self._found(self._refuses),
        }

    def _judged(self) -> str:
        """Return whether answers are blamed that hold what a request must not hold."""
        cases = [case for row in self._refuses for case in self._planner.plan(row).cases]
        bodies = [case.request.body.value for case in cases if isinstance(case.request.body, JsonBody)]
        rows = [*self._accepts, *self._answers]
        honest = self._doubted(IndependentServer(self._feature, self._feature.schema), rows)
        wrong = [IndependentServer(self._feature, self._feature.schema, body) for body in bodies[:MAX_FAULTS]]
        return _word(bool(wrong) and not honest and all(self._blamed(server, rows) for server in wrong))

    def _found(self, rows: list[Requirement]) -> str:
        """Return whether the faults that are made for some requirements are found."""
        owned = {row.id: row for row in rows}
        faults = [fault for fault in faults_of(self._contract) if fault.breaks[0] in owned][:MAX_FAULTS]
        blamed = [fault.breaks[0] in self._blamed(self._mock(fault.id), [*self._accepts, *rows]) for fault in faults]
        return _word(bool(faults) and all(blamed))

    def _mock(self, *faults: str) -> Any:
        return create_app([self._contract], faults=faults, backends={self._contract.vendor: self._backend})

    def _doubted(self, app: Any, requirements: Iterable[Requirement]) -> set[str]:
        """Return the requirements, of those that are put to the test, of which an honest server is not cleared."""
        return self._blamed(app, requirements, frozenset(VerdictKind) - {VerdictKind.PASS, VerdictKind.NOT_APPLICABLE})

    def _blamed(
        self, app: Any, requirements: Iterable[Requirement], kinds: Collection[VerdictKind] = BREACHES
    ) -> set[str]:
        """Return the requirements, of those that are put to the test, whose verdict is one of some kinds."""
        contract, wanted = self._contract, list({one.id: one for one in requirements}.values())
        is_mock = not isinstance(app, IndependentServer)
        self._board.app = app
        credentials, resources = from_environment(contract, environment(contract, self._backend))
        url = f"{self._board.address}/{contract.vendor}" if is_mock else self._board.address
        run = Execution(
            self._catalogue, Target(url, credentials, resources, limits=Limits(timeout=5.0)), PROFILES["quick"]
        )
        try:
            run.run_all(wanted)
        finally:
            run.close()
        verdicts = judge_all(self._catalogue, run.exchanges, run.reasons, run.unfinished)
        found = {one.id: verdicts[one.id] for one in wanted if verdicts[one.id].kind in kinds}
        if self.verbose:
            name = type(app).__name__ if is_mock else f"{app.schema} {app.answer or ''}"
            print(f"  {name}: {[(key, verdict.kind.value, verdict.reason) for key, verdict in found.items()]}")
        return set(found)


def _word(good: bool) -> str:
    return "yes" if good else "no"


def started(board: Switchboard) -> uvicorn.Server:
    """Start the server of a switchboard in a thread; return it when it listens."""
    running = uvicorn.Server(uvicorn.Config(board, port=0, log_level="critical", lifespan="off"))
    threading.Thread(target=running.run, daemon=True).start()
    while not running.started:
        time.sleep(0.01)
    board.address = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    return running


def tried(features: Iterable[Feature]) -> dict[tuple[str, str], Mapping[str, str]]:
    """Return the cells of features by (feature, dialect)."""
    board = Switchboard()
    running = started(board)
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, feature in enumerate(features):
            for dialect in (one for one in DIALECTS if one in feature.dialects):
                file = Path(folder) / f"{number}-{dialect}.json"
                file.write_text(json.dumps(document(feature, dialect)), encoding="utf-8")
                found[feature.name, dialect] = Trial(board, feature, open_spec(file, name="feature")).cells()
    running.should_exit = True
    return found


def page(cells: Mapping[tuple[str, str], Mapping[str, str]]) -> str:
    """Return the page of the matrix."""
    lines = [
        "# Feature matrix",
        "",
        "Made by `python bench/features.py`: each cell is the result of runs with a small document.",
        "",
        "- **accepted**: a server that refuses a value at the limit of the feature is blamed, an honest one is not",
        "- **refused**: a server that does not enforce the feature is blamed, an honest one is not",
        "- **judged**: a server whose answers break the feature is blamed, an honest one is not",
        "- **mocked**: the bundled mock is blamed for nothing",
        "- **fault**: the mock with a fault at this feature is blamed for it",
        "",
        "*yes*: it was so; *no*: it was not; -: there is nothing to try. The servers of the first three columns are",
        "independent of chatcert's mock.",
        "",
        f"| feature | OpenAPI | {' | '.join(COLUMNS)} |",
        f"|---|---|{'---|' * len(COLUMNS)}",
    ]
    names = dict.fromkeys(name for name, _ in cells)
    for name in names:
        groups: dict[tuple[str, ...], list[str]] = {}
        for dialect in (one for one in DIALECTS if (name, one) in cells):
            groups.setdefault(tuple(cells[name, dialect][column] for column in COLUMNS), []).append(dialect)
        lines += [f"| {name} | {', '.join(dialects)} | {' | '.join(words)} |" for words, dialects in groups.items()]
    return "\n".join([*lines, ""])


def main() -> int:
    """Make or check the page; return 1 if it shows something else."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", metavar="TEXT", help="features whose name has this text; nothing is written")
    parser.add_argument("--verbose", action="store_true", help="print who is blamed for what in each run")
    arguments = parser.parse_args()
    Trial.verbose = arguments.verbose
    chosen = [feature for feature in FEATURES if not arguments.only or arguments.only in feature.name]
    text = page(tried(chosen))
    if arguments.only:
        print(text)
        return 0
    if arguments.check:
        shown = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        differing = sorted(set(text.splitlines()) ^ set(shown.splitlines()))
        print("\n".join(differing))
        return 1 if text != shown else 0
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.name}: {sum(list(row.values()).count('no') for row in tried_rows(text))} cells say no")
    return 0


def tried_rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a matrix by column."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ") and " | yes" in line]
    return [dict(zip(("feature", "OpenAPI", *COLUMNS), row, strict=True)) for row in rows]


if __name__ == "__main__":
    sys.exit(main())

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

A feature that is not tested has *named* in its cells if the report of a run says so.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import uvicorn
from feature import DIALECTS, Feature
from feature_answers import BODIES, HEADERS, LINKS, STREAMS, UNTESTED_ANSWERS
from feature_media import MEDIA_TYPES, UNTESTED_MEDIA_TYPES
from feature_parameters import PARAMETERS
from feature_security import SECURITY, UNTESTED_SECURITY
from feature_server import Reply, Request, Server, refused, reply
from feature_table import KEYWORDS
from feature_words import WORDS

from chatcert.cases.case import JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.judge.verdict import BREACHES, Verdict, VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.faults import Fault, faults_of
from chatcert.mock.server import create_app, environment
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Requirement
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_spec

PAGE = Path(__file__).resolve().parents[1] / "docs" / "feature-matrix.md"
COLUMNS = ("accepted", "refused", "judged", "mocked", "fault")
NOTHING = "-"
"""A cell for which there is nothing to try."""
MAX_TRIED = 3
"""Faults, or wrong answers, that are tried for one cell."""
AT_ONCE = RetryPolicy(backoff=0.01, max_backoff=0.01, cool_downs=(0.01,), control_delays=(0.01,))
"""Retries without waits: no failure of these servers is transient."""
FEATURES = (
    *KEYWORDS,
    *WORDS,
    *PARAMETERS,
    *MEDIA_TYPES,
    *HEADERS,
    *BODIES,
    *STREAMS,
    *LINKS,
    *SECURITY,
    *UNTESTED_MEDIA_TYPES,
    *UNTESTED_ANSWERS,
    *UNTESTED_SECURITY,
)


@dataclass
class Switchboard:
    """A server whose application is exchanged between runs."""

    app: Any = None
    address: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the application of the moment does."""
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class Independent:
    """A server of the table on a real connection."""

    server: Server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        text = b""
        while True:
            message = await receive()
            text += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        answer = self._answer(Request(scope["method"], path, query, headers, text))
        sent = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    def _answer(self, request: Request) -> Reply:
        """Return what the server answers: to another method than POST, that it has no other, unless it says more."""
        answer = self.server(request)
        is_other = request.method != "POST" and answer.status != 405
        return refused(405, Allow="POST") if is_other else answer


class Trial:
    """One feature in one dialect."""

    verbose = False

    def __init__(self, board: Switchboard, feature: Feature, contract: Contract) -> None:
        self._board, self._feature, self._contract = board, feature, contract
        self._catalogue = derive(contract)
        self._backend = Backend.of(contract)
        self._accepts, self._refuses, self._answers = (
            self._rows(patterns) for patterns in (feature.accepts, feature.refuses, feature.answers)
        )

    def _rows(self, patterns: Iterable[str]) -> list[Requirement]:
        every = self._catalogue.requirements.values()
        return [row for row in every if any(re.fullmatch(pattern, row.path) for pattern in patterns)]

    def cells(self) -> dict[str, str]:
        """Return the cells of the feature by column: a word, or a dash where there is nothing to try."""
        feature = self._feature
        if feature.untested:
            return dict.fromkeys(COLUMNS, NOTHING) | dict.fromkeys(COLUMNS[:3], self._named())
        everything = [*self._accepts, *self._refuses, *self._answers]
        is_honest = not self._doubted(feature.honest, everything)
        strict = all(self._blamed(server, self._accepts) for server in feature.stricter)
        loose = all(self._blamed(server, self._refuses) for server in feature.looser)
        wrong = self._wrong()
        judged = all(self._blames_answers(server) for server in wrong)
        owned = self._refuses if feature.looser else self._answers
        return {
            "accepted": _word(strict and is_honest) if feature.stricter else NOTHING,
            "refused": _word(loose and is_honest) if feature.looser else NOTHING,
            "judged": NOTHING if feature.wrong == () else _word(bool(wrong) and judged and is_honest),
            "mocked": _word(not self._doubted(self._mock(), everything)),
            "fault": _word(self._finds_faults(owned)) if feature.looser or feature.wrong != () else NOTHING,
        }

    def _named(self) -> str:
        """Return whether the report of a run says that the feature is not tested."""
        rows = [*self._accepts, *self._answers, *self._rows(("accepts/.*", "request/body/.*"))]
        reasons = [verdict.reason for verdict in self._verdicts(self._feature.honest, rows).values()]
        told = [*(defect.problem for defect in self._contract.defects), *reasons]
        return "named" if any(re.search(self._feature.untested, text) for text in told) else "no"

    def _wrong(self) -> list[Server]:
        """Return servers whose answers break the feature: those of the table, or such as answer with invalid bodies."""
        if self._feature.wrong is not None:
            return [*self._feature.wrong]
        planner = Planner(self._contract, {}, PROFILES["quick"], 1)
        cases = [case for row in self._refuses for case in planner.plan(row).cases]
        bodies = [case.request.body.value for case in cases if isinstance(case.request.body, JsonBody)]
        return [_answering_with(self._feature.honest, body) for body in bodies[:MAX_TRIED]]

    def _blames_answers(self, server: Server) -> bool:
        rows = {row.id for row in self._answers}
        return bool(self._blamed(server, [*self._accepts, *self._answers]) & rows)

    def _finds_faults(self, rows: list[Requirement]) -> bool:
        """Return whether the faults that are made for some requirements are found."""
        owned = {row.id: row for row in rows}
        steady = (
            fault for fault in faults_of(self._contract) if not fault.intermittent
        )  # the others need many requests
        faults = [fault for fault in steady if fault.breaks[0] in owned][:MAX_TRIED]
        return bool(faults) and all(fault.breaks[0] in self._blamed_for(fault, rows) for fault in faults)

    def _blamed_for(self, fault: Fault, rows: list[Requirement]) -> set[str]:
        """Return the requirements that the mock with a fault breaks, of those that the fault may show in as well."""
        shown = [self._catalogue.requirements[name] for name in fault.breaks]
        return self._blamed(self._mock(fault.id), [*self._accepts, *rows, *shown])

    def _mock(self, *faults: str) -> Any:
        return create_app([self._contract], faults=faults, backends={self._contract.vendor: self._backend})

    def _doubted(self, app: Any, requirements: Iterable[Requirement]) -> set[str]:
        """Return the requirements, of those that are put to the test, of which an honest server is not cleared."""
        return self._blamed(app, requirements, frozenset(VerdictKind) - {VerdictKind.PASS, VerdictKind.NOT_APPLICABLE})

    def _blamed(
        self, app: Any, requirements: Iterable[Requirement], kinds: Collection[VerdictKind] = BREACHES
    ) -> set[str]:
        """Return the requirements, of those that are put to the test, whose verdict is one of some kinds."""
        verdicts = self._verdicts(app, requirements)
        found = {key: verdict for key, verdict in verdicts.items() if verdict.kind in kinds}
        if self.verbose:
            print(f"  {app}: {[(key, verdict.kind.value, verdict.reason) for key, verdict in found.items()]}")
        return set(found)

    def _verdicts(self, app: Any, requirements: Iterable[Requirement]) -> dict[str, Verdict]:
        contract, wanted = self._contract, list({one.id: one for one in requirements}.values())
        is_mock = isinstance(app, FunctionType) is False
        self._board.app = app if is_mock else Independent(app)
        variables = environment(contract, self._backend)
        if not is_mock:
            variables = {variable_name(contract.vendor, name): text for name, text in self._feature.secrets.items()}
        credentials, resources = from_environment(contract, variables)
        url = f"{self._board.address}/{contract.vendor}" if is_mock else self._board.address
        target = Target(url, credentials, resources, limits=Limits(timeout=5.0))
        run = Execution(self._catalogue, target, PROFILES["quick"], retry_policy=AT_ONCE)
        try:
            run.run_all(wanted)
        finally:
            run.close()
        verdicts = judge_all(self._catalogue, run.exchanges, run.reasons, run.unfinished)
        return {one.id: verdicts[one.id] for one in wanted}


def _answering_with(server: Server, body: Any) -> Server:
    """Return a server whose successes all have the same body."""

    def serve(request: Request) -> Reply:
        answer = server(request)
        return reply(body) if answer.status == 200 else answer

    return serve


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


def tried(
    features: Iterable[Feature], dialects: Collection[str] = DIALECTS
) -> dict[tuple[str, str], Mapping[str, str]]:
    """Return the cells of features by (feature, dialect)."""
    board = Switchboard()
    running = started(board)
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, feature in enumerate(features):
            for dialect in (one for one in DIALECTS if one in feature.dialects and one in dialects):
                file = Path(folder) / f"{number}-{dialect}.json"
                file.write_text(json.dumps(feature.document(dialect)), encoding="utf-8")
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
        "*yes*: it was so; *no*: it was not; *named*: nothing of it is tested, and the report of a run says so; -:",
        "there is nothing to try, since the feature allows nothing that a server could refuse, forbids nothing, or",
        "is not about answers. The servers of the first three columns are independent of chatcert's mock: they read",
        "requests by themselves, and know their rules from a table in `bench/`.",
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
    parser.add_argument(
        "--only",
        action="append",
        metavar="TEXT",
        help="features whose name has this text, or that of another --only; nothing is written",
    )
    parser.add_argument("--dialect", choices=DIALECTS, help="one version of OpenAPI, with --only")
    parser.add_argument("--verbose", action="store_true", help="print who is blamed for what in each run")
    arguments = parser.parse_args()
    Trial.verbose = arguments.verbose
    wanted = arguments.only or [""]
    chosen = [feature for feature in FEATURES if any(text in feature.name for text in wanted)]
    text = page(tried(chosen, [arguments.dialect] if arguments.only and arguments.dialect else DIALECTS))
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
    rows = [
        line.strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith("| ") and re.search(r" \| (yes|no|named)", line)
    ]
    return [dict(zip(("feature", "OpenAPI", *COLUMNS), row, strict=True)) for row in rows]


if __name__ == "__main__":
    sys.exit(main())

"""How many faults are found, and how many honest servers are blamed.

    python bench/detection.py                      the mock's own faults and manners, every vendor
    python bench/detection.py --set peers          the independent servers under tests/suite/peers
    python bench/detection.py --set both --profile quick --sample 10
                                                   a fixed selection of each set; some minutes
    python bench/detection.py --rows FILE --proof  as the first, and write what every report of this version tells of
                                                   it: src/chatcert/report/detection_record.json

Prints a table for each set and writes both to docs/detection.md. Takes hours at ``--profile standard`` without
``--sample``; every server listens on loopback and is stopped after its run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn

from chatcert import __version__
from chatcert.cases.case import Expectation
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.exceptions import ChatcertError
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.deviation.header_names import NamesKeptProtocol
from chatcert.mock.faults import faults_of
from chatcert.mock.manners import manners_of
from chatcert.mock.server import create_app, environment
from chatcert.openapi.contract import Contract
from chatcert.report.detection_record import SCHEMA as PROOF_SCHEMA
from chatcert.report.detection_record import sources_digest
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import known_vendors, open_vendor

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "tests" / "suite"
PROOF = ROOT / "src" / "chatcert" / "report" / "detection_record.json"


@dataclass(frozen=True, slots=True)
class Subject:
    """One server to be certified: an own fault, or an independent server's defect or manner."""

    vendor: str
    kind: str
    name: str
    family: str
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    subject: Subject
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    undecided: int
    requests: int
    successes: int = 0
    trouble: str = ""

    @property
    def noticed(self) -> bool:
        """Whether anything was said against the server."""
        return bool(self.failed or self.warned)

    @property
    def owned(self) -> bool:
        """Whether the requirement that the fault is made for is among those that were named."""
        return not self.subject.breaks or self.subject.breaks[0] in {*self.failed, *self.warned}

    @property
    def unrelated(self) -> tuple[str, ...]:
        """What failed beside the requirements that the fault says it breaks."""
        return tuple(name for name in self.failed if self.subject.breaks and name not in self.subject.breaks)


@contextmanager
def own_server(subject: Subject) -> Iterator[tuple[str, dict[str, str]]]:
    """The bundled mock with one fault, in a thread."""
    contract, _, backend = known(subject.vendor)
    faults = [subject.name] if subject.kind == "fault" else []
    manners = [subject.name] if subject.kind == "own manner" and subject.name else []
    app = create_app([contract], faults=faults, manners=manners, backends={subject.vendor: backend})
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off", http=NamesKeptProtocol))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/{subject.vendor}", environment(contract, backend)
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def peer_server(subject: Subject) -> Iterator[tuple[str, dict[str, str]]]:
    """One of the independent servers."""
    sys.path.insert(0, str(PEERS))
    from peers.reference import environment as peer_environment
    from peers.serve import serve

    incident = incidents().get((subject.vendor, subject.name)) if subject.kind in INCIDENTAL else None
    chosen = {"apply": incident.apply} if incident is not None else {subject.kind: subject.name}
    with serve(subject.vendor, **chosen) as url:
        yield url, peer_environment(subject.vendor)


WRONG = ("fault", "defect", "incident")
"""Kinds of servers with one defect."""
HONEST = ("own manner", "manner", "look-alike")
"""Kinds of servers without any."""
INCIDENTAL = ("incident", "look-alike")
"""Kinds of independent servers that are modelled on incidents."""


@cache
def incidents() -> dict[tuple[str, str], Any]:
    """Every server that is modelled on an incident, by vendor and name; a look-alike has no owner."""
    sys.path.insert(0, str(PEERS))
    from peers.incidents_table import FURTHER_INCIDENTS, FURTHER_MANNERS, INCIDENTS, MANNERS

    return {(one.vendor, one.name): one for one in (*INCIDENTS, *FURTHER_INCIDENTS, *MANNERS, *FURTHER_MANNERS)}


@cache
def known(vendor: str) -> tuple[Contract, Catalogue, Backend]:
    """What all own servers of a vendor share in this process: credentials and resources too."""
    contract = open_vendor(vendor)
    return contract, derive(contract), Backend.of(contract)


_PLANS: dict[tuple[str, str, int, str], Planner] = {}


def certify(job: tuple[Subject, str], seed: int = 1) -> Outcome:
    """Certify one subject in this process."""
    subject, profile = job
    contract, catalogue, _ = known(subject.vendor)
    trouble = ""
    own = subject.kind in ("fault", "own manner")
    with (own_server if own else peer_server)(subject) as (url, variables):
        credentials, resources = from_environment(contract, variables)
        target = Target(url, credentials, resources, limits=Limits(timeout=6.0))
        key = (subject.vendor, profile, seed, repr(resources))  # the same resources make the same plan
        run = Execution(catalogue, target, profile_named(profile), seed=seed, plans=_PLANS.get(key))
        _PLANS[key] = run.planner
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        except ChatcertError as error:
            trouble = error.line()
        finally:
            run.close()
    verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    verdicts = fold_all(catalogue, run.exchanges, verdicts)
    named = {word: tuple(v.requirement for v in verdicts.values() if v.kind is word) for word in VerdictKind}
    undecided = len(named[VerdictKind.INCONCLUSIVE]) + len(named[VerdictKind.NOT_RUN]) + len(named[VerdictKind.ERROR])
    successes = sum(e.succeeded and e.expectation == Expectation.ACCEPTED for e in run.exchanges)
    return Outcome(
        subject, named[VerdictKind.FAIL], named[VerdictKind.WARN], undecided, len(run.exchanges), successes, trouble
    )


def own_subjects(vendors: list[str]) -> Iterator[Subject]:
    """Every fault and manner of the mock."""
    for vendor in vendors:
        for fault in faults_of(open_vendor(vendor)):
            yield Subject(vendor, "fault", fault.id, fault.family, tuple(fault.breaks))
        for manner in manners_of(open_vendor(vendor)):
            yield Subject(vendor, "own manner", manner.id, "honest")


def peer_subjects(vendors: list[str]) -> Iterator[Subject]:
    """Every defect and manner of the independent servers."""
    sys.path.insert(0, str(PEERS))
    from peers.registry import DEFECTS, MANNERS

    for vendor in vendors:
        for defect in DEFECTS:
            if defect.vendor == vendor:
                yield Subject(vendor, "defect", defect.name, defect.severity)
        for manner in MANNERS:
            if manner.vendor == vendor:
                yield Subject(vendor, "manner", manner.name, "honest")
        for one in incidents().values():
            if one.vendor == vendor:
                kind, what = ("incident", "must") if one.owner else ("look-alike", "honest")
                yield Subject(vendor, kind, one.name, what)


def rarely_wrong(vendors: list[str], profile: str) -> str:
    """How probable it is that a run meets a server's rare wrong answer, by the successes that it asks for."""
    lines = [
        "## Wrong now and then",
        "",
        f"How probable it is that a run at profile `{profile}` meets a wrong answer of a server that answers",
        "one in ten, or one in twenty, valid requests wrongly, at random.",
        "",
        "| vendor | successes in a run | one in ten | one in twenty |",
        "| --- | ---: | ---: | ---: |",
    ]
    for vendor in vendors:
        successes = certify((Subject(vendor, "own manner", "", ""), profile)).successes
        tenth, twentieth = (math.floor(1000 * (1 - (1 - 1 / n) ** successes)) / 10 for n in (10, 20))
        lines.append(f"| {vendor} | {successes} | {tenth} % | {twentieth} % |")
    return "\n".join(lines) + "\n"


def selected(subjects: list[Subject], count: int | None) -> list[Subject]:
    """A fixed selection: the same names every time, whatever is added elsewhere."""
    if count is None or count >= len(subjects):
        return subjects
    order: Callable[[Subject], str] = lambda s: hashlib.sha256(f"{s.vendor}/{s.kind}/{s.name}".encode()).hexdigest()  # noqa: E731
    return sorted(subjects, key=order)[:count]


def version_of(vendor: str, profile: str) -> dict[str, str]:
    """What a measurement holds for: the code and the catalogue that it was made with, and the profile."""
    return {"sources": sources_digest(), "catalogue": known(vendor)[1].digest, "profile": profile}


def keep_row(path: Path | None, outcome: Outcome, profile: str) -> None:
    """Append one line."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            row = asdict(outcome) | {"version": version_of(outcome.subject.vendor, profile)}
            file.write(json.dumps(row) + "\n")


def read_rows(path: Path | None, profile: str, *, exact: bool) -> Iterator[Outcome]:
    """Read the results of an earlier run.

    Args:
        exact: leave out what was measured with other code, another catalogue or another profile.
    """
    if path is None or not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        row = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(line).items()}
        subject, version = row.pop("subject"), row.pop("version", None)
        if exact and version != version_of(subject["vendor"], profile):
            continue
        yield Outcome(Subject(**subject | {"breaks": tuple(subject["breaks"])}), **row)


def proof_of(outcomes: list[Outcome], profile: str) -> dict[str, object]:
    """Return what reports of this version say of the measurement: how many were found and blamed for each catalogue."""
    catalogues = {}
    for vendor in dict.fromkeys(o.subject.vendor for o in outcomes):
        mine = [o for o in outcomes if o.subject.vendor == vendor]
        faults = [o for o in mine if o.subject.kind == "fault"]
        manners = [o for o in mine if o.subject.kind == "own manner"]
        catalogues[known(vendor)[1].digest] = {
            "faults": len(faults),
            "found": sum(o.noticed for o in faults),
            "owned": sum(o.noticed and o.owned for o in faults),
            "missed": [o.subject.name.partition("/")[2] for o in faults if not o.noticed],
            "manners": len(manners),
            "blamed": sum(o.noticed for o in manners),
        }
    return {
        "schema": PROOF_SCHEMA,
        "suite": __version__,
        "profile": profile,
        "sources": sources_digest(),
        "catalogues": catalogues,
    }


def spread_of(outcomes: list[Outcome]) -> str:
    """How many musts fail at a server with one defect: one defect is one finding."""
    wrong = [o for o in outcomes if o.failed and o.subject.kind in WRONG]
    noticed = sorted(wrong, key=lambda o: len(o.failed))
    if not noticed:
        return "No `must` failed at any server with a defect."
    middle, high = (len(noticed[min(len(noticed) - 1, len(noticed) * n // 100)].failed) for n in (50, 95))
    most = ", ".join(f"`{o.subject.name}` ({o.subject.vendor}) {len(o.failed)}" for o in noticed[:-4:-1])
    figures = f"median {middle}, 95th percentile {high}; the most: {most}"
    return f"Failing `must` at {len(noticed)} servers with a defect: {figures}."


def table(title: str, outcomes: list[Outcome], profile: str) -> str:
    """One Markdown table, and a list of what was missed or blamed."""
    about = f"Profile `{profile}`, chatcert {__version__}; failing `must` and requests are medians."
    lines = [
        f"## {title}",
        "",
        about,
        "",
        "| vendor | kind | servers | noticed | owner named | nothing unrelated | failing `must` | requests |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    keys = dict.fromkeys((o.subject.vendor, o.subject.kind) for o in outcomes)
    for vendor, kind in keys:
        mine = [o for o in outcomes if (o.subject.vendor, o.subject.kind) == (vendor, kind)]
        noticed = sum(o.noticed for o in mine)
        reported = any(o.subject.breaks for o in mine)
        owned = sum(o.noticed and o.owned for o in mine) if reported else ""
        alone = sum(not o.unrelated for o in mine) if reported else ""
        failing = statistics.median(len(o.failed) for o in mine if o.noticed) if noticed else 0
        requests = statistics.median(o.requests for o in mine)
        lines.append(
            f"| {vendor} | {kind} | {len(mine)} | {noticed} | {owned} | {alone} | {failing:g} | {requests:g} |"
        )
    lines += ["", spread_of(outcomes)]
    wrong = [o for o in outcomes if o.noticed == (o.subject.kind in HONEST) or not o.owned or o.unrelated]
    given = f"{len(wrong)} of {len(outcomes)} servers are missed, blamed though honest, or blamed elsewhere"
    lines += ["", *([f"{given}:", ""] if wrong else [f"{given}."])]
    for o in wrong:
        given = "beside it, " + ", ".join(o.unrelated) if o.noticed and o.owned and o.unrelated else ""
        given = given or ", ".join([*o.failed, *o.warned][:3]) or o.trouble or f"nothing ({o.undecided} undecided)"
        lines.append(f"- {o.subject.kind} `{o.subject.name}` ({o.subject.vendor}, {o.subject.family}): {given}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", action="append", choices=known_vendors(), default=[])
    parser.add_argument("--set", choices=("own", "peers", "both"), default="own")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--sample", type=int, metavar="N", help="N servers of each set and vendor")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", type=Path, metavar="FILE", help="keep a line a server there, and go on from it")
    parser.add_argument(
        "--proof", action="store_true", help="write it down for the reports; rows of other code are left out"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "detection.md")
    options = parser.parse_args()
    if options.proof and (options.sample or options.vendor or options.set == "peers"):
        parser.error("--proof tells of all of the mock's faults and manners, of every vendor")
    vendors = options.vendor or list(known_vendors())
    sources: dict[str, Callable[[list[str]], Iterator[Subject]]] = {}
    if options.set in ("own", "both"):
        sources["The mock's own faults and manners"] = own_subjects
    if options.set in ("peers", "both"):
        sources["Independent servers"] = peer_subjects
    parts = [
        "# What is found, and who is blamed",
        "",
        f"Made by `python bench/detection.py {' '.join(sys.argv[1:])}`.".replace(" `.", "`."),
        "",
    ]
    if options.sample:
        which = f"of each vendor, set and kind the {options.sample} servers whose names have the least digests"
        parts += [f"A fixed sample: {which}. Without `--sample`, every server is certified.", ""]
    with multiprocessing.Pool(options.processes) as pool:
        for title, source in sources.items():
            chosen: list[Subject] = []
            for vendor in vendors:
                for kind in (*WRONG, *HONEST):
                    mine = [s for s in source([vendor]) if s.kind == kind]
                    chosen += selected(mine, options.sample)
            measured = {o.subject: o for o in read_rows(options.rows, options.profile, exact=options.proof)}
            left = [(s, options.profile) for s in chosen if s not in measured]
            for done, outcome in enumerate(pool.imap_unordered(certify, left), 1):
                measured[outcome.subject] = outcome
                keep_row(options.rows, outcome, options.profile)
                print(f"\r{title}: {done} of {len(left)}", end="", file=sys.stderr, flush=True)
            print(file=sys.stderr)
            outcomes = [measured[subject] for subject in chosen]
            if options.proof and source is own_subjects:
                PROOF.write_text(json.dumps(proof_of(outcomes, options.profile), indent=2) + "\n", encoding="ascii")
            text = table(title, outcomes, options.profile)
            print(text)
            parts.append(text)
    text = rarely_wrong(vendors, options.profile)
    print(text)
    parts.append(text)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

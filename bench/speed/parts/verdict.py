"""(a) How long a full verdict takes and how many requests it needs, beside Schemathesis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import PROFILES, certify
from speed.peers.schemathesis import Tested, st_full, st_run
from speed.servers import counting_mock
from speed.spread import Spread, digits, pooled, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(a) A full verdict"
BOUNDS = {"quick": 0.25, "standard": 0.45}
REASONS = {
    "quick": "of our processor time, imports take 40 %, reports 18 to 21 %, "
    "sending 9 %, judging 8 to 9 %, planning 5 to 8 %",
    "standard": "two to three times as many requests; of our processor time, imports take 30 to 37 %, planning with "
    "Hypothesis 8 to 21 %, reports 12 to 17 %, judging 8 to 13 %, sending 10 to 14 %",
}
BESIDE = {
    profile: Goal("a", f"{profile} / Schemathesis, seconds", Sense.AT_MOST, BOUNDS[profile], reason=REASONS[profile])
    for profile in PROFILES
}
GOALS = tuple(BESIDE.values())
ABOUT = (
    "Seconds of whole processes, from start to exit, each on one vendor's mock, which runs in a process of its "
    "own: `chatcert certify VENDOR --url`, with all of its reports, beside `st run` of Schemathesis at its "
    "defaults, with the same credentials as headers. The document of Schemathesis is informed: our overlay is "
    "applied, and names of existing things are all that it allows, so that it finds nothing wrong with a server "
    "that is right, sends all that it has, and ends with 0. On the document as published it may take right "
    "refusals for breaches, and then ends at the first: no full verdict, shown for comparison, one run. Both get "
    "the seed 1. Its requests are counted by the server, in a run of their own. The ratio is that to Schemathesis "
    "on the informed document, round by round."
)


def measure(bench: Bench) -> Section:
    """Every vendor, each way in turn."""
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    pairs: dict[str, list[Spread]] = {profile: [] for profile in PROFILES}
    with running_mock(bench.vendors) as mock:
        for vendor in bench.vendors:
            subject = Subject.of(vendor, mock.url, mock.environment)
            informed = subject.informed(bench.new_folder("documents"))
            once = _once(bench, vendor)
            bench.warm_up("chatcert certify", partial(certify, bench, subject, "--profile", PROFILES[0]))
            ours, theirs = bench.in_turn(
                f"verdict, {vendor}",
                {profile: partial(certify, bench, subject, "--profile", profile) for profile in PROFILES},
                {"Schemathesis": partial(st_full, bench, subject, informed)},
            )
            peer = spread_of(theirs["Schemathesis"], lambda run: run.seconds)
            for name, runs in ours.items():
                seconds = spread_of(runs, lambda run: run.seconds)
                pairs[name].append(ratios(seconds, peer))
                rows.append(
                    (vendor, f"chatcert {name}", f"{runs[0].requests:,}", seconds.text(), pairs[name][-1].text())
                )
            rows.append((vendor, "Schemathesis", f"{once['informed'].requests:,}", peer.text(), ""))
            published = once["published"]
            rows.append((vendor, "the same, published", f"{published.requests:,}", digits(published.run.seconds), ""))
            notes.append(f"{vendor}: {published.run.ended}")
    table = Table(("vendor", "program", "requests", "seconds", "ratio"), rows, left=2)
    goals = [Judged(BESIDE[name], pooled(found)) for name, found in pairs.items()]
    return Section(
        TITLE, (ABOUT, "How it ended on the document as published. " + "; ".join(notes) + "."), [table], goals
    )


@dataclass(frozen=True, slots=True)
class Once:
    """One run of Schemathesis, with its requests as the server has counted them."""

    run: Tested
    requests: int


def _once(bench: Bench, vendor: str) -> dict[str, Once]:
    """One run on each document, against a mock that counts."""
    found: dict[str, Once] = {}
    with counting_mock(bench, vendor) as (subject, count):
        folder = bench.new_folder("documents")
        for name, document in (("informed", subject.informed(folder)), ("published", subject.published(folder))):
            bench.tell(f"verdict, {vendor}, counted: Schemathesis, {name} document")
            before = count()
            run = st_run(bench, subject, document)
            found[name] = Once(run, count() - before)
    return found

"""(a) How long a full verdict takes and how many requests it needs, beside Schemathesis."""

from __future__ import annotations

from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import certify
from speed.peers.schemathesis import ended, st_run
from speed.servers import counting_mock
from speed.spread import Spread, pooled, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(a) A full verdict"
QUICK = Goal("a", "quick / Schemathesis, seconds", Sense.AT_MOST, 1 / 3)
STANDARD = Goal("a", "standard / Schemathesis, seconds", Sense.AT_MOST, 1 / 2)
GOALS = (QUICK, STANDARD)
ABOUT = (
    "Seconds of whole processes, from start to exit, each on one vendor's mock, which runs in a process of its own: "
    "`chatcert certify VENDOR --url`, with all of its reports, beside `st run` of Schemathesis at its defaults with the "
    "same credentials as headers. Its document is ours, the overlay applied, and allows the names of existing things "
    "alone: it then sends all that it has. On the document as published it takes right refusals for breaches and ends "
    "at the first: no full verdict, shown for comparison. Both get the seed 1. The ratio is that of the seconds of each "
    "round to those of Schemathesis on the informed document.",
)


def measure(bench: Bench) -> Section:
    """Every vendor, each way in turn."""
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    pairs: dict[str, list[Spread]] = {"quick": [], "standard": []}
    with running_mock(bench.vendors) as mock:
        for vendor in bench.vendors:
            subject = Subject.of(vendor, mock.url, mock.environment)
            folder = bench.new_folder("documents")
            informed, published = subject.informed(folder), subject.published(folder)
            sent = _requests_of_peer(bench, vendor)
            ours = bench.in_turn(
                {
                    "quick": lambda s=subject: certify(bench, s, "--profile", "quick"),
                    "informed": lambda s=subject, d=informed: st_run(bench, s, d),
                    "standard": lambda s=subject: certify(bench, s, "--profile", "standard"),
                    "published": lambda s=subject, d=published: st_run(bench, s, d),
                },
                about=f"verdict, {vendor}",
            )
            peer = spread_of(ours["informed"], lambda run: run.seconds)
            for profile, found in pairs.items():
                seconds = spread_of(ours[profile], lambda run: run.seconds)
                found.append(ratios(seconds, peer))
                rows.append((vendor, f"chatcert {profile}", digits_of(ours[profile][0].requests), seconds.text(),
                             found[-1].text()))  # fmt: skip
            for document, said in (("informed", "Schemathesis"), ("published", "the same, as published")):
                seconds = spread_of(ours[document], lambda run: run.seconds)
                rows.append((vendor, said, digits_of(sent[document]), seconds.text(), ""))
                notes.append(f"{vendor}, {document} document: {ended(ours[document])}")
    table = Table(("vendor", "program", "requests", "seconds", "ratio"), rows, left=2)
    goals = [Judged(goal, pooled(pairs[name])) for goal, name in ((QUICK, "quick"), (STANDARD, "standard"))]
    return Section(TITLE, (*ABOUT, "How Schemathesis ended. " + "; ".join(notes) + "."), [table], goals)


def digits_of(count: int) -> str:
    """A whole number as text."""
    return f"{count:,}"


def _requests_of_peer(bench: Bench, vendor: str) -> dict[str, int]:
    """How many requests it sends on each document, counted by the server in a run that is not timed."""
    counts: dict[str, int] = {}
    with counting_mock(bench, vendor) as (subject, count):
        folder = bench.new_folder("documents")
        for name, document in (("informed", subject.informed(folder)), ("published", subject.published(folder))):
            bench.tell(f"verdict, {vendor}, not timed: requests of Schemathesis, {name} document")
            before = count()
            st_run(bench, subject, document)
            counts[name] = count() - before
    return counts

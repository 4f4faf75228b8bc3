"""(j) What a verdict costs each vendor: requests, chats, seconds at three latencies, and what is left on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import PROFILES, Certified, certify
from speed.peers.bare_loop import loop, script_of
from speed.peers.schemathesis import st_full
from speed.servers import counting_mock
from speed.spread import Spread, digits, pooled, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(j) The cost of a verdict"
LATENCIES = (0, 300, 2000)
"""Milliseconds before each answer."""
JOBS = 8
ALONE = (
    "the first and the last control have no other request beside them, which alone makes it 1.13 where 105 requests "
    "are sent; credentials that are tried last, with fewer than 8 at once, make the rest"
)
WAITING = {
    name: Goal("j", f"{name}, seconds / limit, 2 s latency", Sense.AT_MOST, 1.15, reason=ALONE) for name in PROFILES
}
EVIDENCE = Goal("j", "standard, evidence.jsonl", Sense.AT_MOST, 2.5, "MB")
PAGE = Goal("j", "standard, report.html, at most 200 of its requirements", Sense.AT_MOST, 200, "kB")
MEMORY = Goal("j", "standard, memory", Sense.AT_MOST, 300, "MB")
FEW = (
    "rules on answers and on concurrency need 16 of them, the others are variations that exclude each other, and "
    "controls that prove up to 190 refusals"
)
CHATS = {
    "quick": Goal("j", "quick, chats", Sense.AT_MOST, 25, "chats", FEW),
    "standard": Goal("j", "standard, chats without the plain repetitions", Sense.AT_MOST, 60, "chats"),
}
BEFORE = (
    ("agencii", "quick", "129", "1.84", "4.27"),
    ("agencii", "standard", "212", "2.86", "5.65"),
    ("openwebui", "quick", "155", "2.93", "4.85"),
    ("openwebui", "standard", "254", "3.82", "7.17"),
    ("polyai", "quick", "289", "3.18", "7.63"),
    ("polyai", "standard", "465", "5.27", "10.9"),
    ("sigmamind", "quick", "234", "2.69", "6.06"),
    ("sigmamind", "standard", "379", "3.97", "9.99"),
)
"""What the first release took, as its own bench has measured it on a machine of the same kind."""
GOALS = (*CHATS.values(), *WAITING.values(), EVIDENCE, PAGE, MEMORY)
ABOUT = (
    f"One run of each vendor and profile at each latency of the mock, {JOBS} requests in flight (`--jobs {JOBS}`). "
    "Where answers take their time, two vendors are certified at once, since their runs mostly wait. "
    "`chats` is how many the run has created, `plain` how many of them are repetitions that guard constancy (see "
    "`--constancy`). `limit` is what the requests take at the greatest latency where all jobs are busy all the time; "
    "`/ limit` is what the whole run takes beside it. `MB` is evidence.jsonl, and `page` the kB of report.html. "
    "Schemathesis, and a bare httpx loop that sends the requests of `standard`, send one after another: their seconds "
    "without latency are measured, and at the others that is added once for each request, which is the least."
)
ABOUT_BEFORE = (
    "Before: what the first release took on a machine of the same kind, with one request in flight without latency, "
    "and 16 at 0.3 s. Chats were not counted then; on an independent server they were 58 to 148 at `quick`, and 128 "
    "to 263 at `standard`."
)


def measure(bench: Bench) -> Section:
    """Each latency in turn; at the larger ones, two vendors at once."""
    latencies = (0, 50) if bench.quick else LATENCIES
    runs: dict[tuple[str, str, int], Certified] = {}
    others: dict[tuple[str, str], tuple[int, float]] = {}
    for latency in latencies:
        with running_mock(bench.vendors, latency_ms=latency) as mock:
            subjects = [Subject.of(vendor, mock.url, mock.environment) for vendor in bench.vendors]
            for profile in PROFILES:
                bench.tell(f"cost, {profile}, answers after {latency} ms")
                options = ("--profile", profile, "--jobs", str(JOBS))
                with ThreadPoolExecutor(2 if latency else 1) as pool:
                    certified = list(pool.map(partial(_certified, bench, options), subjects))
                runs |= {(s.vendor, profile, latency): run for s, run in zip(subjects, certified, strict=True)}
            for subject in subjects if not latency else ():
                script = script_of(bench, subject, runs[subject.vendor, "standard", 0].folder / "evidence.jsonl")
                looped = loop(script)
                others[subject.vendor, "bare loop"] = (looped.requests, looped.seconds)
    for vendor in bench.vendors:
        bench.tell(f"cost, {vendor}: Schemathesis")
        with counting_mock(bench, vendor) as (subject, count):
            seconds = st_full(bench, subject, subject.informed(bench.new_folder("documents"))).seconds
            others[vendor, "Schemathesis"] = (count(), seconds)
    rows: list[tuple[str, ...]] = []
    for vendor in bench.vendors:
        found = {profile: [runs[vendor, profile, latency] for latency in latencies] for profile in PROFILES}
        rows.extend(_row(vendor, profile, latencies, runs_of) for profile, runs_of in found.items())
        for name in ("bare loop", "Schemathesis"):
            requests, least = others[vendor, name]
            times = (digits(least + requests * latency / 1000) for latency in latencies)
            rows.append((vendor, name, str(requests), "", "", *times, *[""] * 4))
    columns = [f"{latency / 1000:g} s" for latency in latencies]
    heads = ("vendor", "run", "requests", "chats", "plain", *columns, "limit", "/ limit", "MB", "page")
    before = [row for row in BEFORE if row[0] in bench.vendors]
    tables = [Table(heads, rows, left=2), Table(("vendor", "run, before", "requests", "0 s", "0.3 s"), before, left=2)]
    return Section(TITLE, [ABOUT, ABOUT_BEFORE], tables, _judged(bench, runs, latencies[-1]))


def _certified(bench: Bench, options: Sequence[str], subject: Subject) -> Certified:
    return certify(bench, subject, *options)


def _row(vendor: str, profile: str, latencies: Sequence[int], runs: Sequence[Certified]) -> tuple[str, ...]:
    """The cells of one vendor and profile, at each latency."""
    first, last, slowest = runs[0], runs[-1], latencies[-1]
    return (
        vendor,
        profile,
        str(first.requests),
        str(_chats(first)),
        str(_plain(first)),
        *(digits(run.seconds) for run in runs),
        digits(_limit(last, slowest)),
        digits(last.seconds / _limit(last, slowest)),
        digits(_size(first, "evidence.jsonl") / 1e6),
        digits(_size(first, "report.html") / 1e3),
    )


def _judged(bench: Bench, runs: dict[tuple[str, str, int], Certified], slowest: int) -> list[Judged]:
    def over(profile: str, latency: int) -> list[Certified]:
        return [runs[vendor, profile, latency] for vendor in bench.vendors]

    judged = []
    for name in PROFILES:
        most = max(_chats(run) - (_plain(run) if name == "standard" else 0) for run in over(name, 0))
        judged.append(Judged(CHATS[name], Spread.of([float(most)])))
    for name, goal in WAITING.items():
        ratios = [Spread.of([run.seconds / _limit(run, slowest)]) for run in over(name, slowest)]
        judged.append(Judged(goal, pooled(ratios)))
    standard = over("standard", 0)
    judged.append(Judged(EVIDENCE, spread_of(standard, lambda run: _size(run, "evidence.jsonl") / 1e6)))
    judged.append(Judged(PAGE, spread_of(standard, _page_of_200)))
    judged.append(Judged(MEMORY, spread_of(standard, lambda run: run.finished.peak_bytes / 1e6)))
    return judged


def _page_of_200(run: Certified) -> float:
    """Return the kB of a page by 200 requirements, or of the whole page where it has fewer."""
    return _size(run, "report.html") / 1e3 * 200 / max(200, len(run.report["requirements"]))


def _limit(run: Certified, latency: int) -> float:
    """Seconds that the answers to its requests take, as many at a time as there are jobs."""
    return run.requests * latency / 1000 / JOBS


def _chats(run: Certified) -> int:
    return int(run.report["created"]["chats"])


def _plain(run: Certified) -> int:
    """How many chats come from plain repetitions of a valid request."""
    return int(run.report["constancy"]["answers"])


def _size(run: Certified, name: str) -> int:
    return (run.folder / name).stat().st_size

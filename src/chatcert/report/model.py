"""The types of a report's data: one for each object of the published JSON Schema, key by key.

A report is plain JSON. These types name its keys for mypy; the schema decides what a file may hold
(``schema/report-1.schema.json``), and a test holds one against the other. Keys that are not required are those that
reports of earlier versions of chatcert do not have, or that only some runs have.

Times are UTC as ``format_time`` writes them, days are ``YYYY-MM-DD``, durations are seconds, digests begin with
``sha256:``. Verdicts, outcomes, kinds and levels are the values of the enums of those names.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Totals: TypeAlias = dict[str, int]
"""How many requirements the contract has (``requirements``), and how many of them got each verdict, by its value.

Users' own rules are not counted."""


class Window(TypedDict):
    """When the target was observed."""

    start: str
    end: str


class HeldShards(TypedDict):
    """Which shards of a split run a report holds."""

    of: int
    held: list[int]


class Subject(TypedDict):
    """What was tested, and where."""

    vendor: str
    mode: str
    host: str
    url: str
    environment: NotRequired[str]
    region: NotRequired[str]
    operation: str
    version: str
    shards: NotRequired[HeldShards]
    reported: NotRequired[dict[str, list[str]]]
    window: Window


class Lock(TypedDict):
    """The packages that were installed beside chatcert, and the version of Python."""

    digest: str
    distributions: int
    python: str


class Suite(TypedDict):
    """The version of chatcert that made a report."""

    name: str
    version: str
    lock: NotRequired[Lock]


class Manifest(TypedDict):
    """The catalogue as it was fixed before anything was sent."""

    digest: str
    requirements: int


class Digests(TypedDict):
    """Digests of what a report rests on."""

    spec: str
    overlay: str
    catalogue: str
    settings: NotRequired[str]
    evidence: NotRequired[str]


class SourceLine(TypedDict):
    """A line of the vendor's document, where that is known."""

    file: NotRequired[str]
    line: NotRequired[int]


class DefectRow(SourceLine):
    """A defect of the vendor's document."""

    pointer: str
    problem: str


class NotTestedRow(TypedDict):
    """A requirement that was not put to the test, and why."""

    id: str
    reason: str


class ClauseRow(SourceLine):
    """The clause of the contract that a requirement rests on."""

    text: str
    pointer: str
    source: str


class FurtherFindingRow(TypedDict):
    """What is wrong, in a form that a reader can check."""

    title: str
    expected: str
    actual: str
    curl: str
    exchanges: list[int]
    occurrences: int
    observed: int
    cause: NotRequired[str]
    request_id: NotRequired[str]


class FindingRow(FurtherFindingRow):
    """The first finding on a requirement, with those that have another cause."""

    also: NotRequired[list[FurtherFindingRow]]


class OwnRuleRow(TypedDict):
    """A user's own rule; the digest is that of the source of its module."""

    name: str
    version: str
    digest: str


class RequirementRow(TypedDict):
    """One requirement of the catalogue with its verdict.

    Attributes:
        rule: the own rule that makes it, if its provenance is ``own``.
    """

    id: str
    kind: str
    level: str
    provenance: str
    clause: ClauseRow
    verdict: str
    reason: str
    cases: int
    telling: int
    attempts: NotRequired[int]
    finding: FindingRow | None
    exchanges: list[int]
    rule: NotRequired[OwnRuleRow]


class RunRow(TypedDict):
    """One run as the history file remembers it."""

    schema: str
    vendor: str
    finished: str
    outcome: str
    mode: str
    host: str
    profile: str
    suite: str
    totals: Totals
    failing: list[str]
    digests: Digests
    requests: int
    seconds: float
    reported: NotRequired[dict[str, list[str]]]


class WaiverRow(TypedDict):
    """An agreement to live with a breach for a while."""

    requirement: str
    vendor: str
    reason: str
    owner: str
    ticket: str
    expires: str
    number: int


class UsedWaiverRow(WaiverRow):
    """A waiver that covers a breach, with the requirements whose breach it covers."""

    requirements: list[str]


class WaiverUse(TypedDict):
    """What became of the waivers that a run was given."""

    day: str
    used: list[UsedWaiverRow]
    unused: list[WaiverRow]
    undecided: list[WaiverRow]
    expired: list[WaiverRow]


class Strength(TypedDict):
    """How much backs a report; percentages are rounded down."""

    judged: int
    judged_percent: int
    passed: int
    passed_percent: int
    cases: int
    telling: int
    telling_percent: int


class Validity(TypedDict):
    """From when to when a report is valid, and what ends that earlier."""

    issued: str
    not_after: str
    days: int
    void_if: list[str]


class FirstExchange(TypedDict):
    """The first exchange of a run; ``result`` is a status or the kind of a transport error."""

    number: int
    at: str
    result: str
    seconds: float


class OutageRow(TypedDict):
    """Successive requests without a usable answer."""

    start: str
    end: str
    requests: int
    kinds: dict[str, int]


class Contact(TypedDict):
    """The record of reachability; reports of early versions do not count transient failures."""

    first: FirstExchange | None
    preflight: str
    answered: int
    unanswered: int
    transient: NotRequired[int]
    outages: list[OutageRow]
    more_outages: int


class ChangeRow(TypedDict):
    """A requirement whose verdict is another than in the report before; ``None`` where a report does not have it."""

    requirement: str
    kind: str
    old: str | None
    new: str | None


class PreviousReport(TypedDict):
    """The report that this one replaces."""

    outcome: str
    finished: str


class Difference(TypedDict):
    """What changed since the report that this one replaces."""

    previous: PreviousReport
    comparable: bool
    obstacles: list[str]
    remarks: list[str]
    regressed: bool | None
    totals: dict[str, int]
    changes: list[ChangeRow]


class DetectionFigures(TypedDict):
    """How many servers with one fault each the checks of this version have found, and how many honest ones blamed."""

    measured: Literal[True]
    profile: str
    sources: str
    faults: int
    found: int
    owned: int
    missed: list[str]
    manners: int
    blamed: int


class NoDetectionFigures(TypedDict):
    """Why there are no such figures."""

    measured: Literal[False]
    reason: str


DetectionRecord: TypeAlias = DetectionFigures | NoDetectionFigures


class KeptChats(TypedDict):
    """Chats that were left, and why."""

    reason: str
    chats: int


class FoundChats(TypedDict):
    """How many chats were found in the list of chats alone and removed, by what came of their requests."""

    unanswered: int
    server_errors: int
    refused: int


class Created(TypedDict):
    """The chats that a run has created.

    Requests that were ``unanswered``, or answered with one of the ``server_errors``, may have left one each of which
    nothing is known. The last three are there where they were to be deleted at the end of the run;
    ``found`` counts those that came in no success.
    """

    chats: int
    unanswered: int
    server_errors: int
    removed: NotRequired[int]
    kept: NotRequired[list[KeptChats]]
    found: NotRequired[FoundChats]


class ShownConstancy(TypedDict):
    """What the valid requests of a run show of a server that is wrong now and then.

    Attributes:
        answers: valid requests that were answered and judged.
        one_in: the rarity of wrong answers, one in so many valid requests at random, that ``percent`` is about.
        percent: how probable it is that the answers show one of them, rounded down to a tenth.
    """

    answers: int
    one_in: int
    percent: float


class Stop(TypedDict):
    """The error that ended a run early, or kept it from beginning, with the exit status that it leads to."""

    exit_code: int
    what: str


class CredentialOrigin(TypedDict):
    """Where a credential came from, and how often it was fetched in all and after a valid request was refused."""

    name: str
    kind: str
    address: str
    fetched: int
    refused: int


class Report(TypedDict):
    """The content of ``report.json``."""

    schema: str
    vendor: str
    title: str
    outcome: str
    outcome_rule: int
    complete: NotRequired[bool]
    missing: NotRequired[list[str]]
    stopped: NotRequired[Stop]
    run: NotRequired[str]
    subject: Subject
    totals: Totals
    requests: int
    constancy: NotRequired[ShownConstancy]
    seconds: float
    profile: str
    seed: int
    command: str
    suite: Suite
    manifest: Manifest
    digests: Digests
    deviations: NotRequired[list[str]]
    credentials: NotRequired[list[CredentialOrigin]]
    reachability: list[str]
    weather: dict[str, int]
    created: NotRequired[Created]
    contact: NotRequired[Contact]
    spec_defects: list[DefectRow]
    not_tested: list[NotTestedRow]
    requirements: list[RequirementRow]
    history: NotRequired[list[RunRow]]
    waivers: NotRequired[WaiverUse]
    settings: NotRequired[dict[str, Any]]
    strength: NotRequired[Strength]
    validity: NotRequired[Validity]
    difference: NotRequired[Difference]
    proof: NotRequired[DetectionRecord]

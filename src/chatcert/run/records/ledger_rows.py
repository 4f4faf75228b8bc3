"""The rows of a ledger: one class for each event of a run, and their form as a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

import jsonschema_rs

from chatcert.exceptions import ChatcertError
from chatcert.files import packaged_text, without_folders
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.judge.waiver import Waiver, Waivers
from chatcert.run.shards import Shards
from chatcert.transport.credentials.live_credentials import FetchReason
from chatcert.transport.exchange import Exchange


class Event(StrEnum):
    """What a row records; the value is its ``kind`` in the file."""

    HEADER = "header"
    SELECTED = "selected"
    RESUMED = "resumed"
    READY = "ready"
    SENDING = "sending"
    EXCHANGE = "exchange"
    FETCHED = "fetched"
    SENT_AGAIN = "sent-again"
    REASON = "reason"
    UNFINISHED = "unfinished"
    FINISHED = "finished"
    BLOCKED = "blocked"
    REMOVED = "removed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Header:
    """All that must be known of a run to build its report without it, and to resume it.

    Attributes:
        frontend: ``certify`` or ``pytest``.
        url: the address that requests go to, masked.
        path: replaces the operation's path; empty for the documented one.
        spec, operation, name: the document, where it is not that of a bundled vendor.
        overlay: what was added to the document, if anything was.
        folder: where the run was started; a relative ``spec`` is looked for there.
        gentle: whether hostile and malformed requests are left out.
        environment, region, deviations: what the report says of the target.
        resources: digest of the configured names of existing things.
        command: a command line that repeats the run; it holds no credential.
        fail_on_warn: whether a remark gives the exit status of a breach.
        suite_version: version of chatcert.
        started: seconds since the epoch, UTC.
        settings: all options of the run, without any credential; JSON-ready.
        waivers: those of the vendor.
        shards: which part of a whole it is; ``None`` where it is not split.
        run: the name of the run, which all its vendors and parts share and no other run has.
    """

    event: ClassVar = Event.HEADER

    frontend: str
    vendor: str
    url: str
    mode: str
    path: str
    gentle: bool
    environment: str
    region: str
    deviations: tuple[str, ...]
    profile: str
    seed: int
    spec: str | None
    folder: str
    operation: str | None
    name: str | None
    spec_digest: str
    overlay_digest: str
    catalogue_digest: str
    resources: str
    command: str
    fail_on_warn: bool
    suite_version: str
    started: float
    settings: Mapping[str, Any]
    waivers: Waivers
    shards: Shards | None = None
    run: str = ""
    overlay: str | None = None

    @property
    def own_rules(self) -> tuple[tuple[str, ...], ...]:
        """Return name, version and digest of each own rule."""
        return tuple(tuple(rule.values()) for rule in self.settings.get("own_rules", ()))

    @property
    def waiver_entries(self) -> tuple[Waiver, ...]:
        """Return what is waived, whatever the day."""
        return self.waivers.entries

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return asdict(self) | {"waivers": self.waivers.to_dict()}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Header:
        """Return the header that ``to_dict`` gave."""
        shards = Shards.from_dict(row["shards"]) if row.get("shards") is not None else None
        given = {**row, "deviations": tuple(row["deviations"]), "waivers": Waivers.from_dict(row["waivers"])}
        return cls(**given | {"shards": shards})


@dataclass(frozen=True, slots=True)
class Selected:
    """The requirements that the run is to test, by id; all of them where there is no such row."""

    event: ClassVar = Event.SELECTED
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resumed:
    """A further part of the run begins; the exchanges with the numbers ``again`` are made again."""

    event: ClassVar = Event.RESUMED
    again: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The preflight has passed: the target answers and accepts the credentials."""

    event: ClassVar = Event.READY


@dataclass(frozen=True, slots=True)
class Sending:
    """A request is about to be sent; it counts even if its answer is never recorded.

    Attributes:
        markers: those in its body, by which a chat that it creates can be found.
    """

    event: ClassVar = Event.SENDING
    markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A request was sent, with this result."""

    event: ClassVar = Event.EXCHANGE
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class FetchedCredential:
    """A credential was fetched from its source: at the start, before it expired, or after it was refused."""

    event: ClassVar = Event.FETCHED
    credential: str
    reason: FetchReason


@dataclass(frozen=True, slots=True)
class SentAgain:
    """The requests of the exchanges with these numbers were sent again, because their credentials had ended."""

    event: ClassVar = Event.SENT_AGAIN
    again: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a requirement has no verdict of its own."""

    event: ClassVar = Event.REASON
    requirement: str
    text: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A requirement could not be tested; ``word`` is the kind of its verdict, and ``text`` its reason."""

    event: ClassVar = Event.UNFINISHED
    requirement: str
    word: VerdictKind
    text: str

    @classmethod
    def of(cls, verdict: Verdict) -> Unfinished:
        """Return the row of a verdict."""
        return cls(verdict.requirement, verdict.kind, verdict.reason)

    @property
    def verdict(self) -> Verdict:
        """Return the verdict."""
        return Verdict(self.requirement, VerdictKind(self.word), reason=self.text)


@dataclass(frozen=True, slots=True)
class Finished:
    """All requests of a requirement were sent."""

    event: ClassVar = Event.FINISHED
    requirement: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """An error ended the run: ``what`` happened, the whole ``line`` for the user, and the exit status."""

    event: ClassVar = Event.BLOCKED
    what: str
    line: str
    exit_code: int

    @classmethod
    def by(cls, error: ChatcertError) -> Blocked:
        """Return the row of an error."""
        return cls(without_folders(error.what), without_folders(error.line()), error.exit_code)

    @property
    def sentences(self) -> str:
        """What happened, and what to do next, as far as the line says it."""
        advice = self.line.partition(f"{self.what} (")[2].removesuffix(")")
        end = "" if advice.endswith("?") else "."
        return f"{self.what}. Next: {advice}{end}" if advice else f"{self.what}."


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of the chat that an exchange created: ``removed``, or the ``reason`` why it was left.

    ``exchange`` is ``None`` for the chat of a request of which only the sending is recorded.
    """

    event: ClassVar = Event.REMOVED
    exchange: int | None
    id: str | None
    removed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The run came to its end, at this time in seconds since the epoch."""

    event: ClassVar = Event.ENDED
    time: float


Row = (
    Header
    | Selected
    | Resumed
    | Ready
    | Sending
    | Exchanged
    | FetchedCredential
    | SentAgain
    | Reason
    | Unfinished
    | Finished
    | Blocked
    | Removed
    | Ended
)


def encode_row(row: Row) -> bytes:
    """Return a row as a line of a ledger file."""
    match row:
        case Header():
            content = row.to_dict()
        case Exchanged(exchange):
            content = {"row": exchange.to_dict()}
        case _:
            content = asdict(row)
    return (json.dumps({"kind": row.event, **content}) + "\n").encode("ascii")


def decode_row(line: bytes) -> Row:
    """Return the row that a line of a ledger file holds.

    Raises:
        ValueError: the line does not fit the schema of ledgers.
    """
    content: dict[str, Any] = json.loads(line)
    if not _validator().is_valid(content):
        raise ValueError("it does not fit the schema of ledgers")
    event = Event(content.pop("kind"))
    match event:
        case Event.HEADER:
            return Header.from_dict(content)
        case Event.SELECTED:
            return Selected(tuple(content["requirements"]))
        case Event.RESUMED:
            return Resumed(tuple(content["again"]))
        case Event.READY:
            return Ready()
        case Event.SENDING:
            return Sending(tuple(content.get("markers", ())))
        case Event.EXCHANGE:
            return Exchanged(Exchange.from_dict(content["row"]))
        case Event.FETCHED:
            return FetchedCredential(content["credential"], FetchReason(content["reason"]))
        case Event.SENT_AGAIN:
            return SentAgain(tuple(content["again"]))
        case Event.REASON:
            return Reason(content["requirement"], content["text"])
        case Event.UNFINISHED:
            return Unfinished(content["requirement"], VerdictKind(content["word"]), content["text"])
        case Event.FINISHED:
            return Finished(content["requirement"])
        case Event.BLOCKED:
            return Blocked(content["what"], content["line"], content["exit_code"])
        case Event.REMOVED:
            return Removed(content["exchange"], content["id"], content["removed"], content["reason"])
        case Event.ENDED:
            return Ended(content["time"])


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema_rs.validator_for(json.loads(packaged_text("chatcert.run", "ledger.schema.json")))

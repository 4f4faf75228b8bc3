"""The types of a register's records: one for each object of its JSON Schema (``schema/register-1.schema.json``).

A record is canonical JSON (RFC 8785) in a signed envelope. Times are UTC as ``format_time`` writes them, days are
``YYYY-MM-DD``, digests begin with ``sha256:``. A record that concerns an entry names it by its id.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NotRequired, TypeAlias, TypedDict


class RecordType(StrEnum):
    """What a record is; also the middle part of its file name."""

    CERTIFICATE = "certificate"
    ADMISSION = "admission"
    COUNTERSIGNATURE = "countersignature"
    CHALLENGE = "challenge"
    REPLY = "reply"
    RULING = "ruling"
    REVOCATION = "revocation"


class Decision(StrEnum):
    """How the registrar decides on a challenge."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class ProductRow(TypedDict):
    """What was certified; ``document`` is the version that the vendor's document gives itself."""

    version: str
    operation: str
    document: str


class PlaceRow(TypedDict):
    """Where it was reached; ``kind`` is ``live``, ``loopback`` or ``mock``."""

    kind: str
    host: str
    environment: str
    region: str


class PeriodRow(TypedDict):
    """From when to when the certificate is valid, and when the target was observed."""

    issued: str
    not_after: str
    observed_from: str
    observed_to: str


class ConditionRow(TypedDict):
    """A waiver that a certificate rests on."""

    requirement: str
    reason: str
    expires: str


class CertifiedDigests(TypedDict):
    """Digests of the report and of what it rests on; ``catalogue`` is that of the catalogue file in the register."""

    report: str
    evidence: str
    statement: str
    spec: str
    overlay: str
    catalogue: str


class MadeWith(TypedDict):
    """What made the report."""

    suite: str
    outcome_rule: int
    profile: str


class SignerRow(TypedDict):
    """Who signed the report."""

    name: str
    role: str
    fingerprint: str


class FlipRow(TypedDict):
    """A requirement whose verdict changed although neither document nor product version did."""

    requirement: str
    flips: int
    nights: int
    failed: int


class StabilityRow(TypedDict):
    """How steady the verdicts were over the nights before: ``nights`` runs were compared."""

    nights: int
    since: str
    flaky: list[FlipRow]


class SuspectRow(TypedDict):
    """A requirement that only the answers with a hint, such as a header of one replica, break."""

    requirement: str
    hint: str
    breaches: int
    others: int


class CertificateRow(TypedDict):
    """One entry. ``verdicts`` lists the requirements that did not pass, by verdict; all others of the catalogue did."""

    type: str
    register: str
    made: str
    entry: str
    rehearsal: bool
    vendor: str
    product: ProductRow
    place: PlaceRow
    period: PeriodRow
    outcome: str
    verdicts: dict[str, list[str]]
    passed: int
    conditions: list[ConditionRow]
    digests: CertifiedDigests
    made_with: MadeWith
    signers: list[SignerRow]
    renews: str | None
    stability: StabilityRow | None
    suspects: NotRequired[list[SuspectRow]]


class AdmissionRow(TypedDict):
    """The registrar has checked a certificate and its report."""

    type: str
    register: str
    made: str
    entry: str
    certificate: str
    suite: str
    checks: list[str]


class CountersignatureRow(TypedDict):
    """An auditor stands for a certificate."""

    type: str
    register: str
    made: str
    entry: str
    certificate: str
    note: str


class ChallengeRow(TypedDict):
    """Somebody contests an entry: its requirement ``requirement`` by exchange number ``exchange``."""

    type: str
    register: str
    made: str
    challenge: str
    entry: str
    requirement: str
    exchange: int
    text: str


class ReplyRow(TypedDict):
    """The vendor's answer to a challenge."""

    type: str
    register: str
    made: str
    challenge: str
    entry: str
    text: str


class RulingRow(TypedDict):
    """The registrar's decision on a challenge; an entry whose challenge is upheld is revoked by it."""

    type: str
    register: str
    made: str
    challenge: str
    entry: str
    decision: str
    text: str


class RevocationRow(TypedDict):
    """The registrar takes an entry back."""

    type: str
    register: str
    made: str
    entry: str
    text: str


Row: TypeAlias = (
    CertificateRow | AdmissionRow | CountersignatureRow | ChallengeRow | ReplyRow | RulingRow | RevocationRow
)


class CatalogueEntryRow(TypedDict):
    """A requirement as a register shows it."""

    id: str
    kind: str
    level: str
    provenance: str
    text: str


class PartyKeyRow(TypedDict):
    """A key of a party; ``revoked`` is the day from which on it does not count."""

    role: str
    name: str
    publicKey: str
    since: str
    revoked: str | None
    reason: str


class OverlayRow(TypedDict):
    """An overlay that is approved beside the bundled ones."""

    vendor: str
    digest: str
    reason: str


class PolicyRow(TypedDict):
    """``register.json``: what the register is, and whose keys it knows."""

    schema: str
    id: str
    name: str
    rehearsal: bool
    created: str
    keys: list[PartyKeyRow]
    overlays: list[OverlayRow]
    time_stamp_roots: list[str]

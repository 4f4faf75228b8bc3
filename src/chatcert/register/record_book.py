"""Read all records of a register, and check them against each other: whose signature, which entry, which catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, cast

from chatcert.register.entries import Challenge, Entry, entry_name, link_successors, outcome_for, renewal_trouble
from chatcert.register.parties import WRITES, Party, keyring_of, known_keys, split_path
from chatcert.register.record_rows import (
    CatalogueEntryRow,
    CertificateRow,
    PolicyRow,
    RecordType,
    Row,
)
from chatcert.register.records import CATALOGUE, digest_of_bytes, read_catalogue, read_record
from chatcert.report.seal.envelope import Envelope
from chatcert.report.seal.keyring import Keyring, KnownKey
from chatcert.report.seal.time_stamp import stamped_time
from chatcert.report.validity import VALID_DAYS
from chatcert.text import parse_time

LIVE: Final = "live"
CLOCK: Final = timedelta(minutes=5)
"""How far the clocks of whoever ran chatcert and of whoever made a record may differ."""


class RecordBook:
    """The records of a register by entry, and what is wrong with them.

    Args:
        files: the content of every file below ``targets/`` but the policy, by path.
        policy: what the register is, and whose keys it knows.

    Attributes:
        entries: by id, in the order of their ids.
        problems: one line each; a record with a problem is in no entry.
        void: records that do not count because their key was revoked before, one line each; they are in no entry.
    """

    def __init__(self, files: Mapping[str, bytes], policy: PolicyRow) -> None:
        self.problems: list[str] = []
        self.void: list[str] = []
        self.entries: dict[str, Entry] = {}
        self._policy = policy
        self._keyring: Keyring = keyring_of(policy)
        self._parties = known_keys(policy)
        self._catalogues: dict[str, list[CatalogueEntryRow]] = {}
        self._reports: set[tuple[str, str]] = set()
        self._challenges: dict[str, Challenge] = {}
        found = self._read(files)
        for kind in RecordType:  # certificates first, rulings after challenges
            for path, (party, row, _, data) in found[kind].items():
                try:
                    self._take(kind, party, cast("Any", row), data)
                except ValueError as error:
                    self.problems.append(f"{path}: {error}")
        self.problems += self._renewal_troubles(found[RecordType.CERTIFICATE])
        self._leave_out_void(found)
        link_successors(self.entries.values())
        self.entries = dict(sorted(self.entries.items()))

    def _read(self, files: Mapping[str, bytes]) -> dict[RecordType, dict[str, tuple[Party, Row, Envelope, bytes]]]:
        found: dict[RecordType, dict[str, tuple[Party, Row, Envelope, bytes]]] = {kind: {} for kind in RecordType}
        for path, data in sorted(files.items()):
            try:
                party, name, kind = split_path(path)
                if kind not in WRITES[party.role]:
                    raise ValueError(f"a {party.role} writes no {kind[:40]}")  # noqa: TRY301  one handler for all
                if kind == CATALOGUE:
                    self._catalogues[f"{party.folder}/{name}"] = self._catalogue(name, data)
                    continue
                row, envelope = read_record(data)
                self._check_record(party, name, kind, row, envelope)
                found[RecordType(kind)][path] = (party, row, envelope, data)
            except ValueError as error:
                self.problems.append(f"{path}: {error}")
        return found

    @staticmethod
    def _catalogue(name: str, data: bytes) -> list[CatalogueEntryRow]:
        if catalogue_name(digest_of_bytes(data)) != name:
            raise ValueError("its name is not that of its digest")
        return read_catalogue(data)

    def _check_record(self, party: Party, name: str, kind: str, row: Row, envelope: Envelope) -> None:
        if row["type"] != kind:
            raise ValueError(f"it holds a {row['type']}")
        if row["register"] != self._policy["id"]:
            raise ValueError("it was made for another register")
        if cast("Any", row).get("challenge", row["entry"]) != name:
            raise ValueError("its name is not that of what it holds")
        own = {known.key.fingerprint for known in self._parties.get(party, [])}
        if not own & {key.fingerprint for key in envelope.signers}:
            raise ValueError(f"it is not signed by {party.folder}")
        for known in (self._keyring.find(key) for key in envelope.signers):
            if known is None:
                raise ValueError("it is signed by a key that the register does not know")
        for signature in envelope.signatures if self._keyring.time_stamp_roots else ():
            if signature.time_stamp:
                stamped_time(signature.time_stamp, signature.value, self._keyring.time_stamp_roots)

    def _take(self, kind: RecordType, party: Party, row: Any, data: bytes) -> None:
        if kind is RecordType.CERTIFICATE:
            self._take_certificate(party, row, data)
            return
        entry = self.entries.get(row["entry"])
        if entry is None:
            raise ValueError(f"there is no entry {row['entry']}")
        match kind:
            case RecordType.ADMISSION | RecordType.COUNTERSIGNATURE:
                if row["certificate"] != entry.digest:
                    raise ValueError("it is about another certificate than the one of that entry")
                if kind is RecordType.ADMISSION:
                    entry.admission = row
                else:
                    entry.countersignatures.append((party, row))
            case RecordType.REVOCATION:
                entry.revocation = row
            case RecordType.CHALLENGE:
                if row["requirement"] not in {one["id"] for one in entry.catalogue}:
                    raise ValueError("it names a requirement that the entry was not judged by")
                if row["challenge"] in self._challenges:
                    raise ValueError("another party has made a challenge of that name")
                challenge = Challenge(row, party)
                self._challenges[row["challenge"]] = challenge
                entry.challenges.append(challenge)
            case RecordType.REPLY | RecordType.RULING:
                contested = self._challenges.get(row["challenge"])
                if contested is None or contested.row["entry"] != row["entry"]:
                    raise ValueError(f"there is no challenge {row['challenge']} of that entry")
                if kind is RecordType.RULING:
                    contested.ruling = row
                elif party.name != entry.vendor:
                    raise ValueError("only the vendor of an entry replies")
                else:
                    contested.reply = row

    def _take_certificate(self, party: Party, row: CertificateRow, data: bytes) -> None:
        for trouble in self._certificate_troubles(party, row):
            raise ValueError(trouble)
        report = (
            row["vendor"],
            row["digests"]["report"],
        )  # a vendor that names a foreign report must not block its owner
        if report in self._reports:
            raise ValueError("another entry rests on the same report")
        self._reports.add(report)
        catalogue = self._catalogues[f"{party.folder}/{catalogue_name(row['digests']['catalogue'])}"]
        self.entries[row["entry"]] = Entry(row, digest_of_bytes(data), catalogue)

    def _certificate_troubles(self, party: Party, row: CertificateRow) -> Iterator[str]:
        period, digests = row["period"], row["digests"]
        if row["vendor"] != party.name:
            yield f"it certifies {row['vendor']}"
        if row["rehearsal"] is not self._policy["rehearsal"]:
            yield "it is a rehearsal" if row["rehearsal"] else "the register is a rehearsal, and it is not"
        if row["place"]["kind"] != LIVE and not self._policy["rehearsal"]:
            yield f"it rests on a {row['place']['kind']} run, which only a rehearsal accepts"
        if row["entry"] != entry_name(row["vendor"], period["issued"], digests["report"]):
            yield "its id does not follow from its report"
        issued, end = parse_time(period["issued"]), parse_time(period["not_after"])
        if not issued <= end <= issued + timedelta(days=VALID_DAYS):
            yield f"its period is not one of up to {VALID_DAYS} days"
        if not parse_time(period["observed_from"]) <= parse_time(period["observed_to"]) <= issued:
            yield "it was issued before its run ended"
        if issued > parse_time(row["made"]) + CLOCK:
            yield "its period begins after it was made"
        if not row["signers"]:
            yield "nobody signed its report"
        catalogue = self._catalogues.get(f"{party.folder}/{catalogue_name(digests['catalogue'])}")
        if catalogue is None:
            yield "its catalogue is missing"
            return
        names = [name for several in row["verdicts"].values() for name in several]
        if len({*names}) != len(names) or not {*names} <= {one["id"] for one in catalogue}:
            yield "its verdicts are not on requirements of its catalogue, once each"
        if row["passed"] != len(catalogue) - len(names):
            yield "it does not count what passed"
        if row["outcome"] != outcome_for(row["verdicts"], row["passed"]):
            yield "its outcome does not follow from its verdicts"
        if bool(row["conditions"]) is not bool(row["verdicts"].get("waived")):
            yield "its conditions are not the waivers that it rests on"

    def _renewal_troubles(self, found: Mapping[str, tuple[Party, Row, Envelope, bytes]]) -> Iterator[str]:
        for path, (_, row, _, _) in found.items():
            entry = self.entries.get(row["entry"])
            if entry is None or entry.certificate["renews"] is None:
                continue
            former = self.entries.get(entry.certificate["renews"])
            if trouble := renewal_trouble(former, entry.certificate) if former else "there is no entry that it renews":
                yield f"{path}: {trouble}"

    def _leave_out_void(self, found: Mapping[RecordType, Mapping[str, tuple[Party, Row, Envelope, bytes]]]) -> None:
        """Leave out what a revoked key signed, unless the registrar or a time-stamp vouches that it is older."""
        for kind in reversed(RecordType):
            for path, (party, row, envelope, _) in found[kind].items():
                entry = self.entries.get(row["entry"])
                for known in self._revoked_signers(envelope):
                    if entry is not None and known.revoked is not None and not self._is_vouched(row, entry, known):
                        self._leave_out(kind, party, cast("Any", row), entry)
                        self.void.append(f"{path}: void, the key of {known.title} is revoked since {known.revoked}")
                        break

    def _revoked_signers(self, envelope: Envelope) -> Iterator[KnownKey]:
        for signature in envelope.signatures:
            known = self._keyring.find(signature.key)
            if known is not None and known.revoked is not None and self._keyring.objection(signature):
                yield known

    def _leave_out(self, kind: RecordType, party: Party, row: Any, entry: Entry) -> None:
        contested = self._challenges.get(row.get("challenge", ""))
        match kind:
            case RecordType.CERTIFICATE:
                del self.entries[entry.name]
            case RecordType.ADMISSION:
                entry.admission = None
            case RecordType.REVOCATION:
                entry.revocation = None
            case RecordType.COUNTERSIGNATURE:
                entry.countersignatures = [one for one in entry.countersignatures if one[0] != party]
            case RecordType.CHALLENGE:
                entry.challenges = [one for one in entry.challenges if one is not contested]
            case RecordType.REPLY if contested is not None:
                contested.reply = None
            case RecordType.RULING if contested is not None:
                contested.ruling = None

    @staticmethod
    def _is_vouched(row: Row, entry: Entry, known: KnownKey) -> bool:
        """Return whether a record is older than the revocation of its key; a thief could date a certificate back."""
        assert known.revoked is not None
        made = row["made"]
        if row["type"] == RecordType.CERTIFICATE:
            if entry.admission is None:
                return False
            made = entry.admission["made"]
        return parse_time(made).date() < known.revoked


def catalogue_name(digest: str) -> str:
    """Return the name of the catalogue file with a digest."""
    return digest.removeprefix("sha256:")[:16]

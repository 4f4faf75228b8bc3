"""Attacks on a register: what each attacker holds, what is done, and whether TUF alone should notice.

Each attack is made on a copy of a sound register of which the reader has seen the present state. It is refused if
verifying names a problem; by the client of python-tuf, if it does not hand out the files that the attacker wants it to.
"""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import rfc8785
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import DelegatedRole, Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from chatcert.register.certificates import stage_admission
from chatcert.register.current_records import current_entries
from chatcert.register.disputes import challenge
from chatcert.register.inspection import inspect
from chatcert.register.parties import REGISTRAR, party_named
from chatcert.register.records import PAYLOAD_TYPE, digest_of_bytes, plain_bytes, sign_record
from chatcert.register.register_folder import RegisterFolder
from chatcert.register.role_metadata import add_signatures, canonical_bytes, expiry, signed_bytes
from chatcert.register.role_signers import tuf_key
from chatcert.register.stewardship import enrol, refresh, revoke_key
from chatcert.register.trusted_view import FolderFetcher
from chatcert.report.seal.keys import SigningKey, new_key
from chatcert.text import format_time
from registers.synthetic import DAY, Made, catalogue_of, certificate, make_register

LATER = DAY + timedelta(days=1)


@dataclass
class Stage:
    """A copy of a sound register, which an attack may change.

    Attributes:
        made: the register with all its keys; an attack uses those that its attacker holds.
        older: the register before its last entries and its dispute.
        root: the root that the reader trusts.
        state: what the reader has seen.
        at: when the reader looks.
        wanted: the files that the attacker wants a client to accept; all that lie there if it is empty.
    """

    made: Made
    older: Path
    root: Path
    state: Path
    at: datetime = LATER
    wanted: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The folder of the register."""
        return self.made.path

    def entry(self, vendor: str = "acme") -> Any:
        """The oldest entry of a vendor."""
        return next(one for one in current_entries(self.made.register).values() if one.vendor == vendor)

    def list_file(self, folder: str, path: str, data: bytes, *, publish: bool = True) -> None:
        """Put a file in place, listed by a party's role under the party's own key, and publish it."""
        register = self.made.register
        register.write(self.path / "targets" / path, data)
        role = register.role(folder, Targets)
        role.signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])
        self.sign_role(folder, role)
        if publish:
            register.publish(self.made.online, self.at)
        self.wanted = [path]

    def sign_role(self, folder: str, role: Metadata[Targets]) -> None:
        """Sign the next version of a party's role with the party's keys."""
        keys = self.made.keys[folder]
        role.signed.version += 1
        data = signed_bytes(role, folder, [tuf_key(key.public).keyid for key in keys], 1, keys)
        self.made.register.write(self.made.register.role_path(folder), data)


@dataclass(frozen=True)
class Attack:
    """One attack; ``by_tuf`` says whether metadata alone show it."""

    name: str
    run: Callable[[Stage], None]
    by_tuf: bool


ATTACKS: list[Attack] = []


def attack_named(name: str, *, by_tuf: bool) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Add an attack to the list."""

    def add(run: Callable[[Stage], None]) -> Callable[[Stage], None]:
        ATTACKS.append(Attack(name, run, by_tuf))
        return run

    return add


@attack_named("rollback to an older register", by_tuf=True)
def _rollback(stage: Stage) -> None:
    shutil.rmtree(stage.path)
    shutil.copytree(stage.older, stage.path)


@attack_named("freeze: the same register for ever", by_tuf=True)
def _freeze(stage: Stage) -> None:
    stage.at = DAY + timedelta(days=30)


@attack_named("the timestamp of yesterday with the files of today", by_tuf=True)
def _old_timestamp(stage: Stage) -> None:
    shutil.copy(stage.older / "metadata" / "timestamp.json", stage.path / "metadata" / "timestamp.json")


@attack_named("mix and match: one vendor's role of yesterday in the register of today", by_tuf=True)
def _mix(stage: Stage) -> None:
    shutil.copy(stage.older / "metadata" / "vendor-acme.json", stage.path / "metadata" / "vendor-acme.json")


@attack_named("mix and match with the keys of snapshot and timestamp", by_tuf=True)
def _mix_online(stage: Stage) -> None:
    _mix(stage)
    stage.made.register.publish(stage.made.online, stage.at)


@attack_named("an old certificate as a new file, without a signature on the list", by_tuf=True)
def _replay_file(stage: Stage) -> None:
    entry = stage.entry()
    old = f"vendor-acme/{entry.name}.certificate.json"
    new = "vendor-acme/acme-2026-06-02-000000000000.certificate.json"
    shutil.copy(stage.path / "targets" / old, stage.path / "targets" / new)
    stage.wanted = [new]


@attack_named("an old certificate as a new one, listed by the vendor", by_tuf=False)
def _replay_listed(stage: Stage) -> None:
    entry = stage.entry()
    data = (stage.path / "targets" / f"vendor-acme/{entry.name}.certificate.json").read_bytes()
    stage.list_file("vendor-acme", "vendor-acme/acme-2026-06-02-000000000000.certificate.json", data)


@attack_named("an old report in a new certificate with later dates", by_tuf=False)
def _replay_dated(stage: Stage) -> None:
    row = dict(stage.entry().certificate)
    row["period"] = {**row["period"], "issued": format_time(LATER.timestamp())}
    row["entry"] = f"acme-2026-06-02-{row['digests']['report'][7:19]}"
    row["period"]["not_after"] = format_time((LATER + timedelta(days=90)).timestamp())
    data = sign_record(row, stage.made.of("vendor-acme"))
    stage.list_file("vendor-acme", f"vendor-acme/{row['entry']}.certificate.json", data)


@attack_named("a dispute is dropped: its file is taken away", by_tuf=True)
def _drop_file(stage: Stage) -> None:
    (path,) = (stage.path / "targets" / "challenger-buyer").iterdir()
    stage.wanted = [f"challenger-buyer/{path.name}"]
    path.unlink()


@attack_named("a dispute is dropped with the keys of snapshot and timestamp", by_tuf=True)
def _drop_role(stage: Stage) -> None:
    shutil.rmtree(stage.path / "targets" / "challenger-buyer")
    (stage.path / "metadata" / "challenger-buyer.json").unlink()
    stage.made.register.publish(stage.made.online, stage.at)


@attack_named("a dispute is dropped with the key of whoever raised it", by_tuf=False)
def _drop_signed(stage: Stage) -> None:
    role = stage.made.register.role("challenger-buyer", Targets)
    role.signed.targets.clear()
    stage.sign_role("challenger-buyer", role)
    shutil.rmtree(stage.path / "targets" / "challenger-buyer")
    stage.made.register.publish(stage.made.online, stage.at)


@attack_named("a vendor's key is swapped on the list of delegations", by_tuf=True)
def _swap_key(stage: Stage) -> None:
    register, thief = stage.made.register, new_key()
    top = register.role("targets", Targets)
    assert top.signed.delegations is not None
    assert top.signed.delegations.roles is not None
    key = tuf_key(thief.public)
    top.signed.delegations.keys[key.keyid] = key
    paths = ["vendor-acme/*"]
    top.signed.delegations.roles["vendor-acme"] = DelegatedRole(
        "vendor-acme", [key.keyid], 1, terminating=True, paths=paths
    )
    top.signed.version += 1
    top.signatures.clear()
    add_signatures(top, [tuf_key(thief.public).keyid], [thief])
    register.write(register.role_path("targets"), canonical_bytes(top))
    register.publish(stage.made.online, stage.at)


@attack_named("a new root by keys of the attacker", by_tuf=True)
def _swap_root(stage: Stage) -> None:
    _forge_root(stage, [new_key(), new_key()])


@attack_named("a new root by one of three root keys, which signs twice", by_tuf=True)
def _one_root_key(stage: Stage) -> None:
    _forge_root(stage, stage.made.of("root")[:1], twice=True)


def _forge_root(stage: Stage, keys: list[SigningKey], *, twice: bool = False) -> None:
    register = stage.made.register
    metadata = register.role("root", Root)
    root = metadata.signed
    root.version += 1
    root.roles["timestamp"].keyids = [tuf_key(keys[0].public).keyid]
    root.keys[tuf_key(keys[0].public).keyid] = tuf_key(keys[0].public)
    metadata.signatures.clear()
    add_signatures(metadata, [tuf_key(key.public).keyid for key in keys], keys)
    value = json.loads(canonical_bytes(metadata))
    value["signatures"] *= 2 if twice else 1
    data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    if not twice:
        register.publish([*stage.made.of("snapshot"), *keys], stage.at)
    register.write(stage.path / "metadata" / "2.root.json", data)


@attack_named("a party that nobody enrolled, with the keys of snapshot and timestamp", by_tuf=True)
def _stranger(stage: Stage) -> None:
    register, thief = stage.made.register, new_key()
    path, data = "vendor-evil/evil-2026-06-02-000000000000.certificate.json", b"{}"
    register.write(stage.path / "targets" / path, data)
    role = Metadata(Targets(expires=expiry("vendor-evil", stage.at)))
    role.signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])
    register.write(
        register.role_path("vendor-evil"), signed_bytes(role, "evil", [tuf_key(thief.public).keyid], 1, [thief])
    )
    register.publish(stage.made.online, stage.at)
    stage.wanted = [path]


@attack_named("a vendor writes into the folder of another one", by_tuf=True)
def _other_folder(stage: Stage) -> None:
    path = "vendor-other/other-2026-06-02-000000000000.certificate.json"
    stage.list_file("vendor-acme", path, b"{}")


@attack_named("an entry without a signature", by_tuf=False)
def _unsigned(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    payload = base64.b64encode(plain_bytes(row)).decode()
    data = rfc8785.dumps({"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": []})
    stage.list_file("vendor-acme", f"vendor-acme/{row['entry']}.certificate.json", data)


@attack_named("an entry that another vendor signed", by_tuf=False)
def _foreign_signature(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    data = sign_record(row, stage.made.of("vendor-other"))
    stage.list_file("vendor-acme", f"vendor-acme/{row['entry']}.certificate.json", data)


@attack_named("an entry on a mock run", by_tuf=False)
def _mock(stage: Stage) -> None:
    place = {"kind": "mock", "host": "127.0.0.1:1", "environment": "", "region": ""}
    _admitted(stage, certificate(stage.made, "acme", "6.0", issued=LATER, place=place))


@attack_named("a rehearsal in a register that is none", by_tuf=False)
def _rehearsal(stage: Stage) -> None:
    _admitted(stage, certificate(stage.made, "acme", "6.0", issued=LATER, rehearsal=True))


@attack_named("a report on another document", by_tuf=False)
def _other_document(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    row["digests"]["catalogue"] = digest_of_bytes(plain_bytes(catalogue_of("other")))
    _admitted(stage, row)


@attack_named("a breach that is called a pass in the figures", by_tuf=False)
def _figures(stage: Stage) -> None:
    _admitted(stage, certificate(stage.made, "acme", "6.0", issued=LATER, passed=41))


def _admitted(stage: Stage, row: Any) -> None:
    """List a certificate that the vendor signed and a careless registrar admitted."""
    data = sign_record(row, stage.made.of("vendor-acme"))
    path = f"vendor-acme/{row['entry']}.certificate.json"
    stage.list_file("vendor-acme", path, data, publish=False)
    stage_admission(stage.made.register, row["entry"], digest_of_bytes(data), [], stage.made.all, stage.at)
    stage.made.register.commit(stage.made.all, stage.at)


@attack_named("a certificate is replaced after it was admitted", by_tuf=False)
def _replaced(stage: Stage) -> None:
    entry = stage.entry("other")
    row = {**entry.certificate, "verdicts": {}, "passed": len(entry.catalogue), "outcome": "conformant"}
    data = sign_record(row, stage.made.of("vendor-other"))
    stage.list_file("vendor-other", f"vendor-other/{entry.name}.certificate.json", data)


@attack_named("a record of another register", by_tuf=False)
def _other_register(stage: Stage) -> None:
    row = {**certificate(stage.made, "acme", "6.0", issued=LATER), "register": "0" * 32}
    data = sign_record(row, stage.made.of("vendor-acme"))
    stage.list_file("vendor-acme", f"vendor-acme/{row['entry']}.certificate.json", data)


@attack_named("a vendor decides on the challenge against itself", by_tuf=False)
def _own_ruling(stage: Stage) -> None:
    said = stage.entry().challenges[0].row
    row = {"type": "ruling", "register": said["register"], "made": said["made"], "challenge": said["challenge"]}
    row |= {"entry": said["entry"], "decision": "dismissed", "text": "no"}
    data = sign_record(row, stage.made.of("vendor-acme"))  # type: ignore[arg-type]
    stage.list_file("registrar", REGISTRAR.path(said["challenge"], "ruling"), data)


@attack_named("a key that was revoked lists one more entry", by_tuf=True)
def _revoked(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    thief, fresh = stage.made.of("vendor-acme")[0], new_key()
    enrol(stage.made.register, party_named("vendor", "acme"), [fresh.public], stage.made.all, stage.at)
    revoke_key(stage.made.register, thief.public, DAY.date(), "stolen", [*stage.made.all, fresh], stage.at)
    stage.list_file("vendor-acme", f"vendor-acme/{row['entry']}.certificate.json", sign_record(row, [thief]))


@attack_named("members twice in a file of metadata", by_tuf=True)
def _twice(stage: Stage) -> None:
    path = stage.path / "metadata" / "targets.json"
    path.write_bytes(path.read_bytes().replace(b'{"signatures":', b'{"signatures":[],"signatures":', 1))


@attack_named("a snapshot that leaves out digests", by_tuf=False)
def _no_digests(stage: Stage) -> None:
    register = stage.made.register
    snapshot = register.role("snapshot", Snapshot)
    snapshot.signed.version += 1
    snapshot.signed.meta = {name: MetaFile(meta.version) for name, meta in snapshot.signed.meta.items()}
    keys = stage.made.of("snapshot")
    data = signed_bytes(snapshot, "snapshot", [tuf_key(keys[0].public).keyid], 1, keys)
    register.write(register.role_path("snapshot"), data)
    _stamp(stage, snapshot.signed.version, data)


def _stamp(stage: Stage, version: int, snapshot: bytes) -> None:
    timestamp = stage.made.register.role("timestamp", Timestamp)
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile.from_data(version, snapshot, ["sha256"])
    keys = stage.made.of("timestamp")
    data = signed_bytes(timestamp, "timestamp", [tuf_key(keys[0].public).keyid], 1, keys)
    stage.made.register.write(stage.made.register.role_path("timestamp"), data)


def sound_register(folder: Path) -> tuple[Made, Path]:
    """Make the register that is attacked, and a copy of what it was the day before."""
    parties = {"vendor": ("acme", "other"), "challenger": ("buyer",)}
    made = make_register(folder, parties)
    remark = {"warn": ["other/request/body/field0/maxLength"]}
    made.add([certificate(made, "acme"), certificate(made, "other", verdicts=remark)])
    shutil.copytree(made.path, folder / "older")
    made.add([certificate(made, "acme", "2.0", issued=LATER)], LATER)
    entry = next(iter(current_entries(made.register).values()))
    buyer = party_named("challenger", "buyer")
    challenge(made.register, entry, buyer, entry.catalogue[1]["id"], 4, "refused", made.all, LATER)
    made.register.commit(made.all, LATER)
    refresh(made.register, made.online, LATER)
    return made, folder / "older"


def stages(made: Made, older: Path) -> Iterator[tuple[Attack, Stage]]:
    """Yield each attack with a stage on which it was made."""
    for attack in ATTACKS:
        with tempfile.TemporaryDirectory() as name:
            yield attack, prepared(attack, made, older, Path(name))


def prepared(attack: Attack, made: Made, older: Path, folder: Path) -> Stage:
    """Copy the register, let the reader see it, and make the attack."""
    shutil.copytree(made.path, folder / "register")
    root = folder / "root.json"
    shutil.copy(made.root, root)
    stage = Stage(Made(RegisterFolder(folder / "register"), dict(made.keys)), older, root, folder / "state")
    assert inspect(stage.path, stage.at, root=root, state=stage.state).problems == []
    attack.run(stage)
    return stage


def problems(stage: Stage) -> list[str]:
    """What verifying finds wrong."""
    return inspect(stage.path, stage.at, root=stage.root, state=stage.state).problems


def client_refuses(stage: Stage) -> str:
    """Why a client of python-tuf does not hand out what the attacker wants; empty if it does.

    Two clients try: one that has seen the sound register, and one that knows the root alone. The first one reads its
    own copy of what it has seen, and so is not harmed by another one under the same version.
    """
    return _refusal(stage, is_new=False) or _refusal(stage, is_new=True)


def _refusal(stage: Stage, *, is_new: bool) -> str:
    listed = (path for path in (stage.path / "targets").rglob("*") if path.is_file())
    wanted = stage.wanted or sorted(path.relative_to(stage.path / "targets").as_posix() for path in listed)
    with tempfile.TemporaryDirectory() as name:
        if not is_new:
            shutil.copytree(stage.state, name, dirs_exist_ok=True)
        try:
            updater = Updater(
                name,
                "register:///metadata/",
                target_dir=name,
                target_base_url="register:///targets/",
                fetcher=FolderFetcher(stage.path),
                config=UpdaterConfig(prefix_targets_with_hash=False),
                bootstrap=stage.root.read_bytes(),
            )
            updater._trusted_set.reference_time = stage.at  # noqa: SLF001  it has no parameter for the time
            updater.refresh()
            for path in wanted:
                info = updater.get_targetinfo(path)
                if info is None:
                    return f"nobody lists {path}"
                updater.download_target(info, str(Path(name) / "file"))
        except (RepositoryError, DownloadError) as error:
            return type(error).__name__
    return ""

"""Attacks on a register by those who take part in it: a malicious vendor, challenger or registrar.

Each of them holds valid keys, so TUF accepts what they sign. The attack shows only when records are compared with each
other or with what a reader saw before, or when the rules on what may be published are applied.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import rfc8785
from tuf.api.metadata import DelegatedRole, Delegations, Targets

from chatcert.register.certificates import stage_admission
from chatcert.register.parties import REGISTRAR, party_named
from chatcert.register.pending import pending_problems
from chatcert.register.records import PAYLOAD_TYPE, digest_of_bytes, plain_bytes
from chatcert.register.role_signers import tuf_key
from chatcert.register.stewardship import change_policy, enrol, revoke_key
from chatcert.report.seal.envelope import sign_statement
from chatcert.report.seal.keys import SigningKey, new_key
from chatcert.text import format_time
from registers.attacks import LATER, Stage, attack_named
from registers.synthetic import certificate


def _sign(row: Any, keys: list[SigningKey]) -> bytes:
    """Sign a record without checking it, as an attacker does."""
    return sign_statement(rfc8785.dumps(row), keys[0], PAYLOAD_TYPE).to_bytes()


def _vendor(stage: Stage, *, admitted: bool = True, **changes: Any) -> Any:
    """Let the vendor acme sign a certificate that it has changed, and a careless registrar admit it."""
    row: Any = {**certificate(stage.made, "acme", "6.0", issued=LATER), **changes}
    data = _sign(row, stage.made.of("vendor-acme"))
    stage.list_file("vendor-acme", f"vendor-acme/{row['entry']}.certificate.json", data, publish=not admitted)
    if admitted:
        stage_admission(stage.made.register, row["entry"], digest_of_bytes(data), [], stage.made.all, stage.at)
        stage.made.register.commit(stage.made.all, stage.at)
    return row


@attack_named("vendor: a certificate that renews the entry of a competitor, and so takes it out", by_tuf=False)
def _renews_foreign(stage: Stage) -> None:
    _vendor(stage, renews=stage.entry("other").name)


@attack_named("vendor: a certificate that renews an entry which is not there", by_tuf=False)
def _renews_nothing(stage: Stage) -> None:
    _vendor(stage, renews="acme-2020-01-01-000000000000")


@attack_named("vendor: a renewal on the day after the entry was made", by_tuf=False)
def _renews_early(stage: Stage) -> None:
    _vendor(stage, renews=stage.entry().name)


@attack_named("vendor: a period that begins next year", by_tuf=False)
def _future(stage: Stage) -> None:
    later = LATER + timedelta(days=365)
    row = certificate(stage.made, "acme", "6.0", issued=later)
    _vendor(stage, **{**row, "made": format_time(LATER.timestamp())})


@attack_named("vendor: a period of 91 days", by_tuf=False)
def _longer(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    _vendor(stage, period={**row["period"], "not_after": format_time((LATER + timedelta(days=91)).timestamp())})


@attack_named("vendor: a certificate that was issued before its run ended", by_tuf=False)
def _before(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    later = format_time((LATER + timedelta(hours=1)).timestamp())
    _vendor(stage, period={**row["period"], "observed_to": later})


@attack_named("vendor: a version that looks like another one, by an invisible character", by_tuf=False)
def _invisible(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    _vendor(stage, product={**row["product"], "version": "1.0\u200b"})


@attack_named("vendor: a version that looks like another one, by full-width digits", by_tuf=False)
def _wide(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    _vendor(stage, product={**row["product"], "version": "\uff11.\uff10"})


@attack_named("vendor: a reply that turns the text around it", by_tuf=False)
def _turned(stage: Stage) -> None:
    said = stage.entry().challenges[0].row
    row = {"type": "reply", "register": said["register"], "made": said["made"], "challenge": said["challenge"]}
    row |= {"entry": said["entry"], "text": "this is \u202eyldlohpu"}
    data = _sign(row, stage.made.of("vendor-acme"))
    stage.list_file("vendor-acme", party_named("vendor", "acme").path(said["challenge"], "reply"), data)


@attack_named("vendor: waived breaches without the conditions, so that it looks certified for ever", by_tuf=False)
def _unconditional(stage: Stage) -> None:
    waived = ["acme/request/body/field1/maxLength"]
    _vendor(
        stage, **{**certificate(stage.made, "acme", "6.0", issued=LATER, verdicts={"waived": waived}), "conditions": []}
    )


@attack_named("vendor: a breach among the verdicts, and a conformant outcome", by_tuf=False)
def _breach(stage: Stage) -> None:
    row = certificate(stage.made, "acme", "6.0", issued=LATER)
    broken = ["acme/request/body/field1/maxLength"]
    _vendor(stage, verdicts={"fail": broken}, passed=row["passed"] - 1)


@attack_named("vendor: the entry that is contested is taken off its own list", by_tuf=False)
def _drop_entry(stage: Stage) -> None:
    entry = stage.entry()
    role = stage.made.register.role("vendor-acme", Targets)
    del role.signed.targets[f"vendor-acme/{entry.name}.certificate.json"]
    stage.sign_role("vendor-acme", role)
    (stage.path / "targets" / f"vendor-acme/{entry.name}.certificate.json").unlink()
    stage.made.register.publish(stage.made.online, stage.at)


@attack_named("vendor: metadata that delegate to another key", by_tuf=False)
def _delegate(stage: Stage) -> None:
    key = tuf_key(new_key().public)
    role = stage.made.register.role("vendor-acme", Targets)
    helper = DelegatedRole("helper", [key.keyid], 1, terminating=True, paths=["vendor-acme/*"])
    role.signed.delegations = Delegations({key.keyid: key}, {"helper": helper})
    stage.sign_role("vendor-acme", role)
    assert pending_problems(stage.made.register, stage.at)
    stage.made.register.publish(stage.made.online, stage.at)


@attack_named("vendor: metadata that expire tomorrow, and the whole register with them", by_tuf=True)
def _short(stage: Stage) -> None:
    role = stage.made.register.role("vendor-acme", Targets)
    role.signed.expires = stage.at.replace(microsecond=0) + timedelta(hours=1)
    stage.sign_role("vendor-acme", role)
    assert pending_problems(stage.made.register, stage.at)
    stage.made.register.publish(stage.made.online, stage.at)
    stage.at += timedelta(days=1)


@attack_named("vendor: a path that leads out of the register", by_tuf=False)
def _traversal(stage: Stage) -> None:
    data = (stage.path / "targets" / "register.json").read_bytes()
    stage.list_file("vendor-acme", "vendor-acme/../register.json", data)
    assert pending_problems(stage.made.register, stage.at)


@attack_named("challenger: a challenge in the name of another one", by_tuf=False)
def _same_challenge(stage: Stage) -> None:
    thief = new_key()
    party = party_named("challenger", "aaa")
    enrol(stage.made.register, party, [thief.public], stage.made.all, stage.at)
    stage.made.keys[party.folder] = [thief]
    said = dict(stage.entry().challenges[0].row)
    stage.made.register.stage(party.path(said["challenge"], "challenge"), _sign(said, [thief]))
    stage.made.register.commit([thief, *stage.made.online], stage.at)


@attack_named("registrar: a revocation of a key is taken back", by_tuf=False)
def _unrevoke(stage: Stage) -> None:
    register, fresh = stage.made.register, new_key()
    keys = [*stage.made.all, fresh]
    enrol(register, party_named("vendor", "acme"), [fresh.public], keys, stage.at)
    day = LATER.date() + timedelta(days=5)
    revoke_key(register, stage.made.of("vendor-acme")[0].public, day, "lost", keys, stage.at)
    seen = register.policy
    rows = [{**row, "revoked": None} for row in seen["keys"]]
    change_policy(register, {**seen, "keys": rows}, keys, stage.at)  # type: ignore[typeddict-item]
    (stage.state / "register.json").write_bytes(plain_bytes(seen))


@attack_named("registrar: an auditor vanishes from the list of parties", by_tuf=False)
def _vanished(stage: Stage) -> None:
    register = stage.made.register
    policy = register.policy
    kept = [row for row in policy["keys"] if row["name"] != "buyer"]
    shutil.rmtree(stage.path / "targets" / "challenger-buyer")
    (stage.path / "metadata" / "challenger-buyer.json").unlink()
    change_policy(register, {**policy, "keys": kept}, stage.made.all, stage.at)


@attack_named("registrar: a rehearsal is called a register", by_tuf=False)
def _called(stage: Stage) -> None:
    register = stage.made.register
    change_policy(register, {**register.policy, "rehearsal": True}, stage.made.all, stage.at)


@attack_named("registrar: a decision on a challenge that nobody made", by_tuf=False)
def _decision(stage: Stage) -> None:
    said = stage.entry().challenges[0].row
    name = said["challenge"][:-1] + ("1" if said["challenge"].endswith("0") else "0")
    row = {**{key: said[key] for key in ("register", "made", "entry")}, "type": "ruling", "challenge": name}  # type: ignore[literal-required]
    row |= {"decision": "upheld", "text": "yes"}
    stage.list_file("registrar", REGISTRAR.path(name, "ruling"), _sign(row, stage.made.of("registrar")))


@attack_named("registrar: the words of the vendor's reply are replaced", by_tuf=False)
def _reworded(stage: Stage) -> None:
    said = stage.entry().challenges[0].row
    row = {"type": "reply", "register": said["register"], "made": said["made"], "challenge": said["challenge"]}
    row |= {"entry": said["entry"], "text": "we admit it"}
    party = party_named("vendor", "acme")
    path = party.path(said["challenge"], "reply")
    stage.made.keys["vendor-acme"] = stage.made.of("vendor-acme")
    stage.list_file("vendor-acme", path, _sign(row, stage.made.of("registrar")))

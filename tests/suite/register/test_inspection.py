"""A register is what its keepers signed, or verifying it says what is not."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tuf.api.metadata import Targets

from chatcert.cli.main import main
from chatcert.exceptions import ConfigurationError, InputFileError
from chatcert.register.certificates import stage_certificate
from chatcert.register.inspection import inspect
from chatcert.register.parties import party_named
from chatcert.register.pending import pending_problems
from chatcert.register.role_metadata import signed_bytes
from chatcert.register.role_signers import tuf_key
from chatcert.register.stewardship import enrol, refresh, revoke_key, rotate
from chatcert.report.seal.keys import new_key


def problems(made: Any, at: Any, **options: Any) -> list[str]:
    return inspect(made.path, at, **options).problems


def test_a_register_is_as_it_was_signed(original: Any, synthetic: ModuleType) -> None:
    """Nothing is wrong with a register as it was made, and it names its entries; without a root that is said."""
    found = inspect(original.path, synthetic.DAY)

    assert [] == found.problems
    assert ["acme", "other"] == [entry.vendor for entry in found.entries.values()]
    assert any("give --root" in remark.text for remark in found.remarks)
    assert not any("give --root" in r.text for r in inspect(original.path, synthetic.DAY, root=original.root).remarks)


def test_another_register_is_not_the_one_that_is_trusted(made: Any, synthetic: ModuleType, tmp_path: Path) -> None:
    """With the root of one register, another one that is sound in itself is refused."""
    other = synthetic.make_register(tmp_path / "other", {"vendor": ("acme",)})

    assert "UnsignedMetadataError" in problems(other, synthetic.DAY, root=made.root)[0]


def test_a_frozen_register_expires(made: Any, synthetic: ModuleType) -> None:
    """A timestamp that nobody signs again is refused after seven days, and accepted once it is signed again."""
    later = synthetic.DAY + timedelta(days=8)
    assert "timestamp.json is expired" in problems(made, later)[0]

    assert [] == refresh(made.register, made.online, later)
    assert [] == problems(made, later)


def test_what_was_seen_stays(made: Any, synthetic: ModuleType, tmp_path: Path) -> None:
    """With the state of an earlier visit, an older register is refused, and so is one that lost a record."""
    before = tmp_path / "before"
    shutil.copytree(made.path, before)
    made.add([synthetic.certificate(made, "acme", "2.0")])
    state = tmp_path / "state"
    assert [] == problems(made, synthetic.DAY, state=state)

    assert "BadVersionNumberError" in inspect(before, synthetic.DAY, state=state).problems[0]
    assert [] == problems(made, synthetic.DAY, state=state)
    role = made.register.role("vendor-acme", Targets)
    path = max(name for name in role.signed.targets if ".certificate." in name)
    del role.signed.targets[path]
    role.signed.version += 1
    (made.path / "targets" / path).unlink()
    write_role(made, "vendor-acme", role)
    made.register.publish(made.online, synthetic.DAY)
    assert [f"{path}: an earlier visit saw it, and it is gone or changed"] == [
        text for text in problems(made, synthetic.DAY, state=state) if "earlier visit" in text
    ]


def write_role(made: Any, folder: str, role: Any) -> None:
    """Sign a role again with the keys of its party."""
    keys = made.keys[folder]
    data = signed_bytes(role, folder, [tuf_key(key.public).keyid for key in keys], 1, keys)
    made.register.write(made.register.role_path(folder), data)


@pytest.mark.parametrize(
    ("place", "change", "what"),
    [
        ("metadata/targets.json", lambda text: text + b"\n", "not in the canonical form"),
        (
            "metadata/timestamp.json",
            lambda text: text.replace(b'"sig":"', b'"sig":"0', 1),
            "no TUF metadata|Unsigned|form",
        ),
        ("metadata/1.root.json", lambda text: text.replace(b'"version":1', b'"version":2'), "Unsigned|is not valid"),
        ("targets/register.json", lambda text: text.replace(b"Example", b"Sample"), "changed since it was signed"),
    ],
)
def test_a_changed_file_is_named(made: Any, synthetic: ModuleType, place: str, change: Any, what: str) -> None:
    """White space, a signature, a version or a name: each change is found."""
    path = made.path / place
    path.write_bytes(change(path.read_bytes()))

    assert any(re.search(what, text) for text in problems(made, synthetic.DAY))


def test_one_signature_of_several_that_is_wrong_is_named(made: Any, synthetic: ModuleType) -> None:
    """Two of three keys satisfy TUF; a third signature that is damaged is a problem all the same."""
    path = made.path / "metadata" / "1.root.json"
    value = json.loads(path.read_bytes())
    value["signatures"][2]["sig"] = value["signatures"][1]["sig"]
    path.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())

    (text,) = problems(made, synthetic.DAY)
    assert "1.root.json: the signature by the key" in text


def test_files_of_nobody_are_named(made: Any, synthetic: ModuleType) -> None:
    """A file that no role lists is a problem, wherever it lies."""
    (made.path / "targets" / "stray.json").write_text("{}")
    (made.path / "metadata" / "vendor-nobody.json").write_bytes(
        (made.path / "metadata" / "registrar.json").read_bytes()
    )
    (made.path / "metadata" / "notes.txt").write_text("?")

    found = " ".join(problems(made, synthetic.DAY))
    assert all(name in found for name in ("targets/stray.json", "vendor-nobody.json", "notes.txt"))


def test_a_submission_that_is_not_published_says_so(made: Any, synthetic: ModuleType) -> None:
    """What a vendor has signed alone is pending until the keys of snapshot and timestamp take it in."""
    row = synthetic.certificate(made, "acme", "3.0")
    stage_certificate(made.register, row, synthetic.catalogue_of("acme"), made.of("vendor-acme"))
    assert ["snapshot", "timestamp"] == made.register.commit(made.of("vendor-acme"), synthetic.DAY)
    assert problems(made, synthetic.DAY)

    assert [] == refresh(made.register, made.online, synthetic.DAY)
    assert "pending" == inspect(made.path, synthetic.DAY).entries[row["entry"]].status(synthetic.DAY)


def test_keys_of_roles_are_replaced(made: Any, synthetic: ModuleType) -> None:
    """A new root, signed by two of three keys, replaces a key; readers who trust the first root follow."""
    fresh = new_key()
    old = made.of("timestamp")[0]
    keys = [*made.of("root")[:2], *made.of("snapshot"), fresh]
    assert [] == rotate(made.register, "timestamp", [fresh.public], [old.public], keys, synthetic.DAY)

    assert [] == problems(made, synthetic.DAY, root=made.root)
    assert ["timestamp"] == refresh(made.register, made.online, synthetic.DAY)


def test_a_lost_root_key_is_replaced(made: Any, synthetic: ModuleType) -> None:
    """Two of three root keys are enough to replace the third one."""
    fresh = new_key()
    kept, lost = made.of("root")[:2], made.of("root")[2]
    keys = [*kept, fresh, *made.online]
    assert [] == rotate(made.register, "root", [fresh.public], [lost.public], keys, synthetic.DAY)

    assert [] == problems(made, synthetic.DAY, root=made.root)


@pytest.mark.parametrize("role", ["root", "targets"])
def test_root_and_targets_are_signed_again(made: Any, synthetic: ModuleType, role: str) -> None:
    """Sixty days before one of them expires a reader is told; signing it again ends that, and needs no other key."""
    late = synthetic.DAY + timedelta(days=310)
    assert [] == refresh(made.register, made.online, late)
    due = f"{role} expires on 2027-06-01: register rotate {role} signs it again"
    assert due in [remark.text for remark in inspect(made.path, late, root=made.root).remarks]

    assert [] == rotate(made.register, role, [], [], [*made.of("root"), *made.of("targets"), *made.online], late)
    found = inspect(made.path, late, root=made.root)
    assert [] == found.problems
    assert due not in [remark.text for remark in found.remarks]


def test_a_key_that_is_missing_leaves_everything_as_it_was(made: Any, synthetic: ModuleType) -> None:
    """Without the new key of the role, neither a new root nor anything else is written."""
    fresh, old = new_key(), made.of("targets")[0]
    before = {path: path.read_bytes() for path in made.path.rglob("*.json")}
    keys = [*made.of("root"), *made.online]
    with pytest.raises(ConfigurationError, match="0 of the 1 keys that targets needs"):
        rotate(made.register, "targets", [fresh.public], [old.public], keys, synthetic.DAY)
    assert before == {path: path.read_bytes() for path in made.path.rglob("*.json")}
    assert [] == rotate(made.register, "targets", [fresh.public], [old.public], [*keys, fresh], synthetic.DAY)
    assert [] == problems(made, synthetic.DAY, root=made.root)


def test_a_revoked_key_signs_nothing_more(made: Any, synthetic: ModuleType) -> None:
    """What was admitted before the day holds; a certificate that is admitted later is void, and no obstacle."""
    stolen, fresh = made.of("vendor-acme")[0], new_key()
    late = synthetic.DAY + timedelta(days=2)
    made.add([synthetic.certificate(made, "acme", "9.0", issued=late)], late)
    party = party_named("vendor", "acme")
    enrol(made.register, party, [fresh.public], made.all, late)
    day = (synthetic.DAY + timedelta(days=1)).date()
    revoke_key(made.register, stolen.public, day, "stolen", [*made.all, fresh], late)

    found = inspect(made.path, late)
    assert [] == found.problems
    assert ["1.0", "1.0"] == [entry.certificate["product"]["version"] for entry in found.entries.values()]
    (text,) = (remark.text for remark in found.remarks if "void" in remark.text)
    assert "acme-2026-06-03" in text
    assert "the key of acme (vendor) is revoked since 2026-06-02" in text


def test_what_cannot_be_published_is_named(made: Any, synthetic: ModuleType) -> None:
    """A role that its party has not signed, or a record that is missing, is not taken in, and the check says why."""
    assert [] == pending_problems(made.register, synthetic.DAY)
    path = made.path / "metadata" / "vendor-acme.json"
    before = path.read_bytes()
    path.write_bytes((made.path / "metadata" / "vendor-other.json").read_bytes())
    assert (
        "metadata/vendor-acme.json: it is not signed by the keys of vendor-acme"
        == pending_problems(made.register, synthetic.DAY)[0]
    )
    with pytest.raises(InputFileError, match="not signed by the keys of vendor-acme"):
        refresh(made.register, made.online, synthetic.DAY)
    path.write_bytes(before)
    next((made.path / "targets" / "vendor-acme").glob("*.certificate.json")).unlink()
    assert any("certificate.json: missing" in text for text in pending_problems(made.register, synthetic.DAY))
    assert 1 == main(["register", "verify", "--pending", "--register", str(made.path)])

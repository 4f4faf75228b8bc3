"""Several signatures on one report, known keys with roles and revocations, and time-stamps (RFC 3161)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.signer import SSlibKey

from chatcert.cli.main import main
from chatcert.exceptions import InputFileError
from chatcert.report.seal.envelope import Envelope, Signature, seal_report, sign_statement
from chatcert.report.seal.integrity import SealedReport, check_seal
from chatcert.report.seal.keyring import Keyring, KnownKey, SignerRole, read_keyring
from chatcert.report.seal.keys import PublicKey, SigningKey, new_key
from chatcert.report.seal.time_stamp import stamped_time

VENDOR, AUDITOR = new_key(), new_key()


@pytest.fixture
def sealed(samples: ModuleType, tmp_path: Path) -> Path:
    """A report that the vendor signed, with the keys beside its folder."""
    folder = tmp_path / "report"
    samples.write(folder, samples.report_input())
    seal_report(folder, VENDOR)
    for name, key in (("vendor", VENDOR), ("auditor", AUDITOR)):
        (tmp_path / name).write_bytes(key.pem())
        (tmp_path / f"{name}.pub").write_bytes(key.public.pem)
    return folder


def envelope_of(folder: Path) -> Envelope:
    return Envelope.from_bytes((folder / "report.dsse.json").read_bytes())


def test_an_auditor_signs_beside_the_vendor(sealed: Path, tmp_path: Path) -> None:
    """A second signature stands beside the first one, and another implementation of DSSE confirms both."""
    assert 0 == main(["sign", str(sealed), "--key", str(tmp_path / "auditor")])

    assert sorted(key.public.fingerprint for key in (VENDOR, AUDITOR)) == [
        key.fingerprint for key in envelope_of(sealed).signers
    ]
    assert envelope_of(sealed).holds
    keys = [
        SSlibKey.from_crypto(serialization.load_pem_public_key(key.public.pem), keyid=key.public.fingerprint)
        for key in (VENDOR, AUDITOR)
    ]
    other = OtherEnvelope.from_dict(json.loads((sealed / "report.dsse.json").read_bytes()))
    assert 2 == len(other.verify(keys, 2))


def test_signing_again_replaces_the_own_signature() -> None:
    """A key signs once, in whatever order keys sign; one signature that does not hold spoils the envelope."""
    both = sign_statement(b"{}", VENDOR).signed_by(AUDITOR)

    assert both == sign_statement(b"{}", AUDITOR).signed_by(VENDOR).signed_by(AUDITOR)
    assert both == Envelope.from_bytes(both.to_bytes())
    wrong = tuple(Signature(one.key, both.signatures[0].value) for one in both.signatures)
    assert not Envelope(b"{}", wrong).holds
    with pytest.raises(ValueError, match="different keys"):
        Envelope.from_bytes(Envelope(b"{}", both.signatures + both.signatures).to_bytes())


def test_a_damaged_report_is_not_signed(sealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An auditor does not sign by mistake what was changed after it was written."""
    (sealed / "report.json").write_bytes(b" " + (sealed / "report.json").read_bytes())

    assert 65 == main(["sign", str(sealed), "--key", str(tmp_path / "auditor")])
    assert "changed since the report was written" in capsys.readouterr().err


def test_known_keys_have_names_roles_and_an_end(tmp_path: Path) -> None:
    """A list of keys is read with names, roles and revocations; what a revoked or unknown key signed does not count."""
    for name, key in (("vendor", VENDOR), ("auditor", AUDITOR)):
        (tmp_path / f"{name}.pub").write_bytes(key.public.pem)
    (tmp_path / "keys.toml").write_text(
        '[[key]]\nname = "Acme"\nrole = "vendor"\nfile = "vendor.pub"\n'
        '[[key]]\nname = "Audit"\nrole = "auditor"\nfile = "auditor.pub"\nrevoked = 2026-01-31\n'
    )
    keyring = read_keyring(tmp_path / "keys.toml")

    by = {one.key.fingerprint: one for one in sign_statement(b"{}", VENDOR).signed_by(AUDITOR).signatures}
    assert "Acme (vendor)" == keyring.keys[0].title
    assert "" == keyring.objection(by[VENDOR.public.fingerprint])
    assert "Audit (auditor) is revoked since 2026-01-31" in keyring.objection(by[AUDITOR.public.fingerprint])
    assert "not one of the keys given" in keyring.objection(sign_statement(b"{}", new_key()).signatures[0])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no key in it"),
        ("key = 1", "key is not a list of tables"),
        ("[[keys]]", "unknown table 'keys'"),
        ('[[key]]\nname = "A"\nrole = "vendor"', "file is missing"),
        ('[[key]]\nname = "A"\nrole = "boss"\nfile = "vendor.pub"', "'boss' is no role"),
        ('[[key]]\nname = "A"\nrole = "vendor"\nfile = "vendor.pub"\nrevoked = 3', "revoked is not a day"),
        ('[[key]]\nname = "A"\nrole = "vendor"\nfile = "none.pub"', "No such file"),
    ],
)
def test_a_wrong_list_of_keys_is_one_line(tmp_path: Path, text: str, what: str) -> None:
    """The line says which entry is wrong, and in what."""
    (tmp_path / "vendor.pub").write_bytes(VENDOR.public.pem)
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(InputFileError, match=what):
        read_keyring(tmp_path / "keys.toml")


@pytest.fixture(scope="module")
def tsa() -> ModuleType:
    """The module with a time-stamp authority for tests."""
    spec = spec_from_file_location("authority", Path(__file__).with_name("authority.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def authority(tsa: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a time-stamp authority."""
    folder = tmp_path_factory.mktemp("authority")
    tsa.found_authority(folder)
    return folder


@pytest.fixture
def service(tsa: ModuleType, authority: Path) -> Iterator[Callable[..., str]]:
    """A callable that starts a time-stamp service of that authority on loopback."""
    with tsa.services(authority) as started:
        yield started


def test_a_time_stamp_outlives_its_key(
    sealed: Path, tmp_path: Path, service: Callable[..., str], authority: Path
) -> None:
    """A service gives the time; what a key signed before its revocation counts on, and only with a trusted service."""
    before = datetime.datetime.now(datetime.UTC)
    assert 0 == main(["sign", str(sealed), "--key", str(tmp_path / "auditor"), "--time-stamp", service()])

    signature = next(one for one in envelope_of(sealed).signatures if one.key == AUDITOR.public)
    root = (authority / "root.pem").read_bytes()
    stamped = stamped_time(signature.time_stamp, signature.value, [root])
    assert abs((stamped - before).total_seconds()) < 60
    tomorrow = stamped.date() + datetime.timedelta(days=1)
    known = KnownKey(AUDITOR.public, "Audit", SignerRole.AUDITOR, revoked=tomorrow)
    assert "" == Keyring((known,), (root,)).objection(signature)
    assert "no time-stamp is older" in Keyring((known,)).objection(signature)
    late = KnownKey(AUDITOR.public, "Audit", SignerRole.AUDITOR, revoked=stamped.date())
    assert "no time-stamp is older" in Keyring((late,), (root,)).objection(signature)
    other = Signature(signature.key, b"another signature", signature.time_stamp)
    assert "Mismatch" in Keyring((known,), (root,)).objection(other)


def test_a_time_stamp_that_is_not_checked_is_said(
    sealed: Path, tmp_path: Path, service: Callable[..., str], authority: Path
) -> None:
    """Without a trusted service, verifying says that time-stamps were not checked; with one, it checks them."""
    assert 0 == main(["sign", str(sealed), "--key", str(tmp_path / "vendor"), "--time-stamp", service()])
    known, root = KnownKey(VENDOR.public, "Acme", SignerRole.VENDOR), (authority / "root.pem").read_bytes()

    def said(key: PublicKey | None, keyring: Keyring | None) -> bool:
        remarks = check_seal(SealedReport.read(sealed / "report.json"), key, keyring)
        return any("time-stamps were not checked" in remark.text for remark in remarks)

    cases = ((None, None), (VENDOR.public, None), (None, Keyring((known,))), (None, Keyring((known,), (root,))))
    assert [True, True, True, False] == [said(*case) for case in cases]


def test_a_strange_authority_is_not_trusted(
    sealed: Path, tmp_path: Path, service: Callable[..., str], tsa: ModuleType
) -> None:
    """A time-stamp counts for nothing with the root of another authority, and not without any."""
    assert 0 == main(["sign", str(sealed), "--key", str(tmp_path / "vendor"), "--time-stamp", service()])

    (signature,) = envelope_of(sealed).signatures
    key = ec.generate_private_key(ec.SECP256R1())
    other = tsa.certificate("Root", key, "Root", key, is_authority=True).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(ValueError, match="verifying certificates"):
        stamped_time(signature.time_stamp, signature.value, [other])
    with pytest.raises(ValueError, match="no time-stamp service is trusted"):
        stamped_time(signature.time_stamp, signature.value, [])
    with pytest.raises(ValueError, match="there is none"):
        stamped_time(b"", signature.value, [other])


@pytest.mark.parametrize(
    ("change", "status", "what"),
    [
        (lambda _: b"no", 200, "no time-stamp response"),
        (bytes, 503, "status 503"),
        (lambda _: b"", 200, "no time-stamp"),
    ],
)
def test_a_service_that_fails_leaves_the_report_alone(
    sealed: Path,
    tmp_path: Path,
    service: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    change: Callable[[bytes], bytes],
    status: int,
    what: str,
) -> None:
    """No time-stamp, no signature: one line says why, and the exit status is 75."""
    before = (sealed / "report.dsse.json").read_bytes()

    url = service(change, status)
    assert 75 == main(["sign", str(sealed), "--key", str(tmp_path / "auditor"), "--time-stamp", url])
    assert what in capsys.readouterr().err
    assert before == (sealed / "report.dsse.json").read_bytes()


def test_an_old_answer_is_refused(sealed: Path, tmp_path: Path, service: Callable[..., str], authority: Path) -> None:
    """A service that repeats the answer to an earlier request gives no time-stamp."""
    old: list[bytes] = []

    def first(reply: bytes) -> bytes:
        old.append(reply)
        return old[0]

    url = service(first)
    assert 0 == main(["sign", str(sealed), "--key", str(tmp_path / "vendor"), "--time-stamp", url])
    assert 75 == main(["sign", str(sealed), "--key", str(tmp_path / "vendor"), "--time-stamp", url])


def test_a_wrong_address_is_one_line(sealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address that no service can have is a usage error."""
    assert 2 == main(["sign", str(sealed), "--key", str(tmp_path / "vendor"), "--time-stamp", "nowhere"])
    assert "invalid address 'nowhere'" in capsys.readouterr().err


def test_verify_names_who_signed(samples: ModuleType, sealed: Path, tmp_path: Path) -> None:
    """With a list of keys, verifying names each signer, and a signature of a stranger is a problem."""

    def texts(keyring: Keyring) -> list[tuple[str, bool]]:
        return [(r.text, r.problem) for r in check_seal(SealedReport.read(sealed / "report.json"), None, keyring)]

    known = Keyring((KnownKey(VENDOR.public, "Acme", SignerRole.VENDOR),))
    assert (f"signed by Acme (vendor), {VENDOR.public.fingerprint}", False) in texts(known)
    stranger: SigningKey = new_key()
    (tmp_path / "stranger").write_bytes(stranger.pem())
    assert 0 == main(["sign", str(sealed), "--key", str(tmp_path / "stranger")])
    assert any("not one of the keys given" in text and bad for text, bad in texts(known))

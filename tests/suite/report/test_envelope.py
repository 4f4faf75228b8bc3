"""report.dsse.json and the keys behind it: what signed, what is signed, and that nothing else passes for it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from chatcert.exceptions import ConfigurationError, InputFileError, SuiteError
from chatcert.judge.verdict import VerdictKind
from chatcert.report.seal.envelope import Envelope, seal_report, sign_statement
from chatcert.report.seal.keys import SigningKey, new_key, read_public_key, read_signing_key

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PEM = {"encoding": serialization.Encoding.PEM, "format": serialization.PrivateFormat.PKCS8}


def other_key(key: SigningKey) -> SSlibKey:
    """The public key as another implementation of DSSE holds it."""
    loaded = serialization.load_pem_public_key(key.public.pem)
    return SSlibKey.from_crypto(loaded, keyid=key.public.fingerprint)


def test_another_implementation_confirms_the_signature(samples: ModuleType, tmp_path: Path) -> None:
    """The envelope is one of DSSE: securesystemslib confirms it, and its payload is the statement's file."""
    samples.write(tmp_path, samples.report_input({0: VerdictKind.FAIL}))
    seal_report(tmp_path, KEY)

    envelope = OtherEnvelope.from_dict(json.loads((tmp_path / "report.dsse.json").read_bytes()))

    assert [KEY.public.fingerprint] == list(envelope.verify([other_key(KEY)], 1))
    assert (tmp_path / "statement.intoto.json").read_bytes() == envelope.payload
    assert "application/vnd.in-toto+json" == envelope.payload_type
    with pytest.raises(VerificationError):
        envelope.verify([other_key(new_key())], 1)


def test_the_fingerprint_is_the_one_that_openssh_shows() -> None:
    """The key is named by the digest of its wire form (RFC 8709), as ``ssh-keygen -l`` does."""
    wire = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + KEY.public.der[-32:]
    digest = base64.b64encode(hashlib.sha256(wire).digest()).decode().rstrip("=")

    assert f"SHA256:{digest}" == KEY.public.fingerprint


@given(payload=st.binary(max_size=50))
def test_an_envelope_reads_back_the_same(payload: bytes) -> None:
    """Whatever is signed comes back, and the signature holds."""
    envelope = sign_statement(payload, KEY)

    assert envelope == Envelope.from_bytes(envelope.to_bytes())
    assert envelope.holds


@given(position=st.integers(0, 10_000), byte=st.integers(1, 255))
def test_every_other_byte_breaks_an_envelope(position: int, byte: int) -> None:
    """An envelope with one byte changed is none, or its signature does not hold, or another key's."""
    data = bytearray(sign_statement(b'{"a":1}', KEY).to_bytes())
    data[position % len(data)] ^= byte

    try:
        envelope = Envelope.from_bytes(bytes(data))
    except ValueError:
        return
    assert not envelope.holds


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + b"\n",
        lambda text: text.replace(b",", b", ", 1),
        lambda text: b"[" + text + b"]",
        lambda text: b"[" * 100_000,
        lambda text: text.replace(b'"signatures":[', b'"signatures":[{},'),
        lambda text: text.replace(b'"payloadType"', b'"kind":1,"payloadType"'),
        lambda text: json.dumps({**json.loads(text), "signatures": []}).encode(),
        lambda text: json.dumps({**json.loads(text), "payload": 1}).encode(),
    ],
)
def test_an_envelope_can_be_written_in_one_way_only(change: object) -> None:
    """White space, further members and anything that is not an envelope are refused."""
    text = sign_statement(b"{}", KEY).to_bytes()

    assert callable(change)
    with pytest.raises(ValueError, match=r"envelope|form in which"):
        Envelope.from_bytes(change(text))


def test_keys_come_back_from_their_files(tmp_path: Path) -> None:
    """With and without a passphrase, a key signs as before; the passphrase of a key without one does no harm."""
    (tmp_path / "public").write_bytes(KEY.public.pem)
    for written, given_ in (("", ""), ("", "other"), ("pass", "pass")):
        (tmp_path / "key").write_bytes(KEY.pem(written))
        assert KEY.sign(b"x") == read_signing_key(tmp_path / "key", given_).sign(b"x")
    assert KEY.public == read_public_key(tmp_path / "public")


def test_a_passphrase_is_needed_and_must_be_right(tmp_path: Path) -> None:
    """An encrypted key is opened by its passphrase alone, and the error names the variable, never the passphrase."""
    (tmp_path / "key").write_bytes(KEY.pem("the right one"))

    for passphrase, what in (("", "has a passphrase"), ("the wrong one", "its passphrase is another one")):
        with pytest.raises(ConfigurationError, match=what) as caught:
            read_signing_key(tmp_path / "key", passphrase)
        assert "CHATCERT_SIGNING_PASSPHRASE" in str(caught.value)
        assert "wrong one" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        KEY.public.pem,
        KEY.pem()[:80],
        ec.generate_private_key(ec.SECP256R1()).private_bytes(**PEM, encryption_algorithm=serialization.NoEncryption()),
        ed448.Ed448PrivateKey.generate().private_bytes(**PEM, encryption_algorithm=serialization.NoEncryption()),
    ],
)
def test_what_cannot_sign_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that holds no Ed25519 private key is one clear line; nor does a private key pass for a public one."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ConfigurationError, match="holds no Ed25519 private key"):
        read_signing_key(tmp_path / "key")

    (tmp_path / "key").write_bytes(KEY.pem() if content == KEY.public.pem else content)
    with pytest.raises(InputFileError, match="holds no Ed25519 public key"):
        read_public_key(tmp_path / "key")


def test_a_missing_key_file_is_one_clear_line(tmp_path: Path) -> None:
    """The line names the option, the file and what to give."""
    with pytest.raises(ConfigurationError, match=r"--sign .*none: No such file"):
        read_signing_key(tmp_path / "none")
    with pytest.raises(InputFileError, match=r"--key .*none: No such file"):
        read_public_key(tmp_path / "none")


def test_a_signing_key_does_not_print_itself() -> None:
    """Neither form of text shows more than the fingerprint."""
    assert f"SigningKey({KEY.public.fingerprint})" == repr(KEY) == str(KEY)


def test_a_new_report_takes_the_old_signature_away(samples: ModuleType, tmp_path: Path) -> None:
    """What was signed is gone, and so is its envelope; signing again is possible."""
    samples.write(tmp_path, samples.report_input())
    seal_report(tmp_path, KEY)

    samples.write(tmp_path, samples.report_input({0: VerdictKind.FAIL}))
    assert not (tmp_path / "report.dsse.json").exists()

    seal_report(tmp_path, KEY)
    assert not list(tmp_path.glob(".writing-*"))
    envelope = Envelope.from_bytes((tmp_path / "report.dsse.json").read_bytes())
    assert (tmp_path / "statement.intoto.json").read_bytes() == envelope.payload


def test_what_cannot_be_signed_is_one_clear_line(tmp_path: Path) -> None:
    """Where the statement is missing, nothing is left half-done."""
    with pytest.raises(SuiteError, match="cannot be signed: No such file"):
        seal_report(tmp_path, KEY)
    assert [] == list(tmp_path.iterdir())

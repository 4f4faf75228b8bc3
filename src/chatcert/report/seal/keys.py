"""Ed25519 keys (RFC 8032) that sign reports, and the files that hold them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chatcert.exceptions import ConfigurationError, InputFileError
from chatcert.files import read_bounded
from chatcert.names import PREFIX

PASSPHRASE: Final = f"{PREFIX}_SIGNING_PASSPHRASE"
"""The environment variable with the passphrase of an encrypted private key."""

MAX_KEY_BYTES: Final = 65_536


@dataclass(frozen=True)
class PublicKey:
    """A public key, which verifies signatures."""

    _key: Ed25519PublicKey

    @property
    def fingerprint(self) -> str:
        """Return ``SHA256:...`` as ``ssh-keygen -l`` prints it, which DSSE tools also use as key id."""
        line = self._key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")

    @property
    def der(self) -> bytes:
        """Return the key as a SubjectPublicKeyInfo (RFC 8410)."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_bytes(serialization.Encoding.DER, form)

    @property
    def pem(self) -> bytes:
        """Return the key as PEM text (RFC 7468)."""
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def confirms(self, signature: bytes, data: bytes) -> bool:
        """Return whether the private key made this signature over these bytes."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    @classmethod
    def from_der(cls, data: bytes) -> Self:
        """Parse what ``der`` returns.

        Raises:
            ValueError: it is not an Ed25519 public key.
        """
        try:
            return cls._of(serialization.load_der_public_key(data))
        except UnsupportedAlgorithm:
            raise ValueError("not an Ed25519 public key") from None

    @classmethod
    def _of(cls, key: object) -> Self:
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("not an Ed25519 public key")  # noqa: TRY004  for the reader of a file, its content is wrong
        return cls(key)


@final
class SigningKey:
    """A private key, which signs. Its ``repr`` does not show it; only ``pem`` does."""

    __slots__ = ("_key",)

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"SigningKey({self.public.fingerprint})"

    @property
    def public(self) -> PublicKey:
        """Return the public key."""
        return PublicKey(self._key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign bytes; the same bytes always get the same signature."""
        return self._key.sign(data)

    def pem(self, passphrase: str = "") -> bytes:
        """Return the key as PEM text (PKCS #8), encrypted if there is a passphrase."""
        encryption = (
            serialization.BestAvailableEncryption(passphrase.encode("utf-8"))
            if passphrase
            else serialization.NoEncryption()
        )
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def new_key() -> SigningKey:
    """Generate a key from the randomness of the operating system."""
    return SigningKey(Ed25519PrivateKey.generate())


def read_signing_key(path: Path, passphrase: str = "", *, option: str = "--sign") -> SigningKey:
    """Read the private key in a PEM file.

    Args:
        option: the option that names the file, for error lines.

    Raises:
        ConfigurationError: the file cannot be read, holds no such key, or has another passphrase.
    """
    where, hint = f"{option} {path}", "give the private key that chatcert keygen wrote"
    try:
        data = read_bounded(path, MAX_KEY_BYTES)
    except OSError as error:
        raise ConfigurationError(error.strerror or "cannot be read", where=where, hint=hint) from None
    try:
        key = _load(data, passphrase)
    except TypeError:
        raise ConfigurationError("has a passphrase", where=where, hint=f"put it into {PASSPHRASE}") from None
    except (ValueError, UnsupportedAlgorithm):
        if b"ENCRYPTED" in data:
            raise ConfigurationError("its passphrase is another one", where=where, hint=f"see {PASSPHRASE}") from None
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError("holds no Ed25519 private key", where=where, hint=hint)
    return SigningKey(key)


def _load(data: bytes, passphrase: str) -> object:
    """Load a private key of any type; a passphrase is only used for an encrypted key."""
    password = passphrase.encode("utf-8") if passphrase and b"ENCRYPTED" in data else None
    return serialization.load_pem_private_key(data, password)


def read_public_key(path: Path) -> PublicKey:
    """Read the public key in a PEM file.

    Raises:
        InputFileError: the file cannot be read or holds no such key.
    """
    where, hint = f"--key {path}", "give the public key that chatcert keygen wrote beside the private one"
    try:
        data = read_bounded(path, MAX_KEY_BYTES)
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=where, hint=hint) from None
    try:
        return PublicKey._of(serialization.load_pem_public_key(data))  # noqa: SLF001  a factory of this very module
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        raise InputFileError("holds no Ed25519 public key", where=where, hint=hint) from None

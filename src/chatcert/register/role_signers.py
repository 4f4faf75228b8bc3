"""Keys of TUF roles: our Ed25519 keys in the form that python-tuf takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, final

from cryptography.hazmat.primitives.serialization import load_der_public_key
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer, SSlibKey

from chatcert.exceptions import ConfigurationError
from chatcert.report.seal.keys import PublicKey, SigningKey, read_signing_key

KEY_FILES: Final = "*.key"


@final
class RoleSigner(Signer):
    """Signs metadata with one of our keys, which it does not show."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._public = tuf_key(key.public)

    @property
    def public_key(self) -> Key:
        """Return the public key."""
        return self._public

    def sign(self, payload: bytes) -> Signature:
        """Sign the bytes of metadata."""
        return Signature(self._public.keyid, self._key.sign(payload).hex())

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Signer:
        """Not supported: keys come from files."""
        raise NotImplementedError


def tuf_key(key: PublicKey) -> Key:
    """Return a public key as TUF metadata hold it."""
    return SSlibKey.from_crypto(load_der_public_key(key.der))


def read_keys(paths: Sequence[Path], passphrase: str = "") -> list[SigningKey]:
    """Read private keys from files, or from all files ``*.key`` of folders.

    Raises:
        ConfigurationError: a file cannot be read or holds no key, or a folder holds none.
    """
    found = []
    for path in paths:
        files = sorted(path.glob(KEY_FILES)) if path.is_dir() else [path]
        if not files:
            raise ConfigurationError(
                "no key in it", where=f"--key {path}", hint="give a folder with files *.key, or one such file"
            )
        found += [read_signing_key(file, passphrase, option="--key") for file in files]
    return list({key.public.fingerprint: key for key in found}.values())


def signers_for(keyids: Iterable[str], keys: Iterable[SigningKey]) -> list[RoleSigner]:
    """Return signers for those of the keys that a role has."""
    wanted = set(keyids)
    signers = [RoleSigner(key) for key in keys]
    return [signer for signer in signers if signer.public_key.keyid in wanted]

"""TLS settings: trusted certificates and the client's own certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

from chatcert.exceptions import ConfigurationError
from chatcert.transport.target import Target


def tls_context(ca_bundle: Path | None = None, client_certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Return TLS settings; the server's certificate and name are always verified.

    Args:
        ca_bundle: certificates to trust instead of the system's, PEM.
        client_certificate: paths of a certificate and its key, PEM.

    Raises:
        ConfigurationError: a file cannot be read, or has no certificate or no key that fits.
    """
    try:
        context = ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigurationError(
            f"no certificates to trust: {_reason(error)}", where=f"ca_bundle {ca_bundle}", hint="give a PEM file"
        ) from None
    if client_certificate is not None:
        certificate, key = client_certificate
        try:
            context.load_cert_chain(certificate, key, password=_no_passphrase)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"no certificate with its key: {_reason(error)}",
                where=f"client_certificate {certificate} and {key}",
                hint="give PEM files that belong together, the key without a passphrase",
            ) from None
    return context


def context_for(target: Target) -> ssl.SSLContext | None:
    """Return the TLS settings of a target; ``None`` if neither it nor its proxy uses TLS.

    Raises:
        ConfigurationError: a file cannot be read, or has no certificate or no key that fits.
    """
    addresses = [target.url, target.proxy.reveal() if target.proxy is not None else ""]
    if not any(address.lower().startswith("https:") for address in addresses):
        return None
    return tls_context(target.ca_bundle, target.client_certificate)


def _no_passphrase() -> bytes:
    """Keep OpenSSL from prompting for a passphrase."""
    return b""


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "not PEM").replace("_", " ").lower()
    return (error.strerror if isinstance(error, OSError) else None) or "cannot be read"

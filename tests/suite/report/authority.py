"""A time-stamp authority for tests: its certificates, and OpenSSL's `ts` as a service on loopback."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = """
[tsa]
default_tsa = here
[here]
serial = serial
digests = sha256
default_policy = 1.2.3.4.1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
signer_digest = sha256
"""


def found_authority(folder: Path) -> None:
    """Write a root certificate, and a key that it certified for time-stamps."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("Root", root_key, "Root", root_key, is_authority=True)
    leaf = certificate("Time", key, "Root", root_key, is_authority=False)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.key").write_bytes(key.private_bytes(*form))
    (folder / "tsa.cnf").write_text(POLICY)
    (folder / "serial").write_text("01\n")


def certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    subject, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer))
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(
        now + datetime.timedelta(days=9)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


@contextmanager
def services(authority: Path) -> Iterator[Callable[..., str]]:
    """A callable that starts a service, whose manner may be changed; all of them end with the block."""
    openssl = shutil.which("openssl")
    assert openssl is not None, "the time-stamp service of the tests is openssl"
    servers = []

    def started(change: Callable[[bytes], bytes] = bytes, status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = authority / "query.tsq"
                query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                command = [openssl, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq"]
                command += ["-out", "reply.tsr", "-inkey", "tsa.key", "-signer", "tsa.pem"]
                subprocess.run(command, cwd=authority, check=True, capture_output=True, timeout=30)
                reply = change((authority / "reply.tsr").read_bytes())
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    try:
        yield started
    finally:
        for server, thread in servers:
            server.shutdown()
            thread.join()
            server.server_close()

"""``chatcert sign``: add a signature to a report, and a time-stamp to the signature."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from chatcert.cli.json_answer import give
from chatcert.exceptions import InputFileError, ReachabilityError, UsageError

TIMEOUT = 20.0
"""Seconds for connecting to the time-stamp service, and for each read of its answer."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=sign_report)
    parser.epilog = (
        "A report may have several signatures, such as the vendor's and an auditor's: each adds its own, and\n"
        "verify --keys checks them against a list of known keys with names, roles and revocations. --time-stamp asks\n"
        "a time-stamp service (RFC 3161) when the signature was made, so that it still counts if its key is revoked\n"
        "later; the service is sent a digest of the signature and nothing else.\n\n"
        "examples:\n"
        "  chatcert sign reports/acme --key auditor.key\n"
        "  chatcert sign reports/acme --key auditor.key --time-stamp https://tsa.example/\n\n"
        "exit status: 0 signed; 65 no report that can be signed; 75 no answer of the service; 78 no key"
    )
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json or its folder")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key that keygen wrote")
    parser.add_argument("--time-stamp", metavar="URL", help="a time-stamp service (RFC 3161) that gives the time")


def sign_report(parsed: argparse.Namespace) -> int:
    """Add a signature to a report; return the exit status.

    Raises:
        InputFileError: the report, its statement or its envelope is missing or damaged.
        ConfigurationError: the key cannot be read.
        ReachabilityError: the time-stamp service does not give a time-stamp.
        UsageError: its address is invalid.
    """
    from chatcert.files import write_whole
    from chatcert.report.file_names import ENVELOPE, REPORT
    from chatcert.report.seal.envelope import Envelope, sign_statement
    from chatcert.report.seal.integrity import SealedReport, check_seal
    from chatcert.report.seal.keys import PASSPHRASE, read_signing_key

    path = parsed.report / REPORT if parsed.report.is_dir() else parsed.report
    sealed = SealedReport.read(path)
    for remark in check_seal(sealed, None):
        if remark.problem:
            raise InputFileError(remark.text, where=str(path), hint="sign the report as it was written")
    assert sealed.statement is not None  # else that is a problem
    key = read_signing_key(parsed.key, os.environ.get(PASSPHRASE, ""), option="--key")
    envelope = (
        sign_statement(sealed.statement, key)
        if sealed.envelope is None
        else Envelope.from_bytes(sealed.envelope).signed_by(key)
    )
    if parsed.time_stamp:
        value = next(one.value for one in envelope.signatures if one.key == key.public)
        envelope = envelope.stamped(key.public, fetch_time_stamp(parsed.time_stamp, value))
    write_whole(path.with_name(ENVELOPE), envelope.to_bytes())
    give({"report": path, "signed_by": key.public.fingerprint, "signatures": len(envelope.signatures)})
    others = len(envelope.signatures) - 1
    print(f"signed by {key.public.fingerprint}" + (f", beside {others} other signature(s)" if others else ""))
    return 0


def fetch_time_stamp(url: str, signature: bytes) -> bytes:
    """Ask a time-stamp service for a time-stamp of a signature; return its answer, DER.

    Raises:
        UsageError: the address is invalid.
        ReachabilityError: the service does not give one.
    """
    from urllib.parse import urlsplit

    from chatcert.report.seal.time_stamp import QUERY_TYPE, check_reply, time_stamp_request
    from chatcert.transport.client import Client
    from chatcert.transport.exchange import TransportError
    from chatcert.transport.tls import tls_context

    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(f"invalid address {url!r}", where="--time-stamp", hint="give http://host:port/path")
    request = time_stamp_request(signature)
    client = Client(timeout=TIMEOUT, connections=1, context=tls_context() if scheme == "https" else None)
    try:
        answer = client.send("POST", url, [("Content-Type", QUERY_TYPE)], request)
    finally:
        client.close()
    hint = "try again, or another service; the report is as it was"
    if isinstance(answer, TransportError):
        raise ReachabilityError(answer.message, where=f"--time-stamp {url}", hint=hint)
    if answer.status != 200:
        raise ReachabilityError(f"answered with status {answer.status}", where=f"--time-stamp {url}", hint=hint)
    try:
        check_reply(answer.body, request, signature)
    except ValueError as error:
        raise ReachabilityError(str(error), where=f"--time-stamp {url}", hint=hint) from None
    return answer.body

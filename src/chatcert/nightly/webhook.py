"""Webhooks that are called when something is worse than the night before. Their addresses are secrets."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from chatcert.exceptions import ChatcertError
from chatcert.nightly.folders import Folders
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.regressions import Regression, chat_message, document_of, regressions_of
from chatcert.text import count
from chatcert.transport.client import Client
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import TransportError
from chatcert.transport.hosts import is_loopback

SECONDS: Final = 10.0
FORMS: Final[Mapping[str, Callable[[Sequence[Regression], str], Mapping[str, Any]]]] = {
    "CHATCERT_NIGHTLY_WEBHOOK": document_of,
    "CHATCERT_NIGHTLY_SLACK_WEBHOOK": chat_message,
}
"""What is sent to the address in each variable."""


def webhook_lines(
    statuses: Iterable[JobStatus], folders: Folders, night: str, environment: Mapping[str, str], *, dry_run: bool
) -> Iterator[str]:
    """Call every webhook that is set up if there are regressions, and return a line on each.

    Nothing that goes wrong here is an error: whoever is paged is paged by issues and exit statuses.

    Args:
        dry_run: whether to send nothing.
    """
    addresses = {name: Secret(text) for name in FORMS if (text := environment.get(name, "").strip())}
    if not addresses:
        return
    try:
        found = regressions_of(statuses, folders)
    except ChatcertError as error:
        yield f"webhooks: not called: {error}"
        return
    for name, address in addresses.items():
        if not found:
            yield f"{name}: not called: no regression"
        elif dry_run:
            yield f"{name}: would be sent {count(len(found), 'regression')}"
        else:
            problem = _send(address, FORMS[name](found, night))
            yield f"{name}: {problem or 'sent ' + count(len(found), 'regression')}"


def _send(address: Secret, content: Mapping[str, Any]) -> str:
    """Send one message; return what went wrong, without the address, or nothing."""
    url = address.reveal()
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host, scheme = "", ""
    if not host or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        return "not sent: its value is no https address"
    context = ssl.create_default_context() if scheme == "https" else None
    client = Client(timeout=SECONDS, connections=1, context=context)
    body = json.dumps(content).encode("ascii")
    try:
        answer = client.send("POST", url, [("Content-Type", "application/json")], body, within=SECONDS)
    except ValueError:
        return "not sent: its value is no https address"
    finally:
        client.close()
    if isinstance(answer, TransportError):
        return f"not sent: {answer.kind.value}"
    return "" if 200 <= answer.status < 300 else f"not taken: status {answer.status}"

"""Options of curl for a target with certificates of its own, from variables: a report holds no path of a machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

CA_BUNDLE: Final = "CHATCERT_CA_BUNDLE"
CLIENT_CERTIFICATE: Final = "CHATCERT_CLIENT_CERTIFICATE"
CLIENT_KEY: Final = "CHATCERT_CLIENT_KEY"
_CURL: Final = re.compile(r"(?m)(^|(?:[&|;]|\bdo) )curl -sS -i (?=-|')")


def with_certificates(commands: str, settings: Mapping[str, Any] | None) -> str:
    """Return the commands of a finding with the options that a target needs for TLS.

    Args:
        settings: those of the run, as the report states them.
    """
    options = ""
    if settings is not None and settings.get("ca_bundle"):
        options += f'--cacert "${CA_BUNDLE}" '
    if settings is not None and settings.get("client_certificate"):
        options += f'--cert "${CLIENT_CERTIFICATE}" --key "${CLIENT_KEY}" '
    return _CURL.sub(lambda found: f"{found[1]}curl -sS -i {options}", commands) if options else commands

"""What a user adds to each request: headers, correlation ids and a hook, from options, the environment and a target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chatcert.exceptions import UsageError
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract
from chatcert.run.options import RunOptions
from chatcert.transport.correlation import DEFAULT, header_names
from chatcert.transport.expansion import variables_in
from chatcert.transport.request_hook import load_hook
from chatcert.transport.user_headers import SECRET_NAME, separated

if TYPE_CHECKING:
    from chatcert.transport.targets_file import Entry

OPTION: Final = "--header"
VARIABLE: Final = "CHATCERT_HEADERS"
"""Variable with headers for runs without a named target, a line each."""


def headers_in(lines: Mapping[str, str]) -> dict[str, str]:
    """Return headers by name, as they are written; the last one of a name counts.

    Args:
        lines: the place that error messages name, by ``NAME: VALUE``.

    Raises:
        UsageError: a line is no header, or has a ``$`` that begins no variable.
    """
    found: dict[str, tuple[str, str]] = {}
    for line, where in lines.items():
        name, text = separated(line, where)
        try:
            variables_in(text)
        except ValueError as error:
            raise UsageError(f"{name} {error}", where=where, hint="write ${VARIABLE}") from None
        found[name.lower()] = name, text
    return dict(found.values())


def additions_of(
    options: RunOptions, entry: Entry | None, contract: Contract, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is added to the requests of one vendor, as the attributes of a destination.

    The command line comes before the entry of a named target. ``CHATCERT_HEADERS`` is read where there is none.

    Raises:
        UsageError: a header or a list of names is invalid.
        ConfigurationError: there is no such hook.
    """
    lines = [(line.strip(), VARIABLE) for line in environment.get(VARIABLE, "").splitlines() if line.strip()]
    given = headers_in(dict([*(lines if entry is None else []), *((line, OPTION) for line in options.headers)]))
    own = {name.lower() for name in given}
    of_file = entry.headers if entry is not None else {}
    correlation: tuple[str, ...] = DEFAULT
    if entry is not None and entry.correlation is not None:
        correlation = tuple(entry.correlation)
    if options.correlation is not None:
        correlation = header_names(options.correlation)
    hook = options.request_hook or (entry.request_hook if entry is not None else None)
    folder = options.targets_file.parent if entry is not None and not options.request_hook else Path()
    schemes = [credential.scheme for credential in contract.credentials]
    return {
        "headers": {name: text for name, text in of_file.items() if name.lower() not in own} | given,
        "correlation": correlation,
        "hook": load_hook(hook, folder, schemes) if hook else None,
    }


def repeated(options: RunOptions, vendor: str) -> list[str]:
    """Return the words of a command line that repeat these options; what may be a credential is in a variable."""
    words: list[str] = []
    for name, text in headers_in(dict.fromkeys(options.headers, OPTION)).items():
        is_secret = SECRET_NAME.search(name) and not variables_in(text)
        words += [OPTION, f"{name}: ${{{variable_name(vendor, name)}}}" if is_secret else f"{name}: {text}"]
    words += ["--correlation", options.correlation] if options.correlation is not None else []
    return words + (["--request-hook", options.request_hook] if options.request_hook else [])

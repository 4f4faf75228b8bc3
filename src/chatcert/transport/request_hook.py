"""A user's own function that adds headers to each request right before it is sent, such as a signature."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chatcert.exceptions import ConfigurationError
from chatcert.transport.user_headers import NAME, RESERVED_HEADERS

Headers = tuple[tuple[str, str], ...]
_SHAPE: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request that is about to be sent, as a hook sees it: whole, with its credentials.

    Attributes:
        method: the HTTP method.
        url: the whole address, with the query.
        headers: pairs of name and value, in the order of sending.
        body: the bytes of the body; ``None`` where there is none.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers = field(repr=False)
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestHook:
    """A function that adds headers.

    Attributes:
        name: ``module:function``.
        supplies: the security schemes whose credential it adds; the function says so in its attribute ``supplies``.
    """

    name: str
    function: Callable[[OutgoingRequest], Mapping[str, str]] = field(repr=False)
    supplies: frozenset[str] = frozenset()

    def headers_for(self, request: OutgoingRequest) -> Headers:
        """Return the headers that the function adds to a request.

        Raises:
            ConfigurationError: it raises an error, or gives anything but new headers.
        """
        try:
            added = self.function(request)
        except Exception as error:  # noqa: BLE001  it is the user's own code, and its message may show a credential
            raise self._wrong(f"raised {type(error).__name__}", "try it on its own") from None
        if not isinstance(added, Mapping):
            raise self._wrong(f"returned a {type(added).__name__}", "return a dict of header names and values")
        taken = {name.lower() for name, _ in request.headers} | RESERVED_HEADERS
        for name, value in added.items():
            if not all(isinstance(text, str) for text in (name, value)) or not NAME.fullmatch(name):
                raise self._wrong("returned a header that is none", "give texts as names and values")
            if not (value.isascii() and value.isprintable()):
                raise self._wrong(f"returned {name} with characters that no header can carry", "encode the value")
            if name.lower() in taken:
                raise self._wrong(f"returned {name}, which the request has already", "a hook can only add headers")
        return tuple(added.items())

    def _wrong(self, what: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"{self.name} {what}", where="request hook", hint=hint)


def load_hook(name: str, folder: Path, schemes: Iterable[str]) -> RequestHook:
    """Load a hook.

    Args:
        name: ``module:function``.
        folder: where its module may be, besides what is installed.
        schemes: the security schemes of the document.

    Raises:
        ConfigurationError: there is no such function, or it supplies a credential that the document does not have.
    """

    def wrong(what: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"{name!r} {what}", where="request hook", hint=hint)

    if not _SHAPE.fullmatch(name):
        raise wrong("is no function of a module", "give module:function")
    module_name, _, function_name = name.partition(":")
    place = str(folder.resolve())
    if place not in sys.path:
        sys.path.append(place)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # noqa: BLE001  it is the user's own code
        raise wrong(
            f"cannot be imported: {type(error).__name__}", f"is {module_name} installed, or in {folder}?"
        ) from None
    function: Any = getattr(module, function_name, None)
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise wrong("is no plain function", f"what does {module_name} define?")
    supplies = getattr(function, "supplies", ())
    named = (supplies,) if isinstance(supplies, str) else tuple(supplies)
    unknown = sorted({*named} - {*schemes})
    if unknown:
        raise wrong(f"supplies {unknown[0]!r}", f"the document has {', '.join(schemes) or 'no credential'}")
    return RequestHook(name, function, frozenset(named))

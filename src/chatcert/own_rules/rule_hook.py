"""The hook by which a file or an installed package gives its own rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pluggy

from chatcert.openapi.contract import Contract
from chatcert.requirements.own_rule import OwnRule

PROJECT: Final = "chatcert"
"""The name of the hook's project, and the group of entry points that installed packages declare."""
HOOK: Final = "chatcert_own_rules"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def chatcert_own_rules(contract: Contract) -> Iterable[OwnRule]:  # type: ignore[empty-body]
    """Return the own rules that apply to a contract; none where none does.

    Args:
        contract: what the vendor's document and its overlay promise: ``contract.vendor``, ``contract.method``,
            ``contract.path``, ``contract.body``, ``contract.successes``. It must not be changed.
    """

"""The boundary values of Schemathesis: of bundled vendors from a reviewed table, of any other document from itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chatcert.cases.values.reviewed_boundaries import REVIEWED
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.path_tokens import ANY

DIGITS: Final = 32
"""Hexadecimal digits of a digest that tell documents apart."""


def documents_of(contract: Contract) -> str:
    """Return the beginnings of the digests of the documents of a contract, under which their values are kept."""
    return " ".join(
        digest.rpartition(":")[2][:DIGITS] for digest in (contract.spec_digest, contract.overlay_digest or "")
    )


def boundary_values(contract: Contract, path: tuple[str, ...], keyword: str) -> Sequence[Any]:
    """Return the values with which Schemathesis breaks ``keyword`` at ``path`` of the body; none for ``type``."""
    if ANY in path or keyword == "type":
        return ()
    values = REVIEWED.get(documents_of(contract))
    if values is None:
        from chatcert.cases.values.schemathesis_values import boundaries_of  # Schemathesis takes long to import

        values = boundaries_of(contract)
    return values.get("".join(f"/properties/{token}" for token in path) + f"/{keyword}", ())

"""Lifecycle: a chat that was created is there for its owner alone, until it is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import ChatOperation, Contract
from chatcert.openapi.document.operation_parts import list_of, mapping_of
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.draft import Draft
from chatcert.requirements.operation import KeepsChat, Stage
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

_SOURCE = "OWASP API1:2023 Broken Object Level Authorization"


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``lifecycle``, where an operation is known that reads a chat.

    A link does not promise when a chat can be read: that it can is a ``should`` then.
    """
    contract = draft.contract
    read, delete = contract.read, contract.delete
    if read is None:
        return
    yield draft.make(
        f"lifecycle/{Stage.CREATED}",
        Kind.LIFECYCLE,
        KeepsChat(Stage.CREATED),
        f"A chat that was created is there, with what was said ({read.name})",
        provenance=Provenance.STATED if read.is_stated else Provenance.SCHEMA,
        level=Level.MUST if read.is_stated else Level.SHOULD,
        pointer=read.pointer,
        source=read.source,
        cost=Cost(1),
    )
    if _is_protected(contract, read):
        for stage, text in (
            (Stage.WITHOUT_CREDENTIALS, "Nobody reads a chat without credentials"),
            (Stage.OTHER_ACCOUNT, "Nobody reads a chat with the credentials of another account"),
        ):
            yield draft.make(
                f"lifecycle/{stage}",
                Kind.LIFECYCLE,
                KeepsChat(stage),
                f"{text} ({read.name})",
                provenance=Provenance.SECURITY,
                level=Level.MUST,
                pointer=read.pointer,
                source=_SOURCE,
                cost=Cost(1),
            )
    if delete is not None and delete.method == "DELETE":
        yield draft.make(
            f"lifecycle/{Stage.DELETED}",
            Kind.LIFECYCLE,
            KeepsChat(Stage.DELETED),
            f"A chat that was deleted is gone ({delete.name})",
            provenance=Provenance.STATED,
            pointer=delete.pointer,
            source=delete.source,
            rank=Rank.MANY_REQUESTS,
            cost=Cost(4),
            intrusive=True,
        )


def _is_protected(contract: Contract, read: ChatOperation) -> bool:
    """Return whether the operation that reads needs credentials, as far as the document says something else."""
    if not contract.credentials or contract.serves_anonymous:
        return False
    item = mapping_of(mapping_of(contract.document.get("paths")).get(read.path))
    described = mapping_of(item.get(read.method.lower()))
    security = described.get("security", contract.document.get("security"))
    return not described or (bool(security) and all(list_of(security)))

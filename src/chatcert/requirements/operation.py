"""What requests ask of a server, and what is looked at in the life of one chat."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What is looked at in the life of one chat; also the last segment of the requirement's id."""

    CREATED = "created"
    WITHOUT_CREDENTIALS = "without-credentials"
    OTHER_ACCOUNT = "other-account"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class KeepsChat:
    """A chat that was created is there for its owner alone, until it is deleted."""

    stage: Stage


class Operation(StrEnum):
    """What a request asks of a server."""

    CREATE = "create"
    READ = "read"
    DELETE = "delete"

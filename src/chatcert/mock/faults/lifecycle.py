"""Faults that break *lifecycle*: chats that are lost, changed, shown to others, or not deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.kept_chats import Flaw
from chatcert.requirements.operation import KeepsChat, Stage
from chatcert.requirements.requirement import Kind

_FLAWS: Final[Mapping[Stage, Mapping[Flaw, str]]] = {
    Stage.CREATED: {
        Flaw.LOST: "a chat that was created cannot be read",
        Flaw.ALTERED: "a chat that is read holds what was said in another one",
    },
    Stage.WITHOUT_CREDENTIALS: {Flaw.PUBLIC: "a chat can be read without credentials"},
    Stage.OTHER_ACCOUNT: {Flaw.SHARED: "a chat can be read with the credentials of another account"},
    Stage.DELETED: {
        Flaw.UNDELETABLE: "deleting a chat ends in a server error",
        Flaw.UNDELETED: "a chat that was deleted can still be read",
    },
}
_ALSO: Final = {Flaw.PUBLIC: (f"lifecycle/{Stage.OTHER_ACCOUNT}",)}
"""What breaks as well: what everybody reads, the other account reads."""


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement on the life of a chat."""
    for requirement, check in draft.family(Kind.LIFECYCLE, KeepsChat):
        for flaw, text in _FLAWS[check.stage].items():
            yield draft.make(requirement, flaw, text, *_ALSO.get(flaw, ()), chats=(flaw,))

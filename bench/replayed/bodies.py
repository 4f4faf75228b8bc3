"""Ten bodies that break a requirement, of several vendors and documents, each with the fault of its server."""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property
from pathlib import Path

from chatcert.openapi.contract import Contract
from chatcert.vendors import open_spec, open_vendor

DOCUMENTS = Path(__file__).parents[2] / "tests" / "suite" / "documents"


class Way(Enum):
    """How a body shows that the requirement is broken."""

    SERVED_THOUGH_INVALID = auto()
    REFUSED_THOUGH_VALID = auto()
    CRASHED = auto()


class Broken:
    """A requirement that a server breaks.

    Args:
        path: the requirement, without its vendor.
        way: how a body shows it.
        fault: its path, where it is not that of the requirement.
        vendor: a bundled one.
        document: the name of a document of the suite's tests, where it is none.
    """

    def __init__(self, path: str, way: Way, *, fault: str = "", vendor: str = "", document: str = "") -> None:
        self.way = way
        self.document = DOCUMENTS / document if document else None
        self._path, self._fault, self._vendor = path, fault or path, vendor

    @cached_property
    def contract(self) -> Contract:
        """What the server promises."""
        return open_spec(self.document) if self.document else open_vendor(self._vendor)

    @property
    def requirement(self) -> str:
        """The id of the requirement."""
        return f"{self.contract.vendor}/{self._path}"

    @property
    def fault(self) -> str:
        """The id of the fault."""
        return f"{self.contract.vendor}/fault/{self._fault}"


INVALID, VALID, CRASHED = Way.SERVED_THOUGH_INVALID, Way.REFUSED_THOUGH_VALID, Way.CRASHED
BROKEN = (
    Broken("request/body/apiIntegrationId/required", INVALID, vendor="agencii"),
    Broken("request/body/input/maxLength", INVALID, vendor="sigmamind"),
    Broken("accepts/body/input/text", VALID, fault="accepts/body/input/text/quote", vendor="sigmamind"),
    Broken("accepts/body/channel/enum/webchat", VALID, vendor="polyai"),
    Broken("request/body/asr_lang_code/type", INVALID, vendor="polyai"),
    Broken("accepts/body/chat/content", VALID, fault="accepts/body/chat/content/nested", vendor="openwebui"),
    Broken("robustness/body/folder_id", CRASHED, fault="robustness/body/folder_id/sql", vendor="openwebui"),
    Broken("accepts/body/members/maxItems", VALID, document="strict.yaml"),
    Broken("accepts/body/stop/*/text", VALID, fault="accepts/body/stop/*/text/astral", document="courier.yaml"),
    Broken("request/body/topic/minLength", INVALID, document="languages.yaml"),
)

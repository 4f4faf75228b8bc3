"""Which runs may delete the chats that they have created."""

from __future__ import annotations

from chatcert.exceptions import ConfigurationError
from chatcert.openapi.contract import Contract
from chatcert.transport.destination import Destination
from chatcert.transport.hosts import host_in

PRODUCTION = "--clean-up-production"


OVERLAY_HINT = (
    "name it in an overlay, as x-chatcert-delete in docs/leaving-no-trace.md, or leave the option out",
    "the overlay with which a run is started has to name it, as x-chatcert-delete in docs/leaving-no-trace.md",
)
"""What to do about an operation that is missing: before a run, and after it."""


def check_deletable(contract: Contract, run: str = "") -> None:
    """Check that the overlay names the operation that deletes a chat, and one that shows whose chat it is.

    Args:
        run: the folder of the run whose chats are to be deleted, where that is over.

    Raises:
        ConfigurationError: it does not.
    """
    if contract.delete is None:
        raise ConfigurationError(
            f"no operation of {contract.vendor} is known that deletes a chat",
            where=run or "--clean-up",
            hint=OVERLAY_HINT[bool(run)],
        )
    if contract.read is None and contract.listing is None and not contract.delete.may_be_unread:
        raise ConfigurationError(
            f"nothing shows whose chats {contract.delete.name} would delete",
            where="--clean-up",
            hint="name one that reads or lists chats (x-chatcert-read, x-chatcert-list), or say unread: allowed",
        )


def check_clean_up(destination: Destination, contract: Contract, *, allow_production: bool) -> None:
    """Check that chats may be deleted at a destination.

    Raises:
        ConfigurationError: it is a production server, and ``allow_production`` is not given.
    """
    if destination.is_production(contract) and not allow_production:
        raise ConfigurationError(
            f"{host_in(destination.url)} is a production server: nothing is deleted there",
            where="--clean-up",
            hint=f"give {PRODUCTION} to delete the chats of the run there",
        )

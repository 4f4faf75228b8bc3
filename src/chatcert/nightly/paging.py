"""Paging: who has to act on which exit status, and which user or team that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chatcert.exceptions import (
    ConfigurationError,
    InputFileError,
    NothingSelectedError,
    ReachabilityError,
    SuiteError,
    UsageError,
)
from chatcert.judge.verdict import worst_exit

CONTACTS_VARIABLE: Final = "CHATCERT_CONTACTS"


class Addressee(StrEnum):
    """Roles that are paged."""

    NOBODY = "nobody"
    VENDOR = "vendor"
    ON_CALL = "on-call"
    MAINTAINERS = "maintainers"


ADDRESSEES: Final[Mapping[int, Addressee]] = {
    0: Addressee.NOBODY,
    1: Addressee.VENDOR,
    UsageError.exit_code: Addressee.MAINTAINERS,
    NothingSelectedError.exit_code: Addressee.MAINTAINERS,
    InputFileError.exit_code: Addressee.MAINTAINERS,
    SuiteError.exit_code: Addressee.MAINTAINERS,
    ReachabilityError.exit_code: Addressee.ON_CALL,
    ConfigurationError.exit_code: Addressee.MAINTAINERS,
    130: Addressee.MAINTAINERS,
    143: Addressee.MAINTAINERS,
}
"""Who is paged, by exit status. Any other status comes from a process that died, and pages the maintainers."""

PAGED: Final = tuple(one for one in Addressee if one is not Addressee.NOBODY)

_LOGIN = re.compile(r"@[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_HINT = f"set the variable {CONTACTS_VARIABLE} to lines such as: maintainers = @user or @organisation/team"


def addressee_of(code: int) -> Addressee:
    """Return who is paged for an exit status."""
    return ADDRESSEES.get(code, Addressee.MAINTAINERS)


def paged_codes(merged: int, shards: Iterable[int]) -> tuple[int, ...]:
    """Return the exit statuses for which somebody is paged, sorted.

    The status of the merged report counts, since a single shard may have no verdict. Where the merged report has none
    either, those shards count that page on-call. What the maintainers have to repair counts in any case.

    Args:
        merged: the exit status of the merge.
        shards: the exit statuses of the shards.
    """
    found = set(shards)
    ours = {code for code in found if addressee_of(code) is Addressee.MAINTAINERS}
    if addressee_of(merged) is Addressee.ON_CALL:
        return tuple(sorted(ours | {code for code in found if addressee_of(code) is Addressee.ON_CALL} or {merged}))
    return tuple(sorted({merged} | ours))


def worst_code(codes: Iterable[int]) -> int:
    """Return the worst of several exit statuses; it is never 0 if somebody is paged for one of them."""
    found = set(codes)
    paged = [code for code in found if addressee_of(code) is not Addressee.NOBODY]
    return worst_exit(found) or (SuiteError.exit_code if paged else 0)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Users or teams by responsibility: ``maintainers``, ``on-call``, a vendor, or a single target.

    Attributes:
        logins: GitHub mentions, ``@user`` or ``@organisation/team``.
    """

    logins: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Contacts:
        """Parse lines of ``name = @login``; blank lines, and lines that begin with ``#``, are ignored.

        Raises:
            ConfigurationError: a line has another form, a name occurs twice, or there are no ``maintainers``, so that
                an exit status could page nobody.
        """
        logins: dict[str, str] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            name, _, login = (part.strip() for part in line.partition("="))
            if not name or not _LOGIN.fullmatch(login):
                raise ConfigurationError("no contact", where=f"{CONTACTS_VARIABLE}, line {number}", hint=_HINT)
            if name in logins:
                raise ConfigurationError(
                    f"{name!r} occurs twice",
                    where=f"{CONTACTS_VARIABLE}, line {number}",
                    hint="name one user or team for it",
                )
            logins[name] = login
        if Addressee.MAINTAINERS not in logins:
            raise ConfigurationError("names no maintainers", where=CONTACTS_VARIABLE, hint=_HINT)
        return cls(logins)

    def of(self, addressee: Addressee, leg: str, vendor: str) -> str:
        """Return whom to mention: the leg's own contact, else its vendor's; the maintainers where there is neither."""
        names = [leg, vendor] if addressee is Addressee.VENDOR else [addressee.value]
        return next(self.logins[name] for name in [*names, Addressee.MAINTAINERS.value] if name in self.logins)

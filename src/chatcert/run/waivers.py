"""Waivers held against a run: do they name what there is, and do they still hold?"""

from __future__ import annotations

from collections.abc import Mapping

from chatcert.exceptions import ConfigurationError
from chatcert.judge.waiver import Waivers
from chatcert.names import did_you_mean
from chatcert.requirements.catalogue import Catalogue
from chatcert.text import one_line


def check_waivers(waivers: Waivers, catalogues: Mapping[str, Catalogue]) -> None:
    """Make sure that every waiver of the vendors of a run names a requirement that there is.

    Raises:
        ConfigurationError: one of them does not; the hint tells the nearest id.
    """
    for waiver in waivers.entries:
        known = list(catalogues[waiver.vendor].requirements) if waiver.vendor in catalogues else None
        if known is not None and not waiver.covers(known):
            raise ConfigurationError(
                f"'requirement' names none of {waiver.vendor}: {one_line(waiver.requirement)}",
                where=f"{waivers.file}, entry {waiver.number}",
                hint=did_you_mean(waiver.requirement, known, listed_by=f"chatcert requirements {waiver.vendor}"),
            )


def check_live(waivers: Waivers) -> None:
    """Make sure that none of the waivers has expired, before anything is sent for a run that could not succeed.

    Raises:
        ConfigurationError: one of them has.
    """
    for waiver in waivers.expired:
        raise ConfigurationError(
            f"the waiver of {one_line(waiver.requirement)} expired on {waiver.expires}",
            where=f"{waivers.file}, entry {waiver.number}",
            hint=f"remove it, or have {one_line(waiver.owner)} agree to another day",
        )

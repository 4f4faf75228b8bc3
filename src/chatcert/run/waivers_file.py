"""Read and check ``waivers.toml``: breaches that somebody has accepted until a certain day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chatcert.exceptions import ConfigurationError
from chatcert.files import read_toml
from chatcert.judge.waiver import Waiver, Waivers
from chatcert.names import did_you_mean
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.requirement import is_own
from chatcert.text import one_line

MAX_DAYS: Final = 180
"""How many days ahead a waiver may expire: no breach is waived for good."""

MAX_BYTES: Final = 1024 * 1024
SCHEMA_FILE: Final = "waivers-1.schema.json"
HINT: Final = "see docs/waivers.md"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Entry(BaseModel):
    """One ``[[waiver]]`` of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    requirement: Text = Field(description="A requirement's id, or a pattern of ids: * stands for any characters.")
    vendor: Text = Field(description="Whose requirement it is.")
    reason: Text = Field(description="Why the breach is lived with.")
    owner: Text = Field(description="Who answers for that.")
    ticket: Text = Field(description="Where it is followed up.")
    expires: date = Field(description="The last day on which it holds, UTC: 2026-03-31.")


class WaiversFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    waiver: list[Entry] = Field(default_factory=list, description="One table each: [[waiver]].")


def schema_text() -> str:
    """Return the published JSON Schema of a file of waivers, as its file has it."""
    schema = WaiversFile.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:chatcert:schema:waivers:1"}
    return json.dumps({**head, **schema}, indent=2, ensure_ascii=False) + "\n"


def read_waivers(path: Path, day: date) -> Waivers:
    """The waivers of a file, those of all vendors.

    Args:
        day: today, UTC; none of them may expire more than ``MAX_DAYS`` later.

    Raises:
        ConfigurationError: the file cannot be read, or an entry of it has no meaning; the line says which.
    """
    try:
        content = read_toml(path, MAX_BYTES, hint="give a file of waivers with --waivers")
        entries = WaiversFile.model_validate(content).waiver
    except ValidationError as error:
        raise _first_error(error, path) from None
    places: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{path}, entry {number}"
        if entry.expires > day + timedelta(days=MAX_DAYS):
            raise ConfigurationError(
                f"'expires' is {entry.expires}, more than {MAX_DAYS} days ahead",
                where=where,
                hint=f"give no day after {day + timedelta(days=MAX_DAYS)}",
            )
        first = places.setdefault((entry.vendor, entry.requirement), number)
        if first != number:
            raise ConfigurationError(f"waives the same as entry {first}", where=where, hint="remove one of them")
    found = tuple(Waiver(**entry.model_dump(), number=number) for number, entry in enumerate(entries, start=1))
    return Waivers(found, day, str(path))


def _first_error(error: ValidationError, path: Path) -> ConfigurationError:
    """Return the first error as one line: which entry, which key, what to do."""
    every = error.errors(include_url=False, include_input=False, include_context=False)
    found = next((one for one in every if one["type"] == "extra_forbidden"), every[0])  # a misspelt key is missing too
    steps = found["loc"]
    number = next((step for step in steps if isinstance(step, int)), None)
    where = f"{path}, entry {number + 1}" if number is not None else str(path)
    key = one_line(str(steps[-1])) if steps and steps[-1] != number else "waiver"
    match found["type"]:
        case "extra_forbidden":
            known = Entry.model_fields if number is not None else WaiversFile.model_fields
            return ConfigurationError(f"unknown key {key!r}", where=where, hint=did_you_mean(key, list(known)))
        case "missing":
            return ConfigurationError(f"{key!r} is missing", where=where, hint=f"add it; {HINT}")
        case "date_type":
            return ConfigurationError(f"{key!r} is not a date", where=where, hint="write it without quotes: 2026-03-31")
        case "string_type" | "string_too_short" | "string_too_long":
            return ConfigurationError(f"{key!r} is not a text of 1 to 1000 characters", where=where, hint=HINT)
        case _:
            return ConfigurationError(
                f"{key!r} is not a table of waivers", where=where, hint=f"write [[waiver]]; {HINT}"
            )


def check_waivers(waivers: Waivers, catalogues: Mapping[str, Catalogue]) -> None:
    """Check that every waiver of the vendors of a run names a requirement that exists.

    Raises:
        ConfigurationError: a waiver names none; the hint has the nearest id.
    """
    for waiver in waivers.entries:
        known = list(catalogues[waiver.vendor].requirements) if waiver.vendor in catalogues else None
        if known is not None and not waiver.covers(known):
            raise ConfigurationError(
                f"'requirement' names none of {waiver.vendor}: {one_line(waiver.requirement)}",
                where=f"{waivers.file}, entry {waiver.number}",
                hint=_own_hint(waiver, known)
                or did_you_mean(waiver.requirement, known, listed_by=f"chatcert requirements {waiver.vendor}"),
            )


def _own_hint(waiver: Waiver, known: Iterable[str]) -> str:
    """Return what is to be done about a waiver of an own rule where none was loaded; empty for all others."""
    if not is_own(waiver.requirement) or any(map(is_own, known)):
        return ""
    return "it is an own rule, and the run has none: give its file with --rules"


def check_live(waivers: Waivers) -> None:
    """Check that no waiver has expired, before anything is sent for a run that could not succeed.

    Raises:
        ConfigurationError: a waiver has expired.
    """
    for waiver in waivers.expired:
        raise ConfigurationError(
            f"the waiver of {one_line(waiver.requirement)} expired on {waiver.expires}",
            where=f"{waivers.file}, entry {waiver.number}",
            hint=f"remove it, or have {one_line(waiver.owner)} agree to another day",
        )

"""Write the site of a register into a folder, which it has for itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chatcert.exceptions import SuiteError, UsageError
from chatcert.files import staging_folder
from chatcert.register.entries import Entry
from chatcert.register.record_rows import PolicyRow
from chatcert.register.site.feeds import atom_feed, events_of, json_feed
from chatcert.register.site.site_page import render_site_page
from chatcert.register.site.site_view import SiteView
from chatcert.register.site.status_badge import badge_message, render_status_badge
from chatcert.register.site.version_changes import changes_of

MARK: Final = "entries.json"
"""A file of every site; a folder without it, with other files in it, is no site and is left alone."""
MAX_NEWS: Final = 8


def write_site(
    out: Path,
    policy: PolicyRow,
    entries: Iterable[Entry],
    at: datetime,
    *,
    address: str = "",
    void: Sequence[str] = (),
) -> int:
    """Write the site; what an earlier one left in the folder is replaced. Return the number of files.

    Args:
        out: the folder.
        at: the time at which statuses are shown.
        address: where it will be published, for the feeds.
        void: records that do not count because their key is revoked, one line each.

    Raises:
        UsageError: the folder holds something else, or the address is invalid.
        SuiteError: the disk does not take it.
    """
    if address and urlsplit(address).scheme not in ("http", "https"):
        raise UsageError(f"invalid address {address[:80]!r}", where="--address", hint="give https://host/path/")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file())):
        raise UsageError("holds something else than a site", where=f"--out {out}", hint="give a folder of its own")
    base = f"{address.rstrip('/')}/" if address else ""
    number = 0
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with staging_folder(out.parent) as place:
            for name, text in site_files(SiteView(policy, entries, at, void), base):
                path = place / "site" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                number += 1
            if out.exists():
                shutil.rmtree(out)
            (place / "site").rename(out)
    except OSError as error:
        raise SuiteError(error.strerror or str(error), where=str(out), hint="make room there") from None
    return number


def site_files(view: SiteView, address: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file of the site."""
    common = {"view": view, "policy": view.policy}
    news = events_of(view)[:MAX_NEWS]
    yield "index.html", render_site_page("index.html", "", **common, news=news)
    yield "matrix.html", render_site_page("matrix.html", "", **common)
    yield "requirements.html", render_site_page("requirements.html", "", **common)
    for vendor, shown in view.vendors.items():
        changes = {one.entry.name: changes_of(one, shown[number + 1 :]) for number, one in enumerate(shown)}
        page = render_site_page("vendor.html", "../", **common, vendor=vendor, shown=shown, changes=changes)
        yield f"vendors/{vendor}.html", page
    for requirement in (one for one in view.requirements if one.broken):
        yield requirement.file, render_site_page("requirement.html", "../", **common, requirement=requirement)
    for one in view.everything():
        yield f"badges/{one.entry.name}.svg", render_status_badge(one)
    yield "feed.xml", atom_feed(view, address)
    yield "feed.json", json_feed(view, address)
    yield MARK, _entries_json(view)


def _entries_json(view: SiteView) -> str:
    rows = [
        {
            "entry": one.entry.name,
            "vendor": one.entry.vendor,
            "version": one.entry.certificate["product"]["version"],
            "status": one.status.value,
            "until": one.entry.last_day.isoformat(),
            "outcome": one.entry.certificate["outcome"],
            "badge": badge_message(one),
        }
        for one in view.everything()
    ]
    register = {"id": view.policy["id"], "name": view.policy["name"], "rehearsal": view.policy["rehearsal"]}
    return json.dumps({"register": register, "at": view.moment, "entries": rows}, indent=1) + "\n"

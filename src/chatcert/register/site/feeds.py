"""Feeds of what happens in a register: Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree

from chatcert.register.site.site_view import ShownEntry, SiteView

MAX_EVENTS: Final = 100
ATOM: Final = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, order=True)
class Event:
    """Something that happened to an entry; ``key`` tells it from all others."""

    made: str
    key: str
    title: str
    text: str
    page: str


def events_of(view: SiteView) -> list[Event]:
    """Return what happened until the time of a view, the newest first."""
    found = [event for shown in view.everything() for event in _events(shown) if event.made <= view.moment]
    return sorted(found, reverse=True)[:MAX_EVENTS]


def _events(shown: ShownEntry) -> Iterator[Event]:
    entry = shown.entry
    row = entry.certificate
    subject = f"{row['vendor']} {row['product']['version']}"
    page = f"vendors/{entry.vendor}.html#{entry.name}"

    def event(made: str, key: str, title: str, text: str = "") -> Event:
        mark = "Rehearsal: " if row["rehearsal"] else ""
        return Event(made, f"{entry.name}:{key}", f"{mark}{subject}: {title}", text, page)

    if entry.admission is not None:
        outcome = row["outcome"].replace("-", " ")
        yield event(entry.admission["made"], "admitted", "certified", f"{outcome}, until {entry.last_day}")
    for party, stood in entry.countersignatures:
        yield event(stood["made"], f"countersigned:{party.folder}", f"countersigned by {party.name}", stood["note"])
    for challenge in entry.challenges:
        name, said = challenge.row["challenge"], challenge.row
        yield event(said["made"], name, f"contested by {challenge.by.name}", f"{said['requirement']}: {said['text']}")
        if challenge.reply is not None:
            yield event(challenge.reply["made"], f"{name}:reply", "the vendor replied", challenge.reply["text"])
        if challenge.ruling is not None:
            ruling = challenge.ruling
            yield event(ruling["made"], f"{name}:ruling", f"challenge {ruling['decision']}", ruling["text"])
    if entry.revocation is not None:
        yield event(entry.revocation["made"], "revoked", "revoked", entry.revocation["text"])


def atom_feed(view: SiteView, address: str) -> str:
    """Return the Atom feed.

    Args:
        address: where the site is published; links are relative if it is empty.
    """
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    base = f"urn:chatcert:register:{view.policy['id']}"
    events = events_of(view)
    _add(feed, "id", base)
    _add(feed, "title", view.policy["name"])
    _add(feed, "updated", events[0].made if events else view.policy["created"])
    _add(_add(feed, "author"), "name", view.policy["name"])
    _add(feed, "link", rel="alternate", href=f"{address}index.html", type="text/html")
    _add(feed, "link", rel="self", href=f"{address}feed.xml", type="application/atom+xml")
    for event in events:
        entry = _add(feed, "entry")
        _add(entry, "id", f"{base}:{event.key}")
        _add(entry, "title", event.title)
        _add(entry, "updated", event.made)
        _add(entry, "link", rel="alternate", href=f"{address}{event.page}", type="text/html")
        _add(entry, "summary", event.text or event.title)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def json_feed(view: SiteView, address: str) -> str:
    """Return the JSON Feed."""
    base = f"urn:chatcert:register:{view.policy['id']}"
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": view.policy["name"],
        "home_page_url": f"{address}index.html",
        "feed_url": f"{address}feed.json",
        "language": "en",
        "items": [
            {
                "id": f"{base}:{event.key}",
                "url": f"{address}{event.page}",
                "title": event.title,
                "content_text": event.text or event.title,
                "date_published": event.made,
            }
            for event in events_of(view)
        ],
    }
    return json.dumps(feed, indent=1, ensure_ascii=False) + "\n"


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    if text:
        element.text = _legal(text)
    return element


def _legal(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(
        char if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff") else "\ufffd" for char in text
    )

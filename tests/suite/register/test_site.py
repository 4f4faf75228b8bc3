"""The site of a register: what each page says, that links lead somewhere, feeds, badges, and what it leaves alone."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from chatcert.exceptions import UsageError
from chatcert.register.current_records import current_entries
from chatcert.register.disputes import challenge, revoke
from chatcert.register.parties import party_named
from chatcert.register.register_folder import RegisterFolder
from chatcert.register.site.feeds import ATOM
from chatcert.register.site.site_view import SiteView, slug_of
from chatcert.register.site.site_writer import write_site

BROKEN = f"{slug_of('request/body/field0/maxLength')}.html"
HOSTILE = '<script>alert("x")</script>'


class Links(HTMLParser):
    """Collects the ids and the links of a page, and its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[name] for name in ("href", "src") if name in values]


@pytest.fixture(scope="module")
def told(synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A register in which something happened: a remark, a new version, a challenge with hostile text, a revocation."""
    parties = {"vendor": ("acme", "other"), "challenger": ("buyer",)}
    made = synthetic.make_register(tmp_path_factory.mktemp("told"), parties, rehearsal=True)
    day = synthetic.DAY
    remark = {"warn": ["acme/request/body/field0/maxLength"]}
    steady = {"nights": 5, "since": "2026-05-01T00:00:00.000Z", "flaky": [flip("acme/request/body/field7/maxLength")]}
    old = synthetic.certificate(made, "acme", "1.0", issued=day - timedelta(days=10))
    replica = {"requirement": remark["warn"][0], "hint": "x-build 7", "breaches": 3, "others": 9}
    new = synthetic.certificate(made, "acme", "2.0", verdicts=remark, stability=steady, suspects=[replica])
    other = synthetic.certificate(made, "other", "1.0")
    made.add([old, new, other])
    entries = current_entries(made.register)
    revoke(made.register, entries[other["entry"]], "another build", made.all, day)
    buyer, entry = party_named("challenger", "buyer"), entries[new["entry"]]
    challenge(made.register, entry, buyer, entry.catalogue[1]["id"], 7, HOSTILE, made.all, day)
    made.register.commit(made.all, day)
    return made


def flip(requirement: str) -> dict[str, Any]:
    return {"requirement": requirement, "flips": 4, "nights": 5, "failed": 2}


@pytest.fixture(scope="module")
def site(told: Any, synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of that register."""
    folder = tmp_path_factory.mktemp("site") / "site"
    entries = current_entries(told.register).values()
    address, void = "https://register.example/x", ["vendor-acme/x.reply.json: void, the key of acme is revoked"]
    write_site(folder, told.register.policy, entries, synthetic.DAY, address=address, void=void)
    return folder


def text_of(path: Path) -> str:
    text = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_first_page_says_who_is_certified(site: Path) -> None:
    """It lists the entries that hold with status and last day, counts the others, and says that it is a rehearsal."""
    text = text_of(site / "index.html")

    assert "acme 2.0 disputed 2026-08-30 39 1 staging eu" in text
    assert "acme 1.0 certified 2026-08-20 40 0 staging eu" in text
    assert "1 revoked" in text
    assert "Rehearsal: nothing on these pages certifies anybody." in text
    assert "other 1.0 certified" not in text


def test_a_vendor_has_its_history(site: Path) -> None:
    """A vendor's page has each entry, what is not met, objections, what changed since the version before, and flips."""
    text = text_of(site / "vendors" / "acme.html")

    assert "Since version 1.0 of 2026-05-22 product version: 1.0, now 2.0" in text
    assert "acme/request/body/field0/maxLength : pass, now warn" in text
    assert "acme/request/body/field7/maxLength : 4 flips, failed in 2 of 5" in text
    assert "No reply yet. No decision yet." in text
    assert "Keys of acme The registrar has enrolled them. What another key signs is refused. SHA256:" in text
    assert "Revoked 2026-06-01: another build" in text_of(site / "vendors" / "other.html")


def test_a_requirement_says_who_does_not_meet_it(site: Path) -> None:
    """A requirement that an entry does not meet has a page that names the entries; revoked ones do not count."""
    broken = text_of(site / "requirements" / BROKEN)

    assert "acme 2.0 warn 2026-08-30" in broken
    assert "Vendors acme Entries 1 passed, 1 not met, 0 not tested" in broken
    assert "request/body/field1/maxLength Requirement 1 of the contract holds must 1 2 0" in text_of(
        site / "requirements.html"
    )
    assert [BROKEN] == [path.name for path in (site / "requirements").iterdir()]


def test_what_is_not_steady_is_named(site: Path) -> None:
    """Flips, a replica that alone is wrong, and records of revoked keys stand where a reader looks."""
    wrong = "all 3 answers that break it have x-build 7; none of the 9 others breaks it"

    text = text_of(site / "index.html")
    assert "acme 2.0 : acme/request/body/field7/maxLength: 4 flips, failed in 2 of 5 runs" in text
    assert wrong in text
    assert "vendor-acme/x.reply.json: void, the key of acme is revoked" in text
    assert wrong in text_of(site / "vendors" / "acme.html")
    assert wrong in text_of(site / "requirements" / BROKEN)


def test_kinds_are_counted(site: Path) -> None:
    """The matrix says how many of each kind passed."""
    assert "acme 2.0 7 of 8 8 8 8 8" in text_of(site / "matrix.html")


def test_links_lead_somewhere(site: Path) -> None:
    """Every link of every page leads to a file of the site and to an id on it, without a script and without network."""
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    assert len(pages) == 6
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids))
        assert not {"script", "img", "iframe", "object", "form"} & set(page.tags)
        for link in page.links:
            name, _, fragment = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_file(), link
            assert not fragment or fragment in pages[target].ids


def test_what_others_write_is_text(site: Path) -> None:
    """The text of a challenge is escaped on pages and in the feed."""
    page = (site / "vendors" / "acme.html").read_text(encoding="utf-8")

    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in page
    assert "<script" not in page
    summaries = ElementTree.parse(site / "feed.xml").iter(f"{{{ATOM}}}summary")
    assert any(HOSTILE in (summary.text or "") for summary in summaries)


def test_feeds_tell_what_happened(site: Path) -> None:
    """Both feeds have an event for each record, the newest first, with ids that do not change and absolute links."""
    feed = ElementTree.parse(site / "feed.xml").getroot()
    ids = [entry.findtext(f"{{{ATOM}}}id") for entry in feed.iter(f"{{{ATOM}}}entry")]
    items = json.loads((site / "feed.json").read_text(encoding="utf-8"))["items"]

    assert ids == [item["id"] for item in items]
    assert 5 == len(set(ids))
    assert "Rehearsal: other 1.0: revoked" in [item["title"] for item in items]
    assert all(item["url"].startswith("https://register.example/x/vendors/") for item in items)
    for name in ("id", "title", "updated", "author"):
        assert feed.find(f"{{{ATOM}}}{name}") is not None


def test_a_badge_prints_its_last_day(site: Path) -> None:
    """A badge of an entry that holds says until when; another one says what became of it; a rehearsal says so."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((site / "badges").glob("*.svg"))]

    assert 3 == len(texts)
    assert any("acme 1.0: rehearsal, certified until 2026-08-20" in text for text in texts)
    assert any("acme 2.0: rehearsal, disputed until 2026-08-30" in text for text in texts)
    assert any("other 1.0: rehearsal, revoked (2026-08-30)" in text for text in texts)


def test_entries_are_data_too(site: Path) -> None:
    """A file for programs has every entry with its status."""
    value = json.loads((site / "entries.json").read_text(encoding="utf-8"))

    assert value["register"]["rehearsal"] is True
    assert ["disputed", "certified", "revoked"] == [row["status"] for row in value["entries"]]


def test_a_folder_with_something_else_is_left_alone(told: Any, synthetic: ModuleType, tmp_path: Path) -> None:
    """A site replaces a site, and nothing else."""
    entries = current_entries(told.register).values()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something else than a site"):
        write_site(tmp_path, told.register.policy, entries, synthetic.DAY)
    assert 0 < write_site(tmp_path / "site", told.register.policy, entries, synthetic.DAY)
    (tmp_path / "site" / "old.html").write_text("old")
    write_site(tmp_path / "site", told.register.policy, entries, synthetic.DAY)
    assert not (tmp_path / "site" / "old.html").exists()
    with pytest.raises(UsageError, match="invalid address"):
        write_site(tmp_path / "other", told.register.policy, entries, synthetic.DAY, address="nowhere")


def test_a_register_without_entries_has_a_site(told: Any, synthetic: ModuleType, tmp_path: Path) -> None:
    """The first page of an empty register says that there is nothing yet."""
    write_site(tmp_path / "site", told.register.policy, [], synthetic.DAY)
    assert "There is no entry yet." in text_of(tmp_path / "site" / "index.html")


def test_pages_have_names_of_their_own() -> None:
    """Two requirements never share a page, whatever characters tell them apart."""
    paths = ["a/b", "a-b", "a/b/", "A/b", "a/{b}", "a/[b]", "x" * 300, "x" * 301]
    assert len(paths) == len({slug_of(path) for path in paths})


def test_another_day_shows_other_statuses(told: Any, synthetic: ModuleType) -> None:
    """Statuses follow from the date of the view; what was made later is left out."""
    entries = list(current_entries(told.register).values())
    later = SiteView(told.register.policy, entries, synthetic.DAY + timedelta(days=200))
    before = SiteView(told.register.policy, entries, synthetic.DAY - timedelta(days=5))

    assert {"expired": 2, "revoked": 1} == {status: number for status, number in later.totals.items() if number}
    assert ["1.0"] == [one.entry.certificate["product"]["version"] for one in before.everything()]


def test_an_undecided_objection_is_named_where_it_goes_on(told: Any, synthetic: ModuleType, tmp_path: Path) -> None:
    """The entry that supersedes a contested one says on its page why it is disputed."""
    made = synthetic.Made(RegisterFolder(shutil.copytree(told.path, tmp_path / "register")), dict(told.keys))
    later = synthetic.DAY + timedelta(days=1)
    made.add([synthetic.certificate(made, "acme", "2.0", issued=later)], later)
    write_site(tmp_path / "site", made.register.policy, current_entries(made.register).values(), later)

    text = text_of(tmp_path / "site" / "vendors" / "acme.html")
    assert "An objection to an entry before it is undecided." in text
    assert "acme 2.0 disputed" in text_of(tmp_path / "site" / "index.html")

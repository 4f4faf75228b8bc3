"""The steps of ``chatcert register`` on the command line, from enrolment to revocation, in a dated rehearsal."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cli.main import build_parser, main
from chatcert.cli.register import STEPS
from chatcert.cli.sign import fetch_time_stamp
from chatcert.register.certificates import stage_admission, stage_certificate
from chatcert.register.current_records import current_entries
from chatcert.report.seal.keys import new_key

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rehearsal(synthetic: ModuleType, tmp_path: Path) -> Any:
    """A rehearsal with one entry, and all its keys as files in ``keys/``."""
    made = synthetic.make_register(tmp_path, {"vendor": ("acme",), "challenger": ("buyer",)}, rehearsal=True)
    made.add([synthetic.certificate(made, "acme")])
    for folder in ("vendor-acme", "challenger-buyer"):
        (tmp_path / "keys" / f"{folder}.key").write_bytes(made.keys[folder][0].pem())
        (tmp_path / "keys" / f"{folder}.pub").write_bytes(made.keys[folder][0].public.pem)
    for name in ("auditor-audit", "fresh", "second"):
        key = new_key()
        (tmp_path / "keys" / f"{name}.key").write_bytes(key.pem())
        (tmp_path / "keys" / f"{name}.pub").write_bytes(key.public.pem)
    return made


@pytest.fixture
def run(
    rehearsal: Any, synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a step a day after the first entry; returns exit status, output and errors."""
    monkeypatch.chdir(rehearsal.path.parent)
    at = (synthetic.DAY + timedelta(days=1)).isoformat()

    def running(*arguments: str) -> tuple[int, str, str]:
        status = main(["register", *arguments, "--at", at])
        return status, *capsys.readouterr()

    return running


@pytest.fixture
def entry(rehearsal: Any) -> str:
    """The id of the entry."""
    return next(iter(current_entries(rehearsal.register)))


def test_an_entry_is_contested_and_revoked(run: Run, entry: str) -> None:
    """Each step says what it has made, and the list shows where the entry stands."""
    keys = ("--key", "keys")
    enrolled = run("enrol", "auditor", "audit", "--pub", "keys/auditor-audit.pub", *keys)
    assert (0, "enrolled: auditor-audit\n", "") == enrolled
    stood = run("countersign", entry, "--by", "auditor-audit", "--text", "ok", *keys)
    assert (0, f"countersigned: {entry}\n", "") == stood
    requirement = ("--requirement", "acme/request/body/field1/maxLength", "--exchange", "3", "--text", "refused")
    status, out, _ = run("dispute", entry, "--by", "challenger-buyer", *requirement, *keys)
    assert (0, True) == (status, out.startswith(f"challenge: {entry}-c"))
    challenge = out.split()[1]
    assert re.search(r"\tacme\t1\.0\tdisputed\t2026-08-30", run("list")[1])

    assert (0, f"replied: {challenge}\n", "") == run("reply", challenge, "--text", "no", *keys)
    assert (0, f"upheld: {challenge}\n", "") == run("resolve", challenge, "--uphold", "--text", "yes", *keys)
    status, out, _ = run("list", "--status", "revoked", "--vendor", "acme", "--format", "json")
    (row,) = json.loads(out)["result"]
    assert ("upheld", "no") == (row["challenges"][0]["ruling"]["decision"], row["challenges"][0]["reply"]["text"])
    assert (0, f"revoked: {entry}\n", "") == run("revoke", entry, "--text", "as decided", *keys)
    assert 2 == run("revoke", entry, "--text", "again", *keys)[0]
    status, out, _ = run("verify", "--root", "register/metadata/1.root.json", "--state", "seen")
    assert (0, "Example programme, a rehearsal: as it was signed") == (status, out.splitlines()[0])
    assert (Path("seen") / "timestamp.json").is_file()


def test_keys_are_replaced_and_revoked(run: Run) -> None:
    """A role gets a new key, a party another one; what lacks keys says which step publishes it."""
    add = ("rotate", "timestamp", "--add", "keys/fresh.pub", "--remove", "keys/timestamp.key.pub")
    assert (0, "timestamp: 1 added, 1 removed\n", "") == run(*add, "--key", "keys")
    status, out, _ = run("enrol", "vendor", "acme", "--pub", "keys/second.pub", "--key", "keys/targets.key")
    assert (0, True) == (status, "register refresh publishes it, with the keys of snapshot and timestamp" in out)
    assert (0, "it can be published\n", "") == run("verify", "--pending")
    assert "metadata/targets.json: not published: register refresh takes in" in run("list")[2]
    since = ("--since", "2026-06-02", "--text", "lost")
    lost = ("revoke-key", "--pub", "keys/vendor-acme.pub", *since)
    status, _, err = run(*lost, "--key", "keys/targets.key")
    assert (2, True) == (status, "let it sign them again with another one: register rotate vendor-acme" in err)
    status, out, _ = run(*lost, "--key", "keys")
    assert (0, True) == (status, out.startswith("revoked since 2026-06-02: SHA256:"))
    status, _, err = run("revoke-key", "--pub", "keys/auditor-audit.pub", *since, "--key", "keys")
    assert (2, True) == (status, "no party has the key" in err)

    status, out, _ = run("verify")
    assert (0, True) == (status, "as it was signed" in out)


def test_a_party_signs_its_list_with_a_new_key(rehearsal: Any, run: Run) -> None:
    """A vendor whose key is lost signs its list with the new one alone; then the registrar can revoke the old one."""
    assert 0 == run("enrol", "vendor", "acme", "--pub", "keys/second.pub", "--key", "keys")[0]
    status, out, _ = run("rotate", "vendor-acme", "--key", "keys/second.key")
    assert (0, True) == (status, out.startswith("vendor-acme: its list is signed again"))
    (rehearsal.path.parent / "keys" / "second.key").rename("away.key")
    since = ("--since", "2026-06-02", "--text", "lost")
    assert 0 == run("revoke-key", "--pub", "keys/vendor-acme.pub", *since, "--key", "keys")[0]
    assert 0 == run("verify")[0]
    for role, what in (("vendor-nobody", "has signed nothing"), ("somebody", "unknown role 'somebody'")):
        status, _, err = run("rotate", role, "--key", "keys")
        assert (2, True) == (status, what in err)


@pytest.mark.parametrize(
    ("by", "what"),
    [("buyer", "invalid party 'buyer'"), ("vendor-acme", "give auditor-NAME or challenger"), ("registrar", "invalid")],
)
def test_only_auditors_and_challengers_contest(run: Run, entry: str, by: str, what: str) -> None:
    """A party is named by role and name, and only some may contest."""
    options = ("--requirement", "acme/request/body/field1/maxLength", "--exchange", "3", "--text", "x", "--key", "keys")
    status, _, err = run("dispute", entry, "--by", by, *options)
    assert (2, True) == (status, what in err)


def test_a_register_that_is_damaged_is_not_shown(rehearsal: Any, run: Run) -> None:
    """List and site refuse a register that is not as it was signed, and verify says what is wrong."""
    path = rehearsal.path / "targets" / "register.json"
    path.write_bytes(path.read_bytes().replace(b"Example", b"Another"))

    status, _, err = run("list")
    assert (65, True) == (status, "register.json: changed since it was signed (register verify says" in err)
    assert 65 == run("site", "--out", "site")[0]
    status, out, _ = run("verify")
    assert (1, True) == (status, "problem register.json: changed since it was signed" in out)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("metadata/targets.json", b"{}", "it is no TUF metadata"),
        ("metadata/targets.json", None, "No such file"),
        ("metadata/1.root.json", b"[]", "it is no TUF metadata"),
        ("targets/register.json", b"{}", "is a required property"),
        ("targets/register.json", None, "No such file"),
    ],
)
def test_nothing_is_added_to_a_damaged_register(
    rehearsal: Any, run: Run, name: str, content: bytes | None, what: str
) -> None:
    """A step that would sign says which file is damaged, with exit status 65."""
    path = rehearsal.path / name
    path.unlink() if content is None else path.write_bytes(content)

    status, _, err = run("enrol", "auditor", "audit", "--pub", "keys/auditor-audit.pub", "--key", "keys")
    assert (65, True) == (status, what in err)


@pytest.mark.parametrize(
    ("arguments", "status", "what"),
    [
        (("renew", "ENTRY", "nothing", "--product-version", "2", "--key", "keys"), 2, "it holds until 2026-08-30"),
        (("trust-time", "nowhere.pem", "--key", "keys"), 65, "nowhere.pem: No such file"),
        (("refresh", "--key", "seen"), 78, "--key seen: No such file"),
        (("earl", "ENTRI"), 2, "no entry 'ENTRI'"),
        (("stability", "--history", "none.jsonl"), 2, "name one with --vendor"),
        (("stability", "--report", "nothing"), 65, "nothing"),
        (("verify", "--root", "none.json"), 65, "none.json: No such file"),
        (("verify", "--report", "nothing"), 65, "No such file"),
        (("init", "--name", "x", "--keys", "register/targets/register.json", "--rehearsal"), 2, "give another folder"),
    ],
)
def test_a_mistake_is_one_line(run: Run, entry: str, arguments: tuple[str, ...], status: int, what: str) -> None:
    """A mistake of a step gives one line that says what is wrong."""
    found, _, err = run(*(entry if word == "ENTRY" else word for word in arguments))
    assert (status, 1) == (found, err.count("\n"))
    assert what in err


def test_a_folder_without_a_key_is_one_line(run: Run, tmp_path: Path) -> None:
    """A folder that should hold keys and holds none is named."""
    (tmp_path / "empty").mkdir()
    status, _, err = run("refresh", "--key", "empty")
    assert (78, True) == (status, "--key empty: no key in it" in err)


def test_an_entry_is_printed_for_auditors(run: Run, entry: str) -> None:
    """Without a file, the EARL report goes to standard output."""
    status, out, _ = run("earl", entry)
    assert (0, True) == (status, "@context" in json.loads(out))


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-01-01T25:00"])
def test_a_wrong_date_is_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A date that is none is a usage error."""
    with pytest.raises(SystemExit, match="2"):
        main(["register", "list", "--at", text])
    assert "is no day or time: give 2026-01-31" in capsys.readouterr().err


def test_the_steps_explain_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists every step, and that of a step has an example that is understood."""
    for line in STEPS.splitlines():
        name = line.split()[0]
        with pytest.raises(SystemExit, match="0"):
            main(["register", name, "--help"])
        found = re.search(r"example:\n  chatcert (register .*)", capsys.readouterr().out)
        assert found is not None, name
        build_parser().parse_args(shlex.split(found[1]))


def test_a_time_stamp_outlives_a_stolen_key(rehearsal: Any, synthetic: ModuleType, tmp_path: Path, run: Run) -> None:
    """A certificate whose signature has a trusted time-stamp from before counts after its key is revoked."""
    spec = spec_from_file_location("authority", Path(__file__).parents[1] / "report" / "authority.py")
    assert spec is not None
    assert spec.loader is not None
    tsa = module_from_spec(spec)
    spec.loader.exec_module(tsa)
    (tmp_path / "tsa").mkdir()
    tsa.found_authority(tmp_path / "tsa")
    assert (0, "trusted for time-stamps: tsa/root.pem\n", "") == run("trust-time", "tsa/root.pem", "--key", "keys")
    assert 65 == run("trust-time", "keys/fresh.pub", "--key", "keys")[0]
    today = datetime.now(UTC)
    with tsa.services(tmp_path / "tsa") as started:
        stamp = partial(fetch_time_stamp, started())
        for version, each in (("2.0", stamp), ("3.0", None)):
            row = synthetic.certificate(rehearsal, "acme", version, issued=synthetic.DAY + timedelta(hours=1))
            rows = synthetic.catalogue_of("acme")
            digest = stage_certificate(rehearsal.register, row, rows, rehearsal.all, each)
            stage_admission(rehearsal.register, row["entry"], digest, [], rehearsal.all, today + timedelta(days=9))
    rehearsal.register.commit(rehearsal.all, synthetic.DAY)
    run("enrol", "vendor", "acme", "--pub", "keys/second.pub", "--key", "keys")
    since = ["--since", (today + timedelta(days=5)).date().isoformat(), "--text", "stolen"]
    assert 0 == run("revoke-key", "--pub", "keys/vendor-acme.pub", *since, "--key", "keys")[0]

    versions = {entry.certificate["product"]["version"] for entry in current_entries(rehearsal.register).values()}
    assert {"1.0", "2.0"} == versions

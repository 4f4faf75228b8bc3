"""Going on with a run, or telling why that cannot be: nothing is sent twice, nothing is mixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.mock.process import running_mock
from chatcert.run.records.workspace import working_in
from chatcert.transport.resilience.retry import RetryPolicy

pytestmark = pytest.mark.slow

VENDOR = "agencii"
BROKEN = "agencii/auth/Authorization/missing"


@pytest.fixture
def live(certify: Any, mock: Any) -> Callable[..., Any]:
    """Runs against the shared mock, as if that were a live server."""

    def run(*arguments: object, folder: str = "run", url: str = "") -> Any:
        return certify(
            VENDOR, "--url", url or f"{mock.url}/{VENDOR}", *arguments, folder=folder, variables=dict(mock.environment)
        )

    return run


def ledger_of(folder: Path) -> Path:
    """The ledger of the run that has not come to its end."""
    (found,) = folder.glob(f"{VENDOR}/.run/*/certify.jsonl")
    return found


def one_line(text: str) -> str:
    """The line of chatcert's own in what a command printed."""
    (line,) = [line for line in text.splitlines() if line.startswith("chatcert: ")]
    return line


def test_from_every_line_the_same_end_is_reached(live: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wherever a ledger breaks off, an incomplete report comes of it, and the rest gives the same verdicts.

    Sent again is what the last control before the end does not prove, and what belongs together; one more request finds
    out whether a target that was well still is.
    """
    with monkeypatch.context() as patched:
        patched.setattr("chatcert.run.certifying.forget", lambda place: None)
        whole = live(folder="whole")
    lines = ledger_of(whole.folder).read_bytes().splitlines(keepends=True)
    (inside, *_, outside) = [number for number, line in enumerate(lines) if b'"overlapping": true' in line]

    most = RetryPolicy().control_interval + 6
    for cut in (2, len(lines) // 2, inside, inside + 1, outside, len(lines) - 1):
        place = tmp_path / str(cut) / VENDOR / ".run" / "killed" / "certify.jsonl"
        place.parent.mkdir(parents=True)
        place.write_bytes(b"".join(lines[:cut]) + lines[cut][:10])
        status = main(["report", str(tmp_path / str(cut))])
        rest = live("--resume", folder=str(cut))
        assert 0 == rest.status, rest.text
        assert (75 if cut < len(lines) - 1 else 0) == status, cut
        assert whole.words(VENDOR) == rest.words(VENDOR)
        assert -2 <= rest.report(VENDOR)["requests"] - whole.report(VENDOR)["requests"] <= most, cut


def test_a_larger_budget_finishes_what_a_small_one_began(live: Any) -> None:
    """The budget counts what an earlier part has sent; with more, the rest is done and nothing proven is sent again."""
    whole = live(folder="whole")
    small = live("--max-requests", 30)
    assert 75 == small.status
    assert 29 <= small.report(VENDOR)["requests"] <= 30  # one is kept for a control at the end
    assert not small.report(VENDOR)["complete"]

    same = live("--max-requests", 30, "--resume")
    assert 75 == same.status
    assert 29 <= same.report(VENDOR)["requests"] <= 30

    rest = live("--max-requests", 1000, "--resume")
    assert (0, whole.words(VENDOR)) == (rest.status, rest.words(VENDOR)), rest.text
    assert rest.report(VENDOR)["complete"]
    assert abs(rest.report(VENDOR)["requests"] - whole.report(VENDOR)["requests"]) <= 2

    assert 2 == live("--resume").status


OTHERS = [
    (("--seed", "2"), "the seed differs from that of the run to go on with: 1 then, 2 now"),
    (("--profile", "standard"), "the profile differs from that of the run to go on with: quick then, standard now"),
    (("--path", "/elsewhere"), "the path differs from that of the run to go on with: none then, /elsewhere now"),
]


def test_parts_that_differ_are_not_put_together(live: Any) -> None:
    """Another seed, profile or path is refused with exit 78, one line, and what the run was; nothing is lost."""
    small = live("--max-requests", 5)
    before = ledger_of(small.folder).read_bytes()

    for options, words in OTHERS:
        other = live(*options, "--resume")
        assert 78 == other.status
        assert words in one_line(other.text)
        assert f"chatcert certify {VENDOR} --url" in one_line(other.text)
        assert before == ledger_of(small.folder).read_bytes()


def test_another_document_or_target_is_refused(live: Any) -> None:
    """Whatever verdicts depend on has to be the same, whether the command line shows it or not."""
    small = live("--max-requests", 5)
    ledger = ledger_of(small.folder)
    header, *rest = ledger.read_text(encoding="ascii").splitlines(keepends=True)

    for name in ("spec_digest", "overlay_digest", "catalogue_digest", "url", "resources", "suite_version"):
        other = json.dumps({**json.loads(header), name: "another"}) + "\n"
        ledger.write_text("".join([other, *rest]), encoding="ascii")
        run = live("--resume")
        assert 78 == run.status, name
        assert "differs from that of the run to go on with" in one_line(run.text)


def test_a_new_run_takes_the_place_of_an_old_one(live: Any) -> None:
    """Without --resume a run begins anew, and what an older one has left is gone."""
    live("--max-requests", 5)

    anew = live()

    assert 0 == anew.status, anew.text
    assert not (anew.folder / VENDOR / ".run").exists()


def test_nothing_to_go_on_with(certify: Any, live: Any, tmp_path: Path) -> None:
    """Where no run waits, or one with the bundled mock does, that is reported in one line."""
    nothing = live("--resume")
    assert 2 == nothing.status
    assert "no run of agencii in " in one_line(nothing.text)

    assert 75 == certify(VENDOR, "--max-requests", 5, folder="own").status
    again = certify(VENDOR, "--resume", folder="own")
    assert 78 == again.status
    assert "the bundled mock" in one_line(again.text)


TARGETS = """
[targets.agencii]
vendor = "agencii"
url = "{url}/agencii"
credentials = {{BearerAuth = "${{CHATCERT_AGENCII_BEARER_AUTH}}"}}
resources = {{apiIntegrationId = "${{CHATCERT_AGENCII_API_INTEGRATION_ID}}"}}

[targets.openwebui]
vendor = "openwebui"
url = "{url}/openwebui"
credentials = {{BearerAuth = "${{CHATCERT_OPENWEBUI_BEARER_AUTH}}"}}
"""


def test_of_several_vendors_only_the_rest_is_done(certify: Any, mock: Any, tmp_path: Path) -> None:
    """A vendor that the first part has been through with keeps its report; the others are gone on with."""
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS.format(url=mock.url), encoding="utf-8")
    both = ("--targets-file", file, "--target", VENDOR, "--target", "openwebui")
    first = certify(*both, "--max-requests", 112, variables=dict(mock.environment), folder="both")
    assert 75 == first.status, first.text
    assert [True, False] == [first.report(vendor)["complete"] for vendor in (VENDOR, "openwebui")]
    before = (first.folder / VENDOR / "report.json").read_bytes()

    rest = certify(*both, "--resume", variables=dict(mock.environment), folder="both")

    assert 0 == rest.status, rest.text
    assert before == (rest.folder / VENDOR / "report.json").read_bytes()
    assert rest.report("openwebui")["complete"]


def test_one_run_at_a_time(live: Any, tmp_path: Path) -> None:
    """While a run is at work in a folder, another one, and the building of a report, are kept out with exit 78."""
    small = live("--max-requests", 5)
    before = {path: path.stat().st_mtime_ns for path in small.folder.rglob("*") if path.is_file()}

    with working_in([small.folder / VENDOR]):
        for run in (live(), live("--resume")):
            assert 78 == run.status
            assert "another run is at work here" in one_line(run.text)
        assert 78 == main(["report", str(small.folder)])
        assert before == {path: path.stat().st_mtime_ns for path in small.folder.rglob("*") if path.is_file()}

    assert 0 == live("--resume").status


def test_credentials_that_have_expired_are_noticed_before_anything_is_judged(
    live: Any, refusing: Any, environment: Any
) -> None:
    """A second part begins with a valid request of its own: refused credentials are a matter of configuration."""
    live("--max-requests", 40)
    environment.setattr("chatcert.run.resume.SAME", {})  # the same server, but it refuses everybody by now
    expired = live("--resume", url=refusing[0])

    assert 78 == expired.status, expired.text
    assert [] == expired.with_word(VENDOR, "fail")


def test_a_breach_that_was_seen_is_reported(certify: Any, capfd: Any) -> None:
    """A run that ended when a breach was seen and the requirement not finished yet is not conformant.

    One that ended before a first valid request was accepted blames nobody: its credentials may be wrong.
    """
    with running_mock([VENDOR], faults=[f"{VENDOR}/fault/auth/Authorization/missing"]) as faulty:
        run = certify(
            VENDOR, "--url", f"{faulty.url}/{VENDOR}", "--max-requests", 90, variables=dict(faulty.environment)
        )
    ledger = ledger_of(run.folder)
    kept = [
        line
        for line in ledger.read_text(encoding="ascii").splitlines(keepends=True)
        if json.loads(line).get("requirement") != BROKEN and json.loads(line)["kind"] != "ended"
    ]
    ledger.write_text("".join(kept), encoding="ascii")

    assert 1 == main(["report", str(run.folder)])
    assert [BROKEN] == [name for name in run.with_word(VENDOR, "fail") if "/auth/" in name]
    assert not run.report(VENDOR)["complete"]
    assert "not-conformant" == run.report(VENDOR)["outcome"]

    sent = [line for line in kept if json.loads(line)["kind"] in ("header", "sending", "exchange")]
    ledger.write_text("".join(sent), encoding="ascii")

    assert 75 == main(["report", str(run.folder)])
    assert {"not-run"} == set(run.words(VENDOR).values())


def test_a_torn_line_is_reported_and_left_out(live: Any, capfd: Any) -> None:
    """Whatever is left of the last line, the report is built without it, and says so; the run goes on after it."""
    small = live("--max-requests", 5)
    ledger = ledger_of(small.folder)
    whole = ledger.read_bytes()
    for torn in (b"\0" * 4096, b'{"kind": "exch', b"\xff\xfe"):
        ledger.write_bytes(whole + torn)
        assert 75 == main(["report", str(small.folder)])
        assert "the last line breaks off and is left out" in one_line(capfd.readouterr().err)
        assert 5 == small.report(VENDOR)["requests"]

    assert 0 == live("--resume").status


GARBAGE = (
    b"garbage",
    b"\0\0\0",
    b"[]",
    b'{"kind": "unknown"}',
    b'{"kind": "exchange", "row": {"number": "1"}}',
    b"",
    b"[" * 100_000,
    b'{"kind": "blocked", "what": "", "line": "", "exit_code": 0}',
)


def test_garbage_in_the_middle_is_named(live: Any, capfd: Any) -> None:
    """A ledger that was tampered with is invalid input: exit 65, file and line told, the old report untouched."""
    small = live("--max-requests", 5)
    ledger = ledger_of(small.folder)
    lines = ledger.read_bytes().split(b"\n")
    before = (small.folder / VENDOR / "report.json").read_bytes()

    for garbage in GARBAGE:
        ledger.write_bytes(b"\n".join([*lines[:3], garbage, *lines[3:]]))
        assert 65 == main(["report", str(small.folder)])
        assert f"{ledger}:4: " in one_line(capfd.readouterr().err)
    assert 65 == live("--resume").status
    assert before == (small.folder / VENDOR / "report.json").read_bytes()


def test_a_finished_run_is_reported_as_it_is(live: Any, capfd: Any) -> None:
    """Where nothing is unfinished, the existing report is printed with its exit status, and not written again."""
    run = live()
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}

    assert 0 == main(["report", str(run.folder)])
    assert 0 == main(["report", str(run.folder / VENDOR)])

    assert "agencii: Conformant." in capfd.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}


def test_a_report_on_nothing(tmp_path: Path, capfd: Any) -> None:
    """A folder in which no run has left anything, and one that is not there, are invalid input: one line, exit 65."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert 65 == main(["report", str(folder)])
        assert str(folder) in one_line(capfd.readouterr().err)


def test_a_document_that_has_changed_is_noticed(certify: Any, mock: Any, tmp_path: Path, capfd: Any) -> None:
    """A report is held against the document of the run, or not built."""
    spec = tmp_path / "openapi.yaml"
    published = Path(__file__).parents[3] / "specs" / VENDOR / "openapi.yaml"
    spec.write_text(published.read_text(encoding="utf-8"), encoding="utf-8")
    run = certify(
        "--spec",
        spec,
        "--name",
        VENDOR,
        "--url",
        f"{mock.url}/{VENDOR}",
        "--max-requests",
        5,
        variables=dict(mock.environment),
    )
    assert run.status == main(["report", str(run.folder)])

    changed = published.read_text(encoding="utf-8") + "\nx-changed: true\n"
    spec.write_text(changed, encoding="utf-8")
    capfd.readouterr()

    assert 65 == main(["report", str(run.folder)])
    assert "the document has changed since the run" in one_line(capfd.readouterr().err)
    spec.unlink()
    assert 65 == main(["report", str(run.folder)])
    assert "cannot be opened" in one_line(capfd.readouterr().err)

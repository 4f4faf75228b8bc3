"""The record of what chatcert does: differences are printed, and nothing else."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.vendors import known_vendors

Modules = Callable[[str], Any]
RECORD: dict[str, Any] = {
    "catalogue": {"acme": {"requirements": {"acme/a": {"level": "must"}, "acme/b": {"level": "must"}}}},
    "plans": {"acme": {"acme/a": {name: {"refused maxLength@body/a": 2} for name in ("quick/1", "quick/2")}}},
    "runs": {"plain acme": {"status": 0, "verdicts": {"acme/a": "pass", "acme/b": "(varies)"}}},
    "formats": {"report.json": ["outcome", "requirements[].id"]},
}


@pytest.fixture(scope="module")
def modules(root: Path) -> Any:
    """A callable that imports one module of the tool, which lies outside of every package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "bench"))
        yield lambda name: importlib.import_module(f"behaviour.{name}")


def test_planted_differences(modules: Modules) -> None:
    """Each kind of difference is printed in one line, with the number of its places."""
    changed = copy.deepcopy(RECORD)
    changed["catalogue"]["acme"]["requirements"]["acme/a"]["level"] = "should"
    del changed["catalogue"]["acme"]["requirements"]["acme/b"]
    changed["plans"]["acme"]["acme/a"] = {name: {"refused type@body/a": 2} for name in ("quick/1", "quick/2")}
    changed["runs"]["plain acme"] = {"status": 1, "verdicts": {"acme/a": "fail", "acme/b": "pass"}}
    changed["formats"]["report.json"] = ["outcome", "requirements[].name"]
    comparing = modules("comparing")
    reported = comparing.lines(comparing.differences(RECORD, changed))

    assert [
        'catalogue: level: "must" -> "should" [1: acme requirements acme/a]',
        "catalogue: acme/b: present -> absent [1: acme requirements]",
        "plans: refused maxLength@body/a: 2 -> absent [2: acme acme/a quick/1, acme acme/a quick/2]",
        "plans: refused type@body/a: absent -> 2 [2: acme acme/a quick/1, acme acme/a quick/2]",
        "runs: status: 0 -> 1 [1: plain acme]",
        'runs: acme/a: "pass" -> "fail" [1: plain acme verdicts]',
        'formats: requirements[].id: "present" -> absent [1: report.json]',
        'formats: requirements[].name: absent -> "present" [1: report.json]',
        "2 differences in catalogue",
        "4 differences in plans",
        "2 differences in runs",
        "2 differences in formats",
    ] == reported


def test_what_varies_is_marked(modules: Modules) -> None:
    """Where two runs of one version differ, the record is marked, and marks are never printed as differences."""
    comparing = modules("comparing")
    other = {"status": 0, "verdicts": {"acme/a": "warn"}}
    marked = comparing.varying(RECORD["runs"]["plain acme"], other)

    assert {"status": 0, "verdicts": {"acme/a": "(varies)", "acme/b": "(varies)"}} == marked
    assert 2 == comparing.marks(marked)
    assert [] == list(comparing.differences(marked, other))


def test_the_same_record_is_the_same_file(modules: Modules, tmp_path: Path) -> None:
    """A record comes back as it was, and its bytes do not depend on the order in which it was made."""
    records = modules("records")
    records.write(tmp_path / "one", RECORD)
    records.write(tmp_path / "two", dict(reversed(RECORD.items())))

    assert RECORD == records.read(tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_update_leaves_the_runs(modules: Modules, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `check` compares is replaced, what `record` alone makes stays."""
    records = modules("records")
    spec = importlib.util.spec_from_file_location("behaviour_script", root / "bench" / "behaviour.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = {"catalogue": {"new": {}}, "plans": {"new": {"new/a": {}}}}
    monkeypatch.setattr(script, "recorded", lambda *, http: made if not http else {})
    records.write(tmp_path / "record", RECORD)

    assert 0 == script.update(tmp_path / "record")

    assert RECORD | made == records.read(tmp_path / "record")


@pytest.mark.slow
@pytest.mark.parametrize(("level", "status"), [("must", 0), ("should", 1)])
def test_exit_status(modules: Modules, root: Path, tmp_path: Path, level: str, status: int) -> None:
    """The exit status of ``compare`` is 1 where there is a difference, and 0 where there is none."""
    changed = copy.deepcopy(RECORD)
    changed["catalogue"]["acme"]["requirements"]["acme/a"]["level"] = level
    modules("records").write(tmp_path / "old", RECORD)
    modules("records").write(tmp_path / "new", changed)
    command = [sys.executable, root / "bench" / "behaviour.py", "compare", tmp_path / "old", tmp_path / "new"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert status == done.returncode
    assert ('"must" -> "should"' in done.stdout) is bool(status)


def test_a_broken_keyword_is_named(modules: Modules) -> None:
    """A planned request is described by its expectation and by the keyword that it breaks, without its value."""
    library, derived = modules("library"), modules("derived")
    contract = library.contract_of("sigmamind", derived.DOCUMENTS)
    planned = derived.planned(contract, derived.Variant("quick", 1))

    assert {"refused controlled maxLength@body/input"} == set(planned["sigmamind/request/body/input/maxLength"])
    assert {"refused controlled required@body/input"} == set(planned["sigmamind/request/body/input/required"])
    assert {"accepted shared"} == set(planned["sigmamind/accepts/required-only"])


def test_the_baseline_is_whole(modules: Modules, root: Path) -> None:
    """The record in the repository holds every vendor, every document of the suite, and the runs of all vendors."""
    baseline = modules("records").read(root / "bench" / "behaviour" / "baseline.json.gz")
    subjects = set(modules("derived").subjects())

    assert set(known_vendors()) < subjects
    assert subjects == set(baseline["catalogue"]) == set(baseline["plans"])
    assert {f"plain {vendor}" for vendor in known_vendors()} < set(baseline["runs"])

"""What several processes write down is read back whole, whatever became of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chatcert.exceptions import SuiteError
from chatcert.ledger import LedgerReader, LedgerWriter, read_ledger
from chatcert.target.exchange import Exchange, Received, Sent


def exchange(number: int, started: float, control: int | None = None) -> Exchange:
    """An exchange at a moment."""
    sent = Sent("POST", "http://h/", "/", (("X", "\u2028 caf\u00e9 \r\n"),), b"\xff\x00")
    answer = Received(200, (("X", "\x85"),), b"{}")
    return Exchange(number, f"case {number}", "v/r", "any", "case", sent, started, 0.1, answer, control=control)


def test_several_processes_make_one_run(tmp_path: Path) -> None:
    """Exchanges of two processes are numbered anew in the order of time, and keep their controls."""
    first, second = LedgerWriter(tmp_path, "gw0"), LedgerWriter(tmp_path, "gw1")
    first.exchange(exchange(1, 10.0))
    second.exchange(exchange(1, 11.0))
    second.exchange(exchange(2, 12.0, control=1))
    first.exchange(exchange(2, 13.0, control=1))
    first.write("selected", requirements=["v/a", "v/b"], started=9.0)
    second.write("selected", requirements=["v/b", "v/c"], started=9.5)
    first.write("finished", requirement="v/a")
    second.write("reason", requirement="v/c", text="a form carries text only")
    second.write("unfinished", requirement="v/b", word="not-run", text="the budget is spent")
    first.close()
    second.close()

    ledger = read_ledger(tmp_path)

    assert [(1, 10.0, None), (2, 11.0, None), (3, 12.0, 2), (4, 13.0, 1)] == [
        (e.number, e.started, e.control) for e in ledger.exchanges
    ]
    assert replace(exchange(1, 10.0), number=1) == ledger.exchanges[0]
    assert ({"v/a", "v/b", "v/c"}, {"v/a"}, 9.0) == (ledger.selected, ledger.finished, ledger.started)
    assert {"v/c": "a form carries text only"} == ledger.reasons
    assert {"v/b": "the budget is spent"} == {name: v.reason for name, v in ledger.unfinished.items()}


def test_a_line_that_breaks_off_is_left_out(tmp_path: Path) -> None:
    """A process that was killed while it wrote loses that line, and no other."""
    writer = LedgerWriter(tmp_path, "gw0")
    writer.exchange(exchange(1, 1.0))
    writer.write("finished", requirement="v/a")
    writer.close()
    path = tmp_path / "gw0.jsonl"
    whole = path.read_bytes()

    for end in range(whole.index(b"\n") + 1, len(whole)):
        path.write_bytes(whole[:end])
        ledger = read_ledger(tmp_path)
        assert 1 == len(ledger.exchanges)
        assert set() == ledger.finished


def test_what_others_wrote_is_read_once(tmp_path: Path) -> None:
    """A reader gets each line of the others once, a line in the making when it is whole, and none of its own."""
    mine, other = LedgerWriter(tmp_path, "gw0"), tmp_path / "gw1.jsonl"
    mine.write("finished", requirement="v/mine")
    reader = LedgerReader(tmp_path)
    line = json.dumps({"kind": "finished", "requirement": "v/theirs"}).encode()

    other.write_bytes(line[:9])
    early = list(reader.new_lines(without="gw0"))
    other.write_bytes(line + b"\n")
    whole = list(reader.new_lines(without="gw0"))
    again = list(reader.new_lines(without="gw0"))
    mine.close()

    assert ([], [("gw1", {"kind": "finished", "requirement": "v/theirs"})], []) == (early, whole, again)


def test_a_disk_that_does_not_take_it_is_an_error_of_the_suite(tmp_path: Path) -> None:
    """Where nothing can be written, it is said where and why."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SuiteError, match="file") as caught:
        LedgerWriter(tmp_path / "file" / "folder", "main")

    assert 70 == caught.value.exit_code

"""What several processes write down is read back whole, whatever became of them."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.cases.case import Expectation
from chatcert.exceptions import SuiteError
from chatcert.judge.verdict import VerdictKind
from chatcert.run.records.ledger import LedgerReader, LedgerWriter, read_ledger
from chatcert.run.records.ledger_rows import Exchanged, Finished, Reason, Resumed, Selected, Unfinished, encode_row
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Role, Sent, TransportError


def exchange(number: int, started: float, control: int | None = None) -> Exchange:
    """An exchange at a certain time."""
    sent = Sent("POST", "http://h/", "/", (("X", "\u2028 caf\u00e9 \r\n"),), b"\xff\x00")
    answer = Received(200, (("X", "\x85"),), b"{}")
    return Exchange(
        number, f"case {number}", "v/r", Expectation.ANY, Role.CASE, sent, started, 0.1, answer, control=control
    )


def test_several_processes_make_one_run(tmp_path: Path) -> None:
    """Exchanges of two processes are numbered anew in the order of time, and keep their controls."""
    first, second = LedgerWriter(tmp_path, "gw0"), LedgerWriter(tmp_path, "gw1")
    first.exchange(exchange(1, 10.0))
    second.exchange(exchange(1, 11.0))
    second.exchange(exchange(2, 12.0, control=1))
    first.exchange(exchange(2, 13.0, control=1))
    first.write(Selected(("v/a", "v/b")))
    second.write(Selected(("v/b", "v/c")))
    first.write(Finished("v/a"))
    second.write(Reason("v/c", "a form carries text only"))
    second.write(Unfinished("v/b", VerdictKind.NOT_RUN, "the budget is spent"))
    first.close()
    second.close()

    ledger = read_ledger(tmp_path)

    assert [(1, 10.0, None), (2, 11.0, None), (3, 12.0, 2), (4, 13.0, 1)] == [
        (e.number, e.started, e.control) for e in ledger.exchanges
    ]
    assert replace(exchange(1, 10.0), number=1) == ledger.exchanges[0]
    assert ({"v/a", "v/b", "v/c"}, {"v/a"}) == (ledger.selected, ledger.finished)
    assert {"v/c": "a form carries text only"} == ledger.reasons
    assert {"v/b": "the budget is spent"} == {name: v.reason for name, v in ledger.unfinished.items()}


def test_a_line_that_breaks_off_is_left_out(tmp_path: Path) -> None:
    """A process that was killed while it wrote loses that line, and no other."""
    writer = LedgerWriter(tmp_path, "gw0")
    writer.exchange(exchange(1, 1.0))
    writer.write(Finished("v/a"))
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
    mine.exchange(exchange(1, 1.0))
    reader = LedgerReader(tmp_path)
    line = encode_row(Finished("v/theirs")) + encode_row(Exchanged(exchange(1, 1.0)))

    other.write_bytes(line[:-9])
    early = list(reader.new_exchanges(without="gw0"))
    other.write_bytes(line)
    whole = list(reader.new_exchanges(without="gw0"))
    again = list(reader.new_exchanges(without="gw0"))
    mine.close()

    assert ([], [("gw1", exchange(1, 1.0))], []) == (early, whole, again)


TEXTS = st.text(max_size=20)
HEADERS = st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)
EXCHANGES = st.builds(
    Exchange,
    number=st.integers(1, 10**6),
    case=TEXTS,
    requirement=TEXTS,
    expectation=st.sampled_from(Expectation),
    role=st.sampled_from(Role),
    sent=st.builds(Sent, TEXTS, TEXTS, TEXTS, HEADERS, st.none() | st.binary(max_size=30)),
    started=st.floats(0, 2e9),
    seconds=st.floats(0, 1e3),
    received=st.none() | st.builds(Received, st.integers(100, 599), HEADERS, st.binary(max_size=30), TEXTS),
    error=st.none() | st.builds(TransportError, st.sampled_from(ErrorKind), TEXTS),
    attempt=st.integers(1, 9),
    final=st.booleans(),
    control=st.none() | st.integers(1, 10**6),
    control_accepted=st.none() | st.booleans(),
    leaks=st.lists(TEXTS, max_size=2).map(tuple),
    unsettled=st.booleans(),
)


@given(EXCHANGES)
def test_what_is_written_is_read_back(exchange: Exchange) -> None:
    """Any exchange comes back from the ledger as it went in: nothing that a server says makes a line invalid."""
    with tempfile.TemporaryDirectory() as folder:
        writer = LedgerWriter(Path(folder), "main")
        writer.sending()
        writer.exchange(exchange)
        writer.close()
        assert [exchange] == read_ledger(Path(folder)).exchanges


def test_whoever_goes_on_cuts_off_what_was_torn(tmp_path: Path) -> None:
    """A second part begins on a line of its own; what the target was not well for is no longer final or finished."""
    path = tmp_path / "certify.jsonl"
    writer = LedgerWriter(tmp_path, "certify")
    writer.sending()
    writer.exchange(exchange(1, 1.0))
    writer.sending()
    writer.exchange(replace(exchange(2, 2.0), requirement="v/other"))
    writer.sending()
    writer.write(Finished("v/r"))
    writer.write(Finished("v/other"))
    writer.close()
    path.write_bytes(path.read_bytes() + b'{"kind": "fin')

    writer = LedgerWriter(tmp_path, "certify")
    writer.write(Resumed((2,)))
    writer.close()
    ledger = read_ledger(tmp_path)

    assert ([], {"v/r"}, 3) == (ledger.torn, ledger.finished, ledger.sent)
    assert [(1, True), (2, False)] == [(e.number, e.final) for e in ledger.exchanges]


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    """Lines that threads write at the same time do not mix."""
    writer = LedgerWriter(tmp_path, "main")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: writer.exchange(exchange(number, float(number))), range(1, 200)))
    writer.close()

    assert list(range(1, 200)) == [e.number for e in read_ledger(tmp_path).exchanges]


def test_a_disk_that_does_not_take_it_is_an_error_of_the_suite(tmp_path: Path) -> None:
    """Where nothing can be written, a message says where and why."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SuiteError, match="file") as caught:
        LedgerWriter(tmp_path / "file" / "folder", "main")

    assert 70 == caught.value.exit_code

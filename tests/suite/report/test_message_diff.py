"""Two messages compared line by line: nothing is lost, and changes are marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatcert.report.views.message_diff import MAX_COMPARED, MAX_HEADERS, MAX_LINE, lay_out
from chatcert.report.views.messages import Message

LINES = st.lists(st.sampled_from(["{", "}", '  "a": 1', '  "a": 12', '  "b": "x"', ""]), min_size=1, max_size=12)


def message(body: str, headers: tuple[tuple[str, str], ...] = (("A", "1"),)) -> Message:
    return Message("POST /chats", headers, body, "")


@given(old=LINES, new=LINES)
def test_both_messages_can_be_read_off(old: list[str], new: list[str]) -> None:
    """Without the removed lines it is the message, without the added ones it is the control, whole and in order."""
    control, case = message("\n".join(old)), message("\n".join(new))

    lines = lay_out(case, control)

    assert [line.text for line in lay_out(case)] == [line.text for line in lines if line.mark != "removed"]
    assert [line.text for line in lay_out(control)] == [line.text for line in lines if line.mark != "added"]


@given(body=LINES)
def test_the_same_is_not_marked(body: list[str]) -> None:
    """A message does not differ from itself."""
    one = message("\n".join(body))

    assert {"same"} == {line.mark for line in lay_out(one, one)}


def test_what_changed_within_a_line_is_reported() -> None:
    """Where one line stands for another, the piece between what they begin and end with is marked in both."""
    removed, added = (
        line for line in lay_out(message('"a": "shooort"'), message('"a": "short"')) if line.mark != "same"
    )

    assert ("removed", '"a": "sho', "", 'rt"') == (removed.mark, removed.before, removed.part, removed.after)
    assert ("added", '"a": "sho', "oo", 'rt"') == (added.mark, added.before, added.part, added.after)


def test_a_header_left_out_is_marked() -> None:
    """A missing header is shown as a line of the control."""
    lines = lay_out(message("{}", ()), message("{}", (("X-Key", "***"),)))

    assert [("removed", "X-Key: ***")] == [(line.mark, line.text) for line in lines if line.mark != "same"]


def test_long_messages_are_bounded() -> None:
    """Thousands of headers, lines and characters are cut or compared as a whole, and it says so."""
    case = message("\n".join(f"new {number}" for number in range(5000)), tuple(("H", str(n)) for n in range(200)))
    control = message("\n".join(f"old {number}" for number in range(MAX_COMPARED)), (("H", "x" * MAX_LINE * 2),))

    lines = lay_out(case, control)

    assert f"[and {200 - MAX_HEADERS} more headers]" in [line.text for line in lines]
    assert max(len(line.text) for line in lines) < MAX_LINE + 60
    assert any("cut here: 2,403 characters in all" in line.text for line in lines)

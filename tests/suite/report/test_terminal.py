"""The terminal summary: right at 80 columns, plain where there is no terminal, deaf to a server's escapes."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType

from rich.console import Console

from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.terminal import MAX_FINDINGS, print_summary


def printed(*sources: ReportInput, console: Console | None = None) -> str:
    """What a summary of some reports prints, without a terminal where none is given."""
    file = io.StringIO()
    target = console or Console(file=file, width=80)
    if console is not None:
        console.file = file
    print_summary(target, [build_report(source) for source in sources], [Path("reports/acme")] * len(sources))
    return file.getvalue()


def test_one_vendor_is_one_sentence_and_a_place(samples: ModuleType) -> None:
    """A clean run needs three lines."""
    lines = printed(samples.report_input()).strip().splitlines()
    sentence, availability, place = (line.strip() for line in lines)

    assert "acme: Conformant. All 8 requirements tested hold." == sentence
    assert "0 of 8 requests met a transient failure, 0.0 %." == availability
    assert "reports/acme/report.html" == place


def test_several_vendors_share_a_table_of_80_columns(samples: ModuleType) -> None:
    """The totals of several vendors stand in one table, whatever words occur."""
    console = Console(width=80, force_terminal=True, color_system=None)
    text = printed(samples.report_input(dict(enumerate(VerdictKind))), samples.report_input(), console=console)

    assert all(len(line) <= 80 for line in text.splitlines())
    assert ["vendor", "outcome", "pass", "fail", "warn", "waived", "unjudged", "n/a", "requests"] in [
        line.split() for line in text.splitlines()
    ]


def test_a_finding_names_clause_expectation_answer_and_command(samples: ModuleType) -> None:
    """Fail comes before warn, each with what a reader needs."""
    text = printed(samples.report_input({0: VerdictKind.WARN, 1: VerdictKind.FAIL}))

    assert text.index("FAIL acme/request/body/field1/required") < text.index("WARN acme/request/body/field0/required")
    for word in ("clause", "expected", "actual", "seen 1 of 1 time, in exchange "):
        assert word in text


def test_a_long_command_is_cut_in_the_terminal_alone(samples: ModuleType) -> None:
    """A command that fills the screen is cut, with the place of the whole one; the report keeps it."""
    source = samples.report_input({0: VerdictKind.FAIL})
    report = build_report(source)
    finding = next(row["finding"] for row in report["requirements"] if row["finding"])
    finding["curl"] = "curl https://acme.invalid/chats -d '" + "x" * 5000 + "'"
    file = io.StringIO()

    print_summary(Console(file=file, width=80), [report], [Path("reports/acme")])

    assert "x" * 1001 not in file.getvalue()
    assert "5,037 characters in all; the whole line is in report.html" in file.getvalue()
    assert len(finding["curl"]) == 5037


def test_more_findings_are_counted(samples: ModuleType) -> None:
    """After the tenth finding, the number of the others and their place are printed."""
    source = samples.report_input(count=15)
    verdicts = {
        key: samples.verdict(key, VerdictKind.FAIL, f"cause {number}")
        for number, key in enumerate(source.catalogue.requirements)
    }

    text = printed(samples.report_input(count=15, verdicts=verdicts))

    assert MAX_FINDINGS == text.count("FAIL ")
    assert "and 5 more findings in report.html" in text


def test_what_could_not_be_judged_is_reported_once_a_reason(samples: ModuleType) -> None:
    """Requirements that share a reason share a line."""
    text = printed(samples.report_input({0: VerdictKind.NOT_RUN, 1: VerdictKind.NOT_RUN}))

    assert "NOT-RUN acme/request/body/field0/required and 1 more requirement" in text
    assert 1 == text.count("because of this")


def test_every_requirement_of_a_group_is_named(samples: ModuleType) -> None:
    """In a pipe, each id of a reason has a line of its own, and no text is wrapped."""
    source = samples.report_input(dict.fromkeys(range(50), VerdictKind.NOT_RUN), count=51)
    lines = printed(source).splitlines()
    names = list(source.catalogue.requirements)[:50]

    assert names == [name for name in names if sum(line.endswith(f" {name}") or f" {name} " in line for line in lines)]
    assert lines == [line.rstrip() for line in lines]


def test_an_incomplete_report_says_so(samples: ModuleType) -> None:
    """What a report lacks follows its outcome; a complete one says nothing of the kind."""
    text = printed(samples.report_input(facts=samples.facts(missing=("The run ended early.",))))

    assert "Incomplete. The run ended early." in text
    assert "Incomplete" not in printed(samples.report_input())


def test_colour_is_for_terminals_that_want_it(samples: ModuleType) -> None:
    """No escape goes to a file, nor to a terminal under NO_COLOR."""
    source = samples.report_input({0: VerdictKind.FAIL})
    bold = "\x1b[1m"

    assert "\x1b" not in printed(source)
    assert "\x1b[1;31m" in printed(source, console=Console(force_terminal=True, color_system="standard", width=80))
    mute = Console(force_terminal=True, color_system="standard", width=80, no_color=True)
    assert "\x1b[" not in printed(source, console=mute).replace(bold, "").replace("\x1b[0m", "").replace("\x1b[2m", "")


def test_no_payload_reaches_the_terminal_as_a_command(samples: ModuleType, payload: str) -> None:
    """Control characters are shown, rich markup is text."""
    text = printed(samples.hostile_input(payload), samples.hostile_input("[bold]x[/bold][link=x]"))

    assert all(character.isprintable() or character in "\n\t" for character in text)
    assert "[bold]x[/bold][link=x]" in text


def test_a_console_without_unicode_gets_escapes(samples: ModuleType) -> None:
    """What an old terminal cannot write is escaped, not a crash."""
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    report = build_report(samples.hostile_input("caf\u00e9 \U0001f600"))

    print_summary(Console(file=file, width=80), [report, report], [Path("a"), Path("caf\u00e9")])

    file.seek(0)
    assert "caf\\xe9" in file.read()


def test_a_group_lists_its_requirements_and_what_they_have_in_common(samples: ModuleType) -> None:
    """Of several findings of one cause, every id is reported, and no detail of the first one for all."""
    period = 3 * len(samples.KINDS)  # after that many requirements, kind and level are the same again
    source = samples.report_input(count=period + 1)
    kinds = [key for number, key in enumerate(source.catalogue.requirements) if number % period == 0]
    verdicts = {
        key: Verdict(
            key,
            VerdictKind.FAIL,
            cases=1,
            non_vacuous=1,
            finding=samples.finding("wrong", actual=f"status 500 (edit {number})", cause="status 500"),
        )
        for number, key in enumerate(kinds)
    }

    text = printed(samples.report_input(count=period + 1, verdicts=verdicts))

    assert all(key in text for key in kinds)
    assert "actual status 500" in text
    assert "edit" not in text


def test_a_requirement_with_two_findings_of_one_cause_is_one_requirement(samples: ModuleType) -> None:
    """A requirement is not listed as another one that is broken likewise."""
    text = printed(samples.twice_broken())

    assert 1 == text.count("acme/request/body/field0/required")
    assert "more requirement" not in text
    assert "likewise" not in text


def test_a_must_that_is_a_remark_says_how_far_it_is_broken(samples: ModuleType) -> None:
    """A binding requirement with the verdict warn is not a recommendation."""
    text = printed(samples.report_input({0: VerdictKind.WARN}))

    assert "must, broken as far as a should goes" in text
    assert "No binding requirement is broken; 1 remark." in text

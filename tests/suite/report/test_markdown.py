"""summary.md: the whole outcome on a CI job's page, within its limit, and no markup but ours."""

from __future__ import annotations

import html
import re
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.github_markdown import code, preformatted
from chatcert.report.views.markdown import MAX_BYTES, render_markdown

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"code", "/code", "details", "/details", "summary", "/summary", "b", "/b", "br", "pre", "/pre"}


def text_of(source: ReportInput) -> str:
    """The summary of a report."""
    return render_markdown(build_report(source))


def tokens_of(text: str) -> list[str]:
    """Every token that a Markdown parser makes of a text, those inside of blocks included."""
    tokens = PARSER.parse(text)
    return [token.type for block in tokens for token in (block, *(block.children or []))]


def tags_of(text: str) -> set[str]:
    """Names of the HTML elements that a Markdown parser lets through."""
    return set(re.findall(r"<(/?[a-z0-9]+)", PARSER.render(text))) - set(
        re.findall(r"<(/?[a-z0-9]+)", PARSER.render("## a\n\nb `c`\n\n| d |\n| --- |\n| e |\n"))
    )


def test_the_outcome_comes_first_and_totals_add_up(samples: ModuleType) -> None:
    """Heading and sentence say what the report says; each verdict that occurs has its row."""
    text = text_of(samples.report_input(dict(enumerate(VerdictKind))))

    assert text.startswith("## <code>acme</code>: Not conformant\n\n1 of 4 requirements tested is broken; 3 more")
    figures = {word: int(figure) for word, figure in re.findall(r"^\| `([\w-]+)` \| (\d+) \|", text, re.MULTILINE)}
    assert dict.fromkeys((word.value for word in VerdictKind), 1) == figures
    assert "| all | 8 |" in text


def test_a_finding_is_folded_with_what_is_needed_to_see_it_again(samples: ModuleType) -> None:
    """Clause, expectation, answer and command stand in the folded part."""
    text = html.unescape(text_of(samples.report_input({0: VerdictKind.FAIL})))

    folded = text.partition("</summary>")[2].partition("</details>")[0]
    for word in ("Clause:", "Expected:", "Actual:", "Try it:"):
        assert word in folded


def test_what_could_not_be_judged_is_reported(samples: ModuleType) -> None:
    """Requirements without a verdict stand among the findings, each reason once."""
    text = text_of(samples.report_input({0: VerdictKind.NOT_RUN, 1: VerdictKind.NOT_RUN, 2: VerdictKind.ERROR}))

    assert ["error", "not-run"] == sorted(re.findall(r"<summary><b>([\w-]+)</b>", text))
    assert "and 1 more requirement" in text


def test_what_was_not_tested_as_documented_is_reported(samples: ModuleType) -> None:
    """A reader of the summary sees in which ways the operation was another one than the document's."""
    text = text_of(samples.report_input(facts=samples.facts(deviations=("at another path", "without a body"))))

    assert "| not as documented | <code>at another path</code><br><code>without a body</code> |" in html.unescape(text)


def test_a_mock_certifies_nobody(samples: ModuleType) -> None:
    """A run against the bundled mock says that it is not a statement on the vendor."""
    source = samples.report_input(facts=samples.facts(mode="mock"))

    assert "this says nothing about the vendor" in text_of(source)
    assert "this says nothing about the vendor" not in text_of(samples.report_input())


def test_a_summary_is_never_longer_than_a_page_takes(samples: ModuleType) -> None:
    """Findings that do not fit are counted, and none that is printed is cut in two."""
    source = samples.report_input(count=400)
    long = {
        key: samples.verdict(key, VerdictKind.FAIL, f"{n} " + "<&\u20ac" * 4_000)
        for n, key in enumerate(source.catalogue.requirements)
    }

    text = text_of(samples.report_input(count=400, verdicts=long))

    reported = text.count("<details>")
    assert MAX_BYTES / 2 < len(text.encode()) <= MAX_BYTES
    assert 0 < reported == text.count("</details>") < 400
    assert f"\n{400 - reported} more findings in report.html.\n" in text


def test_an_incomplete_report_says_so(samples: ModuleType) -> None:
    """What a report lacks stands beside its sentence; nothing of the kind stands in a complete one."""
    ended = text_of(samples.report_input(facts=samples.facts(missing=("The run ended early.",))))

    assert "<b>Incomplete.</b> <code>The run ended early" in ended
    assert "Incomplete" not in text_of(samples.report_input())


def test_a_requirement_with_two_findings_of_one_cause_is_one_requirement(samples: ModuleType) -> None:
    """Both findings are listed, and the requirement is counted once."""
    text = text_of(samples.twice_broken())

    assert "more requirement" not in text
    assert "edit 1" in text
    assert "edit 2" in text


def test_no_payload_becomes_markup(samples: ModuleType, payload: str) -> None:
    """Hostile text changes neither what a Markdown parser sees nor which elements a page has."""
    text, harmless = text_of(samples.hostile_input(payload)), text_of(samples.hostile_input("harmless"))

    assert tokens_of(harmless) == tokens_of(text)
    assert tags_of(text) <= OURS
    assert all(character.isprintable() or character == "\n" for character in text)


@given(text=st.text(max_size=40) | st.text("`*_[]()<>!|@#&;:/.wht\\~ \n-=+", max_size=40))
def test_code_is_code_whatever_stands_in_it(text: str) -> None:
    """One line of any text is one element around plain text, also in a table's cell."""
    shown = code(f"x{text}")

    heads = "| a |\n| --- |\n"
    expected = tokens_of(f"{heads}| <code>x</code> |\n")
    assert expected == [token for token in tokens_of(f"{heads}| {shown} |\n") if token != "text_special"]
    inner = shown.removeprefix("<code>").removesuffix("</code>")
    assert re.fullmatch(r"(&#\d+;|[^!-/:-@\[-`{-~\n])*", inner)


@given(text=st.text(max_size=60) | st.text("</pre>`\n& ", max_size=60))
def test_preformatted_text_stays_one_block(text: str) -> None:
    """No text ends its block early, and all of it can be read back."""
    block = preformatted(text)

    assert ["html_block"] == tokens_of(block)
    assert block.count("<") == 2

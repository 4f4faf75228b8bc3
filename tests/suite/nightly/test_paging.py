"""Who is paged: every exit status has one addressee, and no worse one ever pages nobody."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert import exceptions
from chatcert.exceptions import ChatcertError, ConfigurationError
from chatcert.judge.verdict import VerdictKind, exit_code_of, worst_exit
from chatcert.nightly.paging import ADDRESSEES, Addressee, Contacts, addressee_of, paged_codes, worst_code
from chatcert.nightly.problems import pages_of
from chatcert.run.interruption import SIGNALS, Interrupted

RULE = {
    0: "nobody",
    1: "vendor",
    2: "maintainers",
    5: "maintainers",
    65: "maintainers",
    70: "maintainers",
    75: "on-call",
    78: "maintainers",
    130: "maintainers",
    143: "maintainers",
}
CODES = st.sampled_from(sorted(RULE)) | st.integers(0, 255)
TEXT = "maintainers = @acme/tools\n# of the night\non-call = @pager\n\nsigmamind = @sig\nsigmamind-eu = @sig-eu\n"


def test_the_rule() -> None:
    """Every exit status that chatcert can give is in the rule, and the rule holds no other."""
    errors = [one for one in vars(exceptions).values() if isinstance(one, type) and issubclass(one, ChatcertError)]
    words = chain.from_iterable(combinations(VerdictKind, size) for size in range(len(VerdictKind) + 1))
    given_by_verdicts = {exit_code_of(some, fail_on_warn=strict) for some in words for strict in (True, False)}
    ends = {Interrupted(number).exit_code for number in SIGNALS}

    assert set(RULE) == {error.exit_code for error in errors} | given_by_verdicts | ends
    assert RULE == {code: addressee.value for code, addressee in ADDRESSEES.items()}


@pytest.mark.slow
@given(CODES)
def test_only_success_pages_nobody(code: int) -> None:
    """Any other status, that of a process that died included, has one addressee who is somebody."""
    assert (code == 0) == (addressee_of(code) is Addressee.NOBODY)
    assert (0 if code == 0 else 1) == len(pages_of([code]))


@pytest.mark.slow
@given(CODES, st.lists(CODES))
def test_what_decides(merged: int, shards: list[int]) -> None:
    """The merged report's breach always pages the vendor, its silence somebody, and our own errors always us."""
    found = paged_codes(merged, shards)
    paged = {addressee_of(code) for code in found}

    assert {merged, *shards} >= set(found)
    assert (merged == 1) == (Addressee.VENDOR in paged)
    assert (merged == 0) <= (paged <= {Addressee.NOBODY, Addressee.MAINTAINERS})
    assert (merged != 0) == bool(pages_of(paged_codes(merged, [])))
    assert (Addressee.MAINTAINERS in map(addressee_of, [merged, *shards])) == (Addressee.MAINTAINERS in paged)
    assert (worst_code(found) == 0) == (pages_of(found) == {})


def test_the_shards_tell_why_there_is_no_verdict() -> None:
    """A credential that is missing pages the maintainers alone; a server that is down beside it on-call too."""
    assert (78,) == paged_codes(75, [0, 78])
    assert (75, 78) == paged_codes(75, [75, 78])
    assert (75,) == paged_codes(75, [0, 1])
    assert (0,) == paged_codes(0, [75, 0])
    assert (1, 70) == paged_codes(1, [1, 70])
    assert 0 == worst_exit([130])
    assert 70 == worst_code([130])


def test_contacts() -> None:
    """A target's own contact comes before its vendor's, and the maintainers stand in for whoever is not named."""
    contacts = Contacts.parse(TEXT)

    assert "@sig-eu" == contacts.of(Addressee.VENDOR, "sigmamind-eu", "sigmamind")
    assert "@sig" == contacts.of(Addressee.VENDOR, "sigmamind-us", "sigmamind")
    assert "@acme/tools" == contacts.of(Addressee.VENDOR, "polyai-eu", "polyai")
    assert "@pager" == contacts.of(Addressee.ON_CALL, "polyai-eu", "polyai")
    assert "@acme/tools" == contacts.of(Addressee.MAINTAINERS, "sigmamind-eu", "sigmamind")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on-call = @a",
        "maintainers = a",
        "maintainers = @a b",
        "maintainers = @a\nmaintainers = @b",
        "@a",
        "maintainers = @a\n= @b",
        "maintainers = @a/",
        "maintainers = @a](x)",
        "maintainers = @-a",
    ],
)
def test_contacts_that_are_none(text: str) -> None:
    """Whatever could page nobody, or somebody else, is an error of the configuration."""
    with pytest.raises(ConfigurationError, match="CHATCERT_CONTACTS"):
        Contacts.parse(text)

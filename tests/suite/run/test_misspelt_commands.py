"""What is misspelt on the command line, or stands in the wrong place: one line names what was meant."""

from __future__ import annotations

import pytest

from chatcert.cli.main import main
from chatcert.exceptions import UsageError
from chatcert.vendors import check_vendor


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("certfy polyai", "did you mean certify?"),
        ("certify --ulr http://127.0.0.1:1", "did you mean --url?"),
        ("register verfy", "did you mean verify?"),
        ("certify --fail-on wran", "did you mean warn?"),
        ("register verify --rot x", "did you mean --root?"),
        ("certify polyai --env-file polyai.env", "read the file with . ./FILE before"),
        ("waivers reports/polyai draft", "write draft first"),
        ("waivers reports/polyai", "write draft first"),
        ("certify --jobs many", "chatcert: --jobs: 'many' is not a whole number (see"),
        ("certify --rate fast", "chatcert: --rate: 'fast' is not a number (see"),
        ("verify reports --require confomant", "chatcert: --require: 'confomant' is not one of"),
        ("certify --url", "chatcert: --url needs a value (see"),
        ("certify --format xml", "chatcert: --format: 'xml' is not known (choose from"),
        ("register enrol polyai vendor", "write vendor first"),
        ("polyai certify", "write chatcert certify first"),
        ("--url http://127.0.0.1:1 certify polyai", "write chatcert certify first"),
    ],
)
def test_a_misspelt_word_is_recognised(arguments: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The line on standard error says what to write."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments.split())

    assert 2 == stopped.value.code
    assert meant in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("certify http://127.0.0.1:1 polyai", "write --url before it"),
        ("certify openapi.yaml", "write --spec before it"),
        ("add openapi.yaml acme", "give the name first"),
        ("drift new.yaml polyai", "give the name first"),
        ("replay auth/missing .", "give the report first"),
    ],
)
def test_arguments_in_the_wrong_order_are_recognised(
    arguments: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line on standard error says which comes first."""
    assert 2 == main(arguments.split())
    assert meant in capsys.readouterr().err


def test_an_unlike_name_gets_the_list() -> None:
    """A vendor's name that resembles none is answered with those that there are."""
    with pytest.raises(UsageError, match="known: agencii"):
        check_vendor("zzzzzz")

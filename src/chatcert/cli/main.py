"""The command line: parse the arguments, run one command, turn every error into one line and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from chatcert import __version__
from chatcert.cli.parsing import CommandParser, Parser, RefusedArguments
from chatcert.exceptions import ChatcertError, SuiteError

COMMANDS = {
    "certify": "put every requirement to the test and report",
    "report": "build the report on a run that did not come to its end",
    "replay": "send the exchanges of a finding again, and say whether it is still there",
    "clean-up": "delete the chats that a run has left on its server",
    "merge": "make one report for each vendor of the reports on its shards",
    "mock": "serve vendors as their documents say",
    "add": "make a folder for a new vendor: its document and a starter overlay",
    "drift": "show what another version of a vendor's document changes",
    "compare": "show what changed between two reports on one contract",
    "keygen": "make a key that signs reports",
    "sign": "add a signature to a report, such as an auditor's, and a time-stamp",
    "verify": "check that reports are as they were written, and judge them again",
    "register": "keep a public list of certificates that are looked up, disputed and renewed",
    "waivers": "draft a file of waivers from the breaches of a report",
    "nightly": "certify every target each night, and page the right people",
    "requirements": "list what is tested of each vendor",
    "rules": "list your own rules, and prove each of them on the mock",
    "faults": "list the faults, or the honest manners, that the mock can have",
    "vendors": "list the vendors: the bundled ones, and those in ./specs",
}
"""The commands in the order of ``--help``, with what each does. The module of that name is imported when it is called:
its ``set_up`` adds the arguments and the action."""

_EXAMPLES = """\
examples:
  chatcert certify                               all vendors, on our own mock
  chatcert certify polyai --profile quick        one vendor, boundary cases only
  chatcert certify polyai --url https://host     a live server; credentials from
                                                 the environment
  chatcert certify --spec openapi.yaml --url http://127.0.0.1:8000
  chatcert mock agencii --port 8765              a server to test a client on
  chatcert requirements polyai --format json     what is tested of a vendor
  chatcert replay reports/polyai auth/X-TOKEN/missing   is it still there?
  chatcert compare old/polyai reports/polyai     what changed; exit 1 if worse
  chatcert verify reports --key chatcert.key.pub are they as they were signed?
  chatcert add acme openapi.yaml                 a folder for another vendor
each command has more: chatcert certify --help

exit status:
  0 conformant   1 not conformant   2 usage   5 nothing selected
  65 input file invalid   70 suite error   75 no verdict   78 configuration
  130, 143 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the process exit status."""
    parser = build_parser()
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if given and given[0] not in COMMANDS:
            from chatcert.cli.misspelt import command_error

            if wrong := command_error(given, COMMANDS):
                parser.error(wrong)
        options = parser.parse_args(given)
    except RefusedArguments as refused:
        from chatcert.cli.json_answer import refuse

        refuse(given, refused.program, refused.line)
        raise
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "run", None)
    if command is None:
        parser.print_help()
        return 2
    if getattr(options, "format", None) == "json":
        from chatcert.cli.json_answer import answered

        return _run(lambda: answered(options.command, lambda: _run(lambda: command(options))))
    return _run(lambda: command(options))


def _run(command: Callable[[], int]) -> int:
    """Run a command; every error becomes one line and an exit status."""
    from chatcert.cli.json_answer import note_error

    try:
        return command()
    except ChatcertError as error:
        note_error(error)
        print(f"chatcert: {error.line()}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as why:
        note_error("interrupted; nothing was concluded")
        print("chatcert: interrupted; nothing was concluded", file=sys.stderr)
        return int(getattr(why, "exit_code", 130))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        place = f"{error.filename}: " if error.filename else ""
        note_error(f"{place}{error.strerror or error}")
        print(f"chatcert: {place}{error.strerror or error} (is the disk full or read-only?)", file=sys.stderr)
        return SuiteError.exit_code
    except Exception as error:  # noqa: BLE001  never exit status 1, which blames the vendor, nor a text that may quote
        from chatcert.run.safe_judging import broken_verdict

        note_error(broken_verdict("", error).reason)
        print(f"chatcert: {broken_verdict('', error).reason}", file=sys.stderr)
        return SuiteError.exit_code


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="chatcert",
        description="Contract certification for create-chat HTTP APIs.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"chatcert {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=CommandParser)
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary, summary=summary, set_up=partial(_set_up, name))
    return parser


def _set_up(name: str, parser: argparse.ArgumentParser) -> None:
    from chatcert.cli.command_examples import add_examples
    from chatcert.cli.json_answer import accept_json

    import_module(f"chatcert.cli.{name.replace('-', '_')}").set_up(parser)
    accept_json(parser)
    add_examples(parser)


if __name__ == "__main__":
    sys.exit(main())

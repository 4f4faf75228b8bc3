"""``chatcert register``: a public list of certificates, and everything that happens to its entries."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

from chatcert.cli.parsing import add_format, add_steps

STEPS = """\
  init         make a register and the keys of its roles
  enrol        add a vendor, an auditor or a challenger, or a further key of one
  revoke-key   let a key of a party not count from a day on
  rotate       replace keys of a role of the register, or sign what it lists again
  approve      let reports rest on a document or an overlay that is not bundled
  trust-time   trust the time-stamps of a service (RFC 3161)
  check        say what a report lacks to get an entry
  submit       check reports, and make an entry of each
  admit        check the report of a pending entry, and admit it
  renew        submit a report that renews an entry
  countersign  stand for an entry, as an auditor
  dispute      contest an entry
  reply        answer a challenge, as the vendor
  resolve      decide on a challenge, as the registrar
  revoke       take an entry back, as the registrar
  refresh      take in what parties have signed, and sign the timestamp again
  list         show the entries, and which are due for renewal
  site         write the public pages, feeds and badges
  earl         write an entry as an EARL report (JSON-LD)
  stability    say which verdicts flip from night to night, and which replica is wrong
  verify       check every signature, date and record
"""

_ENTRY = ("entry", "ENTRY", "the id of an entry, as list shows it")
_REPORTS = "a report.json, its folder, or a folder of several vendors' reports"
_CHALLENGE = ("challenge", "CHALLENGE", "the id of a challenge")


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add a parser for each step."""
    parser.set_defaults(run=lambda parsed: 2)
    parser.epilog = (
        f"steps:\n{STEPS}\n"
        "A register is a folder in a repository: signed metadata (TUF), and signed records. docs/register.md says who\n"
        "holds which key, and what to do when one is lost.\n\n"
        "examples:\n"
        "  chatcert register init --name 'Example programme' --keys keys\n"
        "  chatcert register enrol vendor polyai --pub polyai.key.pub --key keys\n"
        "  chatcert register check reports/polyai\n"
        "  chatcert register submit reports/polyai --product-version 2.1 --key polyai.key --key keys\n"
        "  chatcert register list --due 30\n"
        "  chatcert register verify --root root.json --state .register-state\n\n"
        "exit status: 0 done, or all is well; 1 something is missing or wrong; 2 usage; 65 an input file is invalid;\n"
        "78 a key is missing"
    )
    steps = add_steps(parser)
    for line in STEPS.splitlines():
        name, summary = line.split(maxsplit=1)
        added = steps.add_parser(
            name,
            description=f"{summary[0].upper()}{summary[1:]}.",
        )
        added.add_argument("--register", type=Path, default=Path("register"), metavar="DIR", help="default: register")
        added.add_argument("--at", type=moment, metavar="DATE", help="another time than now, UTC: 2026-01-31")
        _ARGUMENTS[name](added)


def moment(text: str) -> datetime:
    """Parse a day, which means its noon, or a time."""
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).replace(hour=12)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day or time: give 2026-01-31 or 2026-01-31T09:30Z") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def day(text: str) -> date:
    """Parse a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: give 2026-01-31") from None


def _action(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    def run(parsed: argparse.Namespace) -> int:
        action: Callable[[argparse.Namespace], int] = getattr(import_module(f"chatcert.cli.{module}"), name)
        return action(parsed)

    return run


def _steward(parser: argparse.ArgumentParser, name: str, example: str) -> None:
    parser.set_defaults(run=_action("register_stewards", name))
    parser.epilog = f"example:\n  chatcert register {example}"


def _recorder(parser: argparse.ArgumentParser, name: str, example: str, *positional: tuple[str, str, str]) -> None:
    parser.set_defaults(run=_action("register_records", name))
    parser.epilog = f"example:\n  chatcert register {example}"
    for dest, metavar, text in positional:
        parser.add_argument(dest, metavar=metavar, help=text)


def _viewer(parser: argparse.ArgumentParser, name: str, example: str) -> None:
    parser.set_defaults(run=_action("register_views", name))
    parser.epilog = f"example:\n  chatcert register {example}"


def _keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        metavar="PATH",
        help="a private key, or a folder with files *.key (repeatable); each signs what it may",
    )


def _text(parser: argparse.ArgumentParser, name: str = "--text", text: str = "the reason, for everybody") -> None:
    parser.add_argument(name, required=True, metavar="TEXT", help=text)


def _pub(parser: argparse.ArgumentParser, name: str = "--pub", *, required: bool = True) -> None:
    parser.add_argument(
        name, type=Path, action="append", default=[], required=required, metavar="PUB", help="a public key (repeatable)"
    )


def _init(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "init", "init --register register --name 'Example programme' --keys keys")
    parser.add_argument("--name", required=True, metavar="TEXT", help="how the programme is called")
    parser.add_argument(
        "--keys", type=Path, required=True, metavar="DIR", help="the private keys; missing ones are made"
    )
    parser.add_argument(
        "--rehearsal", action="store_true", help="mark everything as a rehearsal, and accept mock and loopback runs"
    )


def _enrol(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "enrol_party", "enrol vendor polyai --pub polyai.key.pub --key keys")
    parser.add_argument("role", choices=("vendor", "auditor", "challenger", "registrar"), help="in which role it signs")
    parser.add_argument("name", metavar="NAME", help="its name; a vendor's is the one in its reports")
    _pub(parser)
    _keys(parser)


def _revoke_key(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "revoke_party_key", "revoke-key --pub old.pub --since 2026-01-31 --text 'stolen' --key keys")
    _pub(parser)
    parser.add_argument("--since", type=day, required=True, metavar="DAY", help="from when on it does not count")
    _text(parser)
    _keys(parser)


def _rotate(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "rotate_keys", "rotate timestamp --add new.pub --remove old.pub --key keys")
    parser.add_argument(
        "role",
        metavar="ROLE",
        help="root, targets, snapshot or timestamp; or registrar, vendor-NAME and so on, whose list is signed again",
    )
    _pub(parser, "--add", required=False)
    _pub(parser, "--remove", required=False)
    _keys(parser)


def _approve(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "approve", "approve polyai --digest sha256:... --text 'adds the promised fields' --key keys")
    parser.add_argument("name", metavar="VENDOR", help="whose document or overlay it is")
    parser.add_argument("--digest", required=True, metavar="SHA256", help="digests.spec or digests.overlay of a report")
    _text(parser)
    _keys(parser)


def _trust_time(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "trust_time", "trust-time tsa-root.pem --key keys")
    parser.add_argument("certificate", type=Path, metavar="PEM", help="the root certificate of the service")
    _keys(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "check", "check reports/polyai")
    parser.add_argument("report", type=Path, nargs="+", metavar="REPORT", help=_REPORTS)
    add_format(parser)


def _submission(parser: argparse.ArgumentParser, version: str = "") -> None:
    help_text = f"the version that was certified{version}"
    parser.add_argument("--product-version", required=not version, metavar="TEXT", help=help_text)
    parser.add_argument("--history", type=Path, metavar="FILE", help="runs of the nights before, for stability")
    parser.add_argument("--time-stamp", metavar="URL", help="a time-stamp service (RFC 3161) that gives the time")
    _keys(parser)


def _submit(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "submit", "submit reports/polyai --product-version 2.1 --key polyai.key")
    parser.add_argument("report", type=Path, nargs="+", metavar="REPORT", help=_REPORTS)
    _submission(parser)


def _admit(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "admit", "admit reports/polyai --key keys")
    parser.add_argument("report", type=Path, nargs="+", metavar="REPORT", help=_REPORTS)
    _keys(parser)


def _renew(parser: argparse.ArgumentParser) -> None:
    example = "renew polyai-2026-01-31-0123456789ab reports/polyai --key polyai.key --key keys"
    _recorder(parser, "renew", example, _ENTRY)
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json or its folder")
    _submission(parser, "; by default that of the entry")


def _countersign(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "countersign", "countersign ENTRY --by auditor-example --text 'seen' --key auditor.key", _ENTRY)
    parser.add_argument("--by", required=True, metavar="PARTY", help="auditor-NAME")
    _text(parser, text="what was audited")
    _keys(parser)


def _dispute(parser: argparse.ArgumentParser) -> None:
    example = "dispute ENTRY --by challenger-buyer --requirement ID --exchange 12 --text '...' --key buyer.key"
    _recorder(parser, "dispute", example, _ENTRY)
    parser.add_argument("--by", required=True, metavar="PARTY", help="auditor-NAME or challenger-NAME")
    parser.add_argument("--requirement", required=True, metavar="ID", help="which requirement is broken")
    parser.add_argument("--exchange", type=int, required=True, metavar="N", help="the exchange that shows it")
    _text(parser, text="what is wrong")
    _keys(parser)


def _reply(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "reply", "reply CHALLENGE --text '...' --key polyai.key", _CHALLENGE)
    _text(parser, text="the answer")
    _keys(parser)


def _resolve(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "resolve", "resolve CHALLENGE --dismiss --text '...' --key keys", _CHALLENGE)
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--uphold", action="store_true", help="the challenge is right: the entry is revoked")
    either.add_argument("--dismiss", action="store_true", help="the challenge is wrong: the entry stands")
    _text(parser)
    _keys(parser)


def _revoke(parser: argparse.ArgumentParser) -> None:
    _recorder(parser, "revoke", "revoke ENTRY --text '...' --key keys", _ENTRY)
    _text(parser)
    _keys(parser)


def _refresh(parser: argparse.ArgumentParser) -> None:
    _steward(parser, "refresh_register", "refresh --key snapshot.key --key timestamp.key")
    _keys(parser)


def _trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, metavar="FILE", help="the root metadata that you trust")
    parser.add_argument("--state", type=Path, metavar="DIR", help="what you saw before: nothing may be older than that")


def _list(parser: argparse.ArgumentParser) -> None:
    _viewer(parser, "list_entries", "list --due 30")
    _trust(parser)
    parser.add_argument("--due", type=int, metavar="DAYS", help="those alone that end within so many days")
    parser.add_argument("--status", metavar="STATUS", help="those of this status alone")
    parser.add_argument("--vendor", metavar="NAME", help="those of this vendor alone")
    add_format(parser)


def _site(parser: argparse.ArgumentParser) -> None:
    _viewer(parser, "write_pages", "site --out site --address https://register.example/")
    _trust(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder of the site alone")
    parser.add_argument("--address", default="", metavar="URL", help="where it will be published, for the feeds")


def _earl(parser: argparse.ArgumentParser) -> None:
    _viewer(parser, "write_earl", "earl polyai-2026-01-31-0123456789ab --out earl.jsonld")
    _trust(parser)
    parser.add_argument(*_ENTRY[:1], metavar=_ENTRY[1], help=_ENTRY[2])
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")


def _stability(parser: argparse.ArgumentParser) -> None:
    _viewer(parser, "show_stability", "stability --history history.jsonl --vendor polyai --report reports/polyai")
    parser.add_argument("--history", type=Path, metavar="FILE", help="the file that certify --history wrote")
    parser.add_argument("--vendor", metavar="NAME", help="whose runs")
    parser.add_argument(
        "--report", type=Path, action="append", default=[], metavar="REPORT", help="look for a wrong replica in it"
    )
    add_format(parser)


def _verify(parser: argparse.ArgumentParser) -> None:
    _viewer(parser, "verify_register", "verify --root root.json --state .register-state --report reports/polyai")
    _trust(parser)
    parser.add_argument(
        "--pending", action="store_true", help="check what parties have signed and refresh has not published yet"
    )
    parser.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="REPORT",
        help="a report that an entry rests on: it is judged again (repeatable)",
    )


_ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "init": _init,
    "enrol": _enrol,
    "revoke-key": _revoke_key,
    "rotate": _rotate,
    "approve": _approve,
    "trust-time": _trust_time,
    "check": _check,
    "submit": _submit,
    "admit": _admit,
    "renew": _renew,
    "countersign": _countersign,
    "dispute": _dispute,
    "reply": _reply,
    "resolve": _resolve,
    "revoke": _revoke,
    "refresh": _refresh,
    "list": _list,
    "site": _site,
    "earl": _earl,
    "stability": _stability,
    "verify": _verify,
}

"""The command line: a thin door to everything."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chatcert import __version__
from chatcert.exceptions import ChatcertError, SuiteError

if TYPE_CHECKING:
    from chatcert.mock.process import MockProcess

_EXAMPLES = """\
examples:
  chatcert certify                                   all bundled vendors, against the bundled mock
  chatcert certify polyai --profile quick            one vendor, boundary cases only
  chatcert certify sigmamind --url https://host/api  a live server; credentials from the environment
  chatcert certify --spec openapi.yaml --url http://127.0.0.1:8000
  chatcert report reports                            the report on a run that was killed; --resume goes on with it
  chatcert certify --shard 2/5 --report-dir shard-2  a fifth of every vendor's requirements; merge joins the reports
  chatcert mock agencii --port 8765                  a server to test a client or this suite against
  chatcert requirements sigmamind --format json      what a vendor is held to
  chatcert compare last-night/polyai reports/polyai  what changed; exit 1 if anything is worse
  chatcert verify reports --key chatcert.key.pub     are reports as they were signed, and their verdicts right?
  chatcert add acme openapi.yaml                     a folder for a fifth vendor, with candidates for its overlay
  chatcert drift polyai new.yaml                     what another version of its document changes; exit 1 if it breaks

exit status:
  0 conformant   1 not conformant   2 usage   5 nothing selected   65 input file invalid
  70 suite error   75 no verdict   78 configuration   130, 143 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the process exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "run", None)
    if command is None:
        parser.print_help()
        return 2
    try:
        return command(options)
    except ChatcertError as error:
        print(f"chatcert: {error.line()}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as why:
        print("chatcert: interrupted; nothing was concluded", file=sys.stderr)
        return int(getattr(why, "exit_code", 130))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        place = f"{error.filename}: " if error.filename else ""
        print(f"chatcert: {place}{error.strerror or error} (is the disk full or read-only?)", file=sys.stderr)
        return SuiteError.exit_code
    except Exception as error:  # noqa: BLE001  never exit status 1, which blames the vendor, nor a text that may quote
        from chatcert.run.vendor_run import broken_verdict

        print(f"chatcert: {broken_verdict('', error).reason}", file=sys.stderr)
        return SuiteError.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="chatcert",
        description="Contract certification for create-chat HTTP APIs.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"chatcert {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _add_certify(commands)
    report = _command(commands, "report", "build the report on a run that did not come to its end", _report)
    report.add_argument("folder", type=Path, metavar="DIR", help="a report folder, or one vendor's folder in it")
    report.epilog = "the exit status is that of chatcert certify; go on with such a run by chatcert certify --resume"
    _add_merge(commands)
    _add_mock(commands)
    _add_add(commands)
    _add_drift(commands)
    _add_compare(commands)
    _add_keygen(commands)
    _add_verify(commands)
    _add_nightly(commands)
    requirements = _command(commands, "requirements", "list what vendors are held to", _requirements)
    requirements.add_argument("vendors", nargs="*", metavar="VENDOR")
    _add_spec(requirements)
    _add_format(requirements)
    faults = _command(commands, "faults", "list the faults that the mock can be told to have", _faults)
    faults.add_argument("vendors", nargs="*", metavar="VENDOR")
    _add_spec(faults)
    _add_format(faults)
    vendors = _command(commands, "vendors", "list the bundled vendors", _vendors)
    _add_format(vendors)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line with what to do next."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print one line and leave with exit status 2."""
        line = " ".join(message.split())
        print(f"chatcert: {line} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")


def _add_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spec", type=Path, metavar="FILE", help="an OpenAPI document with no folder in specs/")
    parser.add_argument("--name", metavar="NAME", help="the vendor's name for --spec (default: from its title)")
    parser.add_argument("--operation", metavar="OP", help='which operation of --spec: "POST /path" or its operationId')


def _add_certify(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "certify", "put every requirement to the test and report", _certify)
    parser.epilog = (
        "credentials and resources of --url come from the environment:\n"
        "  CHATCERT_<VENDOR>_<SECURITY SCHEME>, CHATCERT_<VENDOR>_<FIELD>; a bearer value is the token alone\n"
        "those of --target from the targets file, where ${VARIABLE} reads the environment; what the command line says\n"
        "comes before what a target says. Several targets, of a vendor each, may be certified in one run"
    )
    parser.add_argument("vendors", nargs="*", metavar="VENDOR", help="bundled vendors (default: all)")
    _add_spec(parser)
    parser.add_argument("--url", help="base address of a live server (default: the bundled mock)")
    parser.add_argument(
        "--target", action="append", default=[], metavar="NAME", help="a target of the targets file (repeatable)"
    )
    parser.add_argument(
        "--targets-file", type=Path, default=Path("targets.toml"), metavar="FILE", help="default: targets.toml"
    )
    parser.add_argument("--path", default="", help="serve the operation at this path instead of the documented one")
    parser.add_argument("--profile", default="standard", help="quick, standard (default) or thorough")
    parser.add_argument("--report-dir", type=Path, default=Path("reports"), metavar="DIR", help="default: reports")
    parser.add_argument("--jobs", type=int, metavar="N", help="requests in flight (default: 1; mock: 4)")
    parser.add_argument("--rate", type=float, metavar="N", help="at most N requests a second")
    parser.add_argument("--max-requests", type=int, metavar="N", help="at most N requests a vendor")
    parser.add_argument("--max-time", type=float, metavar="S", help="send nothing to a vendor after S seconds")
    parser.add_argument("--timeout", type=float, metavar="S", help="seconds for one request (default: 15)")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same requests")
    parser.add_argument(
        "--allow-production",
        action="store_true",
        help="send to a host that the document names as a server, or to a target marked as production",
    )
    parser.add_argument(
        "--with-robustness",
        action="store_true",
        help="send hostile and malformed requests there too: without them their requirements are not run, and there is "
        "no verdict (exit 75)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the run in --report-dir that did not come to its end"
    )
    parser.add_argument(
        "--shard",
        metavar="I/N",
        help="test the I-th of N parts of every vendor's requirements, for chatcert merge: give all the same options, "
        "--seed is 0 by default; --rate and --max-… count for each alone, and so does the exit status",
    )
    parser.add_argument("--plan", action="store_true", help="print what would be sent, and send nothing")
    parser.add_argument("--fail-on", choices=("fail", "warn"), default="fail", help="default: fail")
    parser.add_argument(
        "--waivers",
        type=Path,
        metavar="FILE",
        help="breaches that somebody has agreed to live with, as docs/waivers.md shows: they are reported as waived",
    )
    parser.add_argument("--history", type=Path, metavar="FILE", help="append a line on each vendor's run, for trends")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="sign every report with this private key (see keygen)")


def _add_merge(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "merge", "make one report for each vendor of the reports on its shards", _merge)
    parser.epilog = (
        "judges what all shards have sent and received together: only so an id that two shards got is found.\n"
        "Shards that are not there are named, and leave no verdict unless a breach was seen.\n"
        "exit status: that of chatcert certify; 65 reports that do not belong together, or were altered"
    )
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="DIR", help="a report folder, or one vendor's folder in it"
    )
    parser.add_argument("--report-dir", type=Path, default=Path("reports"), metavar="DIR", help="default: reports")
    parser.add_argument("--fail-on", choices=("fail", "warn"), default="fail", help="default: fail")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="sign every report with this private key (see keygen)")


def _add_mock(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "mock", "serve vendors as their documents say", _mock)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR", help="bundled vendors (default: all)")
    _add_spec(parser)
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=8765, help="default: 8765; 0 picks a free one")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID", help="have this fault (see chatcert faults)"
    )
    parser.add_argument(
        "--manner", action="append", default=[], metavar="ID", help="be peculiar, though honest, in this way"
    )
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds before each answer")
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="write the variables there instead of printing them"
    )


def _add_add(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "add", "make a folder for a new vendor: its document and a starter overlay", _add)
    parser.epilog = (
        "writes specs/VENDOR in the current folder, where certify, mock, requirements and pytest find it: the\n"
        "document as it is, with the files of its folder that it refers to, and an overlay whose actions are\n"
        "commented out. Nothing is overwritten.\n\n"
        "examples:\n"
        "  chatcert add acme openapi.yaml\n"
        '  chatcert add acme swagger.json --operation "POST /v1/conversations"'
    )
    parser.add_argument("vendor", metavar="VENDOR", help="its name: lower-case letters, digits and single hyphens")
    parser.add_argument("file", type=Path, metavar="FILE", help="OpenAPI 3.0, 3.1 or Swagger 2.0, YAML or JSON")
    parser.add_argument(
        "--operation",
        metavar="OP",
        help='which operation creates a chat: "POST /path" or its operationId (default: the one that plainly does)',
    )


def _add_drift(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "drift", "tell what another version of a vendor's document changes", _drift)
    parser.epilog = (
        "compares requirement by requirement, the vendor's overlay applied to both documents as far as it fits\n"
        "the new one: what is added, removed, tightened, loosened or changed, each with both clauses and what it\n"
        "does to a client: breaking, may break (a strict client alone), or harmless. Texts and examples are not\n"
        "compared.\n\n"
        "exit status: 0 nothing breaks a client; 1 something does; 2 a document that cannot be used\n\n"
        "examples:\n"
        "  chatcert drift polyai downloaded.yaml\n"
        '  chatcert drift sigmamind new.json --operation "POST /v2/chats" --format markdown'
    )
    parser.add_argument("vendor", metavar="VENDOR", help="a vendor that has a folder")
    parser.add_argument("file", type=Path, metavar="NEW_FILE", help="the other version of its document")
    parser.add_argument(
        "--operation", metavar="OP", help='which operation of NEW_FILE: "POST /path" or its operationId'
    )
    parser.add_argument("--format", choices=("table", "markdown", "json"), default="table", help="default: table")


def _add_compare(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "compare", "tell what changed between two reports on one contract", _compare)
    parser.epilog = (
        "exit status: 0 nothing is worse; 1 something is: a requirement newly fails, or has a worse verdict or none;\n"
        "  65 a file is no report, or the two are on another vendor, document, overlay or catalogue"
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="a report.json, or the folder that holds it")
    parser.add_argument("new", type=Path, metavar="NEW", help="likewise, of the later run")
    parser.add_argument("--format", choices=("table", "markdown", "json"), default="table", help="default: table")


def _add_keygen(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "keygen", "make a key that signs reports", _keygen)
    parser.epilog = (
        "FILE is the private key, for certify --sign: keep it to yourself. FILE.pub is the public one, for verify\n"
        "--key: give it to whoever reads reports, on another way than the reports. Neither is ever overwritten.\n"
        "A passphrase in CHATCERT_SIGNING_PASSPHRASE encrypts the private key; certify reads it from there again"
    )
    parser.add_argument("--out", type=Path, default=Path("chatcert.key"), metavar="FILE", help="default: chatcert.key")


def _add_verify(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(commands, "verify", "check that reports are as they were written, and judge them again", _verify)
    parser.epilog = (
        "checks signature, digests, schema, totals and outcome, and judges every stored exchange again. It sends\n"
        "nothing and needs no credentials. An unsigned report is protected against accidents alone: whoever can write\n"
        "its files can make them fit each other.\n"
        "exit status: 0 everything holds; 1 something does not; 65 no report, or no key"
    )
    parser.add_argument(
        "report", type=Path, metavar="REPORT", help="a report.json, its folder, or a folder of several vendors' reports"
    )
    parser.add_argument("--key", type=Path, metavar="PUB", help="the public key that must have signed")


def _add_nightly(commands: argparse._SubParsersAction[_Parser]) -> None:
    from chatcert.cli.nightly_steps import add_steps

    add_steps(_command(commands, "nightly", "certify every target each night, and tell whom it concerns", _no_step))


def _no_step(options: argparse.Namespace) -> int:
    return 2


def _certify(options: argparse.Namespace) -> int:
    from chatcert.mock.process import begun_mock
    from chatcert.run.seed import usual_seed

    if options.plan or options.url is not None or options.target:
        return _certify_at(options, None)
    options.seed = options.seed if options.seed is not None else usual_seed(of_shard=options.shard is not None)
    vendors = () if options.spec else tuple(dict.fromkeys(options.vendors))
    with begun_mock(vendors, options.spec, options.operation, options.name, seed=options.seed) as mock:
        return _certify_at(options, mock)  # what follows is loaded while the mock loads


def _certify_at(options: argparse.Namespace, mock: MockProcess | None) -> int:
    from chatcert.run.options import RunOptions

    asked = RunOptions(
        vendors=tuple(options.vendors),
        url=options.url,
        profile=options.profile,
        report_dir=options.report_dir,
        jobs=options.jobs,
        rate=options.rate,
        max_requests=options.max_requests,
        max_time=options.max_time,
        timeout=options.timeout,
        seed=options.seed,
        path=options.path,
        spec=options.spec,
        name=options.name,
        operation=options.operation,
        allow_production=options.allow_production,
        with_robustness=options.with_robustness,
        targets=tuple(options.target),
        targets_file=options.targets_file,
        history=options.history,
        waivers=options.waivers,
        sign=options.sign,
        shard=options.shard,
    )
    if options.plan:
        from chatcert.cli.plan_preview import print_plan

        return print_plan(asked, os.environ)
    from chatcert.cli.certify import certify

    fail_on_warn = options.fail_on == "warn"
    return certify(asked, fail_on_warn=fail_on_warn, environment=os.environ, resume=options.resume, mock=mock)


def _report(options: argparse.Namespace) -> int:
    from chatcert.cli.report import report

    return report(options.folder)


def _merge(options: argparse.Namespace) -> int:
    from chatcert.cli.merge import merge

    return merge(options.folders, options.report_dir, sign=options.sign, fail_on_warn=options.fail_on == "warn")


def _mock(options: argparse.Namespace) -> int:
    from chatcert.cli.mock import run_mock

    return run_mock(options)


def _add(options: argparse.Namespace) -> int:
    from chatcert.cli.add import add_vendor

    return add_vendor(options.vendor, options.file, options.operation)


def _drift(options: argparse.Namespace) -> int:
    from chatcert.cli.drift import tell_drift

    return tell_drift(options.vendor, options.file, options.operation, options.format)


def _compare(options: argparse.Namespace) -> int:
    from chatcert.cli.compare import compare_reports

    return compare_reports(options)


def _keygen(options: argparse.Namespace) -> int:
    from chatcert.cli.keygen import make_key

    return make_key(options.out, os.environ)


def _verify(options: argparse.Namespace) -> int:
    from chatcert.cli.verify import verify_reports

    return verify_reports(options.report, options.key)


def _requirements(options: argparse.Namespace) -> int:
    from chatcert.cli.listing import list_requirements

    return list_requirements(options)


def _faults(options: argparse.Namespace) -> int:
    from chatcert.cli.listing import list_faults

    return list_faults(options)


def _vendors(options: argparse.Namespace) -> int:
    from chatcert.cli.listing import list_vendors

    return list_vendors(options)


if __name__ == "__main__":
    sys.exit(main())

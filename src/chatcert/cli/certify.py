"""``chatcert certify``: put every requirement to the test and report."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from chatcert.cli.json_answer import give
from chatcert.cli.lasting_imports import imports_that_stay
from chatcert.run.options import Frontend, RunOptions, add_options

if TYPE_CHECKING:
    from chatcert.run.interruption import Interruption


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are those of ``RunOptions``."""
    parser.set_defaults(run=certify)
    parser.epilog = (
        "credentials and resources of --url come from the environment:\n"
        "  CHATCERT_<VENDOR>_<SECURITY SCHEME>, CHATCERT_<VENDOR>_<FIELD>; a bearer value\n  is the token alone\n"
        "those of --target from the targets file, where ${VARIABLE} reads the environment; what the command line says\n"
        "comes before what a target says. Several targets, of a vendor each, may be certified in one run"
    )
    add_options(parser)


def certify(parsed: argparse.Namespace) -> int:
    """Certify all vendors that are asked for, or print what would be sent; return the exit status.

    The bundled mock starts first, so that it loads while this process does.

    Raises:
        ChatcertError: the run cannot begin, or its results cannot be written.
    """
    from chatcert.run.interruption import Interruption

    options = RunOptions.from_parsed(parsed, Frontend.CERTIFY)
    if options.targets:
        from chatcert.run.run_table import with_run_table

        options = with_run_table(options)
    if options.spec is not None:
        from chatcert.run.spec_download import with_document

        options = with_document(options)
    interruption = Interruption()
    with interruption.listening():
        return _certify(options, interruption)


def _certify(options: RunOptions, interruption: Interruption) -> int:
    with imports_that_stay():
        from chatcert.run.certifying import certify_vendors

    if options.plan:
        from chatcert.run.plan_preview import print_plan

        return print_plan(options, os.environ, give)
    if options.url is not None or options.targets:
        return certify_vendors(options, os.environ, None, interruption, give)
    from chatcert.mock.process import begun_mock

    options = replace(options, seed=options.seed_or_default)
    vendors = () if options.spec else tuple(dict.fromkeys(options.vendors))
    given = vendors, options.spec, options.operation, options.name
    own = {"own_rules": True, "rules": options.rules}
    with begun_mock(*given, seed=options.seed, overlay=options.overlay, **own) as mock:
        return certify_vendors(options, os.environ, mock, interruption, give)

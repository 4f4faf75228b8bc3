"""The directive ``command-reference``: what ``--help`` prints, of every command, taken from the parsers themselves."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from unittest import mock

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from chatcert.cli import main

PLAIN = {"COLUMNS": "96", "NO_COLOR": "1"}
"""The same text on every machine, whatever its terminal."""


class CommandReference(SphinxDirective):
    """A section for each command, with its help as a person sees it."""

    def run(self) -> list[nodes.Node]:
        """One section a command."""
        with mock.patch.dict(os.environ, PLAIN):
            return list(self._sections(main.build_parser()))

    def _sections(self, parser: argparse.ArgumentParser) -> Iterator[nodes.Node]:
        yield _help(parser)
        for action in parser._subparsers._group_actions if parser._subparsers else ():  # noqa: SLF001  argparse has no public way to its subparsers
            assert isinstance(action.choices, dict)
            for inner in action.choices.values():
                yield self._section(inner)

    def _section(self, parser: argparse.ArgumentParser) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(parser.prog)], names=[nodes.fully_normalize_name(parser.prog)])
        section += nodes.title(text=parser.prog)
        section += list(self._sections(parser))
        self.state.document.note_explicit_target(section)
        return section


def _help(parser: argparse.ArgumentParser) -> nodes.literal_block:
    text = parser.format_help().rstrip()
    return nodes.literal_block(text, text, language="text")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

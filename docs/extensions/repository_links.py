"""Links from a page to a file of the repository that is no page: shown as its path, since the site does not hold it.

On a code host, where the same pages are read as files, such a link leads to the file. A link to what is not there stays
unresolved, so that the build fails.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata


def as_path(_: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Node | None:
    """The words of the link, where it leads to something that the repository has."""
    place = Path(env.srcdir, node.get("refdoc", "")).parent / str(node.get("reftarget", "")).partition("#")[0]
    root = Path(env.srcdir).parent
    if node.get("reftype") == "myst" and place.exists() and place.resolve().is_relative_to(root):
        return nodes.literal(place.name, content.astext())
    return None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Look at links that nothing else resolves."""
    app.connect("missing-reference", as_path)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

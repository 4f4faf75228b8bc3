"""How the pages are built: `tox -e docs`, or `sphinx-build -n -W --keep-going docs docs/_build`."""

from __future__ import annotations

import sys
from pathlib import Path

from chatcert import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

project = "chatcert"
author = "The chatcert developers"
version = release = __version__
language = "en"

extensions = ["myst_parser", "command_reference"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "examples"]
myst_heading_anchors = 4
nitpicky = True

highlight_language = "text"
html_theme = "furo"
html_title = "chatcert"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_copyright = False
html_last_updated_fmt = None

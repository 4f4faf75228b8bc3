"""Wires the project's pytest plugin, which is src/chatcert/pytest_plugin/, and Hypothesis.

The profile ``explore`` tries other examples each time, and those first that have failed before; ``tox -e explore``.
"""

from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

settings.register_profile(
    "explore",
    derandomize=False,
    deadline=None,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
)

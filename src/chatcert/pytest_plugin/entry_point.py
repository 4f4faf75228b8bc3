"""The entry point that pytest loads in every project where chatcert is installed; it imports nothing of chatcert.

It registers the plugin itself, with its options, fixtures and markers, in two cases alone: in a checkout of chatcert,
and where an argument or ``testpaths`` names ``chatcert.contract_tests``. No other project notices that chatcert is
installed.
"""

from collections.abc import Generator
from itertools import pairwise

import pytest  # already imported: pytest loads this module

_PACKAGE = "chatcert.contract_tests"
_FOLDER = "chatcert/contract_tests"
_CHECKOUT = ("specs", "tests/contract/test_refusal.py")
"""What a folder holds that is a checkout of chatcert."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None]:
    """Register the plugin where it is wanted.

    It comes after the ``conftest.py`` files of a project, so that an option that they or other plugins add stays
    theirs. An argument such as ``chatcert.contract_tests.test_error::test_requirement[ID]``, which is how the plugin
    prints node ids, needs no ``--pyargs`` beside it.
    """
    words = [*args, *early_config.getini("testpaths")]
    named = any(word.startswith(_PACKAGE) for word in words)
    wanted = named or any(_FOLDER in word for word in words) or _is_in_checkout(early_config, words)
    if wanted:
        _pass_over_values(args, early_config.known_args_namespace.file_or_dir)
    yield
    if named:
        args.insert(0, "--pyargs")
    if wanted:
        early_config.pluginmanager.import_plugin("chatcert.pytest_plugin.hooks")


def _pass_over_values(args: list[str], paths: list[str]) -> None:
    """Remove the values of options that are not registered yet from ``paths``.

    pytest takes them for paths of tests until it knows the options, and would load the ``conftest.py`` of a report
    folder, for example.
    """
    from chatcert.run.options import Frontend, options_of

    flags = {flag for option in options_of(Frontend.PYTEST) if not option.switch for flag in option.pytest_flags}
    for flag, value in pairwise(args):
        if flag in flags and value in paths:
            paths.remove(value)


def _is_in_checkout(config: pytest.Config, words: list[str]) -> bool:
    """Return whether pytest was started in a checkout of chatcert, is configured there, or runs tests there."""
    start = config.invocation_params.dir
    places = {config.rootpath, start, *(start / word.partition("::")[0] for word in words if word[:1] != "-")}
    folders = {folder for place in places for folder in (place, *place.parents)}
    return any(all((folder / name).exists() for name in _CHECKOUT) for folder in folders)

"""The error ladder: every error that a user can meet, in the order in which blame is looked for.

ChatcertError
├── UsageError            exit 2   the command line or a specification given on it
├── NothingSelectedError  exit 5   no requirement matches
├── InputFileError        exit 65  a report or another input file is invalid
├── SuiteError            exit 70  we broke, or the disk did
├── ReachabilityError     exit 75  the target cannot be reached
└── ConfigurationError    exit 78  credentials, resources, settings
    └── IdentityError     exit 78  the target refuses credentials that the user gives as valid
"""

from __future__ import annotations


class ChatcertError(Exception):
    """Something went wrong that a person can mend.

    Args:
        what: what happened, in a few words.
        where: the file, option, variable or address concerned.
        hint: what to do next.

    Attributes:
        exit_code: the process exit status that this error leads to.
    """

    exit_code = 70

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(self.line())

    def line(self) -> str:
        """The whole error in one line: where, what, what to do next."""
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return " ".join(f"{place}{self.what}{advice}".split())


class UsageError(ChatcertError):
    """The command line, or a specification named on it, cannot be used."""

    exit_code = 2


class NothingSelectedError(ChatcertError):
    """No requirement matches the selection."""

    exit_code = 5


class InputFileError(ChatcertError):
    """A report, evidence or other input file is invalid."""

    exit_code = 65


class SuiteError(ChatcertError):
    """chatcert itself, or the disk under it, broke."""

    exit_code = 70


class ReachabilityError(ChatcertError):
    """The target does not answer."""

    exit_code = 75


class ConfigurationError(ChatcertError):
    """A credential, resource or setting is missing or wrong."""

    exit_code = 78


class IdentityError(ConfigurationError):
    """The target refuses the credentials that it was given."""

"""The records of a register as its folder holds them now, what is not published yet included."""

from __future__ import annotations

from collections.abc import Mapping

from chatcert.exceptions import InputFileError
from chatcert.register.entries import Entry
from chatcert.register.parties import Party
from chatcert.register.record_book import RecordBook
from chatcert.register.register_folder import RegisterFolder


def current_entries(register: RegisterFolder) -> Mapping[str, Entry]:
    """Return the entries of a register whose maintainer is about to add to it.

    The signatures of records are checked; whether the metadata can be believed is left to ``inspection.inspect``.

    Raises:
        InputFileError: a record is missing or invalid.
    """
    files = {}
    for folder in register.party_roles():
        for path in register.records(Party.of_folder(folder)):
            data = register.record(path)
            if data is None:
                raise InputFileError("missing", where=path, hint="restore it from an earlier state of the register")
            files[path] = data
    book = RecordBook(files, register.policy)
    if book.problems:
        raise InputFileError(book.problems[0], where=str(register.path), hint="register verify says what else is wrong")
    return book.entries

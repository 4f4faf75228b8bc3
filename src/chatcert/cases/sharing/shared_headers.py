"""Requests whose headers are spelled in several other ways at once: media type, names, scheme of credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatcert.cases.case import Case, Request
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.requirements.check import CredentialForm


def with_spellings(requests: RequestBuilder, cases: Sequence[Case]) -> Request | None:
    """Return the valid request with the spellings of all cases; ``None`` where two of them exclude each other.

    A case spells the names of headers, the values of some, or the forms of credentials.
    """
    plain = requests.request()
    usual = {name.lower(): (name, value) for name, value in plain.headers}
    names: dict[str, str] = {}
    values: dict[str, str] = {}
    forms: dict[str, CredentialForm] = {}
    for case in cases:
        if {name.lower() for name, _ in case.request.headers} != {*usual}:
            return None
        for name, value in case.request.headers:
            known, before = usual[name.lower()]
            if (name != known and names.setdefault(known, name) != name) or (
                value != before and values.setdefault(known, value) != value
            ):
                return None
        if forms.keys() & case.request.credentials.keys():
            return None
        forms |= case.request.credentials
    headers = tuple((names.get(name, name), values.get(name, value)) for name, value in plain.headers)
    return replace(plain, headers=headers, credentials=forms)

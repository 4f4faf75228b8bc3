"""The sources of statements about an API."""

from __future__ import annotations

from enum import StrEnum


class Provenance(StrEnum):
    """Source of a statement: schema, sentence of the page, RFC, security guideline, our inference, or a user's rule."""

    SCHEMA = "schema"
    STATED = "stated"
    HTTP = "http"
    SECURITY = "security"
    INFERRED = "inferred"
    OWN = "own"

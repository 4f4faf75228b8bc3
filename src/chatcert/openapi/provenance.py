"""What a statement about an API rests on."""

from __future__ import annotations

from enum import StrEnum


class Provenance(StrEnum):
    """Schema, sentence of the page, RFC, security guideline, or our inference."""

    SCHEMA = "schema"
    STATED = "stated"
    HTTP = "http"
    SECURITY = "security"
    INFERRED = "inferred"

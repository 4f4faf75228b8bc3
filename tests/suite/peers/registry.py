"""Every defect and every manner, by vendor and name."""

from __future__ import annotations

import hashlib

from . import (
    defects_auth,
    defects_auth_answers,
    defects_chat,
    defects_combined,
    defects_constancy,
    defects_crash,
    defects_errors,
    defects_fields,
    defects_json,
    defects_leaks,
    defects_protocol,
    defects_response,
    defects_strictness,
    defects_validation,
)
from .kit import Defect, Manner
from .manners_recall import MANNERS as RECALLING
from .manners_vendor import MANNERS as USUAL

MODULES = (
    defects_auth,
    defects_auth_answers,
    defects_validation,
    defects_strictness,
    defects_json,
    defects_crash,
    defects_response,
    defects_constancy,
    defects_fields,
    defects_chat,
    defects_errors,
    defects_protocol,
    defects_combined,
    defects_leaks,
)
MANNERS: list[Manner] = [*USUAL, *RECALLING]
DEFECTS: list[Defect] = [defect for module in MODULES for defect in module.DEFECTS]


def find_defect(vendor: str, name: str) -> Defect:
    """Return one defect."""
    return next(d for d in DEFECTS if (d.vendor, d.name) == (vendor, name))


def sample(vendor: str, count: int) -> list[Defect]:
    """Return some defects of a vendor, always the same, spread over all kinds."""
    own = [defect for defect in DEFECTS if defect.vendor == vendor]
    return sorted(own, key=lambda d: hashlib.sha256(d.name.encode()).digest())[:count]


def find_manner(vendor: str, name: str) -> Manner:
    """Return one manner."""
    return next(m for m in MANNERS if (m.vendor, m.name) == (vendor, name))


__all__ = ["DEFECTS", "MANNERS", "find_defect", "find_manner", "sample"]

"""Every incident, and every honest server that looks like one."""

from __future__ import annotations

from . import incidents_answers, incidents_bodies, incidents_doors, incidents_wire
from .incident_manners import MANNERS
from .incidents import Incident

INCIDENTS: list[Incident] = [
    *incidents_doors.ROWS,
    *incidents_bodies.ROWS,
    *incidents_answers.ROWS,
    *incidents_wire.ROWS,
]
__all__ = ["INCIDENTS", "MANNERS"]

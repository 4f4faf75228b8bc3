"""Every incident, and every honest server that looks like one."""

from __future__ import annotations

from . import (
    incident_lookalikes,
    incident_manners,
    incidents_agencii,
    incidents_answers,
    incidents_bodies,
    incidents_doors,
    incidents_openwebui,
    incidents_polyai,
    incidents_sigmamind,
    incidents_wire,
)
from .incidents import Incident

INCIDENTS: list[Incident] = [
    *incidents_doors.ROWS,
    *incidents_bodies.ROWS,
    *incidents_answers.ROWS,
    *incidents_wire.ROWS,
    *incidents_agencii.ROWS,
    *incidents_polyai.ROWS,
    *incidents_sigmamind.ROWS,
    *incidents_openwebui.ROWS,
]
FURTHER_INCIDENTS: list[Incident] = [
    *incidents_agencii.FURTHER,
    *incidents_polyai.FURTHER,
    *incidents_sigmamind.FURTHER,
    *incidents_openwebui.FURTHER,
]
MANNERS: list[Incident] = [*incident_manners.MANNERS, *incident_lookalikes.MANNERS]
FURTHER_MANNERS: list[Incident] = incident_lookalikes.FURTHER
__all__ = ["FURTHER_INCIDENTS", "FURTHER_MANNERS", "INCIDENTS", "MANNERS"]

"""Every incident, and every honest server that looks like one."""

from __future__ import annotations

from . import (
    backend_lookalikes,
    backends_agencii,
    backends_openwebui,
    backends_polyai,
    backends_sigmamind,
    incident_lookalikes,
    incident_manners,
    incidents_agencii,
    incidents_answers,
    incidents_auth,
    incidents_bodies,
    incidents_openwebui,
    incidents_polyai,
    incidents_sigmamind,
    incidents_wire,
)
from .incidents import Incident

INCIDENTS: list[Incident] = [
    *incidents_auth.ROWS,
    *incidents_bodies.ROWS,
    *incidents_answers.ROWS,
    *incidents_wire.ROWS,
    *incidents_agencii.ROWS,
    *incidents_polyai.ROWS,
    *incidents_sigmamind.ROWS,
    *incidents_openwebui.ROWS,
    *backends_agencii.ROWS,
    *backends_polyai.ROWS,
    *backends_sigmamind.ROWS,
    *backends_openwebui.ROWS,
]
FURTHER_INCIDENTS: list[Incident] = [
    *incidents_agencii.FURTHER,
    *incidents_polyai.FURTHER,
    *incidents_sigmamind.FURTHER,
    *incidents_openwebui.FURTHER,
    *backends_agencii.FURTHER,
    *backends_polyai.FURTHER,
    *backends_sigmamind.FURTHER,
    *backends_openwebui.FURTHER,
]
MANNERS: list[Incident] = [*incident_manners.MANNERS, *incident_lookalikes.MANNERS, *backend_lookalikes.MANNERS]
FURTHER_MANNERS: list[Incident] = [*incident_lookalikes.FURTHER, *backend_lookalikes.FURTHER]
__all__ = ["FURTHER_INCIDENTS", "FURTHER_MANNERS", "INCIDENTS", "MANNERS"]

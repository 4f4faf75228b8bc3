"""What incident servers are made of: operations left unguarded, validation skipped, refusals that nobody documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .model import Refusal, Reply, Request, Service, Turn

Apply = Callable[[Service], None]


@dataclass(frozen=True)
class Incident:
    """A server as one incident left it.

    Attributes:
        owner: the path of the requirement that it breaks; empty where it breaks none.
    """

    vendor: str
    name: str
    owner: str
    description: str
    apply: Apply


def unauthenticated(when: Callable[[Request], bool]) -> Apply:
    """Ask no credentials of some requests."""

    def apply(service: Service) -> None:
        strict = service.authenticate

        def authenticate(turn: Turn) -> None:
            if not when(turn.request):
                strict(turn)

        replace_step(service, "authenticate", authenticate)

    return apply


def replace_step(service: Service, name: str, step: Callable[[Turn], None]) -> None:
    """Put a step in the place of a named one, under its name."""
    step.__name__ = name
    service.steps = [step if getattr(known, "__name__", "") == name else known for known in service.steps]


def lenient(names: str, when: Callable[[Turn], bool]) -> Apply:
    """Overlook what is wrong with some fields of some requests."""

    def apply(service: Service) -> None:
        strict = service.validate

        def validate(turn: Turn) -> None:
            try:
                strict(turn)
            except Refusal as refusal:
                known = refusal.fields and set(refusal.fields) <= set(names.split())
                if not known or not when(turn):
                    raise

        replace_step(service, "validate", validate)

    return apply


def refusing(when: Callable[[Turn], bool], kind: str = "schema", reason: str = "Invalid request") -> Apply:
    """Refuse some valid requests."""

    def step(turn: Turn) -> None:
        if when(turn):
            raise Refusal(kind, reason)

    return lambda service: service.insert(step, before="find")


def failing(when: Callable[[Turn], bool]) -> Apply:
    """Crash on some valid requests."""
    return refusing(when, "crash", "Unexpected server error")


def early(answer: Callable[[Service, Request], Reply | None]) -> Apply:
    """Answer some requests before anything else is looked at."""
    return lambda service: service.before.append(lambda request: answer(service, request))


def late(change: Callable[[Service, Request, Reply], None]) -> Apply:
    """Change replies in place."""

    def apply(service: Service) -> None:
        def after(request: Request, reply: Reply) -> None:
            change(service, request, reply)

        service.after.append(after)

    return apply


def together(*parts: Apply) -> Apply:
    """Apply several changes."""

    def apply(service: Service) -> None:
        for part in parts:
            part(service)

    return apply


def deep(value: Any, change: Callable[[Any], Any]) -> Any:
    """Change every scalar of a document."""
    if isinstance(value, dict):
        return {key: deep(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [deep(item, change) for item in value]
    return change(value)

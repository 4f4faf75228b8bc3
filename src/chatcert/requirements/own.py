"""Own rules: what a user requires beyond the contract."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Own
from chatcert.requirements.draft import Draft
from chatcert.requirements.own_rule import InstalledRule
from chatcert.requirements.requirement import OWN, Kind, Level, Requirement


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive a requirement of each rule that the draft was given, in the order of their names."""
    for position, installed in enumerate(sorted(draft.rules, key=lambda one: one.rule.name)):
        rule = installed.rule
        yield draft.make(
            f"{OWN}/{rule.name}",
            Kind.OWN,
            Own(installed),
            rule.statement,
            provenance=Provenance.OWN,
            level=Level(rule.level),
            source=rule.source,
            intrusive=rule.intrusive,
            position=(position,),
        )


def installed_rule(requirement: Requirement) -> InstalledRule:
    """Return the rule that a requirement of the kind ``own`` comes from."""
    check = requirement.check
    assert isinstance(check, Own)
    return check.installed

"""What a module of a user's own rules imports, and how such modules are found."""

from chatcert.own_rules.rule_hook import hookimpl
from chatcert.requirements.own_rule import CannotTell, OwnAnswer, OwnRequest, OwnRule, Trial

__all__ = ["CannotTell", "OwnAnswer", "OwnRequest", "OwnRule", "Trial", "hookimpl"]

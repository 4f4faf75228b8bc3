"""The own rules of a report that are installed here: no code comes from a report, so others are not judged again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from chatcert.exceptions import InputFileError
from chatcert.own_rules.rule_loading import OPTION, installed_rules
from chatcert.report.model import Report, RequirementRow
from chatcert.report.own_verdicts import own_rows
from chatcert.report.seal.integrity import Remark, problem
from chatcert.requirements.catalogue import Catalogue, with_rules
from chatcert.requirements.requirement import is_own
from chatcert.text import count, one_line
from chatcert.transport.exchange import Exchange


def with_known_rules(report: Report, catalogue: Catalogue, file: Path | None = None) -> Catalogue:
    """Return the catalogue of a report with those of its own rules that are installed here.

    A rule is the same where name, version and digest are. Nothing is loaded for a report without own rules.

    Args:
        file: a file of further rules.

    Raises:
        ConfigurationError: rules that are installed cannot be loaded.
    """
    named = [row["rule"] for row in own_rows(report["requirements"]) if "rule" in row]
    wanted = {(rule["name"], rule["version"], rule["digest"]) for rule in named}
    if not wanted:
        return catalogue
    installed = installed_rules(catalogue.contract, file)
    return with_rules(catalogue, (one for one in installed if one.identity in wanted))


def strange_rows(report: Report, catalogue: Catalogue) -> list[RequirementRow]:
    """Return the rows of own rules that a catalogue does not have."""
    return [row for row in own_rows(report["requirements"]) if row["id"] not in catalogue.requirements]


def remarks_on_rules(report: Report, catalogue: Catalogue, exchanges: Iterable[Exchange]) -> Iterator[Remark]:
    """Yield what whoever verifies a report should know of its own rules.

    An exchange of an own rule is no evidence for anything else, so it has to be one of a rule that the report names.
    """
    rules = {row["id"] for row in own_rows(report["requirements"])}
    for exchange in exchanges:
        owner = exchange.requirement
        if is_own(owner) and not (owner in rules and exchange.case.startswith(f"{owner}#")):
            yield problem(f"exchange {exchange.number}: it is not one of an own rule of this report")
    strange = strange_rows(report, catalogue)
    if not strange:
        return
    head = f"{count(len(strange), 'own verdict')} not re-judged here"
    for row in strange:
        text = f"not re-judged here: {row['id']}, whose rule {_named(row)} is not installed"
        yield Remark(one_line(text), head=head)


def check_known(report: Report, catalogue: Catalogue, where: str) -> None:
    """Check that every own rule of a report is installed here.

    Raises:
        InputFileError: one is not.
    """
    for row in strange_rows(report, catalogue):
        raise InputFileError(
            one_line(f"its own rule {_named(row)} is not installed"),
            where=where,
            hint=f"give {OPTION} with the file that the run had",
        )


def _named(row: RequirementRow) -> str:
    rule = row.get("rule")
    return f"{rule['name']} {rule['version']} ({rule['digest'][:19]})" if rule is not None else row["id"]

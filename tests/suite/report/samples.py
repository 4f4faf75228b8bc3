"""Small contracts, catalogues, exchanges and verdicts from which reports are made in these tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatcert.judge.verdict import Finding, Verdict, VerdictKind
from chatcert.openapi.contract import Contract, SpecDefect
from chatcert.openapi.provenance import Provenance
from chatcert.report.builder import ReportInput, RunFacts, build_report
from chatcert.report.writer import write_report
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.check import Accepts
from chatcert.requirements.requirement import Clause, Kind, Level, Requirement
from chatcert.transport.exchange import Exchange, Received, Sent, TransportError

STARTED = 1_767_261_600.0
DIGEST = "sha256:" + "0" * 64
KINDS = [kind for kind in Kind if kind is not Kind.OWN]
"""The kinds of requirements that a contract gives."""


def contract(**changes: Any) -> Contract:
    """A contract with one document defect."""
    known: dict[str, Any] = {
        "vendor": "acme",
        "title": "Acme Chat",
        "version": "1.2",
        "method": "POST",
        "path": "/chats",
        "operation_pointer": "/paths/~1chats/post",
        "operation_id": "createChat",
        "servers": ("https://api.example",),
        "parameters": (),
        "body": None,
        "answers": (),
        "credentials": (),
        "document": {},
        "spec_digest": DIGEST,
        "overlay_digest": "",
        "defects": (SpecDefect("/info", "It contradicts itself."),),
    }
    return Contract(**{**known, **changes})


def catalogue(count: int = 8, text: str = "agentId is required", name: str = "body") -> Catalogue:
    """``count`` requirements of all kinds of a contract in turn, every third one a ``should``."""
    kinds = KINDS
    requirements = {}
    for number in range(count):
        key = f"acme/request/{name}/field{number}/required"
        requirements[key] = Requirement(
            id=key,
            vendor="acme",
            kind=kinds[number % len(kinds)],
            level=Level.SHOULD if number % 3 == 2 else Level.MUST,
            provenance=Provenance.STATED,
            clause=Clause(text, f"/components/schemas/Chat/properties/field{number}", "Section 2"),
            check=Accepts("required-only"),
        )
    return Catalogue(contract(), requirements)


def exchange(number: int, requirement: str, **changes: Any) -> Exchange:
    """An exchange that was answered with 400."""
    known: dict[str, Any] = {
        "number": number,
        "case": f"case-{number}",
        "requirement": requirement,
        "expectation": "refused",
        "role": "case",
        "started": STARTED + number,
        "seconds": 0.25,
        "edit": "field left out",
        "sent": Sent("POST", "https://api.example/chats", "/chats", (("X-Key", "***"),), b'{"a":1}'),
        "received": Received(400, (("Content-Type", "application/json"),), b'{"error":"no"}'),
    }
    return Exchange(**{**known, **changes})


def finding(text: str = "the field may be left out", exchanges: tuple[int, ...] = (1,), **changes: Any) -> Finding:
    """A finding that says the same in all its fields."""
    known: dict[str, Any] = {
        "title": text,
        "expected": text,
        "actual": text,
        "curl": text,
        "exchanges": exchanges,
        "occurrences": len(exchanges),
        "observed": len(exchanges),
    }
    return Finding(**{**known, **changes})


def verdict(key: str, word: VerdictKind, text: str = "because of this", exchanges: tuple[int, ...] = (1,)) -> Verdict:
    """A verdict with the finding or the reason that its kind requires."""
    broken = word in (VerdictKind.FAIL, VerdictKind.WARN, VerdictKind.WAIVED)
    return Verdict(
        key,
        word,
        cases=1,
        non_vacuous=1,
        exchanges=exchanges,
        reason="" if broken or word is VerdictKind.PASS else text,
        finding=finding(text, exchanges) if broken else None,
    )


def facts(**changes: Any) -> RunFacts:
    """A run of ten seconds against an address of its own."""
    known: dict[str, Any] = {
        "vendor": "acme",
        "target_url_masked": "https://user:***@api.example/v1",
        "mode": "url",
        "profile": "standard",
        "seed": 7,
        "suite_version": "0.1.0",
        "started": STARTED,
        "finished": STARTED + 10,
        "command": "chatcert certify acme --seed 7",
    }
    return RunFacts(**{**known, **changes})


def report_input(words: Mapping[int, VerdictKind] | None = None, *, count: int = 8, **changes: Any) -> ReportInput:
    """One exchange and one verdict for each requirement: ``pass``, but for the numbers that ``words`` names."""
    held = catalogue(count)
    chosen = words or {}
    keys = list(held.requirements)
    known: dict[str, Any] = {
        "contract": contract(),
        "catalogue": held,
        "verdicts": {
            key: verdict(key, chosen.get(number, VerdictKind.PASS), exchanges=(number + 1,))
            for number, key in enumerate(keys)
        },
        "exchanges": [exchange(number, key) for number, key in enumerate(keys, start=1)],
        "facts": facts(),
    }
    return ReportInput(**{**known, **changes})


def write(folder: Path, source: ReportInput) -> Path:
    """Build a report and write it with all its views; gives the path of ``report.json``."""
    return write_report(folder, build_report(source), source)


def hostile_input(payload: str) -> ReportInput:
    """A report in which the payload stands in every field that a server, a document or a caller controls."""
    held = catalogue(8, payload, payload)
    keys = list(held.requirements)
    body = payload.encode("utf-8", "replace")
    headers = ((payload, payload), ("Content-Type", "text/html"))
    sent = Sent("POST", f"https://api.example/{payload}", f"/{payload}", headers, body)
    exchanges = [
        exchange(1, keys[0], sent=sent, received=Received(200, headers, body), edit=payload, leaks=(payload,)),
        exchange(2, keys[1], sent=sent, received=None, error=TransportError(payload, payload), role=payload),
        exchange(3, keys[2], received=Received(299, headers, body * 1000, payload), expectation=payload),
    ]
    words = (
        VerdictKind.FAIL,
        VerdictKind.WARN,
        VerdictKind.WAIVED,
        VerdictKind.INCONCLUSIVE,
        VerdictKind.ERROR,
        VerdictKind.NOT_APPLICABLE,
        VerdictKind.NOT_RUN,
    )
    return ReportInput(
        contract=contract(title=payload, version=payload, path=payload, defects=(SpecDefect(payload, payload),)),
        catalogue=held,
        verdicts={key: verdict(key, word, payload, (1, 2, 3)) for key, word in zip(keys, words, strict=False)},
        exchanges=exchanges,
        facts=facts(reachability=(payload,), retries={payload: 2}, command=payload, mode="url"),
    )


def twice_broken() -> ReportInput:
    """A report in which one requirement has two findings with the same cause."""
    source = report_input()
    name = next(iter(source.catalogue.requirements))
    rarely = finding("rarely", (2,), actual="status 500 (edit 2)", cause="status 500", observed=2)
    both = finding("wrong", actual="status 500 (edit 1)", cause="status 500", observed=2, also=(rarely,))
    broken = Verdict(name, VerdictKind.FAIL, cases=2, non_vacuous=2, finding=both, exchanges=(1, 2))
    return report_input(verdicts={**source.verdicts, name: broken})

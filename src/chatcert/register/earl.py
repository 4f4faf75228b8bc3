"""An entry as an EARL 1.0 report (W3C Evaluation and Report Language) in JSON-LD, for tools of auditors.

Each requirement of the entry is an assertion: who asserts it, of what, by which test, with which result. Four parties
speak, each in its own role: chatcert, which tested; the signers of the report, who ran it and stand for it; the
registrar, who checked it; and auditors who countersigned.
"""

from __future__ import annotations

from typing import Any, Final

from chatcert.judge.verdict import VerdictKind
from chatcert.register.entries import Entry
from chatcert.register.record_rows import PolicyRow

EARL: Final = "http://www.w3.org/ns/earl#"
CONTEXT: Final = {
    "earl": EARL,
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "assertedBy": {"@id": "earl:assertedBy", "@type": "@id"},
    "subject": {"@id": "earl:subject", "@type": "@id"},
    "test": {"@id": "earl:test", "@type": "@id"},
    "mode": {"@id": "earl:mode", "@type": "@id"},
    "outcome": {"@id": "earl:outcome", "@type": "@id"},
    "mainAssertor": {"@id": "earl:mainAssertor", "@type": "@id"},
    "result": "earl:result",
    "info": "earl:info",
    "title": "dct:title",
    "description": "dct:description",
    "hasVersion": "dct:hasVersion",
    "member": {"@id": "foaf:member", "@type": "@id"},
    "name": "foaf:name",
    "date": {"@id": "dct:date", "@type": "xsd:dateTime"},
}
"""It is part of the document, so that no tool has to fetch it."""

OUTCOMES: Final = {
    VerdictKind.PASS: "earl:passed",
    VerdictKind.WARN: "earl:failed",
    VerdictKind.WAIVED: "earl:failed",
    VerdictKind.NOT_APPLICABLE: "earl:inapplicable",
}
"""The results of an entry; a report with any other verdict gets none."""
NOTES: Final = {
    VerdictKind.WARN: "a recommendation that is not followed; it does not stand against conformance",
    VerdictKind.WAIVED: "a breach that a waiver covers until the day that the entry names",
}
SUITE: Final = "urn:chatcert:suite"


def earl_report(entry: Entry, policy: PolicyRow) -> dict[str, Any]:
    """Return an entry as a JSON-LD document."""
    row = entry.certificate
    base = f"urn:chatcert:register:{policy['id']}"
    subject = f"{base}:subject:{entry.name}"
    graph: list[dict[str, Any]] = [
        _subject(entry, subject),
        {
            "@id": SUITE,
            "@type": ["earl:Assertor", "earl:Software"],
            "title": "chatcert",
            "hasVersion": row["made_with"]["suite"],
        },
        *_people(entry, base, policy),
        {
            "@id": f"{base}:assertor:{entry.name}",
            "@type": ["earl:Assertor", "foaf:Group"],
            "title": "chatcert, run by those who signed its report",
            "mainAssertor": SUITE,
            "member": [f"{base}:{one['role']}:{one['name']}" for one in row["signers"]],
        },
    ]
    verdicts = entry.verdicts
    for requirement in entry.catalogue:
        test = f"urn:chatcert:requirement:{requirement['id']}"
        verdict = VerdictKind(verdicts[requirement["id"]])
        result = {"@type": "earl:TestResult", "outcome": OUTCOMES[verdict], "date": row["period"]["observed_to"]}
        graph += [
            {
                "@id": test,
                "@type": "earl:TestRequirement",
                "title": requirement["id"],
                "description": f"{requirement['level']}: {requirement['text']}",
            },
            {
                "@type": "earl:Assertion",
                "assertedBy": f"{base}:assertor:{entry.name}",
                "subject": subject,
                "test": test,
                "mode": "earl:automatic",
                "result": {**result, "info": NOTES[verdict]} if verdict in NOTES else result,
            },
        ]
    graph += _whole(entry, base, subject)
    return {"@context": CONTEXT, "@graph": graph}


def _subject(entry: Entry, name: str) -> dict[str, Any]:
    row = entry.certificate
    place = " ".join(text for text in (row["place"]["environment"], row["place"]["region"]) if text)
    rehearsal = "A rehearsal: it certifies nobody. " if row["rehearsal"] else ""
    return {
        "@id": name,
        "@type": "earl:TestSubject",
        "title": f"{row['vendor']} {row['product']['version']}",
        "description": f"{rehearsal}{row['product']['operation']} at {row['place']['host']} {place}".strip(),
        "hasVersion": row["product"]["version"],
        "date": row["period"]["observed_to"],
    }


def _people(entry: Entry, base: str, policy: PolicyRow) -> list[dict[str, Any]]:
    people = {(one["role"], one["name"]) for one in entry.certificate["signers"]}
    people |= {(party.role.value, party.name) for party, _ in entry.countersignatures}
    people.add(("registrar", "registrar"))
    return [
        {
            "@id": f"{base}:{role}:{name}",
            "@type": ["earl:Assertor", "foaf:Organization"],
            "name": policy["name"] if role == "registrar" else name,
            "description": f"{role} of the register {policy['name']}",
        }
        for role, name in sorted(people)
    ]


def _whole(entry: Entry, base: str, subject: str) -> list[dict[str, Any]]:
    """Return what the registrar and auditors assert of the entry as a whole."""
    test = f"{base}:admission"
    said = [(f"{base}:registrar:registrar", "earl:semiAuto", entry.admission["made"])] if entry.admission else []
    said += [
        (f"{base}:{party.role}:{party.name}", "earl:manual", row["made"]) for party, row in entry.countersignatures
    ]
    about: dict[str, Any] = {
        "@id": test,
        "@type": "earl:TestRequirement",
        "title": "The report meets the conditions of the register",
        "description": "; ".join(entry.admission["checks"]) if entry.admission else "",
    }
    return [
        *([about] if said else []),
        *(
            {
                "@type": "earl:Assertion",
                "assertedBy": by,
                "subject": subject,
                "test": test,
                "mode": mode,
                "result": {"@type": "earl:TestResult", "outcome": "earl:passed", "date": made},
            }
            for by, mode, made in said
        ),
    ]

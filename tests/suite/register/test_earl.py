"""An entry as an EARL report: every term is one of the vocabulary, used where it belongs; who asserts what."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from chatcert.cli.main import main
from chatcert.register import disputes
from chatcert.register.current_records import current_entries
from chatcert.register.earl import earl_report
from chatcert.register.parties import party_named

EARL = Namespace("http://www.w3.org/ns/earl#")
DCT = Namespace("http://purl.org/dc/terms/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")

CLASSES = {"Assertion", "Assertor", "Software", "TestSubject", "TestRequirement", "TestResult"}
PROPERTIES = {
    "assertedBy": ("Assertion", "Assertor"),
    "subject": ("Assertion", "TestSubject"),
    "test": ("Assertion", "TestRequirement"),
    "result": ("Assertion", "TestResult"),
    "mode": ("Assertion", "TestMode"),
    "outcome": ("TestResult", "OutcomeValue"),
    "mainAssertor": ("Assertor", "Assertor"),
    "info": ("TestResult", None),
}
"""Properties of the EARL 1.0 Schema that are used, each with its domain and range."""
INSTANCES = {
    "TestMode": {"automatic", "manual", "semiAuto", "undisclosed", "unknownMode"},
    "OutcomeValue": {"passed", "failed", "cantTell", "inapplicable", "untested"},
}
"""What the EARL 1.0 Schema defines of these classes."""


@pytest.fixture(scope="module")
def graph(original: Any, synthetic: ModuleType) -> Graph:
    """The report on an entry with a remark, which an auditor countersigned."""
    entry = next(one for one in current_entries(original.register).values() if one.vendor == "other")
    disputes.countersign(original.register, entry, party_named("auditor", "audit"), "seen", original.all, synthetic.DAY)
    original.register.commit(original.all, synthetic.DAY)
    entry = current_entries(original.register)[entry.name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's parser uses a class that rdflib deprecates
        return Graph().parse(data=json.dumps(earl_report(entry, original.register.policy)), format="json-ld")


def kinds(graph: Graph, node: Any) -> set[str]:
    return {str(kind).removeprefix(str(EARL)) for kind in graph.objects(node, RDF.type)}


def test_every_term_is_one_of_the_vocabulary(graph: Graph) -> None:
    """Classes and properties are those of EARL, Dublin Core and FOAF; domains and ranges hold."""
    used = {str(kind) for kind in graph.objects(None, RDF.type)}
    assert used == {str(EARL[name]) for name in CLASSES} | {str(FOAF.Group), str(FOAF.Organization)}
    for node, relation, value in graph:
        if not str(relation).startswith(str(EARL)):
            assert relation == RDF.type or str(relation).startswith((str(DCT), str(FOAF)))
            continue
        domain, reach = PROPERTIES[str(relation).removeprefix(str(EARL))]
        assert domain in kinds(graph, node)
        if reach in INSTANCES:
            assert str(value).removeprefix(str(EARL)) in INSTANCES[reach]
        elif reach is None:
            assert isinstance(value, Literal)
        else:
            assert reach in kinds(graph, value)


def test_an_assertion_is_complete(graph: Graph) -> None:
    """Each assertion has who, what, by which test and one result; there is one for each requirement."""
    assertions = list(graph.subjects(RDF.type, EARL.Assertion))
    assert 40 + 2 == len(assertions)
    for one in assertions:
        for name in ("assertedBy", "subject", "test", "result", "mode"):
            assert 1 == len(list(graph.objects(one, EARL[name])))
    outcomes = [str(value).removeprefix(str(EARL)) for value in graph.objects(None, EARL.outcome)]
    assert (41, 1) == (outcomes.count("passed"), outcomes.count("failed"))


def test_it_says_who_asserts_what_in_which_role(graph: Graph) -> None:
    """Chatcert asserts the requirements, on behalf of who signed; registrar and auditor assert the whole."""
    by_mode = {
        mode: {
            str(graph.value(one, EARL.assertedBy)).rpartition(":")[2] for one in graph.subjects(EARL.mode, EARL[mode])
        }
        for mode in ("automatic", "semiAuto", "manual")
    }
    assert by_mode["semiAuto"] == {"registrar"}
    assert by_mode["manual"] == {"audit"}
    (group,) = graph.subjects(RDF.type, FOAF.Group)
    assert graph.value(group, EARL.mainAssertor) == URIRef("urn:chatcert:suite")
    assert ["other"] == [str(graph.value(one, FOAF.name)) for one in graph.objects(group, FOAF.member)]


def test_the_command_writes_it(original: Any, synthetic: ModuleType, tmp_path: Path) -> None:
    """``register earl`` writes the report on one entry, and names the nearest entry if there is none of that id."""
    name = next(iter(current_entries(original.register)))
    options = ["--register", str(original.path), "--at", synthetic.DAY.date().isoformat()]

    assert 0 == main(["register", "earl", name, *options, "--out", str(tmp_path / "earl.jsonld")])
    assert "@graph" in json.loads((tmp_path / "earl.jsonld").read_text(encoding="utf-8"))
    assert 2 == main(["register", "earl", "nothing", *options])

"""An entry as an EARL report against the EARL 1.0 Schema: `tox -e earl` installs that and runs this file."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rdflib import OWL, RDF, RDFS, Dataset, Graph, Literal, Namespace, URIRef

from chatcert.register import disputes
from chatcert.register.current_records import current_entries
from chatcert.register.earl import earl_report
from chatcert.register.parties import party_named

EARL = Namespace("http://www.w3.org/ns/earl#")
SCHEMA = Path(__file__).parent / "node_modules" / "@vocabulary" / "earl" / "earl.nq"


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    """The schema as W3C publishes it, in RDF."""
    graph = Graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's parsers use classes that rdflib deprecates
        dataset = Dataset()
        dataset.parse(SCHEMA, format="nquads")
        for node, relation, value, _ in dataset.quads():
            graph.add((node, relation, value))
    return graph


@pytest.fixture(scope="module")
def document(original: Any, synthetic: ModuleType) -> Any:
    """The report on an entry with a remark, which an auditor countersigned."""
    entry = next(one for one in current_entries(original.register).values() if one.vendor == "other")
    disputes.countersign(original.register, entry, party_named("auditor", "audit"), "seen", original.all, synthetic.DAY)
    original.register.commit(original.all, synthetic.DAY)
    return earl_report(current_entries(original.register)[entry.name], original.register.policy)


def troubles(vocabulary: Graph, document: Any) -> list[str]:
    """What of a report is not in the vocabulary, or not where its domains and ranges allow it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = Graph().parse(data=json.dumps(document), format="json-ld")
    known = {*vocabulary.subjects(RDF.type, OWL.Class), *vocabulary.subjects(RDF.type, RDF.Property)}
    found = []
    for node, relation, value in graph:
        term = value if relation == RDF.type else relation
        if str(term).startswith(EARL) and term not in known:
            found.append(f"{term} is no term")
        for bound, end in ((RDFS.domain, node), (RDFS.range, value)):
            found += [
                f"{end} is no {wanted} of {relation}"
                for wanted in vocabulary.objects(relation, bound)
                if not _is_a(vocabulary, graph, end, wanted)
            ]
    return found


def _is_a(vocabulary: Graph, graph: Graph, node: Any, wanted: Any) -> bool:
    if wanted == RDFS.Literal:
        return isinstance(node, Literal)
    kinds = {*graph.objects(node, RDF.type), *vocabulary.objects(node, RDF.type)}
    return any(wanted in vocabulary.transitive_objects(kind, RDFS.subClassOf) for kind in kinds)


def test_the_vocabulary_is_there(vocabulary: Graph) -> None:
    """It has domains and ranges, so that the test below can fail."""
    assert 8 <= len(list(vocabulary.subject_objects(RDFS.domain)))
    assert URIRef(EARL.OutcomeValue) in vocabulary.transitive_objects(URIRef(EARL.Pass), RDFS.subClassOf)


def test_a_report_keeps_to_the_vocabulary(vocabulary: Graph, document: Any) -> None:
    """Every term is one of the schema, and stands where its domain and range allow it."""
    assert [] == troubles(vocabulary, document)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("earl:passed", "earl:pass"),
        ("earl:automatic", "earl:passed"),
        ("earl:TestResult", "earl:TestSubject"),
        ("earl:assertedBy", "earl:asserter"),
        ("earl:TestRequirement", "earl:Requirement"),
    ],
)
def test_another_word_is_noticed(vocabulary: Graph, document: Any, old: str, new: str) -> None:
    """A term that is not in the schema, or that is one of another kind, is named."""
    changed = json.loads(json.dumps(document).replace(f'"{old}"', f'"{new}"'))
    assert troubles(vocabulary, changed)

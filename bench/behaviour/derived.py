"""What follows from the documents alone, without HTTP: catalogues, and the requests of each profile."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behaviour import library
from behaviour.signature import Signatures

DOCUMENTS = Path(__file__).resolve().parents[2] / "tests" / "suite" / "documents"
SEEDS = (1, 2, 3)
PROCESSES = 2

Sections = dict[str, dict[str, Any]]
"""Section, subject, and what is recorded of it."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to plan a whole catalogue.

    Attributes:
        gentle: whether hostile and malformed requests are left out.
        everything: whether optional names are configured as well.
    """

    profile: str
    seed: int
    gentle: bool = False
    everything: bool = True

    @property
    def name(self) -> str:
        """The name in records: ``quick/1``, ``quick/1/gentle``, ``quick/1/needed``."""
        more = ("/gentle" if self.gentle else "") + ("" if self.everything else "/needed")
        return f"{self.profile}/{self.seed}{more}"


def variants(profiles: Iterable[str], seeds: Iterable[int]) -> list[Variant]:
    """Each profile with each seed, then what a production server and a run with few resources get."""
    return [
        *(Variant(profile, seed) for profile in profiles for seed in seeds),
        Variant("quick", 1, gentle=True),
        Variant("quick", 1, everything=False),
    ]


def subjects() -> list[str]:
    """The bundled vendors, then the documents of the suite: those of the folder, and the one that has several files."""
    names = sorted(path.name for path in DOCUMENTS.iterdir() if path.is_file())
    parts = sorted(str(path.relative_to(DOCUMENTS)) for path in DOCUMENTS.glob("*/openapi.yaml"))
    return [*library.vendors(), *names, *parts]


def derived(chosen: Iterable[Variant]) -> Sections:
    """Catalogue and plans of every subject."""
    chosen = list(chosen)
    by_seed = {seed: [one for one in chosen if one.seed == seed] for seed in {one.seed for one in chosen}}
    tasks = [(subject, given) for subject in subjects() for given in by_seed.values()]
    found: Sections = {"catalogue": {}, "plans": defaultdict(lambda: defaultdict(dict))}
    with multiprocessing.Pool(PROCESSES) as pool:
        for subject, catalogue, plans in pool.imap_unordered(_subject, tasks):
            found["catalogue"][subject] = catalogue
            for requirement, rows in plans.items():
                found["plans"][subject][requirement].update(rows)
    return found


def chosen_plans(recorded: Mapping[str, Mapping[str, Mapping[str, Any]]], chosen: Iterable[Variant]) -> dict[str, Any]:
    """Of the plans in a record, by subject and requirement, those of the chosen variants."""
    names = {variant.name for variant in chosen}

    def kept(rows: Mapping[str, Any]) -> dict[str, Any]:
        return {name: row for name, row in rows.items() if name in names}

    return {subject: {name: kept(rows) for name, rows in plans.items()} for subject, plans in recorded.items()}


def _subject(task: tuple[str, list[Variant]]) -> tuple[str, dict[str, Any], dict[str, dict[str, Any]]]:
    subject, chosen = task
    try:
        contract = library.contract_of(subject, DOCUMENTS)
    except library.ChatcertError as error:
        return subject, {"error": [type(error).__name__, str(error)]}, {}
    plans: dict[str, dict[str, Any]] = defaultdict(dict)
    for variant in chosen:
        for requirement, row in planned(contract, variant).items():
            plans[requirement][variant.name] = row
    return subject, catalogue_of(contract), plans


def catalogue_of(contract: library.Contract) -> dict[str, Any]:
    """Return the outline of a contract, with all its requirements."""
    digest, requirements = library.requirements_of(contract)
    return {
        "vendor": contract.vendor,
        "operation": contract.operation,
        "servers": list(contract.servers),
        "parameters": [f"{p.location}:{p.name}{' (required)' if p.required else ''}" for p in contract.parameters],
        "media types": list(contract.body.content) if contract.body is not None else [],
        "answers": {answer.status: list(answer.content) for answer in contract.answers},
        "credentials": [f"{c.scheme}: {c.kind} in {c.location} {c.name}" for c in contract.credentials],
        "defects": [f"{defect.pointer}: {defect.problem}" for defect in contract.defects],
        "resources": {name: str(value) for name, value in library.resources(contract).items()},
        "digest": digest,
        "order": hashlib.sha256("\n".join(requirements).encode("utf-8", "replace")).hexdigest()[:16],
        "requirements": requirements,
        "faults": library.faults(contract),
        "manners": library.manners(contract),
    }


def planned(contract: library.Contract, variant: Variant) -> dict[str, Mapping[str, int] | str]:
    """Per requirement, how many cases there are of each signature, or why there is none."""
    signatures = Signatures(contract)
    named = library.resources(contract, everything=variant.everything)
    found: dict[str, Mapping[str, int] | str] = {}
    for requirement, cases, reason in library.plans(
        contract, named, variant.profile, variant.seed, gentle=variant.gentle
    ):
        counted = Counter(signatures.of(case) for case in cases)
        found[requirement] = dict(counted) if counted else f"no case: {reason}"
    return found

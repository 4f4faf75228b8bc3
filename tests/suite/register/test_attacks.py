"""Attacks on a register are refused: by verifying, and by the client of python-tuf where metadata alone show them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
NUMBER = 49
EDITS = 40


@pytest.fixture(scope="module")
def attacks() -> Iterator[ModuleType]:
    """The module with the attacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        import_module("registers.insider_attacks")
        yield import_module("registers.attacks")


@pytest.fixture(scope="module")
def sound(attacks: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A register, and what it was the day before."""
    return attacks.sound_register(tmp_path_factory.mktemp("sound"))


def test_all_attacks_are_tried(attacks: ModuleType) -> None:
    """No attack is left out below."""
    assert NUMBER == len(attacks.ATTACKS) == len({attack.name for attack in attacks.ATTACKS})


@pytest.mark.parametrize(
    "number", [pytest.param(number, marks=[pytest.mark.slow] if number % 5 else []) for number in range(NUMBER)]
)
def test_an_attack_is_refused(attacks: ModuleType, sound: Any, tmp_path: Path, number: int) -> None:
    """Verifying names what is wrong; the client of python-tuf refuses what is wrong with metadata."""
    attack = attacks.ATTACKS[number]
    stage = attacks.prepared(attack, *sound, tmp_path)

    assert attacks.problems(stage)
    assert not attack.by_tuf or attacks.client_refuses(stage)


def test_nothing_is_refused_without_an_attack(attacks: ModuleType, sound: Any, tmp_path: Path) -> None:
    """Both accept the register as it is, so that what they refuse is the attack."""
    stage = attacks.prepared(attacks.Attack("nothing", lambda _: None, by_tuf=False), *sound, tmp_path)

    assert [] == attacks.problems(stage)
    assert "" == attacks.client_refuses(stage)


@pytest.mark.slow
def test_edits_of_one_byte_are_refused(attacks: ModuleType, sound: Any, tmp_path: Path) -> None:
    """Whichever byte of whichever file is another, verifying finds it; bench/register_attacks.py tries 10,000."""
    stage = attacks.prepared(attacks.Attack("nothing", lambda _: None, by_tuf=False), *sound, tmp_path)
    edited = import_module("register_attacks").edited
    draw = random.Random(11)
    files = sorted(path for path in stage.path.rglob("*") if path.is_file())
    missed = []
    for _ in range(EDITS):
        path = draw.choice(files)
        before = path.read_bytes()
        path.write_bytes(edited(before, draw))
        missed += [] if attacks.problems(stage) else [path.name]
        path.write_bytes(before)
    assert [] == missed

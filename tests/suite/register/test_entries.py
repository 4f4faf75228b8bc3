"""What an entry is worth at a time: the statuses, their order, and what ends each."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.register import disputes
from chatcert.register.current_records import current_entries
from chatcert.register.entries import Entry, Status
from chatcert.register.parties import party_named
from chatcert.register.record_rows import Decision


def entry_of(made: Any, vendor: str = "acme") -> Entry:
    return next(entry for entry in current_entries(made.register).values() if entry.vendor == vendor)


def days(synthetic: ModuleType, number: int) -> Any:
    return synthetic.DAY + timedelta(days=number)


def test_an_entry_holds_until_its_period_ends(original: Any, synthetic: ModuleType) -> None:
    """An admitted entry is certified for its period, due in its last 30 days, and expired after it."""
    entry = entry_of(original)

    assert Status.PENDING is entry.status(days(synthetic, -1))
    assert Status.CERTIFIED is entry.status(days(synthetic, 90))
    assert Status.EXPIRED is entry.status(days(synthetic, 91))
    assert [False, True, True, False] == [entry.is_due(days(synthetic, day), 30) for day in (59, 60, 90, 91)]


def test_a_waiver_makes_it_conditional_until_its_day(made: Any, synthetic: ModuleType) -> None:
    """An entry that rests on a waiver is conditional, and ends with the day of the waiver."""
    waived = ["acme/request/body/field1/maxLength"]
    (name,) = made.add([synthetic.certificate(made, "acme", "2.0", verdicts={"waived": waived})])
    entry = current_entries(made.register)[name]

    assert Status.CONDITIONAL is entry.status(days(synthetic, 30))
    assert Status.EXPIRED is entry.status(days(synthetic, 31))
    assert days(synthetic, 30).date() == entry.last_day


def test_a_later_certificate_supersedes(made: Any, synthetic: ModuleType) -> None:
    """The same version at the same place, or an entry that renews it, supersedes; another version does not."""
    old = entry_of(made).name
    same = synthetic.certificate(made, "acme", "1.0", issued=days(synthetic, 5))
    made.add([same, synthetic.certificate(made, "acme", "2.0", issued=days(synthetic, 6))], days(synthetic, 6))

    entries = current_entries(made.register)
    assert Status.SUPERSEDED is entries[old].status(days(synthetic, 6))
    assert Status.CERTIFIED is entries[old].status(days(synthetic, 4))
    assert Status.CERTIFIED is entries[same["entry"]].status(days(synthetic, 6))
    renewing = synthetic.certificate(made, "acme", "3.0", issued=days(synthetic, 70), renews=same["entry"])
    made.add([renewing], days(synthetic, 70))
    assert Status.SUPERSEDED is current_entries(made.register)[same["entry"]].status(days(synthetic, 70))

    disputes.revoke(
        made.register, current_entries(made.register)[renewing["entry"]], "no", made.all, days(synthetic, 71)
    )
    made.register.commit(made.all, days(synthetic, 71))
    assert Status.SUPERSEDED is current_entries(made.register)[same["entry"]].status(days(synthetic, 72))


def test_a_new_certificate_does_not_end_a_dispute(made: Any, synthetic: ModuleType) -> None:
    """The entry that supersedes a contested one is disputed until the challenge is decided."""
    entry, now = entry_of(made), days(synthetic, 1)
    buyer = party_named("challenger", "buyer")
    name = disputes.challenge(made.register, entry, buyer, entry.catalogue[3]["id"], 12, "x", made.all, now)
    made.register.commit(made.all, now)
    (newer,) = made.add([synthetic.certificate(made, "acme", issued=days(synthetic, 2))], days(synthetic, 2))
    assert Status.DISPUTED is current_entries(made.register)[newer].status(days(synthetic, 2))

    entry, contested = disputes.find_challenge(current_entries(made.register), name)
    disputes.rule(made.register, entry, contested, Decision.DISMISSED, "no", made.all, days(synthetic, 3))
    made.register.commit(made.all, days(synthetic, 3))
    assert Status.CERTIFIED is current_entries(made.register)[newer].status(days(synthetic, 3))

    late = days(synthetic, 4)
    disputes.challenge(made.register, entry, buyer, entry.catalogue[3]["id"], 12, "x", made.all, late)
    made.register.commit(made.all, late)
    assert Status.CERTIFIED is current_entries(made.register)[newer].status(late)


def test_a_challenge_is_answered_and_decided(made: Any, synthetic: ModuleType) -> None:
    """A challenge makes an entry disputed; a reply changes nothing, and a dismissal lets it stand."""
    entry = entry_of(made)
    requirement = entry.catalogue[3]["id"]
    buyer = party_named("challenger", "buyer")
    now = days(synthetic, 1)
    name = disputes.challenge(made.register, entry, buyer, requirement, 12, "it is refused", made.all, now)
    made.register.commit(made.all, now)
    assert Status.DISPUTED is entry_of(made).status(now)

    entry, contested = disputes.find_challenge(current_entries(made.register), name)
    disputes.reply(made.register, entry, contested, "it is not", made.all, now)
    made.register.commit(made.all, now)
    assert Status.DISPUTED is entry_of(made).status(now)
    entry, contested = disputes.find_challenge(current_entries(made.register), name)
    assert (buyer, "it is not", 12) == (
        contested.by,
        contested.reply and contested.reply["text"],
        contested.row["exchange"],
    )
    with pytest.raises(UsageError, match="has a reply already"):
        disputes.reply(made.register, entry, contested, "again", made.all, now)

    disputes.rule(made.register, entry, contested, Decision.DISMISSED, "not reproduced", made.all, now)
    made.register.commit(made.all, now)
    assert Status.CERTIFIED is entry_of(made).status(now)
    entry, contested = disputes.find_challenge(current_entries(made.register), name)
    with pytest.raises(UsageError, match="decided already"):
        disputes.rule(made.register, entry, contested, Decision.UPHELD, "no", made.all, now)


def test_a_challenge_that_is_upheld_revokes(made: Any, synthetic: ModuleType) -> None:
    """An entry whose challenge is right is revoked from the decision on, and not before."""
    entry, now = entry_of(made), days(synthetic, 1)
    auditor = party_named("auditor", "audit")
    name = disputes.challenge(made.register, entry, auditor, entry.catalogue[0]["id"], 1, "wrong", made.all, now)
    made.register.commit(made.all, now)
    entry, contested = disputes.find_challenge(current_entries(made.register), name)
    disputes.rule(made.register, entry, contested, Decision.UPHELD, "right", made.all, days(synthetic, 2))
    made.register.commit(made.all, days(synthetic, 2))

    assert [Status.DISPUTED, Status.REVOKED] == [entry_of(made).status(days(synthetic, day)) for day in (1, 2)]


def test_the_registrar_revokes(made: Any, synthetic: ModuleType) -> None:
    """A revoked entry stays visible, with its reason; nobody but the registrar can take it back."""
    entry, now = entry_of(made), days(synthetic, 1)
    with pytest.raises(ConfigurationError, match="no key of registrar among those given"):
        disputes.revoke(made.register, entry, "no", made.of("vendor-acme"), now)
    disputes.revoke(made.register, entry, "another build was tested", made.all, now)
    made.register.commit(made.all, now)

    entry = entry_of(made)
    assert Status.REVOKED is entry.status(days(synthetic, 200))
    assert entry.revocation is not None
    assert "another build was tested" == entry.revocation["text"]
    with pytest.raises(UsageError, match="revoked already"):
        disputes.revoke(made.register, entry, "again", made.all, now)


def test_a_requirement_that_an_entry_lacks_is_not_contested(made: Any, synthetic: ModuleType) -> None:
    """A challenge names a requirement of the entry; the error suggests the nearest one."""
    entry = entry_of(made)
    buyer = party_named("challenger", "buyer")
    with pytest.raises(UsageError, match=r"did you mean acme/request/body/field1/maxLength\?"):
        disputes.challenge(
            made.register, entry, buyer, "acme/request/body/field1/maxLengt", 1, "x", made.all, synthetic.DAY
        )


def test_a_report_has_one_entry(made: Any, synthetic: ModuleType) -> None:
    """A certificate on a report that has an entry already is refused: an old report is not replayed as new."""
    with pytest.raises(UsageError, match="has an entry on this report already"):
        made.add([synthetic.certificate(made, "acme")])

"""Delegation: for a while, for all to see, never in a circle and never beyond its time."""

from datetime import date

import pytest

from ledger.actor import NotFound
from ledger.agreement import Consent, ConsentTwice, FourEyes, Objection
from ledger.delegation import (
    DelegationCircular,
    DelegationMalformed,
    DelegationNotInForce,
    DelegationRevoked,
    GrantDelegation,
    NotDelegated,
    RevokeDelegation,
)
from ledger.proposal import ProposalKind
from ledger.workdays import AdoptBusinessCalendar, BusinessCalendar
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, rule

START, END = date(2026, 3, 2), date(2026, 3, 9)


def grant(told: Told, party: str, to: str, **how: object) -> str:
    """A party delegates: the delegation's id."""
    given = {"start_on": START, "end_on": END, **how}
    told.when(party, GrantDelegation(told.parties[to], **given))  # type: ignore[arg-type]  # dates and kinds by name
    return str(getattr(told.entries[-1].event, "delegation_id"))  # noqa: B009


def test_a_delegate_answers_for_a_party_and_all_see_it() -> None:
    """One answer a party: the delegate's counts as the party's."""
    told = Told.founded(TRACK, TRAIN)
    grant(told, TRACK, TRAIN)
    asked = told.asked()

    told.when(TRAIN, Consent(asked, on_behalf_of=told.parties[TRACK]))

    [answer] = told.proposal(asked).answers
    assert (answer.party_id, answer.by) == (told.parties[TRACK], told.parties[TRAIN])
    with pytest.raises(ConsentTwice):
        told.consent(asked, TRACK)
    told.consent(asked, BUYER, TRAIN)
    assert told.status(asked) == "AGREED"


def test_a_delegate_may_object() -> None:
    """It speaks for the party, whatever it says."""
    told = Told.founded(TRACK, TRAIN)
    grant(told, TRACK, TRAIN)
    asked = told.asked()

    told.when(TRAIN, Objection(asked, "Not in March.", on_behalf_of=told.parties[TRACK]))

    assert told.status(asked) == "DISPUTED"


def test_a_delegate_whose_time_has_passed_or_not_come_is_refused() -> None:
    """Dates are the delegating party's own, in its zone; the end is exclusive."""
    told = Told.founded(TRACK, TRAIN)
    told.when(TRACK, AdoptBusinessCalendar(BusinessCalendar("Europe/Rome")))
    grant(told, TRACK, TRAIN, start_on=date(2026, 3, 3))
    asked = told.asked()
    consent = Consent(asked, on_behalf_of=told.parties[TRACK])

    for moment in ("2026-03-02T22:59:59", "2026-03-08T23:00"):
        with pytest.raises(DelegationNotInForce):
            told.at(moment).when(TRAIN, consent)


def test_an_answer_given_in_time_stays_valid() -> None:
    """What a delegate said while it might does not fall with the delegation."""
    told = Told.founded(TRACK, TRAIN)
    key = grant(told, TRACK, TRAIN)
    asked = told.asked()
    told.when(TRAIN, Consent(asked, on_behalf_of=told.parties[TRACK]))

    told.when(TRACK, RevokeDelegation(key))
    told.consent(asked, BUYER, TRAIN)

    assert told.status(asked) == "AGREED"
    later = told.asked()
    with pytest.raises(DelegationRevoked):
        told.when(TRAIN, Consent(later, on_behalf_of=told.parties[TRACK]))
    with pytest.raises(DelegationRevoked):
        told.when(TRACK, RevokeDelegation(key))


def test_nobody_signs_for_another_party_without_its_delegation() -> None:
    """Nor for another kind of proposals, nor passed on, nor for one who was not asked."""
    told = Told.founded(TRACK, TRAIN, "Signal")
    asked = told.asked()
    for_track = Consent(asked, on_behalf_of=told.parties[TRACK])

    with pytest.raises(NotDelegated):
        told.when(TRAIN, for_track)
    grant(told, TRACK, TRAIN, kinds=(ProposalKind.SETTLEMENT,))
    with pytest.raises(NotDelegated):
        told.when(TRAIN, for_track)
    grant(told, TRACK, "Signal")
    grant(told, "Signal", TRAIN)
    with pytest.raises(NotDelegated):
        told.when(TRAIN, for_track)
    with pytest.raises(NotDelegated) as refused:
        told.when(TRAIN, Consent(asked, on_behalf_of="nobody"))
    assert refused.value.path == "onBehalfOf"


def test_a_circle_of_delegates_is_refused() -> None:
    """However long, while they overlap; one after the other is no circle."""
    told = Told.founded(TRACK, TRAIN, "Signal")
    grant(told, TRACK, TRAIN)
    grant(told, TRAIN, "Signal")

    with pytest.raises(DelegationCircular):
        grant(told, TRAIN, TRACK)
    with pytest.raises(DelegationCircular):
        grant(told, "Signal", TRACK)
    grant(told, "Signal", TRACK, start_on=END, end_on=date(2026, 4, 1))


def test_delegations_that_cannot_stand_are_refused() -> None:
    """To oneself, to a stranger, to an observer, backwards, past, or for ever."""
    told = Told.founded(TRACK, TRAIN, observers=("Auditor",))
    told.parties["Stranger"] = "nobody"

    for to, days, refusal in (
        (TRACK, (START, END), DelegationMalformed),
        ("Stranger", (START, END), NotFound),
        ("Auditor", (START, END), NotFound),
        (TRAIN, (END, START), DelegationMalformed),
        (TRAIN, (date(2026, 1, 1), date(2026, 2, 1)), DelegationMalformed),
        (TRAIN, (START, date(2036, 1, 1)), DelegationMalformed),
        (TRAIN, (date(1, 1, 1), END), DelegationMalformed),
    ):
        with pytest.raises(refusal):
            grant(told, TRACK, to, start_on=days[0], end_on=days[1])
    key = grant(told, TRACK, TRAIN)
    with pytest.raises(NotFound):
        told.when(TRAIN, RevokeDelegation(key))


def test_four_eyes_hold_for_whoever_answers_for_the_party() -> None:
    """A person that proposed for the party does not approve for it as its delegate."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(rule(four_eyes=True))
    grant(told, TRACK, TRAIN)
    asked = told.asked(TRACK, "alice")
    consent = Consent(asked, on_behalf_of=told.parties[TRACK])

    with pytest.raises(FourEyes):
        told.when(TRAIN, consent, "alice")
    told.when(TRAIN, consent, "bob")


def test_who_proposed_for_its_own_party_approves_for_no_other_one() -> None:
    """Four eyes ask about the person, whichever of the two parties it speaks for."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(rule(four_eyes=True))
    grant(told, TRACK, TRAIN)
    asked = told.asked(TRAIN, "alice")
    consent = Consent(asked, on_behalf_of=told.parties[TRACK])

    with pytest.raises(FourEyes):
        told.when(TRAIN, consent, "alice")
    told.when(TRAIN, consent, "bob")
    assert told.status(asked) == "OPEN"

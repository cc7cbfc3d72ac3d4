"""A host that writes what nobody agreed: each forgery is found by replay, and named."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.agreement import Consent
from ledger.answer import (
    ProposalAgreed,
    ProposalConsented,
    ProposalLapsed,
    ProposalNoticed,
    ProposalObjected,
    ProposalOpened,
    ProposalRejected,
    SilenceCounted,
    UndisputedBound,
)
from ledger.audit import check
from ledger.delegation import DelegationGranted, GrantDelegation
from ledger.dispute import DisputeEscalated, DisputeOpened, RulingSigned
from ledger.fact import CLOCK, EVERYBODY, Placed
from ledger.ids import PartyId
from ledger.ladder import RulingOutcome
from ledger.policy import PolicyApplied, PolicyProposed
from ledger.proposal import ProposalKind
from ledger.reply import Channel, Silence
from ledger.rule import RuleBroken
from ledger.workdays import DEFAULT_CALENDAR, BusinessCalendarAdopted
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, ladder, rule

DUE = datetime(2026, 3, 6, tzinfo=UTC)


def told_of(silence: Silence = Silence.ACCEPT) -> tuple[Told, str]:
    """A proposal that the buyer consented to and the others were told of."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(rule(silence, 3), ladder=ladder(told, 2, 3))
    asked = told.asked()
    told.consent(asked, BUYER)
    told.notify(asked, TRACK, TRAIN)
    return told, asked


def broken(told: Told, party: str, event: object, why: str, subject: str = "x") -> None:
    """An entry that a host would add is refused by the audit."""
    party_id = PartyId(told.parties.get(party, party))
    placed = Placed(
        told.book.size, told.now, party_id, subject, EVERYBODY, "", event, has_annex=False
    )
    with pytest.raises(RuleBroken, match=why):
        check(told.book, placed)


def test_a_lapse_that_is_left_out_is_found_at_the_next_entry() -> None:
    """Whatever comes after the deadline, the clock's entry comes before it."""
    told, asked = told_of()
    proposal = told.proposal(asked)
    told.now = DUE

    late = ProposalConsented(asked, proposal.index, proposal.commitment)
    broken(told, TRACK, late, "SilenceCounted of proposal .* comes first")


def test_silence_is_counted_only_when_due_and_by_the_clock() -> None:
    """Not before the deadline, not of one who was not told, not with another meaning."""
    told, asked = told_of()
    track = told.parties[TRACK]
    broken(told, CLOCK, SilenceCounted(asked, track, Silence.ACCEPT, DUE), "nothing of it is due")

    told.now = DUE
    first = min(told.parties[TRACK], told.parties[TRAIN])
    right = SilenceCounted(asked, first, Silence.ACCEPT, DUE)
    broken(told, TRACK, right, "only the clock")
    broken(told, CLOCK, replace(right, silence=Silence.REJECT), "comes first")
    broken(told, CLOCK, replace(right, due=DUE - timedelta(days=1)), "comes first")


def test_an_outcome_without_its_consents_is_found() -> None:
    """Also one that rests on rulings nobody gave, and one that is left out."""
    told, asked = told_of()
    consents = tuple(each.index for each in told.proposal(asked).consents())

    broken(told, CLOCK, ProposalAgreed(asked, consents), "it lacks consents")
    broken(told, CLOCK, ProposalAgreed(asked, consents, rulings=(1, 2, 3)), "it lacks consents")
    for event in (
        ProposalRejected(asked),
        ProposalLapsed(asked, ()),
        UndisputedBound(asked, consents),
        DisputeOpened(asked, DUE, ()),
        PolicyApplied(asked, 3, DUE),
    ):
        broken(told, CLOCK, event, "nothing of it is due")


def test_an_outcome_that_is_left_out_is_found_at_the_next_entry() -> None:
    """Who consented last is not kept waiting by a host that says nothing."""
    told, asked = told_of()
    told.consent(asked, TRACK)
    proposal = told.proposal(asked)
    event = ProposalConsented(asked, proposal.index, proposal.commitment)
    given = told.entries[-1]
    last = replace(given, index=told.book.size, party=PartyId(told.parties[TRAIN]), event=event)
    told.take(last)

    adopted = BusinessCalendarAdopted(DEFAULT_CALENDAR)
    broken(told, BUYER, adopted, f"ProposalAgreed of proposal {asked} comes first")


def test_a_proposal_under_milder_terms_than_the_policys_is_found() -> None:
    """Fewer consents, no deadline, an older policy, silence that means more, or no terms at all."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(rule(Silence.REJECT, 3))
    asked = told.asked()
    terms = told.entries[-1].event
    assert isinstance(terms, ProposalOpened)
    told.forget()
    proposal = told.proposal(asked)

    changes: tuple[dict[str, Any], ...] = (
        {"needed": 1},
        {"silence": Silence.ACCEPT},
        {"silence": Silence.NOTHING, "answer_days": 0, "deadlines": ()},
        {"deadlines": ()},
        {"policy_version": 1},
        {"four_eyes": True},
        {"rungs": 2},
    )
    for change in changes:
        broken(told, BUYER, replace(terms, **change), "ProposalOpened of proposal .* comes first")
    answer = ProposalConsented(asked, proposal.index, proposal.commitment)
    broken(told, TRACK, answer, "ProposalOpened of proposal .* comes first")
    told.take(replace(told.entries[-1], index=told.book.size, event=terms))
    broken(told, BUYER, terms, "nothing of it is due")


def test_a_proposal_that_asks_others_than_it_must_is_found() -> None:
    """Not all, as another kind, on another subject, or in place of what still stands."""
    told = Told.founded(TRACK, TRAIN)
    told.asked()
    event: Any = told.entries[-1].event
    told.forget()

    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"needed": 1}, "fewer consents"),
        ({"signatories": event.opening.signatories[:2]}, "does not ask all"),
        ({"kind": ProposalKind.INDICATOR}, "another kind"),
        ({"subject": "policy/2"}, "subject is another"),
        ({"replaces": "nothing"}, "No proposal"),
    )
    for change, why in changes:
        opening = replace(event.opening, **change)
        broken(told, BUYER, replace(event, opening=opening), why)


def test_answers_that_nobody_may_give_are_found() -> None:
    """For another party without its delegation, twice, of other bytes, for nobody."""
    told, asked = told_of()
    proposal = told.proposal(asked)
    yes = ProposalConsented(asked, proposal.index, proposal.commitment)

    broken(told, TRAIN, replace(yes, on_behalf_of=told.parties[TRACK]), "delegated nothing")
    broken(told, BUYER, yes, "answers twice")
    broken(told, TRACK, replace(yes, commitment="AAAA"), "other bytes")
    broken(told, CLOCK, yes, "does not ask for")
    no = ProposalObjected(asked, proposal.index, proposal.commitment, on_behalf_of="nobody")
    broken(told, TRACK, no, "delegated nothing")


def test_notices_that_were_not_given_so_are_found() -> None:
    """By another, or with another deadline."""
    told, asked = told_of()
    train = told.parties[TRAIN]
    until = told.proposal(asked).runs_until(train)
    event = ProposalNoticed(asked, train, Channel.CALLBACK, until)

    broken(told, TRACK, event, "another enters")
    broken(told, CLOCK, replace(event, channel=Channel.ACKNOWLEDGED), "another enters")
    broken(told, CLOCK, replace(event, until=DUE - timedelta(days=2)), "its deadline is another")


def test_steps_of_a_dispute_that_nobody_took_are_found() -> None:
    """Escalations and rulings by others than the sponsors, or of another rung."""
    told, asked = told_of()
    told.objects(asked, TRACK)
    proposal = told.proposal(asked)
    now = proposal.dispute
    assert now is not None
    ruling = RulingSigned(asked, proposal.index, proposal.commitment, 0, RulingOutcome.BINDS, "")

    broken(told, CLOCK, ruling, "names somebody else")
    broken(told, TRACK, replace(ruling, rung=1), "another dispute")
    higher = DisputeEscalated(asked, 1, now.until, now.sponsors)
    broken(told, TRACK, higher, "climbs otherwise")
    broken(told, CLOCK, replace(higher, due=now.until), "nothing of it is due")


def test_a_delegation_in_a_circle_is_found() -> None:
    """An act of one party is repeated too."""
    told, _ = told_of()
    start = date(2026, 3, 2)
    told.when(TRACK, GrantDelegation(told.parties[TRAIN], start, start + timedelta(days=9)))
    back = DelegationGranted("d", told.parties[TRACK], told.now, DUE, ())

    broken(told, TRAIN, back, "come back to you")


def test_a_policy_without_a_last_word_is_found() -> None:
    """What cannot be agreed cannot be written either."""
    told = Told.founded(TRACK, TRAIN)
    asked = told.asked()
    event = told.entries[-1].event
    assert isinstance(event, PolicyProposed)
    told.forget()
    climbing = replace(ladder(told, 2), last_word=None)
    wrong = replace(event, terms=replace(event.terms, ladder=climbing))

    broken(told, BUYER, wrong, "no last word")
    assert asked == event.opening.proposal_id


def test_the_audit_agrees_with_every_tale_told_here() -> None:
    """What was decided is what the audit computes: `Told` audits each entry as it is made."""
    told, asked = told_of()
    told.later(days=30).tick()
    tale = [type(each.event).__name__ for each in told.entries[-3:]]

    assert tale == ["SilenceCounted", "SilenceCounted", "ProposalAgreed"]
    assert told.status(asked) == "AGREED"
    assert told.replayed() == told.book
    with pytest.raises(Exception, match="deadline was"):
        told.when(TRACK, Consent(asked))

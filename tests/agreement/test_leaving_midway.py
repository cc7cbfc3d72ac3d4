"""Who leaves while something is open: what it began goes on, and nothing stays stuck by it."""

from dataclasses import replace
from datetime import date

import pytest

from ledger.agreement import Consent, NobodyCanAgree
from ledger.dispute import EscalateDispute, NotTheSponsor, SignRuling
from ledger.indicator import ProposeIndicator
from ledger.ladder import Ladder, LastWord, Level, RulingOutcome, Rung, Sponsor
from ledger.membership import LeaveAtGate, MembershipEnded, ProposeMembership
from ledger.party import MembershipTerms
from ledger.pilot import PilotTerms, PromotionStale, ProposePilot, ProposePromotion
from ledger.reply import Silence
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, ladder, rule
from tests.parties.terms import delay_minutes

GATE = date(2026, 3, 4)
"""The Wednesday: a dispute that opens on Monday 2 March is on its first rung until it begins."""
BINDS = RulingOutcome.BINDS


def with_gates(*names: str) -> Told:
    """Three parties, of whom some may leave as Wednesday begins."""
    told = Told.founded(TRACK, TRAIN)
    for name in names:
        terms = MembershipTerms(exit_gates=(GATE,))
        asked = told.open(BUYER, ProposeMembership(told.parties[name], terms))
        told.consent(asked, BUYER, TRACK, TRAIN)
    return told


def leaves(told: Told, *names: str) -> None:
    """They leave at the gate; it is Wednesday, nine o'clock."""
    for name in names:
        told.when(name, LeaveAtGate(GATE))
    told.at("2026-03-04T09:00")


def disputed(told: Told, *days: int, last: LastWord = LastWord.STATUS_QUO) -> str:
    """Track objects to what all are asked: a dispute, on which all three rule."""
    told.policy(ladder=ladder(told, *days, last=last))
    asked = told.asked()
    told.objects(asked, TRACK)
    return asked


def test_a_rung_whose_sponsor_left_ends_by_its_time_and_the_next_is_for_who_is_there() -> None:
    """All whom the policy names rule, or none: two of three do not; above, those who stayed do."""
    told = with_gates(TRAIN)
    asked = disputed(told, 4, 4)
    leaves(told, TRAIN)

    for name in (BUYER, TRACK):
        assert told.when(name, SignRuling(asked, BINDS)) == ["RulingSigned"]
    with pytest.raises(MembershipEnded):
        told.when(TRAIN, SignRuling(asked, BINDS))
    with pytest.raises(MembershipEnded):
        told.when(TRAIN, EscalateDispute(asked))
    assert told.status(asked) == "DISPUTED"

    told.at("2026-03-07T00:00")  # the fourth business day is over
    assert told.tick() == ["DisputeEscalated"]
    dispute = told.proposal(asked).dispute
    assert dispute is not None
    assert {each.party_id for each in dispute.sponsors} == {
        told.parties[BUYER],
        told.parties[TRACK],
    }
    told.when(BUYER, SignRuling(asked, BINDS))
    assert told.when(TRACK, SignRuling(asked, BINDS)) == ["RulingSigned", "ProposalAgreed"]
    assert told.replayed() == told.book


def test_who_stayed_need_not_wait_for_the_rungs_time() -> None:
    """A sponsor who is there sends the dispute up at once."""
    told = with_gates(TRAIN)
    asked = disputed(told, 4, 4)
    leaves(told, TRAIN)

    assert told.when(BUYER, EscalateDispute(asked)) == ["DisputeEscalated"]
    told.when(BUYER, SignRuling(asked, BINDS))
    told.when(TRACK, SignRuling(asked, BINDS))
    assert told.status(asked) == "AGREED"


def test_what_a_sponsor_ruled_before_it_left_counts() -> None:
    """It was named and it signed: the others complete the ruling."""
    told = with_gates(TRAIN)
    asked = disputed(told, 4, 4)
    told.when(TRAIN, SignRuling(asked, BINDS))
    leaves(told, TRAIN)

    told.when(BUYER, SignRuling(asked, BINDS))
    assert told.when(TRACK, SignRuling(asked, BINDS)) == ["RulingSigned", "ProposalAgreed"]


def test_on_the_last_rung_the_last_word_holds() -> None:
    """The ruling cannot be complete any more: the time ends, and the status quo stays."""
    told = with_gates(TRAIN)
    asked = disputed(told, 4)
    leaves(told, TRAIN)
    for name in (BUYER, TRACK):
        told.when(name, SignRuling(asked, BINDS))

    assert told.at("2026-03-07T00:00").tick() == ["ProposalRejected"]


def test_a_rung_on_which_nobody_is_left_is_ruled_by_nobody() -> None:
    """Its only sponsor's party is gone when the dispute comes there: its time ends it."""
    told = with_gates(TRAIN)
    named = (Sponsor(told.parties[TRAIN], "tess"),)
    everybody = tuple(Sponsor(each) for each in told.parties.values())
    rungs = (Rung(Level.OPERATIONAL, 4, everybody), Rung(Level.EXECUTIVE, 4, named))
    told.policy(ladder=Ladder(rungs, LastWord.STATUS_QUO))
    asked = told.asked()
    told.objects(asked, TRACK)
    leaves(told, TRAIN)

    told.when(BUYER, EscalateDispute(asked))
    with pytest.raises(NotTheSponsor):
        told.when(BUYER, SignRuling(asked, BINDS))
    assert told.later(days=30).tick() == ["ProposalRejected"]


@pytest.mark.parametrize(
    ("silence", "then"),
    [
        (Silence.ACCEPT, ["SilenceCounted", "ProposalAgreed"]),
        (Silence.REJECT, ["SilenceCounted", "ProposalLapsed"]),
    ],
)
def test_who_was_told_before_it_left_is_counted_by_its_silence(
    silence: Silence, then: list[str]
) -> None:
    """It could have answered while it was there; by leaving it holds up nobody who stays."""
    told = with_gates(TRAIN)
    told.policy(rule(silence, 5))
    asked = told.asked()
    told.notify(asked, TRAIN)
    told.consent(asked, BUYER, TRACK)
    leaves(told, TRAIN)
    with pytest.raises(MembershipEnded):
        told.when(TRAIN, Consent(asked))

    assert told.at("2026-03-10T00:00").tick() == then


def test_who_was_not_told_before_it_left_is_counted_by_nothing() -> None:
    """No notice, no silence: what waits for it ends with its days, or is asked anew without it."""
    told = with_gates(TRAIN)
    told.policy(rule(Silence.ACCEPT, 5))
    asked = told.asked()
    told.consent(asked, BUYER, TRACK)
    leaves(told, TRAIN)
    with pytest.raises(MembershipEnded):
        told.notify(asked, TRAIN)

    assert told.later(days=60).tick() == []
    assert told.later(days=120).tick() == ["ProposalLapsed"]


def test_of_two_of_three_the_one_who_left_is_not_missed() -> None:
    """Its consent counts where it gave it, and no other is needed where two agree."""
    told = with_gates(TRAIN)
    told.policy(rule(needed=2))
    asked = told.asked()
    told.consent(asked, TRAIN)
    leaves(told, TRAIN)

    assert told.consent(asked, BUYER) == ["ProposalConsented", "ProposalAgreed"]
    again = told.asked()
    assert told.parties[TRAIN] not in told.proposal(again).signatories
    told.objects(again, TRACK)
    assert told.status(again) == "DISPUTED"


def piloted(*leaving: str) -> tuple[Told, str, str, str]:
    """A promotion of a pilot's indicator that its owners, Track and Train, are asked for."""
    told = with_gates(*leaving)
    terms = delay_minutes(told, TRACK, TRAIN)
    owned = told.open(TRACK, ProposeIndicator(terms))
    told.consent(owned, TRACK, TRAIN)
    key = told.book.indicator_versions[owned].version.indicator_id
    parties = (told.parties[TRACK], told.parties[TRAIN])
    days = (date(2026, 1, 1), date(2026, 6, 30))
    tried = told.open(
        TRACK, ProposePilot(PilotTerms("A line", "North.", 9, parties, (key,), *days))
    )
    told.consent(tried, BUYER, TRACK, TRAIN)
    pilot = told.book.governance.pilots[tried].pilot_id
    asked = told.open(TRACK, ProposePromotion(pilot, key, "2026-04"))
    told.consent(asked, TRACK)
    return told, key, pilot, asked


def test_a_promotion_whose_co_owner_left_is_replaced_by_one_of_who_stayed() -> None:
    """The leaver answers it no more; what is asked anew asks the owners that are members."""
    told, key, pilot, asked = piloted(TRAIN)
    leaves(told, TRAIN)
    with pytest.raises(MembershipEnded):
        told.when(TRAIN, Consent(asked))
    assert told.status(asked) == "OPEN"

    again = told.open(TRACK, ProposePromotion(pilot, key, "2026-04", replaces=asked))
    assert told.proposal(again).signatories == (told.parties[TRACK],)
    told.consent(again, TRACK)

    assert told.status(asked) == "SUPERSEDED"
    version = told.book.current_indicator(key)
    assert version is not None
    assert version.terms.is_live_in("2026-04")
    assert told.replayed() == told.book


def test_a_promotion_that_nobody_replaces_lapses() -> None:
    """Left alone, it ends with its days, and nothing went live."""
    told, key, _, asked = piloted(TRAIN)
    leaves(told, TRAIN)

    assert told.later(days=181).tick() == ["ProposalLapsed"]

    assert told.status(asked) == "LAPSED"
    version = told.book.current_indicator(key)
    assert version is not None
    assert not version.terms.is_live_in("2026-04")


def test_a_consent_before_leaving_still_counts_towards_a_promotion() -> None:
    """It was a member when it signed; the other owner completes it."""
    told, key, _, asked = piloted(TRACK)
    leaves(told, TRACK)

    assert told.consent(asked, TRAIN) == ["ProposalConsented", "ProposalAgreed"]
    version = told.book.current_indicator(key)
    assert version is not None
    assert version.terms.is_live_in("2026-04")


def test_a_promotion_of_what_the_stayers_redefined_is_stale() -> None:
    """A version without the leaver is another version: its promotion is proposed anew."""
    told, key, pilot, asked = piloted(TRAIN)
    leaves(told, TRAIN)
    alone = delay_minutes(told, TRACK, BUYER)
    new = told.open(TRACK, ProposeIndicator(alone, key))
    told.consent(new, BUYER, TRACK)

    again = told.open(TRACK, ProposePromotion(pilot, key, "2026-04", replaces=asked))
    told.consent(again, TRACK)
    other = told.open(BUYER, ProposeIndicator(replace(alone, why="Another reason."), key))
    told.consent(other, BUYER, TRACK)
    with pytest.raises(PromotionStale):
        told.when(BUYER, Consent(again))


def test_when_all_owners_left_nobody_can_promote() -> None:
    """There is no signatory left: the refusal says so, and nothing changed."""
    told, key, pilot, asked = piloted(TRACK, TRAIN)
    leaves(told, TRACK, TRAIN)
    size = told.book.size

    with pytest.raises(NobodyCanAgree):
        told.when(BUYER, ProposePromotion(pilot, key, "2026-04", replaces=asked))
    assert told.book.size == size

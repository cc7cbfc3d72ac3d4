"""Who answers, and how often: consents, objections, k of n, withdrawal, counter-proposals."""

from dataclasses import replace
from datetime import date

import pytest

from ledger.agreement import (
    CommitmentDiffers,
    Consent,
    ConsentTwice,
    FourEyes,
    NobodyCanAgree,
    NotASignatory,
    NotTheProposer,
    Objection,
    ProposalClosed,
    ReasonMissing,
    SubjectBusy,
    Withdrawal,
    opening,
)
from ledger.answer import ProposalNoticed
from ledger.fact import CLOCK
from ledger.ids import ProposalId
from ledger.membership import MembershipEnded
from ledger.policy import PolicyTerms, ProposePolicy, RuleMalformed
from ledger.proposal import Agreements, ProposalKind
from ledger.reply import Channel, Silence
from ledger.trust import ObserversSignNothing
from tests.agreement.test_forged import broken
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, rule


def three() -> Told:
    """A buyer and two partners, with an observer."""
    return Told.founded(TRACK, TRAIN, observers=("Auditor",))


def test_all_who_are_asked_consent_and_then_it_binds() -> None:
    """Unanimity is the founding's rule; the last consent brings the outcome with it."""
    told = three()
    asked = told.asked()

    assert told.consent(asked, BUYER, TRACK) == ["ProposalConsented"]
    assert told.status(asked) == "OPEN"
    assert told.consent(asked, TRAIN) == ["ProposalConsented", "ProposalAgreed"]
    assert told.status(asked) == "AGREED"


def test_where_k_of_n_are_needed_one_no_does_not_stop_them() -> None:
    """A minority's objection is an answer, not a dispute."""
    told = three()
    told.policy(rule(needed=2))
    asked = told.asked()

    assert told.objects(asked, TRAIN) == ["ProposalObjected"]
    assert told.status(asked) == "OPEN"
    told.consent(asked, BUYER, TRACK)

    assert told.status(asked) == "AGREED"


def test_where_k_of_n_are_needed_the_no_that_blocks_disputes_it() -> None:
    """Once k can no longer be reached."""
    told = three()
    told.policy(rule(needed=2))
    asked = told.asked()
    told.objects(asked, TRAIN)

    told.objects(asked, TRACK)

    assert told.status(asked) == "DISPUTED"


def test_k_above_n_needs_all() -> None:
    """A rule never asks for more consents than there are signatories."""
    told = three()
    told.policy(rule(needed=7))

    assert told.proposal(told.asked()).needed == 3


def test_one_alone_is_no_agreement() -> None:
    """A policy by which one party's consent would be enough is refused."""
    told = three()

    with pytest.raises(RuleMalformed):
        told.asked(rules=(rule(needed=1),))


def test_a_party_answers_once_for_itself() -> None:
    """Twice, for others, as an observer, after the end, of other bytes: each is refused."""
    told = three()
    asked = told.asked()
    told.consent(asked, TRACK)
    size = told.book.size

    def refused(kind: type[Exception], party: str, command: Consent | Objection) -> None:
        with pytest.raises(kind):
            told.when(party, command)

    refused(ConsentTwice, TRACK, Consent(asked))
    refused(ConsentTwice, TRACK, Objection(asked, "No."))
    refused(ObserversSignNothing, "Auditor", Consent(asked))
    refused(CommitmentDiffers, TRAIN, Consent(asked, "AAAA"))
    refused(ReasonMissing, TRAIN, Objection(asked, " "))
    assert told.book.size == size
    told.consent(asked, BUYER, TRAIN)
    refused(ConsentTwice, TRAIN, Consent(asked))


def test_who_was_not_asked_has_no_say() -> None:
    """The signatories are fixed when it is opened."""
    agreements = Agreements()

    with pytest.raises(NobodyCanAgree):
        opening(
            agreements,
            proposal_id=ProposalId("p"),
            kind=ProposalKind.POLICY,
            subject="policy",
            signatories=(),
        )


def test_a_party_that_joined_since_has_no_say_in_what_was_asked_before() -> None:
    """And what was asked before does not wait for it."""
    told = three()
    asked = told.asked()
    around = told.book.ecosystem
    assert around is not None
    joined = replace(around.parties[1], party_id="joined", name="Joined")
    told.book = replace(told.book, ecosystem=replace(around, parties=(*around.parties, joined)))
    told.parties["Joined"] = "joined"

    with pytest.raises(NotASignatory):
        told.consent(asked, "Joined")
    told.consent(asked, BUYER, TRACK, TRAIN)

    assert told.status(asked) == "AGREED"
    later = told.asked()
    told.consent(later, "Joined")


def test_who_objected_may_be_convinced() -> None:
    """A consent takes one's own objection back while the dispute lasts, and ends it."""
    told = three()
    asked = told.asked()
    told.consent(asked, BUYER)
    told.objects(asked, TRACK)
    assert told.status(asked) == "DISPUTED"

    told.consent(asked, TRACK)

    assert told.status(asked) == "OPEN"
    with pytest.raises(ConsentTwice):
        told.objects(asked, TRACK)
    told.consent(asked, TRAIN)
    assert told.status(asked) == "AGREED"


def test_only_the_proposer_withdraws_and_only_what_is_open() -> None:
    """What is withdrawn is answered no more."""
    told = three()
    asked = told.asked(TRACK)
    with pytest.raises(NotTheProposer):
        told.when(TRAIN, Withdrawal(asked))

    assert told.when(TRACK, Withdrawal(asked)) == ["ProposalWithdrawn"]

    for refused in (Withdrawal(asked), Consent(asked)):
        with pytest.raises(ProposalClosed):
            told.when(TRACK, refused)


def test_a_counter_proposal_asks_everybody_again() -> None:
    """The consents to the old one count no more, and a late one is refused."""
    told = three()
    first = told.asked(TRACK)
    told.consent(first, BUYER, TRACK)
    with pytest.raises(SubjectBusy):
        told.asked(TRAIN)

    second = told.open(TRAIN, ProposePolicy(PolicyTerms(), replaces=first))

    assert told.status(first) == "SUPERSEDED"
    assert told.proposal(second).answers == ()
    with pytest.raises(ProposalClosed):
        told.consent(first, TRAIN)
    with pytest.raises(ProposalClosed):
        told.open(TRAIN, ProposePolicy(PolicyTerms(), replaces=first))


def test_four_eyes_are_of_the_proposing_party() -> None:
    """Who proposed approves not; a colleague does, and other parties are free."""
    told = three()
    told.policy(rule(four_eyes=True))
    asked = told.asked(TRACK, "alice")

    with pytest.raises(FourEyes):
        told.when(TRACK, Consent(asked), "alice")
    told.when(TRACK, Consent(asked), "bob")
    told.when(TRAIN, Consent(asked), "alice")
    told.consent(asked, BUYER)

    assert told.status(asked) == "AGREED"


def gone(told: Told, *names: str) -> None:
    """They left as Tuesday 3 March 2026 began."""
    around = told.book.ecosystem
    assert around is not None
    left = {told.parties[name] for name in names}
    parties = tuple(
        replace(each, left_on=date(2026, 3, 3)) if each.party_id in left else each
        for each in around.parties
    )
    told.book = replace(told.book, ecosystem=replace(around, parties=parties))


def test_nothing_waits_for_a_party_that_left() -> None:
    """What was asked before is replaced by one that asks those who are there."""
    told = three()
    asked = told.asked()
    told.consent(asked, BUYER, TRACK)
    gone(told, TRAIN)
    told.at("2026-03-04T12:00")
    with pytest.raises(MembershipEnded):
        told.consent(asked, TRAIN)
    assert told.status(asked) == "OPEN"
    with pytest.raises(MembershipEnded):  # nor does a letter begin its time
        told.notify(asked, TRAIN)
    noticed = ProposalNoticed(asked, told.parties[TRAIN], Channel.MAIL, None)
    broken(told, CLOCK, noticed, "its party had left")

    again = told.open(BUYER, ProposePolicy(PolicyTerms(), replaces=asked))
    told.consent(again, BUYER, TRACK)

    assert told.status(asked) == "SUPERSEDED"
    assert told.status(again) == "AGREED"


def test_a_deadline_that_was_running_runs_on_when_the_party_leaves() -> None:
    """Fixed at opening, begun by the notice: its silence counts as the policy said."""
    told = three()
    told.policy(rule(Silence.REJECT, 2))
    asked = told.asked()
    told.consent(asked, BUYER, TRACK)
    told.notify(asked, TRAIN)
    gone(told, TRAIN)

    assert told.at("2026-03-05T00:00").tick() == ["SilenceCounted", "ProposalLapsed"]

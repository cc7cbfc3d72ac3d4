"""The ladder: how a dispute climbs, who rules, and what the last word is."""

from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.agreement import Consent, Withdrawal
from ledger.dispute import (
    DisputeEscalated,
    DocumentMalformed,
    EscalateDispute,
    NoLadder,
    NotBeforeTheArbiter,
    NotDisputed,
    NothingUndisputed,
    NotTheSponsor,
    RecordExternalRuling,
    RuledAlready,
    RulingUnsigned,
    SignRuling,
    TopOfTheLadder,
    WithTheArbiter,
    ruling_statement,
)
from ledger.ladder import (
    Arbiter,
    Ladder,
    LadderMalformed,
    LastWord,
    Level,
    NoLastWord,
    RulingOutcome,
    Rung,
    Sponsor,
)
from ledger.policy import PolicyTerms, ProposePolicy
from ledger.workdays import AdoptBusinessCalendar, BusinessCalendar
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, ladder

DOCUMENT = "ab" * 32


def instant(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def disputed(
    *days: int, last: LastWord = LastWord.STATUS_QUO, arbiter: Arbiter | None = None
) -> tuple[Told, str]:
    """Three parties; on Monday 2 March 2026 one objects to what all are asked."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(ladder=ladder(told, *(days or (2, 3, 4)), last=last, arbiter=arbiter))
    asked = told.asked()
    told.consent(asked, BUYER)
    assert told.objects(asked, TRACK) == ["ProposalObjected", "DisputeOpened"]
    return told, asked


def test_an_objection_opens_a_dispute_on_the_first_rung() -> None:
    """Its time is over when it is for all who are asked."""
    told, asked = disputed()
    dispute = told.proposal(asked).dispute

    assert dispute is not None
    assert (dispute.rung, dispute.until) == (0, instant("2026-03-05T00:00"))
    assert len(dispute.sponsors) == 3


def test_a_rungs_time_is_over_when_it_is_for_all() -> None:
    """By the calendars of the opening; the latest counts."""
    told = Told.founded(TRACK, TRAIN)
    off = BusinessCalendar("Europe/Rome", holidays=(date(2026, 3, 3), date(2026, 3, 4)))
    told.when(TRAIN, AdoptBusinessCalendar(off))
    told.policy(ladder=ladder(told, 2))
    asked = told.asked()
    told.objects(asked, TRACK)

    dispute = told.proposal(asked).dispute
    assert dispute is not None
    assert dispute.until == instant("2026-03-06T23:00")


def test_the_clock_climbs_rung_by_rung_each_from_the_end_of_the_one_below() -> None:
    """Nothing depends on when somebody looked: weeks later the same instants are entered."""
    told, asked = disputed(2, 3, 4)
    told.at("2026-06-01T00:00")

    assert told.tick() == ["DisputeEscalated", "DisputeEscalated", "ProposalRejected"]

    climbs = [each.event for each in told.entries[-3:]]
    assert isinstance(climbs[0], DisputeEscalated)
    assert (climbs[0].rung, climbs[0].due) == (1, instant("2026-03-05T00:00"))
    # the step is due as Thursday begins, which does not count; the weekend does not either
    assert climbs[0].until == instant("2026-03-11T00:00")
    assert told.status(asked) == "REJECTED"


def test_a_sponsor_may_send_it_up_earlier() -> None:
    """Only one who is named on its rung; from the last rung there is nowhere to go."""
    told, asked = disputed(2, 3)

    assert told.when(TRAIN, EscalateDispute(asked)) == ["DisputeEscalated"]

    dispute = told.proposal(asked).dispute
    assert dispute is not None
    assert (dispute.rung, dispute.until) == (1, instant("2026-03-06T00:00"))
    with pytest.raises(TopOfTheLadder):
        told.when(TRAIN, EscalateDispute(asked))


def test_a_sponsor_may_be_named_as_a_person() -> None:
    """Then nobody else of the party rules, nor anybody of a party that is not named."""
    told = Told.founded(TRACK, TRAIN)
    named = (Sponsor(told.parties[TRACK], "carol"),)
    told.policy(ladder=Ladder((Rung(Level.EXECUTIVE, 2, named),), LastWord.STATUS_QUO))
    asked = told.asked()
    told.objects(asked, TRAIN)
    binds = SignRuling(asked, RulingOutcome.BINDS)

    for party, subject in ((TRACK, "dave"), (TRAIN, "carol")):
        with pytest.raises(NotTheSponsor):
            told.when(party, binds, subject)

    assert told.when(TRACK, binds, "carol") == ["RulingSigned", "ProposalAgreed"]


def test_a_ruling_needs_all_named_sponsors_alike() -> None:
    """The latest of each counts; then what was proposed binds against the objection."""
    told, asked = disputed()
    binds, falls = SignRuling(asked, RulingOutcome.BINDS), SignRuling(asked, RulingOutcome.REJECTED)
    told.when(BUYER, binds)
    told.when(TRACK, falls)
    with pytest.raises(RuledAlready):
        told.when(TRACK, falls)
    assert told.when(TRAIN, binds) == ["RulingSigned"]
    assert told.status(asked) == "DISPUTED"

    assert told.when(TRACK, binds) == ["RulingSigned", "ProposalAgreed"]

    assert told.status(asked) == "AGREED"
    with pytest.raises(NotDisputed):
        told.when(TRACK, binds)


def test_a_ruling_can_reject() -> None:
    """Then the status quo stays."""
    told, asked = disputed()
    falls = SignRuling(asked, RulingOutcome.REJECTED, DOCUMENT)
    for party in (BUYER, TRACK):
        told.when(party, falls)

    assert told.when(TRAIN, falls) == ["RulingSigned", "ProposalRejected"]


def test_a_rulings_of_the_rung_below_count_no_more() -> None:
    """Each rung rules anew."""
    told, asked = disputed()
    binds = SignRuling(asked, RulingOutcome.BINDS)
    told.when(BUYER, binds)
    told.when(TRACK, EscalateDispute(asked))

    told.when(TRACK, binds)
    assert told.when(TRAIN, binds) == ["RulingSigned"]
    assert told.when(BUYER, binds) == ["RulingSigned", "ProposalAgreed"]


def test_what_is_no_dispute_cannot_be_ruled() -> None:
    """Not open, not without a ladder, not in part where nothing is undisputed, not unnamed text."""
    told = Told.founded(TRACK, TRAIN)
    open_one = told.asked()
    binds = SignRuling(open_one, RulingOutcome.BINDS)
    with pytest.raises(NotDisputed):
        told.when(TRACK, binds)
    told.objects(open_one, TRACK)
    with pytest.raises(NoLadder):
        told.when(TRACK, binds)

    told, asked = disputed()
    with pytest.raises(NothingUndisputed):
        told.when(TRACK, SignRuling(asked, RulingOutcome.UNDISPUTED_PART))
    with pytest.raises(DocumentMalformed):
        told.when(TRACK, SignRuling(asked, RulingOutcome.BINDS, "no hash"))
    with pytest.raises(NotBeforeTheArbiter):
        told.when(TRACK, RecordExternalRuling(asked, RulingOutcome.BINDS, DOCUMENT, bytes(64)))


def test_a_dispute_ends_by_withdrawal_by_replacement_or_by_being_convinced() -> None:
    """And then nothing is due about it any more."""
    told, asked = disputed()
    told.when(BUYER, Withdrawal(asked))
    assert told.status(asked) == "WITHDRAWN"

    told, asked = disputed()
    told.open(TRACK, ProposePolicy(PolicyTerms(), replaces=asked))
    assert told.status(asked) == "SUPERSEDED"

    told, asked = disputed()
    told.consent(asked, TRACK)
    assert told.status(asked) == "OPEN"
    assert told.at("2026-06-01T00:00").tick() == []
    told.consent(asked, TRAIN)
    assert told.status(asked) == "AGREED"


def test_the_last_word_of_an_arbiter_is_signed_by_its_key() -> None:
    """Named beforehand; forged, it is refused; within its time it binds."""
    key = Ed25519PrivateKey.generate()
    arbiter = Arbiter("The mediator", key.public_key().public_bytes_raw(), 10)
    told, asked = disputed(1, last=LastWord.EXTERNAL_RULING, arbiter=arbiter)
    assert told.at("2026-03-04T00:00").tick() == ["DisputeEscalated"]
    with pytest.raises(WithTheArbiter):
        told.when(TRACK, SignRuling(asked, RulingOutcome.BINDS))

    proposal = told.proposal(asked)
    statement = ruling_statement(told.book.ecosystem_id, proposal, RulingOutcome.BINDS, DOCUMENT)
    signed = key.sign(statement)
    for outcome, document, signature, refusal in (
        (RulingOutcome.REJECTED, DOCUMENT, signed, RulingUnsigned),
        (RulingOutcome.BINDS, "cd" * 32, signed, RulingUnsigned),
        (RulingOutcome.BINDS, DOCUMENT, bytes(64), RulingUnsigned),
        (RulingOutcome.BINDS, "", signed, DocumentMalformed),
    ):
        with pytest.raises(refusal):
            told.when(TRACK, RecordExternalRuling(asked, outcome, document, signature))

    recorded = RecordExternalRuling(asked, RulingOutcome.BINDS, DOCUMENT, signed)
    assert told.when(TRACK, recorded) == ["ExternalRulingRecorded", "ProposalAgreed"]


def test_an_arbiter_that_says_nothing_leaves_the_status_quo() -> None:
    """Its time is limited too, so that every dispute ends."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    arbiter = Arbiter("The mediator", public, 10)
    told, asked = disputed(1, last=LastWord.EXTERNAL_RULING, arbiter=arbiter)

    assert told.at("2026-06-01T00:00").tick() == ["DisputeEscalated", "ProposalRejected"]
    assert told.status(asked) == "REJECTED"


def test_a_policy_whose_ladder_has_no_last_word_is_refused() -> None:
    """Also one with nobody to rule, rungs that do not rise, or no time."""
    told = Told.founded(TRACK, TRAIN, observers=("Auditor",))
    sponsors = (Sponsor(told.parties[TRACK]),)
    rung = Rung(Level.OPERATIONAL, 2, sponsors)
    auditor = (Sponsor(told.parties["Auditor"]),)
    arbiter = Arbiter("M", bytes(32), 1)

    for wrong, refusal in (
        (Ladder((rung,)), NoLastWord),
        (Ladder((rung,), LastWord.EXTERNAL_RULING), NoLastWord),
        (Ladder((rung,), LastWord.STATUS_QUO, arbiter), NoLastWord),
        (Ladder((), LastWord.STATUS_QUO), LadderMalformed),
        (Ladder((rung, rung), LastWord.STATUS_QUO), LadderMalformed),
        (Ladder((Rung(Level.MANAGEMENT, 0, sponsors),), LastWord.STATUS_QUO), LadderMalformed),
        (Ladder((Rung(Level.MANAGEMENT, 1, ()),), LastWord.STATUS_QUO), LadderMalformed),
        (Ladder((Rung(Level.MANAGEMENT, 1, auditor),), LastWord.STATUS_QUO), LadderMalformed),
        (
            Ladder((Rung(Level.MANAGEMENT, 1, sponsors * 2),), LastWord.STATUS_QUO),
            LadderMalformed,
        ),
        (
            Ladder((rung,), LastWord.EXTERNAL_RULING, Arbiter("M", b"short", 1)),
            LadderMalformed,
        ),
        (Ladder((rung,), LastWord.EXTERNAL_RULING, Arbiter(" ", bytes(32), 1)), LadderMalformed),
    ):
        with pytest.raises(refusal):
            told.when(BUYER, ProposePolicy(PolicyTerms(ladder=wrong)))


def test_a_consent_in_a_dispute_names_its_rung() -> None:
    """Where the dispute stands is part of what is signed."""
    told, asked = disputed()
    assert told.proposal(asked).rung == 1
    told.when(TRACK, EscalateDispute(asked))
    assert told.proposal(asked).rung == 2
    told.when(TRACK, Consent(asked))
    assert told.proposal(asked).rung == 0

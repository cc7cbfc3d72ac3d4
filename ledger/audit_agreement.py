"""Audit of agreeing: openings, answers, what follows and what was due, computed again. Pure.

The one rule: what follows from an entry comes next, and what was due by an entry comes before it;
nothing of the kind comes otherwise, whoever signs for it. Source: `domain.md` section 3.
"""

from collections.abc import Mapping

from ledger import agreement, delegation, dispute, workdays
from ledger.accord import climbed, ladder_of, require_named_sponsor, signing
from ledger.actor import Actor
from ledger.agreement import Around, NotifyParty
from ledger.answer import (
    ProposalAgreed,
    ProposalConsented,
    ProposalLapsed,
    ProposalNoticed,
    ProposalObjected,
    ProposalOpened,
    ProposalRejected,
    ProposalSuperseded,
    ProposalWithdrawn,
    SilenceCounted,
    UndisputedBound,
)
from ledger.book import Book
from ledger.closing import BooksClosed, CloseProposed
from ledger.delegation import DelegationEnded, DelegationGranted
from ledger.dispute import (
    DisputeEscalated,
    DisputeOpened,
    ExternalRulingRecorded,
    RulingSigned,
)
from ledger.exclusion import ExclusionProposed
from ledger.fact import CLOCK, Placed
from ledger.indicator import IndicatorProposed
from ledger.initiative import InitiativeProposed, StageProposed
from ledger.journal import SettlementPartPosted, SettlementPosted, StakePosted
from ledger.lapse import lapsed, next_due
from ledger.measurement import MeasurementProposed
from ledger.membership import KINDS as MEMBERSHIP_KINDS
from ledger.membership import MembershipProposed
from ledger.netting import DuesNetted
from ledger.pilot import PilotProposed, PromotionProposed
from ledger.policy import PolicyApplied, PolicyProposed
from ledger.proposal import Opening, ProposalKind, ProposalStatus
from ledger.reply import Channel
from ledger.rule import RuleBroken, ecosystem, require
from ledger.schedule import DueKind
from ledger.scheme import SchemeProposed
from ledger.settlement import SettlementProposed
from ledger.standing import told_too_late
from ledger.undisputed import check_disputed, part_posted
from ledger.workdays import BusinessCalendarAdopted

KINDS: Mapping[type, frozenset[ProposalKind]] = {
    IndicatorProposed: frozenset({ProposalKind.INDICATOR}),
    MeasurementProposed: frozenset({ProposalKind.MEASUREMENT}),
    ExclusionProposed: frozenset({ProposalKind.EXCLUSION}),
    SchemeProposed: frozenset({ProposalKind.SCHEME}),
    SettlementProposed: frozenset({ProposalKind.SETTLEMENT}),
    PolicyProposed: frozenset({ProposalKind.POLICY}),
    CloseProposed: frozenset({ProposalKind.PERIOD_CLOSE}),
    MembershipProposed: frozenset(MEMBERSHIP_KINDS),
    PilotProposed: frozenset({ProposalKind.PILOT}),
    PromotionProposed: frozenset({ProposalKind.PROMOTION}),
    InitiativeProposed: frozenset({ProposalKind.INITIATIVE}),
    StageProposed: frozenset({ProposalKind.INITIATIVE_STAGE}),
}
"""Of which kind a proposal is, by its event: its policy's rule hangs on it."""

FOLLOWING_AT_ONCE = (
    SettlementPosted,
    SettlementPartPosted,
    StakePosted,
    DuesNetted,
    BooksClosed,
)
FOLLOWING = (
    ProposalOpened,
    SilenceCounted,
    ProposalAgreed,
    ProposalRejected,
    ProposalLapsed,
    UndisputedBound,
    DisputeOpened,
    PolicyApplied,
)
"""What is entered only because it follows, or is due."""


def check_due(book: Book, placed: Placed) -> None:
    """Return if an entry is what comes next, where something follows or is due by then."""
    event = placed.event
    if isinstance(event, FOLLOWING_AT_ONCE):
        return  # it follows an outcome, within the same breath
    due = next_due(book, placed.at)
    if due is None:
        is_given = isinstance(event, FOLLOWING)
        is_given |= isinstance(event, DisputeEscalated) and event.due is not None
        why = "it lacks consents" if isinstance(event, ProposalAgreed) else "nothing of it is due"
        require(not is_given, why)
        return
    expected = lapsed(book, due, placed.at)[0].event
    if isinstance(event, ProposalAgreed) and isinstance(expected, ProposalAgreed):
        require(event.consents == expected.consents, "it names consents that were not given")
    why = f"{type(expected).__name__} of proposal {due.proposal_id} comes first"
    require(event == expected, why)
    require(due.kind is DueKind.OUTCOME or placed.party == CLOCK, "only the clock enters it")


def check_opening(
    book: Book, placed: Placed, opening: Opening, subject: str, asked: frozenset[str]
) -> None:
    """A proposal asks all whose consent it needs; one is pending a subject."""
    require(opening.subject == subject, "its subject is another")
    require(set(opening.signatories) == asked, "it does not ask all whose consent it needs")
    require(opening.kind in KINDS[type(placed.event)], "it is of another kind")
    require(opening.proposal_id not in book.agreements.proposals, "its id was used before")
    require(subject not in book.agreements.pending, "another proposal of its subject is pending")
    if opening.replaces:
        replaced = book.agreements.get(opening.replaces)
        is_replaced = replaced.status is ProposalStatus.SUPERSEDED
        require(is_replaced and replaced.subject == subject, "it replaces what still stands")
    everybody = "it needs fewer consents than there are signatories"
    require(opening.needed == len(asked), everybody)  # the policy's rule comes in the next entry


def check_agreement(book: Book, placed: Placed) -> bool:
    """Return whether the entry is one about agreeing, if it may stand. Raises RuleBroken."""
    match placed.event:
        case ProposalConsented() | ProposalObjected() as answer:
            _check_answer(book, placed, answer)
        case ProposalWithdrawn(proposal_id=key):
            agreement.check_withdrawal(book.agreements.get(key), placed.party)
        case ProposalSuperseded(proposal_id=key):
            require(book.agreements.get(key).is_pending, "the proposal was closed")
            agreement.check_replacer(book.agreements.get(key), placed.party)
        case ProposalNoticed() as noticed:
            _check_notice(book, placed, noticed)
        case DisputeEscalated() | RulingSigned() | ExternalRulingRecorded():
            _check_dispute(book, placed)
        case BusinessCalendarAdopted(calendar=calendar):
            workdays.check_calendar(calendar)
        case DelegationGranted() as granted:
            signers = ecosystem(book).signing_ids(placed.at)
            delegation.check(granted, book.delegations, signers, placed.party, placed.at)
        case DelegationEnded(delegation_id=key):
            delegation.check_revocation(key, book.delegations, placed.party)
        case SettlementPartPosted(settlement_id=key) as posted:
            proposal = book.agreements.get(book.settlement_proposals[key])
            binds = proposal.undisputed_index is not None or proposal.is_partial
            require(binds, "its undisputed part binds not yet")
            follows = part_posted(book, proposal, is_final=proposal.is_partial)
            expected = [fact.event for fact in follows]
            require(expected == [posted], "its postings do not follow from the settlement")
        case event:
            return isinstance(event, FOLLOWING)
    return True


def _check_answer(book: Book, placed: Placed, answer: ProposalConsented | ProposalObjected) -> None:
    proposal = book.agreements.get(answer.proposal_id)
    signed = (answer.proposal_index, answer.commitment)
    require(signed == (proposal.index, proposal.commitment), "it signs other bytes")
    around = Around(signing(book), book.delegations, placed.at)
    actor = Actor(book.ecosystem_id, placed.party, placed.subject)
    try:
        agreement.check_answer(proposal, actor, answer, around)
    except agreement.ConsentTwice as twice:
        raise RuleBroken("its party answers twice") from twice
    if isinstance(answer, ProposalObjected) and answer.disputed is not None:
        party_id = answer.on_behalf_of or placed.party
        check_disputed(book, answer.proposal_id, party_id, answer.disputed)


def _check_notice(book: Book, placed: Placed, noticed: ProposalNoticed) -> None:
    is_own = noticed.channel is Channel.ACKNOWLEDGED
    by = noticed.party_id if is_own else CLOCK
    require(placed.party == by, "another enters that it was told")
    command = NotifyParty(noticed.proposal_id, noticed.party_id, noticed.channel)
    expected = agreement.notice(book.agreements, command, placed.at)
    require(noticed == expected, "its deadline is another")
    late = told_too_late(book, noticed, placed.at)
    is_of_before = ecosystem(book).proposal_days is None  # nobody asked then
    require(is_of_before or late is None, "its party had left")


def _check_dispute(book: Book, placed: Placed) -> None:
    match placed.event:
        case DisputeEscalated(proposal_id=key, due=None) as step:
            proposal = book.agreements.get(key)
            dispute.require_sponsor(proposal, placed.party, placed.subject)
            require_named_sponsor(book, proposal, placed.party, placed.subject)
            require(step == climbed(book, proposal, placed.at), "it climbs otherwise")
        case RulingSigned(proposal_id=key) as ruling:
            proposal = book.agreements.get(key)
            now = dispute.require_sponsor(proposal, placed.party, placed.subject)
            require_named_sponsor(book, proposal, placed.party, placed.subject)
            signed = (ruling.proposal_index, ruling.commitment, ruling.rung)
            expected = (proposal.index, proposal.commitment, now.rung)
            require(signed == expected, "it rules on another dispute")
            dispute.check_ruling(proposal, ruling, book.ecosystem_id, placed.party, signing(book))
        case ExternalRulingRecorded(proposal_id=key) as outside:
            proposal = book.agreements.get(key)
            arbiter = ladder_of(book, proposal).arbiter
            require(placed.party in proposal.signatories, "its party was not asked")
            dispute.check_external(proposal, outside, arbiter, book.ecosystem_id)
        case _:
            pass

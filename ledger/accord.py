"""Decisions about agreeing: answers, notices, delegations, disputes, and what follows. Pure.

The one rule: what follows from an entry follows at once, and what a passed deadline means is
entered by the clock before anything else is decided. Both are computed here from the Book, so
that an audit computes them again. Source: `domain.md` section 3, `design.md` section 2.
"""

from collections.abc import Iterator
from datetime import datetime

from ledger import agreement, delegation, dispute, workdays
from ledger.actor import Actor
from ledger.agreement import Around, Consent, NotifyParty, Objection, Withdrawal
from ledger.answer import (
    ProposalAgreed,
    ProposalConsented,
    ProposalLapsed,
    ProposalOpened,
    ProposalRejected,
    UndisputedBound,
)
from ledger.book import Book
from ledger.changes import opening_of
from ledger.closeout import closed_books, is_closable, require_closable
from ledger.commands import Decision
from ledger.delegation import GrantDelegation, RevokeDelegation
from ledger.dispute import EscalateDispute, RecordExternalRuling, SignRuling
from ledger.errors import Fault, Refusal
from ledger.fact import CLOCK, EVERYBODY, Fact, Placed
from ledger.freshness import is_fresh, require_fresh
from ledger.ids import Seed
from ledger.ladder import Ladder, RulingOutcome
from ledger.life import after
from ledger.membership import MembershipEnded
from ledger.payout import posted
from ledger.priority import is_bindable, require_bindable
from ledger.proposal import Opening, Proposal, ProposalKind, Step
from ledger.reply import Channel, Deadline
from ledger.reversal import is_reversible, require_reversible
from ledger.sponsor import AnotherSponsor, level_left
from ledger.standing import told_too_late
from ledger.statement import Signing
from ledger.trust import member
from ledger.undisputed import check_disputed, part_posted
from ledger.workdays import AdoptBusinessCalendar

AgreementCommand = (
    Consent
    | Objection
    | Withdrawal
    | NotifyParty
    | EscalateDispute
    | SignRuling
    | RecordExternalRuling
    | GrantDelegation
    | RevokeDelegation
    | AdoptBusinessCalendar
)


class NotYourNotice(Refusal):
    """A party acknowledges a proposal for itself alone. -> Let the other party do it."""


def decide_agreement(
    book: Book, command: AgreementCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about agreeing. Raises a Refusal."""
    match command:
        case NotifyParty():
            _may_notify(book, command, actor, now)
            fact = Fact(agreement.notice(book.agreements, command, now))
            return Decision((fact,), command.proposal_id, actor.party_id)
        case AdoptBusinessCalendar():
            member(book, actor)
            return Decision(workdays.adopt(command), actor.party_id, actor.party_id)
        case GrantDelegation() | RevokeDelegation():
            return _delegate(book, command, actor, now, seed)
        case Withdrawal(proposal_id=proposal_id):
            member(book, actor)
            facts = agreement.withdrawal(book.agreements, actor, proposal_id)
            return Decision(facts, proposal_id, actor.party_id)
        case _:
            member(book, actor)
            fact = _said(book, command, actor, now)
            _require_bindable(book, fact, actor, now)
            facts = followed(book, fact, actor.party_id, actor.subject, now)
            return Decision(facts, command.proposal_id, actor.party_id)


def _require_bindable(book: Book, fact: Fact, actor: Actor, now: datetime) -> None:
    """Return if what a member says makes nothing binding that cannot bind.

    Nobody consents to what is stale, first or last. Raises what `require_bindable`,
    `require_closable`, `require_reversible` and `require_fresh` raise.
    """
    before = book.agreements.get(getattr(fact.event, "proposal_id", ""))
    proposal = after(before, looked_ahead(fact, book.size, actor.party_id, actor.subject, now))
    ruled = proposal.dispute.ruled() if proposal.dispute else None
    if proposal.next_step() is Step.AGREE or ruled is RulingOutcome.BINDS:
        require_bindable(book, proposal)
        require_closable(book, proposal)
        require_reversible(book, proposal)
    binds_some = proposal.next_step() in (Step.AGREE, Step.BIND_UNDISPUTED)
    binds_some |= ruled in (RulingOutcome.BINDS, RulingOutcome.UNDISPUTED_PART)
    if binds_some or isinstance(fact.event, ProposalConsented):
        require_fresh(book, before)


def _may_notify(book: Book, command: NotifyParty, actor: Actor, now: datetime) -> None:
    """Return if a party can be told of it, by the actor. Raises NotYourNotice, MembershipEnded."""
    is_own = command.channel is Channel.ACKNOWLEDGED
    if actor.party_id != CLOCK:
        member(book, actor)
    if is_own != (actor.party_id == command.party_id):
        raise NotYourNotice("partyId")
    if (left := told_too_late(book, command, now)) is not None:
        raise MembershipEnded("partyId", left_on=left.left_on)


def _delegate(
    book: Book,
    command: GrantDelegation | RevokeDelegation,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> Decision:
    ecosystem = member(book, actor)
    if isinstance(command, RevokeDelegation):
        facts = delegation.revoke(command, book.delegations, actor)
        return Decision(facts, command.delegation_id, actor.party_id)
    calendar = book.agreements.calendars.of(actor.party_id)
    granted, signing_ids = book.delegations, ecosystem.signing_ids(now)
    event = delegation.grant(command, granted, signing_ids, actor, calendar, now, seed)
    return Decision((Fact(event),), event.delegation_id, actor.party_id)


def _said(
    book: Book,
    command: Consent | Objection | EscalateDispute | SignRuling | RecordExternalRuling,
    actor: Actor,
    now: datetime,
) -> Fact:
    """What a member said about a proposal."""
    agreements = book.agreements
    around = Around(signing(book), book.delegations, now)
    if isinstance(command, SignRuling | EscalateDispute):
        proposal = agreements.get(command.proposal_id)
        require_named_sponsor(book, proposal, actor.party_id, actor.subject)
    match command:
        case Consent():
            return Fact(agreement.consent(agreements, actor, command, around))
        case Objection():
            reason = agreement.reason_of(command)
            event = agreement.objection(agreements, actor, command, around)
            if event.disputed is not None:
                party_id = event.on_behalf_of or actor.party_id
                check_disputed(book, command.proposal_id, party_id, event.disputed)
            return Fact(event, annex={"reason": reason})
        case SignRuling():
            return Fact(dispute.sign(agreements, command, actor, around.signing))
        case EscalateDispute(proposal_id=proposal_id):
            proposal = agreements.get(proposal_id)
            dispute.require_sponsor(proposal, actor.party_id, actor.subject)
            return Fact(climbed(book, proposal, now))
        case RecordExternalRuling(proposal_id=proposal_id):
            proposal = agreements.get(proposal_id)
            arbiter = ladder_of(book, proposal).arbiter
            return Fact(dispute.record(proposal, command, arbiter, actor.ecosystem_id))


def require_named_sponsor(book: Book, proposal: Proposal, party_id: str, subject: str) -> None:
    """Return unless the policy leaves it to the party, and it named another person for the rung.

    Raises AnotherSponsor.
    """
    level = level_left(proposal.dispute, ladder_of(book, proposal), party_id)
    if level is None:
        return
    if book.governance.sponsors.get((party_id, level), "") not in ("", subject):
        raise AnotherSponsor("proposalId", level=level)


def signing(book: Book) -> Signing:
    """What the signatures of answers are checked with."""
    return Signing(book.keyring, book.signed_kinds())


def ladder_of(book: Book, proposal: Proposal) -> Ladder:
    """The ladder of the policy that a proposal lives under."""
    return book.policy_of(proposal.policy_version).terms.ladder


def opened_terms(book: Book, opening: Opening, now: datetime) -> ProposalOpened:
    """What the policy in force says about a proposal: its rule, and everybody's deadline."""
    policy = book.policy()
    rule, rungs = policy.terms.rule(opening.kind), policy.terms.ladder.height
    calendars = book.agreements.calendars
    deadlines = []
    for party_id in opening.signatories if rungs or rule.answer_days else ():
        index = calendars.index_of(party_id)
        until = calendars.at(index).deadline(now, rule.answer_days) if rule.answer_days else None
        deadlines.append(Deadline(party_id, index, until))
    return ProposalOpened(
        opening.proposal_id,
        policy.version,
        min(rule.needed or opening.needed, opening.needed),
        rule.silence,
        rule.answer_days,
        rule.four_eyes,
        rungs,
        tuple(deadlines),
    )


def under_policy(book: Book, fact: Fact, now: datetime) -> tuple[Fact, ...]:
    """A fact and, where it proposes something, what the policy in force says about that."""
    opening = opening_of(fact.event)
    if opening is None or not book.policy().terms.shapes(opening.kind):
        return (fact,)
    return (fact, Fact(opened_terms(book, opening, now)))


def followed(
    book: Book, fact: Fact, party_id: str, subject: str, now: datetime
) -> tuple[Fact, ...]:
    """A fact about a proposal, and all that follows from it at once."""
    proposal = book.agreements.get(getattr(fact.event, "proposal_id", ""))
    facts = [fact]
    proposal = after(proposal, looked_ahead(fact, book.size, party_id, subject, now))
    while (step := proposal.next_step()) is not None:
        for each in following(book, proposal, step):
            place = book.size + len(facts)
            proposal = after(proposal, looked_ahead(each, place, party_id, subject, now))
            facts.append(each)
    return tuple(facts)


def looked_ahead(fact: Fact, index: int, party_id: str, subject: str, now: datetime) -> Placed:
    """A fact as it will stand; its commitment is not known yet, and nothing asks for it."""
    return Placed(index, now, party_id, subject, EVERYBODY, "", fact.event)  # type: ignore[arg-type]  # ids of parties are plain text in the Book


def following(book: Book, proposal: Proposal, step: Step) -> Iterator[Fact]:
    """What follows from how a proposal stands, in order."""
    key = proposal.proposal_id
    match step:
        case Step.OPEN:
            asked, needed = proposal.signatories, proposal.needed
            opening = Opening(key, proposal.kind, proposal.subject, asked, needed)
            yield Fact(opened_terms(book, opening, proposal.touched_at))
        case Step.AGREE:
            yield from agreed(book, proposal)
        case Step.LAPSE:
            silent = tuple(each.index for each in proposal.objections() if each.is_silent)
            yield Fact(ProposalLapsed(key, silent))
        case Step.OPEN_DISPUTE:
            calendars, ladder = book.agreements.calendars, ladder_of(book, proposal)
            start = proposal.touched_at
            members = members_of(book, start)
            yield Fact(dispute.opened(proposal, calendars, ladder, members, start))
        case Step.BIND_UNDISPUTED if not is_fresh(book, proposal):
            yield Fact(ProposalLapsed(key, ()))
        case Step.BIND_UNDISPUTED:
            answers = (*proposal.consents(), *proposal.partial)
            yield Fact(UndisputedBound(key, tuple(sorted(each.index for each in answers))))
            yield from part_posted(book, proposal)
        case Step.RULE:
            yield from _ruled(book, proposal)


def agreed(
    book: Book,
    proposal: Proposal,
    rulings: tuple[int, ...] = (),
    due: datetime | None = None,
    *,
    is_partial: bool = False,
) -> Iterator[Fact]:
    """What was proposed binds, or its undisputed part alone; a settlement is posted.

    What by now cannot bind any more lapses instead, where no member is there to be refused.
    """
    key = proposal.proposal_id
    still = is_closable(book, proposal) and is_reversible(book, proposal)
    if not (is_bindable(book, proposal) and still and is_fresh(book, proposal)):
        yield Fact(ProposalLapsed(key, ()))
        return
    consents = tuple(answer.index for answer in proposal.consents())
    yield Fact(ProposalAgreed(key, consents, rulings, due, is_partial))
    if proposal.kind is ProposalKind.SETTLEMENT and not is_partial:
        yield from posted(book, key)
    elif proposal.kind is ProposalKind.PERIOD_CLOSE and not is_partial:
        yield from closed_books(book, key)
    elif is_partial:
        yield from part_posted(book, proposal, is_final=True)


def refused(
    book: Book, proposal: Proposal, rulings: tuple[int, ...] = (), due: datetime | None = None
) -> Iterator[Fact]:
    """The status quo stays; but what bound already as undisputed goes on binding."""
    if proposal.undisputed_index is not None:
        yield from agreed(book, proposal, rulings, due, is_partial=True)
    else:
        yield Fact(ProposalRejected(proposal.proposal_id, rulings, due))


def _ruled(book: Book, proposal: Proposal) -> Iterator[Fact]:
    if proposal.dispute is None:
        raise Fault("what is not disputed is not ruled")
    rulings = proposal.dispute.ruling_indices()
    match proposal.dispute.ruled():
        case RulingOutcome.BINDS:
            yield from agreed(book, proposal, rulings)
        case RulingOutcome.UNDISPUTED_PART:
            yield from agreed(book, proposal, rulings, is_partial=True)
        case _:
            yield from refused(book, proposal, rulings)


def climbed(
    book: Book, proposal: Proposal, start: datetime, due: datetime | None = None
) -> dispute.DisputeEscalated:
    """The step of a dispute to the next rung. Raises TopOfTheLadder."""
    calendars, ladder = book.agreements.calendars, ladder_of(book, proposal)
    return dispute.climbed(proposal, calendars, ladder, members_of(book, start), start, due)


def members_of(book: Book, at: datetime) -> frozenset[str]:
    """Who signs in the ecosystem at an instant."""
    return frozenset() if book.ecosystem is None else book.ecosystem.signing_ids(at)

"""Decisions about payouts: schemes, settlements, what they post, and payments. Pure.

The one rule: money follows from agreed results and agreed terms alone. Source: `domain.md`
sections 6 and 8.
"""

from datetime import datetime

from ledger import payment, scheme, settlement
from ledger.actor import Actor, NotFound
from ledger.book import Book
from ledger.commands import Decision
from ledger.ecosystem import Ecosystem
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.indicator import Direction
from ledger.journal import SettlementPosted, post, settlement_lines
from ledger.payment import ConfirmPayment, ReportPayment
from ledger.proposal import ProposalStatus
from ledger.scheme import IndicatorFacts, ProposeScheme, Scheme
from ledger.settlement import Measured, ProposeSettlement
from ledger.trust import member, proposed

PayoutCommand = ProposeScheme | ProposeSettlement | ReportPayment | ConfirmPayment


def decide_payout(
    book: Book, command: PayoutCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about payouts. Raises a Refusal."""
    match command:
        case ProposeScheme():
            return proposed(_propose_scheme(book, member(book, actor), command, seed), actor)
        case ProposeSettlement():
            return proposed(_propose_settlement(book, member(book, actor), command, seed), actor)
        case ReportPayment() | ConfirmPayment():
            return _pay(book, command, actor, now, seed)


def _propose_scheme(
    book: Book, ecosystem: Ecosystem, command: ProposeScheme, seed: Seed
) -> tuple[Fact, ...]:
    facts = {}
    for item in command.terms.items:
        version = book.current_indicator(item.indicator_id)
        if version is not None:
            is_lower_better = version.terms.direction is Direction.LOWER_IS_BETTER
            facts[item.indicator_id] = IndicatorFacts(lower_is_better=is_lower_better)
    current = book.current_scheme(command.scheme_id) if command.scheme_id else None
    if command.scheme_id and current is None:
        raise NotFound("schemeId", what="agreed scheme", id=command.scheme_id)
    return scheme.propose(
        command,
        facts,
        ecosystem.signing_ids(),
        ecosystem.outsourcer.party_id,
        current,
        book.agreements,
        seed,
    )


def _propose_settlement(
    book: Book, ecosystem: Ecosystem, command: ProposeSettlement, seed: Seed
) -> tuple[Fact, ...]:
    agreed = book.current_scheme(command.scheme_id)
    if agreed is None:
        raise NotFound("schemeId", what="agreed scheme", id=command.scheme_id)
    return settlement.propose(
        command,
        agreed,
        measured_for(book, agreed, command.period),
        ecosystem.outsourcer.party_id,
        book.agreements,
        seed,
        is_settled=(command.scheme_id, command.period) in book.settled,
    )


def measured_for(book: Book, agreed: Scheme, period: str) -> dict[str, Measured]:
    """The agreed results of a scheme's indicators for a period; what is not agreed is missing.

    Each comes with the terms of the version that it was measured by.
    """
    found_results = {}
    for item in agreed.terms.items:
        result = book.agreed_measurement(item.indicator_id, period)
        if result is not None:
            version = book.indicator_version(item.indicator_id, result.version)
            found_results[item.indicator_id] = Measured(result, version.terms)
    return found_results


def posted(book: Book, proposal_id: str) -> Fact:
    """What an agreed settlement posts: a pure function of the Book, so that an audit repeats it."""
    content = book.settlements[proposal_id]
    if book.ecosystem is None:
        raise NotFound(what="ecosystem", id=book.ecosystem_id)
    outsourcer = book.ecosystem.outsourcer.party_id
    lines = [
        line
        for stake in content.content.stakes
        for line in settlement_lines(outsourcer, stake.party_id, stake.amount)
        if stake.party_id != outsourcer
    ]
    postings, _ = post(lines, book.accounts)
    return Fact(SettlementPosted(content.settlement_id, postings))


def _pay(
    book: Book, command: ReportPayment | ConfirmPayment, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    ecosystem = member(book, actor)
    if isinstance(command, ConfirmPayment):
        known = book.payments.get(command.payment_id)
        if known is None:
            raise NotFound("paymentId", what="payment", id=command.payment_id)
        facts = payment.confirm(known, book.accounts, actor)
        return Decision(facts, command.payment_id, actor.party_id)
    settled = book.settlement(command.settlement_id)
    if settled is None or settled.status is not ProposalStatus.AGREED:
        raise payment.NotSettled("settlementId", id=command.settlement_id)
    outsourcer = ecosystem.outsourcer.party_id
    partner = actor.party_id if command.payee == outsourcer else command.payee
    stake = next((s for s in settled.content.stakes if s.party_id == partner), None)
    if stake is None:
        raise NotFound("payee", what="stake of a party", id=command.payee)
    paid = book.paid.get((command.settlement_id, partner), 0)
    facts = payment.report(command, stake, outsourcer, paid, book.accounts, actor, now, seed)
    reported = facts[-1].event
    return Decision(facts, str(getattr(reported, "payment_id")), actor.party_id)  # noqa: B009

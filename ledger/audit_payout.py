"""Audit of payouts: schemes, settlements, postings and payments, computed again. Pure."""

from ledger import indicator, scheme, settlement
from ledger.book import Book
from ledger.fact import Placed
from ledger.journal import (
    SettlementPosted,
    payment_confirmed_lines,
    payment_reported_lines,
    post,
)
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentStatus
from ledger.payout import measured_for, posted
from ledger.proposal import ProposalStatus
from ledger.rule import RuleBroken, ecosystem, require
from ledger.scheme import IndicatorFacts, SchemeProposed
from ledger.settlement import SettlementProposed


def check_scheme(book: Book, event: SchemeProposed) -> None:
    """A scheme's terms can hold. Raises RuleBroken."""
    facts = {}
    for item in event.terms.items:
        version = book.current_indicator(item.indicator_id)
        if version is not None:
            lower = version.terms.direction is indicator.Direction.LOWER_IS_BETTER
            facts[item.indicator_id] = IndicatorFacts(lower_is_better=lower)
    around = ecosystem(book)
    scheme.check(event.terms, facts, around.signing_ids(), around.outsourcer.party_id)


def check_settlement(book: Book, event: SettlementProposed) -> None:
    """A settlement recomputes to the cent. Raises RuleBroken."""
    content = event.content
    agreed = book.current_scheme(content.scheme_id)
    if agreed is None:
        raise RuleBroken("it settles a scheme that is not agreed")
    measured = measured_for(book, agreed, content.period)
    expected = settlement.compute(agreed, measured, content.period, event.settlement_id)
    require(expected == content, "it computes otherwise")


def check_posted(book: Book, entered: SettlementPosted) -> None:
    """A settlement is posted once it is agreed, by what follows from it. Raises RuleBroken."""
    proposal_id = book.settlement_proposals[entered.settlement_id]
    state = book.settlements[proposal_id]
    require(state.status is ProposalStatus.AGREED, "the settlement is not agreed")
    require(entered.settlement_id not in book.posted, "the settlement is posted twice")
    expected = posted(book, proposal_id).event
    require(expected == entered, "its postings do not follow from the settlement")


def check_payment(book: Book, placed: Placed, paid: PaymentReported | PaymentConfirmed) -> None:
    """A payment is of a stake, by its payer or payee, and posts what it pays. Raises RuleBroken."""
    if isinstance(paid, PaymentConfirmed):
        payment = book.payments[paid.payment_id]
        require(placed.party == payment.payee, "only the payee confirms")
        require(payment.status is PaymentStatus.REPORTED, "it is confirmed twice")
        lines = payment_confirmed_lines(payment.payer, payment.payee, payment.amount)
    else:
        settled = book.settlement(paid.settlement_id)
        stakes = settled.content.stakes if settled else ()
        stake = next((each for each in stakes if each.reference == paid.reference), None)
        if settled is None or stake is None:
            raise RuleBroken("it pays no stake")
        require(settled.status is ProposalStatus.AGREED, "the settlement is not agreed")
        require(placed.party == paid.payer, "only the payer reports")
        require(stake.party_id in (paid.payer, paid.payee), "it pays another party's stake")
        before = book.paid.get((paid.settlement_id, stake.party_id), 0)
        owed = abs(stake.amount.amount_minor) - before
        require(0 < paid.amount.amount_minor <= owed, "it pays more than is owed")
        lines = payment_reported_lines(paid.payer, paid.payee, paid.amount)
    expected, _ = post(lines, book.accounts)
    require(expected == paid.postings, "its postings are not the payment's")

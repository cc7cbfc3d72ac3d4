"""Audit of paying: reports, confirmations and reversals of payments, computed again. Pure."""

from ledger.audit_bank import check_imported, check_matched
from ledger.bankstatement import StatementImported
from ledger.book import Book
from ledger.booking import candidates
from ledger.closeout import closed_books
from ledger.closing import BooksClosed
from ledger.due import Due
from ledger.fact import Placed
from ledger.journal import Posting, post
from ledger.payment import (
    Payment,
    PaymentConfirmed,
    PaymentReported,
    PaymentReversed,
    PaymentStatus,
    reversal_postings,
    side_lines,
)
from ledger.proposal import ProposalStatus
from ledger.reconciliation import LinesMatched
from ledger.rule import RuleBroken, require

PAYING = (
    PaymentReported,
    PaymentConfirmed,
    PaymentReversed,
    StatementImported,
    LinesMatched,
    BooksClosed,
)
"""The events that this audits."""


def check_paying(book: Book, placed: Placed) -> None:
    """A payment is of what is owed, by its payer or payee, and posts what it pays.

    Raises RuleBroken.
    """
    match placed.event:
        case BooksClosed(proposal_id=key) as closed:
            state = book.closings.proposals[key]
            require(state.status is ProposalStatus.AGREED, "the close is not agreed")
            expected = [(fact.event, fact.audience) for fact in closed_books(book, key)]
            require((closed, placed.audience) in expected, "its balances are not the accounts'")
        case StatementImported() as imported:
            check_imported(book, placed, imported)
        case LinesMatched() as matched:
            check_matched(book, placed, matched)
        case PaymentReported() | PaymentConfirmed() | PaymentReversed() as paid:
            _check_payment(book, placed, paid)
        case _:
            raise RuleBroken("it pays nothing that we know")


def _check_payment(
    book: Book, placed: Placed, paid: PaymentReported | PaymentConfirmed | PaymentReversed
) -> None:
    match paid:
        case PaymentReported():
            due = _due(book, paid.reference)
            _check_reported(book, placed, paid, due)
        case PaymentConfirmed(payment_id=key):
            payment = book.payments[key]
            due = _due(book, payment.reference)
            require(placed.party == payment.payee, "only the payee confirms")
            require(not payment.payee_side.stands, "it is confirmed twice")
            require(payment.status is PaymentStatus.REPORTED, "it confirms what is not reported")
            _check_postings(book, paid.postings, placed.party, due, payment)
        case PaymentReversed(payment_id=key):
            payment = book.payments[key]
            due = _due(book, payment.reference)
            require(placed.party in (payment.payer, payment.payee), "it is another's payment")
            side = payment.side(placed.party)
            require(side.stands, "it takes back what does not stand")
            require(paid.reverses == side.index, "it names another entry than it takes back")
            expected = reversal_postings(payment, due, book.accounts, placed.party)
            require(expected == paid.postings, "its postings are not the opposite")
            require(placed.has_annex, "it says not why")
    require(placed.audience == due.audience, "its audience is not that of what is owed")


def _due(book: Book, reference: str) -> Due:
    due = book.dues.get(reference)
    if due is None:
        raise RuleBroken("it pays no stake that was posted")
    return due


def _check_reported(book: Book, placed: Placed, paid: PaymentReported, due: Due) -> None:
    require(paid.settlement_id == due.settlement_id, "it pays another settlement's stake")
    require((paid.payer, paid.payee) == (due.payer, due.payee), "its sides are others")
    require(placed.party == paid.payer, "only the payer reports")
    require(paid.amount.currency == due.amount.currency, "it pays in another currency")
    require(paid.paid_on <= placed.at.date(), "it was paid on a day to come")
    owed = due.open_for(due.payer)
    require(0 < paid.amount.amount_minor <= owed, "it pays more than is owed")
    known = candidates(book, due, paid.amount, due.payer).unanswered
    if known is None:
        require(paid.payment_id not in book.payments, "its id was used before")
    else:
        require(paid.payment_id == known.payment_id, "it is a payment that was received")
    expected, _ = post(side_lines(placed.party, due, paid.amount), book.accounts)
    require(expected == paid.postings, "its postings are not the payment's")


def _check_postings(
    book: Book, postings: tuple[Posting, ...], party: str, due: Due, payment: Payment
) -> None:
    expected, _ = post(side_lines(party, due, payment.amount), book.accounts)
    require(expected == postings, "its postings are not the payment's")

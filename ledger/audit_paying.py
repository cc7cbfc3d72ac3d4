"""Audit of paying: reports, confirmations and reversals of payments, computed again. Pure."""

from ledger.book import Book
from ledger.booking import payments_on
from ledger.due import Due
from ledger.fact import Placed
from ledger.journal import Posting, post
from ledger.payment import (
    Payment,
    PaymentConfirmed,
    PaymentReported,
    PaymentReversed,
    PaymentStatus,
    awaiting,
    reversal_postings,
    side_lines,
)
from ledger.rule import RuleBroken, require

PayingEvent = PaymentReported | PaymentConfirmed | PaymentReversed


def check_paying(book: Book, placed: Placed, paid: PayingEvent) -> None:
    """A payment is of what is owed, by its payer or payee, and posts what it pays.

    Raises RuleBroken.
    """
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
    owed = due.open_for(due.payer)
    require(0 < paid.amount.amount_minor <= owed, "it pays more than is owed")
    known = awaiting(payments_on(book, due), due.payer, paid.amount)
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

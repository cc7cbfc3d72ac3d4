"""Decisions about paying what is due: reports, confirmations, reversals, bank statements. Pure.

The one rule: each side states its own bookings alone; a due clears when both say the same.
Source: `domain.md` section 8.
"""

from datetime import datetime

from ledger import payment
from ledger.actor import Actor, NotFound
from ledger.book import Book
from ledger.booking import candidates
from ledger.commands import Decision
from ledger.due import Due, rest_reference
from ledger.ids import Seed
from ledger.payment import ConfirmPayment, Payment, ReportPayment, ReversePayment
from ledger.reference import creditor_reference
from ledger.trust import member

PayingCommand = ReportPayment | ConfirmPayment | ReversePayment


def decide_paying(
    book: Book, command: PayingCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about paying. Raises a Refusal."""
    ecosystem = member(book, actor)
    match command:
        case ReportPayment(settlement_id=settlement_id, payee=payee):
            outsourcer = ecosystem.outsourcer.party_id
            partner = actor.party_id if payee == outsourcer else payee
            due = due_of(book, settlement_id, partner, actor.party_id)
            known = candidates(book, due, command.amount, due.payer).unanswered
            facts = payment.report(command, due, known, book.accounts, actor, now, seed)
            reported = facts[-1].event
            key = str(getattr(reported, "payment_id"))  # noqa: B009 -- of every reported payment
            return Decision(facts, key, actor.party_id)
        case ConfirmPayment(payment_id=payment_id):
            known = _payment(book, payment_id, actor)
            facts = payment.confirm(known, book.dues[known.reference], book.accounts, actor)
        case ReversePayment(payment_id=payment_id, reason=reason):
            known = _payment(book, payment_id, actor)
            due = book.dues[known.reference]
            facts = payment.reverse(known, due, book.accounts, actor, reason)
    return Decision(facts, payment_id, actor.party_id)


def due_of(book: Book, settlement_id: str, party_id: str, payer: str) -> Due:
    """What is owed on a partner's stake: of two dues the payer's. Raises NotSettled, NotFound."""
    due = book.dues.get(creditor_reference(settlement_id, party_id))
    rest = book.dues.get(rest_reference(settlement_id, party_id))
    if due is not None and rest is not None and rest.payer == payer:
        due = rest
    if due is None and settlement_id not in book.posted:
        raise payment.NotSettled("settlementId", id=settlement_id)
    if due is None:
        raise NotFound("payee", what="stake of a party", id=party_id)
    return due


def _payment(book: Book, payment_id: str, actor: Actor) -> Payment:
    """The payment of an id that the actor is a side of, or may see. Raises NotFound."""
    known = book.payments.get(payment_id)
    if known is None:
        raise NotFound("paymentId", what="payment", id=payment_id)
    audience = book.dues[known.reference].audience
    if actor.party_id not in audience and "*" not in audience:
        raise NotFound("paymentId", what="payment", id=payment_id)
    return known

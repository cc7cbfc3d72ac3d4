"""Payments: stated by the payer, by the payee, or by both; each side may take its word back.

The one rule: a payment posts twice, once in each party's books, by that party's own act: the
payer states what left its account, the payee what arrived. Both words together clear it. A
reversal posts the opposite in the books of the side that reverses, and names the entry that it
takes back. Source: `domain.md` section 8.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from ledger.actor import Actor
from ledger.amounts import Money
from ledger.due import Due
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.journal import (
    Account,
    AccountState,
    Line,
    Lookup,
    Posting,
    payment_received_lines,
    payment_reported_lines,
    post,
    reversal_lines,
)

MAX_REASON = 500


class NotSettled(Refusal):
    """The settlement {id} is not agreed: nothing is owed on it yet. -> Have it agreed first."""


class NotThePayer(Refusal):
    """Your party does not owe this stake. -> The payer reports the payment."""


class NotThePayee(Refusal):
    """Your party does not receive this payment. -> The payee confirms it."""


class PaymentExceeds(Refusal):
    """{amount} is more than the {owed} still owed on this stake. -> Report what was really paid."""


class PaymentInFuture(Refusal):
    """A payment made on {paid_on} lies in the future. -> Report it once it was made."""


class CurrencyDiffers(Refusal):
    """The stake is in {expected}, the payment in {given}. -> Report it in the stake's currency."""


class PaymentCleared(Refusal):
    """This payment was confirmed already. -> Nothing more is needed."""


class PaymentTakenBack(Refusal):
    """This payment was taken back: it is {status}. -> Report or import the payment that stands."""


class NothingToReverse(Refusal):
    """Your party's side of this payment does not stand. -> Only a standing word is taken back."""


class ReversalUnexplained(Refusal):
    """A reversal states its reason in 1 to 500 characters. -> Say what happened."""


class PaymentStatus(StrEnum):
    """How a payment stands, by what each side states.

    REPORTED by the payer alone, RECEIVED by the payee alone, CLEARED by both, RETURNED when the
    payee took its word back, REVERSED when nothing stands any more.
    """

    REPORTED = "REPORTED"
    RECEIVED = "RECEIVED"
    CLEARED = "CLEARED"
    RETURNED = "RETURNED"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True)
class LinePlace:
    """A line of an imported bank statement: the entry that imported it, and its number from 0.

    `mark` is what the line is known by, so that it is matched once, whatever file shows it.
    """

    statement_index: int
    line: int
    mark: str


@dataclass(frozen=True, slots=True)
class ReportPayment:
    """Command: the payer states what it paid on a stake, and when."""

    settlement_id: str
    payee: str
    amount: Money
    paid_on: date


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """Command: the payee states that it arrived."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class ReversePayment:
    """Command: a side takes its word about a payment back, with the reason."""

    payment_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentReported:
    """The payer's books: payable down, cash clearing down."""

    payment_id: str
    settlement_id: str
    payer: str
    payee: str
    amount: Money
    paid_on: date
    reference: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class PaymentConfirmed:
    """The payee's books: cash clearing up, receivable down."""

    payment_id: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class PaymentReversed:
    """A side's postings taken back; `reverses` is the entry that made them. The annex says why."""

    payment_id: str
    reverses: int
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one side states about a payment: the entry that posted it and the one that took it back.

    `line` is the line of the side's bank statement that shows it, where one does.
    """

    index: int | None = None
    reversed_index: int | None = None
    line: LinePlace | None = None

    @property
    def stands(self) -> bool:
        """Whether the side states the payment now."""
        return self.index is not None and self.reversed_index is None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it stands. `index` is the entry that stated it first."""

    payment_id: str
    settlement_id: str
    payer: str
    payee: str
    amount: Money
    paid_on: date
    reference: str
    status: PaymentStatus
    index: int
    payer_side: Side = Side()
    payee_side: Side = Side()

    def side(self, party_id: str) -> Side:
        """What a party states: the payer, or else the payee."""
        return self.payer_side if party_id == self.payer else self.payee_side

    def with_side(self, party_id: str, side: Side) -> "Payment":
        """The payment once a side states something else."""
        is_payer = party_id == self.payer
        payer, payee = (side, self.payee_side) if is_payer else (self.payer_side, side)
        return replace(self, payer_side=payer, payee_side=payee, status=_status(payer, payee))


def _status(payer: Side, payee: Side) -> PaymentStatus:
    match payer.stands, payee.stands:
        case True, True:
            return PaymentStatus.CLEARED
        case True, False:
            returned = payee.index is not None
            return PaymentStatus.RETURNED if returned else PaymentStatus.REPORTED
        case False, True:
            return PaymentStatus.RECEIVED
        case _:
            return PaymentStatus.REVERSED


def begun(due: Due, payment_id: str, amount: Money, on: date, index: int) -> Payment:
    """A payment that nobody has stated yet."""
    return Payment(
        payment_id,
        due.settlement_id,
        due.payer,
        due.payee,
        amount,
        on,
        due.reference,
        PaymentStatus.REVERSED,
        index,
    )


def side_lines(party_id: str, due: Due, amount: Money) -> tuple[Line, ...]:
    """What a side's word posts in its own books."""
    if party_id == due.payer:
        return payment_reported_lines(due.payer, due.payee, amount)
    return payment_received_lines(due.payer, due.payee, amount)


def tallied(due: Due, before: Payment | None, after: Payment) -> Due:
    """The due once one of its payments changed; None before it was stated first."""

    def gained(counts: Callable[[Payment], bool]) -> int:
        change = int(counts(after)) - int(before is not None and counts(before))
        return change * after.amount.amount_minor

    return replace(
        due,
        payment_count=due.payment_count + (before is None),
        last_paid_on=max(due.last_paid_on or after.paid_on, after.paid_on),
        reported_minor=due.reported_minor + gained(lambda each: each.payer_side.stands),
        received_minor=due.received_minor + gained(lambda each: each.payee_side.stands),
        cleared_minor=due.cleared_minor + gained(lambda each: each.status is PaymentStatus.CLEARED),
    )


def report(
    command: ReportPayment,
    due: Due,
    known: Payment | None,
    accounts: Mapping[Account, AccountState],
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """The fact of a reported payment. `known` is one that the payee received: it is the same.

    Raises NotThePayer, CurrencyDiffers, PaymentExceeds, PaymentInFuture.
    """
    if actor.party_id != due.payer:
        raise NotThePayer("settlementId")
    if command.amount.currency != due.amount.currency:
        raise CurrencyDiffers(
            "amount.currency", expected=due.amount.currency, given=command.amount.currency
        )
    owed = due.open_for(due.payer)
    if not 0 < command.amount.amount_minor <= owed:
        left = Money(due.amount.currency, max(0, owed)).render()
        raise PaymentExceeds("amount", amount=command.amount.render(), owed=left)
    if command.paid_on > now.date():
        raise PaymentInFuture("paidOn", paid_on=command.paid_on.isoformat())
    postings, _ = post(side_lines(due.payer, due, command.amount), accounts)
    event = PaymentReported(
        payment_id=seed.new_id() if known is None else known.payment_id,
        settlement_id=command.settlement_id,
        payer=due.payer,
        payee=due.payee,
        amount=command.amount,
        paid_on=command.paid_on,
        reference=due.reference,
        postings=postings,
    )
    return (Fact(event, due.audience),)


def confirm(
    payment: Payment, due: Due, accounts: Mapping[Account, AccountState], actor: Actor
) -> tuple[Fact, ...]:
    """The fact of a confirmed payment. Raises NotThePayee, PaymentCleared, PaymentTakenBack."""
    if actor.party_id != payment.payee:
        raise NotThePayee("paymentId")
    if payment.payee_side.stands:
        raise PaymentCleared("paymentId")
    if payment.status is not PaymentStatus.REPORTED:
        raise PaymentTakenBack("paymentId", status=payment.status)
    postings, _ = post(side_lines(payment.payee, due, payment.amount), accounts)
    return (Fact(PaymentConfirmed(payment.payment_id, postings), due.audience),)


def reverse(
    payment: Payment,
    due: Due,
    accounts: Mapping[Account, AccountState],
    actor: Actor,
    reason: str,
) -> tuple[Fact, ...]:
    """The fact that a side's word is taken back. Raises NothingToReverse, ReversalUnexplained."""
    if not 1 <= len(reason.strip()) <= MAX_REASON:
        raise ReversalUnexplained("reason")
    side = payment.side(actor.party_id)
    if actor.party_id not in (payment.payer, payment.payee) or not side.stands:
        raise NothingToReverse("paymentId")
    postings = reversal_postings(payment, due, accounts, actor.party_id)
    event = PaymentReversed(payment.payment_id, side.index or 0, postings)
    return (Fact(event, due.audience, annex={"reason": reason.strip()}),)


def reversal_postings(
    payment: Payment, due: Due, accounts: Lookup[Account, AccountState], party_id: str
) -> tuple[Posting, ...]:
    """The opposite of what a side's word posted, where the accounts stand now."""
    made, _ = post(side_lines(party_id, due, payment.amount), {})
    return post(reversal_lines(made), accounts)[0]

"""Payments: reported by the payer, cleared by the payee.

The one rule: a payment posts twice, once in each party's books, by that party's own act: the
payer states what left its account, the payee what arrived. Source: `domain.md` section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ledger.actor import Actor
from ledger.amounts import Money
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.journal import (
    Account,
    AccountState,
    Posting,
    payment_confirmed_lines,
    payment_reported_lines,
    post,
)
from ledger.settlement import Stake


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


class PaymentStatus(StrEnum):
    """REPORTED by the payer -> CLEARED by the payee."""

    REPORTED = "REPORTED"
    CLEARED = "CLEARED"


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
class Payment:
    """A payment as it stands."""

    payment_id: str
    settlement_id: str
    payer: str
    payee: str
    amount: Money
    paid_on: date
    reference: str
    status: PaymentStatus
    index: int


def report(
    command: ReportPayment,
    stake: Stake,
    outsourcer: str,
    paid_minor: int,
    accounts: Mapping[Account, AccountState],
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """The fact of a reported payment. `paid_minor` is what was reported on the stake before.

    Who owes whom follows from the stake's sign: a bonus is owed by the outsourcer, a malus by the
    partner. Raises NotThePayer, CurrencyDiffers, PaymentExceeds, PaymentInFuture.
    """
    owed = abs(stake.amount.amount_minor) - paid_minor
    payer, payee = _sides(stake, outsourcer)
    if actor.party_id != payer:
        raise NotThePayer("settlementId")
    if command.amount.currency != stake.amount.currency:
        raise CurrencyDiffers(
            "amount.currency", expected=stake.amount.currency, given=command.amount.currency
        )
    if not 0 < command.amount.amount_minor <= owed:
        left = Money(stake.amount.currency, owed).render()
        raise PaymentExceeds("amount", amount=command.amount.render(), owed=left)
    if command.paid_on > now.date():
        raise PaymentInFuture("paidOn", paid_on=command.paid_on.isoformat())
    postings, _ = post(payment_reported_lines(payer, payee, command.amount), accounts)
    event = PaymentReported(
        payment_id=seed.new_id(),
        settlement_id=command.settlement_id,
        payer=payer,
        payee=payee,
        amount=command.amount,
        paid_on=command.paid_on,
        reference=stake.reference,
        postings=postings,
    )
    return (Fact(event),)


def confirm(
    payment: Payment, accounts: Mapping[Account, AccountState], actor: Actor
) -> tuple[Fact, ...]:
    """The fact of a confirmed payment. Raises NotThePayee, PaymentCleared."""
    if actor.party_id != payment.payee:
        raise NotThePayee("paymentId")
    if payment.status is PaymentStatus.CLEARED:
        raise PaymentCleared("paymentId")
    lines = payment_confirmed_lines(payment.payer, payment.payee, payment.amount)
    postings, _ = post(lines, accounts)
    return (Fact(PaymentConfirmed(payment.payment_id, postings)),)


def _sides(stake: Stake, outsourcer: str) -> tuple[str, str]:
    if stake.amount.amount_minor >= 0:
        return outsourcer, stake.party_id
    return stake.party_id, outsourcer

"""Due: what a posted stake makes one party owe another, and what was paid on it so far.

The one rule: a due is known by the ISO 11649 reference of its stake, which travels with the bank
transfer; what each side states about its payments is counted apart. Source: `domain.md` section 8.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from ledger.amounts import Money
from ledger.fact import EVERYBODY
from ledger.reference import creditor_reference
from ledger.settlement import Settlement
from ledger.terms import Malus, PaymentTerms, References

BUCKET_DAYS = (30, 60, 90)
"""Where the ageing buckets end, in days past the due date."""


class DueStatus(StrEnum):
    """How a due stands by both sides' words, whatever the day."""

    UNPAID = "UNPAID"
    REPORTED = "REPORTED"
    PARTLY_PAID = "PARTLY_PAID"
    MATCHED = "MATCHED"
    OVERPAID = "OVERPAID"
    REVERSED = "REVERSED"


class Ageing(StrEnum):
    """How long the open part of a due has been late on a day."""

    NOT_DUE = "NOT_DUE"
    DAYS_1_TO_30 = "DAYS_1_TO_30"
    DAYS_31_TO_60 = "DAYS_31_TO_60"
    DAYS_61_TO_90 = "DAYS_61_TO_90"
    OVER_90_DAYS = "OVER_90_DAYS"
    SETTLED = "SETTLED"


@dataclass(frozen=True, slots=True)
class Due:
    """What is owed on a posted stake; `index` is the entry that posted it.

    The amount is above zero; zero once the settlement was taken back, or where nothing is left of
    an undisputed part that was owed.

    `last_paid_on` is the last day of a payment that was stated.
    `reported_minor` is what the payer says it paid, `received_minor` what the payee says arrived,
    `cleared_minor` what both say. `audience` may see it. `papers` are what the scheme's payment
    terms state for the documents of its payer and payee. `netted_minor` was set off against other
    dues; `is_netted`: it is a loss, to be set off where something is due to the partner.
    """

    reference: str
    settlement_id: str
    period: str
    party_id: str
    payer: str
    payee: str
    amount: Money
    due_on: date
    index: int
    audience: tuple[str, ...] = EVERYBODY
    payment_count: int = 0
    last_paid_on: date | None = None
    reported_minor: int = 0
    received_minor: int = 0
    cleared_minor: int = 0
    papers: tuple[References, ...] = ()
    netted_minor: int = 0
    is_netted: bool = False

    @property
    def is_loss(self) -> bool:
        """Whether the partner owes it."""
        return self.payer == self.party_id

    @property
    def payable_minor(self) -> int:
        """What is to be paid: its amount less what was set off."""
        return self.amount.amount_minor - self.netted_minor

    @property
    def unstated(self) -> int:
        """What of it neither side has stated as paid; not below zero."""
        return max(0, self.payable_minor - max(self.reported_minor, self.received_minor))

    def papers_of(self, party_id: str) -> References:
        """What a side's own finance needs; empty texts where it stated nothing."""
        nothing = References(party_id, "", "", "")
        return next((each for each in self.papers if each.party_id == party_id), nothing)

    @property
    def status(self) -> DueStatus:
        """How it stands. What the payee received counts as paid, reported or not."""
        amount, received = self.payable_minor, self.received_minor
        if self.amount.amount_minor == 0 and received == 0:
            return DueStatus.REPORTED if self.reported_minor > 0 else DueStatus.REVERSED
        if received > amount:
            return DueStatus.OVERPAID
        if received == amount:
            return DueStatus.MATCHED
        if received > 0:
            return DueStatus.PARTLY_PAID
        if self.reported_minor > 0:
            return DueStatus.REPORTED
        return DueStatus.REVERSED if self.payment_count else DueStatus.UNPAID

    @property
    def open(self) -> Money:
        """What has neither arrived nor been set off; zero when overpaid."""
        return Money(self.amount.currency, max(0, self.payable_minor - self.received_minor))

    def open_for(self, party_id: str) -> int:
        """Minor units that a side has not stated yet; below zero when it stated more."""
        stated = self.reported_minor if party_id == self.payer else self.received_minor
        return self.payable_minor - stated

    def days_overdue(self, on: date) -> int:
        """Days past the due date on a day, while something is open; else 0."""
        return max(0, (on - self.due_on).days) if self.open.amount_minor else 0

    def ageing(self, on: date) -> Ageing:
        """The ageing bucket on a day."""
        if not self.open.amount_minor:
            return Ageing.SETTLED
        days = self.days_overdue(on)
        late = (Ageing.DAYS_1_TO_30, Ageing.DAYS_31_TO_60, Ageing.DAYS_61_TO_90)
        if days == 0:
            return Ageing.NOT_DUE
        for last, bucket in zip(BUCKET_DAYS, late, strict=True):
            if days <= last:
                return bucket
        return Ageing.OVER_90_DAYS


def rest_reference(settlement_id: str, party_id: str) -> str:
    """The reference of what a settlement gives back of an undisputed part that was paid on."""
    return creditor_reference(f"{settlement_id}/rest", party_id)


def grown(
    known: Due, owed: int, outsourcer: str, index: int, terms: PaymentTerms
) -> tuple[Due, ...]:
    """What is due once `owed` is, of which an undisputed part was due before.

    `owed` is below zero where the partner owes it. While nobody stated a payment, nor set it off,
    the due is what is owed, whoever owes it. Otherwise it only grows: what goes the other way is a
    due of its own, so that dues and accounts say the same. Law: their sum is `owed`.
    """
    partner = known.party_id
    before = known.amount.amount_minor * (1 if known.payer == outsourcer else -1)
    grows = before <= owed if before >= 0 else owed <= before
    is_touched = known.payment_count or known.netted_minor
    change = owed - before if is_touched and not grows else owed
    is_gain = change > 0 or (change == 0 and not known.is_loss)
    payer, payee = (outsourcer, partner) if is_gain else (partner, outsourcer)
    new = replace(
        known,
        payer=payer,
        payee=payee,
        amount=Money(known.amount.currency, abs(change)),
        is_netted=not is_gain and terms.malus is Malus.NETTED,
    )
    if grows or not is_touched:
        return (new,)
    rest = replace(
        new,
        reference=rest_reference(known.settlement_id, partner),
        index=index,
        payment_count=0,
        last_paid_on=None,
        reported_minor=0,
        received_minor=0,
        cleared_minor=0,
        netted_minor=0,
    )
    return known, rest


def dues_of(
    settled: Settlement,
    outsourcer: str,
    index: int,
    audience: tuple[str, ...],
    terms: PaymentTerms | None = None,
) -> tuple[Due, ...]:
    """What a posted settlement makes owed: one due a stake that is not zero.

    A bonus is owed by the outsourcer, a malus (negative) by the partner.
    """
    content = settled.content
    papers = terms.references if terms else ()
    dues = []
    for stake in content.stakes:
        owed = stake.owed.amount_minor
        if owed == 0 or stake.party_id == outsourcer:
            continue
        payer, payee = (outsourcer, stake.party_id) if owed > 0 else (stake.party_id, outsourcer)
        dues.append(
            Due(
                reference=stake.reference,
                settlement_id=settled.settlement_id,
                period=content.period,
                party_id=stake.party_id,
                payer=payer,
                payee=payee,
                amount=Money(stake.amount.currency, abs(owed)),
                due_on=content.due_on,
                index=index,
                audience=audience,
                papers=tuple(each for each in papers if each.party_id in (payer, payee)),
                is_netted=owed < 0 and terms is not None and terms.malus is Malus.NETTED,
            )
        )
    return tuple(dues)

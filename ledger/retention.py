"""Retention: whether the share of an invoice that is at risk is withheld until it is settled. Pure.

The one rule: what was withheld is released to the partner or kept by the payer, to the cent; what a
stake gives or takes beyond it is owed like any other.

Laws: withheld = released + kept once a period is settled, what is disputed of it aside while it is;
owed = released + beyond. Source: `domain.md` section 8 ("at-risk withheld"); retainage receivable
and payable, which are accounts of their own until they are due (decision 0034).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from ledger.amounts import Money
from ledger.trace import TraceInput, TraceStep


class Retention(StrEnum):
    """WITHHELD: partners' invoices are paid less what is at risk, until the period is settled.

    NOT_WITHHELD: they are paid as they are; what is earned or lost is paid after the settlement.
    """

    WITHHELD = "WITHHELD"
    NOT_WITHHELD = "NOT_WITHHELD"


@dataclass(frozen=True, slots=True)
class Withholding:
    """What was withheld of a partner's invoices, and what became of it.

    `beyond` is what the partner gets beside it, below zero what it owes. What a part of a
    settlement, or the rest of one, moves may be below zero anywhere.
    """

    withheld: Money
    released: Money
    kept: Money
    beyond: Money

    @property
    def is_nothing(self) -> bool:
        """Whether it moves nothing."""
        amounts = (self.withheld, self.released, self.kept, self.beyond)
        return not any(each.amount_minor for each in amounts)

    @property
    def owed(self) -> Money:
        """What the payer owes the partner; below zero: the partner the payer."""
        minor = self.released.amount_minor + self.beyond.amount_minor
        return Money(self.beyond.currency, minor)

    def less(self, other: "Withholding") -> "Withholding":
        """What is left of it after another one."""
        return Withholding(
            _minus(self.withheld, other.withheld),
            _minus(self.released, other.released),
            _minus(self.kept, other.kept),
            _minus(self.beyond, other.beyond),
        )

    @property
    def opposite(self) -> "Withholding":
        """What takes it back."""
        return Withholding.nothing(Money(self.beyond.currency, 0)).less(self)

    @classmethod
    def nothing(cls, amount: Money) -> "Withholding":
        """Of a stake of which nothing was withheld: all of it is beyond."""
        zero = Money(amount.currency, 0)
        return cls(zero, zero, zero, amount)


def _minus(one: Money, other: Money) -> Money:
    return Money(one.currency, one.amount_minor - other.amount_minor)


@dataclass(frozen=True, slots=True)
class Stake:
    """What one partner receives (a malus: owes), and the reference its payment carries.

    `withholding` says what was withheld of its invoices, None where nothing is.
    """

    party_id: str
    amount: Money
    reference: str
    withholding: Withholding | None = None

    @property
    def owed(self) -> Money:
        """What is to be paid on it: to the partner, below zero by it."""
        return self.amount if self.withholding is None else self.withholding.owed

    @property
    def is_nothing(self) -> bool:
        """Whether the partner gets, owes and had withheld nothing."""
        held = self.withholding
        return not self.amount.amount_minor and (held is None or held.is_nothing)

    @property
    def opposite(self) -> "Stake":
        """What takes it back."""
        back = Money(self.amount.currency, -self.amount.amount_minor)
        held = self.withholding
        return replace(self, amount=back, withholding=None if held is None else held.opposite)

    @property
    def amounts(self) -> tuple[tuple[str, Money], ...]:
        """Its amounts, each with its name, as statements show them."""
        held, shown = self.withholding, [("stake", self.amount)]
        if held is not None:
            shown += [("withheld", held.withheld), ("released", held.released), ("kept", held.kept)]
        return (*shown, ("owed", self.owed))

    def less(self, amount: Money, withholding: Withholding | None) -> "Stake":
        """What is left of it after a part of it."""
        left = Money(amount.currency, self.amount.amount_minor - amount.amount_minor)
        if self.withholding is None and withholding is None:
            return replace(self, amount=left)
        own = self.withholding or Withholding.nothing(self.amount)
        other = withholding or Withholding.nothing(amount)
        return replace(self, amount=left, withholding=own.less(other))


def released(withheld: Money, stake: Money, *, is_credit: bool) -> Withholding:
    """What becomes of an amount withheld once the stake is known.

    An incentive earns it: the stake is what comes back of it. A credit takes from it: all comes
    back but the stake.
    """
    whole, currency = withheld.amount_minor, withheld.currency
    owed = stake.amount_minor + (whole if is_credit else 0)
    back = min(max(owed, 0), whole)
    rest = Money(currency, whole - back)
    return Withholding(withheld, Money(currency, back), rest, Money(currency, owed - back))


def undisputed(
    withheld: Money, stake: Money, undisputed_stake: Money, *, is_credit: bool
) -> Withholding:
    """What of an amount withheld is certain while a part of the stake is disputed.

    Released and kept is what is so either way; the disputed part stays withheld until decided.
    """
    one = released(withheld, stake, is_credit=is_credit)
    other = released(withheld, undisputed_stake, is_credit=is_credit)
    least = min(one.released.amount_minor, other.released.amount_minor)
    kept = min(one.kept.amount_minor, other.kept.amount_minor)
    currency = withheld.currency
    return Withholding(withheld, Money(currency, least), Money(currency, kept), other.beyond)


def withheld_all(
    party_ids: Sequence[str],
    exact: Sequence[Fraction],
    withheld: Sequence[Money],
    stakes: Sequence[Money],
    trace: list[TraceStep],
    *,
    is_credit: bool,
) -> tuple[Withholding, ...]:
    """What was withheld of each party and what becomes of it; the steps go to the trace.

    `withheld` are the `exact` amounts at risk, rounded as stakes are (of credits with their sign),
    so that a full score releases, or takes, all.
    """
    found = []
    for party_id, at_risk, whole, stake in zip(party_ids, exact, withheld, stakes, strict=True):
        held = Money(whole.currency, abs(whole.amount_minor))
        found.append(released(held, stake, is_credit=is_credit))
        used = TraceInput("exact amount", at_risk)
        said = "what is at risk was withheld from its invoices, rounded as stakes are"
        trace.append(TraceStep("withheld", party_id, said, (used,), held.value))
        trace += _steps(party_id, found[-1], stake, is_credit=is_credit)
    return tuple(found)


def _steps(
    party_id: str, found: Withholding, stake: Money, *, is_credit: bool
) -> Iterator[TraceStep]:
    used = (TraceInput("withheld", found.withheld.value), TraceInput("stake", stake.value))
    said = "what was not credited of it is released" if is_credit else "what was earned is released"
    yield TraceStep("released", party_id, said, used, found.released.value)
    left = (used[0], TraceInput("released", found.released.value))
    said = "what was withheld and not released is kept by the payer"
    yield TraceStep("kept", party_id, said, left, found.kept.value)
    if found.beyond.amount_minor:
        said = "what the stake gives (below zero: takes) beyond what was withheld"
        yield TraceStep("beyond", party_id, said, (*used, left[1]), found.beyond.value)

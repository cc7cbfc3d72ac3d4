"""Caps, gates and multipliers: what is done, in the stated order, to what the items earned.

The one rule: a cap and a gate only ever bring an amount nearer to zero, gains and losses apart, so
that every cap that nothing follows holds, in whatever order the caps are stated. Amounts are exact
and in major units; what is above zero is a gain of the partners, what is below a loss.

Source: `domain.md` section 6 ("gates", "multipliers applied last", "caps in a stated order").
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction

from ledger.amounts import Money
from ledger.curve import Line
from ledger.indicator import Boundary
from ledger.reading import Level, Reading


class Side(StrEnum):
    """Which amounts are meant: the partners' GAINS, their LOSSES, or BOTH apart."""

    GAINS = "GAINS"
    LOSSES = "LOSSES"
    BOTH = "BOTH"


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount, or a share of the pool: exactly one. A party's pool is its own at-risk amount."""

    amount: Money | None
    share_of_pool: Fraction | None

    def of(self, pool: Fraction) -> Fraction:
        """The limit in major units, not below zero."""
        if self.amount is not None:
            return self.amount.value
        return max(Fraction(0), pool * (self.share_of_pool or 0))


@dataclass(frozen=True, slots=True)
class ItemCap:
    """What one item gives at most, over all parties; without an indicator, each item."""

    indicator_id: str
    side: Side
    limit: Limit


@dataclass(frozen=True, slots=True)
class PartnerCap:
    """What a party gets at most in a period; without a party, each of them."""

    party_id: str
    side: Side
    limit: Limit


@dataclass(frozen=True, slots=True)
class PeriodCap:
    """What all parties together get at most in a period."""

    side: Side
    limit: Limit


@dataclass(frozen=True, slots=True)
class YearCap:
    """What a party (each of them, without one) gets at most in a year of the scheme.

    The year's other settled periods count with what they were given, in their own period: a true-up
    counts where it came from, not where it was paid.
    """

    party_id: str
    side: Side
    limit: Limit


@dataclass(frozen=True, slots=True)
class Gate:
    """Below a level of this indicator, only `factor` of it is left: 0 for nothing at all."""

    indicator_id: str
    level: Level
    boundary: Boundary
    factor: Fraction
    side: Side


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A factor that the curve gives for a result of this indicator."""

    indicator_id: str
    reading: Reading
    line: Line
    side: Side


@dataclass(frozen=True, slots=True)
class GainOnly:
    """These parties lose nothing: what is below zero is nothing."""

    party_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One step of the stated order: exactly one of these."""

    item_cap: ItemCap | None = None
    gate: Gate | None = None
    multiplier: Multiplier | None = None
    partner_cap: PartnerCap | None = None
    period_cap: PeriodCap | None = None
    year_cap: YearCap | None = None
    gain_only: GainOnly | None = None

    def forms(self) -> dict[str, object]:
        """The steps that are given, by name; exactly one in terms that can be proposed."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: form for name, form in named if form is not None}


def touches(side: Side, amount: Fraction) -> bool:
    """Whether an amount is on a side."""
    if amount == 0:
        return False
    return side is Side.BOTH or (amount > 0) == (side is Side.GAINS)


def scaled(amounts: Sequence[Fraction], factor: Fraction, side: Side) -> list[Fraction]:
    """The amounts on a side, times a factor; the others as they are."""
    return [amount * factor if touches(side, amount) else amount for amount in amounts]


def capped(amounts: Sequence[Fraction], limit: Fraction, side: Side) -> list[Fraction]:
    """Amounts whose gains, and whose losses, add up to no more than a limit: in proportion.

    Law: no amount changes its sign or moves away from zero.
    """
    found = list(amounts)
    for one in (Side.GAINS, Side.LOSSES):
        if side not in (one, Side.BOTH):
            continue
        whole = abs(sum((amount for amount in found if touches(one, amount)), Fraction(0)))
        if whole > limit:
            found = scaled(found, limit / whole, one)
    return found


def left(limit: Fraction, used: Fraction, side: Side) -> tuple[Fraction, Fraction]:
    """What may still be lost (not above zero) and gained (not below) after `used` in this year."""
    low = min(Fraction(0), -limit - used) if side is not Side.GAINS else None
    high = max(Fraction(0), limit - used) if side is not Side.LOSSES else None
    return (low if low is not None else _BOUNDLESS_LOSS), (high if high is not None else _BOUNDLESS)


_BOUNDLESS = Fraction(10**18)
_BOUNDLESS_LOSS = -_BOUNDLESS

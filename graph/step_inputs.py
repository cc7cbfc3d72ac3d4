"""Inputs of caps, gates and multipliers; they mirror `ledger.cap`."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.form_inputs import ReadingInput, ScoreLevelInput, ScoreLineInput
from graph.money import MoneyInput
from ledger.cap import Side
from ledger.indicator import Boundary


@strawberry.input(description="A limit: exactly one of these.", one_of=True)
class CapLimitInput:
    """An amount, or a share."""

    amount: MoneyInput | None = field(
        default=strawberry.UNSET, description="An amount in the scheme's currency, not below 0."
    )
    share_of_pool: Fraction | None = field(
        default=strawberry.UNSET,
        description="A share of the pool; for a party of its own amount at risk.",
    )


@strawberry.input(description="What an item gives at most, over all parties.")
class ItemCapInput:
    """Before items are netted."""

    indicator_id: strawberry.ID | None = field(
        default=None, description="The item; null or empty: each item."
    )
    side: Side = field(description="Gains, losses or both.")
    limit: CapLimitInput = field(description="The most.")


@strawberry.input(description="What a party gets or owes at most in a period.")
class PartnerCapInput:
    """Of its netted items."""

    party_id: strawberry.ID | None = field(
        default=None, description="The party; null or empty: each of them."
    )
    side: Side = field(description="Gains, losses or both.")
    limit: CapLimitInput = field(description="The most.")


@strawberry.input(description="What all parties together get or owe at most in a period.")
class PeriodCapInput:
    """Gains and losses apart."""

    side: Side = field(description="Gains, losses or both.")
    limit: CapLimitInput = field(description="The most.")


@strawberry.input(description="What a party gets or owes at most in a year of the scheme.")
class YearCapInput:
    """A true-up counts in its period of origin."""

    party_id: strawberry.ID | None = field(
        default=None, description="The party; null or empty: each of them."
    )
    side: Side = field(description="Gains, losses or both.")
    limit: CapLimitInput = field(description="The most.")


@strawberry.input(description="Below a level of an indicator less is left, whatever the rest.")
class GateInput:
    """A hygiene factor."""

    indicator_id: strawberry.ID = field(
        description="An agreed indicator, an item or not; live, where the items are."
    )
    level: ScoreLevelInput = field(description="What must be met, by the displayed value.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    factor: Fraction = field(description="What is left when it is missed: 0 nothing, below 1.")
    side: Side = field(description="Gains, losses or both.")


@strawberry.input(description="A factor that a curve gives for an indicator.")
class MultiplierInput:
    """Applied where it stands in the order."""

    indicator_id: strawberry.ID = field(description="An agreed indicator.")
    reading: ReadingInput = field(description="What is read of it.")
    line: ScoreLineInput = field(description="The factor for it.")
    side: Side = field(description="Gains, losses or both.")


@strawberry.input(description="These parties lose nothing.")
class GainOnlyInput:
    """A small partner's protection."""

    party_ids: list[strawberry.ID] = field(description="Parties that share.")


@strawberry.input(description="A step of the stated order: exactly one of these.", one_of=True)
class AdjustmentInput:
    """Item caps come first."""

    item_cap: ItemCapInput | None = field(default=strawberry.UNSET, description="Caps an item.")
    gate: GateInput | None = field(default=strawberry.UNSET, description="Reduces by a gate.")
    multiplier: MultiplierInput | None = field(
        default=strawberry.UNSET, description="Multiplies by a factor."
    )
    partner_cap: PartnerCapInput | None = field(
        default=strawberry.UNSET, description="Caps a party in the period."
    )
    period_cap: PeriodCapInput | None = field(
        default=strawberry.UNSET, description="Caps all in the period."
    )
    year_cap: YearCapInput | None = field(
        default=strawberry.UNSET, description="Caps a party in the year."
    )
    gain_only: GainOnlyInput | None = field(
        default=strawberry.UNSET, description="Lets no loss stand."
    )

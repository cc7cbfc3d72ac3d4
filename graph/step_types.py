"""Caps, gates and multipliers, as the API shows them."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.form_types import Reading, ScoreLevel, ScoreLine
from graph.money import Money
from ledger.cap import Side
from ledger.indicator import Boundary


@strawberry.type(description="A limit: exactly one of these.")
class CapLimit:
    """An amount, or a share."""

    amount: Money | None = field(description="An amount in the scheme's currency, not below 0.")
    share_of_pool: Fraction | None = field(
        description="A share of the pool; for a party of its own amount at risk."
    )


@strawberry.type(description="What an item gives at most, over all parties.")
class ItemCap:
    """Before items are netted."""

    indicator_id: strawberry.ID | None = field(description="The item; null or empty: each item.")
    side: Side = field(description="Gains, losses or both.")
    limit: CapLimit = field(description="The most.")


@strawberry.type(description="What a party gets or owes at most in a period.")
class PartnerCap:
    """Of its netted items."""

    party_id: strawberry.ID | None = field(description="The party; null or empty: each of them.")
    side: Side = field(description="Gains, losses or both.")
    limit: CapLimit = field(description="The most.")


@strawberry.type(description="What all parties together get or owe at most in a period.")
class PeriodCap:
    """Gains and losses apart."""

    side: Side = field(description="Gains, losses or both.")
    limit: CapLimit = field(description="The most.")


@strawberry.type(description="What a party gets or owes at most in a year of the scheme.")
class YearCap:
    """A true-up counts in its period of origin."""

    party_id: strawberry.ID | None = field(description="The party; null or empty: each of them.")
    side: Side = field(description="Gains, losses or both.")
    limit: CapLimit = field(description="The most.")


@strawberry.type(description="Below a level of an indicator less is left, whatever the rest.")
class Gate:
    """A hygiene factor."""

    indicator_id: strawberry.ID = field(
        description="An agreed indicator, an item or not; live, where the items are."
    )
    level: ScoreLevel = field(description="What must be met, by the displayed value.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    factor: Fraction = field(description="What is left when it is missed: 0 nothing, below 1.")
    side: Side = field(description="Gains, losses or both.")


@strawberry.type(description="A factor that a curve gives for an indicator.")
class Multiplier:
    """Applied where it stands in the order."""

    indicator_id: strawberry.ID = field(description="An agreed indicator.")
    reading: Reading = field(description="What is read of it.")
    line: ScoreLine = field(description="The factor for it.")
    side: Side = field(description="Gains, losses or both.")


@strawberry.type(description="These parties lose nothing.")
class GainOnly:
    """A small partner's protection."""

    party_ids: list[strawberry.ID] = field(description="Parties that share.")


@strawberry.type(description="A step of the stated order: exactly one of these.")
class Adjustment:
    """Item caps come first."""

    item_cap: ItemCap | None = field(description="Caps an item.")
    gate: Gate | None = field(description="Reduces by a gate.")
    multiplier: Multiplier | None = field(description="Multiplies by a factor.")
    partner_cap: PartnerCap | None = field(description="Caps a party in the period.")
    period_cap: PeriodCap | None = field(description="Caps all in the period.")
    year_cap: YearCap | None = field(description="Caps a party in the year.")
    gain_only: GainOnly | None = field(description="Lets no loss stand.")

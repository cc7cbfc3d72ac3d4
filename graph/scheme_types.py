"""The terms of a scheme, as the API shows them; they mirror `ledger.terms`."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.form_types import Reading, RoundingStep, ScoreLevel, Scoring
from graph.money import Money
from graph.step_types import Adjustment
from ledger.amounts import Rounding
from ledger.indicator import Boundary
from ledger.retention import Retention
from ledger.split import FallsFree, ProRata, SplitKind
from ledger.terms import (
    Allocation,
    Basis,
    Confidentiality,
    Denominator,
    Malus,
    MoneyStage,
    Residual,
    Reweighting,
    SchemeKind,
    Unallocated,
)


@strawberry.type(description="A party's share.")
class SchemeShare:
    """Parties in the order in which left-over cents are given."""

    party_id: strawberry.ID = field(description="A partner.")
    share: Fraction = field(description="For FIXED: above 0, adding up to 1. Not read otherwise.")


@strawberry.type(description="Who shares, and how.")
class SchemeSplit:
    """And what of those who join or leave."""

    kind: SplitKind = field(description="By what money is split.")
    shares: list[SchemeShare] = field(description="1 to 200 parties, in order.")
    contribution_id: strawberry.ID | None = field(
        description="The indicator whose parts are the scores; with CONTRIBUTION alone."
    )
    pro_rata: ProRata = field(
        description="What a party counts for that was there for a part of the period."
    )
    falls_free: FallsFree = field(description="Where the rest of its share goes.")


@strawberry.type(description="A named factor of an allocation.")
class AllocationFactor:
    """Multiplies the weight."""

    name: str = field(description='As "category" or "service level".')
    value: Fraction = field(description="Above 0: 0.4 is 40 %.")


@strawberry.type(description="An indicator in a scheme.")
class SchemeItem:
    """How it scores and what it weighs."""

    indicator_id: strawberry.ID = field(description="An agreed indicator.")
    weight: Fraction = field(
        description="Above 0; what weights add up to is the scheme's allocation."
    )
    factors: list[AllocationFactor] = field(
        description="Up to 8; the allocation is the weight times all of them."
    )
    reading: Reading = field(description="Which number is read.")
    scoring: Scoring = field(description="How it becomes a score.")
    basis: Basis = field(description="The joint result, or each party's own part.")
    denominator: Denominator = field(description="Inside the whole, or a bonus outside of it.")
    score_rounding: RoundingStep | None = field(
        description="How the score is rounded; null: it is not."
    )


@strawberry.type(description="A share at risk, by year.")
class AtRiskRate:
    """From a year of the scheme on."""

    from_year: int = field(description="The first is 1, that of the first period.")
    share: Fraction = field(description="Above 0, at most 1.")


@strawberry.type(description="A party's base for a period.")
class AtRiskBase:
    """Such as its invoice."""

    party_id: strawberry.ID = field(description="A party that shares.")
    amount: Money = field(description="For a whole period.")


@strawberry.type(description="A share of each party's base.")
class AtRisk:
    """Stated or measured bases."""

    currency: str = field(description="ISO 4217 code.")
    schedule: list[AtRiskRate] = field(description="By years, from 1 on.")
    bases: list[AtRiskBase] = field(description="One a party, or none where they are measured.")
    base_indicator_id: strawberry.ID | None = field(
        description="The indicator whose parts are the bases; null where they are stated."
    )
    retention: Retention = field(
        description="Whether invoices are paid less what is at risk until the period is settled."
    )


@strawberry.type(description="Where the money comes from: exactly one of these.")
class SchemeFunding:
    """A pool, an amount at risk, or what is earned."""

    pool: Money | None = field(description="A fixed amount a period, above 0.")
    at_risk: AtRisk | None = field(description="A share of each party's base.")
    earned_in: str | None = field(
        description="No pool: items give money by themselves, in this ISO 4217 currency."
    )


@strawberry.type(description="How money is rounded.")
class MoneyRounding:
    """Mode, step and stage."""

    mode: Rounding = field(description="How a rest is rounded.")
    step: Fraction = field(description="In major units: 0.01 for cents.")
    stage: MoneyStage = field(description="The total, or each part.")


@strawberry.type(description="What a party's finance needs on its documents.")
class PaymentReferences:
    """Each up to 120 characters, may be empty."""

    party_id: strawberry.ID = field(description="A party that shares.")
    purchase_order: str = field(description="Its purchase order.")
    tax_number: str = field(description="Its VAT or credit-note number.")
    account_code: str = field(description="Its own account code.")


@strawberry.type(description="When and how is paid.")
class PaymentTerms:
    """Due date, loss, references."""

    due_days: int = field(description="0 to 366 calendar days from the period's end.")
    malus: Malus = field(description="How a loss is paid.")
    references: list[PaymentReferences] = field(description="What finance needs, a party.")


@strawberry.type(description="Losses of a year that come back.")
class EarnBack:
    """At the year's end."""

    indicator_id: strawberry.ID = field(description="An item.")
    level: ScoreLevel = field(description="What the mean of the year must meet.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    share: Fraction = field(description="Above 0, at most 1: what comes back.")


@strawberry.type(description="What a late part costs.")
class ReportingPenalty:
    """A party and indicator."""

    amount: Money = field(description="For each part.")
    grace_days: int = field(description="0 to 366 calendar days after the period's end.")


@strawberry.type(description="A party's own part of an assumed result.")
class ExamplePart:
    """For attribution, bases and contributions."""

    party_id: strawberry.ID = field(description="A party that shares.")
    value: Fraction = field(description="Its part.")


@strawberry.type(description="A result that an example assumes.")
class ExampleValue:
    """One for each item, gate, multiplier and base."""

    indicator_id: strawberry.ID = field(description="The indicator.")
    value: Fraction = field(
        description="The assumed result, as the indicator rounds it when it is displayed."
    )
    earlier: list[Fraction] = field(description="Results of the periods before, oldest first.")
    parts: list[ExamplePart] = field(description="Parts of it; empty where nothing reads them.")
    is_low_sample: bool = field(description="Whether too few observations made it.")


@strawberry.type(description="What an example expects a party to get.")
class ExpectedPart:
    """To the cent."""

    party_id: strawberry.ID = field(description="A party that shares.")
    amount: Money = field(description="Below 0 where it owes.")


@strawberry.type(description="Assumed results, and what they must pay.")
class SchemeExample:
    """The engine runs it."""

    values: list[ExampleValue] = field(description="One for each item, gate, multiplier and base.")
    expected: Money = field(description="What is paid out in all; below 0 for credits.")
    expected_parts: list[ExpectedPart] = field(description="What single parties get; may be empty.")


@strawberry.type(description="Every term of a scheme.")
class SchemeTerms:
    """What changes a cent is stated."""

    name: str = field(description="1 to 120 characters.")
    kind: SchemeKind = field(description="Incentives, or credits.")
    funding: SchemeFunding = field(description="Where the money comes from.")
    items: list[SchemeItem] = field(description="1 to 20: what it hangs on.")
    allocation: Allocation = field(description="What the weights add up to.")
    reweighting: Reweighting = field(
        description="Where the weight of an item without a score goes."
    )
    of_total: Scoring | None = field(
        description="Turns the total score into the share paid; null: it is the share."
    )
    adjustments: list[Adjustment] = field(
        description="Up to 50: caps, gates and multipliers in the order in which they are done."
    )
    split: SchemeSplit = field(description="Who shares, and how.")
    rounding: MoneyRounding = field(description="How money is rounded.")
    residual: Residual = field(description="Where left-over cents go.")
    unallocated: Unallocated = field(description="Where what is not earned goes.")
    valid_from_period: str = field(description="The first period that it settles.")
    year_starts_in: int = field(description="The month, 1 to 12, in which its year starts.")
    payment: PaymentTerms = field(description="When and how is paid.")
    earn_backs: list[EarnBack] = field(
        description="Losses that come back at the year's end; may be empty."
    )
    reporting_penalty: ReportingPenalty | None = field(
        description="What a late part costs; null: nothing."
    )
    worked_examples: list[SchemeExample] = field(description="1 to 20; the engine runs them.")
    confidentiality: Confidentiality = field(
        description="PER_PARTNER: what each partner has at stake and gets is its own."
    )


@strawberry.type(description="One partner's own part of a confidential scheme.")
class PartnerTerms:
    """Only the partner and the outsourcer see it."""

    party_id: strawberry.ID = field(description="The partner.")
    schedule: list[AtRiskRate] = field(description="Its shares at risk by years, from 1 on.")
    base: Money | None = field(
        description="Its base a period; null where the common part measures it."
    )
    adjustments: list[Adjustment] = field(description="Its own caps, after the common steps.")
    references: list[PaymentReferences] = field(description="What its finance needs.")
    worked_examples: list[SchemeExample] = field(description="Of what it gets alone.")

"""Inputs of a scheme's terms; they mirror `ledger.terms`."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.form_inputs import ReadingInput, RoundingStepInput, ScoreLevelInput, ScoringInput
from graph.money import MoneyInput
from graph.step_inputs import AdjustmentInput
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


@strawberry.input(description="A party's share.")
class SchemeShareInput:
    """Parties in the order in which left-over cents are given."""

    party_id: strawberry.ID = field(description="A partner.")
    share: Fraction = field(description="For FIXED: above 0, adding up to 1. Not read otherwise.")


@strawberry.input(description="Who shares, and how.")
class SchemeSplitInput:
    """And what of those who join or leave."""

    kind: SplitKind = field(description="By what money is split.")
    shares: list[SchemeShareInput] = field(description="1 to 200 parties, in order.")
    contribution_id: strawberry.ID | None = field(
        default=None,
        description="The indicator whose parts are the scores; with CONTRIBUTION alone.",
    )
    pro_rata: ProRata = field(
        description="What a party counts for that was there for a part of the period."
    )
    falls_free: FallsFree = field(description="Where the rest of its share goes.")


@strawberry.input(description="A named factor of an allocation.")
class AllocationFactorInput:
    """Multiplies the weight."""

    name: str = field(description='As "category" or "service level".')
    value: Fraction = field(description="Above 0: 0.4 is 40 %.")


@strawberry.input(description="An indicator in a scheme.")
class SchemeItemInput:
    """How it scores and what it weighs."""

    indicator_id: strawberry.ID = field(description="An agreed indicator.")
    weight: Fraction = field(
        description="Above 0; what weights add up to is the scheme's allocation."
    )
    factors: list[AllocationFactorInput] = field(
        default_factory=list, description="Up to 8; the allocation is the weight times all of them."
    )
    reading: ReadingInput = field(description="Which number is read.")
    scoring: ScoringInput = field(description="How it becomes a score.")
    basis: Basis = field(description="The joint result, or each party's own part.")
    denominator: Denominator = field(description="Inside the whole, or a bonus outside of it.")
    score_rounding: RoundingStepInput | None = field(
        default=None, description="How the score is rounded; null: it is not."
    )


@strawberry.input(description="A share at risk, by year.")
class AtRiskRateInput:
    """From a year of the scheme on."""

    from_year: int = field(description="The first is 1, that of the first period.")
    share: Fraction = field(description="Above 0, at most 1.")


@strawberry.input(description="A party's base for a period.")
class AtRiskBaseInput:
    """Such as its invoice."""

    party_id: strawberry.ID = field(description="A party that shares.")
    amount: MoneyInput = field(description="For a whole period.")


@strawberry.input(description="A share of each party's base.")
class AtRiskInput:
    """Stated or measured bases."""

    currency: str = field(description="ISO 4217 code.")
    schedule: list[AtRiskRateInput] = field(description="By years, from 1 on.")
    bases: list[AtRiskBaseInput] = field(
        default_factory=list, description="One a party, or none where they are measured."
    )
    base_indicator_id: strawberry.ID | None = field(
        default=None,
        description="The indicator whose parts are the bases; null where they are stated.",
    )
    retention: Retention = field(
        description="Whether invoices are paid less what is at risk until the period is settled."
    )


@strawberry.input(description="Where the money comes from: exactly one of these.", one_of=True)
class SchemeFundingInput:
    """A pool, an amount at risk, or what is earned."""

    pool: MoneyInput | None = field(
        default=strawberry.UNSET, description="A fixed amount a period, above 0."
    )
    at_risk: AtRiskInput | None = field(
        default=strawberry.UNSET, description="A share of each party's base."
    )
    earned_in: str | None = field(
        default=strawberry.UNSET,
        description="No pool: items give money by themselves, in this ISO 4217 currency.",
    )


@strawberry.input(description="How money is rounded.")
class MoneyRoundingInput:
    """Mode, step and stage."""

    mode: Rounding = field(description="How a rest is rounded.")
    step: Fraction = field(description="In major units: 0.01 for cents.")
    stage: MoneyStage = field(description="The total, or each part.")


@strawberry.input(description="What a party's finance needs on its documents.")
class PaymentReferencesInput:
    """Each up to 120 characters, may be empty."""

    party_id: strawberry.ID = field(description="A party that shares.")
    purchase_order: str = field(default="", description="Its purchase order.")
    tax_number: str = field(default="", description="Its VAT or credit-note number.")
    account_code: str = field(default="", description="Its own account code.")


@strawberry.input(description="When and how is paid.")
class PaymentTermsInput:
    """Due date, loss, references."""

    due_days: int = field(description="0 to 366 calendar days from the period's end.")
    malus: Malus = field(description="How a loss is paid.")
    references: list[PaymentReferencesInput] = field(
        default_factory=list, description="What finance needs, a party."
    )


@strawberry.input(description="Losses of a year that come back.")
class EarnBackInput:
    """At the year's end."""

    indicator_id: strawberry.ID = field(description="An item.")
    level: ScoreLevelInput = field(description="What the mean of the year must meet.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    share: Fraction = field(description="Above 0, at most 1: what comes back.")


@strawberry.input(description="What a late part costs.")
class ReportingPenaltyInput:
    """A party and indicator."""

    amount: MoneyInput = field(description="For each part.")
    grace_days: int = field(description="0 to 366 calendar days after the period's end.")


@strawberry.input(description="A party's own part of an assumed result.")
class ExamplePartInput:
    """For attribution, bases and contributions."""

    party_id: strawberry.ID = field(description="A party that shares.")
    value: Fraction = field(description="Its part.")


@strawberry.input(description="A result that an example assumes.")
class ExampleValueInput:
    """One for each item, gate, multiplier and base."""

    indicator_id: strawberry.ID = field(description="The indicator.")
    value: Fraction = field(
        description="The assumed result, as the indicator rounds it when it is displayed."
    )
    earlier: list[Fraction] = field(
        default_factory=list, description="Results of the periods before, oldest first."
    )
    parts: list[ExamplePartInput] = field(
        default_factory=list, description="Parts of it; empty where nothing reads them."
    )
    is_low_sample: bool = field(default=False, description="Whether too few observations made it.")


@strawberry.input(description="What an example expects a party to get.")
class ExpectedPartInput:
    """To the cent."""

    party_id: strawberry.ID = field(description="A party that shares.")
    amount: MoneyInput = field(description="Below 0 where it owes.")


@strawberry.input(description="Assumed results, and what they must pay.")
class SchemeExampleInput:
    """The engine runs it."""

    values: list[ExampleValueInput] = field(
        description="One for each item, gate, multiplier and base."
    )
    expected: MoneyInput = field(description="What is paid out in all; below 0 for credits.")
    expected_parts: list[ExpectedPartInput] = field(
        default_factory=list, description="What single parties get; may be empty."
    )


@strawberry.input(description="Every term of a scheme.")
class SchemeTermsInput:
    """What changes a cent is stated."""

    name: str = field(description="1 to 120 characters.")
    kind: SchemeKind = field(description="Incentives, or credits.")
    funding: SchemeFundingInput = field(description="Where the money comes from.")
    items: list[SchemeItemInput] = field(description="1 to 20: what it hangs on.")
    allocation: Allocation = field(description="What the weights add up to.")
    reweighting: Reweighting = field(
        description="Where the weight of an item without a score goes."
    )
    of_total: ScoringInput | None = field(
        default=None,
        description="Turns the total score into the share paid; null: it is the share.",
    )
    adjustments: list[AdjustmentInput] = field(
        default_factory=list,
        description="Up to 50: caps, gates and multipliers in the order in which they are done.",
    )
    split: SchemeSplitInput = field(description="Who shares, and how.")
    rounding: MoneyRoundingInput = field(description="How money is rounded.")
    residual: Residual = field(description="Where left-over cents go.")
    unallocated: Unallocated = field(description="Where what is not earned goes.")
    valid_from_period: str = field(description="The first period that it settles.")
    year_starts_in: int = field(description="The month, 1 to 12, in which its year starts.")
    payment: PaymentTermsInput = field(description="When and how is paid.")
    earn_backs: list[EarnBackInput] = field(
        default_factory=list, description="Losses that come back at the year's end; may be empty."
    )
    reporting_penalty: ReportingPenaltyInput | None = field(
        default=None, description="What a late part costs; null: nothing."
    )
    worked_examples: list[SchemeExampleInput] = field(description="1 to 20; the engine runs them.")
    confidentiality: Confidentiality = field(
        default=Confidentiality.OPEN,
        description="PER_PARTNER: `funding.atRisk` states neither schedule nor bases, `parts` do.",
    )


@strawberry.input(description="One partner's own part of a confidential scheme.")
class PartnerTermsInput:
    """Sealed: the partner, the outsourcer and observers with the grant STAKES alone see it."""

    party_id: strawberry.ID = field(description="A party that shares.")
    schedule: list[AtRiskRateInput] = field(description="Its shares at risk by years, from 1 on.")
    base: MoneyInput | None = field(
        default=None, description="Its base a period; null where the common part measures it."
    )
    adjustments: list[AdjustmentInput] = field(
        default_factory=list, description="Its own caps, after the common steps."
    )
    references: list[PaymentReferencesInput] = field(
        default_factory=list, description="What its finance needs."
    )
    worked_examples: list[SchemeExampleInput] = field(
        description="1 to 20, of what it gets alone; the engine runs them."
    )

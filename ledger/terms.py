"""Incentive terms as data: what a scheme states, in a closed set of forms, never code.

The one rule: whatever changes a cent is a stated term without a hidden default: rounding mode,
step and stage, boundary sides, denominator, band mode, reweighting, order of caps, residual cents,
what falls free. `evaluation` computes them, `sentence` prints them, `soundness` refuses those that
cannot hold.

Source: `domain.md` section 6.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.amounts import Money
from ledger.cap import Adjustment
from ledger.indicator import Boundary
from ledger.reading import Level, Reading, RoundingStep
from ledger.retention import Retention
from ledger.scoring import Scoring
from ledger.split import Split


class SchemeKind(StrEnum):
    """INCENTIVE: partners earn, and may owe. CREDIT: partners give back for what was missed."""

    INCENTIVE = "INCENTIVE"
    CREDIT = "CREDIT"


class Allocation(StrEnum):
    """What the weights add up to, those outside the denominator aside.

    WHOLE: exactly 1. AT_MOST_WHOLE: no more than 1; the rest is nobody's. OVER_ALLOCATED: more
    than 1 may be, and a cap holds the sum. POINTS: plain numbers that a table of the total reads.
    """

    WHOLE = "WHOLE"
    AT_MOST_WHOLE = "AT_MOST_WHOLE"
    OVER_ALLOCATED = "OVER_ALLOCATED"
    POINTS = "POINTS"


class Reweighting(StrEnum):
    """Where the weight goes of an item that has no score for too few observations.

    AS_THE_INDICATOR_SAYS: as its low-sample rule does. IN_PROPORTION, EQUALLY: to the other items
    of the denominator. NONE: nowhere, it earns nothing.
    """

    AS_THE_INDICATOR_SAYS = "AS_THE_INDICATOR_SAYS"
    IN_PROPORTION = "IN_PROPORTION"
    EQUALLY = "EQUALLY"
    NONE = "NONE"


class Basis(StrEnum):
    """Whether an item scores the JOINT result, or each party's OWN_PART of it."""

    JOINT = "JOINT"
    OWN_PART = "OWN_PART"


class Denominator(StrEnum):
    """Whether an item's weight counts INSIDE the whole, or is a bonus OUTSIDE of it."""

    INSIDE = "INSIDE"
    OUTSIDE = "OUTSIDE"


class MoneyStage(StrEnum):
    """TOTAL: the total is rounded, then split exactly. EACH_PART: each party's part is rounded."""

    TOTAL = "TOTAL"
    EACH_PART = "EACH_PART"


class Residual(StrEnum):
    """Where the cents go that a split leaves over."""

    LARGEST_REMAINDER = "LARGEST_REMAINDER"


class Unallocated(StrEnum):
    """Where the part of the pool goes that was not earned."""

    RETURNS_TO_OUTSOURCER = "RETURNS_TO_OUTSOURCER"
    STAYS_UNALLOCATED = "STAYS_UNALLOCATED"


class Malus(StrEnum):
    """How a loss is paid: NETTED against what is due to the partner, or INVOICED to it."""

    NETTED = "NETTED"
    INVOICED = "INVOICED"


class Confidentiality(StrEnum):
    """OPEN: all terms and amounts are open to all members, as shares of one pool have to be.

    PER_PARTNER: what each partner has at stake and gets is between it and the outsourcer.
    """

    OPEN = "OPEN"
    PER_PARTNER = "PER_PARTNER"


@dataclass(frozen=True, slots=True)
class Factor:
    """A named factor of an allocation: category, service level, weighting factor."""

    name: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Item:
    """An indicator in the scheme, how its result becomes a score, and what that weighs.

    Its allocation is `weight` times every factor.
    """

    indicator_id: str
    weight: Fraction
    factors: tuple[Factor, ...]
    reading: Reading
    scoring: Scoring
    basis: Basis
    denominator: Denominator
    score_rounding: RoundingStep | None

    @property
    def allocation(self) -> Fraction:
        """Its weight times its factors."""
        found = self.weight
        for factor in self.factors:
            found *= factor.value
        return found


@dataclass(frozen=True, slots=True)
class AtRiskRate:
    """From this year of the scheme on (1 is the first), this share of the base is at risk."""

    from_year: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class Base:
    """A party's base for a whole period, such as its invoice."""

    party_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A share of each party's base is at stake, by a schedule of years.

    The base is either stated (`bases`) or measured: the parts of `base_indicator_id`, in major
    units of `currency`. `retention` is NOT_WITHHELD where entries of before do not say.
    """

    currency: str
    schedule: tuple[AtRiskRate, ...]
    bases: tuple[Base, ...]
    base_indicator_id: str
    retention: Retention = Retention.NOT_WITHHELD


@dataclass(frozen=True, slots=True)
class Funding:
    """Where the money comes from: exactly one of these.

    `pool`: a fixed amount a period. `at_risk`: a share of each party's base. `earned_in`: no pool,
    the items give money by themselves, in this currency.
    """

    pool: Money | None = None
    at_risk: AtRisk | None = None
    earned_in: str = ""

    @property
    def currency(self) -> str:
        """The one currency of the scheme."""
        if self.pool is not None:
            return self.pool.currency
        return self.at_risk.currency if self.at_risk is not None else self.earned_in


@dataclass(frozen=True, slots=True)
class MoneyRounding(RoundingStep):
    """Mode, step in major units (0.01 for cents), and what is rounded."""

    stage: MoneyStage


@dataclass(frozen=True, slots=True)
class References:
    """What one party's finance needs on its documents; each may be empty."""

    party_id: str
    purchase_order: str
    tax_number: str
    account_code: str


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """`due_days` are calendar days after the period's last day on which payment falls due."""

    due_days: int
    malus: Malus
    references: tuple[References, ...]


@dataclass(frozen=True, slots=True)
class EarnBack:
    """At the year's end a share of the year's losses on an item comes back.

    It does when the mean of the year's results meets the level.
    """

    indicator_id: str
    level: Level
    boundary: Boundary
    share: Fraction


@dataclass(frozen=True, slots=True)
class ReportingPenalty:
    """What a party owes for each indicator of which its part came late, or not at all.

    Late is more than `grace_days` calendar days after the period's end.
    """

    amount: Money
    grace_days: int


@dataclass(frozen=True, slots=True)
class ExamplePart:
    """A party's own part of an assumed result."""

    party_id: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class ExampleValue:
    """A result that a worked example assumes: of an item, a gate, a multiplier or a base.

    `earlier` are the results of the periods before, oldest first.
    """

    indicator_id: str
    value: Fraction
    earlier: tuple[Fraction, ...] = ()
    parts: tuple[ExamplePart, ...] = ()
    is_low_sample: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedPart:
    """What a worked example expects a party to get."""

    party_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class SchemeExample:
    """Assumed results, and what must be paid out for them, in all and (where given) a party."""

    values: tuple[ExampleValue, ...]
    expected: Money
    expected_parts: tuple[ExpectedPart, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemeTerms:
    """Every term of a scheme. `of_total`, where given, turns the total score into the share paid.

    `year_starts_in` is the month (1 to 12) in which the scheme's year starts: caps a year, the
    schedule of what is at risk and earn-back count by it.
    """

    name: str
    kind: SchemeKind
    funding: Funding
    items: tuple[Item, ...]
    allocation: Allocation
    reweighting: Reweighting
    of_total: Scoring | None
    adjustments: tuple[Adjustment, ...]
    split: Split
    rounding: MoneyRounding
    residual: Residual
    unallocated: Unallocated
    valid_from_period: str
    year_starts_in: int
    payment: PaymentTerms
    earn_backs: tuple[EarnBack, ...]
    reporting_penalty: ReportingPenalty | None
    worked_examples: tuple[SchemeExample, ...]
    confidentiality: Confidentiality = Confidentiality.OPEN

    @property
    def currency(self) -> str:
        """The one currency of the scheme."""
        return self.funding.currency

    @property
    def withholds(self) -> bool:
        """Whether what is at risk is withheld from invoices until it is settled."""
        at_risk = self.funding.at_risk
        return at_risk is not None and at_risk.retention is Retention.WITHHELD

    def party_ids(self) -> tuple[str, ...]:
        """Ids of the parties that share, in the order in which left-over cents are given."""
        return tuple(share.party_id for share in self.split.shares)

    def sharer_ids(self) -> frozenset[str]:
        """Ids of the parties that share."""
        return frozenset(self.party_ids())

    def item_ids(self) -> tuple[str, ...]:
        """Ids of the indicators that are scored."""
        return tuple(item.indicator_id for item in self.items)

    def paying_ids(self) -> tuple[str, ...]:
        """Ids of the indicators that move money by how they do: items, gates and multipliers."""
        steps = [read for step in self.adjustments for read in (step.gate, step.multiplier) if read]
        return tuple(dict.fromkeys((*self.item_ids(), *(read.indicator_id for read in steps))))

    def indicator_ids(self) -> tuple[str, ...]:
        """Ids of every indicator that a result is needed of, each once."""
        found = list(self.item_ids())
        for step in self.adjustments:
            if step.gate is not None:
                found.append(step.gate.indicator_id)
            if step.multiplier is not None:
                found.append(step.multiplier.indicator_id)
        if self.funding.at_risk is not None:
            found.append(self.funding.at_risk.base_indicator_id)
        found.append(self.split.contribution_id)
        return tuple(dict.fromkeys(filter(None, found)))

"""Joint performance indicators: versions that state every term.

The one rule: a version states every term that can change a value or what it means; whether the
terms can stand is `drafting`, how a value stands against them is `judgement`. Values are exact
fractions; rounding is a stated term. Sources: `domain.md` section 4.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.amounts import Rounding
from ledger.errors import Refusal
from ledger.figures import Figures
from ledger.method import MethodTerms
from ledger.periods import Calendar
from ledger.proposal import Opening
from ledger.theme import Theme

MAX_TEXT = 2000


class WhyMissing(Refusal):
    """An indicator says why it matters, in 1 to 2000 characters. -> Say whom it serves."""


class TermsMalformed(Refusal):
    """This term cannot stand: {reason}. -> Correct it and propose again."""


class OwnersMalformed(Refusal):
    """These owners cannot own it jointly: {reason}. -> Name members, once each, with weights."""


class ExampleFails(Refusal):
    """The worked example gives {computed}, not {expected}. -> Correct the example or the terms."""


class Perspective(StrEnum):
    """Experience is what the user feels; operational is what a service level measures."""

    EXPERIENCE = "EXPERIENCE"
    OPERATIONAL = "OPERATIONAL"


class Direction(StrEnum):
    """Which way is better; of a BAND both, towards it."""

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"
    BAND = "BAND"


class Boundary(StrEnum):
    """Whether a value that equals the target meets it."""

    INCLUSIVE = "INCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"


class RoundingStage(StrEnum):
    """Whether a value is rounded before it is compared, or only where it is shown."""

    BEFORE_COMPARING = "BEFORE_COMPARING"
    AFTER_COMPARING = "AFTER_COMPARING"


class Attribution(StrEnum):
    """SOLIDARY: one result for all. ATTRIBUTED: each part belongs to its party."""

    SOLIDARY = "SOLIDARY"
    ATTRIBUTED = "ATTRIBUTED"


class Stage(StrEnum):
    """SHADOW: real data, no money (a pilot). LIVE: incentives may hang on it."""

    SHADOW = "SHADOW"
    LIVE = "LIVE"


class LowSample(StrEnum):
    """What too few observations mean.

    CARRY_FORWARD: the agreed value of the period before holds. POOL_WITH_PREVIOUS: the parts of
    both periods are computed together.
    """

    NO_SCORE_REWEIGHT_IN_PROPORTION = "NO_SCORE_REWEIGHT_IN_PROPORTION"
    NO_SCORE_REWEIGHT_EQUALLY = "NO_SCORE_REWEIGHT_EQUALLY"
    PAY_AT_TARGET = "PAY_AT_TARGET"
    PAY_NOTHING = "PAY_NOTHING"
    CARRY_FORWARD = "CARRY_FORWARD"
    POOL_WITH_PREVIOUS = "POOL_WITH_PREVIOUS"


FROM_PREVIOUS = frozenset({LowSample.CARRY_FORWARD, LowSample.POOL_WITH_PREVIOUS})
"""Rules that need an agreed period before."""


class RollingCount(StrEnum):
    """Whether a new version starts rolling counts (four misses in twelve months) anew."""

    CONTINUES = "CONTINUES"
    RESETS = "RESETS"


class Standing(StrEnum):
    """How a value stands. GREEN: target met. AMBER: minimum met. RED: below. NONE: no value."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Owner:
    """A co-owner and its weight of ownership; weights add up to 1."""

    party_id: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class ExampleInput:
    """A value that a composite's worked example assumes of another indicator."""

    indicator_id: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """Parts, or of a composite its inputs, and the displayed value that they must give."""

    parts: tuple[Figures, ...]
    expected: Fraction
    inputs: tuple[ExampleInput, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundingTerms:
    """Mode, step (0.1 keeps one decimal) and stage."""

    mode: Rounding
    step: Fraction
    stage: RoundingStage


@dataclass(frozen=True, slots=True)
class UpperLevels:
    """The upper edges of a band; those of `Levels` are then its lower ones."""

    minimum: Fraction
    target: Fraction
    stretch: Fraction


@dataclass(frozen=True, slots=True)
class Levels:
    """The values that matter, in the indicator's unit, from worst to best."""

    baseline: Fraction
    minimum: Fraction
    target: Fraction
    stretch: Fraction
    upper: UpperLevels | None = None


@dataclass(frozen=True, slots=True)
class IndicatorTerms:
    """Every term of a version of an indicator.

    `without_previous` is what a low sample means where a rule that draws on the period before has
    none to draw on, or stays low; it is stated for such rules alone.
    """

    name: str
    why: str
    theme: Theme
    perspective: Perspective
    unit: str
    direction: Direction
    boundary: Boundary
    owners: tuple[Owner, ...]
    attribution: Attribution
    method: MethodTerms
    rounding: RoundingTerms
    calendar: Calendar
    levels: Levels
    minimum_sample: int
    low_sample: LowSample
    stage: Stage
    live_from: str
    worked_examples: tuple[WorkedExample, ...]
    without_previous: LowSample | None = None
    rolling_count: RollingCount = RollingCount.CONTINUES

    def owner_ids(self) -> frozenset[str]:
        """Ids of the co-owners."""
        return frozenset(owner.party_id for owner in self.owners)

    def is_live_in(self, period_key: str) -> bool:
        """Whether incentives may hang on the period."""
        if self.stage is not Stage.LIVE:
            return False
        calendar = self.calendar
        return calendar.position(period_key) >= calendar.position(self.live_from)


@dataclass(frozen=True, slots=True)
class IndicatorVersion:
    """An agreed version. `index` is the entry that proposed its terms."""

    indicator_id: str
    version: int
    terms: IndicatorTerms
    index: int


@dataclass(frozen=True, slots=True)
class ProposeIndicator:
    """Command: propose the first version of an indicator, or the next one of `indicator_id`."""

    terms: IndicatorTerms
    indicator_id: str = ""
    replaces: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class IndicatorProposed:
    """A version is proposed to its co-owners."""

    opening: Opening
    indicator_id: str
    version: int
    terms: IndicatorTerms


@dataclass(frozen=True, slots=True)
class IndicatorProposedV2:
    """Version 2, before a method could read entries of the ledger."""

    opening: Opening
    indicator_id: str
    version: int
    terms: IndicatorTerms

    def upgraded(self) -> IndicatorProposed:
        """What it means in the newest version."""
        return IndicatorProposed(self.opening, self.indicator_id, self.version, self.terms)


@dataclass(frozen=True, slots=True)
class IndicatorProposedV1:
    """Version 1: totals alone, no margins, bands, pooling or composites; those keep no meaning."""

    opening: Opening
    indicator_id: str
    version: int
    terms: IndicatorTerms

    def upgraded(self) -> IndicatorProposed:
        """What it means in the newest version."""
        return IndicatorProposed(self.opening, self.indicator_id, self.version, self.terms)

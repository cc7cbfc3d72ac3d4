"""Inputs of the forms by which a result becomes a score; they mirror `ledger.scoring`."""

from fractions import Fraction

import strawberry
from strawberry import field

from ledger.amounts import Rounding
from ledger.band import BandMode
from ledger.curve import Between, Outside
from ledger.default import AfterDefault
from ledger.indicator import Boundary
from ledger.reading import LevelName, ReadingStage, Reads
from ledger.scoring import EarnedWhen


@strawberry.input(description="A rounding.")
class RoundingStepInput:
    """Mode and step."""

    mode: Rounding = field(description="How a rest is rounded.")
    step: Fraction = field(description="To multiples of it, above 0: 0.1 keeps one decimal.")


@strawberry.input(description="Which number of the results a form reads.")
class ReadingInput:
    """What, how rounded, over how many periods."""

    of: Reads = field(description="What is read.")
    stage: ReadingStage = field(description="Exact, as displayed, or rounded here.")
    rounding: RoundingStepInput | None = field(
        default=None, description="Mode and step; with ROUNDED, and only with it."
    )
    periods: int = field(
        description="1 to 60 periods averaged, this one the last; missing ones are left out."
    )


@strawberry.input(description="What a result is held against.")
class ScoreLevelInput:
    """A level of the indicator, or a stated number."""

    name: LevelName = field(description="Which level of the indicator, or STATED.")
    at: Fraction | None = field(default=None, description="The number of STATED, and only of it.")


@strawberry.input(description="A point of a curve, or a row of a table.")
class ScorePointInput:
    """At this number, this score."""

    at: Fraction = field(description="The number that is looked up.")
    score: Fraction = field(description="1 earns the whole of the weight.")


@strawberry.input(description="Straight lines between points.")
class ScoreLineInput:
    """From worse to better."""

    points: list[ScorePointInput] = field(description="2 to 50, from worse to better.")
    boundary: Boundary = field(description="Whether the number at the first point itself earns.")
    before: Outside = field(description="What holds before the first point.")
    after: Outside = field(description="What holds beyond the last point.")


@strawberry.input(description="A step table without holes.")
class StepTableInput:
    """Rows from lower to higher numbers."""

    rows: list[ScorePointInput] = field(description="1 to 50, from lower to higher numbers.")
    boundary: Boundary = field(
        description="Whether a row's own number is in the row, or still in the one before."
    )
    before: Outside = field(description="What holds before the first row.")
    between: Between = field(description="What holds between two rows.")
    after: Outside = field(description="What holds beyond the last row.")
    step: Fraction | None = field(
        default=None,
        description="What every number looked up is a multiple of, where that is known.",
    )


@strawberry.input(description="All or nothing.")
class AttainmentInput:
    """1 when met, or when missed."""

    level: ScoreLevelInput = field(description="What is to be met.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    earned_when: EarnedWhen = field(description="Whether meeting or missing it scores 1.")


@strawberry.input(description="So much for each point that is lacking.")
class PointCreditInput:
    """A percentage-point credit."""

    required: ScoreLevelInput = field(description="What is required.")
    per_point: Fraction = field(
        description="The score for each point lacking, above 0: 0.01 for 1 %."
    )
    most: Fraction | None = field(
        default=None, description="The most that it scores; null for no cap."
    )


@strawberry.input(description="A rate for each unit better or worse than a benchmark.")
class PerUnitInput:
    """It gives an amount in major units."""

    benchmark: ScoreLevelInput = field(description="Where nothing is due.")
    better_rate: Fraction = field(description="Major units earned for each unit better.")
    worse_rate: Fraction = field(description="Major units owed for each unit worse.")


@strawberry.input(description="A band.")
class BandInput:
    """From here on, this rate."""

    from_share: Fraction = field(description="From this share of the base on: 0.1 is 10 %.")
    rate: Fraction = field(description="The rate: 0.02 is 2 %.")


@strawberry.input(description="Rates on a measured amount, by its share of a baseline.")
class BandsInput:
    """It gives an amount in major units."""

    mode: BandMode = field(description="What the rate is applied to.")
    baseline: ScoreLevelInput = field(description="The amount that is 100 %.")
    boundary: Boundary = field(description="Whether the share where a band starts is within it.")
    bands: list[BandInput] = field(description="1 to 50, from lower to higher.")


@strawberry.input(description="What of a saving or an overrun is shared, range by range.")
class SharedRangesInput:
    """It gives an amount in major units."""

    target: ScoreLevelInput = field(description="The amount that is neither.")
    gain: list[BandInput] = field(
        default_factory=list, description="Ranges of what is better than the target; may be empty."
    )
    pain: list[BandInput] = field(
        default_factory=list, description="Ranges of what is worse; empty: nobody pays for it."
    )


@strawberry.input(
    description="A default: below the minimum once, or below what is expected several times."
)
class DefaultRuleInput:
    """It scores 1 in the period of the default."""

    expected: ScoreLevelInput = field(description="Below it is a miss.")
    minimum: ScoreLevelInput = field(description="Below it is a default at once.")
    boundary: Boundary = field(description="Whether reaching a level meets it.")
    misses: int = field(description="So many misses make a default.")
    window: int = field(description="In so many periods, the last included; at most 60.")
    after: AfterDefault = field(
        description="Whether the misses of a default count towards the next."
    )


@strawberry.input(description="Points for how far a level was missed, with a ratchet.")
class ServicePointsInput:
    """It scores points."""

    level: ScoreLevelInput = field(description="What is to be met.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    points: StepTableInput = field(description="Looks up the shortfall, a number above 0.")
    ratchet: list[Fraction] = field(
        description="Multipliers of the first miss, the next in a row ...; the last one holds."
    )


@strawberry.input(description="The better of achievement and improvement.")
class BestOfInput:
    """Two curves."""

    achievement: ScoreLineInput = field(description="Scores what the item reads.")
    improvement: ScoreLineInput = field(description="Scores the improvement.")
    improvement_reads: Reads = field(description="What the improvement is.")
    improvement_most: Fraction = field(description="The most that the improvement scores, above 0.")


@strawberry.input(description="How a result becomes a score: exactly one form.", one_of=True)
class ScoringInput:
    """A closed set of forms."""

    line: ScoreLineInput | None = field(
        default=strawberry.UNSET, description="Straight lines between points."
    )
    steps: StepTableInput | None = field(default=strawberry.UNSET, description="A step table.")
    attainment: AttainmentInput | None = field(
        default=strawberry.UNSET, description="All or nothing."
    )
    point_credit: PointCreditInput | None = field(
        default=strawberry.UNSET, description="So much for each point lacking."
    )
    per_unit: PerUnitInput | None = field(
        default=strawberry.UNSET, description="An amount for each unit better or worse."
    )
    bands: BandsInput | None = field(default=strawberry.UNSET, description="An amount by bands.")
    shared_ranges: SharedRangesInput | None = field(
        default=strawberry.UNSET, description="An amount shared by ranges."
    )
    default: DefaultRuleInput | None = field(
        default=strawberry.UNSET, description="A default counted over periods."
    )
    service_points: ServicePointsInput | None = field(
        default=strawberry.UNSET, description="Points with a ratchet."
    )
    best_of: BestOfInput | None = field(
        default=strawberry.UNSET, description="The better of achievement and improvement."
    )

"""The forms by which a result becomes a score, as the API shows them."""

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


@strawberry.type(description="A rounding.")
class RoundingStep:
    """Mode and step."""

    mode: Rounding = field(description="How a rest is rounded.")
    step: Fraction = field(description="To multiples of it, above 0: 0.1 keeps one decimal.")


@strawberry.type(description="Which number of the results a form reads.")
class Reading:
    """What, how rounded, over how many periods."""

    of: Reads = field(description="What is read.")
    stage: ReadingStage = field(description="Exact, as displayed, or rounded here.")
    rounding: RoundingStep | None = field(
        description="Mode and step; with ROUNDED, and only with it."
    )
    periods: int = field(
        description="1 to 60 periods averaged, this one the last; missing ones are left out."
    )


@strawberry.type(description="What a result is held against.")
class ScoreLevel:
    """A level of the indicator, or a stated number."""

    name: LevelName = field(description="Which level of the indicator, or STATED.")
    at: Fraction | None = field(description="The number of STATED, and only of it.")


@strawberry.type(description="A point of a curve, or a row of a table.")
class ScorePoint:
    """At this number, this score."""

    at: Fraction = field(description="The number that is looked up.")
    score: Fraction = field(description="1 earns the whole of the weight.")


@strawberry.type(description="Straight lines between points.")
class ScoreLine:
    """From worse to better."""

    points: list[ScorePoint] = field(description="2 to 50, from worse to better.")
    boundary: Boundary = field(description="Whether the number at the first point itself earns.")
    before: Outside = field(description="What holds before the first point.")
    after: Outside = field(description="What holds beyond the last point.")


@strawberry.type(description="A step table without holes.")
class StepTable:
    """Rows from lower to higher numbers."""

    rows: list[ScorePoint] = field(description="1 to 50, from lower to higher numbers.")
    boundary: Boundary = field(
        description="Whether a row's own number is in the row, or still in the one before."
    )
    before: Outside = field(description="What holds before the first row.")
    between: Between = field(description="What holds between two rows.")
    after: Outside = field(description="What holds beyond the last row.")
    step: Fraction | None = field(
        description="What every number looked up is a multiple of, where that is known."
    )


@strawberry.type(description="All or nothing.")
class Attainment:
    """1 when met, or when missed."""

    level: ScoreLevel = field(description="What is to be met.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    earned_when: EarnedWhen = field(description="Whether meeting or missing it scores 1.")


@strawberry.type(description="So much for each point that is lacking.")
class PointCredit:
    """A percentage-point credit."""

    required: ScoreLevel = field(description="What is required.")
    per_point: Fraction = field(
        description="The score for each point lacking, above 0: 0.01 for 1 %."
    )
    most: Fraction | None = field(description="The most that it scores; null for no cap.")


@strawberry.type(description="A rate for each unit better or worse than a benchmark.")
class PerUnit:
    """It gives an amount in major units."""

    benchmark: ScoreLevel = field(description="Where nothing is due.")
    better_rate: Fraction = field(description="Major units earned for each unit better.")
    worse_rate: Fraction = field(description="Major units owed for each unit worse.")


@strawberry.type(description="A band.")
class Band:
    """From here on, this rate."""

    from_share: Fraction = field(description="From this share of the base on: 0.1 is 10 %.")
    rate: Fraction = field(description="The rate: 0.02 is 2 %.")


@strawberry.type(description="Rates on a measured amount, by its share of a baseline.")
class Bands:
    """It gives an amount in major units."""

    mode: BandMode = field(description="What the rate is applied to.")
    baseline: ScoreLevel = field(description="The amount that is 100 %.")
    boundary: Boundary = field(description="Whether the share where a band starts is within it.")
    bands: list[Band] = field(description="1 to 50, from lower to higher.")


@strawberry.type(description="What of a saving or an overrun is shared, range by range.")
class SharedRanges:
    """It gives an amount in major units."""

    target: ScoreLevel = field(description="The amount that is neither.")
    gain: list[Band] = field(description="Ranges of what is better than the target; may be empty.")
    pain: list[Band] = field(description="Ranges of what is worse; empty: nobody pays for it.")


@strawberry.type(
    description="A default: below the minimum once, or below what is expected several times."
)
class DefaultRule:
    """It scores 1 in the period of the default."""

    expected: ScoreLevel = field(description="Below it is a miss.")
    minimum: ScoreLevel = field(description="Below it is a default at once.")
    boundary: Boundary = field(description="Whether reaching a level meets it.")
    misses: int = field(description="So many misses make a default.")
    window: int = field(description="In so many periods, the last included; at most 60.")
    after: AfterDefault = field(
        description="Whether the misses of a default count towards the next."
    )


@strawberry.type(description="Points for how far a level was missed, with a ratchet.")
class ServicePoints:
    """It scores points."""

    level: ScoreLevel = field(description="What is to be met.")
    boundary: Boundary = field(description="Whether reaching it meets it.")
    points: StepTable = field(description="Looks up the shortfall, a number above 0.")
    ratchet: list[Fraction] = field(
        description="Multipliers of the first miss, the next in a row ...; the last one holds."
    )


@strawberry.type(description="The better of achievement and improvement.")
class BestOf:
    """Two curves."""

    achievement: ScoreLine = field(description="Scores what the item reads.")
    improvement: ScoreLine = field(description="Scores the improvement.")
    improvement_reads: Reads = field(description="What the improvement is.")
    improvement_most: Fraction = field(description="The most that the improvement scores, above 0.")


@strawberry.type(description="How a result becomes a score: exactly one form.")
class Scoring:
    """A closed set of forms."""

    line: ScoreLine | None = field(description="Straight lines between points.")
    steps: StepTable | None = field(description="A step table.")
    attainment: Attainment | None = field(description="All or nothing.")
    point_credit: PointCredit | None = field(description="So much for each point lacking.")
    per_unit: PerUnit | None = field(description="An amount for each unit better or worse.")
    bands: Bands | None = field(description="An amount by bands.")
    shared_ranges: SharedRanges | None = field(description="An amount shared by ranges.")
    default: DefaultRule | None = field(description="A default counted over periods.")
    service_points: ServicePoints | None = field(description="Points with a ratchet.")
    best_of: BestOf | None = field(description="The better of achievement and improvement.")

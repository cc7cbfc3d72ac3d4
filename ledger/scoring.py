"""Scoring: the closed set of forms by which a result becomes a score, or money at once.

The one rule: a scoring is exactly one form, and each form says in words which rule gave the score.
A score of 1 earns the whole of an item's weight; the forms per unit, banded and shared give an
amount in major units of the scheme's currency instead.

Source: `domain.md` section 6, "Forms".
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction

from ledger.band import Bands, SharedRanges, banded, shared
from ledger.curve import Line, Steps, in_table, on_line
from ledger.default import DefaultRule, ServicePoints, defaulted, pointed
from ledger.errors import Fault
from ledger.indicator import Boundary
from ledger.reading import (
    Level,
    NothingToRead,
    Reading,
    Reads,
    Series,
    falls,
    levelled,
    meets,
    oriented,
    read,
)
from ledger.trace import TraceInput


class EarnedWhen(StrEnum):
    """Whether a level that is MET or one that is MISSED scores 1: a credit is due for a miss."""

    MET = "MET"
    MISSED = "MISSED"


@dataclass(frozen=True, slots=True)
class Attainment:
    """All or nothing: 1 when the level is met (or missed), else 0."""

    level: Level
    boundary: Boundary
    earned_when: EarnedWhen


@dataclass(frozen=True, slots=True)
class PointCredit:
    """So much for each percentage point that is lacking, and `most` in all where there is a most.

    98 required and 75 achieved is 23 points.
    """

    required: Level
    per_point: Fraction
    most: Fraction | None


@dataclass(frozen=True, slots=True)
class PerUnit:
    """A rate in major units for each unit better than the benchmark, another for each worse.

    A worse result gives a negative amount; at the benchmark nothing is due.
    """

    benchmark: Level
    better_rate: Fraction
    worse_rate: Fraction


@dataclass(frozen=True, slots=True)
class BestOf:
    """The better of what is achieved and what is improved; the improvement counts up to a cap."""

    achievement: Line
    improvement: Line
    improvement_reads: Reads
    improvement_most: Fraction


@dataclass(frozen=True, slots=True)
class Scoring:
    """Exactly one form."""

    line: Line | None = None
    steps: Steps | None = None
    attainment: Attainment | None = None
    point_credit: PointCredit | None = None
    per_unit: PerUnit | None = None
    bands: Bands | None = None
    shared_ranges: SharedRanges | None = None
    default: DefaultRule | None = None
    service_points: ServicePoints | None = None
    best_of: BestOf | None = None

    def forms(self) -> dict[str, object]:
        """The forms that are given, by name; exactly one in terms that can be proposed."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: form for name, form in named if form is not None}

    @property
    def gives_money(self) -> bool:
        """Whether the score is an amount in major units."""
        return bool(self.per_unit or self.bands or self.shared_ranges)


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, the rule that gave it and the numbers it used."""

    score: Fraction
    rule: str
    inputs: tuple[TraceInput, ...]


def score(scoring: Scoring, reading: Reading, series: Series, party_id: str = "") -> Scored:
    """The score of the last result of a series; with a party, of that party's own part.

    Raises NothingToRead, ValueInNoRow.
    """
    if scoring.default is not None:
        given, rule = defaulted(scoring.default, reading, series, party_id)
    elif scoring.service_points is not None:
        given, rule = pointed(scoring.service_points, reading, series, party_id)
    elif scoring.best_of is not None:
        given, rule = _best(scoring.best_of, reading, series, party_id)
    else:
        given, rule = score_of(scoring, read(reading, series, party_id), reading, series)
    return Scored(given, rule, _inputs(scoring, reading, series, party_id))


def score_of(
    scoring: Scoring, value: Fraction, reading: Reading, series: Series
) -> tuple[Fraction, str]:
    """The score of one number, by the forms that look at no history."""
    last = series[-1]
    lower = falls(reading.of, last)
    match scoring:
        case Scoring(line=Line() as line):
            return on_line(line, value)
        case Scoring(steps=Steps() as table):
            return in_table(table, value)
        case Scoring(attainment=Attainment() as all_or_nothing):
            level = levelled(all_or_nothing.level, last)
            is_met = meets(value, level, all_or_nothing.boundary, lower_is_better=lower)
            earns = is_met == (all_or_nothing.earned_when is EarnedWhen.MET)
            return Fraction(earns), "the level is met" if is_met else "the level is missed"
        case Scoring(point_credit=PointCredit() as credit):
            return _lacking(credit, levelled(credit.required, last), value, lower=lower)
        case Scoring(per_unit=PerUnit() as rates):
            return _by_unit(rates, levelled(rates.benchmark, last), value, lower=lower)
        case Scoring(bands=Bands() as bands):
            return banded(bands, value, _above_zero(levelled(bands.baseline, last), "the baseline"))
        case Scoring(shared_ranges=SharedRanges() as ranges):
            target = _above_zero(levelled(ranges.target, last), "the target")
            return shared(ranges, value, target, lower_is_better=lower)
        case _:
            raise Fault("a scoring is exactly one form")


def _above_zero(level: Fraction, what: str) -> Fraction:
    if level <= 0:
        raise NothingToRead(what=f"a share of {what}", reason=f"{what} is not above zero")
    return level


def _lacking(
    credit: PointCredit, required: Fraction, value: Fraction, *, lower: bool
) -> tuple[Fraction, str]:
    lacking = max(Fraction(0), value - required if lower else required - value)
    due = lacking * credit.per_point
    if credit.most is not None and due > credit.most:
        return credit.most, "the points lacking times the rate a point, at most the most"
    return due, "the points lacking times the rate a point"


def _by_unit(
    rates: PerUnit, benchmark: Fraction, value: Fraction, *, lower: bool
) -> tuple[Fraction, str]:
    better = benchmark - value if lower else value - benchmark
    if better == 0:
        return Fraction(0), "at the benchmark nothing is due"
    if better > 0:
        return better * rates.better_rate, "units better than the benchmark, times their rate"
    return better * rates.worse_rate, "units worse than the benchmark, times their rate"


def _best(terms: BestOf, reading: Reading, series: Series, party_id: str) -> tuple[Fraction, str]:
    achieved, _ = on_line(terms.achievement, read(reading, series, party_id))
    plain = Reading(Reads.VALUE, reading.stage, reading.rounding, reading.periods)
    moved = oriented(terms.improvement_reads, read(plain, series, party_id), series[-1])
    improved = min(on_line(terms.improvement, moved)[0], terms.improvement_most)
    if achieved >= improved:
        return achieved, "the achievement, no worse than the improvement"
    return improved, "the improvement, better than the achievement, up to its cap"


def _inputs(
    scoring: Scoring, reading: Reading, series: Series, party_id: str
) -> tuple[TraceInput, ...]:
    """The numbers a score used: what was read, the results it came from, and the levels."""
    last = series[-1]
    used = [TraceInput("value", read(reading, series, party_id), last.index)]
    count = max(reading.periods, scoring.default.window if scoring.default else 1)
    if scoring.service_points is not None:
        count = max(count, len(scoring.service_points.ratchet))
    used += [TraceInput("earlier value", each.value, each.index) for each in series[-count:][:-1]]
    for level in _levels(scoring):
        used.append(TraceInput(str(level.name).lower(), levelled(level, last)))
    points = scoring.line.points if scoring.line else scoring.steps.rows if scoring.steps else ()
    for point in points:
        used += [TraceInput("point at", point.at), TraceInput("scores", point.score)]
    return tuple(used)


def _levels(scoring: Scoring) -> tuple[Level, ...]:
    """The levels that a form holds results against."""
    match scoring:
        case Scoring(attainment=Attainment(level=level)):
            return (level,)
        case Scoring(point_credit=PointCredit(required=level)):
            return (level,)
        case Scoring(per_unit=PerUnit(benchmark=level)):
            return (level,)
        case Scoring(bands=Bands(baseline=level)):
            return (level,)
        case Scoring(shared_ranges=SharedRanges(target=level)):
            return (level,)
        case Scoring(default=DefaultRule(expected=expected, minimum=minimum)):
            return (expected, minimum)
        case Scoring(service_points=ServicePoints(level=level)):
            return (level,)
        case _:
            return ()

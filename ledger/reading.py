"""Reading: which number of the agreed results a form reads, and the levels it is held against.

The one rule: nothing is rounded here but where a reading says so, with its own mode and step; a
displayed value is read only where the terms say DISPLAYED.

Sources: `domain.md` section 6; the public cases "improvement-rounding", "gap-to-goal" and
"step-table" (the month averaged with the one before).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.amounts import Rounding, round_to
from ledger.errors import Refusal
from ledger.indicator import Boundary, Levels, LowSample, Owner


class NothingToRead(Refusal):
    """{what} cannot be read: {reason}. -> Agree other terms, or mend the measurement."""


class Reads(StrEnum):
    """What a form reads. All but VALUE are oriented: more is better, whatever the direction.

    VALUE: the value itself. IMPROVEMENT: how far it is better than the baseline.
    IMPROVEMENT_SHARE: that, as a share of the baseline. SHARE_OF_TARGET: value / target, and
    2 - value / target where lower is better. GAP_CLOSED: how much of the way from the baseline to
    the target is done, 0 at the baseline and 1 at the target.
    """

    VALUE = "VALUE"
    IMPROVEMENT = "IMPROVEMENT"
    IMPROVEMENT_SHARE = "IMPROVEMENT_SHARE"
    SHARE_OF_TARGET = "SHARE_OF_TARGET"
    GAP_CLOSED = "GAP_CLOSED"


class ReadingStage(StrEnum):
    """EXACT: nothing rounded. DISPLAYED: the rounded results. ROUNDED: what is read is rounded."""

    EXACT = "EXACT"
    DISPLAYED = "DISPLAYED"
    ROUNDED = "ROUNDED"


class LevelName(StrEnum):
    """A level of the indicator's own terms, or one that is STATED in the scheme."""

    BASELINE = "BASELINE"
    MINIMUM = "MINIMUM"
    TARGET = "TARGET"
    STRETCH = "STRETCH"
    STATED = "STATED"


@dataclass(frozen=True, slots=True)
class RoundingStep:
    """A mode, and the step that is rounded to: 0.1 keeps one decimal."""

    mode: Rounding
    step: Fraction

    def of(self, value: Fraction) -> Fraction:
        """The value, rounded."""
        return round_to(value, self.step, self.mode)


@dataclass(frozen=True, slots=True)
class Level:
    """What a result is held against. `at` is given for STATED, and only then."""

    name: LevelName
    at: Fraction | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read, how it is rounded, and over how many periods it is averaged.

    `periods` is 1 for the period alone, 2 for its mean with the one before, and so on; where an
    earlier one is missing, the mean is over those that there are. `rounding` goes with ROUNDED.
    """

    of: Reads
    stage: ReadingStage
    rounding: RoundingStep | None
    periods: int


@dataclass(frozen=True, slots=True)
class PartValue:
    """What of a result is one party's own."""

    party_id: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Result:
    """An agreed result as the evaluation reads it. `index` is its entry; examples have none.

    `counts_anew`: a rolling count of misses starts with the version that measured it. `gap` are
    the calendar's periods between the result before and this one that have no result.
    """

    value: Fraction
    displayed: Fraction
    levels: Levels
    lower_is_better: bool
    is_low_sample: bool
    low_sample: LowSample
    index: int | None
    parts: tuple[PartValue, ...] = ()
    owners: tuple[Owner, ...] = ()
    version: int = 1
    counts_anew: bool = False
    gap: int = 0

    def part_of(self, party_id: str) -> Fraction | None:
        """What of it is a party's own."""
        return next((part.value for part in self.parts if part.party_id == party_id), None)


Series = Sequence[Result]
"""The results of an indicator up to the period that is evaluated, oldest first."""


def lately(series: Series, periods: int) -> Series:
    """The results of the last so many periods of the calendar: fewer, where some have none."""
    start, back = len(series) - 1, series[-1].gap + 1
    while start > 0 and back < periods:
        start -= 1
        back += series[start].gap + 1
    return series[start:]


def levelled(level: Level, result: Result) -> Fraction:
    """The number of a level."""
    match level.name:
        case LevelName.BASELINE:
            return result.levels.baseline
        case LevelName.MINIMUM:
            return result.levels.minimum
        case LevelName.TARGET:
            return result.levels.target
        case LevelName.STRETCH:
            return result.levels.stretch
        case LevelName.STATED:
            return level.at or Fraction(0)


def read(reading: Reading, series: Series, party_id: str = "") -> Fraction:
    """What a form reads of a series; with a party, of that party's own parts.

    Order: each result as it stands or displayed, the mean over the periods, what is read of it,
    and the rounding last. Raises NothingToRead.
    """
    chosen = lately(series, reading.periods)
    values = [_base(reading, each, party_id) for each in chosen]
    mean = sum(values, Fraction(0)) / len(values)
    found = oriented(reading.of, mean, chosen[-1])
    if reading.stage is ReadingStage.ROUNDED and reading.rounding is not None:
        return reading.rounding.of(found)
    return found


def _base(reading: Reading, result: Result, party_id: str) -> Fraction:
    if party_id:
        part = result.part_of(party_id)
        if part is None:
            raise NothingToRead(what=f"the part of {party_id}", reason="it reported none")
        return part
    return result.displayed if reading.stage is ReadingStage.DISPLAYED else result.value


def oriented(of: Reads, value: Fraction, result: Result) -> Fraction:
    """What is read of a value, held against the levels of its indicator."""
    levels, sign = result.levels, -1 if result.lower_is_better else 1
    match of:
        case Reads.VALUE:
            return value
        case Reads.IMPROVEMENT:
            return sign * (value - levels.baseline)
        case Reads.IMPROVEMENT_SHARE:
            return _over(sign * (value - levels.baseline), abs(levels.baseline), "the baseline")
        case Reads.SHARE_OF_TARGET:
            share = _over(value, levels.target, "the target")
            return 2 - share if result.lower_is_better else share
        case Reads.GAP_CLOSED:
            way = levels.target - levels.baseline
            return _over(value - levels.baseline, way, "the way from baseline to target")


def _over(value: Fraction, by: Fraction, what: str) -> Fraction:
    if by == 0:
        raise NothingToRead(what=f"a share of {what}", reason=f"{what} is zero")
    return value / by


def falls(of: Reads, result: Result) -> bool:
    """Whether a lower number of what is read is the better one."""
    return result.lower_is_better and of is Reads.VALUE


def meets(value: Fraction, level: Fraction, boundary: Boundary, *, lower_is_better: bool) -> bool:
    """Whether a value reaches a level; at the level itself the boundary decides."""
    if value == level:
        return boundary is Boundary.INCLUSIVE
    return (value < level) == lower_is_better

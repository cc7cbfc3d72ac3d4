"""Scorecard: every joint indicator at a date side by side, and what only shows side by side. Pure.

The one rule: a cell shows the latest result whose period had ended by the date, marked with that
period; nothing is averaged over indicators. Source: `domain.md` sections 1 and 9.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from ledger.indicator import Direction, IndicatorTerms, Perspective, Standing
from ledger.measurement import Measurement
from ledger.periods import Calendar, PeriodUnknown


class Verdict(StrEnum):
    """What operational and experience indicators say together.

    WATERMELON: all operational ones are GREEN, and an experience one is RED: green outside, red
    inside. REVERSE: an operational one is RED, and all experience ones are GREEN. CONSISTENT:
    neither. UNKNOWN: one of the two sides has no result.
    """

    WATERMELON = "WATERMELON"
    REVERSE = "REVERSE"
    CONSISTENT = "CONSISTENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Cell:
    """An indicator with its newest results by a date, oldest first."""

    terms: IndicatorTerms
    results: tuple[Measurement, ...]

    @property
    def latest(self) -> Measurement | None:
        """The latest result."""
        return self.results[-1] if self.results else None


@dataclass(frozen=True, slots=True)
class Watermelon:
    """The verdict, and the indicators that it rests on by their place among the cells."""

    verdict: Verdict
    green: tuple[int, ...]
    red: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dip:
    """The dip ("bathtub") after a transition: how far, how long and how much below the baseline.

    `depth` in the indicator's unit; `area` in unit-days: shortfall times the days of its period.
    `recovered_in` is the first period back at the baseline; None while there is none.
    """

    periods: tuple[str, ...]
    depth: Fraction
    deepest_in: str
    days: int
    area: Fraction
    recovered_in: str | None


def ended_by(
    keys: Mapping[str, Iterable[str]], calendars: Mapping[str, Calendar], on: date, count: int
) -> dict[str, list[str]]:
    """Of each indicator the newest `count` period keys that had ended by a date, oldest first.

    A period ends with its last day: one that ends on the 31st has ended by the 1st. Keys of an
    older version's calendar that the one in force does not have are left out.
    """
    found = {}
    for indicator_id, listed in keys.items():
        calendar = calendars.get(indicator_id)
        if calendar is None:
            continue
        ended = []
        for key in listed:
            try:
                period = calendar.period(key)
            except PeriodUnknown:
                continue
            if period.end_on <= on:
                ended.append((period.start_on, key))
        found[indicator_id] = [key for _, key in sorted(ended)[-count:]]
    return found


def watermelon(cells: Sequence[Cell]) -> Watermelon:
    """Whether the outside and the inside agree. What has no value says nothing."""
    sides: dict[Perspective, dict[int, Standing]] = {each: {} for each in Perspective}
    for place, cell in enumerate(cells):
        latest = cell.latest
        if latest is not None and latest.standing is not Standing.NONE:
            sides[cell.terms.perspective][place] = latest.standing
    outside, inside = sides[Perspective.OPERATIONAL], sides[Perspective.EXPERIENCE]
    if not outside or not inside:
        return Watermelon(Verdict.UNKNOWN, (), ())
    for verdict, green, red in (
        (Verdict.WATERMELON, outside, inside),
        (Verdict.REVERSE, inside, outside),
    ):
        reds = tuple(place for place, each in red.items() if each is Standing.RED)
        if reds and all(each is Standing.GREEN for each in green.values()):
            return Watermelon(verdict, tuple(green), reds)
    return Watermelon(Verdict.CONSISTENT, (), ())


def dip(terms: IndicatorTerms, results: Sequence[Measurement], transition_on: date) -> Dip | None:
    """The dip from the first period that starts on or after a transition; None without one.

    `results` in the order of time. It begins at the first period worse than the baseline and ends
    at the first one that is not. Void results neither deepen nor end it.
    """
    periods: list[str] = []
    depth = area = Fraction(0)
    deepest_in, days = "", 0
    for measured in results:
        period = terms.calendar.period(measured.period)
        if period.start_on < transition_on or measured.findings.is_void:
            continue
        shortfall = _shortfall(terms, measured.value)
        if shortfall <= 0:
            if periods:
                return Dip(tuple(periods), depth, deepest_in, days, area, measured.period)
            continue
        length = (period.end_on - period.start_on).days
        periods.append(measured.period)
        days, area = days + length, area + shortfall * length
        if shortfall > depth:
            depth, deepest_in = shortfall, measured.period
    return Dip(tuple(periods), depth, deepest_in, days, area, None) if periods else None


def _shortfall(terms: IndicatorTerms, value: Fraction) -> Fraction:
    """How much worse than the baseline; of a band how much further from its stretch."""
    baseline = terms.levels.baseline
    match terms.direction:
        case Direction.HIGHER_IS_BETTER:
            return baseline - value
        case Direction.LOWER_IS_BETTER:
            return value - baseline
        case Direction.BAND:
            return _from_stretch(terms, value) - _from_stretch(terms, baseline)


def _from_stretch(terms: IndicatorTerms, value: Fraction) -> Fraction:
    upper = terms.levels.upper
    high = upper.stretch if upper else terms.levels.stretch
    return max(terms.levels.stretch - value, value - high, Fraction(0))

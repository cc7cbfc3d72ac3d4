"""Attained: the actual effect of an initiative on the indicators at which it aims. Pure.

The one rule: it follows from agreed measurements, the last period that had ended when the trial
began against the newest that began after it; what lies within the noise is no effect.
Source: `domain.md` section 7.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from ledger.initiative import Aim, Initiative, InitiativeStage
from ledger.judgement import change
from ledger.periods import Calendar, PeriodUnknown
from ledger.result import Neighbour, is_comparable
from ledger.statistic import Change


@dataclass(frozen=True, slots=True)
class Attained:
    """What was expected of an aim, and what came of it.

    `moved_by` is after less before, in the indicator's unit. `verdict` is FIRST where there are no
    two values to compare. `is_reached`: the value moved as far as expected or further, the expected
    way and beyond the noise where that can be told; None where there is nothing to compare.
    """

    aim: Aim
    before: Neighbour | None
    after: Neighbour | None
    moved_by: Fraction | None
    verdict: Change
    is_reached: bool | None


def places(
    initiative: Initiative, calendar: Calendar, keys: Iterable[str], on: date
) -> tuple[str | None, str | None]:
    """The periods to compare, among those that have a result: before the trial, and since.

    Before: the last that had ended when the trial began. Since: the newest that began after that
    and had ended by `on` and before the initiative was stopped. A period in which the trial began
    is neither. Keys that the calendar does not have are left out.
    """
    trial = initiative.reached(InitiativeStage.TRIAL)
    stopped = initiative.reached(InitiativeStage.STOPPED)
    if trial is None:
        return None, None
    before, since = [], []
    for key in keys:
        try:
            period = calendar.period(key)
        except PeriodUnknown:
            continue
        is_over = period.end_on <= on and (stopped is None or period.ends_at <= stopped.at)
        if period.ends_at <= trial.at:
            before.append((period.start_on, key))
        elif period.starts_at >= trial.at and is_over:
            since.append((period.start_on, key))
    return max(before)[1] if before else None, max(since)[1] if since else None


def attained(aim: Aim, before: Neighbour | None, after: Neighbour | None) -> Attained:
    """What came of an aim. Values of different methods, and void ones, are not compared."""
    if before is None or after is None or not _can_compare(before, after):
        return Attained(aim, before, after, None, Change.FIRST, None)
    one, other = before.measurement, after.measurement
    margins = one.findings.margin, other.findings.margin
    verdict = change(after.terms, other.value, margins[1], one.value, margins[0])
    moved_by = other.value - one.value
    is_as_far = moved_by / aim.expected_change >= 1
    return Attained(
        aim, before, after, moved_by, verdict, is_as_far and verdict is not Change.WITHIN_NOISE
    )


def _can_compare(before: Neighbour, after: Neighbour) -> bool:
    is_void = before.measurement.findings.is_void or after.measurement.findings.is_void
    return not is_void and is_comparable(after.terms, before.terms)

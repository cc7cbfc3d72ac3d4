"""Defaults and service points: misses counted over rolling periods.

The one rule: a count says what it counts, over how many periods, whether it starts anew after a
default, and (the indicator says it) whether a new version of the indicator starts it anew. Periods
are the calendar's: one without a result is no miss, and a window moves on over it.

Sources: `domain.md` section 6; the public case "dir-rolling-default".
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.curve import Steps, in_table
from ledger.indicator import Boundary
from ledger.reading import Level, Reading, Result, Series, falls, lately, levelled, meets, read


class AfterDefault(StrEnum):
    """Whether the misses of a default count towards the next one."""

    KEEPS_COUNTING = "KEEPS_COUNTING"
    STARTS_ANEW = "STARTS_ANEW"


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """Below `minimum` once, or below `expected` `misses` times in `window` periods: a default.

    It scores 1 in the period of the default, which is itself a miss, and 0 otherwise.
    """

    expected: Level
    minimum: Level
    boundary: Boundary
    misses: int
    window: int
    after: AfterDefault


@dataclass(frozen=True, slots=True)
class ServicePoints:
    """Points for how far a level was missed, times a ratchet for misses in a row.

    `points` looks up the shortfall, a number above zero. `ratchet` holds the multiplier of the
    first miss, the second in a row, and so on; the last one holds from there on. A period without
    a result ends a row.
    """

    level: Level
    boundary: Boundary
    points: Steps
    ratchet: tuple[Fraction, ...]


def counted(series: Series) -> Series:
    """The results that a rolling count may look at: back to where it last started anew."""
    for number in range(len(series) - 1, 0, -1):
        if _starts_anew(series, number):
            return series[number:]
    return series


def _starts_anew(series: Series, number: int) -> bool:
    """Whether a rolling count starts with a result: its version says so, and is another one."""
    other = series[number]
    return other.counts_anew and other.version != series[number - 1].version


def _met(
    reading: Reading, level: Level, boundary: Boundary, party_id: str
) -> Callable[[Series], bool]:
    """Whether the last of some results meets a level."""

    def asked(series: Series) -> bool:
        last = series[-1]
        return meets(
            read(reading, series, party_id),
            levelled(level, last),
            boundary,
            lower_is_better=falls(reading.of, last),
        )

    return asked


def defaulted(
    rule: DefaultRule, reading: Reading, series: Series, party_id: str = ""
) -> tuple[Fraction, str]:
    """1 in the period of a default, else 0, and the rule that says so."""
    history = counted(series)
    expected = _met(reading, rule.expected, rule.boundary, party_id)
    minimum = _met(reading, rule.minimum, rule.boundary, party_id)
    missed: list[int] = []
    is_default, why = False, "as good as expected: no default"
    place = 0
    for number in range(len(history)):
        seen = history[: number + 1]
        place += 1 + history[number].gap
        missed = [each for each in missed if each > place - rule.window]
        is_default, why = False, "as good as expected: no default"
        if expected(seen):
            continue
        missed.append(place)
        count = f"miss {len(missed)} in {rule.window} periods, {rule.misses} make a default"
        if not minimum(seen):
            is_default, why = True, "below the minimum: a default at once"
        else:
            is_default, why = len(missed) >= rule.misses, count
        if is_default and rule.after is AfterDefault.STARTS_ANEW:
            missed = []
    return Fraction(is_default), why


def pointed(
    terms: ServicePoints, reading: Reading, series: Series, party_id: str = ""
) -> tuple[Fraction, str]:
    """Service points of the last result, and the rule."""
    met = _met(reading, terms.level, terms.boundary, party_id)
    in_a_row = _in_a_row(series, reading.periods, met)
    if in_a_row == 0:
        return Fraction(0), "the level is met: no points"
    last: Result = series[-1]
    level = levelled(terms.level, last)
    shortfall = abs(level - read(reading, series, party_id))
    points, rule = in_table(terms.points, shortfall)
    times = terms.ratchet[min(in_a_row, len(terms.ratchet)) - 1]
    return points * times, f"{rule}, times the ratchet of miss {in_a_row} in a row"


def _in_a_row(series: Series, periods: int, met: Callable[[Series], bool]) -> int:
    """Misses in a row, the last result's among them, as far back as a rolling count may look.

    `met` reads so many periods. What is further back than the row is not looked at.
    """
    count = 0
    for end in range(len(series), 0, -1):
        if met(counted(lately(series[:end], periods))):
            break
        count += 1
        if series[end - 1].gap or (end > 1 and _starts_anew(series, end - 1)):
            break
    return count

"""Shape: whether a form of a score can stand, whatever it is agreed for.

The one rule: a table with a hole, a curve that turns back and a number that can never be read are
refused when they are proposed, with their place. Source: `domain.md` section 6.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from ledger.band import Band, Bands, SharedRanges
from ledger.curve import Line, Outside, Point, Steps, best_score, hole
from ledger.default import DefaultRule, ServicePoints
from ledger.errors import Refusal
from ledger.reading import Level, LevelName, Reading, ReadingStage, Reads, RoundingStep
from ledger.scoring import BestOf, PointCredit, Scoring

MAX_POINTS = 50
MAX_PERIODS = 60


class SchemeMalformed(Refusal):
    """This term of the scheme cannot stand: {reason}. -> Correct it and propose again."""


def need(holds: bool, place: str, reason: str) -> None:
    """Return if a rule holds. Raises SchemeMalformed with the place and what should be."""
    if not holds:
        raise SchemeMalformed(place, reason=reason)


def check_reading(reading: Reading, place: str) -> None:
    """Return if a reading can stand. Raises SchemeMalformed."""
    is_rounded = reading.stage is ReadingStage.ROUNDED
    need(
        is_rounded == (reading.rounding is not None),
        f"{place}.rounding",
        "mode and step go with ROUNDED, and only with it",
    )
    check_rounding(reading.rounding, f"{place}.rounding")
    need(
        1 <= reading.periods <= MAX_PERIODS,
        f"{place}.periods",
        f"a mean is over 1 to {MAX_PERIODS} periods",
    )


def check_rounding(rounding: RoundingStep | None, place: str) -> None:
    """Return if a rounding can stand. Raises SchemeMalformed."""
    need(rounding is None or rounding.step > 0, f"{place}.step", "a step is above zero")


def check_level(level: Level, reading: Reads, place: str) -> None:
    """Return if a level can stand. Raises SchemeMalformed."""
    is_stated = level.name is LevelName.STATED
    need(is_stated == (level.at is not None), f"{place}.at", "a number goes with STATED alone")
    need(
        is_stated or reading is Reads.VALUE,
        place,
        "a level of the indicator is held against its VALUE; state a number for other readings",
    )


def check_scoring(scoring: Scoring, reading: Reading, place: str, *, better: int) -> None:
    """Return if a scoring can stand. Raises SchemeMalformed.

    `better` is 1 where more is better, -1 where less is, and 0 where a curve may run either way.
    """
    forms = scoring.forms()
    need(len(forms) == 1, place, f"it is exactly one form, not {len(forms)}")
    [(name, form)] = forms.items()
    place = f"{place}.{_camel(name)}"
    for attribute in ("level", "required", "benchmark", "baseline", "target", "expected"):
        level = getattr(form, attribute, None)
        if isinstance(level, Level):
            check_level(level, reading.of, f"{place}.{attribute}")
    match form:
        case Line():
            check_line(form, place, better=better)
        case Steps():
            check_table(form, place, reading.periods)
        case Bands() | SharedRanges():
            _check_bands(form, place)
        case DefaultRule():
            check_level(form.minimum, reading.of, f"{place}.minimum")
            holds = 1 <= form.misses <= form.window <= MAX_PERIODS
            rule = f"1 <= misses <= window <= {MAX_PERIODS}"
            need(holds, f"{place}.window", rule)
        case ServicePoints():
            _check_points(form, place)
        case BestOf():
            check_line(form.achievement, f"{place}.achievement", better=better)
            check_line(form.improvement, f"{place}.improvement", better=1)
            need(form.improvement_most > 0, f"{place}.improvementMost", "a cap is above zero")
        case PointCredit():
            need(form.per_point > 0, f"{place}.perPoint", "a rate is above zero")
            most = form.most is None or form.most > 0
            need(most, f"{place}.most", "a cap is above zero")
        case _:
            pass  # a level and a boundary, or two rates of either sign, are always clear


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


def check_line(line: Line, place: str, *, better: int) -> None:
    """Return if a curve can stand. Raises SchemeMalformed."""
    points = line.points
    enough = 1 < len(points) <= MAX_POINTS
    need(enough, f"{place}.points", f"a curve has 2 to {MAX_POINTS} points")
    sign = better or (1 if points[-1].at > points[0].at else -1)
    for number, (one, other) in enumerate(pairwise(points), start=1):
        spot = f"{place}.points[{number}]"
        way = "rising" if sign > 0 else "falling"
        need(sign * other.at > sign * one.at, f"{spot}.at", f"points run {way}, to better")
        rises = not better or other.score >= one.score
        need(rises, f"{spot}.score", "a better value earns no less")
    ends = Outside.UNDEFINED not in (line.before, line.after)
    need(ends, place, "a curve says what holds before its first and after its last point")


def check_table(table: Steps, place: str, periods: int) -> None:
    """Return if a step table has a score for whatever can be looked up. Raises SchemeMalformed."""
    rows = table.rows
    need(1 <= len(rows) <= MAX_POINTS, f"{place}.rows", f"a table has 1 to {MAX_POINTS} rows")
    for number, (one, other) in enumerate(pairwise(rows), start=1):
        need(other.at > one.at, f"{place}.rows[{number}].at", "rows run from lower to higher")
    extended = Outside.EXTENDED in (table.before, table.after)
    need(not extended, place, "a table has no straight line to extend")
    need(table.step is None or table.step > 0, f"{place}.step", "a step is above zero")
    found = hole(table, periods)
    need(not found, f"{place}.rows", f"the table has a hole: {found}")


def _check_bands(form: Bands | SharedRanges, place: str) -> None:
    listed: Sequence[tuple[str, tuple[Band, ...]]]
    if isinstance(form, Bands):
        listed = [("bands", form.bands)]
        need(bool(form.bands), f"{place}.bands", "at least one band")
    else:
        listed = [("gain", form.gain), ("pain", form.pain)]
        need(bool(form.gain or form.pain), place, "at least one range")
    for name, bands in listed:
        need(len(bands) <= MAX_POINTS, f"{place}.{name}", f"at most {MAX_POINTS}")
        for number, band in enumerate(bands):
            spot = f"{place}.{name}[{number}]"
            need(band.from_share >= 0, f"{spot}.fromShare", "a share is not below zero")
            need(band.rate >= 0, f"{spot}.rate", "a rate is not below zero")
            rises = number == 0 or band.from_share > bands[number - 1].from_share
            need(rises, f"{spot}.fromShare", "bands run from lower to higher")


def _check_points(form: ServicePoints, place: str) -> None:
    check_table(form.points, f"{place}.points", 1)
    ratchet = form.ratchet
    need(1 <= len(ratchet) <= MAX_PERIODS, f"{place}.ratchet", f"1 to {MAX_PERIODS} multipliers")
    rises = all(other >= one > 0 for one, other in pairwise((*ratchet, ratchet[-1])))
    need(rises, f"{place}.ratchet", "multipliers are above zero and never fall")


def most(scoring: Scoring) -> Fraction | None:
    """The highest score that a form gives; None where it has no bound."""
    match scoring:
        case Scoring(line=Line() as line):
            return _most(line.points, line.before, line.after)
        case Scoring(steps=Steps() as table):
            return _most(table.rows, table.before, table.after)
        case Scoring(best_of=BestOf() as best):
            achieved = _most(best.achievement.points, best.achievement.before, Outside.HELD)
            unbounded = best.achievement.after is Outside.EXTENDED or achieved is None
            return None if unbounded else max(achieved or Fraction(0), best.improvement_most)
        case Scoring(point_credit=PointCredit() as credit):
            return credit.most
        case Scoring(service_points=ServicePoints() as given):
            highest = _most(given.points.rows, given.points.before, given.points.after)
            return None if highest is None else highest * given.ratchet[-1]
        case _:
            return None if scoring.gives_money else Fraction(1)


def _most(points: Sequence[Point], before: Outside, after: Outside) -> Fraction | None:
    return None if Outside.EXTENDED in (before, after) else best_score(points)

"""Wording: the forms of a score in words, for the sentences of a scheme.

The one rule: numbers are exact; 0.1 is written as 10 %. Source: `domain.md` section 6.
"""

from fractions import Fraction

from ledger.amounts import Money, render_number
from ledger.band import Band, BandMode, Bands, SharedRanges
from ledger.curve import Between, Line, Outside, Point, Steps
from ledger.default import AfterDefault, DefaultRule, ServicePoints
from ledger.indicator import Boundary
from ledger.reading import Level, LevelName, Reading, ReadingStage, Reads, RoundingStep
from ledger.scoring import Attainment, BestOf, EarnedWhen, PerUnit, PointCredit, Scoring


def percent(share: Fraction) -> str:
    """A share as a percentage: 0.1 is "10 %"."""
    return f"{render_number(share * 100)} %"


def money(amount: Money) -> str:
    """An amount with its currency."""
    return f"{amount.render()} {amount.currency}"


def reading_words(reading: Reading) -> str:
    """What is read, in words."""
    what = {
        Reads.VALUE: "the value",
        Reads.IMPROVEMENT: "the improvement over the baseline",
        Reads.IMPROVEMENT_SHARE: "the improvement as a share of the baseline",
        Reads.SHARE_OF_TARGET: "the value as a share of the target",
        Reads.GAP_CLOSED: "the share of the gap from baseline to target that is closed",
    }[reading.of]
    if reading.periods > 1:
        what += f", averaged over this period and the {reading.periods - 1} before"
    if reading.stage is ReadingStage.DISPLAYED:
        return f"{what}, as displayed"
    if reading.stage is ReadingStage.ROUNDED and reading.rounding is not None:
        return f"{what}, rounded {rounding_words(reading.rounding)} before it is compared"
    return f"{what}, exact"


def rounding_words(step: RoundingStep) -> str:
    """A rounding in words."""
    return f"{step.mode} to {render_number(step.step)}"


def scoring(form: Scoring) -> str:
    """A form in words."""
    match form:
        case Scoring(line=Line() as line):
            return line_words(line)
        case Scoring(steps=Steps() as table):
            return _table(table)
        case Scoring(attainment=Attainment() as all_or_nothing):
            when = "met" if all_or_nothing.earned_when is EarnedWhen.MET else "missed"
            at = at_words(all_or_nothing.level, all_or_nothing.boundary)
            return f"it scores 1 when {at} is {when}, else 0"
        case Scoring(point_credit=PointCredit() as credit):
            most = "" if credit.most is None else f", at most {render_number(credit.most)}"
            rate = render_number(credit.per_point)
            return f"it scores {rate} for each point below {_level(credit.required)}{most}"
        case Scoring(per_unit=PerUnit() as rates):
            better, worse = render_number(rates.better_rate), render_number(rates.worse_rate)
            benchmark = _level(rates.benchmark)
            return f"{better} is earned a unit better, {worse} owed a unit worse than {benchmark}"
        case Scoring(bands=Bands() as bands):
            return _bands(bands)
        case Scoring(shared_ranges=SharedRanges() as ranges):
            gain, pain = _rates(ranges.gain), _rates(ranges.pain) or "nothing"
            target = _level(ranges.target)
            return f"of what is better than {target} is shared: {gain}; of what is worse: {pain}"
        case _:
            return _by_history(form)


def _by_history(form: Scoring) -> str:
    match form:
        case Scoring(default=DefaultRule() as rule):
            anew = "" if rule.after is AfterDefault.KEEPS_COUNTING else ", then counted anew"
            at, least = at_words(rule.expected, rule.boundary), _level(rule.minimum)
            count = f"{at} missed {rule.misses} times in {rule.window} periods"
            return f"it scores 1 on a default: below {least} once, or {count}{anew}"
        case Scoring(service_points=ServicePoints() as points):
            at = at_words(points.level, points.boundary)
            times = ", ".join(render_number(each) for each in points.ratchet)
            ratchet = f"times {times} for the first miss, the next in a row, and so on"
            table = _table(points.points)
            return f"points for the shortfall when {at} is missed: {table}; {ratchet}"
        case Scoring(best_of=BestOf() as best):
            most = render_number(best.improvement_most)
            improved = reading_words(Reading(best.improvement_reads, ReadingStage.EXACT, None, 1))
            other = f"of {improved}, at most {most}: {line_words(best.improvement)}"
            return f"the better of two: {line_words(best.achievement)}; or, {other}"
        case _:
            return "it has no form"


def line_words(line: Line) -> str:
    """A curve in words."""
    points = _points(line.points)
    closed = "from" if line.boundary is Boundary.INCLUSIVE else "above"
    before, after = _outside(line.before), _outside(line.after)
    ends = f"before it {before}, after the last {after}"
    return f"straight lines {closed} the first point: {points}; {ends}"


def _table(table: Steps) -> str:
    between = {
        Between.ROW_BEFORE: "the lower row",
        Between.ROW_AFTER: "the higher row",
        Between.UNDEFINED: "no number can lie",
    }[table.between]
    own = "itself in the row" if table.boundary is Boundary.INCLUSIVE else "still in the one before"
    ends = f"before the first {_outside(table.before)}, after the last {_outside(table.after)}"
    return (
        f"by table: {_points(table.rows)}; a row's number is {own}; between rows {between}; {ends}"
    )


def _points(points: tuple[Point, ...]) -> str:
    return ", ".join(f"{render_number(p.at)} scores {render_number(p.score)}" for p in points)


def _outside(rule: Outside) -> str:
    return {
        Outside.NOTHING: "nothing",
        Outside.HELD: "the nearest score holds",
        Outside.EXTENDED: "the line goes on",
        Outside.UNDEFINED: "no number can lie",
    }[rule]


def _bands(bands: Bands) -> str:
    on = {
        BandMode.RETROSPECTIVE: "on the whole amount",
        BandMode.GROWTH_ONLY: "on what is beyond the baseline",
        BandMode.MARGINAL: "on what lies within each band",
    }[bands.mode]
    closed = "from" if bands.boundary is Boundary.INCLUSIVE else "above"
    baseline = _level(bands.baseline)
    return f"rates {on}, {closed} these shares of {baseline}: {_rates(bands.bands)}"


def _rates(bands: tuple[Band, ...]) -> str:
    return ", ".join(f"from {percent(b.from_share)} on {percent(b.rate)}" for b in bands)


def _level(level: Level) -> str:
    if level.name is LevelName.STATED and level.at is not None:
        return render_number(level.at)
    return f"the indicator's {level.name.lower()}"


def at_words(level: Level, boundary: Boundary) -> str:
    """A level and whether it is itself within, in words."""
    itself = "included" if boundary is Boundary.INCLUSIVE else "excluded"
    return f"{_level(level)} ({itself})"

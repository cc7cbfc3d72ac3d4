"""The first terms: schemes as version 1 of the rules read and evaluated them.

The one rule: this file is not changed any more; what was settled by it recomputes by it for ever.
`upgraded` says what such terms mean in today's forms; new settlements use those.

Source: `ledger-format.md`, "old evaluators stay, so old cents replay as they were".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from ledger import curve, reading, split, terms
from ledger.amounts import Money, Rounding, allocate, render_number, round_to
from ledger.indicator import Boundary, LowSample
from ledger.scoring import Scoring
from ledger.trace import TraceInput, TraceStep

RULES_VERSION = 1
"""Version of the evaluation below; a settlement names it, so that old cents replay as they were."""


class Residual(StrEnum):
    """Where the cents go that a split leaves over."""

    LARGEST_REMAINDER = "LARGEST_REMAINDER"


class Unallocated(StrEnum):
    """Where the part of the pool goes that was not earned."""

    RETURNS_TO_OUTSOURCER = "RETURNS_TO_OUTSOURCER"


class Reading(StrEnum):
    """Which value a score reads: the EXACT one, or the one DISPLAYED after rounding."""

    EXACT = "EXACT"
    DISPLAYED = "DISPLAYED"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve: at this value of the indicator, this score (0 nothing, 1 the whole)."""

    at: Fraction
    score: Fraction


@dataclass(frozen=True, slots=True)
class Item:
    """An indicator in the scheme: its weight, and the curve from threshold over target to stretch.

    Points run from worse to better. `boundary` says whether a value at the threshold itself earns.
    """

    indicator_id: str
    weight: Fraction
    points: tuple[Point, ...]
    boundary: Boundary
    reads: Reading


@dataclass(frozen=True, slots=True)
class Share:
    """A party's fixed share of what is paid out; shares add up to 1."""

    party_id: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class ExampleValue:
    """A value that a worked example assumes."""

    indicator_id: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class SchemeExample:
    """Assumed values, and what must be paid out for them."""

    values: tuple[ExampleValue, ...]
    expected: Money


@dataclass(frozen=True, slots=True)
class SchemeTerms:
    """Every term of a scheme. `pool` is what a period pays at most, at a score of 1 throughout.

    `due_days` are calendar days after the period's last day on which payment falls due.
    """

    name: str
    pool: Money
    items: tuple[Item, ...]
    shares: tuple[Share, ...]
    rounding: Rounding
    residual: Residual
    unallocated: Unallocated
    valid_from_period: str
    due_days: int
    worked_examples: tuple[SchemeExample, ...]

    def sharer_ids(self) -> frozenset[str]:
        """Ids of the parties that have a share."""
        return frozenset(share.party_id for share in self.shares)


@dataclass(frozen=True, slots=True)
class Result:
    """A result as the evaluation reads it. `index` is its entry; examples have none."""

    value: Fraction
    displayed: Fraction
    target: Fraction
    is_low_sample: bool
    low_sample: LowSample
    index: int | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the terms give for a set of results: parts in the order of the shares."""

    total_score: Fraction
    payout: Money
    parts: tuple[Money, ...]
    unallocated: Money
    trace: tuple[TraceStep, ...]


def score(points: Sequence[Point], value: Fraction, boundary: Boundary) -> tuple[Fraction, str]:
    """The score of a value on a curve, and the rule that gave it.

    Nothing before the first point (the cliff), straight lines between points, the last point's
    score from there on (the cap). A value at the first point earns its score if `boundary` is
    INCLUSIVE. Points run from worse to better: upwards or downwards.
    Source: domain.md section 6, "points with straight-line interpolation".
    """
    sign = 1 if len(points) == 1 or points[-1].at > points[0].at else -1
    place = sign * value
    first, last = points[0], points[-1]
    if place < sign * first.at or (value == first.at and boundary is Boundary.EXCLUSIVE):
        return Fraction(0), "before the threshold nothing is earned"
    if place >= sign * last.at:
        return last.score, "from the last point on its score holds"
    for before, after in pairwise(points):
        if place < sign * after.at:
            run = (value - before.at) / (after.at - before.at)
            rule = "a straight line between the two points around the value"
            return before.score + run * (after.score - before.score), rule
    raise AssertionError("the points cover every value")


def evaluate(terms: SchemeTerms, results: Mapping[str, Result]) -> Evaluation:
    """Scores, total, payout and parts, with the trace.

    Requires a result an item. Law: the parts and the unallocated rest add up to the pool.
    Low samples: an item without score gives its weight to the others, in proportion or equally;
    PAY_AT_TARGET scores the target; PAY_NOTHING scores zero. Source: domain.md sections 4 and 6.
    """
    scores, steps = _scores(terms.items, results)
    weights = _weights(terms.items, results)
    total = sum((weights[key] * scores[key] for key in scores), Fraction(0))
    inputs = [
        each
        for item in terms.items
        if item.indicator_id in scores
        for each in (
            TraceInput("weight", weights[item.indicator_id]),
            TraceInput("score", scores[item.indicator_id]),
        )
    ]
    steps.append(TraceStep("total score", "", "sum of weight times score", tuple(inputs), total))
    exact = terms.pool.value * total
    unit = Money(terms.pool.currency, 1).value
    payout = round_to(exact, unit, terms.rounding)
    payout_minor = int(payout / unit)
    pool = TraceInput("pool", terms.pool.value)
    rule = f"pool times total score, rounded {terms.rounding} to {render_number(unit)}"
    steps.append(TraceStep("payout", "", rule, (pool, TraceInput("total score", total)), payout))
    parts = [
        Money(terms.pool.currency, part)
        for part in allocate(payout_minor, [share.share for share in terms.shares])
    ]
    for share, part in zip(terms.shares, parts, strict=True):
        given = (TraceInput("payout", payout), TraceInput("share", share.share))
        rule = "payout times share, residual cents by largest remainder"
        steps.append(TraceStep("stake", share.party_id, rule, given, part.value))
    rest = Money(terms.pool.currency, terms.pool.amount_minor - payout_minor)
    given = (pool, TraceInput("payout", payout))
    rule = "what of the pool was not earned returns to the outsourcer"
    steps.append(TraceStep("unallocated", "", rule, given, rest.value))
    money = Money(terms.pool.currency, payout_minor)
    return Evaluation(total, money, tuple(parts), rest, tuple(steps))


def _scores(
    items: Sequence[Item], results: Mapping[str, Result]
) -> tuple[dict[str, Fraction], list[TraceStep]]:
    """Score of each item that has one, with its step."""
    scores: dict[str, Fraction] = {}
    steps = []
    for item in items:
        result = results[item.indicator_id]
        value = result.displayed if item.reads is Reading.DISPLAYED else result.value
        inputs = [TraceInput("value", value, result.index)]
        if result.is_low_sample and result.low_sample in _WITHOUT_SCORE:
            rule = f"too few observations: {result.low_sample}"
            steps.append(TraceStep("score", item.indicator_id, rule, tuple(inputs), Fraction(0)))
            continue
        if result.is_low_sample and result.low_sample is LowSample.PAY_NOTHING:
            earned, rule = Fraction(0), "too few observations: PAY_NOTHING"
        else:
            read = result.target if result.is_low_sample else value
            earned, rule = score(item.points, read, item.boundary)
        for point in item.points:
            inputs += [TraceInput("point at", point.at), TraceInput("scores", point.score)]
        scores[item.indicator_id] = earned
        steps.append(TraceStep("score", item.indicator_id, rule, tuple(inputs), earned))
    return scores, steps


_WITHOUT_SCORE = (
    LowSample.NO_SCORE_REWEIGHT_IN_PROPORTION,
    LowSample.NO_SCORE_REWEIGHT_EQUALLY,
)


def _weights(items: Sequence[Item], results: Mapping[str, Result]) -> dict[str, Fraction]:
    """Weights of the items that have a score, after the others' are spread over them."""
    without = {
        item.indicator_id: results[item.indicator_id].low_sample
        for item in items
        if results[item.indicator_id].is_low_sample
        and results[item.indicator_id].low_sample in _WITHOUT_SCORE
    }
    kept = [item for item in items if item.indicator_id not in without]
    equally = sum(
        (
            item.weight
            for item in items
            if without.get(item.indicator_id) is LowSample.NO_SCORE_REWEIGHT_EQUALLY
        ),
        Fraction(0),
    )
    spread = {item.indicator_id: item.weight + equally / len(kept) for item in kept}
    whole = sum(spread.values(), Fraction(0))
    return {key: weight / whole for key, weight in spread.items()}


def upgraded(first: SchemeTerms) -> terms.SchemeTerms:
    """What such terms mean in today's forms: the same cents, by the rules of today."""
    unit = Money(first.pool.currency, 1).value
    shares = tuple(split.Share(each.party_id, each.share) for each in first.shares)
    return terms.SchemeTerms(
        name=first.name,
        kind=terms.SchemeKind.INCENTIVE,
        funding=terms.Funding(pool=first.pool),
        items=tuple(_item(item) for item in first.items),
        allocation=terms.Allocation.WHOLE,
        reweighting=terms.Reweighting.AS_THE_INDICATOR_SAYS,
        of_total=None,
        adjustments=(),
        split=split.Split(
            kind=split.SplitKind.FIXED,
            shares=shares,
            contribution_id="",
            pro_rata=split.ProRata.BY_CALENDAR_DAY,
            falls_free=split.FallsFree.TO_THE_OUTSOURCER,
        ),
        rounding=terms.MoneyRounding(first.rounding, unit, terms.MoneyStage.TOTAL),
        residual=terms.Residual.LARGEST_REMAINDER,
        unallocated=terms.Unallocated.RETURNS_TO_OUTSOURCER,
        valid_from_period=first.valid_from_period,
        year_starts_in=1,
        payment=terms.PaymentTerms(first.due_days, terms.Malus.INVOICED, ()),
        earn_backs=(),
        reporting_penalty=None,
        worked_examples=tuple(
            terms.SchemeExample(
                tuple(terms.ExampleValue(each.indicator_id, each.value) for each in example.values),
                example.expected,
            )
            for example in first.worked_examples
        ),
    )


def _item(item: Item) -> terms.Item:
    stage = reading.ReadingStage(str(item.reads))
    points = tuple(curve.Point(point.at, point.score) for point in item.points)
    held = curve.Outside.HELD
    line = curve.Line(points, item.boundary, before=curve.Outside.NOTHING, after=held)
    return terms.Item(
        indicator_id=item.indicator_id,
        weight=item.weight,
        factors=(),
        reading=reading.Reading(reading.Reads.VALUE, stage, None, 1),
        scoring=Scoring(line=line),
        basis=terms.Basis.JOINT,
        denominator=terms.Denominator.INSIDE,
        score_rounding=None,
    )

"""Weighting: scores of the items, the weights they count with, and the total.

The one rule: a weight is spread by the stated mode or lost by the stated mode, exactly, and never
by a displayed, rounded weight.

Sources: `domain.md` sections 4 and 6; the public cases "cms-reweight" and "equal-reweight".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.indicator import LowSample
from ledger.reading import PartValue, Result, Series
from ledger.scoring import score
from ledger.terms import Basis, Denominator, Item, Reweighting
from ledger.trace import TraceInput, TraceStep

_WITHOUT_SCORE = (
    LowSample.NO_SCORE_REWEIGHT_IN_PROPORTION,
    LowSample.NO_SCORE_REWEIGHT_EQUALLY,
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an item contributes: weight times score; one score, or one a sharer of own parts."""

    item: Item
    weight: Fraction
    scores: tuple[Fraction, ...]

    @property
    def is_joint(self) -> bool:
        """Whether all parties have the one score."""
        return self.item.basis is Basis.JOINT


def contributions(
    items: Sequence[Item],
    series: Mapping[str, Series],
    party_ids: Sequence[str],
    mode: Reweighting,
) -> tuple[tuple[Contribution, ...], tuple[TraceStep, ...]]:
    """Each scored item's contribution, with its steps. Raises NothingToRead, ValueInNoRow."""
    steps: list[TraceStep] = []
    scores: dict[str, tuple[Fraction, ...]] = {}
    for item in items:
        scores[item.indicator_id] = _scores(item, series[item.indicator_id], party_ids, steps)
    weights = _weights(items, series, mode)
    for item in items:
        key = item.indicator_id
        if key in weights and weights[key] != item.allocation:
            stated = TraceInput("stated weight", item.allocation)
            rule = "weights of items without a score are spread as the terms say"
            steps.append(TraceStep("weight", key, rule, (stated,), weights[key]))
    found = tuple(
        Contribution(item, weights[item.indicator_id], scores[item.indicator_id])
        for item in items
        if item.indicator_id in weights
    )
    return found, tuple(steps)


def is_without_score(result: Result) -> bool:
    """Whether too few observations leave an item without a score."""
    return result.is_low_sample and result.low_sample in _WITHOUT_SCORE


def _scores(
    item: Item, given: Series, party_ids: Sequence[str], steps: list[TraceStep]
) -> tuple[Fraction, ...]:
    """The item's score for each sharer; one step where it is joint, one a party otherwise."""
    last = given[-1]
    is_joint = item.basis is Basis.JOINT
    nothing = (Fraction(0),) * (1 if is_joint else len(party_ids))
    if last.is_low_sample and (is_without_score(last) or _pays_nothing(last)):
        rule = f"too few observations: {last.low_sample}"
        used = (TraceInput("value", last.value, last.index),)
        steps.append(TraceStep("score", item.indicator_id, rule, used, Fraction(0)))
        return nothing
    series = (*given[:-1], _at_target(last)) if _pays_at_target(last) else given
    if is_joint:
        return (_score(item, series, "", steps),)
    return tuple(_score(item, series, party_id, steps) for party_id in party_ids)


def _score(item: Item, series: Series, party_id: str, steps: list[TraceStep]) -> Fraction:
    found = score(item.scoring, item.reading, series, party_id)
    given, rule = found.score, found.rule
    if item.score_rounding is not None:
        given = item.score_rounding.of(given)
        rule += f", rounded {item.score_rounding.mode}"
    if series[-1].is_low_sample:
        rule += f"; too few observations: {series[-1].low_sample}"
    name, subject = ("own score", party_id) if party_id else ("score", item.indicator_id)
    steps.append(TraceStep(name, subject, rule, found.inputs, given))
    return given


def _pays_nothing(result: Result) -> bool:
    return result.low_sample is LowSample.PAY_NOTHING


def _pays_at_target(result: Result) -> bool:
    return result.is_low_sample and result.low_sample is LowSample.PAY_AT_TARGET


def _at_target(result: Result) -> Result:
    """The result as if it were at its target."""
    target = result.levels.target
    parts = tuple(PartValue(part.party_id, target) for part in result.parts)
    return replace(result, value=target, displayed=target, parts=parts)


def _weights(
    items: Sequence[Item], series: Mapping[str, Series], mode: Reweighting
) -> dict[str, Fraction]:
    """Weights of the items that have a score, after the others' are spread over them.

    What is spread stays within the denominator; bonus items keep their weight.
    """
    scored = [item for item in items if not is_without_score(series[item.indicator_id][-1])]
    inside = [item for item in scored if item.denominator is Denominator.INSIDE]
    equally, in_proportion = Fraction(0), Fraction(0)
    for item in items:
        result = series[item.indicator_id][-1]
        if item in scored or item.denominator is Denominator.OUTSIDE:
            continue
        match _mode(mode, result.low_sample):
            case Reweighting.EQUALLY:
                equally += item.allocation
            case Reweighting.IN_PROPORTION:
                in_proportion += item.allocation
            case _:
                pass  # its weight is lost
    found = {item.indicator_id: item.allocation for item in scored}
    for item in inside:
        found[item.indicator_id] += equally / len(inside)
    whole = sum((found[item.indicator_id] for item in inside), Fraction(0))
    for item in inside:
        if whole > 0:
            found[item.indicator_id] *= (whole + in_proportion) / whole
    return found


def _mode(mode: Reweighting, rule: LowSample) -> Reweighting:
    if mode is not Reweighting.AS_THE_INDICATOR_SAYS:
        return mode
    equally = rule is LowSample.NO_SCORE_REWEIGHT_EQUALLY
    return Reweighting.EQUALLY if equally else Reweighting.IN_PROPORTION


def total_of(found: Sequence[Contribution]) -> tuple[Fraction, TraceStep]:
    """The sum of weight times score, of the joint scores and of the mean of own ones; its step."""
    total, used = Fraction(0), []
    for each in found:
        mean = sum(each.scores, Fraction(0)) / len(each.scores)
        total += each.weight * mean
        used += [TraceInput("weight", each.weight), TraceInput("score", mean)]
    return total, TraceStep("total score", "", "sum of weight times score", tuple(used), total)

"""Judgement: how a value stands against a version's levels, and whether it moved for the better.

The one rule: rounding before comparing, the side of a boundary and the direction are terms; here
they are only followed. Source: `domain.md` section 4.
"""

from fractions import Fraction

from ledger.amounts import round_to
from ledger.indicator import Boundary, Direction, IndicatorTerms, RoundingStage, Standing
from ledger.method import SHARES, Method
from ledger.statistic import Change, Margin, is_noise


def displayed(terms: IndicatorTerms, value: Fraction) -> Fraction:
    """The value rounded as the terms say."""
    return round_to(value, terms.rounding.step, terms.rounding.mode)


def standing(terms: IndicatorTerms, value: Fraction) -> Standing:
    """How a value stands against target and minimum, rounded first only if the terms say so."""
    compared = value
    if terms.rounding.stage is RoundingStage.BEFORE_COMPARING:
        compared = displayed(terms, value)
    levels, upper = terms.levels, terms.levels.upper
    if _meets(terms, compared, levels.target, upper.target if upper else None):
        return Standing.GREEN
    is_tolerable = _meets(terms, compared, levels.minimum, upper.minimum if upper else None)
    return Standing.AMBER if is_tolerable else Standing.RED


def change(
    terms: IndicatorTerms,
    value: Fraction,
    margin: Margin | None,
    before: Fraction,
    before_margin: Margin | None,
) -> Change:
    """Whether the value moved by more than its noise, and which way. See `statistic.is_noise`."""
    if margin is None or before_margin is None:
        return Change.NO_MARGIN
    if is_noise(value, margin, before, before_margin):
        return Change.WITHIN_NOISE
    is_better = _distance(terms, value) < _distance(terms, before)
    return Change.BETTER if is_better else Change.WORSE


def misses_allowed(terms: IndicatorTerms, n: int) -> int | None:
    """How many of `n` may miss so that a share still stands GREEN, by the terms' own rounding.

    0: only perfection does. None: nothing does, or the method is no share. Requires n >= 1.
    Source: case "unreachable-target".
    """
    if terms.method.kind not in SHARES | {Method.POOLED_RATIO}:
        return None
    is_lower = terms.direction is Direction.LOWER_IS_BETTER

    def is_green(misses: int) -> bool:
        hits = misses if is_lower else n - misses
        return standing(terms, Fraction(hits, n) * terms.method.scale) is Standing.GREEN

    if terms.direction is Direction.BAND or not is_green(0):
        return None
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_green(middle) else (low, middle - 1)
    return low


def _meets(terms: IndicatorTerms, value: Fraction, level: Fraction, upper: Fraction | None) -> bool:
    if value in (level, upper):
        return terms.boundary is Boundary.INCLUSIVE
    match terms.direction:
        case Direction.HIGHER_IS_BETTER:
            return value > level
        case Direction.LOWER_IS_BETTER:
            return value < level
        case Direction.BAND:
            return upper is not None and level < value < upper


def _distance(terms: IndicatorTerms, value: Fraction) -> Fraction:
    """What falls as a value gets better; of a band how far it is from its stretch."""
    match terms.direction:
        case Direction.HIGHER_IS_BETTER:
            return -value
        case Direction.LOWER_IS_BETTER:
            return value
        case Direction.BAND:
            upper = terms.levels.upper
            above = value - (upper.stretch if upper else terms.levels.stretch)
            return max(terms.levels.stretch - value, above, Fraction(0))

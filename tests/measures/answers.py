"""Builders of methods and parts for pure tests: single answers one by one, as a party has them."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ledger.distribution import Bin, Interpolation, size, total
from ledger.figures import Figures
from ledger.method import (
    MEANS,
    PERCENTILES,
    SCALES,
    TOTALS,
    AnswerTarget,
    AnswerTerms,
    Comparison,
    Denominator,
    Method,
    MethodTerms,
    PercentileTerms,
)
from ledger.statistic import MarginKind

VALID = AnswerTerms(Denominator.VALID_ANSWERS)


def method(kind: Method, **stated: Any) -> MethodTerms:
    """Terms of a method: percent for shares and scores, what is not stated left out."""
    is_mean = kind in TOTALS | MEANS | PERCENTILES
    terms: dict[str, Any] = {
        "kind": kind,
        "scale": Fraction(1) if is_mean else Fraction(100),
        "series": "s",
        "segment": "",
    }
    if kind not in TOTALS:
        terms["answers"] = VALID
    if kind is Method.SHARE_MEETING_TARGET:
        terms["target"] = AnswerTarget(Fraction(4), Comparison.AT_LEAST)
    if kind in PERCENTILES:
        terms["percentile"] = PercentileTerms(Fraction(1, 2), Interpolation.LINEAR)
    return MethodTerms(**(terms | stated))


def answered(party: str, answers: Sequence[object], invited: int | None = None) -> Figures:
    """A party's part of single answers."""
    counts = Counter(Fraction(str(each)) for each in answers)
    bins = tuple(Bin(value, counts[value]) for value in sorted(counts))
    return Figures(party, total(bins), None, size(bins), invited, bins)


def scale_of(kind: Method) -> tuple[int, int]:
    """The lowest and the highest answer to draw from."""
    return SCALES.get(kind, (1, 100))


NO_MARGIN = MarginKind.NONE

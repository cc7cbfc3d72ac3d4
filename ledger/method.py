"""Methods: the standard formulas by which an indicator's value follows from its parts.

The one rule: values are exact fractions and nothing is rounded here. Each formula states its
source. Source: `domain.md` section 4, "Methods".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.errors import Refusal

RULES_VERSION = 1
"""Version of the formulas below; a computed event names it, so that old results replay."""


class NothingMeasured(Refusal):
    """There is nothing to compute from: {reason}. -> Submit the parts that are missing."""


class Method(StrEnum):
    """How the value follows from the parts.

    SUM: the sum of the parts' values.
    POOLED_RATIO: sum of values / sum of denominators x `scale`; never a mean of means.
    """

    SUM = "SUM"
    POOLED_RATIO = "POOLED_RATIO"


@dataclass(frozen=True, slots=True)
class MethodTerms:
    """The method and what it reads: `series` names the observations, `segment` narrows them."""

    kind: Method
    scale: Fraction
    series: str
    segment: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What one party's part holds: a value, for a ratio its denominator, and the sample size."""

    party_id: str
    value: Fraction
    denominator: Fraction | None = None
    sample_size: int | None = None


def compute(terms: MethodTerms, parts: Sequence[Figures]) -> Fraction:
    """The value of the parts, exact and not rounded. Raises NothingMeasured.

    SUM: v1 + v2 + ... ; POOLED_RATIO: (v1 + v2 + ...) / (d1 + d2 + ...) x scale.
    Source: domain.md section 4, "Methods" (ratio of sums, never a mean of means).
    """
    if not parts:
        raise NothingMeasured("parts", reason="no part was submitted")
    total = sum((part.value for part in parts), Fraction(0))
    match terms.kind:
        case Method.SUM:
            return total * terms.scale
        case Method.POOLED_RATIO:
            base = sum((part.denominator or Fraction(0) for part in parts), Fraction(0))
            if base == 0:
                raise NothingMeasured("parts", reason="the denominators add up to nothing")
            return total / base * terms.scale

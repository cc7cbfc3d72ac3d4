"""Statistics: 95 % margins of error, and whether two values differ by more than their noise.

The one rule: a replay gives the same margin on every machine. Nothing here is a float: roots are
integer roots, quantiles come from exact series, and margins are rounded to DIGITS decimals, half
to even. They are of the value itself, before the method's scale.

Sources: Wilson, JASA 22 (1927) 209-212; Agresti and Coull, The American Statistician 52 (1998)
119-126; Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3, 26.7.4, 26.7.5;
Conover, Practical Nonparametric Statistics (1999), 3.2; Zou and Donner, Statistics in Medicine 27
(2008) 1693-1702. Deliberately no finite-population correction: owners may agree another method.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import isqrt

from ledger.amounts import Rounding, round_to

DIGITS = 9
"""Decimals to which quantiles and margins are stated."""

Z95 = Fraction("1.959963985")
"""The 97.5 % quantile of the normal distribution, to DIGITS decimals."""

_UNIT = Fraction(1, 10**DIGITS)
_EXACT_DEGREES = 200
"""Up to so many degrees of freedom t comes from its exact series, above from its expansion."""
_HALVINGS = 50
_TAIL = Decimal("0.95")
_PI = Decimal("3.14159265358979323846264338327950288419717")


class MarginKind(StrEnum):
    """How the 95 % margin of error is computed.

    NONE: a count of everything has no sampling error. WILSON: score interval of a share.
    WALD: p ± z sqrt(variance / n), as some contracts name it. ADJUSTED_WALD: the same after adding
    pseudo-answers. STUDENT_T: of a mean. ORDER_STATISTICS: of a percentile, without assumptions.
    PROPAGATED: of a composite, from those of its inputs as if they were independent.
    """

    NONE = "NONE"
    WILSON = "WILSON"
    WALD = "WALD"
    ADJUSTED_WALD = "ADJUSTED_WALD"
    STUDENT_T = "STUDENT_T"
    ORDER_STATISTICS = "ORDER_STATISTICS"
    PROPAGATED = "PROPAGATED"


@dataclass(frozen=True, slots=True)
class Margin:
    """A 95 % interval. `half` is half its width: the margin of error that people quote."""

    low: Fraction
    high: Fraction

    @property
    def half(self) -> Fraction:
        """Half of the interval's width."""
        return (self.high - self.low) / 2

    def scaled(self, scale: Fraction) -> "Margin":
        """The interval of the value times `scale`. Requires scale > 0."""
        return Margin(self.low * scale, self.high * scale)


class Change(StrEnum):
    """How a value stands to the period before.

    FIRST: nothing that asks the same was agreed before. NO_MARGIN: a value has none, so noise
    cannot be told. WITHIN_NOISE: the 95 % interval of the difference holds 0. BETTER, WORSE: it
    does not.
    """

    FIRST = "FIRST"
    NO_MARGIN = "NO_MARGIN"
    WITHIN_NOISE = "WITHIN_NOISE"
    BETTER = "BETTER"
    WORSE = "WORSE"


def root(value: Fraction) -> Fraction:
    """The square root to 2 DIGITS decimals, cut: what is made of it is `stated` with DIGITS.

    Requires value >= 0.
    """
    whole = isqrt(value.numerator * 10 ** (4 * DIGITS) // value.denominator)
    return Fraction(whole, 10 ** (2 * DIGITS))


def wilson(successes: Fraction, n: int) -> Margin:
    """The score interval of successes / n. Requires 0 <= successes <= n and n > 0.

    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson 1927.
    """
    p, square = successes / n, Z95 * Z95
    middle = p + square / (2 * n)
    reach = Z95 * root(p * (1 - p) / n + square / (4 * n * n))
    whole = 1 + square / n
    low, high = stated((middle - reach) / whole), stated((middle + reach) / whole)
    return Margin(max(min(low, p), Fraction(0)), min(max(high, p), Fraction(1)))


def wald(centre: Fraction, variance: Fraction, n: Fraction) -> Margin:
    """Centre ± z sqrt(variance / n), not cut at the ends of the scale. Requires n > 0."""
    reach = stated(Z95 * root(variance / n))
    return Margin(centre - reach, centre + reach)


def share_wald(successes: Fraction, n: int) -> Margin:
    """Plain Wald of a share: variance p (1 - p)."""
    p = successes / n
    return wald(p, p * (1 - p), Fraction(n))


def adjusted_share(successes: Fraction, n: int) -> Margin:
    """Adjusted Wald of a share: z²/2 successes and z²/2 failures are added. Source: Agresti 1998.

    The interval lies around the adjusted share.
    """
    square = Z95 * Z95
    adjusted = (successes + square / 2) / (n + square)
    around = wald(adjusted, adjusted * (1 - adjusted), n + square)
    return Margin(stated(around.low), stated(around.high))


def score_wald(promoters: Fraction, detractors: Fraction, n: Fraction) -> Margin:
    """Plain Wald of a net score: variance p + d - (p - d)², of counts over n."""
    p, d = promoters / n, detractors / n
    return wald(p - d, p + d - (p - d) ** 2, n)


def adjusted_score(promoters: Fraction, detractors: Fraction, n: int) -> Margin:
    """Adjusted Wald of a net score: 3 answers are added, 3/4 of them at each end.

    Source: Bonett and Price, Statistics & Probability Letters 82 (2012), for differences of paired
    shares; Sauro and Lewis, Quantifying the User Experience (2016), for net promoter scores.
    """
    extra = Fraction(3, 4)
    around = score_wald(promoters + extra, detractors + extra, Fraction(n + 3))
    return Margin(stated(around.low), stated(around.high))


def mean_margin(total: Fraction, squares: Fraction, n: int) -> Margin | None:
    """Mean ± t(n - 1) s / sqrt(n), of a sum and a sum of squares. None of fewer than 2 values."""
    if n < 2:  # noqa: PLR2004 -- one value has no spread
        return None
    mean = total / n
    variance = (squares - n * mean * mean) / (n - 1)
    reach = stated(student(n - 1) * root(variance / n))
    return Margin(mean - reach, mean + reach)


def ranks(n: int, share: Fraction) -> tuple[int, int] | None:
    """Ranks, from 1, of the values between which a percentile lies. None where n is too small.

    r = n p - z sqrt(n p (1-p)), s = n p + z sqrt(n p (1-p)), both rounded up. Source: Conover 3.2.
    """
    reach = Z95 * root(n * share * (1 - share))
    low, high = -((reach - n * share) // 1), -((-n * share - reach) // 1)
    return (int(low), int(high)) if low >= 1 and high <= n else None


def stated(value: Fraction) -> Fraction:
    """The value to DIGITS decimals, half to even."""
    return round_to(value, _UNIT, Rounding.HALF_EVEN)


def is_noise(value: Fraction, margin: Margin, before: Fraction, before_margin: Margin) -> bool:
    """Whether the 95 % interval of value - before holds 0.

    With d = value - before > 0: d² <= (value - low)² + (before's high - before)²; mirrored below.
    Law: symmetric in its two values. Source: Zou and Donner 2008 (MOVER), which for Wilson
    intervals is Newcombe's method 10.
    """
    if value < before:
        return is_noise(before, before_margin, value, margin)
    reach = (value - margin.low) ** 2 + (before_margin.high - before) ** 2
    return (value - before) ** 2 <= reach


@lru_cache(maxsize=4096)
def student(degrees: int) -> Fraction:
    """The 97.5 % quantile of Student's t, to DIGITS decimals. Requires degrees >= 1.

    The exact series of A(t|v) is inverted by halving; from 201 degrees on the expansion in 1/v is
    good to more than DIGITS decimals. Source: Abramowitz and Stegun 26.7.3, 26.7.4, 26.7.5.
    """
    with localcontext() as context:
        context.prec = 36
        found = _expanded(degrees) if degrees > _EXACT_DEGREES else _inverted(degrees)
        return stated(Fraction(found))


def _inverted(degrees: int) -> Decimal:
    low, high = Decimal("1.9"), Decimal(13)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _central(middle, degrees) < _TAIL:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _central(t: Decimal, degrees: int) -> Decimal:
    """P(|T| <= t) by its finite series."""
    tangent = t / Decimal(degrees).sqrt()
    cosine_square = 1 / (1 + tangent * tangent)
    cosine = cosine_square.sqrt()
    sine = tangent * cosine
    is_odd = degrees % 2
    term = cosine if is_odd else Decimal(1)
    total = term if degrees > 1 else Decimal(0)
    for k in range(2 + is_odd, degrees - 1, 2):
        term *= cosine_square * (k - 1) / k
        total += term
    if is_odd:
        return 2 / _PI * (_arctangent(tangent) + sine * total)
    return sine * total


def _arctangent(x: Decimal) -> Decimal:
    """By halving the angle five times, then its power series."""
    for _ in range(5):
        x /= 1 + (1 + x * x).sqrt()
    total, power, square = Decimal(0), x, x * x
    for k in range(1, 80, 2):
        total += power / k
        power *= -square
    return 32 * total


def _expanded(degrees: int) -> Decimal:
    """X + g1(x)/v + g2(x)/v² + g3(x)/v³ + g4(x)/v⁴, x being the normal quantile."""
    x = Decimal("1.95996398454005423552459443052055")
    v, x2 = Decimal(degrees), x * x
    g1 = (x2 + 1) * x / 4
    g2 = ((5 * x2 + 16) * x2 + 3) * x / 96
    g3 = (((3 * x2 + 19) * x2 + 17) * x2 - 15) * x / 384
    g4 = ((((79 * x2 + 776) * x2 + 1482) * x2 - 1920) * x2 - 945) * x / 92160
    return x + g1 / v + g2 / v**2 + g3 / v**3 + g4 / v**4

"""Distributions: single answers summed up as how often each value was given.

The one rule: nothing is lost that a method needs. A histogram of exact values gives the same mean,
share, score and percentile as the answers one by one, whatever their number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.errors import Fault

MAX_BINS = 2000
"""Different values that one part may hold; finer values are read with fewer decimals."""


class Interpolation(StrEnum):
    """How a percentile is read between two values; n values, x(1) <= x(2) <= ..., share p.

    Names and numbers as in Hyndman and Fan, The American Statistician 50 (1996) 361-365.
    NEAREST_RANK: x(ceil(np)), type 1. HAZEN: type 5. WEIBULL: rank (n + 1) p, type 6.
    LINEAR: rank (n - 1) p + 1, type 7, as spreadsheets do. MEDIAN_UNBIASED: type 8.
    """

    NEAREST_RANK = "NEAREST_RANK"
    HAZEN = "HAZEN"
    WEIBULL = "WEIBULL"
    LINEAR = "LINEAR"
    MEDIAN_UNBIASED = "MEDIAN_UNBIASED"


@dataclass(frozen=True, slots=True)
class Bin:
    """A value, and how many answers gave it."""

    value: Fraction
    count: int


Distribution = tuple[Bin, ...]
"""Bins by rising value, each value once, each count above 0."""


def merged(distributions: Iterable[Sequence[Bin]]) -> Distribution:
    """All answers of several distributions in one, by rising value."""
    counts: dict[Fraction, int] = {}
    for each in distributions:
        for bin_ in each:
            counts[bin_.value] = counts.get(bin_.value, 0) + bin_.count
    return tuple(Bin(value, counts[value]) for value in sorted(counts) if counts[value])


def size(distribution: Sequence[Bin]) -> int:
    """How many answers there are."""
    return sum(bin_.count for bin_ in distribution)


def total(distribution: Sequence[Bin]) -> Fraction:
    """The sum of all answers."""
    return sum((bin_.value * bin_.count for bin_ in distribution), Fraction(0))


def squares(distribution: Sequence[Bin]) -> Fraction:
    """The sum of the squares of all answers."""
    return sum((bin_.value * bin_.value * bin_.count for bin_ in distribution), Fraction(0))


def at_rank(distribution: Sequence[Bin], rank: int) -> Fraction:
    """The value at a rank from 1 to the number of answers. Requires a sorted distribution."""
    seen = 0
    for bin_ in distribution:
        seen += bin_.count
        if rank <= seen:
            return bin_.value
    raise Fault(f"rank {rank} of {seen} answers")


def percentile(
    distribution: Sequence[Bin], share: Fraction, interpolation: Interpolation
) -> Fraction:
    """The percentile at a share from 0 to 1. Requires at least one answer.

    A rank h gives x(floor h) + (h - floor h)(x(floor h + 1) - x(floor h)), cut at the ends.
    """
    n = size(distribution)
    match interpolation:
        case Interpolation.NEAREST_RANK:
            rank = Fraction(-((-n * share) // 1))
        case Interpolation.HAZEN:
            rank = n * share + Fraction(1, 2)
        case Interpolation.WEIBULL:
            rank = (n + 1) * share
        case Interpolation.LINEAR:
            rank = (n - 1) * share + 1
        case Interpolation.MEDIAN_UNBIASED:
            rank = (n + Fraction(1, 3)) * share + Fraction(1, 3)
    rank = min(max(rank, Fraction(1)), Fraction(n))
    whole = int(rank)
    below = at_rank(distribution, whole)
    if rank == whole:
        return below
    return below + (rank - whole) * (at_rank(distribution, whole + 1) - below)

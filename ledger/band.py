"""Bands and shared ranges: how growth, savings and overruns become money.

The one rule: one table means three contracts, so its mode is a required term: the rate of the band
reached on the whole (retrospective), on the growth alone, or band by band (marginal).

Sources: `domain.md` section 6; the public cases "band-modes" and "gain-threshold".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.indicator import Boundary
from ledger.reading import Level


class BandMode(StrEnum):
    """What the rate of a band is applied to.

    RETROSPECTIVE: the band reached, to the whole from the first unit on. GROWTH_ONLY: the band
    reached, to what is beyond the baseline. MARGINAL: each band, to what lies within it.
    """

    RETROSPECTIVE = "RETROSPECTIVE"
    GROWTH_ONLY = "GROWTH_ONLY"
    MARGINAL = "MARGINAL"


@dataclass(frozen=True, slots=True)
class Band:
    """From this share of the base on, this rate. Shares and rates are fractions: 0.1 is 10 %."""

    from_share: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Bands:
    """Rates on a measured amount, by its share of the baseline. The score is in major units."""

    mode: BandMode
    baseline: Level
    boundary: Boundary
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class SharedRanges:
    """What of a saving or an overrun is shared, range by range, as a share of the target.

    `gain` are the ranges of what is better than the target, `pain` of what is worse; without
    `pain` nobody pays for an overrun. The score is in major units, a pain below zero.
    """

    target: Level
    gain: tuple[Band, ...]
    pain: tuple[Band, ...]


def banded(terms: Bands, value: Fraction, baseline: Fraction) -> tuple[Fraction, str]:
    """What bands give for an amount, and the rule."""
    ratio = value / baseline
    if terms.mode is BandMode.MARGINAL:
        return within(terms.bands, ratio) * baseline, "each band's rate on what lies within it"
    rate = _reached(terms, ratio)
    if terms.mode is BandMode.RETROSPECTIVE:
        return rate * value, "the rate of the band reached, on the whole amount"
    return rate * (value - baseline), "the rate of the band reached, on the growth alone"


def _reached(terms: Bands, ratio: Fraction) -> Fraction:
    rate = Fraction(0)
    for band in terms.bands:
        if ratio > band.from_share or (
            ratio == band.from_share and terms.boundary is Boundary.INCLUSIVE
        ):
            rate = band.rate
    return rate


def within(bands: Sequence[Band], ratio: Fraction) -> Fraction:
    """The sum over bands of rate times the share that lies within, up to a ratio."""
    total = Fraction(0)
    for number, band in enumerate(bands):
        end = bands[number + 1].from_share if number + 1 < len(bands) else ratio
        reached = min(ratio, end)
        if reached > band.from_share:
            total += band.rate * (reached - band.from_share)
    return total


def shared(
    terms: SharedRanges, value: Fraction, target: Fraction, *, lower_is_better: bool
) -> tuple[Fraction, str]:
    """What of the deviation from a target is shared, and the rule."""
    better = (target - value if lower_is_better else value - target) / target
    if better >= 0:
        return within(terms.gain, better) * target, "each range's share of the saving within it"
    return -within(terms.pain, -better) * target, "each range's share of the overrun within it"

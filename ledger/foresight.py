"""Foresight: what terms need to know of the agreed indicators, and what may surprise in them.

The one rule: a warning never stops a proposal; it names its place and says what will happen.
Source: `domain.md` section 6; the public case "unreachable-target".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ledger.amounts import render_number
from ledger.indicator import Levels, LowSample, Owner
from ledger.periods import Calendar
from ledger.reading import RoundingStep
from ledger.terms import SchemeTerms


@dataclass(frozen=True, slots=True)
class IndicatorFacts:
    """What the terms need to know of an agreed indicator.

    `is_share`: its value is a share of answers or cases, on a scale where `whole` is all of them.
    """

    name: str
    lower_is_better: bool
    levels: Levels
    rounding: RoundingStep
    owners: tuple[Owner, ...]
    calendar: Calendar
    low_sample: LowSample
    minimum_sample: int
    is_live: bool
    is_share: bool
    whole: Fraction


Facts = Mapping[str, IndicatorFacts]


@dataclass(frozen=True, slots=True)
class Warned:
    """What is allowed and may surprise: its place in the terms, and why."""

    path: str
    message: str


def warnings(terms: SchemeTerms, facts: Facts) -> tuple[Warned, ...]:
    """What may surprise those who sign, with its place."""
    found = []
    for number, item in enumerate(terms.items):
        known, place = facts[item.indicator_id], f"items[{number}]"
        if not known.is_live:
            said = f"{known.name} is not live: its stakes are notional until it is"
            found.append(Warned(f"{place}.indicatorId", said))
        if (said := unreachable(known)) != "":
            found.append(Warned(place, said))
    for number, step in enumerate(terms.adjustments):
        for name, read in (("gate", step.gate), ("multiplier", step.multiplier)):
            if read is not None and not facts[read.indicator_id].is_live:
                said = f"{facts[read.indicator_id].name} is not live: nothing settles until it is"
                found.append(Warned(f"adjustments[{number}].{name}.indicatorId", said))
    return tuple(found)


def unreachable(facts: IndicatorFacts) -> str:
    """Why a target cannot be met with one miss at the minimum sample, in words; else empty.

    Source: the public case "unreachable-target": of 30, one miss is 96.67 %, below 99 %.
    """
    count, target = facts.minimum_sample, facts.levels.target
    if not facts.is_share or facts.lower_is_better or count < 1 or target > facts.whole:
        return ""
    one_miss = Fraction(count - 1, count) * facts.whole
    if one_miss >= target:
        return ""
    needed = facts.whole / (facts.whole - target) if target < facts.whole else None
    least = "any number of observations" if needed is None else f"at least {_up(needed)}"
    shown = render_number(target)
    return (
        f"of {count} observations, the minimum sample of {facts.name}, a single miss is below the "
        f"target of {shown}: only perfection meets it; a miss is allowed from {least} on"
    )


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)

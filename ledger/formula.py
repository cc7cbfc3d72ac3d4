"""Formulas: the value, margin and parts that follow from figures by a method's terms.

The one rule: values are exact fractions and nothing is rounded here; margins are stated to
`statistic.DIGITS` decimals. Each formula states its source.

==========================  ======================================================================
SUM                         v1 + v2 + ...
POOLED_RATIO                (v1 + v2 + ...) / (d1 + d2 + ...), never a mean of means
SHARE_MEETING_TARGET        answers that meet the target / answers counted
TOP_TWO_BOX                 answers of 4 and 5 / answers counted, not their mean (CSAT)
NET_PROMOTER_SCORE          share of 9-10 minus share of 0-6 (Reichheld 2003)
HAPPINESS                   as NET_PROMOTER_SCORE (experience level agreements)
CUSTOMER_EFFORT_SCORE       mean of answers from 1 to 7 (CES 2.0)
LOST_TIME, MEAN             sum of answers / answers that say something
MEDIAN, PERCENTILE          of all answers pooled, by the stated interpolation
WEIGHTED_COMPOSITE          (w1 v1 + w2 v2 + ...) / (w1 + w2 + ...) over other indicators
WEAKEST_LINK                the worst value of other indicators
==========================  ======================================================================

All but the last four rows are linear: numerators of parts add up over one denominator, so that a
party's contribution is its numerator over it. Source: `domain.md` section 4, "Methods".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ledger import statistic
from ledger.amounts import Rounding, round_to
from ledger.distribution import (
    Bin,
    Distribution,
    at_rank,
    merged,
    percentile,
    size,
    squares,
    total,
)
from ledger.errors import Fault
from ledger.figures import AttributionKind, Figures, NothingMeasured, kept
from ledger.method import (
    PERCENTILES,
    SCORES,
    SHARES,
    TOTALS,
    AnswerTarget,
    Comparison,
    Denominator,
    Method,
    MethodTerms,
)
from ledger.statistic import Margin, MarginKind

TOP_TWO = AnswerTarget(Fraction(4), Comparison.AT_LEAST)
PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value with its honest statistics.

    `sample_size` is how many answers it counts, `answered` how many came in; None where the parts
    do not say. `invited` is how many were asked: see `invited_by`.
    """

    value: Fraction
    margin: Margin | None
    sample_size: int | None
    answered: int | None
    invited: int | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """A party's part of a value, in its unit; of nobody when `party_id` is empty."""

    party_id: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class InputValue:
    """An input of a composite: its weight, and what was agreed for it."""

    weight: Fraction
    value: Fraction
    margin: Margin | None


@dataclass(frozen=True, slots=True)
class _Tally:
    """What counts of one part: numerator over denominator, and how many answers each took."""

    numerator: Fraction
    base: Fraction
    n: int | None
    answers: Distribution = ()
    squares: Fraction = Fraction(0)


def compute(terms: MethodTerms, parts: Sequence[Figures]) -> Outcome:
    """What parts give that `check_figures` lets pass. Raises NothingMeasured."""
    if not parts:
        raise NothingMeasured("parts", reason="no part was submitted")
    tallies = [_tally(terms, part) for part in parts]
    n = _added([each.n for each in tallies])
    if terms.kind in PERCENTILES:
        value, margin = _percentile(terms, merged(each.answers for each in tallies))
    else:
        numerator, base = _pooled(terms, tallies)
        value, margin = numerator / base, _margin(terms, tallies, numerator, base, n)
    return Outcome(
        value * terms.scale,
        None if margin is None else margin.scaled(terms.scale),
        n,
        _added([part.sample_size for part in parts]),
        invited_by(parts),
    )


def invited_by(parts: Sequence[Figures]) -> int | None:
    """How many people parts asked; None unless each part with answers says so.

    Else answers would be set beside fewer people than were asked for them.
    """
    if any(part.invited is None and part.sample_size for part in parts):
        return None
    return invited_where_stated(parts)


def invited_where_stated(parts: Sequence[Figures]) -> int | None:
    """How many people those parts asked that say so; None where none does: rules version 2."""
    return _added([part.invited for part in parts])


def contributions(terms: MethodTerms, parts: Sequence[Figures]) -> tuple[Contribution, ...]:
    """Whose the value is, parties in the order of the parts, nobody's last.

    Requires a method with parts (not in `UNDIVIDED`). Law: they add up to the value.
    """
    tallies = [_tally(terms, part) for part in parts]
    _, base = _pooled(terms, tallies)
    whose: dict[str, Fraction] = {part.party_id: Fraction(0) for part in parts}
    nobodys = Fraction(0)
    for part, tally in zip(parts, tallies, strict=True):
        if not part.lines:
            whose[part.party_id] += tally.numerator
        for line in part.lines:
            if line.kind is AttributionKind.UNATTRIBUTED:
                nobodys += line.value
            for share in line.shares:
                before = whose.get(share.party_id, Fraction(0))
                whose[share.party_id] = before + line.value * share.share
    scale = terms.scale / base
    listed = [Contribution(party_id, value * scale) for party_id, value in whose.items()]
    return (*listed, Contribution("", nobodys * scale)) if nobodys else tuple(listed)


def compose(terms: MethodTerms, inputs: Sequence[InputValue], *, lower_is_better: bool) -> Outcome:
    """What a composite's inputs give. Raises NothingMeasured.

    Its margin, where the terms ask for one: the weighted roots of sums of squares of the inputs'
    reaches, as if they were independent; of the weakest link its own.
    """
    if not inputs:
        raise NothingMeasured("inputs", reason="no indicator of the composite has a value")
    margin: Margin | None
    if terms.kind is Method.WEAKEST_LINK:
        worst = sorted(inputs, key=lambda each: each.value, reverse=lower_is_better)[0]
        value, margin = worst.value, worst.margin
    else:
        whole = sum((each.weight for each in inputs), Fraction(0))
        value = sum((each.weight * each.value for each in inputs), Fraction(0)) / whole
        margin = _propagated(inputs, whole, value)
    is_stated = terms.margin is MarginKind.PROPAGATED and margin is not None
    scaled = margin.scaled(terms.scale) if is_stated and margin is not None else None
    return Outcome(value * terms.scale, scaled, None, None, None)


def read(terms: MethodTerms, answers: Sequence[Bin]) -> Distribution:
    """Answers that say something, with the decimals that the terms read."""
    said = [each for each in answers if not terms.is_no_answer(each.value)]
    if terms.answers is None or terms.answers.decimals is None:
        return tuple(said)
    step = Fraction(10) ** -terms.answers.decimals
    return merged([Bin(round_to(each.value, step, Rounding.HALF_UP), each.count)] for each in said)


def _tally(terms: MethodTerms, part: Figures) -> _Tally:
    if terms.kind in TOTALS:
        value, base = kept(part)
        is_counted = terms.margin is not MarginKind.NONE
        return _Tally(value, base, int(base) if is_counted else part.sample_size)
    if not part.answers and part.squares is not None:
        n = part.sample_size or 0
        return _Tally(part.value, Fraction(n), n, (), part.squares)
    said = read(terms, part.answers)
    counts_all = terms.answers and terms.answers.denominator is Denominator.ALL_ANSWERS
    n = size(part.answers) if counts_all else size(said)
    if terms.kind in SHARES:
        target = terms.target or TOP_TWO
        numerator = Fraction(sum(each.count for each in said if target.is_met(each.value)))
    elif terms.kind in SCORES:
        numerator = Fraction(_promoters(said) - _detractors(said))
    else:
        numerator = total(said)
    return _Tally(numerator, Fraction(n), n, said, squares(said))


def _promoters(answers: Sequence[Bin]) -> int:
    return sum(each.count for each in answers if each.value >= PROMOTER)


def _detractors(answers: Sequence[Bin]) -> int:
    return sum(each.count for each in answers if each.value <= DETRACTOR)


def _pooled(terms: MethodTerms, tallies: Sequence[_Tally]) -> tuple[Fraction, Fraction]:
    """Numerator and denominator of all parts together; a sum is divided by 1."""
    numerator = sum((each.numerator for each in tallies), Fraction(0))
    if terms.kind is Method.SUM:
        return numerator, Fraction(1)
    base = sum((each.base for each in tallies), Fraction(0))
    if base == 0:
        raise NothingMeasured("parts", reason="the denominators add up to nothing")
    return numerator, base


def _margin(
    terms: MethodTerms,
    tallies: Sequence[_Tally],
    numerator: Fraction,
    base: Fraction,
    n: int | None,
) -> Margin | None:
    if terms.margin is MarginKind.NONE or not n:
        return None
    if terms.kind in SCORES:
        answers = merged(each.answers for each in tallies)
        promoters, detractors = Fraction(_promoters(answers)), Fraction(_detractors(answers))
        if terms.margin is MarginKind.WALD:
            return statistic.score_wald(promoters, detractors, base)
        return statistic.adjusted_score(promoters, detractors, n)
    match terms.margin:
        case MarginKind.WILSON:
            return statistic.wilson(numerator, n)
        case MarginKind.WALD:
            return statistic.share_wald(numerator, n)
        case MarginKind.ADJUSTED_WALD:
            return statistic.adjusted_share(numerator, n)
        case MarginKind.STUDENT_T:
            spread = sum((each.squares for each in tallies), Fraction(0))
            return statistic.mean_margin(numerator, spread, n)
        case _:
            raise Fault(f"{terms.kind} has no margin {terms.margin}")


def _percentile(terms: MethodTerms, answers: Distribution) -> tuple[Fraction, Margin | None]:
    asked = terms.percentile
    if asked is None:
        raise Fault(f"{terms.kind} without its percentile")
    n = size(answers)
    if n == 0:
        raise NothingMeasured("parts", reason="nobody answered")
    value = percentile(answers, asked.share, asked.interpolation)
    if terms.margin is MarginKind.NONE:
        return value, None
    ranks = statistic.ranks(n, asked.share)
    if ranks is None:
        return value, None
    return value, Margin(at_rank(answers, ranks[0]), at_rank(answers, ranks[1]))


def _propagated(inputs: Sequence[InputValue], whole: Fraction, value: Fraction) -> Margin | None:
    below = above = Fraction(0)
    for each in inputs:
        if each.margin is None:
            return None
        weight = each.weight / whole
        below += (weight * (each.value - each.margin.low)) ** 2
        above += (weight * (each.margin.high - each.value)) ** 2
    reach = statistic.stated(statistic.root(below)), statistic.stated(statistic.root(above))
    return Margin(value - reach[0], value + reach[1])


def _added(counts: Sequence[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [each for each in counts if each is not None]
    return sum(known) if known else None

"""Evaluation: from agreed results and terms to the money of each party, with the trace.

The one rule: amounts stay exact from the scores through every cap in its stated order, and are
rounded once, at the stage the terms name, gains and losses apart; left-over cents go to the
largest remainders, ties to the earlier party.

Law: the parts and the unallocated rest add up to the pool (credits: the pool less the rest).
Source: `domain.md` section 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ledger import adjusting
from ledger.adjusting import Row
from ledger.amounts import Money, allocate, render_number, round_to
from ledger.cap import Adjustment
from ledger.reading import NothingToRead, Result, Series
from ledger.retention import Withholding, withheld_all
from ledger.scoring import score_of
from ledger.split import ProRata, Split, SplitKind, counting, shares_of
from ledger.terms import (
    AtRisk,
    MoneyRounding,
    MoneyStage,
    SchemeKind,
    SchemeTerms,
    Unallocated,
)
from ledger.trace import TraceInput, TraceStep
from ledger.weighting import Contribution, contributions, total_of

RULES_VERSION = 4
"""Version of the evaluation below; a settlement names it, so that old cents replay as they were."""

COUNTS_PERIODS = 3
"""Since this version windows count the calendar's periods, measured or not, `rollingCount` is kept,
and a year's cap counts the year's later periods that are settled already (`basis`)."""

CAPS_HOLD_ROUNDED = 3
"""Since this version cents are left over from the amounts themselves: before, the rounded total was
split in proportion, which could lift a part above its own amount, and so above its cap."""

COUNTS_BOUND = 4
"""Since this version a true-up of which only the undisputed part binds gave that part: before, it
counted as given in full, and what never bound was never owed (`undisputed`)."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an evaluation is of.

    `series` holds, an indicator, its results up to the period. `presence` is the share of the
    period's days that a party was a member, 1 where it is not named. `used` is what a party got
    (or lost) in this year of the scheme beside it. `protections` are what memberships add to the
    scheme's steps, after them. `year` counts from 1.
    """

    series: Mapping[str, Series]
    presence: Mapping[str, Fraction] = field(default_factory=dict)
    used: Mapping[str, Fraction] = field(default_factory=dict)
    protections: tuple[Adjustment, ...] = ()
    year: int = 1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the terms give. `parts` and `pools` are in the order of the terms' parties.

    `payout` is the sum of the parts, below zero for credits. `by_item` are the exact amounts of
    each item, a party, before what is done to the whole. `withholdings` are of each party, none
    where nothing is withheld.
    """

    total_score: Fraction
    pool: Money
    payout: Money
    parts: tuple[Money, ...]
    unallocated: Money
    trace: tuple[TraceStep, ...]
    by_item: Mapping[str, Row]
    withholdings: tuple[Withholding, ...] = ()


def evaluate(terms: SchemeTerms, inputs: Inputs, rules: int = RULES_VERSION) -> Evaluation:
    """Scores, total, caps, parts, and every step. Raises NothingToRead, ValueInNoRow.

    Requires a series for each of `terms.indicator_ids()`. By the rules of a version.
    """
    party_ids = terms.party_ids()
    found, steps = contributions(terms.items, inputs.series, party_ids, terms.reweighting)
    trace = list(steps)
    total, step = total_of(found)
    trace.append(step)
    pools, at_risk_steps = _pools(terms, inputs)
    trace += at_risk_steps
    rows = _rows(terms, inputs, found, total, pools, trace)
    funds = adjusting.Funds(sum(pools, Fraction(0)), _caps_base(terms, pools), inputs.used)
    rows, nets = adjusting.adjusted(terms, rows, inputs.series, funds, inputs.protections, trace)
    parts = rounded(nets, terms.rounding, terms.currency, rules)
    for party_id, exact, part in zip(party_ids, nets, parts, strict=True):
        used = (TraceInput("exact amount", exact),)
        trace.append(TraceStep("stake", party_id, _split_rule(terms.rounding), used, part.value))
    withholdings: tuple[Withholding, ...] = ()
    if terms.withholds:
        is_credit = terms.kind is SchemeKind.CREDIT
        whole = [-each if is_credit else each for each in pools]  # as a full credit is rounded
        held = rounded(whole, terms.rounding, terms.currency, rules)
        withholdings = withheld_all(party_ids, pools, held, parts, trace, is_credit=is_credit)
    summed = _summed_up(terms, total, funds.pool, parts, rows, trace)
    return replace(summed, withholdings=withholdings)


def _split_rule(rounding: MoneyRounding) -> str:
    step = render_number(rounding.step)
    if rounding.stage is MoneyStage.EACH_PART:
        return f"rounded {rounding.mode} to {step}"
    return f"the total rounded {rounding.mode} to {step}, residual cents by largest remainder"


def _pools(terms: SchemeTerms, inputs: Inputs) -> tuple[list[Fraction], list[TraceStep]]:
    """What each party's score of 1 is worth where it is at risk; a fixed pool stands alone."""
    at_risk = terms.funding.at_risk
    if at_risk is None:
        whole = terms.funding.pool.value if terms.funding.pool else Fraction(0)
        return [whole], []
    rate = at_risk_rate(at_risk, inputs.year)
    pools, steps = [], []
    for party_id in terms.party_ids():
        base, index = _base_of(at_risk, inputs.series, party_id)
        there = _there(terms.split, inputs.presence, party_id) if at_risk.bases else Fraction(1)
        used = (
            TraceInput("base", base, index),
            TraceInput("share at risk", rate),
            TraceInput("share of the period's days", there),
        )
        pools.append(base * rate * there)
        steps.append(TraceStep("at risk", party_id, "base times share", used, pools[-1]))
    return pools, steps


def at_risk_rate(at_risk: AtRisk, year: int) -> Fraction:
    """The share at risk in a year of the scheme."""
    rates = [rate.share for rate in at_risk.schedule if rate.from_year <= year]
    return rates[-1] if rates else Fraction(0)


def _there(split: Split, presence: Mapping[str, Fraction], party_id: str) -> Fraction:
    there = presence.get(party_id, Fraction(1))
    return there if split.pro_rata is ProRata.BY_CALENDAR_DAY else Fraction(there == 1)


def _base_of(
    at_risk: AtRisk, series: Mapping[str, Series], party_id: str
) -> tuple[Fraction, int | None]:
    if at_risk.base_indicator_id:
        result: Result = series[at_risk.base_indicator_id][-1]
        part = result.part_of(party_id)
        if part is None or part < 0:
            raise NothingToRead(what=f"the base of {party_id}", reason="it reported none")
        return part, result.index
    stated = {base.party_id: base.amount.value for base in at_risk.bases}
    return stated[party_id], None


def _caps_base(terms: SchemeTerms, pools: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Of what a party's own cap is a share: its own at-risk amount, else the pool."""
    if terms.funding.at_risk is not None:
        return tuple(pools)
    return tuple(pools[0] for _ in terms.party_ids())


def _rows(
    terms: SchemeTerms,
    inputs: Inputs,
    found: Sequence[Contribution],
    total: Fraction,
    pools: Sequence[Fraction],
    trace: list[TraceStep],
) -> dict[str, Row]:
    """Exact amounts, an item and party; a table of the total makes one row of the whole."""
    sign = -1 if terms.kind is SchemeKind.CREDIT else 1
    worth = _Worth(terms, inputs, tuple(pools))
    if terms.of_total is not None:
        first = terms.items[0].indicator_id
        reading, series = terms.items[0].reading, inputs.series[first]
        share, rule = score_of(terms.of_total, total, reading, series)
        used = (TraceInput("total score", total),)
        trace.append(TraceStep("share of the total", "", rule, used, share))
        money, whole = worth.joint(first)
        return {"": Row(sign * share, money, whole)}
    rows = {}
    for each in found:
        key = each.item.indicator_id
        money, whole = worth.joint(key) if each.is_joint else worth.own(key)
        factor = sign * each.weight
        if each.is_joint:
            rows[key] = Row(factor * each.scores[0], money, whole)
        else:
            pairs = zip(each.scores, money, strict=True)
            rows[key] = Row.of(factor * score * amount for score, amount in pairs)
        used = (TraceInput("weight", each.weight),)
        rule = "weight times score times what a score of 1 is worth, of all parties together"
        trace.append(TraceStep("item amount", key, rule, used, rows[key].total))
    return rows


class _Worth:
    """What a contribution of 1 is worth to each party; one tuple where items share it."""

    def __init__(self, terms: SchemeTerms, inputs: Inputs, pools: tuple[Fraction, ...]) -> None:
        """`pools`: each party's own where they are at risk, else the one pool."""
        self._terms, self._inputs, self._pools = terms, inputs, pools
        self._shared: tuple[tuple[Fraction, ...], Fraction] | None = None

    def joint(self, item_id: str) -> tuple[tuple[Fraction, ...], Fraction]:
        """For a joint score, and the sum over all parties."""
        by_item = self._terms.split.kind in (SplitKind.OWNERSHIP, SplitKind.ATTRIBUTION)
        if by_item and self._terms.funding.at_risk is None:
            return self._split(item_id)
        if self._shared is None:
            self._shared = self._split(item_id)
        return self._shared

    def own(self, item_id: str) -> tuple[tuple[Fraction, ...], Fraction]:
        """For each party's own score: what is earned is its own, a pool is split."""
        terms = self._terms
        if not terms.funding.earned_in:
            return self.joint(item_id)
        presence = self._inputs.presence
        there = tuple(_there(terms.split, presence, key) for key in terms.party_ids())
        return there, sum(there, Fraction(0))

    def _split(self, item_id: str) -> tuple[tuple[Fraction, ...], Fraction]:
        terms, series = self._terms, self._inputs.series
        if terms.funding.at_risk is not None:
            return self._pools, sum(self._pools, Fraction(0))
        pool = terms.funding.pool.value if terms.funding.pool else Fraction(1)
        contribution = series.get(terms.split.contribution_id)
        other = contribution[-1] if contribution else None
        shares = shares_of(terms.split, series[item_id][-1], other)
        kept = counting(terms.split, shares, self._inputs.presence)
        return tuple(pool * share for share in kept), pool * sum(kept, Fraction(0))


def rounded(
    nets: Sequence[Fraction], rounding: MoneyRounding, currency: str, rules: int = RULES_VERSION
) -> tuple[Money, ...]:
    """Exact amounts as money, gains and losses apart, in steps of the rounding.

    Laws: with TOTAL the gains add up to the rounded sum of gains, the losses to that of losses;
    no part is a whole step or more from its exact amount, so a cap in whole steps holds.
    """
    unit, step = Money(currency, 1).value, rounding.step
    if rounding.stage is MoneyStage.EACH_PART:
        steps = [round_to(net, step, rounding.mode) for net in nets]
        return tuple(Money(currency, int(each / unit)) for each in steps)
    parts = [0] * len(nets)
    for is_gain in (True, False):
        chosen = [i for i, net in enumerate(nets) if net != 0 and (net > 0) == is_gain]
        if not chosen:
            continue
        whole = round_to(sum((nets[i] for i in chosen), Fraction(0)), step, rounding.mode)
        exact = [abs(nets[i]) for i in chosen]
        total = int(abs(whole) / step)
        if rules >= CAPS_HOLD_ROUNDED:
            split = _apportioned(total, [each / step for each in exact])
        else:
            split = allocate(total, exact)
        for place, steps_of in zip(chosen, split, strict=True):
            parts[place] = int(steps_of * step / unit) * (1 if is_gain else -1)
    return tuple(Money(currency, part) for part in parts)


def _apportioned(total: int, exact: Sequence[Fraction]) -> list[int]:
    """Whole steps of each, and those left of the total one by one to the largest remainders.

    Ties go to the earlier. Law: no part is a whole step from its exact number, for a total that is
    the rounded sum of them.
    """
    parts = [int(each) for each in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _summed_up(
    terms: SchemeTerms,
    total: Fraction,
    pool: Fraction,
    parts: tuple[Money, ...],
    rows: Mapping[str, Row],
    trace: list[TraceStep],
) -> Evaluation:
    unit = Money(terms.currency, 1).value
    payout = Money(terms.currency, sum(part.amount_minor for part in parts))
    has_pool = terms.funding.pool is not None or terms.funding.at_risk is not None
    stated = round_to(pool, unit, terms.rounding.mode) if has_pool else abs(payout.value)
    sign = -1 if terms.kind is SchemeKind.CREDIT else 1
    rest = stated - sign * payout.value if has_pool else Fraction(0)
    used = (TraceInput("pool", stated), TraceInput("payout", payout.value))
    where = "returns to the outsourcer"
    if terms.unallocated is Unallocated.STAYS_UNALLOCATED:
        where = "stays unallocated"
    rule = f"what of the pool was not earned {where}"
    if terms.kind is SchemeKind.CREDIT:
        rule = "what of the amount at risk was not credited stays with the partners"
    trace.append(TraceStep("payout", "", "the sum of all stakes", (), payout.value))
    trace.append(TraceStep("unallocated", "", rule, used, rest))
    return Evaluation(
        total_score=total,
        pool=Money(terms.currency, int(stated / unit)),
        payout=payout,
        parts=parts,
        unallocated=Money(terms.currency, int(rest / unit)),
        trace=tuple(trace),
        by_item=rows,
    )

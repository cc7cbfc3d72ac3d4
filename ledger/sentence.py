"""Sentences: terms as a lawyer reads them, one statement a line.

The one rule: every stated term is in a sentence, and what was left out is not invented. Numbers
are exact; 0.1 is written as 10 %. Source: `domain.md` section 6.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ledger.amounts import render_number
from ledger.cap import Adjustment, Gate, ItemCap, Limit, Multiplier, PartnerCap, Side, YearCap
from ledger.split import FallsFree, ProRata, SplitKind
from ledger.terms import (
    Allocation,
    Basis,
    Denominator,
    Item,
    Malus,
    MoneyStage,
    Reweighting,
    SchemeKind,
    SchemeTerms,
    Unallocated,
)
from ledger.wording import (
    at_words,
    line_words,
    money,
    percent,
    reading_words,
    rounding_words,
    scoring,
)

Names = Mapping[str, str]
"""Display names of indicators and parties, by id; an id without a name stands for itself."""


def sentences(terms: SchemeTerms, names: Names) -> tuple[str, ...]:
    """The terms in words, in the order in which they are applied."""
    return tuple(_sentences(terms, names))


def _sentences(terms: SchemeTerms, names: Names) -> Iterator[str]:
    yield from _funding(terms, names)
    for item in terms.items:
        yield from _item(item, names)
    yield from _total(terms)
    for number, step in enumerate(terms.adjustments, start=1):
        yield f"Step {number} after the items: {adjustment(step, names)}."
    yield from _split(terms, names)
    yield from _money(terms)
    yield from _later(terms, names)


def _funding(terms: SchemeTerms, names: Names) -> Iterator[str]:
    what = "partners earn" if terms.kind is SchemeKind.INCENTIVE else "partners credit"
    funding = terms.funding
    if funding.pool is not None:
        yield f"In each period {what} out of a pool of {money(funding.pool)}."
    elif funding.at_risk is not None:
        for rate in funding.at_risk.schedule:
            share = percent(rate.share)
            yield f"From year {rate.from_year} on, {share} of each party's base is at risk."
        for base in funding.at_risk.bases:
            yield f"The base of {_name(names, base.party_id)} is {money(base.amount)} a period."
        if funding.at_risk.base_indicator_id:
            source = _name(names, funding.at_risk.base_indicator_id)
            yield f"A party's base is its part of {source}, in {funding.currency}."
        yield _retention(terms)
    else:
        yield f"In each period {what} what the items give, in {funding.earned_in}."
    yield f"It holds from period {terms.valid_from_period} on."
    yield f"A year starts in month {terms.year_starts_in}."


def _retention(terms: SchemeTerms) -> str:
    if not terms.withholds:
        return "Nothing of it is withheld from invoices: it is paid once the period is settled."
    held = "What is at risk is withheld from a party's invoices until the period is settled"
    if terms.kind is SchemeKind.CREDIT:
        return f"{held}; then it is released but for what is credited, which the payer keeps."
    return f"{held}; then what is earned is released, and the payer keeps the rest."


def _item(item: Item, names: Names) -> Iterator[str]:
    name = _name(names, item.indicator_id)
    weight = f"weight {render_number(item.weight)}"
    for factor in item.factors:
        weight += f", times {factor.name} {percent(factor.value)}"
    whose = "the joint result" if item.basis is Basis.JOINT else "each party's own part"
    bonus = " (a bonus outside the denominator)"
    outside = bonus if item.denominator is Denominator.OUTSIDE else ""
    yield f"{name}, {weight}{outside}, reads {whose}: {reading_words(item.reading)}."
    yield f"{name}: {scoring(item.scoring)}."
    if item.score_rounding is not None:
        yield f"{name}: the score is rounded {rounding_words(item.score_rounding)}."


def _total(terms: SchemeTerms) -> Iterator[str]:
    yield {
        Allocation.WHOLE: "The weights make 1.",
        Allocation.AT_MOST_WHOLE: "The weights make at most 1; the rest is nobody's.",
        Allocation.OVER_ALLOCATED: "The weights may make more than 1; a cap holds the sum.",
        Allocation.POINTS: "The weights are plain numbers; their sum is looked up.",
    }[terms.allocation]
    yield (
        "An item without a score for too few observations gives its weight "
        + {
            Reweighting.AS_THE_INDICATOR_SAYS: "as its indicator says.",
            Reweighting.IN_PROPORTION: "to the others in proportion.",
            Reweighting.EQUALLY: "to the others in equal parts.",
            Reweighting.NONE: "to nobody.",
        }[terms.reweighting]
    )
    if terms.of_total is not None:
        yield f"Of the total, {scoring(terms.of_total)}."


def adjustment(step: Adjustment, names: Names) -> str:
    """A step of the stated order in words."""
    match step:
        case Adjustment(item_cap=ItemCap() as cap):
            of = _name(names, cap.indicator_id) if cap.indicator_id else "each item"
            return f"{_side(cap.side)} of {of} are at most {_limit(cap.limit)} over all parties"
        case Adjustment(gate=Gate() as gate):
            at = at_words(gate.level, gate.boundary)
            name, factor = _name(names, gate.indicator_id), render_number(gate.factor)
            return f"below {at} of {name}, {_side(gate.side)} are multiplied by {factor}"
        case Adjustment(multiplier=Multiplier() as times):
            name = _name(names, times.indicator_id)
            what = f"{_side(times.side)} are multiplied by a factor of {name}"
            return f"{what} ({reading_words(times.reading)}): {line_words(times.line)}"
        case Adjustment(partner_cap=PartnerCap() as own):
            of = _name(names, own.party_id) if own.party_id else "each party"
            return f"{_side(own.side)} of {of} are at most {_limit(own.limit)} a period"
        case Adjustment(year_cap=YearCap() as year):
            of = _name(names, year.party_id) if year.party_id else "each party"
            return f"{_side(year.side)} of {of} are at most {_limit(year.limit)} a year"
        case Adjustment(period_cap=all_of) if all_of is not None:
            limit = _limit(all_of.limit)
            return f"{_side(all_of.side)} of all parties together are at most {limit} a period"
        case Adjustment(gain_only=protected) if protected is not None:
            who = ", ".join(_name(names, key) for key in protected.party_ids)
            return f"{who} can only gain: a loss is nothing"
        case _:
            return "nothing"


def _side(side: Side) -> str:
    return {Side.GAINS: "gains", Side.LOSSES: "losses", Side.BOTH: "gains, and losses,"}[side]


def _limit(limit: Limit) -> str:
    if limit.amount is not None:
        return money(limit.amount)
    return f"{percent(limit.share_of_pool or Fraction(0))} of the pool at stake"


def _split(terms: SchemeTerms, names: Names) -> Iterator[str]:
    split = terms.split
    if split.kind is SplitKind.FIXED and terms.funding.at_risk is None:
        for share in split.shares:
            yield f"{_name(names, share.party_id)} has a share of {percent(share.share)}."
    elif terms.funding.at_risk is None:
        by = {
            SplitKind.OWNERSHIP: "the weights by which each indicator is owned",
            SplitKind.ATTRIBUTION: "the parts attributed in each result",
            SplitKind.CONTRIBUTION: f"the parts of {_name(names, split.contribution_id)}",
        }[split.kind]
        yield f"Money is split among the parties in proportion to {by}."
    days = "counts for the days it was"
    if split.pro_rata is ProRata.WHOLE_PERIODS_ONLY:
        days = "counts only where it was throughout"
    freed = {
        FallsFree.TO_THE_OTHERS: "goes to the others in proportion",
        FallsFree.TO_THE_OUTSOURCER: "goes back to the outsourcer",
        FallsFree.UNALLOCATED: "stays unallocated",
    }[split.falls_free]
    yield f"Who joins or leaves within a period {days}; what falls free {freed}."


def _money(terms: SchemeTerms) -> Iterator[str]:
    step = render_number(terms.rounding.step)
    if terms.rounding.stage is MoneyStage.TOTAL:
        yield f"The total is rounded {terms.rounding.mode} to {step}, gains and losses apart."
        yield "Left-over cents go to the largest remainders, ties to the earlier party."
    else:
        yield f"Each party's amount is rounded {terms.rounding.mode} to {step}."
    rest = "returns to the outsourcer"
    if terms.unallocated is Unallocated.STAYS_UNALLOCATED:
        rest = "stays unallocated"
    yield f"What is not earned {rest}."
    is_netted = terms.payment.malus is Malus.NETTED
    how = "is set off against what is due to the partner" if is_netted else "is invoiced to it"
    yield f"Payment is due {terms.payment.due_days} calendar days after the period; a loss {how}."


def _later(terms: SchemeTerms, names: Names) -> Iterator[str]:
    for back in terms.earn_backs:
        at = at_words(back.level, back.boundary)
        name = _name(names, back.indicator_id)
        when = f"When the year's mean of {name} meets {at}"
        yield f"{when}, {percent(back.share)} of the year's losses on it come back."
    penalty = terms.reporting_penalty
    if penalty is not None:
        late = f"each part reported more than {penalty.grace_days} days after the period"
        yield f"For {late} a party owes {money(penalty.amount)}."


def _name(names: Names, key: str) -> str:
    return names.get(key, key)

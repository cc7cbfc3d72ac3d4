"""Soundness: whether a scheme's terms can be agreed at all, and what to warn of before they are.

The one rule: what would fail or surprise at settlement is found at the proposal: weights and shares
that do not add up, a pool that more can be drawn from than is in it, a gate that nobody measures,
an example that gives another cent. Source: `domain.md` section 6.
"""

from fractions import Fraction
from itertools import pairwise

from ledger.amounts import Money, render_number
from ledger.bound import check_bound
from ledger.cap import Adjustment, Limit, Multiplier
from ledger.foresight import Facts, IndicatorFacts
from ledger.reading import Reads
from ledger.shape import check_level, check_line, check_reading, check_rounding, check_scoring, need
from ledger.split import SplitKind
from ledger.terms import (
    Allocation,
    AtRisk,
    Basis,
    Denominator,
    Item,
    MoneyStage,
    SchemeKind,
    SchemeTerms,
    Unallocated,
)

MAX_ITEMS = 20
MAX_FACTORS = 8
MAX_STEPS = 50
MAX_SHARES = 200
MAX_DUE_DAYS = 366
MAX_NAME = 120
MONTHS = 12


def check_terms(
    terms: SchemeTerms, facts: Facts, signing_ids: frozenset[str], outsourcer_id: str
) -> None:
    """Return if the terms can be proposed, examples aside. Raises SchemeMalformed."""
    need(1 <= len(terms.name.strip()) <= MAX_NAME, "name", f"a name has 1 to {MAX_NAME} characters")
    _check_funding(terms, facts)
    _check_items(terms, facts)
    _check_total(terms)
    need(len(terms.adjustments) <= MAX_STEPS, "adjustments", f"at most {MAX_STEPS} steps")
    is_live = any(facts[key].is_live for key in terms.item_ids())
    for number, step in enumerate(terms.adjustments):
        _check_step(terms, step, facts, f"adjustments[{number}]", is_live=is_live)
    _check_step_order(terms)
    _check_split(terms, facts, signing_ids, outsourcer_id)
    _check_money(terms, outsourcer_id)
    check_bound(terms)
    _check_later(terms)
    calendars = {facts[key].calendar for key in terms.indicator_ids()}
    need(len(calendars) == 1, "items", "all its indicators are measured by the same calendar")
    calendars.pop().period(terms.valid_from_period, "validFromPeriod")


def _check_funding(terms: SchemeTerms, facts: Facts) -> None:
    funding = terms.funding
    given = [funding.pool is not None, funding.at_risk is not None, bool(funding.earned_in)]
    need(sum(given) == 1, "funding", "exactly one of pool, atRisk and earnedIn")
    if funding.pool is not None:
        need(funding.pool.amount_minor > 0, "funding.pool", "a pool is above zero")
    if funding.at_risk is not None:
        _check_at_risk(terms, funding.at_risk)
        base = funding.at_risk.base_indicator_id
        place = "funding.atRisk.baseIndicatorId"
        need(not base or base in facts, place, "the indicator is not agreed")
    Money.of(Fraction(0), funding.currency, "funding")


def _check_at_risk(terms: SchemeTerms, at_risk: AtRisk) -> None:
    place = "funding.atRisk"
    rates = at_risk.schedule
    need(bool(rates) and rates[0].from_year == 1, f"{place}.schedule", "it starts with year 1")
    for number, rate in enumerate(rates):
        spot = f"{place}.schedule[{number}]"
        need(0 < rate.share <= 1, f"{spot}.share", "a share at risk is above 0 and at most 1")
    rises = all(other.from_year > one.from_year for one, other in pairwise(rates))
    need(rises, f"{place}.schedule", "years run upwards")
    is_stated = bool(at_risk.bases)
    need(is_stated != bool(at_risk.base_indicator_id), place, "bases are stated or measured")
    is_kept = not terms.withholds or terms.kind is SchemeKind.CREDIT
    is_kept |= terms.unallocated is Unallocated.RETURNS_TO_OUTSOURCER
    reason = "what is withheld and not earned is kept: RETURNS_TO_OUTSOURCER"
    need(is_kept, "unallocated", reason)
    named = [base.party_id for base in at_risk.bases]
    same = not is_stated or sorted(named) == sorted(terms.party_ids())
    need(same, f"{place}.bases", "one base for each party that shares")
    for number, base in enumerate(at_risk.bases):
        spot = f"{place}.bases[{number}].amount"
        need(base.amount.currency == at_risk.currency, spot, f"it is in {at_risk.currency}")
        need(base.amount.amount_minor >= 0, spot, "a base is not below zero")


def _check_items(terms: SchemeTerms, facts: Facts) -> None:
    items = terms.items
    need(1 <= len(items) <= MAX_ITEMS, "items", f"a scheme has 1 to {MAX_ITEMS} items")
    for number, item in enumerate(items):
        place = f"items[{number}]"
        known = item.indicator_id in facts
        need(known, f"{place}.indicatorId", "the indicator is not agreed")
        earlier = {other.indicator_id for other in items[:number]}
        need(item.indicator_id not in earlier, f"{place}.indicatorId", "the indicator stands twice")
        need(item.weight > 0, f"{place}.weight", "a weight is above zero")
        need(len(item.factors) <= MAX_FACTORS, f"{place}.factors", f"at most {MAX_FACTORS}")
        for spot, factor in enumerate(item.factors):
            where = f"{place}.factors[{spot}].value"
            need(factor.value > 0, where, "a factor is above zero")
        check_reading(item.reading, f"{place}.reading")
        check_rounding(item.score_rounding, f"{place}.scoreRounding")
        _check_item(terms, item, facts[item.indicator_id], place)


def _check_item(terms: SchemeTerms, item: Item, facts: IndicatorFacts, place: str) -> None:
    lower = facts.lower_is_better and item.reading.of is Reads.VALUE
    better = 0 if terms.kind is SchemeKind.CREDIT else -1 if lower else 1
    check_scoring(item.scoring, item.reading, f"{place}.scoring", better=better)
    gives_money = item.scoring.gives_money
    earned = bool(terms.funding.earned_in)
    reason = "amounts by unit, band or range go with earnedIn, and only with it"
    need(gives_money == earned, f"{place}.scoring", reason)
    if item.basis is Basis.OWN_PART:
        same = item.reading.of in (Reads.VALUE, Reads.IMPROVEMENT)
        need(same, f"{place}.basis", "an own part is read as VALUE or IMPROVEMENT")
        need(terms.of_total is None, f"{place}.basis", "a table of the total reads JOINT results")
    unread = {
        Reads.SHARE_OF_TARGET: facts.levels.target,
        Reads.IMPROVEMENT_SHARE: facts.levels.baseline,
    }
    divisor = unread.get(item.reading.of, Fraction(1))
    if item.reading.of is Reads.GAP_CLOSED:
        divisor = facts.levels.target - facts.levels.baseline
    need(divisor != 0, f"{place}.reading.of", "it would divide by a level of zero")


def _check_total(terms: SchemeTerms) -> None:
    inside = [item for item in terms.items if item.denominator is Denominator.INSIDE]
    whole = sum((item.allocation for item in inside), Fraction(0))
    found = render_number(whole)
    match terms.allocation:
        case Allocation.WHOLE:
            need(whole == 1, "items", f"weights add up to 1, not {found}")
        case Allocation.AT_MOST_WHOLE:
            need(whole <= 1, "items", f"weights add up to 1 at most, not {found}")
        case Allocation.POINTS:
            reads = terms.of_total is not None or bool(terms.funding.earned_in)
            need(reads, "allocation", "POINTS go with a table of the total, or with earnedIn")
        case Allocation.OVER_ALLOCATED:
            pass  # the bound below holds it
    if terms.funding.earned_in:
        need(terms.allocation is Allocation.POINTS, "allocation", "earnedIn goes with POINTS")
        need(terms.of_total is None, "ofTotal", "earned amounts have no table of the total")
    if terms.of_total is not None:
        form = terms.of_total
        only = form.line is not None or form.steps is not None
        need(only, "ofTotal", "the total is read by a line or by steps")
        check_scoring(form, terms.items[0].reading, "ofTotal", better=0)


def _check_step(
    terms: SchemeTerms, step: Adjustment, facts: Facts, place: str, *, is_live: bool
) -> None:
    forms = step.forms()
    need(len(forms) == 1, place, f"it is exactly one step, not {len(forms)}")
    if step.gate is not None:
        gate, place = step.gate, f"{place}.gate"
        need(gate.indicator_id in facts, f"{place}.indicatorId", "the indicator is not agreed")
        live = facts[gate.indicator_id].is_live or not is_live
        need(live, f"{place}.indicatorId", "a gate is on an indicator that is live")
        check_level(gate.level, Reads.VALUE, f"{place}.level")
        need(0 <= gate.factor < 1, f"{place}.factor", "a gate leaves less than 1")
    elif step.multiplier is not None:
        _check_multiplier(step.multiplier, facts, f"{place}.multiplier")
    elif step.item_cap is not None:
        key = step.item_cap.indicator_id
        spot = f"{place}.itemCap"
        need(not key or key in terms.item_ids(), f"{spot}.indicatorId", "it is no item")
        need(terms.of_total is None, spot, "a table of the total leaves no items to cap")
        _check_limit(terms, step.item_cap.limit, spot)
    elif step.partner_cap is not None or step.year_cap is not None:
        cap = step.partner_cap or step.year_cap
        key = cap.party_id if cap else ""
        spot = f"{place}.partnerCap" if step.partner_cap else f"{place}.yearCap"
        need(not key or key in terms.sharer_ids(), f"{spot}.partyId", "it has no share")
        if cap is not None:
            _check_limit(terms, cap.limit, spot)
    elif step.period_cap is not None:
        _check_limit(terms, step.period_cap.limit, f"{place}.periodCap")
    elif step.gain_only is not None:
        named = terms.sharer_ids().issuperset(step.gain_only.party_ids)
        need(named, f"{place}.gainOnly.partyIds", "they have shares")


def _check_multiplier(multiplier: Multiplier, facts: Facts, place: str) -> None:
    known = facts.get(multiplier.indicator_id)
    need(known is not None, f"{place}.indicatorId", "the indicator is not agreed")
    check_reading(multiplier.reading, f"{place}.reading")
    check_line(multiplier.line, f"{place}.line", better=0)
    held = all(point.score >= 0 for point in multiplier.line.points)
    need(held, f"{place}.line", "a factor is not below zero")


def _check_limit(terms: SchemeTerms, limit: Limit, place: str) -> None:
    one = (limit.amount is None) != (limit.share_of_pool is None)
    need(one, f"{place}.limit", "an amount or a share of the pool")
    if limit.amount is not None:
        same = limit.amount.currency == terms.currency
        need(same, f"{place}.limit.amount", f"it is in {terms.currency}")
        need(limit.amount.amount_minor >= 0, f"{place}.limit.amount", "it is not below zero")
    else:
        need(not terms.funding.earned_in, f"{place}.limit", "there is no pool to take a share of")
        need((limit.share_of_pool or 0) >= 0, f"{place}.limit.shareOfPool", "it is not below zero")


def _check_step_order(terms: SchemeTerms) -> None:
    seen_other = False
    for number, step in enumerate(terms.adjustments):
        place = f"adjustments[{number}].itemCap"
        late = step.item_cap is not None and seen_other
        need(not late, place, "item caps come before what is done to the whole")
        seen_other = seen_other or step.item_cap is None


def _check_split(
    terms: SchemeTerms, facts: Facts, signing_ids: frozenset[str], outsourcer_id: str
) -> None:
    split = terms.split
    shares = split.shares
    need(1 <= len(shares) <= MAX_SHARES, "split.shares", f"a scheme has 1 to {MAX_SHARES} shares")
    for number, share in enumerate(shares):
        place = f"split.shares[{number}]"
        signs = share.party_id in signing_ids and share.party_id != outsourcer_id
        need(signs, f"{place}.partyId", "shares go to partners that sign")
        earlier = {other.party_id for other in shares[:number]}
        need(share.party_id not in earlier, f"{place}.partyId", "the party stands twice")
        is_read = split.kind is SplitKind.FIXED and terms.funding.at_risk is None
        need(share.share > 0 or not is_read, f"{place}.share", "a share is above zero")
    if split.kind is SplitKind.FIXED and terms.funding.at_risk is None:
        total = sum((share.share for share in shares), Fraction(0))
        need(total == 1, "split.shares", f"shares add up to {render_number(total)}, not 1")
    by_other = split.kind is SplitKind.CONTRIBUTION
    place = "split.contributionId"
    need(by_other == bool(split.contribution_id), place, "it goes with CONTRIBUTION alone")
    need(not by_other or split.contribution_id in facts, place, "the indicator is not agreed")
    whole = terms.of_total is None or split.kind in (SplitKind.FIXED, SplitKind.CONTRIBUTION)
    need(whole, "split.kind", "a table of the total is split by FIXED or CONTRIBUTION")


def _check_money(terms: SchemeTerms, outsourcer_id: str) -> None:
    rounding = terms.rounding
    unit = Money(terms.currency, 1).value
    whole = rounding.step > 0 and (rounding.step / unit).denominator == 1
    need(whole, "rounding.step", f"a step is a multiple of {render_number(unit)}")
    whole_pool = terms.funding.pool is None or rounding.stage is MoneyStage.TOTAL
    need(whole_pool, "rounding.stage", "a pool is rounded in TOTAL, so that parts add up to it")
    need(1 <= terms.year_starts_in <= MONTHS, "yearStartsIn", "a month is 1 to 12")
    due = terms.payment.due_days
    need(0 <= due <= MAX_DUE_DAYS, "payment.dueDays", f"payment is due within {MAX_DUE_DAYS} days")
    for number, given in enumerate(terms.payment.references):
        place = f"payment.references[{number}]"
        pays_or_is_paid = given.party_id in {outsourcer_id, *terms.sharer_ids()}
        need(pays_or_is_paid, f"{place}.partyId", "it has no share, nor is it the outsourcer")
        texts = (given.purchase_order, given.tax_number, given.account_code)
        need(all(len(text) <= MAX_NAME for text in texts), place, f"at most {MAX_NAME} characters")


def _check_later(terms: SchemeTerms) -> None:
    none = terms.of_total is None or not terms.earn_backs
    need(none, "earnBacks", "a table of the total leaves no items to earn back on")
    for number, back in enumerate(terms.earn_backs):
        place = f"earnBacks[{number}]"
        need(back.indicator_id in terms.item_ids(), f"{place}.indicatorId", "it is no item")
        need(0 < back.share <= 1, f"{place}.share", "a share is above 0 and at most 1")
        check_level(back.level, Reads.VALUE, f"{place}.level")
    penalty = terms.reporting_penalty
    if penalty is not None:
        place = "reportingPenalty"
        need(penalty.amount.amount_minor > 0, f"{place}.amount", "a penalty is above zero")
        same = penalty.amount.currency == terms.currency
        need(same, f"{place}.amount", f"it is in {terms.currency}")
        need(0 <= penalty.grace_days <= MAX_DUE_DAYS, f"{place}.graceDays", "0 to 366 days")

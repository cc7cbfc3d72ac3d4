"""The first check: whether a scheme of the first terms could be proposed, as version 1 asked.

The one rule: this file is not changed any more: an audit asks it of schemes proposed then.
Source: `ledger-format.md`, "old evaluators stay".
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from ledger.amounts import render_number
from ledger.first_terms import Item, Point, Result, SchemeTerms, Share, evaluate
from ledger.foresight import Facts
from ledger.indicator import ExampleFails, LowSample
from ledger.shape import SchemeMalformed

MAX_ITEMS = 20
MAX_POINTS = 50
MAX_SHARES = 200
MAX_DUE_DAYS = 366


def check(
    terms: SchemeTerms,
    facts: Facts,
    signing_ids: frozenset[str],
    outsourcer_id: str,
) -> None:
    """Return if the terms can be proposed. Raises SchemeMalformed, ExampleFails."""
    if not 1 <= len(terms.name.strip()) <= 120:  # noqa: PLR2004 -- as ecosystem.MAX_NAME, above us
        raise SchemeMalformed("name", reason="a name has 1 to 120 characters")
    if terms.pool.amount_minor <= 0:
        raise SchemeMalformed("pool", reason="a pool is above zero")
    if not 0 <= terms.due_days <= MAX_DUE_DAYS:
        raise SchemeMalformed("dueDays", reason=f"payment is due within {MAX_DUE_DAYS} days")
    _check_items(terms.items, facts)
    _check_shares(terms.shares, signing_ids, outsourcer_id)
    _check_examples(terms)


def _check_items(items: Sequence[Item], facts: Facts) -> None:
    if not 1 <= len(items) <= MAX_ITEMS:
        raise SchemeMalformed("items", reason=f"a scheme has 1 to {MAX_ITEMS} items")
    if sum((item.weight for item in items), Fraction(0)) != 1:
        raise SchemeMalformed("items", reason="weights add up to 1")
    for number, item in enumerate(items):
        place = f"items[{number}]"
        known = facts.get(item.indicator_id)
        if known is None:
            raise SchemeMalformed(f"{place}.indicatorId", reason="the indicator is not agreed")
        if item.indicator_id in {other.indicator_id for other in items[:number]}:
            raise SchemeMalformed(f"{place}.indicatorId", reason="the indicator stands twice")
        if item.weight <= 0:
            raise SchemeMalformed(f"{place}.weight", reason="a weight is above zero")
        _check_points(item.points, f"{place}.points", lower_is_better=known.lower_is_better)


def _check_points(points: Sequence[Point], place: str, *, lower_is_better: bool) -> None:
    if not 2 <= len(points) <= MAX_POINTS:  # noqa: PLR2004 -- a line has two ends
        raise SchemeMalformed(place, reason=f"a curve has 2 to {MAX_POINTS} points")
    sign = -1 if lower_is_better else 1
    for number, (before, after) in enumerate(pairwise(points), start=1):
        if sign * after.at <= sign * before.at:
            better = "falling" if lower_is_better else "rising"
            raise SchemeMalformed(f"{place}[{number}].at", reason=f"points run {better}, to better")
        if after.score < before.score:
            raise SchemeMalformed(f"{place}[{number}].score", reason="a better value earns no less")
    for number, point in enumerate(points):
        if not 0 <= point.score <= 1:
            raise SchemeMalformed(f"{place}[{number}].score", reason="a score lies from 0 to 1")


def _check_shares(shares: Sequence[Share], signing_ids: frozenset[str], outsourcer_id: str) -> None:
    if not 1 <= len(shares) <= MAX_SHARES:
        raise SchemeMalformed("shares", reason=f"a scheme has 1 to {MAX_SHARES} shares")
    for number, share in enumerate(shares):
        place = f"shares[{number}]"
        if share.party_id not in signing_ids or share.party_id == outsourcer_id:
            raise SchemeMalformed(f"{place}.partyId", reason="shares go to partners that sign")
        if share.party_id in {other.party_id for other in shares[:number]}:
            raise SchemeMalformed(f"{place}.partyId", reason="the party stands twice")
        if share.share <= 0:
            raise SchemeMalformed(f"{place}.share", reason="a share is above zero")
    total = sum((share.share for share in shares), Fraction(0))
    if total != 1:
        raise SchemeMalformed("shares", reason=f"shares add up to {render_number(total)}, not 1")


def _check_examples(terms: SchemeTerms) -> None:
    if not terms.worked_examples:
        raise SchemeMalformed("workedExamples", reason="at least one worked example is required")
    named = {item.indicator_id for item in terms.items}
    for number, example in enumerate(terms.worked_examples):
        place = f"workedExamples[{number}]"
        if {each.indicator_id for each in example.values} != named:
            raise SchemeMalformed(f"{place}.values", reason="it gives one value an item")
        results = {
            each.indicator_id: Result(
                each.value, each.value, each.value, False, LowSample.PAY_NOTHING, None
            )
            for each in example.values
        }
        payout = evaluate(terms, results).payout
        if payout != example.expected:
            raise ExampleFails(
                f"{place}.expected",
                computed=f"{payout.render()} {payout.currency}",
                expected=f"{example.expected.render()} {example.expected.currency}",
            )

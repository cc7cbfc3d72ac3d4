"""Bound: the most that a scheme can draw from its pool, by its weights, scores and caps.

The one rule: more than the pool is never drawn: where scores or multipliers could, a cap at the end
of the stated order must hold them, or the terms are refused. Source: `domain.md` section 6.
"""

from fractions import Fraction

from ledger.amounts import render_number
from ledger.cap import Adjustment, Multiplier, Side
from ledger.curve import Outside
from ledger.shape import most, need
from ledger.terms import SchemeKind, SchemeTerms


def check_bound(terms: SchemeTerms) -> None:
    """More than the pool must never be drawn: by the weights and scores, or by a cap at the end."""
    if terms.funding.earned_in:
        return
    if terms.of_total is not None:
        bound = most(terms.of_total)
    else:
        each = [(item.allocation, most(item.scoring)) for item in terms.items]
        known = [weight * (highest or 0) for weight, highest in each]
        bound = None if any(h is None for _, h in each) else sum(known, Fraction(0))
    side = Side.LOSSES if terms.kind is SchemeKind.CREDIT else Side.GAINS
    for step in terms.adjustments:
        bound = _bounded(terms, step, side, bound)
    can = "without bound" if bound is None else f"{render_number(bound * 100)} % of it"
    reason = f"it can draw {can} from the pool: cap it, at the end, at a share of 1"
    need(bound is not None and bound <= 1, "adjustments", reason)


def _bounded(
    terms: SchemeTerms, step: Adjustment, side: Side, bound: Fraction | None
) -> Fraction | None:
    """The most that can be drawn after a step, as a share of the pool."""
    if step.multiplier is not None and step.multiplier.side in (side, Side.BOTH):
        highest = _highest(step.multiplier)
        return None if bound is None or highest is None else bound * max(highest, Fraction(1))
    cap = step.period_cap
    own = step.partner_cap
    if own is not None and not own.party_id and terms.funding.at_risk is not None:
        side_of, limit = own.side, own.limit
    elif cap is not None:
        side_of, limit = cap.side, cap.limit
    else:
        return bound
    share = limit.share_of_pool
    if limit.amount is not None and terms.funding.pool is not None:
        share = limit.amount.value / terms.funding.pool.value
    if share is None or side_of not in (side, Side.BOTH):
        return bound
    return share if bound is None else min(bound, share)


def _highest(multiplier: Multiplier) -> Fraction | None:
    """The highest factor of a multiplier; None where it has no bound."""
    line = multiplier.line
    ends = (line.before, line.after)
    if Outside.EXTENDED in ends:
        return None
    return max(point.score for point in line.points)

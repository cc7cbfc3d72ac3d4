"""Row sums: what rows of a file add up to, as the database sums up the same rows.

The one rule: each is the twin of a statement in `store.sums`, written apart from it, so that one
does not vouch for itself.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ledger.amounts import Rounding, parse_number, round_to
from ledger.distribution import MAX_BINS, Bin
from ledger.exclusion import Window
from ledger.history import render_instant
from ledger.method import HISTOGRAMS, MOMENTS, MethodTerms
from ledger.observation import Aggregate, AttributedSum


def covers(window: Window, at: str | None, segment: str) -> bool:
    """Whether a row lies in a window that is left out; instants are texts of one form."""
    return (
        at is not None
        and render_instant(window.from_at) <= at < render_instant(window.until_at)
        and window.segment in {"", segment}
    )


def aggregate_of(method: MethodTerms, rows: Sequence[Sequence[Any]]) -> Aggregate:
    """What rows (value, denominator, sample size, ...) add up to, as `store.sums` sums them up."""
    values = [parse_number(row[0]) for row in rows]
    if method.answers is not None and method.answers.decimals is not None:
        step = Fraction(1, 10**method.answers.decimals)
        values = [round_to(value, step, Rounding.HALF_UP) for value in values]
    denominators = [parse_number(row[1]) for row in rows if row[1] is not None]
    sizes = [row[2] for row in rows if row[2] is not None]
    whose: dict[str, Fraction] = {}
    for row, value in zip(rows, values, strict=True):
        whose[row[6]] = whose.get(row[6], Fraction(0)) + value
    found = Aggregate(
        sum(values, Fraction(0)),
        sum(denominators, Fraction(0)) if denominators else None,
        sum(sizes) if sizes else None,
        len(rows),
        (),
        0,
        attributed=tuple(AttributedSum(tuple(key.split()), value) for key, value in whose.items()),
    )
    if method.kind in MOMENTS and not (method.answers and method.answers.no_answers):
        return replace(found, squares=sum((value * value for value in values), Fraction(0)))
    if method.kind not in HISTOGRAMS | MOMENTS:
        return found
    counts = sorted(Counter(values).items())[: MAX_BINS + 1]
    return replace(found, answers=tuple(Bin(value, count) for value, count in counts))

"""A joint bonus as an API caller declares it: one indicator, a line of points, fixed shares."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ledger.amounts import Money


def bonus(
    name: str,
    pool: Money,
    indicator: str,
    points: Sequence[tuple[str, str]],
    shares: Mapping[str, str],
    *,
    before: str,
    valid_from: str,
    year_starts_in: int,
) -> dict[str, Any]:
    """Terms for `proposeScheme`; the worked example is the second of the `points` (value, score).

    `shares` by party id; `before` is what holds before the first point: HELD or NOTHING.
    """
    value, score = points[1]
    expected = Money(pool.currency, int(pool.amount_minor * Fraction(score)))
    return {
        "name": name,
        "kind": "INCENTIVE",
        "funding": {"pool": {"amount": pool.render(), "currency": pool.currency}},
        "items": [
            {
                "indicatorId": indicator,
                "weight": "1",
                "reading": {"of": "VALUE", "stage": "DISPLAYED", "periods": 1},
                "scoring": {
                    "line": {
                        "points": [{"at": at, "score": score} for at, score in points],
                        "boundary": "INCLUSIVE",
                        "before": before,
                        "after": "HELD",
                    }
                },
                "basis": "JOINT",
                "denominator": "INSIDE",
            }
        ],
        "allocation": "WHOLE",
        "reweighting": "AS_THE_INDICATOR_SAYS",
        "split": {
            "kind": "FIXED",
            "shares": [{"partyId": key, "share": share} for key, share in shares.items()],
            "proRata": "BY_CALENDAR_DAY",
            "fallsFree": "TO_THE_OUTSOURCER",
        },
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "TOTAL"},
        "residual": "LARGEST_REMAINDER",
        "unallocated": "RETURNS_TO_OUTSOURCER",
        "validFromPeriod": valid_from,
        "yearStartsIn": year_starts_in,
        "payment": {"dueDays": 30, "malus": "INVOICED"},
        "workedExamples": [
            {
                "values": [{"indicatorId": indicator, "value": value}],
                "expected": {"amount": expected.render(), "currency": expected.currency},
            }
        ],
    }

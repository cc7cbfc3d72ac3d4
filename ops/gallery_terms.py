"""The gallery's terms: three joint indicators and an incentive, all of them invented."""

from collections.abc import Mapping
from typing import Any

from ledger.amounts import Money
from ops.bonus import bonus

Parties = Mapping[str, str]
"""Ids by name."""


def complaints(owners: Parties, weights: Mapping[str, str], **stated: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """Complaints of a month: fewer are better; green at 60, red above 80."""
    terms = {
        "name": "Complaints",
        "why": "A customer complains about the service, whoever ran it.",
        "theme": "CUSTOMER_SATISFACTION",
        "perspective": "EXPERIENCE",
        "unit": "complaints",
        "direction": "LOWER_IS_BETTER",
        "boundary": "INCLUSIVE",
        "owners": [{"partyId": owners[n], "weight": w} for n, w in weights.items()],
        "attribution": "ATTRIBUTED",
        "method": {"kind": "SUM", "margin": "NONE", "series": "complaints"},
        "rounding": {"mode": "HALF_UP", "step": "1", "stage": "BEFORE_COMPARING"},
        "calendar": {"kind": "MONTH", "timeZone": "Europe/London"},
        "levels": {"baseline": "90", "minimum": "80", "target": "60", "stretch": "40"},
        "minimumSample": 0,
        "lowSample": "PAY_NOTHING",
        "stage": "LIVE",
        "liveFrom": "2025-01",
        "rollingCount": "CONTINUES",
        "workedExamples": [
            {
                "parts": [{"partyId": owners[n], "value": "15"} for n in weights],
                "expected": str(15 * len(weights)),
            }
        ],
    }
    return terms | stated


def repairs(owners: Parties, weights: Mapping[str, str]) -> dict[str, Any]:
    """Repairs left open at a month's end: what the suppliers' own reports are green about."""
    return complaints(owners, weights) | {
        "name": "Open repairs",
        "why": "Each supplier's report says that its own are done.",
        "theme": "BUSINESS_CONTINUITY",
        "perspective": "OPERATIONAL",
        "unit": "repairs",
        "method": {"kind": "SUM", "margin": "NONE", "series": "repairs"},
    }


def satisfaction(owners: Parties, weights: Mapping[str, str], **stated: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """Share of answers of at least 4 of 5; a sample below five is low. First in SHADOW."""
    first, *others = weights
    example = [{"partyId": owners[first], "answers": [{"value": "5", "count": 4}]}]
    example += [
        {"partyId": owners[name], "answers": [{"value": "1", "count": 1}]} for name in others
    ]
    terms = complaints(owners, weights) | {
        "name": "Satisfaction",
        "why": "Five green reports do not make a satisfied customer.",
        "unit": "%",
        "direction": "HIGHER_IS_BETTER",
        "method": {
            "kind": "SHARE_MEETING_TARGET",
            "margin": "WILSON",
            "series": "satisfaction",
            "scale": "100",
            "answers": {"denominator": "ALL_ANSWERS", "lowest": "1", "highest": "5"},
            "target": {"value": "4", "comparison": "AT_LEAST"},
        },
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "AFTER_COMPARING"},
        "levels": {"baseline": "70", "minimum": "60", "target": "80", "stretch": "95"},
        "minimumSample": 5,
        "stage": "SHADOW",
        "workedExamples": [{"parts": example, "expected": "80"}],
    }
    del terms["liveFrom"]
    return terms | stated


def incentive(owners: Parties, indicator: str, shares: Mapping[str, str]) -> dict[str, Any]:
    """Up to 1,000.00 a month: a quarter at the minimum, all of it at the stretch."""
    return bonus(
        "Joint service bonus (invented terms)",
        Money("EUR", 100_000),
        indicator,
        (("80", "0.25"), ("60", "0.75"), ("40", "1")),
        {owners[name]: share for name, share in shares.items()},
        before="HELD",
        valid_from="2025-01",
        year_starts_in=1,
    )

"""Rolling windows: the calendar's periods, measured or not, and across versions of an indicator."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.audit_payout import check_settlement
from ledger.evaluation import RULES_VERSION
from ledger.indicator import RollingCount
from ledger.proposal import ProposalKind
from ledger.rule import RuleBroken
from ledger.settlement import SettlementContent, SettlementKind, SettlementProposed
from ledger.settling import settled
from tests.incentives.chronicle import MONTHS, NOW, Chronicle
from tests.incentives.declared import declared, engine_terms, item, line, shared, stated

GOOD, MISSED = Fraction(97), Fraction(90)
LEVEL = {"expected": stated("95"), "minimum": stated("85"), "boundary": "INCLUSIVE"}
DEFAULT = {"default": {**LEVEL, "misses": 3, "window": 4, "after": "KEEPS_COUNTING"}}
ROWS = {"rows": [{"at": "0", "score": "1"}], "boundary": "INCLUSIVE", "between": "ROW_BEFORE"}
POINTS = {
    "servicePoints": {
        "level": stated("95"),
        "boundary": "INCLUSIVE",
        "ratchet": ["1", "2", "3"],
        "points": ROWS | {"before": "HELD", "after": "HELD"},
    }
}


def chronicle(scoring: dict[str, Any], **other: Any) -> Chronicle:
    """One indicator and a scheme on it."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    told.scheme(
        engine_terms(
            declared([item(0, scoring, **other)], split=shared("0.6", "0.4"), allocation="WHOLE")
        )
    )
    return told


def score(told: Chronicle, month: str) -> Fraction:
    """What a month scores, computed and not entered."""
    agreed = told.book.current_scheme("s")
    assert agreed is not None
    kind = SettlementKind.INCENTIVE
    return settled(told.book, agreed, kind, month, NOW, "x").total_score


@settings(max_examples=60, deadline=None)
@given(seen=st.lists(st.sampled_from([GOOD, MISSED, None]), min_size=1, max_size=11))
def test_a_window_moves_on_over_periods_without_a_result(seen: list[Fraction | None]) -> None:
    """Three misses within four months of the calendar, an unmeasured one being none."""
    told = chronicle(DEFAULT)
    whole = [*seen, MISSED]
    for month, value in zip(MONTHS, whole, strict=False):
        if value is not None:
            told.measured("i0", month, value)

    is_default = sum(value == MISSED for value in whole[-4:]) >= 3

    assert score(told, MONTHS[len(seen)]) == int(is_default)


def test_a_mean_is_over_the_periods_named_and_no_older_ones() -> None:
    """Of this month and the one before: where that has no result, of this month alone."""
    reading = {"of": "VALUE", "stage": "EXACT", "periods": 2}
    told = chronicle({"line": line([["0", "0"], ["100", "1"]])}, reading=reading)
    for month, value in ((0, 20), (2, 60), (3, 80)):
        told.measured("i0", MONTHS[month], Fraction(value))

    assert score(told, MONTHS[2]) == Fraction(60, 100)
    assert score(told, MONTHS[3]) == Fraction(70, 100)


def test_a_row_of_misses_ends_where_nothing_was_measured() -> None:
    """Miss, nothing, miss, miss: the ratchet is at its second."""
    told = chronicle(POINTS)
    for month in (0, 2, 3):
        told.measured("i0", MONTHS[month], MISSED)

    assert score(told, MONTHS[3]) == 2


@pytest.mark.parametrize(
    ("rolling", "defaults"), [(RollingCount.CONTINUES, 1), (RollingCount.RESETS, 0)]
)
def test_a_new_version_says_whether_the_count_goes_on(rolling: RollingCount, defaults: int) -> None:
    """Two misses by the first version, one by the second: a default, unless that starts anew."""
    told = chronicle(DEFAULT)
    for month in MONTHS[:2]:
        told.measured("i0", month, MISSED)
    told.indicator("i0", 2, rolling)
    told.measured("i0", MONTHS[2], MISSED, version=2)

    assert score(told, MONTHS[2]) == defaults


def test_what_older_rules_settled_recomputes_by_them() -> None:
    """Rules 2 counted measured periods; an audit repeats them, and takes no rules to come."""
    told = chronicle(DEFAULT)
    for month in (0, 1, 4):
        told.measured("i0", MONTHS[month], MISSED)
    agreed = told.book.current_scheme("s")
    assert agreed is not None
    opening = told.opening(ProposalKind.SETTLEMENT, f"settlement/s/{MONTHS[4]}")

    def by(rules: int) -> SettlementContent:
        kind = SettlementKind.INCENTIVE
        return settled(told.book, agreed, kind, MONTHS[4], NOW, "x", rules=rules)

    assert [by(rules).total_score for rules in (2, 3)] == [1, 0]
    for rules in (2, 3):
        check_settlement(told.book, NOW, SettlementProposed(opening, "x", by(rules)))
    with pytest.raises(RuleBroken):
        check_settlement(told.book, NOW, SettlementProposed(opening, "x", by(RULES_VERSION + 1)))

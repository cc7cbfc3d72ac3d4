"""True-ups, earn-back and penalties: what was settled stays, the difference is settled later."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import correction
from ledger.settlement import SettlementKind
from ledger.terms import SchemeTerms
from tests.incentives.chronicle import MONTHS, Chronicle, after
from tests.incentives.declared import declared, engine_terms, item, line, shared, stated

LINE = {"line": line([["0", "0"], ["100", "1"]])}
INCENTIVE, CREDIT = SettlementKind.INCENTIVE, SettlementKind.CREDIT
TRUE_UP, EARN_BACK = SettlementKind.TRUE_UP, SettlementKind.EARN_BACK


def capped_terms(cap: str) -> SchemeTerms:
    """A pool of 1,000.00 a month, 60 to 40, each party capped by the year."""
    limit = {"amount": {"amount": cap, "currency": "EUR"}}
    return engine_terms(
        declared(
            [item(0, LINE)],
            funding={"pool": {"amount": "1000.00", "currency": "EUR"}},
            split=shared("0.6", "0.4"),
            adjustments=[{"yearCap": {"side": "BOTH", "limit": limit}}],
        )
    )


def chronicle(terms: SchemeTerms) -> Chronicle:
    """One indicator, two partners, a scheme."""
    found = Chronicle("p0", "p1")
    found.indicator("i0")
    found.scheme(terms)
    return found


def settled_year(terms: SchemeTerms, values: list[int]) -> Chronicle:
    """Months measured and settled one by one."""
    found = chronicle(terms)
    for month, value in zip(MONTHS, values, strict=False):
        found.measured("i0", month, Fraction(value))
        found.settle(INCENTIVE, month)
    return found


VALUES = st.lists(st.integers(0, 120), min_size=5, max_size=5)


@settings(max_examples=60, deadline=None)
@given(before=VALUES, now=VALUES, cap=st.integers(0, 300_000))
def test_a_true_up_gives_what_the_right_figures_would_have_given(
    before: list[int], now: list[int], cap: int
) -> None:
    """To the cent, party by party, with the year's cap counted in the periods of origin."""
    terms = capped_terms(f"{cap // 100}.{cap % 100:02}")
    told = settled_year(terms, before)
    right = settled_year(terms, now)
    for month, value in zip(MONTHS, now, strict=False):
        told.measured("i0", month, Fraction(value))

    if told.given() == right.given():
        with pytest.raises(correction.NothingRestated):
            told.settle(TRUE_UP, MONTHS[6])
        return
    content = told.settle(TRUE_UP, MONTHS[6])

    assert told.given() == right.given()
    for number, stake in enumerate(content.stakes):
        moved = [
            each.after[number].amount_minor - each.before[number].amount_minor
            for each in content.corrected
        ]
        assert stake.amount.amount_minor == sum(moved)
    # and what is settled next counts on as if nothing had ever been wrong
    for each in (told, right):
        each.measured("i0", MONTHS[5], Fraction(80))
    assert told.settle(INCENTIVE, MONTHS[5]).payout == right.settle(INCENTIVE, MONTHS[5]).payout
    with pytest.raises(correction.NothingRestated):
        told.settle(TRUE_UP, MONTHS[7])


def test_a_true_up_and_what_it_corrects_name_each_other() -> None:
    """By ids, both ways; the corrected settlement itself stays as it was."""
    told = settled_year(capped_terms("9999.00"), [50, 60, 70])
    origin = next(s for s in told.book.settlements.values() if s.content.period == MONTHS[1])
    told.measured("i0", MONTHS[1], Fraction(65))

    content = told.settle(TRUE_UP, MONTHS[3])

    [corrected] = content.corrected
    assert (corrected.period, corrected.settlement_id) == (MONTHS[1], origin.settlement_id)
    assert [amount.render() for amount in corrected.before] == ["360.00", "240.00"]
    assert [amount.render() for amount in corrected.after] == ["390.00", "260.00"]
    now = told.book.settlement(origin.settlement_id)
    assert now is not None
    assert now.content == origin.content
    [by] = now.corrected_by
    true_up = told.book.settlement(by)
    assert true_up is not None
    assert true_up.content == content
    assert any(step.period == MONTHS[1] and step.name == "true-up" for step in content.trace)


def test_a_true_up_is_settled_after_what_it_corrects() -> None:
    """In the same period or an earlier one it is refused."""
    told = settled_year(capped_terms("9999.00"), [50, 60])
    told.measured("i0", MONTHS[1], Fraction(70))

    for month in MONTHS[:2]:
        with pytest.raises(correction.TrueUpTooEarly):
            told.settle(TRUE_UP, month)


def test_a_new_version_of_the_scheme_does_not_change_what_an_old_one_settled() -> None:
    """Each period is recomputed by the version that settled it."""
    told = settled_year(capped_terms("9999.00"), [50])
    told.scheme(capped_terms("100.00"), version=2)
    told.measured("i0", MONTHS[0], Fraction(60))

    content = told.settle(TRUE_UP, MONTHS[1])

    assert [stake.amount.render() for stake in content.stakes] == ["60.00", "40.00"]


@settings(max_examples=40, deadline=None)
@given(values=VALUES, order=st.permutations(range(5)), cap=st.integers(0, 300_000))
def test_a_years_cap_holds_whatever_period_is_settled_first(
    values: list[int], order: list[int], cap: int
) -> None:
    """After every settlement, and a true-up leaves each period with what its place gives it."""
    told = chronicle(capped_terms(f"{cap // 100}.{cap % 100:02}"))
    for month, value in zip(MONTHS, values, strict=False):
        told.measured("i0", month, Fraction(value))

    for number in order:
        told.settle(INCENTIVE, MONTHS[number])
        for party in ("p0", "p1"):
            given = [amounts[party] for amounts in told.given().values()]
            assert sum(Fraction(each) for each in given) <= Fraction(cap, 100)

    right = settled_year(capped_terms(f"{cap // 100}.{cap % 100:02}"), values)
    if told.given() != right.given():
        shifted = told.settle(TRUE_UP, MONTHS[5])
        assert {stake.amount.amount_minor for stake in shifted.stakes} == {0}
    assert told.given() == right.given()


def credits_of_a_year(values: list[int]) -> Chronicle:
    """Credits for months below 95, half of which comes back if the year's mean meets 95."""
    missed = {"level": stated("95"), "boundary": "INCLUSIVE", "earnedWhen": "MISSED"}
    pool = {"pool": {"amount": "100.00", "currency": "EUR"}}
    back = {"indicatorId": "i0", "level": stated("95"), "boundary": "INCLUSIVE", "share": "0.5"}
    terms = declared(
        [item(0, {"attainment": missed})],
        kind="CREDIT",
        funding=pool,
        split=shared("0.6", "0.4"),
        earnBacks=[back],
    )
    found = chronicle(engine_terms(terms))
    for month, value in zip(MONTHS, values, strict=False):
        found.measured("i0", month, Fraction(value))
        found.settle(CREDIT, month)
    return found


def test_losses_come_back_when_the_year_was_good_enough() -> None:
    """Three credits of 100.00; the mean is 95.5; a half of each party's comes back."""
    told = credits_of_a_year([97] * 9 + [91] * 3)

    content = told.settle(EARN_BACK, MONTHS[11])

    assert [stake.amount.render() for stake in content.stakes] == ["90.00", "60.00"]
    assert told.given()[MONTHS[11]] == {"p0": "-60.00", "p1": "-40.00"}


def test_losses_stay_lost_when_it_was_not() -> None:
    """And nothing is asked before the year is over."""
    told = credits_of_a_year([91] * 12)

    with pytest.raises(correction.NothingEarnedBack):
        told.settle(EARN_BACK, MONTHS[11])
    with pytest.raises(correction.YearNotOver):
        told.settle(EARN_BACK, MONTHS[10])


def test_an_unfinished_year_is_not_earned_back() -> None:
    """The year's last period has to be settled."""
    told = credits_of_a_year([97] * 8 + [91] * 3)

    with pytest.raises(correction.NothingEarnedBack) as refused:
        told.settle(EARN_BACK, MONTHS[11])

    assert "not settled" in refused.value.message


def test_late_parts_cost_what_the_terms_say() -> None:
    """One in time, one eleven days late, each asked before and after the grace of ten days."""
    penalty = {"amount": {"amount": "250.00", "currency": "EUR"}, "graceDays": 10}
    terms = declared([item(0, LINE)], split=shared("0.6", "0.4"), reportingPenalty=penalty)
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    told.scheme(engine_terms(terms))
    kind = SettlementKind.REPORTING_PENALTY

    with pytest.raises(correction.NobodyLate):
        told.settle(kind, MONTHS[0], at=after(10))
    both = told.settle(kind, MONTHS[0], at=after(11))

    assert [stake.amount.render() for stake in both.stakes] == ["-250.00", "-250.00"]
    assert told.given() == {}


def test_a_part_in_time_costs_nothing_whatever_came_later() -> None:
    """The first report counts; a corrected one does not make it late."""
    penalty = {"amount": {"amount": "250.00", "currency": "EUR"}, "graceDays": 10}
    terms = declared([item(0, LINE)], split=shared("0.6", "0.4"), reportingPenalty=penalty)
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    told.scheme(engine_terms(terms))

    for at in (datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)):
        told.report("i0", MONTHS[0], "p0", at)
    content = told.settle(SettlementKind.REPORTING_PENALTY, MONTHS[0])

    assert [stake.amount.render() for stake in content.stakes] == ["0.00", "-250.00"]

"""What was agreed before: found in the order of time, however it came to be known."""

import itertools
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.basis import Histories, used_beside
from ledger.evaluation import RULES_VERSION
from ledger.indicator import RollingCount
from ledger.periods import Calendar, CalendarKind, ListedPeriod, PeriodUnknown
from ledger.proposal import ProposalStatus
from ledger.scheme import Scheme
from ledger.settlement import SettlementKind
from ledger.what_if import what_if
from tests.incentives.chronicle import MONTHS, Chronicle
from tests.incentives.declared import MONTHLY, declared, engine_terms, item, line, shared

OLD_RULES = 2
VALUES = st.fractions(min_value=0, max_value=100, max_denominator=10)
REPORTS = st.lists(st.tuples(st.sampled_from(MONTHS), VALUES, st.sampled_from([1, 2])), max_size=20)


@settings(max_examples=60, deadline=None)
@given(reports=REPORTS, month=st.sampled_from(MONTHS))
def test_results_come_in_the_order_of_their_periods(
    reports: list[tuple[str, Fraction, int]], month: str
) -> None:
    """Measured in any order, restated by any version: the latest of each month, up to a month."""
    told = Chronicle("p0")
    told.indicator("i0")
    told.indicator("i0", 2, RollingCount.RESETS)
    for period, value, version in reports:
        told.measured("i0", period, value, version=version)
    latest = {period: (value, version) for period, value, version in reports}
    known = [each for each in MONTHS if each in latest and each <= month]
    places = [MONTHS.index(each) for each in known]

    histories, start_on = Histories(told.book), MONTHLY.period(month).start_on
    found = histories.upto("i0", start_on)
    before = histories.upto("i0", start_on, OLD_RULES)

    assert [(each.value, each.version) for each in found] == [latest[each] for each in known]
    gaps = [other - one - 1 for one, other in itertools.pairwise(places)]
    assert [each.gap for each in found] == [0, *gaps][: len(known)]
    assert [each.counts_anew for each in found] == [latest[each][1] == 2 for each in known]
    assert [each.value for each in found[-3:]] == [latest[each][0] for each in known[-3:]]
    assert [(each.gap, each.counts_anew) for each in before] == [(0, False)] * len(known)
    assert [each.value for each in before] == [each.value for each in found]


def one_scheme(year_starts_in: int, calendar: Calendar = MONTHLY) -> tuple[Chronicle, Scheme]:
    """One indicator of two partners, and a scheme on it from the calendar's first period on."""
    told = Chronicle("p0", "p1")
    told.indicator("i0", calendar=calendar)
    scoring = {"line": line([["0", "0"], ["100", "1"]])}
    terms = declared([item(0, scoring)], split=shared("0.6", "0.4"), allocation="WHOLE")
    terms["yearStartsIn"] = year_starts_in
    if calendar.listed:
        terms["validFromPeriod"] = calendar.listed[0].key
    return told, told.scheme(engine_terms(terms))


@settings(max_examples=25, deadline=None)
@given(
    months=st.lists(st.sampled_from(MONTHS), unique=True, min_size=1, max_size=8),
    year_starts_in=st.sampled_from([1, 4, 7]),
    data=st.data(),
)
def test_a_year_knows_what_its_other_periods_gave(
    months: list[str], year_starts_in: int, data: st.DataObject
) -> None:
    """Whatever was settled first; rules of before looked at earlier periods alone."""
    told, scheme = one_scheme(year_starts_in)
    for month in months:
        told.measured("i0", month, Fraction(40), Fraction(10))
        told.settle(SettlementKind.INCENTIVE, month)
    asked = data.draw(st.sampled_from(MONTHS))

    for rules in (OLD_RULES, RULES_VERSION):
        found = used_beside(told.book, scheme, MONTHLY.period(asked), rules)

        is_late = int(asked[-2:]) >= year_starts_in
        wanted: dict[str, Fraction] = {}
        for month in months:
            is_same_year = (int(month[-2:]) >= year_starts_in) == is_late
            is_read = month < asked or (month > asked and rules == RULES_VERSION)
            if is_same_year and is_read:
                for party_id, amount in told.given()[month].items():
                    wanted[party_id] = wanted.get(party_id, Fraction(0)) + Fraction(amount)
        assert found == wanted


def test_a_years_cap_counts_what_a_later_calendar_lists_no_more() -> None:
    """January was settled by months; the calendar that begins in February still owes it to them."""
    told, scheme = one_scheme(year_starts_in=1)
    told.measured("i0", MONTHS[0], Fraction(40), Fraction(10))
    told.settle(SettlementKind.INCENTIVE, MONTHS[0])
    gave = {party: Fraction(amount) for party, amount in told.given()[MONTHS[0]].items()}
    listed = ListedPeriod("second", date(2026, 2, 1), date(2026, 3, 1))
    later = Calendar(CalendarKind.LIST, MONTHLY.time_zone, (listed,))
    told.indicator("i0", 2, calendar=later)

    assert gave
    assert used_beside(told.book, scheme, later.period("second")) == gave


def test_a_calendar_of_the_next_year_alone_settles_corrects_and_compares() -> None:
    """Who lists each year by itself: terms in force since the first year's list go on."""
    days = [date(2026, month, 1) for month in range(1, 6)]
    bounds = list(itertools.pairwise(days))
    old, new = (
        Calendar(
            CalendarKind.LIST,
            MONTHLY.time_zone,
            tuple(ListedPeriod(f"{name}{i}", *bounds[i]) for i in places),
        )
        for name, places in (("a", (0, 1)), ("b", (2, 3)))
    )
    told, scheme = one_scheme(year_starts_in=1, calendar=old)
    told.measured("i0", "a0", Fraction(40), Fraction(10))
    told.settle(SettlementKind.INCENTIVE, "a0")
    told.indicator("i0", 2, calendar=new)
    told.measured("i0", "b2", Fraction(30), Fraction(30), version=2)

    told.settle(SettlementKind.INCENTIVE, "b2")
    told.measured("i0", "a0", Fraction(30), Fraction(30))
    corrected = told.settle(SettlementKind.TRUE_UP, "b3")

    assert told.given()["a0"] == told.given()["b2"]
    assert [each.period for each in corrected.corrected] == ["a0"]
    compared = what_if(told.book, scheme.terms, scheme.terms)
    assert [each.period for each in compared] == ["a0", "b2"]
    assert all(each.old == each.new for each in compared)
    with pytest.raises(PeriodUnknown):
        told.settle(SettlementKind.TRUE_UP, "c1")


def test_what_is_restated_on_other_days_stands_where_it_is_now() -> None:
    """A version may move the days of a key: its results stand in the new order."""
    told = Chronicle("p0")
    days = [date(2026, month, 1) for month in range(1, 5)]
    for version, order in ((1, "ab"), (2, "ba")):
        listed = [ListedPeriod(key, *days[i : i + 2]) for i, key in enumerate(order)]
        calendar = Calendar(CalendarKind.LIST, MONTHLY.time_zone, tuple(listed))
        told.indicator("i0", version, calendar=calendar)
    for key, version in (("a", 1), ("b", 1), ("a", 2)):
        told.measured("i0", key, Fraction(1), version=version)

    assert told.book.measured_periods("i0") == ["a", "b"]
    told.measured("i0", "b", Fraction(1), version=2)
    assert told.book.measured_periods("i0") == ["b", "a"]


def test_a_version_is_found_by_its_number() -> None:
    """Of versions that are agreed; one that is open has no number yet that anything may name."""
    told = Chronicle("p0")
    for version in (1, 2):
        told.indicator("i0", version)

    assert [told.book.indicator_version("i0", number).version for number in (1, 2)] == [1, 2]
    assert len(told.book.agreed_indicators) == len(
        [
            each
            for each in told.book.indicator_versions.values()
            if each.status is ProposalStatus.AGREED
        ]
    )

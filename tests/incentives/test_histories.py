"""What was agreed before: found in the order of time, however it came to be known."""

import itertools
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.basis import Histories, used_beside
from ledger.evaluation import RULES_VERSION
from ledger.indicator import RollingCount
from ledger.proposal import ProposalStatus
from ledger.settlement import SettlementKind
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
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    scoring = {"line": line([["0", "0"], ["100", "1"]])}
    terms = declared([item(0, scoring)], split=shared("0.6", "0.4"), allocation="WHOLE")
    terms["yearStartsIn"] = year_starts_in
    scheme = told.scheme(engine_terms(terms))
    for month in months:
        told.measured("i0", month, Fraction(40), Fraction(10))
        told.settle(SettlementKind.INCENTIVE, month)
    asked = data.draw(st.sampled_from(MONTHS))

    for rules in (OLD_RULES, RULES_VERSION):
        found = used_beside(told.book, scheme, MONTHLY.period(asked), MONTHLY, rules)

        is_late = int(asked[-2:]) >= year_starts_in
        wanted: dict[str, Fraction] = {}
        for month in months:
            is_same_year = (int(month[-2:]) >= year_starts_in) == is_late
            is_read = month < asked or (month > asked and rules == RULES_VERSION)
            if is_same_year and is_read:
                for party_id, amount in told.given()[month].items():
                    wanted[party_id] = wanted.get(party_id, Fraction(0)) + Fraction(amount)
        assert found == wanted


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

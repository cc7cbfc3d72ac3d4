"""Corrections are differences to what was given: two at once would correct the same twice."""

from fractions import Fraction

import pytest

from ledger.agreement import SubjectBusy
from ledger.settlement import ProposeSettlement, SettlementKind
from tests.finance.test_undisputed import Told
from tests.incentives.chronicle import MONTHS

JANUARY, FEBRUARY, MARCH = MONTHS[:3]
TRUE_UP, REVERSAL = SettlementKind.TRUE_UP, SettlementKind.REVERSAL


def restated() -> Told:
    """January settled at 100.00, then restated: it comes out at 60.00."""
    told = Told()
    told.consented(told.proposed(100), "buyer", "p0")
    told.measured("i0", JANUARY, Fraction(60))
    return told


def asked(told: Told, kind: SettlementKind, period: str, replaces: str = "") -> str:
    """A correction is proposed."""
    return told.do("buyer", ProposeSettlement("s", period, replaces, kind))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((TRUE_UP, FEBRUARY), (TRUE_UP, MARCH)),
        ((TRUE_UP, FEBRUARY), (REVERSAL, JANUARY)),
        ((REVERSAL, JANUARY), (TRUE_UP, FEBRUARY)),
    ],
)
def test_a_second_correction_waits_for_the_first(
    first: tuple[SettlementKind, str], second: tuple[SettlementKind, str]
) -> None:
    """Both agreed, they would take 40.00 back twice, or take back what was given no more."""
    told = restated()
    one = asked(told, *first)

    with pytest.raises(SubjectBusy):
        asked(told, *second)

    told.consented(one, "buyer", "p0")
    assert told.owed() == (6000 if first[0] is TRUE_UP else 0)


def test_a_correction_may_be_replaced_by_one_of_its_own_period() -> None:
    """It is computed anew; then nothing is left to correct."""
    told = restated()
    one = asked(told, TRUE_UP, FEBRUARY)
    told.measured("i0", JANUARY, Fraction(70))

    told.consented(asked(told, TRUE_UP, FEBRUARY, one), "buyer", "p0")

    assert told.owed() == 7000
    assert told.given() == {JANUARY: {"p0": "70.00"}}

"""Members who come, go and are protected: shares by their days, own caps, no malus."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from ledger.amounts import Money
from ledger.party import MembershipTerms
from ledger.settlement import SettlementContent, SettlementKind
from tests.incentives.chronicle import MONTHS, Chronicle
from tests.incentives.declared import declared, engine_terms, item, line, shared, stated

LINE = {"line": line([["0", "0"], ["100", "1"]])}
INCENTIVE = SettlementKind.INCENTIVE


def settled(told: Chronicle, terms: dict[str, object], value: int) -> SettlementContent:
    """January, measured and settled."""
    told.indicator("i0")
    told.scheme(engine_terms(terms))
    told.measured("i0", MONTHS[0], Fraction(value))
    return told.settle(INCENTIVE, MONTHS[0])


def member(told: Chronicle, key: str, terms: MembershipTerms, **days: date) -> None:
    """A membership as it was agreed."""
    around = told.book.ecosystem
    assert around is not None
    changed = replace(around.party(key), terms=terms, **days)  # type: ignore[arg-type]  # days are dates
    told.book = replace(told.book, ecosystem=around.with_party(changed))


@pytest.mark.parametrize(
    ("rata", "free", "parts"),
    [
        ("BY_CALENDAR_DAY", "TO_THE_OUTSOURCER", ["1550.00", "930.00", "300.00"]),
        ("BY_CALENDAR_DAY", "TO_THE_OTHERS", ["1728.42", "1037.05", "334.53"]),
        ("WHOLE_PERIODS_ONLY", "TO_THE_OUTSOURCER", ["1550.00", "930.00", "0.00"]),
        ("WHOLE_PERIODS_ONLY", "TO_THE_OTHERS", ["1937.50", "1162.50", "0.00"]),
    ],
)
def test_who_left_midway_has_the_days_it_was_there(rata: str, free: str, parts: list[str]) -> None:
    """15 of 31 days of a fifth of 3,100.00; what falls free goes where the terms say."""
    told = Chronicle("p0", "p1", "p2")
    member(told, "p2", MembershipTerms(), left_on=date(2026, 1, 16))
    terms = declared(
        [item(0, LINE)],
        funding={"pool": {"amount": "3100.00", "currency": "EUR"}},
        split=shared("0.5", "0.3", "0.2", proRata=rata, fallsFree=free),
    )

    content = settled(told, terms, 100)

    assert [stake.amount.render() for stake in content.stakes] == parts
    given = sum(stake.amount.amount_minor for stake in content.stakes)
    assert given + content.unallocated.amount_minor == 310_000


def test_who_joined_counts_from_the_day_it_joined() -> None:
    """The first half of the month is not its own."""
    told = Chronicle("p0", "p1")
    member(told, "p1", MembershipTerms(), joined_on=date(2026, 1, 17))
    terms = declared(
        [item(0, LINE)],
        funding={"pool": {"amount": "3100.00", "currency": "EUR"}},
        split=shared("0.5", "0.5"),
    )

    content = settled(told, terms, 100)

    assert [stake.amount.render() for stake in content.stakes] == ["1550.00", "750.00"]


@pytest.mark.parametrize(
    ("value", "parts"), [(60, ["-200.00", "0.00"]), (300, ["400.00", "150.00"])]
)
def test_a_small_partner_has_its_own_cap_and_bears_no_malus(value: int, parts: list[str]) -> None:
    """By its membership, whatever the scheme says; the other partner is untouched by it."""
    told = Chronicle("p0", "p1")
    small = MembershipTerms(cap=Money("EUR", 15_000), is_gain_only=True)
    member(told, "p1", small)
    form = {"benchmark": stated("100"), "betterRate": "4", "worseRate": "10"}
    terms = declared(
        [item(0, {"perUnit": form})],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
        split=shared("0.5", "0.5"),
    )

    content = settled(told, terms, value)

    assert [stake.amount.render() for stake in content.stakes] == parts
    names = {step.name for step in content.trace}
    assert names & {"gain only", "partner cap"}

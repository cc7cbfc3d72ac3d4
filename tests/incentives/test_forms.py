"""Forms that no public case shows: gates, multipliers, bonus, schedules, splits, own parts."""

from fractions import Fraction
from typing import Any

import pytest

from ledger.evaluation import Inputs, evaluate
from ledger.scheme import assumed
from tests.incentives.declared import (
    EXACT,
    declared,
    engine_terms,
    engine_value,
    facts,
    given,
    item,
    line,
    run,
    shared,
    stated,
    told,
)

LINE = {"line": line([["0", "0"], ["100", "1"]])}
CAP = {"periodCap": {"side": "BOTH", "limit": {"shareOfPool": "1"}}}


def gate(factor: str, side: str = "GAINS") -> dict[str, Any]:
    """Below 50 of the second indicator, a factor is left."""
    known = {"indicatorId": "i1", "level": {"name": "MINIMUM"}, "boundary": "INCLUSIVE"}
    return {"gate": known | {"factor": factor, "side": side}}


@pytest.mark.parametrize(
    ("value", "factor", "paid"),
    [("49.9", "0", "0.00"), ("49.9", "0.5", "4000.00"), ("50", "0", "8000.00")],
)
def test_a_missed_gate_leaves_what_it_says_whatever_the_rest(
    value: str, factor: str, paid: str
) -> None:
    """An indicator outside the items decides; at its minimum itself it is met."""
    terms = declared([item(0, LINE)], adjustments=[gate(factor)])

    found = run(terms, [given(0, "80"), given(1, value)])

    assert found.payout.render() == paid, told(found)


@pytest.mark.parametrize(("side", "paid"), [("GAINS", "-200.00"), ("BOTH", "0.00")])
def test_a_gate_on_gains_forgives_no_loss(side: str, paid: str) -> None:
    """What is owed stays owed, unless the gate says BOTH."""
    form = {"benchmark": stated("100"), "betterRate": "10", "worseRate": "10"}
    terms = declared(
        [item(0, {"perUnit": form})],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
        adjustments=[gate("0", side)],
    )

    assert run(terms, [given(0, "80"), given(1, "10")]).payout.render() == paid


def test_steps_are_done_in_the_order_in_which_they_stand() -> None:
    """Halved and then capped at 4,500 is 4,000; capped first it is half of 4,500."""
    factor = {"line": line([["0", "0.5"], ["100", "0.5"]], before="HELD")}
    halved = {"multiplier": {"indicatorId": "i0", "reading": EXACT, "side": "BOTH", **factor}}
    limit = {"amount": {"amount": "4500.00", "currency": "EUR"}}
    capped = {"partnerCap": {"side": "GAINS", "limit": limit}}

    paid = [
        run(declared([item(0, LINE)], adjustments=steps), [given(0, "80")]).payout.render()
        for steps in ([halved, capped], [capped, halved])
    ]

    assert paid == ["4000.00", "2250.00"]


def test_bonus_points_stand_outside_the_denominator() -> None:
    """Weights of 1 within, a tenth on top; the pool caps it."""
    bonus = item(1, LINE, weight="0.1", denominator="OUTSIDE")
    terms = declared([item(0, LINE), bonus], adjustments=[CAP])

    paid = [
        run(terms, [given(0, one), given(1, other)]).payout.render()
        for one, other in (("80", "100"), ("80", "0"), ("100", "100"))
    ]

    assert paid == ["9000.00", "8000.00", "10000.00"]


def test_an_item_gives_no_more_than_its_cap_the_others_untouched() -> None:
    """One item of two is capped before they are added up."""
    limit = {"shareOfPool": "0.2"}
    items = [item(0, LINE, weight="0.5"), item(1, LINE, weight="0.5")]
    cap = {"itemCap": {"indicatorId": "i0", "side": "GAINS", "limit": limit}}
    terms = declared(items, adjustments=[cap])

    found = run(terms, [given(0, "100"), given(1, "100")])

    assert found.payout.render() == "7000.00", told(found)


@pytest.mark.parametrize(("year", "credit"), [(1, "-50.00"), (2, "-50.00"), (3, "-120.00")])
def test_what_is_at_risk_follows_its_schedule(year: int, credit: str) -> None:
    """Five per cent in the first two years, twelve from the third on."""
    schedule = [{"fromYear": 1, "share": "0.05"}, {"fromYear": 3, "share": "0.12"}]
    base = {"partyId": "p0", "amount": {"amount": "1000.00", "currency": "EUR"}}
    missed = {"level": stated("95"), "boundary": "INCLUSIVE", "earnedWhen": "MISSED"}
    terms = engine_terms(
        declared(
            [item(0, {"attainment": missed})],
            kind="CREDIT",
            funding={"atRisk": {"currency": "EUR", "schedule": schedule, "bases": [base]}},
        )
    )
    series = assumed(facts(terms), [engine_value(given(0, "90"))])

    found = evaluate(terms, Inputs(series, year=year))

    assert found.payout.render() == credit, told(found)


def test_a_measured_base_is_each_partys_part_of_an_indicator() -> None:
    """A tenth of what each invoiced, by the result of the invoices' own indicator."""
    at_risk = {
        "currency": "EUR",
        "schedule": [{"fromYear": 1, "share": "0.1"}],
        "bases": [],
        "baseIndicatorId": "i1",
    }
    terms = declared([item(0, LINE)], funding={"atRisk": at_risk}, split=shared("1", "1"))
    parts = [{"partyId": "p0", "value": "30000"}, {"partyId": "p1", "value": "1234.5"}]

    found = run(terms, [given(0, "50"), given(1, "31234.5", parts=parts)])

    assert [part.render() for part in found.parts] == ["1500.00", "61.73"], told(found)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("OWNERSHIP", ["5000.00", "5000.00"]),
        ("ATTRIBUTION", ["2500.00", "7500.00"]),
        ("CONTRIBUTION", ["9000.00", "1000.00"]),
    ],
)
def test_money_is_split_by_what_the_terms_name(kind: str, parts: list[str]) -> None:
    """The weights of ownership, the parts of the result, or those of a contribution score."""
    split = shared("0", "0", contributionId="i1" if kind == "CONTRIBUTION" else "")
    terms = declared([item(0, LINE)], split=split | {"kind": kind})
    own = [{"partyId": "p0", "value": "25"}, {"partyId": "p1", "value": "75"}]
    scores = [{"partyId": "p0", "value": "9"}, {"partyId": "p1", "value": "1"}]
    values = [given(0, "100", parts=own)]
    if kind == "CONTRIBUTION":
        values.append(given(1, "10", parts=scores))

    found = run(terms, values)

    assert [part.render() for part in found.parts] == parts, told(found)


def test_own_parts_are_scored_for_each_party_alone() -> None:
    """20 minutes against a benchmark of 10 cost one; none earn the other."""
    form = {"benchmark": stated("10"), "betterRate": "5", "worseRate": "8"}
    terms = declared(
        [item(0, {"perUnit": form}, basis="OWN_PART")],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
        split=shared("0.5", "0.5"),
    )
    parts = [{"partyId": "p0", "value": "20"}, {"partyId": "p1", "value": "0"}]

    found = run(terms, [given(0, "20", parts=parts)], lower_is_better=True)

    assert [part.render() for part in found.parts] == ["-80.00", "50.00"], told(found)


def test_a_score_is_rounded_only_where_the_terms_say_so() -> None:
    """A third stays a third, or is 0.33 before it is weighed."""
    curve = {"line": line([["0", "0"], ["3", "1"]])}
    rounding = {"mode": "HALF_UP", "step": "0.01"}

    scores = [
        run(declared([item(0, curve, scoreRounding=each)]), [given(0, "1")]).total_score
        for each in (None, rounding)
    ]

    assert scores == [Fraction(1, 3), Fraction(33, 100)]


def test_a_table_of_the_total_reads_points() -> None:
    """Weights are plain numbers; 5 points of 7 are in the row from 5 on."""
    rows = [{"at": "0", "score": "0"}, {"at": "5", "score": "0.5"}, {"at": "7", "score": "1"}]
    ends = {"boundary": "INCLUSIVE", "before": "HELD", "between": "ROW_BEFORE", "after": "HELD"}
    met = {"level": stated("50"), "boundary": "INCLUSIVE", "earnedWhen": "MET"}
    items = [item(i, {"attainment": met}, weight=w) for i, w in enumerate(("5", "2"))]
    terms = declared(items, allocation="POINTS", ofTotal={"steps": {"rows": rows, **ends}})

    found = run(terms, [given(0, "60"), given(1, "40")])

    assert (found.total_score, found.payout.render()) == (Fraction(5), "5000.00"), told(found)

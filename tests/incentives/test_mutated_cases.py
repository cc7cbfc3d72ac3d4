"""The public cases with other inputs than the source's, each against a way of this test's own.

The forms whose oracles are not in `test_oracles`; and every mutated input through the API too.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.indicator import Levels
from tests.incentives import declared as say
from tests.incentives.declared import (
    EXACT,
    declared,
    item,
    line,
    points,
    run,
    shared,
    stated,
    told,
)
from tests.incentives.public_cases import PERIOD_CAP, at_risk, missed
from tests.incentives.test_api import LOWER, indicators, preview
from tests.world import World

PERCENT = st.integers(1, 100)
CENTS = st.integers(0, 10_000_000)
VALUES = st.decimals(0, 130, places=2)
ROWS = ((5, 2), (10, 6), (20, 9), (30, 14))


def decimal(minor: int) -> Decimal:
    """Cents as an amount."""
    return Decimal(minor) / 100


def half_up(amount: Decimal) -> Decimal:
    """To the cent."""
    return amount.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def allocated(factors: tuple[int, int, int], invoice: int) -> dict[str, Any]:
    """dir-credit: category, service level and share at risk in percent, of an invoice in cents."""
    category, level, at = factors
    named_factor = [{"name": "service level", "value": f"{level}/100"}]
    return declared(
        [item(0, missed(), weight=f"{category}/100", factors=named_factor)],
        kind="CREDIT",
        funding=at_risk(f"{at}/100", f"{decimal(invoice):.2f}"),
        allocation="AT_MOST_WHOLE",
    )


@settings(deadline=None)
@given(factors=st.tuples(PERCENT, PERCENT, PERCENT), invoice=CENTS, value=VALUES)
def test_a_credit_is_a_product_of_percentages(
    factors: tuple[int, int, int], invoice: int, value: Decimal
) -> None:
    """By Decimal: millionths of the invoice, owed for a miss alone."""
    found = run(allocated(factors, invoice), [say.given(0, str(value))])

    owed = decimal(invoice) * factors[0] * factors[1] * factors[2] / 1_000_000
    expected = half_up(owed) if value < 95 else Decimal(0)
    assert -found.payout.amount_minor == expected * 100, told(found)


@settings(deadline=None)
@given(
    owed_shares=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    values=st.lists(VALUES, min_size=6, max_size=6),
    whole=st.integers(1, 10**6),
)
def test_credits_stop_at_the_amount_at_risk(
    owed_shares: list[int], values: list[Decimal], whole: int
) -> None:
    """Counted down from what is at risk, hundredth by hundredth, until nothing is left."""
    terms = declared(
        [item(i, missed(), weight=f"{each}/100") for i, each in enumerate(owed_shares)],
        kind="CREDIT",
        funding=at_risk("1", f"{whole}.00"),
        allocation="OVER_ALLOCATED",
        adjustments=PERIOD_CAP,
    )

    found = run(terms, [say.given(i, str(values[i])) for i in range(len(owed_shares))])

    left = 100
    for each, value in zip(owed_shares, values, strict=False):
        for _ in range(each if value < 95 else 0):
            left = max(0, left - 1)
    assert -found.payout.amount_minor == (100 - left) * whole, told(found)


def tabled(between: str, periods: int) -> dict[str, Any]:
    """step-table: owed_shares by points, the month averaged with those before it."""
    rows = points([[str(at), str(due)] for at, due in ROWS], "100")
    ends = {"before": "NOTHING", "after": "HELD", "boundary": "INCLUSIVE", "step": None}
    reading = {"of": "VALUE", "stage": "EXACT", "periods": periods}
    form = {"steps": {"rows": rows, "between": between, **ends}}
    funding = at_risk("1", "100000")
    return declared([item(0, form, reading=reading)], kind="CREDIT", funding=funding)


def looked_up(months: list[int], between: str, periods: int) -> int:
    """Percent of the charges: walking up the rows as long as the mean reaches them."""
    last = months[-periods:]
    mean = Fraction(sum(last), len(last))
    if mean < ROWS[0][0]:
        return 0
    reached = [due for at, due in ROWS if at <= mean]
    is_on_a_row = any(at == mean for at, _ in ROWS)
    if between == "ROW_AFTER" and not is_on_a_row and len(reached) < len(ROWS):
        return ROWS[len(reached)][1]
    return reached[-1]


@settings(deadline=None)
@given(
    months=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    between=st.sampled_from(["ROW_BEFORE", "ROW_AFTER"]),
    periods=st.integers(1, 3),
)
def test_a_step_table_by_walking_up_its_rows(months: list[int], between: str, periods: int) -> None:
    """Means of up to three months, on and between the rows, before the first, after the last."""
    *earlier, now = months

    found = run(
        tabled(between, periods), [say.given(0, str(now), earlier=[str(each) for each in earlier])]
    )

    expected = looked_up(months, between, periods)
    assert -found.payout.amount_minor == expected * 100_000, told(found)


@settings(deadline=None)
@given(late=st.integers(0, 60), n=st.integers(1, 60), target=st.integers(1, 100))
def test_a_cliff_compares_whole_numbers(late: int, n: int, target: int) -> None:
    """100 x in time >= target x all, never a quotient."""
    late = min(late, n)
    met = {"level": stated(str(target)), "boundary": "INCLUSIVE", "earnedWhen": "MET"}
    value = str(Fraction(100 * (n - late), n))

    found = run(declared([item(0, {"attainment": met})]), [say.given(0, value)])

    assert found.total_score == int(100 * (n - late) >= target * n), told(found)


@settings(deadline=None)
@given(before=st.decimals(0, 100, places=3), after=st.decimals(0, 100, places=3))
def test_an_improvement_is_rounded_before_it_is_compared(before: Decimal, after: Decimal) -> None:
    """Half away from zero to one decimal, by Decimal, against 1.5."""
    rounding = {"mode": "HALF_UP", "step": "0.1"}
    reading = {"of": "IMPROVEMENT", "stage": "ROUNDED", "rounding": rounding, "periods": 1}
    met = {"level": stated("1.5"), "boundary": "INCLUSIVE", "earnedWhen": "MET"}
    terms = declared([item(0, {"attainment": met}, reading=reading)])
    levels = Levels(Fraction(before), Fraction(50), Fraction(100), Fraction(120))

    found = run(terms, [say.given(0, str(after))], levels=levels)

    rounded = (after - before).quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")
    assert found.total_score == int(rounded >= Decimal("1.5")), told(found)


@settings(deadline=None)
@given(value=VALUES, target=st.integers(1, 200))
def test_a_gap_to_goal_by_cross_multiplying(value: Decimal, target: int) -> None:
    """Nothing below half of the target, the whole from all of it, a straight line between."""
    reading = {"of": "SHARE_OF_TARGET", "stage": "EXACT", "periods": 1}
    curve = {"line": line([["0.5", "0"], ["1", "1"]])}
    levels = Levels(Fraction(0), Fraction(0), Fraction(target), Fraction(target))

    terms = declared([item(0, curve, reading=reading)])
    found = run(terms, [say.given(0, str(value))], levels=levels)

    twice = 2 * Fraction(value) - target
    assert found.total_score == min(Fraction(1), max(Fraction(0), twice / target)), told(found)


@settings(deadline=None)
@given(spent=st.integers(0, 200), shares=st.lists(st.integers(1, 50), min_size=3, max_size=3))
def test_a_gain_above_a_threshold_is_shared_to_the_cent(spent: int, shares: list[int]) -> None:
    """What of 100.00 is saved beyond the first tenth; cents by counting out, one by one."""
    form = {"target": stated("100"), "gain": [{"fromShare": "0.1", "rate": "1"}], "pain": []}
    terms = declared(
        [item(0, {"sharedRanges": form})],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
        split=shared(*(f"{each}/{sum(shares)}" for each in shares)),
    )

    found = run(terms, [say.given(0, str(spent))], lower_is_better=True)

    cents = max(0, 90 - spent) * 100
    owed = [cents * each // sum(shares) for each in shares]
    by_rest = sorted(range(3), key=lambda i: -(cents * shares[i] % sum(shares)))
    for place in by_rest[: cents - sum(owed)]:
        owed[place] += 1
    assert [part.amount_minor for part in found.parts] == owed, told(found)


async def test_the_api_gives_the_same_for_mutated_inputs(world: World) -> None:
    """Products, tables, cliffs and two rates through the public API; the trace in the message."""
    await world.found("Buyer", "P0", "P1", "P2", "P3", "P4")
    ids = await indicators(world)
    lower = await indicators(world, direction="LOWER_IS_BETTER", levels=LOWER)
    rates = {"benchmark": stated("100"), "betterRate": "5.5", "worseRate": "3.25"}
    two = declared(
        [item(0, {"perUnit": rates}, reading=EXACT)],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
    )
    asked: list[tuple[dict[str, str], dict[str, Any], dict[str, Any], Decimal]] = []
    for factors, invoice in (((37, 83, 11), 1_234_567), ((100, 1, 99), 5), ((50, 50, 50), 99_999)):
        product = half_up(decimal(invoice) * factors[0] * factors[1] * factors[2] / 1_000_000)
        terms = allocated(factors, invoice)
        asked += [
            (ids, terms, say.given(0, "94.99"), -product),
            (ids, terms, say.given(0, "95"), Decimal(0)),
        ]
    for months in ([7], [12, 7], [4, 5], [60, 1], [20, 20]):
        earlier = [str(each) for each in months[:-1]]
        due = Decimal(looked_up(months, "ROW_AFTER", 2)) * 1000
        value = say.given(0, str(months[-1]), earlier=earlier)
        asked.append((ids, tabled("ROW_AFTER", 2), value, -due))
    for spent in ("80.5", "100", "140.25"):
        saved = 100 - Decimal(spent)
        paid = half_up(saved * (Decimal("5.5") if saved > 0 else Decimal("3.25")))
        asked.append((lower, two, say.given(0, spent), paid))

    for known, terms, value, expected in asked:
        found = await preview(world, known, terms | {"validFromPeriod": "2024-04"}, [value])

        assert found["problems"] == []
        trace = "\n".join(step["sentence"] for step in found["evaluation"]["trace"])
        shown = Decimal(found["evaluation"]["payout"]["amount"])
        assert shown == expected, f"{value}\n{trace}"

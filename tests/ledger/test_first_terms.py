"""The first terms and their evaluator, which stay: public cases, and the laws of every split."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.amounts import Money, Rounding, allocate
from ledger.errors import Fault
from ledger.first_terms import (
    Item,
    Point,
    Reading,
    Residual,
    Result,
    SchemeTerms,
    Share,
    Unallocated,
    evaluate,
    score,
)
from ledger.indicator import Boundary, LowSample
from ledger.journal import Account, AccountKind, Line, post, settlement_lines
from ledger.reference import creditor_reference
from tests.shared import case


def curve(points: list[list[str]]) -> tuple[Point, ...]:
    """Points of a case."""
    return tuple(Point(Fraction(at), Fraction(earned)) for at, earned in points)


@pytest.mark.parametrize("name", ["two-slope", "payout-table"])
def test_a_curve_gives_what_the_public_contract_says(name: str) -> None:
    """Nothing before the first point, straight lines between, the last one's score after."""
    known = case(name)
    points = curve(known["inputs"]["points"])

    scores = [score(points, Fraction(x), Boundary.INCLUSIVE)[0] for x in known["inputs"]["x"]]

    assert scores == [Fraction(y) for y in known["expected"]["y"]]


def test_gap_to_goal_is_a_cliff_a_line_and_a_cap() -> None:
    """0 up to half of the target, a straight line from there, 1 from the target on."""
    known = case("gap-to-goal")
    half = Fraction(1, 2)
    points = (Point(half, Fraction(0)), Point(Fraction(1), Fraction(1)))
    shares = known["inputs"]["share_of_target"]

    scores = [score(points, Fraction(x), Boundary.INCLUSIVE)[0] for x in shares]

    assert scores == [Fraction(y) for y in known["expected"]["score"]]


def test_residual_cents_go_to_the_largest_remainders() -> None:
    """The parts are the published ones and add up."""
    known = case("residual-cent")
    pool = Money.parse(known["inputs"]["pool"], "NZD")
    shares = [Fraction(share) for share in known["inputs"]["shares_pct"]]

    parts = allocate(pool.amount_minor, shares)

    assert [Money("NZD", part).render() for part in parts] == known["expected"]["parts"]
    assert sum(parts) == pool.amount_minor


def scheme(pool: int, weights: list[Fraction], shares: list[Fraction]) -> SchemeTerms:
    """Items i0, i1 ... from 0 to 100, shares p0, p1 ..."""
    points = (Point(Fraction(0), Fraction(0)), Point(Fraction(100), Fraction(1)))
    return SchemeTerms(
        name="laws",
        pool=Money("EUR", pool),
        items=tuple(
            Item(f"i{i}", weight, points, Boundary.INCLUSIVE, Reading.EXACT)
            for i, weight in enumerate(weights)
        ),
        shares=tuple(Share(f"p{i}", share) for i, share in enumerate(shares)),
        rounding=Rounding.HALF_EVEN,
        residual=Residual.LARGEST_REMAINDER,
        unallocated=Unallocated.RETURNS_TO_OUTSOURCER,
        valid_from_period="2026-01",
        due_days=30,
        worked_examples=(),
    )


def measured(value: Fraction, low: LowSample | None = None) -> Result:
    """A result; with a rule for low samples, one."""
    is_low = low is not None
    return Result(value, value, Fraction(50), is_low, low or LowSample.PAY_NOTHING, 7)


def unit_shares(raw: list[int]) -> list[Fraction]:
    """Shares that add up to one."""
    return [Fraction(each, sum(raw)) for each in raw]


SPLITS = st.lists(st.integers(1, 1000), min_size=1, max_size=12).map(unit_shares)


@given(
    pool=st.integers(1, 10**14),
    shares=SPLITS,
    weights=SPLITS,
    values=st.lists(st.fractions(-50, 150, max_denominator=10**6), min_size=12, max_size=12),
    rules=st.lists(st.sampled_from([None, *LowSample]), min_size=12, max_size=12),
)
def test_stakes_and_the_rest_are_the_pool(
    pool: int,
    shares: list[Fraction],
    weights: list[Fraction],
    values: list[Fraction],
    rules: list[LowSample | None],
) -> None:
    """Whatever was measured, and however few answered."""
    terms = scheme(pool, weights, shares)
    results = {
        item.indicator_id: measured(value, rule)
        for item, value, rule in zip(terms.items, values, rules, strict=False)
    }

    found = evaluate(terms, results)

    assert sum(part.amount_minor for part in found.parts) == found.payout.amount_minor
    assert found.payout.amount_minor + found.unallocated.amount_minor == pool
    assert 0 <= found.total_score <= 1
    assert found.trace[-1].result == found.unallocated.value


@given(st.fractions(0, 100), st.fractions(0, 100))
def test_a_better_value_never_earns_less(one: Fraction, other: Fraction) -> None:
    """Curves are monotonic, rising or falling."""
    rising = curve([["20", "0.2"], ["50", "0.2"], ["80", "1"]])
    falling = tuple(Point(-point.at, point.score) for point in rising)
    low, high = sorted((one, other))

    for points, sign in ((rising, 1), (falling, -1)):
        worse, _ = score(points, sign * low, Boundary.INCLUSIVE)
        better, _ = score(points, sign * high, Boundary.INCLUSIVE)
        assert worse <= better


def test_a_low_sample_moves_its_weight_by_the_declared_rule() -> None:
    """In proportion: 0.2 and 0.3 become 0.4 and 0.6. Equally: 0.45 and 0.55."""
    weights = [Fraction(2, 10), Fraction(3, 10), Fraction(5, 10)]
    terms = scheme(10_000, weights, [Fraction(1)])
    full, nothing = measured(Fraction(100)), measured(Fraction(0))

    in_proportion = measured(Fraction(0), LowSample.NO_SCORE_REWEIGHT_IN_PROPORTION)
    equally = measured(Fraction(0), LowSample.NO_SCORE_REWEIGHT_EQUALLY)
    at_target = measured(Fraction(0), LowSample.PAY_AT_TARGET)

    def total(third: Result) -> Fraction:
        return evaluate(terms, {"i0": full, "i1": nothing, "i2": third}).total_score

    assert total(in_proportion) == Fraction(2, 5)
    assert total(equally) == Fraction(45, 100)
    assert total(at_target) == Fraction(2, 10) + Fraction(5, 10) / 2


@given(st.integers(-(10**14), 10**14))
def test_every_stake_posts_to_zero_in_each_partys_books(amount: int) -> None:
    """A bonus or a malus: the engine's own check, before the database's."""
    postings, changed = post(settlement_lines("buyer", "partner", Money("EUR", amount)), {})

    for owner in ("buyer", "partner"):
        assert sum(p.amount_minor for p in postings if p.account.owner == owner) == 0
    assert {account: state.balance_minor for account, state in changed.items()} == {
        posting.account: posting.balance_minor for posting in postings
    }


def test_lines_that_do_not_balance_are_a_fault() -> None:
    """Nothing of them is posted."""
    account = Account("buyer", "partner", AccountKind.PAYABLE, "EUR")

    with pytest.raises(Fault, match="sum to zero"):
        post([Line(account, 1)], {})


def test_a_creditor_reference_is_the_stakes_own() -> None:
    """25 characters at most, valid by ISO 11649, another for another party."""
    one, other = creditor_reference("s", "p"), creditor_reference("s", "q")

    assert one.startswith("RF")
    assert len(one) <= 25
    assert one != other

"""Laws of every scheme: nothing is lost or made, caps hold, better never earns less."""

from fractions import Fraction
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import first_terms
from ledger.amounts import Money, Rounding, round_to
from ledger.evaluation import (
    CAPS_HOLD_ROUNDED,
    RULES_VERSION,
    Evaluation,
    Inputs,
    evaluate,
    rounded,
)
from ledger.indicator import FROM_PREVIOUS, Boundary, Levels, LowSample
from ledger.reading import PartValue, Result
from ledger.terms import MoneyRounding, MoneyStage, SchemeTerms
from tests.incentives.declared import declared, engine_terms, item, line, shared, stated, told

LEVELS = Levels(Fraction(0), Fraction(50), Fraction(100), Fraction(120))
VALUES = st.fractions(-50, 150, max_denominator=1000)
UNITS = st.integers(1, 1000)
LINE = {"line": line([["20", "0.1"], ["100", "1"]])}
MODES = st.sampled_from(list(Rounding))
FIRST_RULES = [each for each in LowSample if each not in FROM_PREVIOUS]
"""Rules for low samples that version 1 knew."""


def result(value: Fraction, low: LowSample | None = None, **other: Any) -> Result:
    """A result, of too few observations where a rule for them is given."""
    rule = low or LowSample.PAY_NOTHING
    return Result(value, value, LEVELS, False, low is not None, rule, 7, **other)


def proportions(raw: list[int]) -> list[str]:
    """Texts of numbers that add up to 1."""
    return [str(Fraction(each, sum(raw))) for each in raw]


def parts_of(found: Evaluation) -> list[int]:
    """The parts in cents."""
    return [part.amount_minor for part in found.parts]


@st.composite
def schemes(draw: st.DrawFn) -> SchemeTerms:
    """A pool, up to five items and up to six parties, any rounding, some caps."""
    weights = proportions(draw(st.lists(UNITS, min_size=1, max_size=5)))
    shares = proportions(draw(st.lists(UNITS, min_size=1, max_size=6)))
    cap = {"side": "BOTH", "limit": {"shareOfPool": str(draw(st.fractions(0, 1)))}}
    steps = draw(st.lists(st.sampled_from(["itemCap", "partnerCap", "periodCap"]), max_size=3))
    pool = draw(st.integers(1, 10**12))
    rounding = {"mode": str(draw(MODES)), "step": "0.01", "stage": "TOTAL"}
    free = draw(st.sampled_from(["TO_THE_OTHERS", "TO_THE_OUTSOURCER", "UNALLOCATED"]))
    rata = draw(st.sampled_from(["BY_CALENDAR_DAY", "WHOLE_PERIODS_ONLY"]))
    terms = declared(
        [item(i, LINE, weight=weight) for i, weight in enumerate(weights)],
        funding={"pool": {"amount": Money("EUR", pool).render(), "currency": "EUR"}},
        split=shared(*shares, fallsFree=free, proRata=rata),
        rounding=rounding,
        adjustments=[{step: cap} for step in sorted(steps)],
    )
    return engine_terms(terms)


@settings(deadline=None)
@given(
    terms=schemes(),
    values=st.lists(VALUES, min_size=5, max_size=5),
    rules=st.lists(st.sampled_from([None, *FIRST_RULES]), min_size=5, max_size=5),
    days=st.lists(st.integers(0, 31), min_size=6, max_size=6),
)
def test_parts_and_the_rest_are_the_pool_whoever_leaves(
    terms: SchemeTerms, values: list[Fraction], rules: list[LowSample | None], days: list[int]
) -> None:
    """For any shares, leavers, low samples, caps, rounding; a replay gives the same cents."""
    series = {
        each.indicator_id: (result(value, rule),)
        for each, value, rule in zip(terms.items, values, rules, strict=False)
    }
    presence = {key: Fraction(day, 31) for key, day in zip(terms.party_ids(), days, strict=False)}

    found = evaluate(terms, Inputs(series, presence))

    pool = terms.funding.pool
    assert pool is not None
    assert sum(parts_of(found)) == found.payout.amount_minor, told(found)
    assert found.payout.amount_minor + found.unallocated.amount_minor == pool.amount_minor
    assert found.unallocated.amount_minor >= 0, told(found)
    for part, day in zip(parts_of(found), days, strict=False):
        assert part >= 0
        assert part == 0 or day > 0
    assert evaluate(terms, Inputs(series, presence)) == found


@settings(deadline=None)
@given(terms=schemes(), worse=VALUES, better=VALUES)
def test_a_better_result_never_pays_less(
    terms: SchemeTerms, worse: Fraction, better: Fraction
) -> None:
    """In all, and to each party but for the last cent of a split."""
    worse, better = sorted((worse, better))

    low, high = (
        evaluate(terms, Inputs({key: (result(value),) for key in terms.item_ids()}))
        for value in (worse, better)
    )

    assert low.payout.amount_minor <= high.payout.amount_minor
    for one, other in zip(parts_of(low), parts_of(high), strict=True):
        assert one <= other + 1


def both(amount: str, **whose: str) -> dict[str, Any]:
    """A cap on gains and on losses."""
    return {"side": "BOTH", "limit": {"amount": {"amount": amount, "currency": "EUR"}}, **whose}


CAPS: tuple[dict[str, Any], ...] = (
    {"gainOnly": {"partyIds": ["p0"]}},
    {"partnerCap": both("70.01", partyId="p1")},
    {"periodCap": both("99.99")},
    {"yearCap": both("80.00")},
)


@settings(max_examples=60, deadline=None)
@given(
    units=st.lists(st.fractions(-200, 200, max_denominator=97), min_size=3, max_size=3),
    used=st.lists(st.integers(-80, 80), min_size=3, max_size=3),
)
def test_caps_hold_in_every_order(units: list[Fraction], used: list[int]) -> None:
    """Gains and losses of three parties, four steps, twenty-four orders: every cap, to the cent."""
    form = {"benchmark": stated("0"), "betterRate": "1", "worseRate": "0.7"}
    parts = tuple(PartValue(f"p{i}", unit) for i, unit in enumerate(units))
    series = {"i0": (result(Fraction(0), parts=parts),)}
    year = {f"p{i}": Fraction(each) for i, each in enumerate(used)}
    for order in permutations(CAPS):
        terms = engine_terms(
            declared(
                [item(0, {"perUnit": form}, basis="OWN_PART")],
                funding={"earnedIn": "EUR"},
                allocation="POINTS",
                split=shared("0.5", "0.3", "0.2"),
                adjustments=order,
            )
        )

        found = evaluate(terms, Inputs(series, used=year))

        cents = parts_of(found)
        assert cents[0] >= 0, told(found)
        assert abs(cents[1]) <= 7001, told(found)
        assert sum(part for part in cents if part > 0) <= 9999, told(found)
        assert sum(part for part in cents if part < 0) >= -9999, told(found)
        for part, before in zip(cents, used, strict=True):
            assert part == 0 or abs(part + 100 * before) <= 8000, told(found)


def first_scheme(
    pool: int, shares: list[int], weights: list[int], mode: Rounding
) -> first_terms.SchemeTerms:
    """Terms as the first release stated them."""
    points = (
        first_terms.Point(Fraction(20), Fraction(1, 10)),
        first_terms.Point(Fraction(100), Fraction(1)),
    )
    return first_terms.SchemeTerms(
        name="first",
        pool=Money("EUR", pool),
        items=tuple(
            first_terms.Item(
                f"i{i}", Fraction(weight), points, Boundary.INCLUSIVE, first_terms.Reading.EXACT
            )
            for i, weight in enumerate(proportions(weights))
        ),
        shares=tuple(
            first_terms.Share(f"p{i}", Fraction(share))
            for i, share in enumerate(proportions(shares))
        ),
        rounding=mode,
        residual=first_terms.Residual.LARGEST_REMAINDER,
        unallocated=first_terms.Unallocated.RETURNS_TO_OUTSOURCER,
        valid_from_period="2026-01",
        due_days=30,
        worked_examples=(),
    )


@settings(deadline=None)
@given(
    pool=st.integers(1, 10**12),
    shares=st.lists(UNITS, min_size=1, max_size=6),
    weights=st.lists(UNITS, min_size=1, max_size=5),
    values=st.lists(VALUES, min_size=5, max_size=5),
    rules=st.lists(st.sampled_from([None, *FIRST_RULES]), min_size=5, max_size=5),
    mode=MODES,
)
def test_the_first_terms_settle_on_as_they_did(
    pool: int,
    shares: list[int],
    weights: list[int],
    values: list[Fraction],
    rules: list[LowSample | None],
    mode: Rounding,
) -> None:
    """By the rules of then to the cent; by those of today a left-over cent may go elsewhere."""
    first = first_scheme(pool, shares, weights, mode)
    measured = dict(
        zip(
            (each.indicator_id for each in first.items),
            zip(values, rules, strict=True),
            strict=False,
        )
    )

    then = first_terms.evaluate(
        first,
        {
            key: first_terms.Result(
                value, value, LEVELS.target, rule is not None, rule or LowSample.PAY_NOTHING, 7
            )
            for key, (value, rule) in measured.items()
        },
    )
    inputs = Inputs({key: (result(value, rule),) for key, (value, rule) in measured.items()})
    before, now = (
        evaluate(first_terms.upgraded(first), inputs, rules)
        for rules in (CAPS_HOLD_ROUNDED - 1, RULES_VERSION)
    )

    assert before.parts == then.parts
    for one, other in zip(now.parts, then.parts, strict=True):  # a cent that is left over
        assert abs(one.amount_minor - other.amount_minor) <= 1
    for found in (before, now):
        assert (found.payout, found.unallocated) == (then.payout, then.unallocated)
        assert found.total_score == then.total_score


NETS = st.lists(st.fractions(-20, 20, max_denominator=400), min_size=1, max_size=6)


@given(NETS, MODES, st.sampled_from(["0.01", "0.05", "1"]))
def test_a_rest_of_cents_lifts_nobody_beyond_its_own_amount(
    nets: list[Fraction], mode: Rounding, step: str
) -> None:
    """Gains and losses each add up to their rounded sum; no part is a step off its own amount."""
    rounding = MoneyRounding(mode, Fraction(step), MoneyStage.TOTAL)
    parts = [part.value for part in rounded(nets, rounding, "EUR")]

    for side in (1, -1):
        own = [net for net in nets if net * side > 0]
        whole = round_to(sum(own, Fraction(0)), rounding.step, mode)
        assert sum(part for part in parts if part * side > 0) == whole
    for net, part in zip(nets, parts, strict=True):
        assert abs(part - net) < rounding.step
        assert part * net >= 0


def test_a_cap_holds_though_the_rest_of_the_others_rounds_up() -> None:
    """Capped at 10.00 beside two quarters of a cent; settled before, the cent stays as it was."""
    nets = [Fraction(10), Fraction("0.0025"), Fraction("0.0025")]
    rounding = MoneyRounding(Rounding.HALF_UP, Fraction("0.01"), MoneyStage.TOTAL)

    assert [part.amount_minor for part in rounded(nets, rounding, "EUR")] == [1000, 1, 0]
    before = rounded(nets, rounding, "EUR", CAPS_HOLD_ROUNDED - 1)
    assert [part.amount_minor for part in before] == [1001, 0, 0]

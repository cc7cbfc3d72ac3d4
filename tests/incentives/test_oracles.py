"""Each form with other inputs than the source's, against an independent way to the same number."""

import itertools
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.amounts import Money
from ledger.indicator import Levels
from tests.incentives import declared as say
from tests.incentives.declared import declared, item, line, run, shared, stated, told

NUMBERS = st.fractions(-200, 400, max_denominator=40)
SHARES = st.fractions(0, 1, max_denominator=50)
HIGH = st.lists(st.fractions(80, 100, max_denominator=10), min_size=1, max_size=20)
PAID: dict[str, Any] = {"funding": {"earnedIn": "EUR"}, "allocation": "POINTS"}
CAPPED: dict[str, Any] = {
    "adjustments": [{"periodCap": {"side": "BOTH", "limit": {"shareOfPool": "1"}}}]
}


def assumed(value: Fraction, **other: Any) -> list[dict[str, Any]]:
    """One result."""
    return [say.given(0, str(value), **other)]


def cents(amount: Fraction) -> int:
    """Half up, away from zero, by Decimal."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(amount.numerator) / Decimal(amount.denominator) * 100
        return int(exact.quantize(Decimal(1), rounding="ROUND_HALF_UP"))


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=2, max_size=6),
    value=NUMBERS,
)
def test_a_curve_is_a_sum_of_hinges(steps: list[tuple[int, int]], value: Fraction) -> None:
    """Y = y0 + sum of changes of slope times max(0, x - xk), zero before and held beyond."""
    at, score, points = 0, 0, []
    for across, up in steps:
        at, score = at + across, score + up
        points.append((Fraction(at), Fraction(score, 200)))
    texts = [[str(x), str(y)] for x, y in points]

    found = run(declared([item(0, {"line": line(texts)})], **CAPPED), assumed(value))

    expected, slope = points[0][1], Fraction(0)
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        new = (y1 - y0) / (x1 - x0)
        expected += (new - slope) * max(Fraction(0), min(value, points[-1][0]) - x0)
        slope = new
    assert found.total_score == (0 if value < points[0][0] else expected), told(found)


@settings(deadline=None)
@given(
    gaps=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    rates=st.lists(st.integers(0, 9), min_size=5, max_size=5),
    actual=st.integers(0, 400),
    mode=st.sampled_from(["RETROSPECTIVE", "GROWTH_ONLY", "MARGINAL"]),
    boundary=st.sampled_from(["INCLUSIVE", "EXCLUSIVE"]),
)
def test_bands_by_walking_the_units(
    gaps: list[int], rates: list[int], actual: int, mode: str, boundary: str
) -> None:
    """A baseline of 100 units: each unit's own band, or the band that the last one reaches."""
    starts = [100 + sum(gaps[: i + 1]) for i in range(len(gaps))]
    bands = [
        {"fromShare": str(Fraction(start, 100)), "rate": str(Fraction(rate, 100))}
        for start, rate in zip(starts, rates, strict=False)
    ]
    form = {"mode": mode, "baseline": stated("100"), "boundary": boundary, "bands": bands}

    found = run(declared([item(0, {"bands": form})], **PAID), assumed(Fraction(actual)))

    def rate_at(unit: int, *, included: bool) -> int:
        reached = [i for i, s in enumerate(starts) if unit > s or (included and unit == s)]
        return rates[reached[-1]] if reached else 0

    if mode == "MARGINAL":
        expected = sum(rate_at(unit, included=True) for unit in range(actual))
    else:
        rate = rate_at(actual, included=boundary == "INCLUSIVE")
        expected = rate * (actual if mode == "RETROSPECTIVE" else actual - 100)
    assert found.payout.amount_minor == expected, told(found)


@settings(deadline=None)
@given(
    spent=st.integers(0, 300),
    gain=st.lists(st.integers(0, 10), min_size=3, max_size=3),
    pain=st.lists(st.integers(0, 10), min_size=3, max_size=3),
)
def test_shared_ranges_by_walking_the_units(spent: int, gain: list[int], pain: list[int]) -> None:
    """A target of 100 units, ranges of 10 % each: each unit saved or overrun has its own range."""
    ranges = {
        name: [{"fromShare": f"0.{i}", "rate": str(Fraction(r, 10))} for i, r in enumerate(rates)]
        for name, rates in (("gain", gain), ("pain", pain))
    }
    form = {"target": stated("100"), **ranges}
    terms = declared([item(0, {"sharedRanges": form})], **PAID)

    found = run(terms, assumed(Fraction(spent)), lower_is_better=True)

    rates, sign = (gain, 1) if spent <= 100 else (pain, -1)
    expected = sign * sum(rates[min(unit // 10, 2)] * 10 for unit in range(abs(100 - spent)))
    assert found.payout.amount_minor == expected, told(found)


@settings(deadline=None)
@given(
    values=HIGH,
    misses=st.integers(1, 4),
    window=st.integers(4, 12),
    after=st.sampled_from(["KEEPS_COUNTING", "STARTS_ANEW"]),
)
def test_a_default_by_counting_on_fingers(
    values: list[Fraction], misses: int, window: int, after: str
) -> None:
    """Below 85 once, or below 95 so many times in the window, the last a miss itself."""
    rule = {"expected": stated("95"), "minimum": stated("85"), "boundary": "INCLUSIVE"}
    form = {**rule, "misses": misses, "window": window, "after": after}
    earlier = [str(each) for each in values[:-1]]

    found = run(declared([item(0, {"default": form})]), assumed(values[-1], earlier=earlier))

    defaults, since = [], 0
    for n, value in enumerate(values):
        seen = values[max(n - window + 1, since) : n + 1]
        count = sum(each < 95 for each in seen)
        defaults.append(value < 85 or (value < 95 and count >= misses))
        if defaults[-1] and after == "STARTS_ANEW":
            since = n + 1
    assert found.total_score == int(defaults[-1]), told(found)


@settings(deadline=None)
@given(values=HIGH, ratchet=st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_service_points_by_walking_back(values: list[Fraction], ratchet: list[int]) -> None:
    """One point a started unit below 95, times the multiplier of the miss in a row."""
    times = [str(sum(ratchet[: i + 1])) for i in range(len(ratchet))]
    rows = [{"at": str(i), "score": str(i)} for i in range(21)]
    table = {"rows": rows, "boundary": "INCLUSIVE", "before": "HELD", "between": "ROW_AFTER"}
    form = {"level": stated("95"), "boundary": "INCLUSIVE", "ratchet": times}
    scoring = {"servicePoints": {**form, "points": table | {"after": "HELD"}}}
    total = {"line": line([["0", "0"], ["1000", "1"]])}
    terms = declared([item(0, scoring)], allocation="POINTS", ofTotal=total)

    found = run(terms, assumed(values[-1], earlier=[str(each) for each in values[:-1]]))

    row = 0
    while row < len(values) and values[-1 - row] < 95:
        row += 1
    short = 95 - values[-1]
    points = -(-short.numerator // short.denominator) if row else 0
    expected = points * Fraction(times[min(row, len(times)) - 1]) if row else 0
    assert found.total_score == expected, told(found)


@settings(deadline=None)
@given(value=NUMBERS, required=NUMBERS, rate=SHARES, most=SHARES)
def test_a_credit_for_each_point_lacking(
    value: Fraction, required: Fraction, rate: Fraction, most: Fraction
) -> None:
    """The points lacking times the rate, up to the most."""
    rate, most = rate + Fraction(1, 100), most + Fraction(1, 100)
    form = {"required": stated(str(required)), "perPoint": str(rate), "most": str(most)}
    terms = declared([item(0, {"pointCredit": form})], kind="CREDIT", **CAPPED)

    found = run(terms, assumed(value))

    due = (required - value) * rate if value < required else Fraction(0)
    assert found.total_score == min(due, most), told(found)
    assert -found.payout.amount_minor == cents(min(due, most, Fraction(1)) * 10000), told(found)


@settings(deadline=None)
@given(value=NUMBERS, better=st.integers(0, 99), worse=st.integers(0, 99), lower=st.booleans())
def test_two_rates_on_two_sides(value: Fraction, better: int, worse: int, *, lower: bool) -> None:
    """Units on the better side at one rate, on the worse side at the other, rounded once."""
    form = {"benchmark": stated("100"), "betterRate": str(better), "worseRate": str(worse)}

    found = run(
        declared([item(0, {"perUnit": form})], **PAID), assumed(value), lower_is_better=lower
    )

    ahead = (100 - value) if lower else (value - 100)
    expected = ahead * better if ahead > 0 else ahead * worse
    assert found.payout.amount_minor == cents(expected), told(found)


@settings(deadline=None)
@given(
    weights=st.lists(st.integers(1, 50), min_size=2, max_size=6),
    low=st.lists(st.booleans(), min_size=6, max_size=6),
    mode=st.sampled_from(["IN_PROPORTION", "EQUALLY", "NONE"]),
)
def test_dropped_weights_by_scaling_to_whole_numbers(
    weights: list[int], low: list[bool], mode: str
) -> None:
    """Weights as parts of their sum times the number of those that stay: all whole numbers."""
    curve = {"line": line([["0", "0"], ["100", "1"]])}
    whole = sum(weights)
    items = [item(i, curve, weight=str(Fraction(w, whole))) for i, w in enumerate(weights)]
    values = [
        say.given(i, "100" if i == 0 else "0", isLowSample=low[i]) for i in range(len(weights))
    ]

    found = run(declared(items, reweighting=mode), values)

    kept = [i for i in range(len(weights)) if not low[i]]
    gone = whole - sum(weights[i] for i in kept)
    if 0 not in kept:
        expected = Fraction(0)
    elif mode == "EQUALLY":
        expected = Fraction(weights[0] * len(kept) + gone, whole * len(kept))
    elif mode == "IN_PROPORTION":
        expected = Fraction(weights[0], whole - gone)
    else:
        expected = Fraction(weights[0], whole)
    assert found.total_score == expected, told(found)


@settings(deadline=None)
@given(achieved=st.integers(0, 100), before=st.integers(0, 90), most=st.integers(1, 9))
def test_the_better_of_achievement_and_improvement(achieved: int, before: int, most: int) -> None:
    """Ten points for 50 to 100, up to nine for what is closed of the gap from before to 100."""
    form = {
        "achievement": line([["50", "0"], ["100", "1"]]),
        "improvement": line([["0", "0"], ["1", "1"]]),
        "improvementReads": "GAP_CLOSED",
        "improvementMost": f"0.{most}",
    }
    levels = Levels(Fraction(before), Fraction(50), Fraction(100), Fraction(120))

    found = run(declared([item(0, {"bestOf": form})]), assumed(Fraction(achieved)), levels=levels)

    achievement = max(0, achieved - 50) / Fraction(50)
    improvement = min(
        max(Fraction(achieved - before, 100 - before), Fraction(0)), Fraction(most, 10)
    )
    assert found.total_score == max(achievement, improvement), told(found)


@settings(deadline=None)
@given(pool=st.integers(1, 10**9), raw=st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_left_over_cents_by_handing_them_out_one_by_one(pool: int, raw: list[int]) -> None:
    """Each cent in turn to whoever is furthest behind its exact share; then the same by rank."""
    curve = {"line": line([["0", "0"], ["100", "1"]])}
    terms = declared(
        [item(0, curve)],
        funding={"pool": {"amount": Money("EUR", pool).render(), "currency": "EUR"}},
        split=shared(*(str(Fraction(each, sum(raw))) for each in raw)),
    )

    found = run(terms, assumed(Fraction(100)))

    parts = [pool * each // sum(raw) for each in raw]
    for _ in range(pool - sum(parts)):
        behind = [pool * each - sum(raw) * part for each, part in zip(raw, parts, strict=True)]
        fresh = [b if b < sum(raw) and b >= 0 else -1 for b in behind]
        parts[fresh.index(max(fresh))] += 1
    assert [part.amount_minor for part in found.parts] == parts, told(found)

"""Margins of error and the noise verdict, beside SciPy and the published figures."""

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ledger.statistic import (
    DIGITS,
    Z95,
    Margin,
    adjusted_score,
    adjusted_share,
    is_noise,
    mean_margin,
    ranks,
    root,
    score_wald,
    share_wald,
    student,
    wilson,
)
from tests.shared import case

CLOSE = 10**-8
COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 29, 30, 99, 199, 200, 201, 500, 10**6])
def test_t_is_the_quantile_that_scipy_gives(degrees: int) -> None:
    """To the last stated decimal, in the exact series and in the expansion."""
    assert abs(float(student(degrees)) - float(stats.t.ppf(0.975, degrees))) < 2 * 10**-DIGITS


def test_z_is_the_normal_quantile() -> None:
    """To the last stated decimal."""
    assert abs(float(Z95) - float(stats.norm.ppf(0.975))) < 10**-DIGITS


@given(st.fractions(0, 10**6, max_denominator=10**6))
def test_a_root_is_cut_to_eighteen_decimals(value: Fraction) -> None:
    """Law: the square root lies less than a unit of the last decimal above."""
    unit = Fraction(1, 10 ** (2 * DIGITS))

    assert root(value) ** 2 <= value < (root(value) + unit) ** 2


@given(COUNTS)
def test_wilson_is_what_scipy_gives(counts: tuple[int, int]) -> None:
    """Of any count out of any count, the ends 0 and 1 among them."""
    successes, n = counts
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")

    found = wilson(Fraction(successes), n)

    assert float(found.low) == pytest.approx(max(expected.low, 0), abs=CLOSE)
    assert float(found.high) == pytest.approx(expected.high, abs=CLOSE)
    assert 0 <= found.low <= Fraction(successes, n) <= found.high <= 1


@given(COUNTS)
def test_adjusted_wald_lies_around_wilsons_middle(counts: tuple[int, int]) -> None:
    """Agresti and Coull's interval shares its middle with Wilson's and is never narrower."""
    successes, n = Fraction(counts[0]), counts[1]
    square = Z95 * Z95
    middle = (successes + square / 2) / (n + square)

    found = adjusted_share(successes, n)

    assert abs((found.low + found.high) / 2 - middle) < Fraction(1, 10**8)
    plain = wilson(successes, n)
    assert found.half >= plain.half - Fraction(1, 10**8)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=60))
def test_a_means_margin_is_students(values: list[int]) -> None:
    """t(n - 1) s / sqrt(n), as SciPy has it."""
    n, total = len(values), Fraction(sum(values))
    squares = Fraction(sum(value * value for value in values))
    reach = float(stats.t.ppf(0.975, n - 1)) * float(stats.sem(values))

    found = mean_margin(total, squares, n)

    assert found is not None
    assert float(found.half) == pytest.approx(reach, abs=10**-6)


def test_one_value_has_no_spread() -> None:
    """A mean of one has no margin, rather than one of nothing."""
    assert mean_margin(Fraction(7), Fraction(49), 1) is None


def test_the_net_score_has_the_published_margins() -> None:
    """Plain Wald of the source, and the adjusted one; half promoters, a sixth detractors."""
    known = case("nps-moe")
    promoters, detractors = (Fraction(known["inputs"][key]) for key in ("promoters", "detractors"))

    plain = [
        score_wald(promoters * n, detractors * n, Fraction(n)).half * 100
        for n in known["inputs"]["n"]
    ]
    adjusted = adjusted_score(promoters * 100, detractors * 100, 100).half * 100

    assert [f"{float(each):.1f}" for each in plain] == known["expected"]["moe95"]
    assert f"{float(adjusted):.1f}" == known["expected"]["adjusted_wald_moe95_n100"]
    variance = promoters + detractors - (promoters - detractors) ** 2
    assert variance == Fraction(known["expected"]["variance"])


@given(st.integers(1, 400), st.fractions("0.05", "0.95", max_denominator=100))
def test_ranks_enclose_the_percentile(n: int, share: Fraction) -> None:
    """Conover's ranks lie among the values, or there is no interval."""
    found = ranks(n, share)

    reach = 1.959963985 * sqrt(n * share * (1 - share))
    if found is None:
        assert n * share - reach <= 10**-6 or n * share + reach > n - 10**-6
    else:
        assert 1 <= found[0] <= n * share + 1
        assert n * share <= found[1] <= n


@given(COUNTS, COUNTS)
def test_the_noise_verdict_does_not_depend_on_which_came_first(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """Law: symmetric in its two values; a value beside itself is noise."""
    (a, n), (b, m) = one, other
    first, second = wilson(Fraction(a), n), wilson(Fraction(b), m)
    p, q = Fraction(a, n), Fraction(b, m)

    assert is_noise(p, first, q, second) == is_noise(q, second, p, first)
    assert is_noise(p, first, p, first)


def test_the_noise_verdict_is_newcombes_tenth_method() -> None:
    """His example (a): 56/70 against 48/80 gives 0.0524 to 0.3339, which leaves 0 out."""
    first, second = wilson(Fraction(56), 70), wilson(Fraction(48), 80)
    difference = Fraction(56, 70) - Fraction(48, 80)
    below = root((Fraction(56, 70) - first.low) ** 2 + (second.high - Fraction(48, 80)) ** 2)

    assert f"{float(difference - below):.4f}" == "0.0524"
    assert not is_noise(Fraction(56, 70), first, Fraction(48, 80), second)


def test_plain_wald_is_as_the_contract_names_it() -> None:
    """Share ± z sqrt(p (1-p) / n), not cut: 95 of 100 reach past 99."""
    found = share_wald(Fraction(95), 100)

    assert f"{float(found.low):.4f} {float(found.high):.4f}" == "0.9073 0.9927"


def test_a_margin_scales_with_its_value() -> None:
    """A percentage's margin is in points."""
    assert Margin(Fraction(1, 4), Fraction(3, 4)).scaled(Fraction(100)).half == 25

"""Exact numbers: what is read is what is written, and parts add up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.amounts import (
    Money,
    NumberMalformed,
    Rounding,
    TooManyDecimals,
    allocate,
    parse_number,
    render_number,
    round_to,
)

SHARES = st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=12).filter(any)


@given(st.integers(-(10**12), 10**12), SHARES)
def test_parts_add_up_to_the_total(total: int, shares: list[Fraction]) -> None:
    """Whatever the shares, no cent is lost or made."""
    parts = allocate(total, shares)

    assert total == sum(parts)
    whole = sum(shares)
    assert all(
        abs(part - total * share / whole) < 1 for part, share in zip(parts, shares, strict=True)
    )


def test_a_residual_cent_goes_to_the_largest_remainder() -> None:
    """The public case of five contractors: half of 6,954,869 by 23/22/20/18/17."""
    parts = allocate(347743450, [Fraction(n) for n in (23, 22, 20, 18, 17)])

    assert parts == [79980994, 76503559, 69548690, 62593821, 59116386]


def test_a_tie_goes_to_the_earlier_party() -> None:
    """One cent over two equal shares is the first one's."""
    assert allocate(1, [Fraction(1), Fraction(1)]) == [1, 0]


@given(st.fractions(max_denominator=10**6, min_value=-(10**9), max_value=10**9))
def test_a_number_is_read_as_it_was_written(value: Fraction) -> None:
    """Rendering and parsing are inverse, for finite decimals and fractions."""
    assert value == parse_number(render_number(value))


@pytest.mark.parametrize(
    "text", ["", "1e3", "NaN", "1,5", "01", ".5", "5.", "1/0", "+1", " 1", "9" * 31]
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    """Nothing is guessed: exponents, infinities, commas and blanks are refused with the text."""
    with pytest.raises(NumberMalformed) as refused:
        parse_number(text, "amount")

    assert refused.value.path == "amount"


@pytest.mark.parametrize(
    ("value", "step", "mode", "expected"),
    [
        ("54.5", "1", Rounding.HALF_EVEN, "54"),
        ("54.5", "1", Rounding.HALF_UP, "55"),
        ("-54.5", "1", Rounding.HALF_UP, "-55"),
        ("54.5", "1", Rounding.HALF_DOWN, "54"),
        ("-54.5", "1", Rounding.HALF_DOWN, "-54"),
        ("4.55", "1", Rounding.HALF_UP, "5"),
        ("2.05", "0.1", Rounding.HALF_UP, "2.1"),
        ("-1.2", "1", Rounding.DOWN, "-1"),
        ("-1.2", "1", Rounding.UP, "-2"),
        ("-1.2", "1", Rounding.CEILING, "-1"),
        ("-1.2", "1", Rounding.FLOOR, "-2"),
        ("7.3", "0.25", Rounding.HALF_UP, "7.25"),
    ],
)
def test_rounding_follows_mode_and_step(
    value: str, step: str, mode: Rounding, expected: str
) -> None:
    """The mode and the step are terms of the agreement; each has one meaning."""
    assert parse_number(expected) == round_to(parse_number(value), parse_number(step), mode)


def test_money_keeps_the_currency_s_decimals() -> None:
    """JPY has none, EUR two, KWD three; more than that is refused and never rounded away."""
    assert Money.parse("1200", "JPY").render() == "1200"
    assert Money.parse("0.05", "EUR").render() == "0.05"
    assert Money.parse("1.234", "KWD").render() == "1.234"
    with pytest.raises(TooManyDecimals, match=r"more decimals than EUR has \(2\)"):
        Money.parse("0.005", "EUR")

"""Parts: attribution that adds up, and figures that no method could have made."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.distribution import Interpolation
from ledger.figures import (
    AnswersImpossible,
    AttributionKind,
    AttributionLine,
    Figures,
    FiguresMalformed,
    PartyShare,
    check_figures,
)
from ledger.formula import compute, contributions
from ledger.method import (
    Method,
)
from ledger.statistic import MarginKind
from tests.measures.answers import answered, method

ONE_TO_FIVE = st.lists(st.integers(1, 5), min_size=1, max_size=40)
ZERO_TO_TEN = st.lists(st.integers(0, 10), min_size=1, max_size=40)
NUMPY: dict[Interpolation, Any] = {
    Interpolation.NEAREST_RANK: "inverted_cdf",
    Interpolation.HAZEN: "hazen",
    Interpolation.WEIBULL: "weibull",
    Interpolation.LINEAR: "linear",
    Interpolation.MEDIAN_UNBIASED: "median_unbiased",
}
OWNERS = frozenset({"a", "b", "c"})


def line(kind: AttributionKind, value: int, percent: int) -> AttributionLine:
    """A line over the owners a, b and c."""
    share = Fraction(percent, 100)
    shares = {
        AttributionKind.SOLE: (PartyShare("b", Fraction(1)),),
        AttributionKind.JOINT: tuple(PartyShare(each, Fraction(1, 3)) for each in "abc"),
        AttributionKind.SHARED: (PartyShare("a", share), PartyShare("c", 1 - share)),
    }
    reason = "a strike of all carriers" if kind is AttributionKind.EXCLUDED else ""
    return AttributionLine(kind, Fraction(value), shares.get(kind, ()), None, reason)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=6),
    st.sampled_from([Method.SUM, Method.POOLED_RATIO]),
)
def test_contributions_add_up_to_the_value(counts: list[tuple[int, int]], kind: Method) -> None:
    """Law: sole parts of any size add up exactly."""
    is_ratio = kind is Method.POOLED_RATIO
    parts = [
        Figures(f"p{number}", Fraction(hits), Fraction(hits + misses + 1) if is_ratio else None)
        for number, (hits, misses) in enumerate(counts)
    ]
    terms = method(kind)

    shares = contributions(terms, parts)

    assert sum(each.value for each in shares) == compute(terms, parts).value


@given(
    st.lists(
        st.tuples(st.sampled_from(list(AttributionKind)), st.integers(0, 1000), st.integers(1, 99)),
        min_size=1,
        max_size=12,
    )
)
def test_attributed_lines_add_up_exactly(
    drawn: list[tuple[AttributionKind, int, int]],
) -> None:
    """Law: sole, joint, shared and nobody's parts make the value; what is excluded is not in it."""
    lines = tuple(line(kind, value, percent) for kind, value, percent in drawn)
    part = Figures("a", sum((each.value for each in lines), Fraction(0)), lines=lines)
    terms = method(Method.SUM)
    check_figures(terms, part, OWNERS, "")

    value = compute(terms, [part]).value

    left_out = sum(each[1] for each in drawn if each[0] is AttributionKind.EXCLUDED)
    assert value == part.value - left_out
    assert sum(each.value for each in contributions(terms, [part])) == value


def test_an_exclusion_from_a_ratio_takes_its_denominator_along() -> None:
    """90 of 100, of which 8 of 10 misses came with the strike: 90 of 92 remain."""
    excluded = AttributionLine(
        AttributionKind.EXCLUDED, Fraction(0), (), Fraction(8), "a strike of all carriers"
    )
    own = AttributionLine(AttributionKind.SOLE, Fraction(90), (PartyShare("a", Fraction(1)),))
    part = Figures("a", Fraction(90), Fraction(100), lines=(own, excluded))
    terms = method(Method.POOLED_RATIO, margin=MarginKind.WILSON)
    check_figures(terms, part, OWNERS, "")

    found = compute(terms, [part])

    assert (found.value, found.sample_size) == (Fraction(90, 92), 92)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([line(AttributionKind.SOLE, 5, 1)], "do not add up"),
        ([AttributionLine(AttributionKind.SOLE, Fraction(10))], "names one party"),
        (
            [AttributionLine(AttributionKind.SOLE, Fraction(10), (PartyShare("x", Fraction(1)),))],
            "does not co-own",
        ),
        (
            [AttributionLine(AttributionKind.EXCLUDED, Fraction(10))],
            "has a reason",
        ),
        (
            [
                AttributionLine(
                    AttributionKind.JOINT,
                    Fraction(10),
                    (PartyShare("a", Fraction(1, 3)), PartyShare("b", Fraction(2, 3))),
                )
            ],
            "equal parts",
        ),
        (
            [
                AttributionLine(
                    AttributionKind.SHARED,
                    Fraction(10),
                    (PartyShare("a", Fraction(1, 3)), PartyShare("b", Fraction(1, 3))),
                )
            ],
            "add up to 1",
        ),
    ],
)
def test_lines_that_cannot_be_are_refused(lines: list[AttributionLine], reason: str) -> None:
    """With the line and what is wrong with it."""
    part = Figures("a", Fraction(10), lines=tuple(lines))

    with pytest.raises(FiguresMalformed, match=reason):
        check_figures(method(Method.SUM), part, OWNERS, "declared")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Method.NET_PROMOTER_SCORE, 11),
        (Method.NET_PROMOTER_SCORE, "9.5"),
        (Method.TOP_TWO_BOX, 0),
        (Method.CUSTOMER_EFFORT_SCORE, 8),
        (Method.LOST_TIME, -5),
    ],
)
def test_an_answer_off_the_scale_is_refused(kind: Method, answer: object) -> None:
    """A score of 11 on 0 to 10 is a mistake, not a promoter."""
    part = answered("a", [answer])

    with pytest.raises(AnswersImpossible):
        check_figures(method(kind), part, OWNERS, "declared")

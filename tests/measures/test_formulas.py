"""Every method beside an oracle that counts the answers one by one."""

from fractions import Fraction
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.distribution import Interpolation
from ledger.figures import (
    Figures,
    NothingMeasured,
    check_figures,
)
from ledger.formula import InputValue, compose, compute
from ledger.method import (
    MEANS,
    SHARES,
    AnswerTerms,
    Denominator,
    Method,
    MethodMalformed,
    PercentileTerms,
    WeightedInput,
    check,
)
from ledger.statistic import Margin, MarginKind
from tests.measures.answers import VALID, answered, method, scale_of

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


@given(ONE_TO_FIVE, ONE_TO_FIVE)
def test_top_two_box_counts_fours_and_fives(one: list[int], other: list[int]) -> None:
    """Pooled over the parts: not the mean, and not a mean of shares."""
    found = compute(method(Method.TOP_TWO_BOX), [answered("a", one), answered("b", other)])

    both = one + other
    assert found.value == Fraction(100 * sum(each >= 4 for each in both), len(both))
    assert found.sample_size == len(both)


@given(ZERO_TO_TEN)
@pytest.mark.parametrize("kind", [Method.NET_PROMOTER_SCORE, Method.HAPPINESS])
def test_a_net_score_is_promoters_minus_detractors(kind: Method, answers: list[int]) -> None:
    """9 and 10 against 0 to 6; 7 and 8 count in the number alone."""
    found = compute(method(kind), [answered("a", answers)])

    net = sum(each >= 9 for each in answers) - sum(each <= 6 for each in answers)
    assert found.value == Fraction(100 * net, len(answers))


@pytest.mark.parametrize("kind", sorted(MEANS))
def test_a_mean_is_exact_and_has_students_margin(kind: Method) -> None:
    """Answers one by one, or their number, sum and squares: the same to the last digit."""
    low, _ = scale_of(kind)
    answers = [low + (each * 7) % 5 for each in range(11)]
    terms = method(kind, margin=MarginKind.STUDENT_T)
    summed = Figures(
        "a",
        Fraction(sum(answers)),
        sample_size=len(answers),
        squares=Fraction(sum(each * each for each in answers)),
    )

    found = compute(terms, [answered("a", answers)])

    assert found.value == Fraction(sum(answers), len(answers))
    assert float(found.value) == pytest.approx(fmean(answers))
    assert found.margin is not None
    assert found == compute(terms, [summed])


@given(
    st.lists(st.fractions(-1000, 1000, max_denominator=50), min_size=1, max_size=30),
    st.fractions("0.01", "0.99", max_denominator=100),
    st.sampled_from(list(Interpolation)),
)
def test_a_percentile_is_what_numpy_gives(
    answers: list[Fraction], share: Fraction, interpolation: Interpolation
) -> None:
    """By each stated interpolation; ours is exact."""
    asked = PercentileTerms(share, interpolation)
    expected = np.percentile(
        [float(each) for each in answers], float(share * 100), method=NUMPY[interpolation]
    )

    found = compute(method(Method.PERCENTILE, percentile=asked), [answered("a", answers)])

    is_a_step = interpolation is Interpolation.NEAREST_RANK
    rank = share * len(answers)
    if not (is_a_step and rank.denominator == 1):  # NumPy decides a tie in binary fractions
        assert float(found.value) == pytest.approx(float(expected), abs=1e-6)


def test_a_percentile_lies_within_its_order_statistics() -> None:
    """100 answers: the median's interval runs from the 41st to the 60th."""
    terms = method(Method.MEDIAN, margin=MarginKind.ORDER_STATISTICS)

    found = compute(terms, [answered("a", range(1, 101))])

    assert found.value == Fraction(101, 2)
    assert found.margin == Margin(Fraction(41), Fraction(60))


def test_dont_know_counts_where_the_terms_say_so() -> None:
    """Two of four answers meet the target, or two of the three that say something."""
    answers = [5, 4, 1, 0]
    codes = (Fraction(0),)
    all_of_them = AnswerTerms(Denominator.ALL_ANSWERS, codes)
    valid = AnswerTerms(Denominator.VALID_ANSWERS, codes)

    values = [
        compute(method(Method.SHARE_MEETING_TARGET, answers=each), [answered("a", answers)])
        for each in (all_of_them, valid)
    ]

    assert [each.value for each in values] == [50, Fraction(200, 3)]
    assert [each.sample_size for each in values] == [4, 3]
    assert [each.answered for each in values] == [4, 4]


def test_lost_time_is_the_mean_of_those_who_answered_it() -> None:
    """Who left the question out lost no zero minutes."""
    terms = method(
        Method.LOST_TIME, answers=AnswerTerms(Denominator.VALID_ANSWERS, (Fraction(-1),))
    )

    assert compute(terms, [answered("a", [30, 0, -1, -1])]).value == 15


def test_answers_are_read_with_the_stated_decimals() -> None:
    """2.45 is read as 2.5, half away from zero; then the median is of what was read."""
    rounded = AnswerTerms(Denominator.VALID_ANSWERS, decimals=1)

    found = compute(method(Method.MEDIAN, answers=rounded), [answered("a", ["2.45", "2.54"])])

    assert found.value == Fraction("2.5")


def test_invited_and_answered_give_the_response_rate() -> None:
    """Each part states whom it asked; what is not stated is not guessed."""
    parts = [answered("a", [5, 4], 10), answered("b", [3], 20)]

    found = compute(method(Method.TOP_TWO_BOX), parts)

    assert (found.answered, found.invited) == (3, 30)
    assert compute(method(Method.TOP_TWO_BOX), [answered("a", [5])]).invited is None


def test_answers_are_not_set_beside_fewer_people_than_were_asked_for_them() -> None:
    """One part of three answers says that two were asked, the other nothing: no rate above one."""
    parts = [answered("a", [5, 4], 2), answered("b", [3, 4])]

    assert compute(method(Method.TOP_TWO_BOX), parts).invited is None
    assert compute(method(Method.TOP_TWO_BOX), [*parts[:1], answered("b", [])]).invited == 2


@pytest.mark.parametrize(
    ("stated", "path"),
    [
        ({"kind": Method.SUM, "margin": MarginKind.WILSON}, "method.margin"),
        ({"kind": Method.SHARE_MEETING_TARGET, "target": None}, "method.target"),
        ({"kind": Method.MEAN, "answers": None}, "method.answers"),
        ({"kind": Method.SUM, "answers": VALID}, "method.answers"),
        ({"kind": Method.WEAKEST_LINK, "answers": None, "series": ""}, "method.inputs"),
        ({"kind": Method.SUM, "scale": Fraction(0)}, "method.scale"),
        (
            {"kind": Method.MEAN, "answers": AnswerTerms(Denominator.ALL_ANSWERS)},
            "method.answers.denominator",
        ),
        (
            {
                "kind": Method.TOP_TWO_BOX,
                "answers": AnswerTerms(Denominator.VALID_ANSWERS, (Fraction(3),)),
            },
            "method.answers.noAnswers",
        ),
        (
            {
                "kind": Method.PERCENTILE,
                "percentile": PercentileTerms(Fraction(1), Interpolation.LINEAR),
            },
            "method.percentile.share",
        ),
    ],
)
def test_terms_that_say_too_little_or_too_much_are_refused(
    stated: dict[str, object], path: str
) -> None:
    """With the term's place."""
    kind = stated.pop("kind")
    assert isinstance(kind, Method)

    with pytest.raises(MethodMalformed) as refused:
        check(method(kind, **stated))

    assert refused.value.path == path


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.fractions(-100, 100, max_denominator=20)),
        min_size=1,
        max_size=8,
    )
)
def test_composites_weigh_or_take_the_worst(drawn: list[tuple[int, Fraction]]) -> None:
    """The weighted average of exact values, and the weakest link by the direction."""
    inputs = [InputValue(Fraction(weight), value, None) for weight, value in drawn]
    pairs = tuple(WeightedInput(f"i{n}", each.weight) for n, each in enumerate(inputs))
    stated = {"answers": None, "series": "", "inputs": pairs, "scale": Fraction(1)}
    average = method(Method.WEIGHTED_COMPOSITE, **stated)
    weakest = method(Method.WEAKEST_LINK, **stated)
    check(average)

    whole = sum(weight for weight, _ in drawn)
    expected = sum((weight * value for weight, value in drawn), Fraction(0)) / whole
    values = [value for _, value in drawn]
    assert compose(average, inputs, lower_is_better=False).value == expected
    assert compose(weakest, inputs, lower_is_better=False).value == min(values)
    assert compose(weakest, inputs, lower_is_better=True).value == max(values)


def test_a_composites_margin_is_propagated_as_if_inputs_were_independent() -> None:
    """Half weights of ±3 and ±4 give ±2.5; an input without a margin leaves none."""
    terms = method(
        Method.WEIGHTED_COMPOSITE,
        answers=None,
        series="",
        scale=Fraction(1),
        margin=MarginKind.PROPAGATED,
        inputs=(WeightedInput("i", Fraction(1)), WeightedInput("j", Fraction(1))),
    )
    inputs = [
        InputValue(Fraction(1), Fraction(50), Margin(Fraction(47), Fraction(53))),
        InputValue(Fraction(1), Fraction(60), Margin(Fraction(56), Fraction(64))),
    ]

    margin = compose(terms, inputs, lower_is_better=False).margin

    assert margin == Margin(Fraction("52.5"), Fraction("57.5"))
    bare = [inputs[0], InputValue(Fraction(1), Fraction(60), None)]
    assert compose(terms, bare, lower_is_better=False).margin is None


@pytest.mark.parametrize("kind", sorted(SHARES | MEANS | {Method.MEDIAN}))
def test_nobody_answering_is_no_zero(kind: Method) -> None:
    """An empty part is allowed, and no value follows from empty parts alone."""
    empty = Figures("a", Fraction(0), sample_size=0)
    terms = method(kind)
    if kind not in MEANS - {Method.CUSTOMER_EFFORT_SCORE}:
        check_figures(terms, empty, OWNERS, "")

    with pytest.raises(NothingMeasured):
        compute(terms, [empty])

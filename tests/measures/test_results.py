"""Results: low samples, the period before, bands, composites, and what the first rules gave."""

from fractions import Fraction
from typing import Any

import pytest

from ledger.figures import Figures, NothingMeasured
from ledger.indicator import Direction, IndicatorVersion, LowSample, Standing
from ledger.judgement import change, standing
from ledger.measurement import InputsMissing
from ledger.result import Around, result
from ledger.statistic import Change, Margin
from tests.measures.declared import OPENING, agreed, composite, measure, part, terms

CSAT = {
    "kind": "TOP_TWO_BOX",
    "scale": "100",
    "series": "s",
    "segment": "",
    "margin": "WILSON",
    "answers": {"denominator": "VALID_ANSWERS"},
}


def satisfied(rule: str, **stated: Any) -> Any:
    """CSAT that wants ten answers; what fewer mean is the rule."""
    return terms(method=CSAT, minimum_sample=10, low_sample=rule, **stated)


def said(good: int, bad: int, party: str = "a") -> Figures:
    """So many fives and ones."""
    counts = [("1", bad), ("5", good)]
    answers = [{"value": value, "count": count} for value, count in counts if count]
    return part(party_id=party, value=str(5 * good + bad), sample_size=good + bad, answers=answers)


@pytest.mark.parametrize(
    "rule",
    [
        "NO_SCORE_REWEIGHT_IN_PROPORTION",
        "NO_SCORE_REWEIGHT_EQUALLY",
        "PAY_AT_TARGET",
        "PAY_NOTHING",
    ],
)
def test_a_low_sample_keeps_its_value_and_names_its_rule(rule: str) -> None:
    """Three answers: what they gave is shown, and how it will be treated."""
    found = measure(satisfied(rule), [said(2, 1)])

    assert (found.is_low_sample, found.findings.low_sample) == (True, LowSample(rule))
    assert found.value == Fraction(200, 3)
    assert found.findings.drawn_from == ()


def test_a_sample_of_the_minimum_is_enough() -> None:
    """Ten of ten."""
    found = measure(satisfied("PAY_NOTHING"), [said(6, 4)])

    assert (found.is_low_sample, found.findings.low_sample) == (False, None)


def test_a_low_sample_is_carried_forward_from_the_period_before() -> None:
    """The agreed value holds with its margin, and its entry is named."""
    stated = satisfied("CARRY_FORWARD", without_previous="PAY_NOTHING")
    before = agreed(stated, [said(8, 4)], index=7)

    found = measure(stated, [said(1, 2)], Around(before=before))

    assert found.value == before.measurement.value
    assert found.findings.margin == before.measurement.findings.margin
    assert (found.findings.low_sample, found.findings.drawn_from) == (LowSample.CARRY_FORWARD, (7,))
    assert found.is_low_sample


def test_a_carried_value_can_be_carried_on() -> None:
    """Two quiet periods: the second draws on the first, which names where it came from."""
    stated = satisfied("CARRY_FORWARD", without_previous="PAY_NOTHING")
    first = agreed(stated, [said(8, 4)], index=7)
    quiet = agreed(stated, [said(0, 1)], index=8, around=Around(before=first))

    found = measure(stated, [said(1, 0)], Around(before=quiet))

    assert found.value == first.measurement.value
    assert found.findings.drawn_from == (8,)


def test_what_had_no_score_is_not_carried_forward() -> None:
    """A low sample before, with nothing before it, gives nothing to carry."""
    stated = satisfied("CARRY_FORWARD", without_previous="PAY_AT_TARGET")
    first = agreed(stated, [said(1, 1)], index=7)
    assert first.rule is LowSample.PAY_AT_TARGET

    found = measure(stated, [said(2, 0)], Around(before=first))

    assert (found.findings.low_sample, found.findings.drawn_from) == (LowSample.PAY_AT_TARGET, ())


def test_a_low_sample_is_pooled_with_the_parts_of_the_period_before() -> None:
    """3 and 8 answers together: 9 of 11, never the mean of two shares."""
    stated = satisfied("POOL_WITH_PREVIOUS", without_previous="PAY_NOTHING")
    before = agreed(stated, [said(7, 1)], index=7)

    found = measure(stated, [said(2, 1)], Around(before=before))

    assert found.value == Fraction(900, 11)
    assert found.sample_size == 11
    assert found.findings.drawn_from == (7,)
    assert found.findings.low_sample is LowSample.POOL_WITH_PREVIOUS
    assert [each.figures for each in found.parts] == [said(2, 1)]


def test_pooling_that_stays_low_falls_back_on_the_stated_rule() -> None:
    """3 and 4 answers are still fewer than 10."""
    stated = satisfied("POOL_WITH_PREVIOUS", without_previous="PAY_NOTHING")
    before = agreed(stated, [said(4, 0)], index=7)

    found = measure(stated, [said(2, 1)], Around(before=before))

    assert (found.findings.low_sample, found.findings.drawn_from) == (LowSample.PAY_NOTHING, ())
    assert found.value == Fraction(200, 3)


def test_a_period_of_another_method_is_not_drawn_on() -> None:
    """A new version that measures otherwise starts anew; nothing is compared either."""
    stated = satisfied("CARRY_FORWARD", without_previous="PAY_NOTHING")
    before = agreed(terms(), [part(value="40")], index=7)

    found = measure(stated, [said(1, 1)], Around(before=before))

    assert found.findings.low_sample is LowSample.PAY_NOTHING
    assert (found.findings.change, found.findings.before) == (Change.FIRST, None)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (
            "SHARE_MEETING_TARGET",
            {"target": {"value": "4", "comparison": "AT_LEAST"}},
            {"target": {"value": "5", "comparison": "AT_LEAST"}},
        ),
        (
            "PERCENTILE",
            {"percentile": {"share": "0.5", "interpolation": "LINEAR"}},
            {"percentile": {"share": "0.9", "interpolation": "LINEAR"}},
        ),
        ("TOP_TWO_BOX", {"segment": ""}, {"segment": "north"}),
    ],
)
def test_a_value_that_was_asked_for_otherwise_is_neither_compared_nor_carried(
    kind: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Fives alone are fewer than fours and fives: that is no change for the worse."""
    how = CSAT | {"kind": kind, "margin": "NONE"}
    rest = {"minimum_sample": 10, "low_sample": "CARRY_FORWARD", "without_previous": "PAY_NOTHING"}
    first, second = (terms(method=how | each, **rest) for each in (one, other))
    before = Around(before=agreed(first, [said(5, 5)], 20))

    same, changed = (measure(each, [said(10, 5)], before) for each in (first, second))
    carried, fallen = (measure(each, [said(1, 0)], before) for each in (first, second))

    assert (same.findings.change, same.findings.before) == (Change.NO_MARGIN, 20)
    assert (changed.findings.change, changed.findings.before) == (Change.FIRST, None)
    assert carried.findings.low_sample is LowSample.CARRY_FORWARD
    assert fallen.findings.low_sample is LowSample.PAY_NOTHING


def test_nobody_answering_has_no_value_where_a_minimum_is_stated() -> None:
    """The measurement says so, instead of 0 %; the rule for low samples still holds."""
    empty = part(value="0", sample_size=0)

    found = measure(satisfied("NO_SCORE_REWEIGHT_EQUALLY"), [empty])

    assert found.findings.is_void
    assert (found.standing, found.is_low_sample, found.sample_size) == (Standing.NONE, True, 0)


def test_nobody_answering_is_refused_where_no_minimum_is_stated() -> None:
    """There is no rule for it then."""
    with pytest.raises(NothingMeasured):
        measure(terms(method=CSAT), [part(value="0", sample_size=0)])


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (said(780, 220), Change.WITHIN_NOISE),
        (said(900, 100), Change.BETTER),
        (said(600, 400), Change.WORSE),
    ],
)
def test_a_change_within_the_noise_is_called_so(now: Figures, verdict: Change) -> None:
    """A thousand answers each: 75 % before against 78 %, 90 % and 60 %."""
    stated = satisfied("PAY_NOTHING")
    before = agreed(stated, [said(750, 250)], index=7)

    found = measure(stated, [now], Around(before=before))

    assert (found.findings.change, found.findings.before) == (verdict, 7)


def test_lower_is_better_where_the_terms_say_so() -> None:
    """The same fall is worse of satisfaction and better of complaints."""
    complaints = satisfied("PAY_NOTHING", direction="LOWER_IS_BETTER")
    before = agreed(complaints, [said(750, 250)], index=7)

    found = measure(complaints, [said(600, 400)], Around(before=before))

    assert found.findings.change is Change.BETTER


def test_without_a_margin_the_noise_cannot_be_told() -> None:
    """A count of everything has none; the verdict says that, not "better"."""
    before = agreed(terms(), [part(value="40")], index=7)

    found = measure(terms(), [part(value="50")], Around(before=before))

    assert found.findings.change is Change.NO_MARGIN


def banded(boundary: str = "INCLUSIVE") -> Any:
    """Room temperature: 20 to 24 is right, 18 to 26 bearable."""
    upper = {"minimum": "26", "target": "24", "stretch": "22"}
    lower = {"baseline": "19", "minimum": "18", "target": "20", "stretch": "22"}
    return terms(direction="BAND", boundary=boundary, levels=lower | {"upper": upper})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("17.9", Standing.RED),
        ("18", Standing.AMBER),
        ("20", Standing.GREEN),
        ("24", Standing.GREEN),
        ("24.1", Standing.AMBER),
        ("26", Standing.AMBER),
        ("26.1", Standing.RED),
    ],
)
def test_of_a_band_both_sides_count(value: str, expected: Standing) -> None:
    """Too warm is as wrong as too cold."""
    assert standing(banded(), Fraction(value)) is expected


@pytest.mark.parametrize("value", ["20", "24"])
def test_a_bands_edges_are_outside_where_the_boundary_is_exclusive(value: str) -> None:
    """On both sides."""
    assert standing(banded("EXCLUSIVE"), Fraction(value)) is Standing.AMBER


def test_of_a_band_nearer_is_better() -> None:
    """From 27 to 24 is better although it fell."""
    sure = Margin(Fraction(24), Fraction(24)), Margin(Fraction(27), Fraction(27))

    assert banded().direction is Direction.BAND
    found = change(banded(), Fraction(24), sure[0], Fraction(27), sure[1])
    assert found is Change.BETTER


def test_a_composite_waits_for_all_its_inputs() -> None:
    """What has no agreed measurement is named."""
    known = {"i0": agreed(terms(), [part(value="5")], 20)}

    with pytest.raises(InputsMissing) as refused:
        measure(composite({"i0": "1", "i1": "1"}), around=Around(inputs=known))

    assert refused.value.facts["indicators"] == "i1"


@pytest.mark.parametrize(("good", "rules", "expected"), [(1, 3, 90), (0, 3, 90), (0, 2, 100)])
def test_an_input_that_counts_at_its_target_does_so_where_nobody_answered_too(
    good: int, rules: int, expected: int
) -> None:
    """One answer, or none: half of 80 and half of 100; by the older rules none dropped out."""
    levels = {"baseline": "60", "minimum": "60", "target": "80", "stretch": "90"}
    at_target = satisfied("PAY_AT_TARGET", levels=levels)
    few = part(value="0", sample_size=0) if good == 0 else said(good, 0)
    enough = agreed(satisfied("PAY_NOTHING"), [said(10, 0)], 21)
    around = Around(inputs={"i0": agreed(at_target, [few], 20), "i1": enough})
    version = IndicatorVersion("i", 1, composite({"i0": "1", "i1": "1"}), 5)

    found = result(OPENING, version, "2024-02", (), around, rules)

    assert found.value == expected


def test_a_composite_of_inputs_without_scores_has_none() -> None:
    """All of them dropped: the composite's own rule for low samples holds."""
    few = agreed(satisfied("NO_SCORE_REWEIGHT_EQUALLY"), [said(1, 0)], 20)

    found = measure(composite({"i0": "1"}), around=Around(inputs={"i0": few}))

    assert found.findings.is_void
    assert found.findings.low_sample is LowSample.PAY_NOTHING

"""Joint satisfaction from single answers: measured, excluded, corrected and restated over HTTP."""

from fractions import Fraction
from typing import Any

import pytest

from tests.auditor import audit
from tests.measures.surveys import (
    BUYER,
    CSAT,
    DESK,
    OWNERS,
    SITE,
    answered,
    chain,
    measured,
    proposed,
    submitted,
    survey_terms,
)
from tests.world import PROPOSED, World

FEBRUARY, MARCH = "2024-02", "2024-03"


async def test_a_share_of_single_answers_is_pooled_and_has_its_margin(world: World) -> None:
    """8 of 12 with one "don't know" among them; each party's part adds up to the whole."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 5, 4, 4, 5, 4, 2, 0])
    await answered(world, SITE, "2024-02-06", [5, 4, 1, 3])

    found = await measured(world, indicator, FEBRUARY, invited=20)

    assert Fraction(found["value"]) == Fraction(200, 3)
    assert (found["displayed"], found["standing"]) == ("66.67", "AMBER")
    assert (found["sampleSize"], found["answered"], found["invited"]) == (12, 12, 40)
    assert found["responseRate"] == "0.3"
    assert (found["change"], found["isLowSample"]) == ("FIRST", False)
    low, high = Fraction(found["margin"]["low"]), Fraction(found["margin"]["high"])
    assert f"{float(low):.2f} {float(high):.2f}" == "39.06 86.19"
    shares = {each["party"]["name"]: each["value"] for each in found["contributions"]}
    assert shares == {DESK: "50", SITE: "50/3"}
    await audit(world.settings, world.ecosystem_id)


async def test_an_answer_off_the_scale_is_no_part(world: World) -> None:
    """A nine on a scale of five is refused with its value when the rows are summed up."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 9])

    problem = await world.refused(
        DESK, "submitPart", {"indicatorId": indicator, "period": FEBRUARY}
    )

    assert problem["code"] == "ANSWERS_IMPOSSIBLE"
    assert "9" in problem["message"]


async def test_a_later_revision_counts_wherever_it_lies(world: World) -> None:
    """An answer that moves to March leaves February."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 1])
    await answered(world, SITE, "2024-02-05", [4])
    moved = {"reference": "a-2024-02-05-1", "at": "2024-03-01T09:00:00Z", "value": "1"}
    rows = [{**moved, "revision": 2}]
    await world.done(DESK, "recordObservations", {"series": "csat", "rows": rows})

    found = await measured(world, indicator, FEBRUARY)

    assert (found["value"], found["sampleSize"]) == ("100", 2)


async def test_a_party_without_answers_says_so(world: World) -> None:
    """An empty part is its party's word; with rows there it is refused."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 4])
    place = {"indicatorId": indicator, "period": FEBRUARY}

    missing = await world.refused(SITE, "submitPart", place)
    wrong = await world.refused(DESK, "submitPart", place | {"isEmpty": True})
    await world.done(SITE, "submitPart", place | {"isEmpty": True})
    await world.done(DESK, "submitPart", place)
    found = (await proposed(world, indicator, FEBRUARY))["measurement"]

    assert (missing["code"], wrong["code"]) == ("NOTHING_MEASURED", "OBSERVATIONS_EXIST")
    assert (found["value"], found["sampleSize"]) == ("100", 2)
    await audit(world.settings, world.ecosystem_id)


async def test_a_low_sample_is_carried_forward_and_says_from_where(world: World) -> None:
    """March has two answers of the ten that are wanted: February's value holds."""
    low = {
        "minimumSample": 10,
        "lowSample": "CARRY_FORWARD",
        "withoutPrevious": "NO_SCORE_REWEIGHT_IN_PROPORTION",
    }
    indicator = await chain(world, **low)
    for party, day in ((DESK, "2024-02-05"), (SITE, "2024-02-06")):
        await answered(world, party, day, [5, 5, 4, 4, 3])
    await answered(world, DESK, "2024-03-05", [1])
    await answered(world, SITE, "2024-03-05", [2])
    before = await measured(world, indicator, FEBRUARY)

    found = await measured(world, indicator, MARCH)

    assert (found["value"], found["isLowSample"]) == ("80", True)
    assert found["lowSampleRule"] == "CARRY_FORWARD"
    assert found["drawnFrom"] == [before["index"]]
    await audit(world.settings, world.ecosystem_id)


async def test_a_low_sample_is_pooled_with_the_period_before(world: World) -> None:
    """March's two answers and February's ten are computed together, and the entry is named."""
    low = {
        "minimumSample": 10,
        "lowSample": "POOL_WITH_PREVIOUS",
        "withoutPrevious": "NO_SCORE_REWEIGHT_IN_PROPORTION",
    }
    indicator = await chain(world, **low)
    await answered(world, DESK, "2024-01-05", [5, 1])
    await answered(world, SITE, "2024-01-05", [1])
    for party, day in ((DESK, "2024-02-05"), (SITE, "2024-02-06")):
        await answered(world, party, day, [5, 5, 4, 4, 3])
    await answered(world, DESK, "2024-03-05", [1])
    await answered(world, SITE, "2024-03-05", [2])
    alone = await measured(world, indicator, "2024-01")
    before = await measured(world, indicator, FEBRUARY)

    found = await measured(world, indicator, MARCH)

    assert alone["lowSampleRule"] == "NO_SCORE_REWEIGHT_IN_PROPORTION"  # nothing to pool with
    assert (before["isLowSample"], before["drawnFrom"]) == (False, [])
    assert (found["value"], found["sampleSize"]) == ("200/3", 12)
    assert (found["isLowSample"], found["lowSampleRule"]) == (True, "POOL_WITH_PREVIOUS")
    assert found["drawnFrom"] == [before["index"]]
    await audit(world.settings, world.ecosystem_id)


async def test_an_answer_counts_in_the_month_of_its_own_clock(world: World) -> None:
    """The last and the first minute of London's months around both changes of the clock."""
    indicator = await chain(world)
    for period, first, last in (
        ("2024-03", "2024-03-01T00:00:00Z", "2024-03-31T22:59:59.999999Z"),
        ("2024-04", "2024-03-31T23:00:00Z", "2024-04-30T22:59:59.999999Z"),
        ("2024-10", "2024-09-30T23:00:00Z", "2024-10-31T23:59:59.999999Z"),
        ("2024-11", "2024-11-01T00:00:00Z", "2024-11-30T23:59:59.999999Z"),
    ):
        for party in (DESK, SITE):
            rows = [{"reference": f"{period} {at}", "at": at, "value": "5"} for at in (first, last)]
            await world.done(party, "recordObservations", {"series": "csat", "rows": rows})
    for period in ("2024-03", "2024-04", "2024-10", "2024-11"):
        found = await measured(world, indicator, period)
        assert found["sampleSize"] == 4
    await audit(world.settings, world.ecosystem_id)


async def test_a_window_is_left_out_by_consent_with_the_value_before_and_after(
    world: World,
) -> None:
    """The storm's two hours go; parts that still hold them are outdated until submitted anew."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [1, 1, 5, 5, 5, 4])
    await answered(world, SITE, "2024-02-05", [1, 4, 4, 4])
    await submitted(world, indicator, FEBRUARY)
    window = {
        "indicatorId": indicator,
        "period": FEBRUARY,
        "fromAt": "2024-02-05T00:00:00Z",
        "untilAt": "2024-02-05T02:00:00Z",
        "reason": "FORCE_MAJEURE",
        "explanation": "The storm of 5 February took the line down.",
    }
    show = f"exclusion {{ id rowCount valueBefore valueAfter status index }} {PROPOSED}"

    payload = await world.done(SITE, "proposeExclusion", window, show)
    await world.agree(payload["proposal"], *OWNERS)
    place = {"indicatorId": indicator, "period": FEBRUARY}
    outdated = await world.refused(DESK, "proposeMeasurement", place)
    found = await measured(world, indicator, FEBRUARY)

    left_out = payload["exclusion"]
    assert (left_out["rowCount"], left_out["valueBefore"], left_out["valueAfter"]) == (
        4,
        "70",
        "100",
    )
    assert outdated["code"] == "PARTS_OUTDATED"
    assert (found["value"], found["sampleSize"]) == ("100", 6)
    assert found["exclusions"] == [left_out["index"]]
    data = await world.read(DESK, "{ exclusions { nodes { status period { start end } } } }")
    [listed] = data["exclusions"]["nodes"]
    assert listed["status"] == "AGREED"
    assert listed["period"] == {"start": "2024-02-01", "end": "2024-03-01"}
    await audit(world.settings, world.ecosystem_id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"untilAt": "2024-02-05T00:00:00Z"}, "EXCLUSION_MALFORMED"),
        ({"untilAt": "2024-03-05T00:00:00Z"}, "EXCLUSION_MALFORMED"),
        (
            {"fromAt": "2024-02-20T00:00:00Z", "untilAt": "2024-02-21T00:00:00Z"},
            "EXCLUSION_MALFORMED",
        ),
        ({"explanation": "  "}, "EXPLANATION_MISSING"),
        ({"period": "2024-13"}, "PERIOD_UNKNOWN"),
    ],
)
async def test_a_window_that_cannot_be_left_out_is_refused(
    world: World, change: dict[str, Any], code: str
) -> None:
    """It ends before it starts, leaves the period, holds nothing, or says nothing."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [1, 5])
    window = {
        "indicatorId": indicator,
        "period": FEBRUARY,
        "fromAt": "2024-02-05T00:00:00Z",
        "untilAt": "2024-02-05T02:00:00Z",
        "reason": "PLANNED_WORK",
        "explanation": "An announced night of work.",
    }

    problem = await world.refused(DESK, "proposeExclusion", window | change)

    assert problem["code"] == code


async def test_a_failing_example_refuses_the_version(world: World) -> None:
    """With what it computes against what was expected."""
    await world.found(BUYER, DESK, SITE)
    terms = survey_terms(world, CSAT)
    terms["workedExamples"][0]["expected"] = "50"

    problem = await world.refused(DESK, "proposeIndicator", terms)

    assert problem["code"] == "EXAMPLE_FAILS"
    assert "40, not 50" in problem["message"]


async def test_an_indicator_shows_every_term_that_was_stated(world: World) -> None:
    """And how many misses its target allows at a small sample."""
    indicator = await chain(world, lowSample="POOL_WITH_PREVIOUS", withoutPrevious="PAY_NOTHING")

    data = await world.read(
        BUYER,
        """query($id: ID!) { indicator(id: $id) { current { rollingCount withoutPrevious
          few: missesAllowed(n: 4) many: missesAllowed(n: 10)
          calendar { kind timeZone firstMonth firstOn } workedExamples { expected }
          methodTerms { kind margin answers { denominator noAnswers lowest highest decimals }
            target { value comparison } percentile { share } inputs { weight } } } } }""",
        id=indicator,
    )

    current = data["indicator"]["current"]
    assert (current["few"], current["many"]) == (0, 2)
    assert (current["rollingCount"], current["withoutPrevious"]) == ("CONTINUES", "PAY_NOTHING")
    assert current["methodTerms"]["target"] == {"value": "4", "comparison": "AT_LEAST"}
    assert current["methodTerms"]["answers"]["noAnswers"] == ["0"]
    assert current["calendar"]["kind"] == "MONTH"

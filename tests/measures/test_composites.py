"""Composites over HTTP: scores over other indicators, agreed like any other."""

from tests.auditor import audit
from tests.measures.surveys import (
    DESK,
    OWNERS,
    answered,
    chain,
    histogram,
    measured,
    opened,
    proposed,
    survey_terms,
)
from tests.world import World

FEBRUARY, MARCH = "2024-02", "2024-03"


async def test_a_composite_reads_agreed_values_of_other_indicators(world: World) -> None:
    """The experience score of satisfaction and effort; its inputs are named by their entries."""
    csat = await chain(world)
    effort = {
        "kind": "CUSTOMER_EFFORT_SCORE",
        "margin": "STUDENT_T",
        "series": "effort",
        "answers": {"denominator": "VALID_ANSWERS"},
    }
    example = [
        {
            "parts": [{"partyId": world.parties[DESK], "answers": histogram([7, 5])}],
            "expected": "6",
        }
    ]
    levels = {"baseline": "4", "minimum": "4", "target": "5", "stretch": "6"}
    stated = {"name": "Effort", "unit": "points", "levels": levels, "workedExamples": example}
    ease = await opened(world, survey_terms(world, effort, **stated))
    ids = {"Joint satisfaction": csat, "Effort": ease}
    score = {
        "kind": "WEIGHTED_COMPOSITE",
        "margin": "PROPAGATED",
        "inputs": [
            {"indicatorId": csat, "weight": "1"},
            {"indicatorId": ease, "weight": "9"},
        ],
    }
    assumed = [
        {"indicatorId": csat, "value": "80"},
        {"indicatorId": ease, "value": "6"},
    ]
    example = [{"inputs": assumed, "expected": "13.4"}]
    joint = survey_terms(world, score, name="Score", attribution="SOLIDARY")
    composite = await opened(world, joint | {"workedExamples": example})
    missing = await world.refused(
        DESK, "proposeMeasurement", {"indicatorId": composite, "period": FEBRUARY}
    )
    for party in OWNERS:
        await answered(world, party, "2024-02-05", [5, 4])
        await answered(world, party, "2024-02-05", [7, 5], series="effort")
    inputs = [await measured(world, each, FEBRUARY) for each in ids.values()]

    found = (await proposed(world, composite, FEBRUARY))["measurement"]

    assert missing["code"] == "INPUTS_MISSING"
    assert found["value"] == "15.4"
    assert [each["index"] for each in found["inputs"]] == [each["index"] for each in inputs]
    assert [each["weight"] for each in found["inputs"]] == ["0.1", "0.9"]
    assert found["margin"] is not None
    await audit(world.settings, world.ecosystem_id)


async def test_a_composite_cannot_read_itself(world: World) -> None:
    """Nor what is not agreed."""
    indicator = await chain(world)
    score = {
        "kind": "WEAKEST_LINK",
        "margin": "NONE",
        "inputs": [{"indicatorId": indicator, "weight": "1"}],
    }
    example = [{"inputs": [{"indicatorId": indicator, "value": "8"}], "expected": "8"}]
    terms = survey_terms(world, score, attribution="SOLIDARY") | {"workedExamples": example}

    circle = await world.refused(DESK, "proposeIndicator", terms | {"indicatorId": indicator})
    stranger = {"indicatorId": "Indicator:nobody", "weight": "1"}
    unknown = terms | {
        "method": score | {"inputs": [stranger]},
        "workedExamples": [
            {"inputs": [{"indicatorId": "Indicator:nobody", "value": "8"}], "expected": "8"}
        ],
    }
    refused = await world.refused(DESK, "proposeIndicator", unknown)

    assert (circle["code"], refused["code"]) == ("TERMS_MALFORMED", "TERMS_MALFORMED")

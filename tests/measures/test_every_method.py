"""Every method through the API: declared terms, single answers in, the value and margin out."""

from fractions import Fraction
from statistics import quantiles
from typing import Any

import pytest

from tests.auditor import audit
from tests.measures.surveys import (
    BUYER,
    DESK,
    OWNERS,
    SITE,
    answered,
    histogram,
    measured,
    opened,
    proposed,
    submitted,
    survey_terms,
)
from tests.world import World

FEBRUARY = "2024-02"
VALID = {"denominator": "VALID_ANSWERS"}
LINEAR = {"interpolation": "LINEAR"}
TEN = [10, 9, 9, 8, 7, 6, 3]
SEVEN = [7, 6, 6, 2, 1, 5, 4]
FIVE = [5, 4, 4, 3, 1, 5, 2]
MINUTES = [0, 15, 30, 45, 240, 5, 12]
NINETIETH = Fraction(90, 100)

FORMS: dict[str, tuple[dict[str, Any], list[int], Fraction]] = {
    "TOP_TWO_BOX": ({"margin": "ADJUSTED_WALD", "scale": "100"}, FIVE, Fraction(400, 7)),
    "NET_PROMOTER_SCORE": ({"margin": "ADJUSTED_WALD", "scale": "100"}, TEN, Fraction(100, 7)),
    "HAPPINESS": ({"margin": "WALD", "scale": "100"}, TEN, Fraction(100, 7)),
    "CUSTOMER_EFFORT_SCORE": ({"margin": "STUDENT_T"}, SEVEN, Fraction(31, 7)),
    "LOST_TIME": ({"margin": "STUDENT_T"}, MINUTES, Fraction(347, 7)),
    "MEAN": ({"margin": "STUDENT_T"}, MINUTES, Fraction(347, 7)),
    "MEDIAN": (
        {"margin": "NONE", "percentile": {"share": "0.5", **LINEAR}},
        MINUTES,
        Fraction(15),
    ),
    "PERCENTILE": (
        {"margin": "NONE", "percentile": {"share": "0.9", **LINEAR}},
        MINUTES,
        Fraction(round(quantiles(MINUTES, n=10, method="inclusive")[8])),
    ),
}


@pytest.mark.parametrize("kind", FORMS)
async def test_a_method_over_single_answers_goes_from_rows_to_a_value(
    world: World, kind: str
) -> None:
    """Seven answers of two parties; the worked example is run by the same engine."""
    stated, answers, expected = FORMS[kind]
    await world.found(BUYER, DESK, SITE)
    method = {"kind": kind, "series": "csat", "answers": VALID} | stated
    shown = f"{float(expected):.2f}".rstrip("0").rstrip(".")
    example = {
        "parts": [{"partyId": world.parties[DESK], "answers": histogram(answers)}],
        "expected": shown,
    }
    is_whole = kind in ("MEDIAN", "PERCENTILE")
    terms = survey_terms(world, method, attribution="SOLIDARY" if is_whole else "ATTRIBUTED")
    indicator = await opened(world, terms | {"workedExamples": [example]})
    await answered(world, DESK, "2024-02-05", answers[:4])
    await answered(world, SITE, "2024-02-06", answers[4:])

    found = await measured(world, indicator, FEBRUARY)

    assert Fraction(found["value"]) == expected
    assert found["sampleSize"] == len(answers)
    assert (found["margin"] is None) == (stated["margin"] == "NONE")
    parts = [Fraction(each["value"]) for each in found["contributions"]]
    assert sum(parts) == (0 if is_whole else expected)
    await audit(world.settings, world.ecosystem_id)


async def test_a_pooled_ratio_is_never_a_mean_of_means(world: World) -> None:
    """90 of 100 and 1 of 10: 82.73 %, not 50 %; counts have Wilson's margin."""
    await world.found(BUYER, DESK, SITE)
    method = {"kind": "POOLED_RATIO", "margin": "WILSON", "series": "on-time", "scale": "100"}
    example = {
        "parts": [
            {"partyId": world.parties[DESK], "value": "90", "denominator": "100"},
            {"partyId": world.parties[SITE], "value": "1", "denominator": "10"},
        ],
        "expected": "82.73",
    }
    indicator = await opened(world, survey_terms(world, method, workedExamples=[example]))
    for party, hits, whole in ((DESK, "90", "100"), (SITE, "1", "10")):
        row = {"reference": "feb", "period": FEBRUARY, "value": hits, "denominator": whole}
        await world.done(party, "recordObservations", {"series": "on-time", "rows": [row]})

    await submitted(world, indicator, FEBRUARY)
    found = (await proposed(world, indicator, FEBRUARY))["measurement"]

    assert (found["displayed"], found["sampleSize"]) == ("82.73", 110)
    assert found["margin"] is not None


async def test_declared_answers_and_attribution_are_taken_as_they_are_stated(
    world: World,
) -> None:
    """Joint minutes in equal parts, nobody's in the value, a strike left out with its reason."""
    await world.found(BUYER, DESK, SITE)
    method = {"kind": "SUM", "margin": "NONE", "series": "minutes"}
    example = {
        "parts": [{"partyId": world.parties[DESK], "value": "5"}],
        "expected": "5",
    }
    terms = survey_terms(world, method, unit="minutes", workedExamples=[example])
    indicator = await opened(world, terms)
    desk, site = ({"partyId": world.parties[each]} for each in OWNERS)
    lines = [
        {"kind": "SOLE", "value": "30", "shares": [desk]},
        {"kind": "JOINT", "value": "40", "shares": [desk, site]},
        {
            "kind": "SHARED",
            "value": "10",
            "shares": [desk | {"share": "0.3"}, site | {"share": "0.7"}],
        },
        {"kind": "UNATTRIBUTED", "value": "5"},
        {"kind": "EXCLUDED", "value": "15", "reason": "A strike of all carriers."},
    ]
    place = {"indicatorId": indicator, "period": FEBRUARY}
    figures = desk | {"value": "100", "attribution": lines}
    declared = {"figures": figures, "evidenceSha256": "ab" * 32}
    wrong = {**declared, "figures": figures | {"value": "99"}}
    problem = await world.refused(DESK, "submitPart", place | {"declared": wrong})
    await world.done(DESK, "submitPart", place | {"declared": declared})
    await world.done(SITE, "submitPart", place | {"isEmpty": True})

    found = (await proposed(world, indicator, FEBRUARY))["measurement"]

    whose = {
        each["party"]["name"] if each["party"] else "nobody": each["value"]
        for each in found["contributions"]
    }
    assert problem["code"] == "FIGURES_MALFORMED"
    assert found["value"] == "85"
    assert whose == {DESK: "53", SITE: "27", "nobody": "5"}
    await audit(world.settings, world.ecosystem_id)


async def test_the_weakest_link_is_the_worst_input(world: World) -> None:
    """A chain is as good as its worst part."""
    await world.found(BUYER, DESK, SITE)
    ids = []
    for name, answers in (("First", [5, 5, 5, 1]), ("Second", [4, 1, 1, 1])):
        method = {
            "kind": "TOP_TWO_BOX",
            "margin": "NONE",
            "series": name,
            "scale": "100",
            "answers": VALID,
        }
        example = {
            "parts": [{"partyId": world.parties[DESK], "answers": histogram([5, 1])}],
            "expected": "50",
        }
        terms = survey_terms(world, method, name=name, workedExamples=[example])
        ids.append(await opened(world, terms))
        for party in OWNERS:
            await answered(world, party, "2024-02-05", answers, series=name)
        await measured(world, ids[-1], FEBRUARY)
    inputs = [{"indicatorId": each, "weight": "1"} for each in ids]
    weakest = {"kind": "WEAKEST_LINK", "margin": "NONE", "inputs": inputs}
    assumed = [{"indicatorId": each, "value": v} for each, v in zip(ids, ("80", "60"), strict=True)]
    example = {"inputs": assumed, "expected": "60"}
    terms = survey_terms(world, weakest, attribution="SOLIDARY", workedExamples=[example])

    chain = await opened(world, terms)
    found = (await proposed(world, chain, FEBRUARY))["measurement"]

    assert (found["value"], found["standing"]) == ("25", "RED")

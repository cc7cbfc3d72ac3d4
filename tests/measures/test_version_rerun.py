"""What-if: a proposed version over past periods, old beside new, before anybody signs."""

from typing import Any

from tests.auditor import audit
from tests.measures.surveys import (
    BUYER,
    CSAT,
    DESK,
    SITE,
    answered,
    histogram,
    measured,
    opened,
    survey_terms,
)
from tests.world import PROPOSED, World

RERUN = """query($id: ID!, $last: Int!) { versionRerun(versionId: $id, last: $last) {
  periodKey agreed { value displayed standing }
  computed { value displayed standing sampleSize change isLowSample lowSampleRule
    margin { half } contributions { value party { name } } }
  problem { code message } } }"""

MEAN: dict[str, Any] = {
    "kind": "MEAN",
    "margin": "STUDENT_T",
    "series": "csat",
    "answers": {"denominator": "VALID_ANSWERS", "noAnswers": ["0"], "lowest": "1", "highest": "5"},
}


async def three_months(world: World) -> str:
    """February to April agreed as the share of fours and fives."""
    await world.found(BUYER, DESK, SITE)
    indicator = await opened(world, survey_terms(world, CSAT))
    for month, desk in (("02", [5, 5, 4, 0]), ("03", [5, 4, 3, 3]), ("04", [2, 2, 1, 1])):
        await answered(world, DESK, f"2024-{month}-05", desk)
        await answered(world, SITE, f"2024-{month}-06", [4, 4])
        await measured(world, indicator, f"2024-{month}")
    return indicator


async def next_version(
    world: World, indicator: str, method: dict[str, Any], answers: list[int], expected: str
) -> str:
    """The id of a proposed next version that nobody signed yet."""
    example = {
        "parts": [{"partyId": world.parties[DESK], "answers": histogram(answers)}],
        "expected": expected,
    }
    levels = {"baseline": "3", "minimum": "3", "target": "4", "stretch": "5"}
    stated = {"unit": "points", "levels": levels, "workedExamples": [example]}
    terms = survey_terms(world, method, **stated) | {"indicatorId": indicator}
    show = f"indicatorVersion {{ id }} {PROPOSED}"
    payload = await world.done(DESK, "proposeIndicator", terms, show)
    found: str = payload["indicatorVersion"]["id"]
    return found


async def test_a_proposed_version_is_run_over_past_periods(world: World) -> None:
    """The mean beside the share, from the same rows; nothing is entered by asking."""
    indicator = await three_months(world)
    version = await next_version(world, indicator, MEAN, [5, 4], "4.5")
    size = await world.size()

    data = await world.read(BUYER, RERUN, id=version, last=12)

    old = [each["agreed"]["displayed"] for each in data["versionRerun"]]
    new = [each["computed"]["displayed"] for each in data["versionRerun"]]
    assert [each["periodKey"] for each in data["versionRerun"]] == ["2024-02", "2024-03", "2024-04"]
    assert old == ["83.33", "66.67", "33.33"]
    assert new == ["4.4", "3.83", "2.33"]
    changes = [each["computed"]["change"] for each in data["versionRerun"]]
    assert changes == ["FIRST", "WITHIN_NOISE", "WITHIN_NOISE"]  # of six answers each
    assert [each["computed"]["standing"] for each in data["versionRerun"]] == [
        "GREEN",
        "AMBER",
        "RED",
    ]
    assert all(each["problem"] is None for each in data["versionRerun"])
    assert await world.size() == size
    await audit(world.settings, world.ecosystem_id)


async def test_the_newest_periods_are_taken_in_the_order_of_time(world: World) -> None:
    """Two of three."""
    indicator = await three_months(world)
    version = await next_version(world, indicator, MEAN, [5, 4], "4.5")

    data = await world.read(BUYER, RERUN, id=version, last=2)

    assert [each["periodKey"] for each in data["versionRerun"]] == ["2024-03", "2024-04"]


async def test_what_a_version_cannot_read_says_why(world: World) -> None:
    """A series that nobody recorded gives no zero."""
    indicator = await three_months(world)
    version = await next_version(world, indicator, MEAN | {"series": "other"}, [5, 4], "4.5")

    data = await world.read(BUYER, RERUN, id=version, last=1)

    [period] = data["versionRerun"]
    assert period["computed"] is None
    assert period["problem"]["code"] == "NOTHING_MEASURED"


async def test_too_many_periods_are_refused(world: World) -> None:
    """At most 40."""
    await world.found(BUYER, DESK, SITE)
    terms = survey_terms(world, CSAT)
    payload = await world.done(DESK, "proposeIndicator", terms, "indicatorVersion { id }")
    given = {"id": payload["indicatorVersion"]["id"], "last": 41}

    answer = await world.ask(RERUN, given, world.token(DESK))

    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"

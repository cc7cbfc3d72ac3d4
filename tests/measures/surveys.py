"""A survey's story over real HTTP: two partners own a service desk's joint satisfaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.world import PROPOSED, World, indicator_terms

BUYER, DESK, SITE = "Buyer", "Desk", "Site"
OWNERS = (DESK, SITE)

MEASURED = f"""measurement {{ id value displayed standing sampleSize answered invited responseRate
  margin {{ low high half }} change before isLowSample lowSampleRule drawnFrom index restates
  contributions {{ value share party {{ name }} }} exclusions
  inputs {{ indicatorId weight value index }} touchedMeasurements touchedSettlements {{ id }} }}
  {PROPOSED}"""

CSAT: dict[str, Any] = {
    "kind": "SHARE_MEETING_TARGET",
    "margin": "WILSON",
    "series": "csat",
    "scale": "100",
    "answers": {"denominator": "ALL_ANSWERS", "noAnswers": ["0"], "lowest": "1", "highest": "5"},
    "target": {"value": "4", "comparison": "AT_LEAST"},
}


def survey_terms(world: World, method: Mapping[str, Any], **stated: Any) -> dict[str, Any]:
    """Terms of a joint survey; the worked example fits the target share of CSAT."""
    terms = indicator_terms(world, {DESK: "0.6", SITE: "0.4"}) | {
        "name": "Joint satisfaction",
        "theme": "CUSTOMER_SATISFACTION",
        "perspective": "EXPERIENCE",
        "unit": "%",
        "direction": "HIGHER_IS_BETTER",
        "method": dict(method),
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "AFTER_COMPARING"},
        "levels": {"baseline": "70", "minimum": "60", "target": "80", "stretch": "95"},
        "workedExamples": [
            {
                "parts": [
                    {"partyId": world.parties[DESK], "answers": histogram([5, 4, 3, 0])},
                    {"partyId": world.parties[SITE], "answers": histogram([1])},
                ],
                "expected": "40",
            }
        ],
    }
    return terms | stated


def histogram(answers: Sequence[object]) -> list[dict[str, Any]]:
    """How often each value was given."""
    listed = [str(each) for each in answers]
    return [{"value": each, "count": listed.count(each)} for each in dict.fromkeys(listed)]


async def chain(world: World, **stated: Any) -> str:
    """A founded chain with its joint satisfaction, agreed."""
    await world.found(BUYER, DESK, SITE)
    return await opened(world, survey_terms(world, CSAT, **stated))


async def opened(world: World, terms: dict[str, Any]) -> str:
    """The id of an indicator that its owners agreed to."""
    payload = await world.done(DESK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], *OWNERS)
    data = await world.read(DESK, "{ indicators(last: 1) { nodes { id current { name } } } }")
    [node] = data["indicators"]["nodes"]
    found: str = node["id"]
    return found


async def answered(
    world: World, party: str, day: str, answers: Sequence[object], **how: Any
) -> None:
    """Single answers of a day, an hour apart, each under its own reference."""
    rows = [
        {
            "reference": f"{how.get('batch', 'a')}-{day}-{number}",
            "at": f"{day}T{number % 24:02}:00:00Z",
            "value": str(answer),
            "revision": how.get("revision", 1),
        }
        for number, answer in enumerate(answers)
    ]
    await world.done(
        party, "recordObservations", {"series": how.get("series", "csat"), "rows": rows}
    )


async def submitted(world: World, indicator: str, period: str, **how: Any) -> None:
    """Both owners' parts from their observations."""
    for party in OWNERS:
        given = {"indicatorId": indicator, "period": period, **how}
        await world.done(party, "submitPart", given)


async def proposed(
    world: World, indicator: str, period: str, mutation: str = "proposeMeasurement", **how: Any
) -> dict[str, Any]:
    """The payload of a proposed measurement or restatement."""
    given = {"indicatorId": indicator, "period": period, **how}
    return await world.done(DESK, mutation, given, MEASURED)


async def measured(world: World, indicator: str, period: str, **how: Any) -> dict[str, Any]:
    """The measurement of a period, from both parts, agreed."""
    await submitted(world, indicator, period, **how)
    payload = await proposed(world, indicator, period)
    await world.agree(payload["proposal"], *OWNERS)
    found: dict[str, Any] = payload["measurement"]
    return found

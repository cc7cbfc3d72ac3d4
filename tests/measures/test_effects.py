"""Effects of initiatives over HTTP: before against after, with the noise verdict, and counted."""

from typing import Any

import pytest

from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import Shift, shifting
from tests.auditor import audit
from tests.measures.surveys import BUYER, CSAT, DESK, OWNERS, SITE, opened, survey_terms
from tests.world import PROPOSED, World

EFFECTS = """query($on: Date, $asOf: Index) { initiatives(asOf: $asOf) { nodes { name
  effects(on: $on) { expectedChange movedBy verdict isReached
    indicator { current { name } } before { periodKey } after { periodKey } } } } }"""


async def declared(world: World, indicator: str, period: str, good: int, **how: Any) -> None:
    """A period agreed from what both owners declare: so many fives of a thousand each."""
    place = {"indicatorId": indicator, "period": period}
    for party in OWNERS:
        answers = [{"value": "5", "count": good}, {"value": "1", "count": 1000 - good}]
        figures = {"partyId": world.parties[party], "answers": answers}
        part = {"figures": figures, "evidenceSha256": "0" * 64}
        await world.done(party, "submitPart", place | {"declared": part} | how)
    if how:
        reason = {"reason": "CORRECTED_DECLARATION", "explanation": "Counted twice."}
        payload = await world.done(DESK, "proposeRestatement", place | reason, PROPOSED)
    else:
        payload = await world.done(DESK, "proposeMeasurement", place, PROPOSED)
    await world.agree(payload["proposal"], *OWNERS)


async def proposed(world: World, indicator: str, name: str) -> str:
    """An idea of the desk's that the site agreed to: ten points more until June."""
    given = {
        "name": name,
        "trial": "The desk rings back within the hour.",
        "partyIds": [world.parties[SITE]],
        "aims": [{"indicatorId": indicator, "expectedChange": "10"}],
        "judgedOn": "2024-05-31",
    }
    payload = await world.done(DESK, "proposeInitiative", given, f"initiative {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], *OWNERS)
    found: str = payload["initiative"]["id"]
    return found


async def moved(world: World, initiative: str, stage: str) -> None:
    """A stage that both agreed."""
    given = {"initiativeId": initiative, "stage": stage, "reason": "So it went."}
    payload = await world.done(DESK, "proposeInitiativeStage", given, PROPOSED)
    await world.agree(payload["proposal"], *OWNERS)


async def effect(world: World, on: str | None = None, as_of: int | None = None) -> dict[str, Any]:
    """The one effect of the one initiative, as the buyer sees it."""
    data = await world.read(BUYER, EFFECTS, on=on, asOf=as_of)
    [initiative] = data["initiatives"]["nodes"]
    [found] = initiative["effects"]
    assert found.pop("indicator") == {"current": {"name": "Joint satisfaction"}}
    assert found.pop("expectedChange") == "10"
    return {"before": found.pop("before"), "after": found.pop("after"), **found}


def told(
    before: str | None, after: str | None, moved_by: str | None, verdict: str, is_reached: Any
) -> dict[str, Any]:
    """An effect as it is shown."""
    return {
        "before": before and {"periodKey": before},
        "after": after and {"periodKey": after},
        "movedBy": moved_by,
        "verdict": verdict,
        "isReached": is_reached,
    }


def counting(world: World, source: str, kind: str, expected: str, **part: Any) -> dict[str, Any]:
    """Terms of an innovation indicator that reads entries of the ledger."""
    example = {"partyId": world.parties[DESK], "value": "1", **part}
    return survey_terms(
        world,
        {"kind": kind, "margin": "NONE", "source": source},
        name=f"{source} {kind}",
        theme="INNOVATION",
        attribution="SOLIDARY",
        stage="SHADOW",
        liveFrom="",
        workedExamples=[{"parts": [example], "expected": expected}],
    )


async def counted(world: World, indicator: str, period: str) -> dict[str, Any]:
    """An innovation indicator's period, agreed: nobody states a number."""
    place = {"indicatorId": indicator, "period": period}
    show = "part { basis rowCount entries batches figures { value } }"
    parts = {}
    for party in OWNERS:
        payload = await world.done(party, "submitPart", place, show)
        parts[party] = payload["part"]
    show = f"measurement {{ value contributions {{ value party {{ name }} }} }} {PROPOSED}"
    payload = await world.done(SITE, "proposeMeasurement", place, show)
    await world.agree(payload["proposal"], *OWNERS)
    return {"value": payload["measurement"]["value"], **parts}


async def story(world: World, shift: Shift) -> tuple[str, dict[str, str]]:
    """January measured, tried in March, adopted in May, judged at the end of May."""
    await world.found(BUYER, DESK, SITE)
    satisfaction = await opened(world, survey_terms(world, CSAT, liveFrom="2024-01"))
    terms = {
        "adopted": counting(world, "INITIATIVES_ADOPTED", "SUM", "1"),
        "reached": counting(world, "INITIATIVE_EFFECTS", "POOLED_RATIO", "0.5", denominator="2"),
    }
    kinds = {name: await opened(world, each) for name, each in terms.items()}
    await declared(world, satisfaction, "2024-01", 700)
    initiative = await proposed(world, satisfaction, "Ring back")
    assert await effect(world) == told(None, None, None, "FIRST", None)
    await shift.to("2024-03-10T09:00")
    await declared(world, satisfaction, "2024-02", 710)
    await moved(world, initiative, "TRIAL")
    assert await effect(world) == told("2024-02", None, None, "FIRST", None)
    await shift.to("2024-05-02T09:00")
    await declared(world, satisfaction, "2024-03", 990)
    await declared(world, satisfaction, "2024-04", 720)
    await moved(world, initiative, "ADOPTED")
    await shift.to("2024-06-03T09:00")
    await declared(world, satisfaction, "2024-05", 820)
    return satisfaction, kinds


@pytest.fixture
def start() -> str:
    """When the chain is founded."""
    return "2024-02-10T09:00"


async def test_what_an_initiative_did_is_computed_and_counted(
    settings: Settings, database: Embedded, start: str
) -> None:
    """Within the noise after a month, eleven points after two; the month it began in is neither."""
    async with shifting(settings, database, start) as (world, shift):
        satisfaction, kinds = await story(world, shift)

        assert await effect(world, "2024-05-01") == told(
            "2024-02", "2024-04", "1", "WITHIN_NOISE", False
        )
        assert await effect(world, "2024-06-01") == told("2024-02", "2024-05", "11", "BETTER", True)
        assert (await effect(world))["after"] == {"periodKey": "2024-04"}  # judged before May ended

        adopted = await counted(world, kinds["adopted"], "2024-05")
        assert adopted["value"] == "1"
        assert (adopted[DESK]["basis"], adopted[DESK]["rowCount"]) == ("LEDGER", 1)
        assert (len(adopted[DESK]["entries"]), adopted[DESK]["batches"]) == (1, [])
        assert adopted[SITE]["figures"]["value"] == "0"
        reached = await counted(world, kinds["reached"], "2024-05")
        assert reached["value"] == "0"  # of one aim judged in May, by its day of judgement
        size = await world.size()
        await declared(world, satisfaction, "2024-04", 900, isCorrection=True)
        assert await effect(world) == told("2024-02", "2024-04", "19", "BETTER", True)
        then = await effect(world, as_of=size)
        assert then == told("2024-02", "2024-04", "1", "WITHIN_NOISE", False)
        await restated_and_rerun(world, kinds["reached"])
        await audit(world.settings, world.ecosystem_id)


async def restated_and_rerun(world: World, reached: str) -> None:
    """What follows from a restated result is restated too; the what-if counts the same."""
    place = {"indicatorId": reached, "period": "2024-05"}
    for party in OWNERS:
        await world.done(party, "submitPart", place | {"isCorrection": True})
    given = place | {"reason": "INPUT_RESTATED", "explanation": "April was restated."}
    show = f"measurement {{ value }} {PROPOSED}"
    payload = await world.done(SITE, "proposeRestatement", given, show)
    assert payload["measurement"]["value"] == "1"
    query = """query($id: ID!) { versionRerun(versionId: $id) {
      computed { value } agreed { value } } }"""
    read = "query($id: ID!) { indicator(id: $id) { current { id } } }"
    version = await world.read(BUYER, read, id=reached)
    found = await world.read(BUYER, query, id=version["indicator"]["current"]["id"])
    assert found["versionRerun"] == [{"computed": {"value": "1"}, "agreed": {"value": "0"}}]


async def test_what_follows_from_entries_is_not_declared(
    settings: Settings, database: Embedded, start: str
) -> None:
    """Refused with its place, and nothing changed."""
    async with shifting(settings, database, start) as (world, _):
        await world.found(BUYER, DESK, SITE)
        terms = counting(world, "INITIATIVES_AGREED", "SUM", "1")
        named = terms | {"method": terms["method"] | {"series": "ideas"}}
        problem = await world.refused(DESK, "proposeIndicator", named)
        assert (problem["code"], problem["path"]) == ("METHOD_MALFORMED", "method.series")
        indicator = await opened(world, terms)
        figures = {"partyId": world.parties[DESK], "value": "9"}
        part = {"figures": figures, "evidenceSha256": "0" * 64}
        given = {"indicatorId": indicator, "period": "2024-01", "declared": part}

        problem = await world.refused(DESK, "submitPart", given)

        assert (problem["code"], problem["path"]) == ("PART_DERIVED", "declared")

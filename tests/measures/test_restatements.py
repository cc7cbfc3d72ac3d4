"""Restatements over HTTP: late answers, what they touch, and what was held true when."""

from typing import Any

from tests.auditor import audit
from tests.measures.surveys import (
    BUYER,
    DESK,
    OWNERS,
    SITE,
    answered,
    chain,
    measured,
    proposed,
)
from tests.world import PROPOSED, World, scheme_terms

FEBRUARY, MARCH = "2024-02", "2024-03"


async def restated(world: World, indicator: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """February agreed, then a late answer, then February restated: both measurements."""
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    old = await measured(world, indicator, FEBRUARY)
    await answered(world, DESK, "2024-02-09", [1, 2, 1], batch="late")
    place = {"indicatorId": indicator, "period": FEBRUARY}
    refused = await world.refused(DESK, "submitPart", place)
    assert refused["code"] == "ALREADY_MEASURED"
    await world.done(DESK, "submitPart", place | {"isCorrection": True})
    payload = await proposed(
        world,
        indicator,
        FEBRUARY,
        "proposeRestatement",
        reason="LATE_OBSERVATIONS",
        explanation="Three answers came by post.",
    )
    await world.agree(payload["proposal"], *OWNERS)
    return old, payload["measurement"]


async def agreed_scheme(world: World, indicator: str) -> str:
    """Nothing at 60, everything from 80 on, in equal shares: agreed by all."""
    terms = scheme_terms(world, indicator, {DESK: "0.5", SITE: "0.5"})
    item = terms["items"][0]
    points = [{"at": "60", "score": "0"}, {"at": "80", "score": "1"}]
    item["scoring"]["line"]["points"] = points
    example = {
        "values": [{"indicatorId": indicator, "value": "80"}],
        "expected": {"amount": "10000.00", "currency": "GBP"},
    }
    terms |= {"items": [item], "validFromPeriod": "2024-02", "workedExamples": [example]}
    payload = await world.done(BUYER, "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, *OWNERS)
    found: str = payload["scheme"]["id"]
    return found


async def test_a_revision_that_takes_an_answer_away_is_shown_as_late(world: World) -> None:
    """It says now that it was given in March: of February it is a ground for a restatement."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    old = await measured(world, indicator, FEBRUARY)
    moved = {"reference": "a-2024-02-05-2", "revision": 2, "at": "2024-03-02T10:00:00Z"}
    new = {"reference": "new", "at": "2024-03-02T10:00:00Z"}
    rows = [each | {"value": "3"} for each in (moved, new)]

    await world.done(DESK, "recordObservations", {"series": "csat", "rows": rows})

    query = (
        "query($id: ID!) { measurement(id: $id) { lateObservations { rowCount party { name } } } }"
    )
    data = await world.read(BUYER, query, id=old["id"])
    late = {"rowCount": 1, "party": {"name": DESK}}
    assert data["measurement"]["lateObservations"] == [late]
    place = {"indicatorId": indicator, "period": FEBRUARY}
    await world.done(DESK, "submitPart", place | {"isCorrection": True})
    explained = {"reason": "CORRECTED_OBSERVATIONS", "explanation": "One was of March."}
    payload = await proposed(world, indicator, FEBRUARY, "proposeRestatement", **explained)
    assert (payload["measurement"]["value"], payload["measurement"]["sampleSize"]) == ("100", 4)


async def test_a_restatement_takes_the_agreed_ones_place_and_both_stay(world: World) -> None:
    """What was held true then, and what is held true now about then."""
    indicator = await chain(world)

    old, new = await restated(world, indicator)

    assert (old["value"], new["value"]) == ("80", "50")
    assert new["restates"] == old["index"]
    query = """query($id: ID!, $asOf: Index) { measurements(indicatorId: $id, asOf: $asOf) {
      nodes { value restatementReason } } measurement(id: "OLD") { value restatedBy } }"""
    query = query.replace("OLD", old["id"])
    now = await world.read(BUYER, query, id=indicator)
    then = await world.read(BUYER, query, id=indicator, asOf=new["index"])
    assert now["measurements"]["nodes"] == [
        {"value": "50", "restatementReason": "LATE_OBSERVATIONS"}
    ]
    assert then["measurements"]["nodes"] == [{"value": "80", "restatementReason": None}]
    assert now["measurement"] == {"value": "80", "restatedBy": new["index"]}
    await audit(world.settings, world.ecosystem_id)


async def test_late_observations_are_shown_as_grounds_and_change_nothing(world: World) -> None:
    """Three rows came after the desk's part; the agreed value stands."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    await measured(world, indicator, FEBRUARY)
    await answered(world, DESK, "2024-02-09", [1, 2, 1], batch="late")

    data = await world.read(
        SITE,
        "{ measurements { nodes { value lateObservations { rowCount party { name } } } } }",
    )

    assert data["measurements"]["nodes"] == [
        {"value": "80", "lateObservations": [{"rowCount": 3, "party": {"name": DESK}}]}
    ]


async def test_a_restatement_lists_the_settlements_that_it_touches(world: World) -> None:
    """The settled period names its measurement by its entry; a true-up starts from there."""
    indicator = await chain(world, liveFrom="2024-02")
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    await measured(world, indicator, FEBRUARY)
    place = {"schemeId": await agreed_scheme(world, indicator), "period": FEBRUARY}
    show = f"settlement {{ id }} {PROPOSED}"
    settled = await world.done(BUYER, "proposeSettlement", place, show)
    await world.agree(settled["proposal"], BUYER, *OWNERS)
    await answered(world, DESK, "2024-02-09", [1, 2, 1], batch="late")
    part = {"indicatorId": indicator, "period": FEBRUARY, "isCorrection": True}
    await world.done(DESK, "submitPart", part)

    payload = await proposed(
        world,
        indicator,
        FEBRUARY,
        "proposeRestatement",
        reason="LATE_OBSERVATIONS",
        explanation="Three answers came by post.",
    )

    touched = payload["measurement"]["touchedSettlements"]
    assert touched == [{"id": settled["settlement"]["id"]}]
    await audit(world.settings, world.ecosystem_id)


async def test_nothing_is_restated_without_a_correction(world: World) -> None:
    """Nor before anything was agreed, nor without saying why."""
    indicator = await chain(world)
    given = {"indicatorId": indicator, "period": FEBRUARY, "reason": "RULING"}
    early = await world.refused(DESK, "proposeRestatement", given | {"explanation": "So."})
    await answered(world, DESK, "2024-02-05", [5])
    await answered(world, SITE, "2024-02-06", [5])
    await measured(world, indicator, FEBRUARY)

    same = await world.refused(DESK, "proposeRestatement", given | {"explanation": "So."})
    mute = await world.refused(DESK, "proposeRestatement", given | {"explanation": ""})
    premature = await world.refused(
        DESK,
        "submitPart",
        {"indicatorId": indicator, "period": MARCH, "isCorrection": True},
    )

    codes = [each["code"] for each in (early, same, mute, premature)]
    assert codes == [
        "NOT_YET_MEASURED",
        "NOTHING_CORRECTED",
        "EXPLANATION_MISSING",
        "NOT_YET_MEASURED",
    ]


async def test_nobody_signs_a_settlement_of_a_value_that_was_restated_since(world: World) -> None:
    """Proposed before, refused after with the reason; one that replaces it has the new value."""
    indicator = await chain(world, liveFrom="2024-02")
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    await measured(world, indicator, FEBRUARY)
    place = {"schemeId": await agreed_scheme(world, indicator), "period": FEBRUARY}
    show = f"settlement {{ id payout {{ amount }} }} {PROPOSED}"
    stale = await world.done(BUYER, "proposeSettlement", place, show)
    await world.consent(BUYER, stale["proposal"])
    await answered(world, DESK, "2024-02-09", [1, 2, 1], batch="late")
    part = {"indicatorId": indicator, "period": FEBRUARY, "isCorrection": True}
    await world.done(DESK, "submitPart", part)
    why = {"reason": "LATE_OBSERVATIONS", "explanation": "Three answers came by post."}
    payload = await proposed(world, indicator, FEBRUARY, "proposeRestatement", **why)
    await world.agree(payload["proposal"], *OWNERS)

    signing = {"proposalId": stale["proposal"]["id"], "commitment": stale["proposal"]["commitment"]}
    for party in OWNERS:
        problem = await world.refused(party, "consentToProposal", signing)
        assert (problem["code"], problem["path"]) == ("SETTLEMENT_STALE", "proposalId")
        assert FEBRUARY in problem["message"]
    anew = place | {"replaces": stale["proposal"]["id"]}
    fresh = await world.done(BUYER, "proposeSettlement", anew, show)
    assert stale["settlement"]["payout"]["amount"] == "10000.00"
    assert fresh["settlement"]["payout"]["amount"] == "0.00"
    await world.agree(fresh["proposal"], BUYER, *OWNERS)
    await audit(world.settings, world.ecosystem_id)

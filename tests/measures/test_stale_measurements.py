"""No result binds that was computed from what is known by then not to hold."""

from dataclasses import replace

import pytest

from ledger.exclusion import Exclusions
from ledger.freshness import MeasurementStale, require_fresh
from ledger.measurement import MeasurementProposed
from tests.auditor import audit
from tests.measures.surveys import (
    DESK,
    MEASURED,
    OWNERS,
    SITE,
    answered,
    chain,
    measured,
    opened,
    proposed,
    submitted,
    survey_terms,
)
from tests.measures.test_forged_measures import last, told
from tests.world import PROPOSED, World

FEBRUARY = "2024-02"


async def test_a_result_that_holds_what_is_excluded_since_does_not_bind(world: World) -> None:
    """Proposed before the exclusion was agreed: refused with the reason, and measured anew."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [1, 1, 4, 5])
    await answered(world, SITE, "2024-02-06", [5])
    await submitted(world, indicator, FEBRUARY)
    payload = await proposed(world, indicator, FEBRUARY)
    signing = {each: payload["proposal"][each] for each in ("id", "commitment")}
    await world.consent(SITE, signing)
    window = {
        "indicatorId": indicator,
        "period": FEBRUARY,
        "fromAt": "2024-02-05T00:00:00Z",
        "untilAt": "2024-02-05T02:00:00Z",
        "reason": "FORCE_MAJEURE",
        "explanation": "The storm of 5 February took the line down.",
    }
    excluded = await world.done(SITE, "proposeExclusion", window, PROPOSED)
    await world.agree(excluded["proposal"], *OWNERS)

    answer = {"proposalId": signing["id"], "commitment": signing["commitment"]}
    refused = await world.refused(DESK, "consentToProposal", answer)

    assert (refused["code"], refused["path"]) == ("MEASUREMENT_STALE", "proposalId")
    assert FEBRUARY in refused["message"]
    await submitted(world, indicator, FEBRUARY)
    anew = await proposed(world, indicator, FEBRUARY, replaces=signing["id"])
    await world.agree(anew["proposal"], *OWNERS)
    assert (payload["measurement"]["value"], anew["measurement"]["value"]) == ("60", "100")
    await audit(world.settings, world.ecosystem_id)


async def test_a_score_of_an_input_that_was_restated_since_does_not_bind(world: World) -> None:
    """It was no agreed one when its input was restated, so nothing would have found it later."""
    csat = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    await measured(world, csat, FEBRUARY)
    score = {
        "kind": "WEIGHTED_COMPOSITE",
        "margin": "NONE",
        "inputs": [{"indicatorId": csat, "weight": "1"}],
    }
    example = [{"inputs": [{"indicatorId": csat, "value": "80"}], "expected": "80"}]
    joint = survey_terms(world, score, name="Score", attribution="SOLIDARY")
    composite = await opened(world, joint | {"workedExamples": example})
    stale = await proposed(world, composite, FEBRUARY)
    await answered(world, DESK, "2024-02-09", [1, 2, 1], batch="late")
    place = {"indicatorId": csat, "period": FEBRUARY}
    await world.done(DESK, "submitPart", place | {"isCorrection": True})
    why = {"reason": "LATE_OBSERVATIONS", "explanation": "Three answers came by post."}
    payload = await proposed(world, csat, FEBRUARY, "proposeRestatement", **why)
    await world.agree(payload["proposal"], *OWNERS)

    signing = {"proposalId": stale["proposal"]["id"], "commitment": stale["proposal"]["commitment"]}
    refused = await world.refused(SITE, "consentToProposal", signing)

    assert refused["code"] == "MEASUREMENT_STALE"
    again = {"indicatorId": composite, "period": FEBRUARY, "replaces": stale["proposal"]["id"]}
    anew = await world.done(DESK, "proposeMeasurement", again, MEASURED)
    await world.agree(anew["proposal"], *OWNERS)
    assert (stale["measurement"]["value"], anew["measurement"]["value"]) == ("80", "50")
    await audit(world.settings, world.ecosystem_id)


async def test_a_ledger_of_older_rules_replays_as_it_bound(world: World) -> None:
    """Before version 3 of the rules nobody asked; from the first result by them on, everybody."""
    book, _, event = last(await told(world), MeasurementProposed)
    after = replace(book, exclusions=Exclusions())
    proposal = book.agreements.get(book.results[event.indicator_id, event.period])

    with pytest.raises(MeasurementStale):
        require_fresh(after, proposal)

    require_fresh(replace(after, rules_version=2), proposal)

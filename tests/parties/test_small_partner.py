"""A small partner enters, pilots, is promoted, tries something with others, and leaves."""

from pathlib import Path
from typing import Any

from ledger.actor import Role
from ops.verify import verify
from tests.auditor import audit
from tests.parties.steps import SMALL, joined_for_a_day, left
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.trust.steps import exported
from tests.world import PROPOSED, World, bare, indicator_terms

ALL = (BUYER, *PARTNERS)


async def test_a_small_partner_enters_pilots_is_promoted_and_leaves(
    world: World, tmp_path: Path
) -> None:
    """From its admission to its export: everything through the one door, and provable."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    indicator = await in_shadow(world)
    pilot = await piloted(world, indicator)
    await measured(world, indicator, "2024-04", "60000", is_notional=True)
    await taught(world, pilot, indicator)
    await promoted(world, pilot, indicator)
    await measured(world, indicator, "2024-05", "64000", is_notional=False)
    initiative = await tried(world, indicator)
    await worked_together(world, indicator, initiative)
    await left(world, gate)

    own = tmp_path / "own.ndjson"
    key = await exported(world, SMALL, own)
    await world.done(BUYER, "makeRemark", {"text": "A good partner."})
    whole = tmp_path / "whole.ndjson"
    await exported(world, BUYER, whole)
    for path in (own, whole):
        verdict = verify(path, key)
        assert verdict.findings == []
        assert verdict.replayed == verdict.entries
    await audit(world.settings, world.ecosystem_id)


async def in_shadow(world: World) -> str:
    """An indicator of the small partner and a large one, with real data and no money."""
    terms = indicator_terms(world, {TRACK: "0.5", SMALL: "0.5"})
    shadow = terms | {"stage": "SHADOW", "liveFrom": "", "name": "Door delays"}
    proposal = (await world.done(SMALL, "proposeIndicator", shadow, PROPOSED))["proposal"]
    await world.agree(proposal, TRACK, SMALL)
    data = await world.read(SMALL, "{ indicators { nodes { id current { stage } } } }")
    [found] = data["indicators"]["nodes"]
    assert found["current"]["stage"] == "SHADOW"
    key: str = found["id"]
    return key


async def piloted(world: World, indicator: str) -> str:
    """A pilot with a cohort of real users."""
    given = {
        "name": "Doors on the north line",
        "scope": "Trains of the north line, weekdays.",
        "cohortSize": 400,
        "partyIds": [world.parties[TRACK], world.parties[SMALL]],
        "indicatorIds": [indicator],
        "startsOn": "2024-04-01",
        "evaluatedOn": "2024-06-30",
    }
    show = f"pilot {{ id status cohortSize allowedActions parties {{ name }} }} {PROPOSED}"
    payload = await world.done(SMALL, "proposePilot", given, show)
    assert payload["pilot"]["status"] == "OPEN"
    assert payload["pilot"]["allowedActions"] == []
    await world.agree(payload["proposal"], BUYER, TRACK, SMALL)
    key: str = payload["pilot"]["id"]
    data = await world.read(
        SMALL, "query($id: ID!) { pilot(id: $id) { status allowedActions } }", id=key
    )
    assert data["pilot"]["status"] == "AGREED"
    assert data["pilot"]["allowedActions"] == ["recordLesson", "proposePromotion"]
    return key


async def measured(
    world: World, indicator: str, period: str, expected: str, *, is_notional: bool
) -> None:
    """A period that both owners reported and agreed; whether money can hang on it is marked."""
    place = {"indicatorId": indicator, "period": period}
    for party in (TRACK, SMALL):
        value = str(int(expected) // 2)
        row = {"reference": period, "period": period, "segment": "ScotRail", "value": value}
        await world.done(party, "recordObservations", {"series": "delay-minutes", "rows": [row]})
        await world.done(party, "submitPart", place)
    show = f"measurement {{ displayed isNotional version }} {PROPOSED}"
    payload = await world.done(SMALL, "proposeMeasurement", place, show)
    await world.agree(payload["proposal"], TRACK, SMALL)
    seen = {"displayed": expected, "isNotional": is_notional, "version": 1}
    assert payload["measurement"] == seen


async def taught(world: World, pilot: str, indicator: str) -> None:
    """What the pilot taught is an entry; the words can go, the rest verifies."""
    show = "lesson { id text pilot { name } party { name } indicatorId }"
    lesson = {"pilotId": pilot, "text": "Mr Hill counts twice.", "indicatorId": indicator}
    first = await world.done(TRACK, "recordLesson", lesson, show)
    assert first["lesson"]["text"] == "Mr Hill counts twice."
    assert first["lesson"]["pilot"] == {"name": "Doors on the north line"}
    second = await world.done(SMALL, "recordLesson", lesson | {"text": "Count by line."}, show)
    assert second["lesson"]["indicatorId"] == indicator
    admin = world.token(TRACK, Role.ADMIN)
    await world.done(TRACK, "eraseAnnex", {"index": first["receipt"]["index"]}, token=admin)
    query = "query($p: ID!) { lessons(pilotId: $p) { nodes { text } } }"
    data = await world.read(BUYER, query, p=pilot)
    assert data["lessons"]["nodes"] == [{"text": None}, {"text": "Count by line."}]


async def promoted(world: World, pilot: str, indicator: str) -> None:
    """Live from a period on: same indicator, same version, and what was known stays notional."""
    promotion = {"pilotId": pilot, "indicatorId": indicator, "liveFrom": "2024-04"}
    problem = await world.refused(SMALL, "proposePromotion", promotion)
    assert (problem["code"], problem["path"]) == ("RESULTS_KNOWN", "liveFrom")
    promotion["liveFrom"] = "2024-05"
    show = f"promotion {{ id liveFrom version status }} {PROPOSED}"
    preview = await world.do(SMALL, "proposePromotion", promotion, show, dry_run=True)
    assert preview["promotion"] is None
    payload = await world.done(SMALL, "proposePromotion", promotion, show)
    before = payload["receipt"]["index"]
    await world.agree(payload["proposal"], TRACK, SMALL)
    query = """query($id: ID!, $pilot: ID!, $then: Index!) {
      now: indicator(id: $id) { current { version stage liveFrom name } }
      then: indicator(id: $id, asOf: $then) { current { version stage liveFrom name } }
      pilot(id: $pilot) { promotedIds allowedActions } }"""
    data = await world.read(TRAIN, query, id=indicator, pilot=pilot, then=before)
    name = {"version": 1, "name": "Door delays"}
    assert data["now"]["current"] == {"stage": "LIVE", "liveFrom": "2024-05", **name}
    assert data["then"]["current"] == {"stage": "SHADOW", "liveFrom": None, **name}
    assert data["pilot"] == {"promotedIds": [indicator], "allowedActions": []}


async def tried(world: World, indicator: str) -> str:
    """The smallest proposes an initiative with another; it moves by consent."""
    given = {
        "name": "Doors close later",
        "trial": "Doors close three seconds later at two stations.",
        "partyIds": [world.parties[TRAIN]],
        "aims": [{"indicatorId": indicator, "expectedChange": "-1500"}],
        "judgedOn": "2024-09-01",
    }
    show = f"""initiative {{ id stage status aims {{ expectedChange indicator {{ id }} }} }}
      {PROPOSED}"""
    payload = await world.done(SMALL, "proposeInitiative", given, show)
    found = payload["initiative"]
    assert found["stage"] is None
    assert found["aims"] == [{"expectedChange": "-1500", "indicator": {"id": indicator}}]
    await world.agree(payload["proposal"], TRAIN, SMALL)
    stage = {"initiativeId": found["id"], "stage": "ADOPTED", "reason": "It must be."}
    problem = await world.refused(SMALL, "proposeInitiativeStage", stage)
    assert problem["code"] == "STAGE_UNREACHABLE"
    await moved(world, SMALL, stage | {"stage": "TRIAL", "reason": "Two stations agreed."})
    await moved(world, TRAIN, stage | {"reason": "It works."})
    query = """{ initiatives(stage: ADOPTED) { nodes { name nextStages allowedActions
      proposer { name } stages { stage } } } }"""
    data = await world.read(BUYER, query)
    assert data["initiatives"]["nodes"] == [
        {
            "name": "Doors close later",
            "nextStages": ["STOPPED"],
            "allowedActions": [],
            "proposer": {"name": SMALL},
            "stages": [{"stage": "IDEA"}, {"stage": "TRIAL"}, {"stage": "ADOPTED"}],
        }
    ]
    key: str = found["id"]
    return key


async def moved(world: World, party: str, stage: dict[str, Any]) -> None:
    """A stage that both agreed, with its reason."""
    show = f"stageMove {{ stage reason status initiative {{ name }} }} {PROPOSED}"
    payload = await world.done(party, "proposeInitiativeStage", stage, show)
    assert payload["stageMove"]["reason"] == stage["reason"]
    await world.agree(payload["proposal"], TRAIN, SMALL)


async def worked_together(world: World, indicator: str, initiative: str) -> None:
    """Who does the work, and a session with what came of it: pseudonyms alone."""
    named = {"indicatorId": indicator, "subjects": ["s-41", "s-42"]}
    show = "stewards { subjects party { name } indicator { id } }"
    payload = await world.done(SMALL, "nameStewards", named, show)
    assert payload["stewards"]["subjects"] == ["s-41", "s-42"]
    problem = await world.refused(SMALL, "nameStewards", named | {"subjects": ["Ann Hill"]})
    assert (problem["code"], problem["path"]) == ("PSEUDONYM_MALFORMED", "stewards[0]")
    data = await world.read(BUYER, "{ proposals(last: 1) { nodes { id } } }")
    proposal = data["proposals"]["nodes"][0]["id"]
    session = {
        "heldOn": "2024-06-03",
        "participants": [
            {"partyId": world.parties[SMALL], "subject": "s-41"},
            {"partyId": world.parties[TRAIN], "subject": "s-7"},
        ],
        "decisions": "Two more stations in July.",
        "proposalIds": [proposal],
    }
    show = """session { heldOn decisions participants { subject party { name } }
      proposals { id kind } }"""
    payload = await world.done(TRAIN, "recordSession", session, show)
    assert payload["session"]["decisions"] == "Two more stations in July."
    assert payload["session"]["proposals"] == [{"id": proposal, "kind": "INITIATIVE_STAGE"}]
    node = "query($id: ID!) { node(id: $id) { ... on Initiative { name } } }"
    data = await world.read(TRACK, node, id=initiative)
    assert data["node"]["name"] == "Doors close later"
    assert bare(initiative)


async def test_what_cannot_be_piloted_or_promoted_is_refused(world: World) -> None:
    """Never agreed, nobody's, a stranger's: typed, with its place, and nothing changed."""
    await world.found(*ALL)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    shadow = terms | {"stage": "SHADOW", "liveFrom": ""}
    show = f"indicatorVersion {{ id }} {PROPOSED}"
    await world.done(TRACK, "proposeIndicator", shadow, show)
    data = await world.read(TRACK, "{ entries(last: 1) { nodes { opening { body } } } }")
    body = data["entries"]["nodes"][0]["opening"]["body"]
    key = body.partition('"indicator_id":"')[2].partition('"')[0]
    given = {
        "name": "A pilot",
        "scope": "Somewhere.",
        "cohortSize": 1,
        "partyIds": [world.parties[TRACK]],
        "indicatorIds": [f"Indicator:{key}"],
        "startsOn": "2024-04-01",
        "evaluatedOn": "2024-04-02",
    }
    payload = await world.done(TRACK, "proposePilot", given, f"pilot {{ id }} {PROPOSED}")
    pilot = payload["pilot"]["id"]
    promotion = {"pilotId": pilot, "indicatorId": f"Indicator:{key}", "liveFrom": "2024-05"}
    problem = await world.refused(TRACK, "proposePromotion", promotion)
    assert problem["code"] == "PILOT_NOT_AGREED"
    await world.agree(payload["proposal"], BUYER, TRACK)

    problem = await world.refused(TRACK, "proposePromotion", promotion)
    assert problem["code"] == "INDICATOR_NOT_AGREED"
    problem = await world.refused(TRAIN, "recordLesson", {"pilotId": pilot, "text": "None."})
    assert problem["code"] == "NOT_IN_PILOT"
    problem = await world.refused(TRACK, "proposePilot", given | {"cohortSize": 0})
    assert (problem["code"], problem["path"]) == ("PILOT_MALFORMED", "cohortSize")
    token = world.token(TRACK, Role.FINANCE)
    problem = await world.refused(TRACK, "proposePilot", given, token=token)
    assert problem["code"] == "NOT_PERMITTED"
    await audit(world.settings, world.ecosystem_id)

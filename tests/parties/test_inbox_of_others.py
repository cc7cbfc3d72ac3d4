"""What waits for a party beside its own answers: its delegates' and its sponsors' work."""

from typing import Any

from ledger.actor import Role
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.auditor import audit
from tests.desk import until
from tests.test_story import BUYER, TRACK, TRAIN
from tests.world import PROPOSED, World, indicator_terms

INBOX = """{ inbox { asks until silence isTold onBehalfOf { name } allowedActions
  proposal { id kind dispute { until } } } }"""
WEEK = {"startOn": "2026-03-02", "endOn": "2026-03-09"}


async def inbox(world: World, party: str, *roles: Role) -> list[dict[str, Any]]:
    """What waits for a party, as its screen asks."""
    answer = await world.ask(INBOX, {}, world.token(party, *roles))
    found: list[dict[str, Any]] = answer["data"]["inbox"]
    return found


async def proposed(world: World) -> dict[str, Any]:
    """An indicator of the two partners, which the first proposes."""
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    proposal: dict[str, Any] = payload["proposal"]
    return proposal


def sponsor(world: World, party: str) -> str:
    """The token of a sponsor of a party."""
    return world.token(party, Role.SPONSOR)


async def test_a_delegate_is_shown_what_waits_for_the_party_that_it_answers_for(
    settings: Settings, database: Embedded
) -> None:
    """Of the kinds and days of the delegation alone, beside its own; told is only who is asked."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        given = {"delegateId": world.parties[BUYER], **WEEK, "kinds": ["INDICATOR"]}
        await world.done(TRAIN, "grantDelegation", given)
        proposal = await proposed(world)
        bare = {"signatures": [], "witnesses": [], "quorum": 0}
        policy = (await world.done(TRACK, "proposePolicy", bare, PROPOSED))["proposal"]

        waiting = {each["proposal"]["id"]: each for each in await inbox(world, BUYER)}
        assert waiting.keys() == {proposal["id"], policy["id"]}
        assert waiting[policy["id"]]["onBehalfOf"] is None
        item = waiting[proposal["id"]]
        assert (item["asks"], item["onBehalfOf"], item["isTold"]) == (
            "ANSWER",
            {"name": TRAIN},
            False,
        )
        assert item["allowedActions"] == ["consentToProposal", "objectToProposal"]
        assert "acknowledgeProposal" in waiting[policy["id"]]["allowedActions"]
        answer = {"proposalId": proposal["id"], "onBehalfOf": world.parties[TRAIN]}
        await world.done(BUYER, "consentToProposal", answer)
        assert [each["proposal"]["id"] for each in await inbox(world, BUYER)] == [policy["id"]]

        await world.consent(TRACK, proposal)
        another = await proposed(world)
        assert len(await inbox(world, BUYER)) == 2
        await shift.to("2026-03-09T00:00:01")
        assert [each["proposal"]["id"] for each in await inbox(world, BUYER)] == [policy["id"]]
        assert another["id"] in {each["proposal"]["id"] for each in await inbox(world, TRAIN)}
        await audit(world.settings, world.ecosystem_id)


async def test_a_dispute_waits_for_the_rulings_of_its_rung(
    settings: Settings, database: Embedded
) -> None:
    """Until a party's sponsor has ruled there; silence climbs, but from the last rung."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        sponsors = [{"partyId": world.parties[name]} for name in (TRACK, TRAIN)]
        rungs = [
            {"level": level, "days": 2, "sponsors": sponsors}
            for level in ("OPERATIONAL", "MANAGEMENT")
        ]
        ladder = {"rungs": rungs, "lastWord": "STATUS_QUO"}
        given = {"signatures": [], "witnesses": [], "quorum": 0, "ladder": ladder}
        policy = (await world.done(BUYER, "proposePolicy", given, PROPOSED))["proposal"]
        await world.agree(policy, BUYER, TRACK, TRAIN)
        proposal = await proposed(world)
        await world.consent(TRACK, proposal)
        objection = {"proposalId": proposal["id"], "reason": "Not ours."}
        await world.done(TRAIN, "objectToProposal", objection)

        for party in (TRACK, TRAIN):
            [item] = await inbox(world, party)
            assert (item["asks"], item["silence"], item["isTold"]) == ("RULING", "ESCALATE", True)
            assert item["until"] == item["proposal"]["dispute"]["until"]
        assert await inbox(world, BUYER) == []
        [item] = await inbox(world, TRACK, Role.SPONSOR)
        assert item["allowedActions"] == ["signRuling", "escalateDispute"]
        ruled = {"proposalId": proposal["id"], "outcome": "BINDS"}
        await world.done(TRACK, "signRuling", ruled, token=sponsor(world, TRACK))
        assert await inbox(world, TRACK) == []

        async def climbed() -> bool:
            return bool(await inbox(world, TRACK))

        await shift.to("2026-03-05T00:00:01")
        await until(climbed, "the clock sent it to the next rung")
        for party in (TRACK, TRAIN):
            [item] = await inbox(world, party)
            assert (item["asks"], item["silence"]) == ("RULING", "NOTHING")
        for party in (TRACK, TRAIN):
            await world.done(party, "signRuling", ruled, token=sponsor(world, party))
        assert await inbox(world, TRACK) == await inbox(world, TRAIN) == []
        await audit(world.settings, world.ecosystem_id)

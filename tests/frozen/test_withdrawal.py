"""A proposal that its proposer takes back."""

from tests.auditor import audit
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.world import PROPOSED, World, indicator_terms


async def test_a_withdrawn_proposal_binds_nobody(world: World) -> None:
    """Only its proposer withdraws it, and afterwards nobody can sign it."""
    await world.found(BUYER, *PARTNERS)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
    given = {"proposalId": proposal["id"]}

    refused = await world.refused(TRAIN, "withdrawProposal", given)
    assert refused["code"] == "NOT_THE_PROPOSER"
    payload = await world.done(TRACK, "withdrawProposal", given, PROPOSED)

    assert payload["proposal"]["status"] == "WITHDRAWN"
    signing = {**given, "commitment": proposal["commitment"]}
    late = await world.refused(TRAIN, "consentToProposal", signing)
    assert late["code"] == "PROPOSAL_CLOSED"
    await audit(world.settings, world.ecosystem_id)

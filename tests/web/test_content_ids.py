"""From a proposal to what it proposes: every kind names a thing that is there to be read."""

from pathlib import Path

from ledger.proposal import ProposalKind
from tests.strangers.full import full
from tests.test_story import BUYER
from tests.world import World

PROPOSALS = """query($after: String) { proposals(first: 100, after: $after) {
  nodes { id kind contentId } pageInfo { hasNextPage endCursor } } }"""
KINDS = (
    ("IndicatorVersion", "Measurement", "Scheme", "Settlement", "Policy", "PeriodClose"),
    ("Membership", "Promotion", "Exclusion", "Pilot", "Initiative", "StageMove"),
)


def contents(*kinds: str) -> str:
    """Asks for things of these kinds; a stage leads to its initiative instead of its proposal."""
    asked = [
        f"... on {kind} {{ {'initiative' if kind == 'StageMove' else 'proposal'} {{ id }} }}"
        for kind in kinds
    ]
    fields = "__typename id " + " ".join(asked)
    return f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {fields} }} }}"


async def test_every_proposal_leads_to_what_it_proposes(world: World, tmp_path: Path) -> None:
    """And that leads back to the proposal; of every kind one."""
    await full(world, tmp_path)
    data = await world.read(BUYER, PROPOSALS)
    assert not data["proposals"]["pageInfo"]["hasNextPage"]
    proposals = [each for each in data["proposals"]["nodes"] if each["contentId"] is not None]
    for kinds in KINDS:
        asked = [each for each in proposals if each["contentId"].partition(":")[0] in kinds]
        ids = [each["contentId"] for each in asked]
        found = await world.read(BUYER, contents(*kinds), ids=ids)
        assert {each["__typename"] for each in found["nodes"]} == set(kinds)
        for proposal, content in zip(asked, found["nodes"], strict=True):
            assert content["id"] == proposal["contentId"]
            if "proposal" in content:
                assert content["proposal"]["id"] == proposal["id"], proposal
    tried = {each["kind"] for each in proposals}
    assert tried >= {str(kind) for kind in ProposalKind} - {"MEMBERSHIP", "DEPARTURE"}

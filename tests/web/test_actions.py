"""Allowed actions: what a screen may offer, to whom it is for, and no longer than it works."""

from ledger.actor import Role
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.finance.steps import posted, report_of
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import World

PAYMENT = "query($id: ID!) { node(id: $id) { ... on Payment { allowedActions } } }"
DELEGATION = "query($id: ID!) { node(id: $id) { ... on Delegation { allowedActions } } }"


async def actions(world: World, party: str, query: str, node: str, *roles: Role) -> list[str]:
    """What a party is offered."""
    answer = await world.ask(query, {"id": node}, world.token(party, *roles))
    found: list[str] = answer["data"]["node"]["allowedActions"]
    return found


async def test_a_payment_offers_each_side_what_it_can_do(world: World) -> None:
    """And what is offered works; who may not is offered nothing."""
    settlement = await posted(world)
    given = report_of(world, settlement, OTHERS, "811.06")
    paid = await world.done(BUYER, "reportPayment", given, "payment { id }")
    node = paid["payment"]["id"]

    assert await actions(world, OTHERS, PAYMENT, node) == ["confirmPayment"]
    assert await actions(world, OTHERS, PAYMENT, node, Role.VIEWER) == []
    assert await actions(world, BUYER, PAYMENT, node) == ["reversePayment"]
    await world.done(OTHERS, "confirmPayment", {"paymentId": node})
    assert await actions(world, OTHERS, PAYMENT, node) == ["reversePayment"]
    await world.done(OTHERS, "reversePayment", {"paymentId": node, "reason": "It came back."})
    assert await actions(world, OTHERS, PAYMENT, node) == []


async def test_a_delegation_offers_its_party_to_revoke_it(
    settings: Settings, database: Embedded
) -> None:
    """Until it is revoked; nobody else."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, _):
        await world.found(BUYER, TRACK, TRAIN)
        week = {"startOn": "2026-03-02", "endOn": "2026-03-09"}
        given = {"delegateId": world.parties[TRAIN], **week, "kinds": ["POLICY"]}
        made = await world.done(TRACK, "grantDelegation", given, "delegation { id }")
        node = made["delegation"]["id"]

        assert await actions(world, TRAIN, DELEGATION, node) == []
        assert await actions(world, TRACK, DELEGATION, node) == ["revokeDelegation"]
        await world.done(TRACK, "revokeDelegation", {"delegationId": node})
        assert await actions(world, TRACK, DELEGATION, node) == []

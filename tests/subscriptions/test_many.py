"""Many followers on one process, and an authority that ends while somebody listens."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ledger.actor import Role
from ledger.read import Reader
from tests.auditor import audit
from tests.identity.provider import providing
from tests.identity.steps import BUYER, PARTNER, registered
from tests.subscriptions.follower import ENTRIES, Follower, following, opened
from tests.world import World


async def test_followers_of_a_process_each_get_everything_and_share_what_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty of two parties: every entry once, in order, from a read for each party and growth."""
    reads = 0
    read = Reader.entries

    async def counted(*given: object, **how: object) -> object:
        nonlocal reads
        reads += 1
        return await read(*given, **how)  # type: ignore[arg-type]  # passed on as it came

    await world.found(BUYER, PARTNER)
    monkeypatch.setattr(Reader, "entries", counted)
    async with AsyncExitStack() as stack:
        followers: list[Follower] = []
        for party in (BUYER, PARTNER) * 20:
            follower = await stack.enter_async_context(following(world, world.token(party)))
            await follower.subscribe(ENTRIES, after=0)
            followers.append(follower)
        for number in range(10):
            await world.done(BUYER, "makeRemark", {"text": f"remark {number}"})
        seen = await asyncio.gather(*(each.entries(10) for each in followers))

    assert [[entry["index"] for entry in each] for each in seen] == [list(range(1, 11))] * 40
    assert reads <= 2 * (10 + 1) + 2 * 10  # of two parties; far from 40 x 10
    await audit(world.settings, world.ecosystem_id)


async def test_who_is_no_longer_let_in_gets_no_further_event(world: World) -> None:
    """The issuer is removed while its token, hours from its end, follows the ledger."""
    await world.found(BUYER, PARTNER)
    async with providing() as provider:
        await registered(world, provider)
        greeting = {
            "authorization": f"Bearer {provider.token(groups=['kpi-reporter'])}",
            "ecosystem": world.ecosystem_id,
        }
        async with opened(world) as follower:
            await follower.say(type="connection_init", payload=greeting)
            assert await follower.hear() == {"type": "connection_ack"}
            await follower.subscribe(ENTRIES, after=1)
            await world.done(BUYER, "makeRemark", {"text": "still seen"})
            assert [each["index"] for each in await follower.entries(1)] == [2]

            named = {"issuer": provider.issuer, "audience": "kpi"}
            admin = world.token(PARTNER, Role.ADMIN)
            await world.done(PARTNER, "removeIdentityProvider", named, token=admin)
            await world.done(BUYER, "makeRemark", {"text": "not for them"})
            message = await follower.ended()
            assert message == (4403, [])
    await audit(world.settings, world.ecosystem_id)
